"""The pieces of a row of writing, and any run of them as one digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nn.reading.arrays import extents
from nn.reading.geometry import to_mnist


class Box(NamedTuple):
    """A rectangle of whole pixels; right and bottom are one past the last."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Digit:
    """One digit of a drawing: where it is, its ink alone (box.height, box.width), and MNIST's view
    of it (28, 28).
    """

    box: Box
    ink: np.ndarray
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class Piece:
    """The least ink that may be a digit: its mask on the coarse grid, and the component that it is
    part of.

    `crossed` is the number of strokes that the cut between it and the part before it goes through;
    0 where there is none. `pen` is the width of the drawing's strokes, in blocks of the grid.
    """

    mask: np.ndarray
    component: int
    part: int = 0
    crossed: int = 0
    pen: float = 1.0

    @property
    def is_straight(self) -> bool:
        """Whether the ink lies within a pen's width of a straight line, by the spread across its
        main direction.
        """
        points = np.argwhere(self.mask).astype(np.float64)
        if len(points) < 3:
            return True
        across = float(np.linalg.eigvalsh(np.cov(points.T))[0])
        # A bar of width w has a variance of w² / 12 across.
        return across <= (1.2 * self.pen) ** 2 / 12 + 0.5

    @property
    def rises(self) -> bool:
        """Whether the ink goes up from left to right."""
        rows, columns = np.nonzero(self.mask)
        return float(((rows - rows.mean()) * (columns - columns.mean())).sum()) < 0


@dataclass(frozen=True)
class Grid:
    """How coarse masks lie on a drawing: blocks of `step` pixels from (`top`, `left`) on."""

    step: int
    top: int
    left: int


class Pieces:
    """A row of writing taken apart, left to right; any run of neighbouring pieces can be asked for
    as one digit.

    `ink` is the whole drawing, `inked` (h, w) its mask on the coarse `grid`; `boxes[k]` is piece
    k's; `height` is that of the tallest piece, all in pixels. `specks` are the boxes of what was
    left out because it is too small to be a digit. `may_touch` says whether a piece may still hold
    several digits that touch.
    """

    def __init__(
        self,
        ink: np.ndarray,
        grid: Grid,
        pieces: Sequence[Piece],
        inked: np.ndarray,
        specks: Sequence[Box] = (),
        *,
        may_touch: bool = False,
    ) -> None:
        self.ink, self.grid, self.inked, self.may_touch = ink, grid, inked, may_touch
        self.pieces = sorted(pieces, key=_centre)
        self.boxes = [grid_box(grid, ink.shape, each.mask) for each in self.pieces]
        self.height = max(box.height for box in self.boxes)
        self.specks = tuple(specks)

    def __len__(self) -> int:
        return len(self.boxes)

    def hull(self, first: int, last: int) -> Box:
        """The box around pieces first .. last - 1."""
        left, top, right, bottom = zip(*self.boxes[first:last], strict=True)
        return Box(min(left), min(top), max(right), max(bottom))

    def gap(self, k: int) -> float | None:
        """Between piece k and piece k + 1, in heights of the tallest piece (negative: overlap);
        None if they are connected.
        """
        if self.pieces[k].component == self.pieces[k + 1].component:
            return None
        return (self.boxes[k + 1].left - self.boxes[k].right) / self.height

    def cuts(self, first: int, last: int) -> tuple[int, ...]:
        """The strokes crossed by each cut that parts pieces first .. last - 1 from what is left of
        them in their component.
        """
        inside = {(each.component, each.part) for each in self.pieces[first:last]}
        return tuple(
            each.crossed for each in self.pieces[first:last] if each.part and (each.component, each.part - 1) not in inside
        )

    def is_cut(self, first: int, last: int) -> bool:
        """Whether pieces first .. last - 1 are connected to ink beyond them."""
        inside = {each.component for each in self.pieces[first:last]}
        return any(each.component in inside for each in self.pieces[:first] + self.pieces[last:])

    def mask(self, first: int, last: int) -> np.ndarray:
        """The coarse ink of pieces first .. last - 1, within the box around them."""
        ink = np.logical_or.reduce([each.mask for each in self.pieces[first:last]])
        (top, bottom), (left, right) = extents(ink)
        return ink[top:bottom, left:right]

    def digit(self, first: int, last: int) -> Digit:
        """Pieces first .. last - 1 as one digit."""
        box = self.hull(first, last)
        ink = self.ink[box.top : box.bottom, box.left : box.right]
        rows = (np.arange(box.top, box.bottom) - self.grid.top) // self.grid.step
        columns = (np.arange(box.left, box.right) - self.grid.left) // self.grid.step
        window = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        own = self.pieces[first].mask[window].copy()
        for each in self.pieces[first + 1 : last]:
            own |= each.mask[window]
        foreign = self.inked[window] & ~own
        if foreign.any():
            ink = ink * ~foreign[np.ix_(rows - rows[0], columns - columns[0])]
        return Digit(box, ink, to_mnist(ink))


def grid_box(grid: Grid, shape: tuple[int, ...], mask: np.ndarray) -> Box:
    """The box, in pixels of a drawing of that shape, of a coarse mask."""
    (top, bottom), (left, right) = extents(mask)
    return Box(
        grid.left + left * grid.step,
        grid.top + top * grid.step,
        min(grid.left + right * grid.step, shape[1]),
        min(grid.top + bottom * grid.step, shape[0]),
    )


def _centre(piece: Piece) -> int:
    columns = np.flatnonzero(piece.mask.any(axis=0))
    return int(columns[0] + columns[-1])
