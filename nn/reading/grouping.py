"""The rules by which ink hangs together, on coarse masks: specks, strokes that lie over one
another, rows of writing.

A component is ink that certainly belongs together: all that is connected or, where the pen's
strokes are known, one stroke.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nn.reading.arrays import extents
from nn.reading.components import label

SPECK = 0.12  # of the largest component's extent; or, up to 0.3, a dot hardly longer than the pen is wide
MOST_COMPONENTS = 48
# Rows of writing. What is lower than FLAT (of the tallest) is a mark or part of a digit and makes
# no row of its own. Neighbours in a row, at most NEIGHBOURS heights apart, reach at least
# ROW_OVERLAP of the lower one's height together, others FAR_OVERLAP: a row may climb or fall.
# Parts of a broken digit are closer than BROKEN (of both).
FLAT, ROW_OVERLAP, FAR_OVERLAP, BROKEN = 0.3, 0.3, 0.6, 0.06
NEIGHBOURS = 2.0
# What is lower than CUT (of the highest) and cut off by an edge is no digit, nor what is lower than PRINT,
# as in a screen's status bar, if it keeps a distance of AWAY from all digits.
CUT, PRINT, AWAY = 0.4, 0.2, 0.3
# A line under a number is at least SLENDERNESS times as wide as high, LONG times as wide as the highest
# component is high, and COVERING times as wide as what is over it, from which it keeps AIR, of that
# height. A shorter one may be the foot of a 2 or the hat of a 5 in the next row.
SLENDERNESS, LONG, COVERING, AIR = 3.0, 1.2, 0.8, 0.03


@dataclass(frozen=True, eq=False)
class Component:
    """Some ink seen as one: its mask over the whole coarse picture, and its box (right and bottom
    one past the last).
    """

    mask: np.ndarray
    left: int
    top: int
    right: int
    bottom: int

    @staticmethod
    def of(mask: np.ndarray) -> Component:
        """The component of a mask that is not empty."""
        (top, bottom), (left, right) = extents(mask)
        return Component(mask, left, top, right, bottom)

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def extent(self) -> int:
        """The longer side."""
        return max(self.width, self.height)

    def joined(self, other: Component) -> Component:
        """Both as one."""
        return Component(
            self.mask | other.mask,
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def connected(mask: np.ndarray, pen: float) -> tuple[list[Component], list[Component]]:
    """The connected components of a mask (h, w) in two lists: those to be read, and specks."""
    labels, count = label(mask)
    rows, columns = np.nonzero(labels)
    of = labels[rows, columns] - 1
    boxes = np.zeros((count, 4), np.int64)
    boxes[:, :2] = max(labels.shape)
    for side, (combine, values) in enumerate(
        ((np.minimum, columns), (np.minimum, rows), (np.maximum, columns + 1), (np.maximum, rows + 1))
    ):
        combine.at(boxes[:, side], of, values)
    extents = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    large = extents >= _smallest(extents, pen)
    by_area = np.argsort(-np.bincount(of, minlength=count) * large, kind="stable")
    kept, specks = by_area[: min(int(large.sum()), MOST_COMPONENTS)], np.flatnonzero(~large)

    def component(k: int) -> Component:
        return Component(labels == k + 1, *boxes[k].tolist())

    return [component(k) for k in kept.tolist()], [component(k) for k in specks[:MOST_COMPONENTS].tolist()]


def without_specks(strokes: Sequence[Component], pen: float) -> tuple[list[Component], list[Component]]:
    """Strokes in two lists: those to be read, and specks."""
    smallest = _smallest(np.array([each.extent for each in strokes]), pen)
    kept = [each for each in strokes if each.extent >= smallest]
    return kept, [each for each in strokes if each.extent < smallest]


def without_underlines(components: Sequence[Component], pen: float) -> list[Component]:
    """Components without the lines that were drawn under all others, or under a row of them."""
    kept = list(components)
    while line := next((each for each in kept if _is_underline(each, kept, pen)), None):
        kept = [each for each in kept if each is not line]
    return kept


def _is_underline(line: Component, components: Sequence[Component], pen: float) -> bool:
    """Whether a component is flat, and has only air between it and what it lies under."""
    highest = max((each.height for each in components if each is not line), default=0)
    if highest < 3 * pen or line.width < max(SLENDERNESS * line.height, LONG * highest):
        return False
    near = [
        each
        for each in components
        if each is not line and each.height > FLAT * highest and min(each.right, line.right) > max(each.left, line.left)
    ]
    air = max(1.0, AIR * highest)
    over = [each for each in near if each.bottom + air <= line.top]
    under = [each for each in near if each.top >= line.bottom + air]
    if not over or len(over) + len(under) < len(near):
        return False
    return line.width >= COVERING * (max(each.right for each in over) - min(each.left for each in over))


def without_other_lines(components: Sequence[Component], height: int, *, at_top: bool, at_bottom: bool) -> list[Component]:
    """Components without what lies above or below all digits and is too low for one: what the
    picture's edge, if the mask of this height reaches it, shows of another line of writing, and
    small print.
    """
    highest = max(each.height for each in components)
    digits = [each for each in components if each.height >= CUT * highest]
    top, bottom = min(each.top for each in digits), max(each.bottom for each in digits)

    def is_other(each: Component) -> bool:
        is_cut = (at_top and each.top == 0) or (at_bottom and each.bottom == height)
        away = 0.0 if is_cut else AWAY * highest
        return (is_cut or each.height < PRINT * highest) and (each.bottom + away <= top or each.top >= bottom + away)

    return [each for each in components if not is_other(each)]


def _smallest(extents: np.ndarray, pen: float) -> float:
    """The extent from which ink is no speck: neither tiny beside the largest, nor a dot of the pen
    that is small beside it.
    """
    largest = float(extents.max())
    return max(SPECK * largest, min(1.8 * pen, 0.3 * largest))


def stacked(components: Sequence[Component]) -> list[Component]:
    """Join components that lie over one another, as the strokes of one digit do, until none are
    left.
    """
    components = list(components)
    tallest = max(c.height for c in components)
    while pair := _first_pair(components, tallest):
        one, other = pair
        components[one] = components[one].joined(components.pop(other))
    return components


def _first_pair(components: list[Component], tallest: int) -> tuple[int, int] | None:
    pairs = itertools.combinations(range(len(components)), 2)
    return next(((one, other) for one, other in pairs if _one_digit(components[one], components[other], tallest)), None)


def _one_digit(a: Component, b: Component, tallest: int) -> bool:
    """Whether at least half of the narrower one lies over or under the other, unless they stand
    side by side and lean.
    """
    across = min(a.right, b.right) - max(a.left, b.left)
    if across < 0.5 * min(a.width, b.width):
        return False
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    shorter = min(a.height, b.height)
    return not (shorter >= 0.35 * tallest and down >= 0.6 * shorter and _side_by_side(a, b))


def _side_by_side(a: Component, b: Component) -> bool:
    """Whether one is left of the other in every row that both reach: two digits that lean, not two
    strokes that cross.
    """
    rows = slice(max(a.top, b.top), min(a.bottom, b.bottom))
    first, second = a.mask[rows], b.mask[rows]
    both = first.any(axis=1) & second.any(axis=1)
    if not both.any():
        return False
    width = a.mask.shape[1]
    first, second = first[both], second[both]
    left_of = width - 1 - first[:, ::-1].argmax(axis=1) < second.argmax(axis=1)
    right_of = width - 1 - second[:, ::-1].argmax(axis=1) < first.argmax(axis=1)
    return bool(left_of.all() or right_of.all())


def into_rows(components: Sequence[Component]) -> list[list[Component]]:
    """The rows of writing, from top to bottom: digits that reach the same heights, with the marks
    that are nearest to them.
    """
    tallest = max(c.height for c in components)
    tall = [c for c in components if c.height >= FLAT * tallest]
    rows = [[c] for c in tall]
    for a in tall:
        for b in tall:
            one, other = _row_of(rows, a), _row_of(rows, b)
            if one is not other and (_beside(a, b) or _broken(one, other)):
                one += other
                rows = [row for row in rows if row is not other]
    for flat in components:
        if flat.height < FLAT * tallest:
            min(rows, key=lambda row: min(_distance(flat, each) for each in row)).append(flat)
    return sorted(rows, key=lambda row: sum(c.top + c.bottom for c in row) / len(row))


def _row_of(rows: list[list[Component]], component: Component) -> list[Component]:
    return next(row for row in rows if any(each is component for each in row))


def _beside(a: Component, b: Component) -> bool:
    """Whether two components are neighbours in one row, or lie within one another."""
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    across = max(a.left, b.left) - min(a.right, b.right)
    needed = ROW_OVERLAP if across <= NEIGHBOURS * max(a.height, b.height) else FAR_OVERLAP
    return down >= needed * min(a.height, b.height)


def _broken(one: list[Component], other: list[Component]) -> bool:
    """Whether two single components, one over the other, are so close that they are rather parts
    of one digit.
    """
    if len(one) > 1 or len(other) > 1:
        return False
    a, b = one[0], other[0]
    across = min(a.right, b.right) - max(a.left, b.left)
    down = max(a.top, b.top) - min(a.bottom, b.bottom)
    return across >= 0.3 * min(a.width, b.width) and down <= BROKEN * (a.height + b.height)


def _distance(a: Component, b: Component) -> float:
    """Between two boxes, 0 where they overlap."""
    across = max(a.left, b.left) - min(a.right, b.right)
    down = max(a.top, b.top) - min(a.bottom, b.bottom)
    return float(np.hypot(max(across, 0), max(down, 0)))
