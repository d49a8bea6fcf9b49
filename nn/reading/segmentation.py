"""Which ink belongs to which digit: broken strokes together, neighbours apart, specks away.

Pieces                 the smallest parts that may be digits: connected components, joined where one lies over the other
                       (the hat of a 5, the bar of a 7), and cut at necks where digits may have run into each other
find_digits            what shape alone says: gaps part, necks part only what is too wide for one digit
nn.reading.recognition         asks the network which grouping of the pieces reads best
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nn.reading.geometry import is_mnist, to_mnist
from nn.reading.grouping import INK, group
from nn.reading.ink import as_picture, block_reduce

COARSE = 160  # pixels along the longer side of the mask that is taken apart
TOO_WIDE = 1.15  # width over height beyond which shape alone takes a component for two digits


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
    """One digit of a drawing: where it is, its ink alone (box.height, box.width), and MNIST's view of it (28, 28)."""

    box: Box
    ink: np.ndarray
    image: np.ndarray


@dataclass(frozen=True)
class Seam:
    """Between piece k and piece k + 1: `gap` in heights of the tallest piece (negative: overlap), or a cut through ink.

    `cut` is the number of strokes that the cut goes through; 0 where the pieces lie apart.
    """

    gap: float
    cut: int


class Pieces:
    """A drawing taken apart, left to right; any run of neighbouring pieces can be asked for as one digit.

    `ink` is the drawing; `boxes[k]` and `seams[k]` (between k and k + 1) describe the pieces; `height` is that of the
    tallest piece in pixels.
    """

    def __init__(self, ink: np.ndarray, labels: np.ndarray, step: int, origin: tuple[int, int], cuts: dict[int, int]) -> None:
        self.ink, self._labels, self._step, self._origin = ink, labels, step, origin
        self.boxes = [self._box(labels == k) for k in range(1, int(labels.max(initial=0)) + 1)]
        self.height = max((box.height for box in self.boxes), default=0)
        self.seams = [
            Seam((after.left - before.right) / self.height, cuts.get(k, 0))
            for k, (before, after) in enumerate(zip(self.boxes, self.boxes[1:], strict=False))
        ]

    def __len__(self) -> int:
        return len(self.boxes)

    def _box(self, mask: np.ndarray) -> Box:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        top, left = self._origin
        height, width = self.ink.shape
        step = self._step
        return Box(
            left + int(columns[0]) * step,
            top + int(rows[0]) * step,
            min(left + int(columns[-1] + 1) * step, width),
            min(top + int(rows[-1] + 1) * step, height),
        )

    def hull(self, first: int, last: int) -> Box:
        """The box around pieces first .. last - 1."""
        boxes = self.boxes[first:last]
        return Box(
            min(b.left for b in boxes), min(b.top for b in boxes), max(b.right for b in boxes), max(b.bottom for b in boxes)
        )

    def seams_around(self, first: int, last: int) -> list[Seam]:
        """The seams before and behind pieces first .. last - 1, where there are neighbours."""
        return [*self.seams[max(first - 1, 0) : first], *self.seams[last - 1 : last]]

    def digit(self, first: int, last: int) -> Digit:
        """Pieces first .. last - 1 as one digit."""
        box = self.hull(first, last)
        ink = self.ink[box.top : box.bottom, box.left : box.right]
        top, left = self._origin
        step = self._step
        rows = (np.arange(box.top, box.bottom) - top) // step
        columns = (np.arange(box.left, box.right) - left) // step
        labels = self._labels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        foreign = (labels != 0) & ((labels <= first) | (labels > last)) | (labels < 0)
        if foreign.any():
            ink = ink * ~foreign[np.ix_(rows - rows[0], columns - columns[0])]
        return Digit(box, ink, to_mnist(ink))


def take_apart(ink: np.ndarray) -> Pieces:
    """Take a drawing (H, W), white on black, apart into pieces; none where there is no ink, one for an image of MNIST's."""
    ink = as_picture(ink, "ink")
    if is_mnist(ink):
        return Pieces(ink, np.ones(ink.shape, np.int32), 1, (0, 0), {})
    rows, columns = np.flatnonzero(ink.max(axis=1, initial=0) >= INK), np.flatnonzero(ink.max(axis=0, initial=0) >= INK)
    if len(rows) == 0:
        return Pieces(ink, np.zeros((0, 0), np.int32), 1, (0, 0), {})
    top, left = int(rows[0]), int(columns[0])
    part = ink[top : rows[-1] + 1, left : columns[-1] + 1]
    step = max(1, round(max(part.shape[0], part.shape[1] / 2) / COARSE))
    # The most ink of every block: thin strokes stay whole, hairline gaps close.
    labels, cuts = group(block_reduce(part, step, np.maximum))
    return Pieces(ink, labels, step, (top, left), cuts)


def find_digits(ink: np.ndarray) -> list[Digit]:
    """The digits of a drawing (H, W), white on black, left to right, told apart by shape alone; [] where there is none."""
    pieces = take_apart(ink)
    digits, first = [], 0
    for k, seam in enumerate(pieces.seams):
        if not _shape_joins(pieces, first, k, seam):
            digits.append(pieces.digit(first, k + 1))
            first = k + 1
    if len(pieces):
        digits.append(pieces.digit(first, len(pieces)))
    return digits


read_drawing = find_digits


def _shape_joins(pieces: Pieces, first: int, k: int, seam: Seam) -> bool:
    """Whether pieces first .. k and k + 1 are one digit, as far as shape can tell."""
    if seam.cut:
        whole = pieces.hull(first, k + 2)
        return whole.width <= TOO_WIDE * whole.height
    narrower = min(pieces.hull(first, k + 1).width, pieces.boxes[k + 1].width)
    return -seam.gap * pieces.height >= 0.5 * narrower
