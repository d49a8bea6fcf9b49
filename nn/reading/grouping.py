"""The rules by which ink hangs together, on a coarse mask: specks, strokes of one digit, necks between two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nn.reading.components import label
from nn.reading.geometry import stroke_width

INK = 0.35
SPECK = 0.12  # of the largest part's extent; or, up to 0.3, a dot hardly longer than the pen is wide
MOST_PARTS = 48
MOST_PIECES = 24
EVEN_CUTS_FROM, EVEN_CUT = 0.9, 0.2  # in heights of the drawing
CUT_FROM = 0.6  # narrower than this, in heights of the drawing, nothing is cut
BLOTCH = 0.25  # a pen wider than this, in heights of the drawing, drew no strokes that could be told apart
MOST_CROSSED = 2  # digits that touch do so in one place, or in two; who cuts through more strokes cuts up a drawing


@dataclass(frozen=True)
class Part:
    """Some components seen as one: their labels, their box (right and bottom one past the last), their pixels."""

    labels: tuple[int, ...]
    left: int
    top: int
    right: int
    bottom: int
    area: int

    @property
    def extent(self) -> int:
        """The longer side."""
        return max(self.right - self.left, self.bottom - self.top)

    def joined(self, other: Part) -> Part:
        """Both as one."""
        return Part(
            self.labels + other.labels,
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
            self.area + other.area,
        )


def group(coarse: np.ndarray) -> tuple[np.ndarray, dict[int, int]]:
    """Number the pieces of a coarse picture of ink from left to right.

    Returns int32 labels (h, w): 0 no ink, 1, 2, ... pieces, −1 specks; and for each k for which pieces k and k + 1 (counted
    from 0) were cut apart through ink, how many strokes the cut goes through.
    """
    labels, count = label(coarse >= INK)
    pen = stroke_width(coarse)
    groups = _stacked(_without_specks(_parts(labels, count), pen), labels)
    groups = sorted(sorted(groups, key=lambda p: -p.area)[:MOST_PIECES], key=lambda p: p.left + p.right)
    tallest = max(p.bottom - p.top for p in groups)
    pieces = np.where(labels > 0, np.int32(-1), np.int32(0))
    cuts: dict[int, int] = {}
    number = 0
    for part in groups:
        mask = np.isin(labels, part.labels)
        begin = part.left
        for cut in _necks(mask[:, part.left : part.right], tallest, pen):
            if not mask[:, begin : part.left + cut].any():  # the second cut through one gap
                continue
            number += 1
            pieces[:, begin : part.left + cut][mask[:, begin : part.left + cut]] = number
            cuts[number - 1] = _crossed(mask, part.left + cut)
            begin = part.left + cut
        number += 1
        pieces[:, begin:][mask[:, begin:]] = number
    return pieces, cuts


def _parts(labels: np.ndarray, count: int) -> list[Part]:
    """One part for each component."""
    rows, columns = np.nonzero(labels)
    of = labels[rows, columns] - 1
    area = np.bincount(of, minlength=count)
    left, top = np.full(count, labels.shape[1]), np.full(count, labels.shape[0])
    right, bottom = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.minimum.at(left, of, columns)
    np.minimum.at(top, of, rows)
    np.maximum.at(right, of, columns + 1)
    np.maximum.at(bottom, of, rows + 1)
    boxes = zip(left.tolist(), top.tolist(), right.tolist(), bottom.tolist(), area.tolist(), strict=True)
    return [Part((k + 1,), *box) for k, box in enumerate(boxes)]


def _without_specks(parts: list[Part], pen: float) -> list[Part]:
    """Drop what is tiny beside the largest part, and dots of the pen that are small beside it."""
    largest = max(p.extent for p in parts)
    smallest = max(SPECK * largest, min(1.8 * pen, 0.3 * largest))
    kept = [p for p in parts if p.extent >= smallest]
    return sorted(kept, key=lambda p: -p.area)[:MOST_PARTS]


def _stacked(parts: list[Part], labels: np.ndarray) -> list[Part]:
    """Join parts that lie over one another, as the strokes of one digit do, until none are left."""
    parts = list(parts)
    tallest = max(p.bottom - p.top for p in parts)
    merged = True
    while merged:
        merged = False
        for i in range(len(parts)):
            for j in range(i + 1, len(parts)):
                if _one_digit(parts[i], parts[j], tallest, labels):
                    parts[i] = parts[i].joined(parts[j])
                    del parts[j]
                    merged = True
                    break
            if merged:
                break
    return parts


def _one_digit(a: Part, b: Part, tallest: int, labels: np.ndarray) -> bool:
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    narrower = min(a.right - a.left, b.right - b.left)
    shorter = min(a.bottom - a.top, b.bottom - b.top)
    if across >= 0.5 * narrower:
        return not (shorter >= 0.6 * tallest and down >= 0.6 * shorter and _side_by_side(a, b, labels))
    return down < 0.35 * shorter and shorter < 0.7 * tallest and across > -0.12 * tallest


def _side_by_side(a: Part, b: Part, labels: np.ndarray) -> bool:
    """Whether one is left of the other in every row that both reach: two digits that lean, not two strokes that cross."""
    rows = slice(max(a.top, b.top), min(a.bottom, b.bottom))
    if rows.start >= rows.stop:
        return False
    first, second = np.isin(labels[rows], a.labels), np.isin(labels[rows], b.labels)
    both = first.any(axis=1) & second.any(axis=1)
    if not both.any():
        return False
    width = labels.shape[1]
    first, second = first[both], second[both]
    left_of = width - 1 - first[:, ::-1].argmax(axis=1) < second.argmax(axis=1)
    right_of = width - 1 - second[:, ::-1].argmax(axis=1) < first.argmax(axis=1)
    return bool(left_of.all() or right_of.all())


def _necks(mask: np.ndarray, tallest: int, pen: float) -> list[int]:
    """Columns at which a wide part (h, w) might be two digits that touch.

    Where there is little ink, and enough of it on both sides; and in very wide parts also at even distances, for round digits
    touch with their walls, where there is much ink. Which of the cuts are real is for a reader to say.
    """
    width = mask.shape[1]
    if width < CUT_FROM * tallest or pen > BLOTCH * tallest:
        return []
    profile = mask.sum(axis=0)
    before = np.cumsum(profile) / profile.sum()
    margin = max(2, min(round(0.15 * tallest), round(1.1 * pen)))  # a neighbour may be a bare 1
    inside = np.arange(margin, width - margin)
    inside = inside[(before[inside] > 0.12) & (before[inside] < 0.88)]
    inside = inside[np.fromiter((_crossed(mask, c) <= MOST_CROSSED for c in inside.tolist()), bool, len(inside))]
    thin = inside[profile[inside] <= 1.8 * pen + 1]
    centre = np.abs(thin - width / 2) / width
    cuts = _apart([], thin[np.argsort(profile[thin] + centre, kind="stable")], 0.25 * tallest)[: int(2 * width / tallest) + 1]
    if width >= EVEN_CUTS_FROM * tallest:
        steps = np.linspace(0, width, round(width / (EVEN_CUT * tallest)) + 1)[1:-1].round().astype(int)
        cuts = _apart(cuts, steps[np.isin(steps, inside)], 0.5 * EVEN_CUT * tallest)
    return sorted(cuts)


def _crossed(mask: np.ndarray, column: int) -> int:
    """How many strokes a cut between `column` − 1 and `column` goes through."""
    through = mask[:, column - 1] & mask[:, column]
    return int(through[0]) + int(np.count_nonzero(through[1:] & ~through[:-1]))


def _apart(chosen: list[int], more: np.ndarray, distance: float) -> list[int]:
    """`chosen` and of `more`, in its order, what keeps the distance from all before."""
    chosen = list(chosen)
    for c in more.tolist():
        if all(abs(c - other) >= distance for other in chosen):
            chosen.append(c)
    return chosen
