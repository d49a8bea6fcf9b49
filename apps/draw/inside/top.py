"""What stands beside the image: the other digits on the sheet, to choose from, and what the colours mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pygame

from apps.draw.numbers import MINUS
from apps.draw.toolkit import shapes
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.theme import Palette
from apps.draw.why import heat

LEGEND = (132, 8)
GAP = 12


class TopRow:
    """Small images of all digits (when there are several) and the scale of the colours."""

    def __init__(self) -> None:
        self.places: list[pygame.Rect] = []

    def digit_at(self, position: tuple[int, int]) -> int | None:
        """Which digit's image is under a position."""
        return next((number for number, place in enumerate(self.places) if place.collidepoint(position)), None)

    def draw(self, surface: pygame.Surface, look: Look, room: pygame.Rect, images: Sequence[np.ndarray], selected: int) -> None:
        """Paint both, as far as there is room."""
        self.places = []
        legend = pygame.Rect(0, 0, look.px(LEGEND[0]), look.px(LEGEND[1]))
        legend.midright = room.right, room.centery
        if legend.left > room.left:
            _legend(surface, look, legend)
        if len(images) < 2:
            return
        gap, width = look.px(GAP), legend.left - 2 * look.px(GAP) - room.left
        side = min(room.height, (width + gap) // len(images) - gap, 2 * images[0].shape[1] * look.px(1))
        if side < images[0].shape[1] // 2:
            return
        for number, image in enumerate(images):
            place = pygame.Rect(room.left + number * (side + gap), 0, side, side)
            place.centery = room.centery
            self.places.append(place)
            surface.blit(_small(look, image, side), place)
            if number == selected:
                shapes.frame(surface, place.inflate(look.px(6), look.px(6)), look.px(4), look.palette.accent, look.px(1))


def _small(look: Look, image: np.ndarray, side: int) -> pygame.Surface:
    levels = heat.levels(image, 1.0)
    picture = pygame.image.frombuffer(levels.tobytes(), levels.shape[::-1], "P")
    picture.set_palette(heat.inks(look.palette))
    return pygame.transform.smoothscale(picture.convert(24), (side, side))


@lru_cache(maxsize=4)
def _scale(palette: Palette, size: tuple[int, int], zero: int) -> pygame.Surface:
    """From the least to the greatest colour; zero itself is so many pixels wide."""
    levels = heat.levels(np.linspace(-1, 1, size[0]), 1.0)
    levels[(size[0] - zero) // 2 : (size[0] + zero) // 2] = heat.ZERO
    picture = pygame.image.frombuffer(np.tile(levels, (size[1], 1)).tobytes(), size, "P")
    picture.set_palette(heat.colours(palette))
    return picture


def _legend(surface: pygame.Surface, look: Look, rect: pygame.Rect) -> None:
    """The colours from the least to the greatest value."""
    surface.blit(_scale(look.palette, rect.size, look.px(6)), rect)
    above, below = rect.top - look.px(11), rect.bottom + look.px(11)
    look.text(surface, "colours, layer by layer", (rect.right, above), 12, look.palette.quiet, align="right")
    for text, x, align in ((f"{MINUS}max", rect.left, "left"), ("0", rect.centerx, "centre"), ("max", rect.right, "right")):
        look.text(surface, text, (x, below), 12, look.palette.quiet, align=align)
