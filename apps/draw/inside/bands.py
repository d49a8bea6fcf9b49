"""Where each cell of each layer stands: one band a layer, from the image at the top to the
probabilities at the bottom.

A band holds maps side by side in a few rows (a vector is many maps of one cell). Its cells are
squares of whole pixels, as large as the room allows; a vector short enough has cells in which its
numbers can be written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pygame import Rect

from apps.draw.toolkit.look import Look
from nn.inspection.terms import Cell, Region

LABEL = 102  # the width of the labels on the left
LINE = 18  # the least height of a band
NUMBERED = (38, 24)  # the least size of a cell with a number in it
MAP_GAP, UNIT_GAP, NUMBER_GAP = 3, 1, 4
WIDEST_MAP, WIDEST_UNIT = 112, 14
UNIT_LINES = 2  # of a vector, unless even the smallest cells need more
EVEN = 0.3  # how much smaller the cells of large maps may be than those of small ones
BAND_GAP, WIDEST_BAND_GAP = 5, 30


class Grid(NamedTuple):
    """A way to lay a layer out: cells of (width, height) pixels, maps in columns with gaps."""

    cell: tuple[int, int]
    columns: int
    rows: int
    gap: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Band:
    """A layer of `shape` (H, W, C) or (K,) laid out in `rect`; `label` is the room beside it."""

    shape: tuple[int, ...]
    grid: Grid
    rect: Rect
    label: Rect

    @property
    def numbered(self) -> bool:
        """Whether the cells have room for their numbers."""
        return len(self.shape) == 1 and self.grid.cell[0] > self.grid.cell[1]

    def map_rect(self, number: int) -> Rect:
        """The place of one map."""
        (wide, high), (rows, columns) = self.grid.cell, map_size(self.shape)
        down, across = divmod(number, self.grid.columns)
        left = self.rect.left + across * (columns * wide + self.grid.gap)
        top = self.rect.top + down * (rows * high + self.grid.gap)
        return Rect(left, top, columns * wide, rows * high)

    def region_rects(self, region: Region) -> list[Rect]:
        """The places of a box of cells, one in every map that it touches."""
        wide, high = self.grid.cell
        if len(region) == 1:
            return [self.map_rect(number) for number in range(region[0].start, region[0].stop)]
        rows, columns, maps = region
        rects = []
        for number in range(maps.start, maps.stop):
            left, top = self.map_rect(number).topleft
            size = (columns.stop - columns.start) * wide, (rows.stop - rows.start) * high
            rects.append(Rect((left + columns.start * wide, top + rows.start * high), size))
        return rects

    def cell_rect(self, cell: Cell) -> Rect:
        """The place of one cell."""
        return self.region_rects(tuple(slice(index, index + 1) for index in cell))[0]

    def cell_at(self, position: tuple[int, int]) -> Cell | None:
        """The cell under a position; None in the gaps and outside."""
        if not self.rect.collidepoint(position):
            return None
        (wide, high), (rows, columns) = self.grid.cell, map_size(self.shape)
        across, x = divmod(position[0] - self.rect.left, columns * wide + self.grid.gap)
        down, y = divmod(position[1] - self.rect.top, rows * high + self.grid.gap)
        number = down * self.grid.columns + across
        if x >= columns * wide or y >= rows * high or number >= self.shape[-1]:
            return None
        return (number,) if len(self.shape) == 1 else (y // high, x // wide, number)

    def neighbour(self, cell: Cell, across: int, down: int) -> Cell:
        """The next cell in a direction; at a map's edge it is one of the next map, at the band's
        edge the cell itself.
        """
        rows, columns = map_size(self.shape)
        i, j, number = cell if len(cell) == 3 else (0, 0, cell[0])
        i, j = i + down, j + across
        map_down, map_across = divmod(number, self.grid.columns)
        map_down, map_across = map_down + i // rows, map_across + j // columns
        number = map_down * self.grid.columns + map_across
        if not (0 <= map_across < self.grid.columns and map_down >= 0 and number < self.shape[-1]):
            return cell
        return (number,) if len(cell) == 1 else (i % rows, j % columns, number)


def map_size(shape: Sequence[int]) -> tuple[int, int]:
    """Rows and columns of a layer's maps."""
    return (shape[0], shape[1]) if len(shape) == 3 else (1, 1)


def lay_out(shapes: Sequence[tuple[int, ...]], room: Rect, look: Look) -> list[Band] | None:
    """The bands of layers with these shapes; None when they do not fit at one pixel a cell.

    Again and again the layer that is hardest to see gets larger cells, as long as everything fits.
    """
    width, line = room.width - look.px(LABEL), look.px(LINE)
    choices = [_grids(shape, width, look) for shape in shapes]
    if not all(choices):
        return None
    chosen = [0] * len(shapes)
    free = room.height - look.px(BAND_GAP) * (len(shapes) - 1) - sum(max(line, grids[0].size[1]) for grids in choices)
    if free < 0:
        return None
    growing = set(range(len(shapes)))
    while growing:
        number = min(growing, key=lambda n: (choices[n][chosen[n]].cell[1] * map_size(shapes[n])[0] ** EVEN, n))
        grids, at = choices[number], chosen[number]
        cost = max(line, grids[at + 1].size[1]) - max(line, grids[at].size[1]) if at + 1 < len(grids) else free + 1
        if cost > free:
            growing.remove(number)
        else:
            chosen[number], free = at + 1, free - cost
    gap = look.px(BAND_GAP) + min(free // max(1, len(shapes) - 1), look.px(WIDEST_BAND_GAP - BAND_GAP))
    bands, top = [], room.top
    for shape, grids, at in zip(shapes, choices, chosen, strict=True):
        height = max(line, grids[at].size[1])
        rect = Rect((room.left + look.px(LABEL), top + (height - grids[at].size[1]) // 2), grids[at].size)
        bands.append(Band(tuple(shape), grids[at], rect, Rect(room.left, top, look.px(LABEL - 8), height)))
        top += height + gap
    return bands


def _grids(shape: tuple[int, ...], width: int, look: Look) -> list[Grid]:
    """The ways to lay a layer out in this width, from the smallest cells to the largest."""
    count, (rows, columns) = shape[-1], map_size(shape)
    if len(shape) == 1:
        gap, wide, high = look.px(NUMBER_GAP), look.px(NUMBERED[0]), look.px(NUMBERED[1])
        if count * (wide + gap) - gap <= width:
            wide = min((width + gap) // count - gap, look.px(64))
            return [Grid((wide, high), count, 1, gap, (count * (wide + gap) - gap, high))]
    gap = look.px(UNIT_GAP) if len(shape) == 1 else look.px(MAP_GAP)
    largest = look.px(WIDEST_UNIT) if len(shape) == 1 else max(1, look.px(WIDEST_MAP) // max(rows, columns))
    grids: list[Grid] = []
    for side in range(1, largest + 1):
        fitting = (width + gap) // (columns * side + gap)
        if not fitting:
            break
        lines = math.ceil(count / fitting)
        if len(shape) == 1 and lines > UNIT_LINES and grids:
            break
        across = math.ceil(count / lines)
        size = across * (columns * side + gap) - gap, lines * (rows * side + gap) - gap
        grids.append(Grid((side, side), across, lines, gap, size))
    return grids
