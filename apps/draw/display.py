"""What SDL provides for the window: the display, the first size, the icon, the cursor."""

from __future__ import annotations

import contextlib
import os

import numpy as np
import pygame

from apps.draw import layout
from apps.draw.drawing.raster import stamp
from apps.draw.toolkit import shapes, theme
from nn.errors import InputError

ICON_SIDE = 64
CURSORS = {"pen": pygame.SYSTEM_CURSOR_CROSSHAIR, "button": pygame.SYSTEM_CURSOR_HAND, "desk": pygame.SYSTEM_CURSOR_ARROW}
SEVEN = ((19.0, 19.0), (46.0, 19.0), (29.0, 48.0))


def open_display() -> tuple[int, int]:
    """Start SDL's display and type; returns the desktop's size.

    Raises:
        InputError: there is no screen.
    """
    try:
        pygame.display.init()
        if not os.environ.get("SDL_VIDEODRIVER") and pygame.display.get_driver() in ("offscreen", "dummy"):
            raise InputError("no display: the window needs a screen, and SDL found none")
        desktop_size = pygame.display.get_desktop_sizes()[0]
    except pygame.error as error:
        raise InputError(f"no display: the window needs a screen ({error})") from error
    pygame.font.init()
    return desktop_size


def first_size(desktop_size: tuple[int, int], scale: float, remembered: tuple[int, int] | None = None) -> tuple[int, int]:
    """The window's first size: the remembered or the designed one, or what a small screen has room
    for.
    """
    width, height = remembered or (round(side * scale) for side in layout.FIRST_SIZE)
    most = (desktop_size[0], desktop_size[1]) if remembered else (round(desktop_size[0] * 0.95), round(desktop_size[1] * 0.9))
    return layout.least((min(width, most[0]), min(height, most[1])))


def window_icon() -> pygame.Surface:
    """A 7 on the accent, drawn with our own pen."""
    mask = np.zeros((ICON_SIDE, ICON_SIDE), dtype=np.uint8)
    stamp(mask, (0, 0, ICON_SIDE, ICON_SIDE), list(SEVEN), 4.5)
    surface = pygame.Surface((ICON_SIDE, ICON_SIDE), pygame.SRCALPHA, 32)
    shapes.box(surface, surface.get_rect(), 14, theme.LIGHT.accent)
    surface.blit(shapes.tinted(mask, theme.LIGHT.on_accent), (0, 0))
    return surface


def show_cursor(kind: str) -> None:
    """Show the cursor for the pen, a button or the desk, where the system has cursors."""
    with contextlib.suppress(pygame.error):
        pygame.mouse.set_cursor(CURSORS[kind])
