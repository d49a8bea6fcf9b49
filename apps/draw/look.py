"""How things look now: palette, scale and type, and the few ways in which text is set.

Type is the same on every machine: Aileron Regular, which Pillow carries, and FreeSans Bold, which Pygame carries. Aileron's few
mathematical signs, which Pillow left out, come from FreeSans too, a little smaller, so that they are not too heavy.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from functools import lru_cache
from itertools import groupby

import pygame
from PIL import ImageFont
from pygame.pkgdata import getResource

from apps.draw import shapes, theme
from apps.draw.numbers import MINUS, SUM, TIMES
from apps.draw.theme import Colour, Palette

TEXTS_KEPT = 400
SIGNS = frozenset((MINUS, TIMES, SUM))
SIGN_SIZE = 0.85
WIPED = 4  # from a card's edge on, so that its rounded corners stay
CAP_HEIGHT = 0.71  # of the size of type, for both faces


@lru_cache(maxsize=64)
def _font(size: int, bold: bool) -> pygame.font.Font:
    if not bold:
        face = ImageFont.load_default(size)
        if isinstance(face, ImageFont.FreeTypeFont):
            return pygame.font.Font(io.BytesIO(face.font_bytes), size)
    return pygame.font.Font(getResource(pygame.font.get_default_font()), size)


@lru_cache(maxsize=1000)
def _width(text: str, size: int, bold: bool) -> int:
    return sum(_face(size, strong, bold).size(run)[0] for run, strong in _runs(text, bold))


def _face(size: int, strong: bool, bold: bool) -> pygame.font.Font:
    """The face of a piece: the line's own, or the smaller one that lends its signs."""
    return _font(size, bold) if strong == bold else _font(round(SIGN_SIZE * size), strong)


def _runs(text: str, bold: bool) -> list[tuple[str, bool]]:
    """The text in pieces of one face each: (piece, whether it is set in the bold face)."""
    if bold or not SIGNS.intersection(text):
        return [(text, bold)]
    return [("".join(run), strong) for strong, run in groupby(text, SIGNS.__contains__)]


def _set(text: str, size: int, colour: Colour, bold: bool) -> pygame.Surface:
    """The line of text, its baseline where the face's own is."""
    runs, ascent = _runs(text, bold), _font(size, bold).get_ascent()
    if len(runs) == 1 and runs[0][1] == bold:
        return _font(size, bold).render(text, True, colour)
    line = pygame.Surface((_width(text, size, bold), _font(size, bold).get_height()), pygame.SRCALPHA)
    line.fill((*colour, 0))
    left = 0
    for run, strong in runs:
        font = _face(size, strong, bold)
        raised = round((1 - SIGN_SIZE) * size / 3) if strong != bold else 0
        line.blit(font.render(run, True, colour), (left, ascent - font.get_ascent() - raised))
        left += font.size(run)[0]
    return line


@lru_cache(maxsize=200)
def _fitted(text: str, width: int, size: int, bold: bool, from_start: bool) -> str:
    if _width(text, size, bold) <= width:
        return text
    for length in range(len(text) - 1, 0, -1):
        shorter = "…" + text[len(text) - length :] if from_start else text[:length].rstrip() + "…"
        if _width(shorter, size, bold) <= width:
            return shorter
    return ""


class Look:
    """Palette, scale, and text cached as surfaces."""

    def __init__(self, palette: Palette, scale: float) -> None:
        self.palette = palette
        self.scale = scale
        self._texts: OrderedDict[tuple[str, int, Colour, bool], pygame.Surface] = OrderedDict()

    def px(self, design_pixels: float) -> int:
        """Design pixels to pixels; what is there at all stays at least one pixel."""
        return max(1, round(design_pixels * self.scale)) if design_pixels > 0 else 0

    def card(self, surface: pygame.Surface, rect: pygame.Rect) -> None:
        """A panel: a hairline border around paper."""
        radius, line = self.px(theme.RADIUS), self.px(1)
        shapes.box(surface, rect, radius, self.palette.line)
        shapes.box(surface, rect.inflate(-2 * line, -2 * line), radius - line, self.palette.paper)

    def wipe(self, surface: pygame.Surface, rect: pygame.Rect) -> None:
        """Fresh paper for a card that stands already: all but its border."""
        surface.fill(self.palette.paper, rect.inflate(-2 * self.px(WIPED), -2 * self.px(WIPED)))

    def text_surface(self, text: str, size: float, colour: Colour, bold: bool = False) -> pygame.Surface:
        """A line of text; `size` in design pixels."""
        key = text, self.px(size), colour, bold
        surface = self._texts.get(key)
        if surface is None:
            surface = _set(text, key[1], colour, bold)
            self._texts[key] = surface
            if len(self._texts) > TEXTS_KEPT:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return surface

    def text_width(self, text: str, size: float, bold: bool = False) -> int:
        """The width of a line of text in pixels."""
        return _width(text, self.px(size), bold)

    def text(
        self,
        surface: pygame.Surface,
        text: str,
        at: tuple[float, float],
        size: float = theme.BODY,
        colour: Colour | None = None,
        bold: bool = False,
        align: str = "left",
    ) -> pygame.Rect:
        """Set a line of text at (x, y), y being the middle of its capitals; `align` says which end of it x is."""
        line = self.text_surface(text, size, colour or self.palette.text, bold)
        font = _font(self.px(size), bold)
        shift = {"left": 0.0, "centre": line.get_width() / 2, "right": float(line.get_width())}[align]
        top = at[1] + CAP_HEIGHT * self.px(size) / 2 - font.get_ascent()
        return surface.blit(line, (round(at[0] - shift), round(top)))

    def fitted(self, text: str, width: int, size: float = theme.BODY, bold: bool = False, from_start: bool = False) -> str:
        """The text, shortened with an ellipsis (in front, where its end matters more) until it is no wider than `width`."""
        return _fitted(text, width, self.px(size), bold, from_start)
