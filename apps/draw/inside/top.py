"""What the colours mean, beside the image."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import MINUS
from apps.draw.toolkit.theme import Palette
from apps.draw.why import heat

LEGEND, LEAST_HEIGHT = (132, 8), 44


class TopRow:
    """The scale of the colours."""

    def draw(self, surface: pygame.Surface, look: Look, room: pygame.Rect, gradients: bool) -> None:
        """Paint it, if there is room."""
        legend = pygame.Rect(0, 0, look.px(LEGEND[0]), look.px(LEGEND[1]))
        legend.midright = room.right, room.centery
        if legend.left > room.left and room.height >= look.px(LEAST_HEIGHT):
            _legend(surface, look, legend, "gradients, layer by layer" if gradients else "colours, layer by layer")


@lru_cache(maxsize=4)
def _scale(palette: Palette, size: tuple[int, int], zero: int) -> pygame.Surface:
    """From the least to the greatest colour; zero itself is so many pixels wide."""
    levels = heat.levels(np.linspace(-1, 1, size[0]), 1.0)
    levels[(size[0] - zero) // 2 : (size[0] + zero) // 2] = heat.ZERO
    picture = pygame.image.frombuffer(np.tile(levels, (size[1], 1)).tobytes(), size, "P")
    picture.set_palette(heat.colours(palette))
    return picture


def _legend(surface: pygame.Surface, look: Look, rect: pygame.Rect, words: str) -> None:
    """The colours from the least to the greatest value."""
    surface.blit(_scale(look.palette, rect.size, look.px(6)), rect)
    above, below = rect.top - look.px(11), rect.bottom + look.px(11)
    look.text(surface, words, (rect.right, above), 12, look.palette.quiet, align="right")
    for text, x, align in ((f"{MINUS}max", rect.left, "left"), ("0", rect.centerx, "centre"), ("max", rect.right, "right")):
        look.text(surface, text, (x, below), 12, look.palette.quiet, align=align)
