"""A card's page: titles, lines with a number at their end, paragraphs and grids of numbers, one
under the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygame

from apps.draw.cards import LABEL_Y, room_under_label
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import MINUS, decimal
from apps.draw.toolkit.theme import Colour
from apps.draw.why import heat

LINE = 17
FIGURES = (11, 10, 9)  # sizes of type in grids
SMALL_NUMBERS = 0.095  # below, three decimals are shown
CELL, LOWEST_CELL = (36, 22), 13  # the largest cell of a grid, and the least height of one with numbers
UNDER, RULE = 6, 7  # below a grid; a hairline with the room around it


class Page:
    """Paints on one card from top to bottom; `top` is where the next thing goes."""

    def __init__(self, surface: pygame.Surface, look: Look, rect: pygame.Rect) -> None:
        self.surface, self.look = surface, look
        self.room = room_under_label(look, rect)
        self.top = self.room.top
        self._title_at = rect.top + look.px(LABEL_Y)

    @property
    def room_left(self) -> float:
        """How many design pixels are left."""
        return (self.room.bottom - self.top) / self.look.scale

    @property
    def lines_left(self) -> int:
        """How many more lines there is room for."""
        return max(0, self.room.bottom - self.top) // self.look.px(LINE)

    def title(self, *texts: str) -> None:
        """The card's label: the first of the texts that fits."""
        look = self.look
        fits = (text for text in texts if look.text_width(text, theme.SMALL) <= self.room.width)
        text = look.fitted(next(fits, texts[-1]), self.room.width, theme.SMALL)
        look.text(self.surface, text, (self.room.left, self._title_at), theme.SMALL, look.palette.quiet)

    def skip(self, height: float) -> None:
        """Leave some design pixels free."""
        self.top += self.look.px(height)

    def line(self, *words: tuple[str, float], value: str = "", strong: bool = False, colour: Colour | None = None) -> None:
        """A line: words, each from a part of the width on, and a number at the end."""
        look, middle = self.look, self.top + self.look.px(LINE) // 2
        colour = colour or (look.palette.text if strong else look.palette.quiet)
        end = look.text_width(value, theme.SMALL, strong) + look.px(8) if value else 0
        stops = [*(self.room.left + round(part * self.room.width) for _, part in words[1:]), self.room.right - end]
        for (word, part), stop in zip(words, stops, strict=True):
            left = self.room.left + round(part * self.room.width)
            look.text(self.surface, look.fitted(word, stop - left, theme.SMALL), (left, middle), theme.SMALL, colour)
        look.text(self.surface, value, (self.room.right, middle), theme.SMALL, colour, bold=strong, align="right")
        self.top += look.px(LINE)

    def rule(self) -> None:
        """A hairline, as above a sum."""
        self.surface.fill(self.look.palette.line, (self.room.left, self.top + self.look.px(3), self.room.width, self.look.px(1)))
        self.top += self.look.px(RULE)

    def paragraph(self, text: str) -> None:
        """Words in as many lines as they need."""
        line = ""
        for word in text.split():
            if line and self.look.text_width(f"{line} {word}", theme.SMALL) > self.room.width:
                self.line((line, 0.0))
                line = word
            else:
                line = f"{line} {word}".strip()
        self.line((line, 0.0))

    def grids(
        self,
        grids: Sequence[tuple[str, np.ndarray, float]],
        signs: str = "",
        chosen: tuple[int, int] | None = None,
        cell: tuple[int, int] = CELL,
        below: float = 0,
    ) -> None:
        """Grids of numbers side by side, (caption, values (H, W), the greatest of their colours),
        with a sign between two.

        Their cells are as high as the room allows that is left when `below` design pixels are kept
        free.
        """
        look, sign = self.look, self.look.px(20)
        rows, columns = grids[0][1].shape
        wide = min(look.px(cell[0]), (self.room.width - sign * len(signs)) // (len(grids) * columns))
        top, left = self.top + look.px(LINE), self.room.left
        room = self.room.bottom - top - look.px(UNDER + below)
        high = max(min(look.px(cell[1]), wide, room // rows), look.px(LOWEST_CELL) if wide > look.px(LOWEST_CELL) else 1)
        if cell[0] == cell[1]:  # a picture without numbers
            wide = high = min(wide, high)
        for number, (caption, values, greatest) in enumerate(grids):
            part = max(wide * columns, look.text_width(caption, 12) if cell[0] == cell[1] else 0)
            text = look.fitted(caption, part + sign if signs else self.room.width, 12)
            look.text(self.surface, text, (left, self.top + look.px(LINE) // 2), 12, look.palette.quiet)
            _paint_grid(self.surface, look, pygame.Rect(left, top, wide, high), values, greatest, chosen=chosen)
            left += part
            if number < len(signs):
                middle = left + sign // 2, top + rows * high // 2
                look.text(self.surface, signs[number], middle, theme.BODY, look.palette.quiet, align="centre")
                left += sign
        self.top = top + rows * high + look.px(UNDER)

    def columns(self, values: np.ndarray, chosen: int, height: float) -> None:
        """Values as thin bars above and below a line, one of them marked."""
        look, count, greatest = self.look, len(values), float(np.abs(values).max()) or 1.0
        half = look.px(height) // 2
        zero, step = self.top + half, self.room.width / count
        palette = heat.colours(look.palette)
        for number, value in enumerate(values.tolist()):
            left, right = (self.room.left + round(edge * step) for edge in (number, number + 1))
            length = round(abs(value) / greatest * (half - look.px(2)))
            colour = palette[heat.ZERO + (70 if value > 0 else -70)]
            bar = pygame.Rect(left, zero - length if value > 0 else zero, max(1, right - left - look.px(1)), length)
            self.surface.fill(colour, bar)
            if number == chosen:
                dot = shapes.disc(look.px(4), look.palette.text)
                at = zero + look.px(5) if value > 0 else zero - look.px(5)
                self.surface.blit(dot, dot.get_rect(center=(bar.centerx, at)))
        self.surface.fill(look.palette.quiet, (self.room.left, zero, self.room.width, look.px(1)))
        self.top += 2 * half + look.px(4)


def compact(value: float, places: int) -> str:
    """Decimals in as little room as possible: .53, -.07, 1.20; -∞ is nothing."""
    text = "" if np.isinf(value) else decimal(value, places)
    return text.replace("0.", ".", 1) if text.lstrip(MINUS).startswith("0.") else text


def _paint_grid(
    surface: pygame.Surface,
    look: Look,
    first: pygame.Rect,
    values: np.ndarray,
    greatest: float,
    chosen: tuple[int, int] | None,
) -> None:
    palette = heat.colours(look.palette)
    levels = heat.levels(np.where(np.isfinite(values), values, 0), greatest)
    places = 2 if greatest >= SMALL_NUMBERS else 3
    texts = [[compact(value, places) for value in row] for row in values.tolist()]
    longest = max((text for row in texts for text in row), key=len)
    size = next((size for size in FIGURES if look.text_width(longest, size) <= first.width - look.px(3)), None)
    for (row, column), level in np.ndenumerate(levels):
        cell = first.move(column * first.width, row * first.height)
        cell.size = max(1, first.width - look.px(1)), max(1, first.height - look.px(1))
        surface.fill(palette[level], cell)
        if size is not None and first.height >= look.px(size):
            ink = heat.readable(palette[level], look.palette)
            look.text(surface, texts[row][column], cell.center, size, ink, align="centre")
        if (row, column) == chosen:
            pygame.draw.rect(surface, look.palette.text, cell, look.px(2))
