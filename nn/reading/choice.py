"""Which grouping of a row's pieces reads best, and by how much: Bellman's recursion over runs of
pieces, both ways.

Every run of pieces that may be a digit (a span) has a score: the network's log probability less
what its shape costs. The best grouping covers all pieces with the highest sum. The margin of one
of its spans says how clear the choice is there: it is this sum, less that of the best grouping
that reads some of the span's ink as something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nn.reading.pieces import Box, Pieces

MOST_PIECES_IN_A_DIGIT = 16
WIDEST_DIGIT = 1.5  # in heights of the tallest piece
WIDEST_UNCUT = 2.5  # the same where no other ink is connected with it
WIDEST_GAP = 0.4  # inside a digit, in heights
# What follows is in log probability. A random search chose these values, on 600 numbers in ten
# conditions and 1,200 single digits, all made of the development strokes. It maximised (share that
# is right and sure) - 4 · (share that is surely wrong). The values were then rounded, and those
# that made no difference were left as they had been.
JOIN_COST, JOIN_COST_PER_GAP = 0.1, 1.0  # joining pieces that are apart
TALL, TALL_JOIN_COST = 0.35, 0.2  # joining two that are both high enough to be digits
CUT_COST, CUT_COST_PER_STROKE = 0.9, 1.0  # parting pieces that touch; for every stroke more that the cut goes through
SMALL, SMALL_COST = 0.5, 4.0  # a digit lower than this part of the tallest piece is rather a stroke of its neighbour
LEVEL, UNEVEN_COST = 0.15, 1.5  # neighbours whose feet differ by more than this, in heights of the tallest piece
# The stem of an open 4 begins and ends lower than the angle before it: in 13 of 900 digits of
# several strokes it was read as a digit of its own, and with this cost in 2.
LOWER, LOWER_COST = 0.08, 8.0
WIDE, WIDE_COST, MOST_FOR_WIDTH = 0.95, 3.3, 2.5  # a digit wider than this part of its height may be two
# In log probability. Of 600 numbers made of development strokes and read from their ink, 88.2 %
# were right and sure without it, and 3.5 % surely wrong; 85.5 and 2.8 with 0.25; 52.2 and 1.0 with
# 1.0. (That was before the costs above were fitted.)
MARGIN = 0.25  # a digit with a smaller margin is unsure
# Taking a piece between two digits for a mark, if it reads worse as a digit. A small mark costs less
# than joining it to its neighbour: of 100 numbers with a decimal comma that were right, 19 were sure
# with 0.7 for all marks.
MARK_COST, SMALL_MARK_COST = 0.7, 0.15
DASH, SLASH, SLANT = 0.25, 0.95, 0.45  # a dash is lower, a slash higher than this, and wider than SLANT of its height
COMMA, LOWEST = 0.4, 0.65  # a comma is lower and narrower than COMMA, and begins below LOWEST of a neighbour's height
# A straight stroke that rises to the right and reaches beyond both its neighbours is a slash, although
# the network is sure of a 1. It leans, by its width over its height, more than STEEPEST_SLASH and
# reaches FAR_OVER of its height above and below; or more than LEAN and OVER, twice in all; or more than
# FLATTER and OVER in all.
STEEPEST_SLASH, LEAN, FLATTER = 0.15, 0.25, 0.38
FAR_OVER, OVER = 0.08, 0.06
# One that leans more than MAYBE may be a slash too, and so may a steeper one that begins no lower and
# ends no higher than its neighbours, but for LEVEL_ENDS of its height: a 1, but an unsure one.
MAYBE, LEVEL_ENDS = 0.33, 0.02

Span = tuple[int, int]


@dataclass(frozen=True)
class Chosen:
    """One span of the best grouping, its margin, and whether it is a mark rather than a digit.

    A mark is a dot, a comma, a dash or a slash between two digits.
    """

    span: Span
    margin: float
    is_mark: bool


@dataclass(frozen=True)
class Grouping:
    """The best grouping of a row: its spans from left to right, and their score, at most 0."""

    spans: Sequence[Chosen]
    score: float

    @property
    def is_settled(self) -> bool:
        """Whether no grouping with a cut could be better or come within MARGIN of it: each cut
        costs CUT_COST or more, and no score is above 0.
        """
        return self.score >= MARGIN - CUT_COST


def possible_spans(pieces: Pieces) -> list[Span]:
    """The runs of pieces (first, one past the last) that may be one digit; a single piece always
    may.
    """
    spans = []
    for first in range(len(pieces)):
        for last in range(first + 1, min(len(pieces), first + MOST_PIECES_IN_A_DIGIT) + 1):
            gaps = [pieces.gap(k) or 0.0 for k in range(first, last - 1)]
            width = pieces.hull(first, last).width / pieces.height
            if gaps and (width > WIDEST_UNCUT or max(gaps) > WIDEST_GAP):
                break
            if not gaps or width <= WIDEST_DIGIT or _is_one_component(pieces, first, last):
                spans.append((first, last))
    return spans


def _is_one_component(pieces: Pieces, first: int, last: int) -> bool:
    """Whether pieces first .. last − 1 are all that is connected there."""
    return all(pieces.gap(k) is None for k in range(first, last - 1)) and not pieces.is_cut(first, last)


def best_grouping(pieces: Pieces, believed: Mapping[Span, np.ndarray]) -> Grouping:
    """The spans that cover all pieces with the highest score; `believed` holds the probabilities
    (10,) of every span that may be a digit, as `possible_spans` gives them.

    What two neighbours cost together depends on both, so the recursion runs over (last span, sum
    so far).
    """
    own = {span: float(np.log(each.max())) - _cost(pieces, *span) for span, each in believed.items()}
    digits = {span: int(each.argmax()) for span, each in believed.items()}
    costs = {span: cost for span in own if (cost := mark_cost(pieces, *span)) is not None}
    marks = {span for span, cost in costs.items() if cost == 0 or own[span] < -MARK_COST}
    own |= {span: -costs[span] for span in marks}

    def between(one: Span, other: Span) -> float:
        return 0.0 if one in marks or other in marks else _unevenness(pieces, one, other)

    # From the left, and, mirrored, from the right.
    end = len(pieces)
    before = _best_sums(own, between)
    mirrored = {_mirrored(span, end): value for span, value in own.items()}
    after = _best_sums(mirrored, lambda one, other: between(_mirrored(other, end), _mirrored(one, end)))
    through = {span: before[span][0] + after[_mirrored(span, end)][0] - own[span] for span in own}
    last = max((span for span in before if span[1] == end), key=lambda span: before[span][0])
    best = before[last][0]
    here: Span | None = last
    chosen: list[Chosen] = []
    while here is not None:
        others = (
            value
            for span, value in through.items()
            if _compete(span, here, marks) and (digits[span] != digits[here] or (span in marks) != (here in marks))
        )
        chosen.append(Chosen(here, best - max(others, default=float("-inf")), here in marks))
        here = before[here][1]
    return Grouping(chosen[::-1], best)


def _compete(one: Span, other: Span, marks: set[Span]) -> bool:
    """Whether two spans share more than marks: a mark may be left out, or be joined to the digit
    before or after it, and the number is the same.
    """
    return any((k, k + 1) not in marks for k in range(max(one[0], other[0]), min(one[1], other[1])))


def _mirrored(span: Span, end: int) -> Span:
    return end - span[1], end - span[0]


def _best_sums(own: Mapping[Span, float], between: Callable[[Span, Span], float]) -> dict[Span, tuple[float, Span | None]]:
    """For each span the highest score of a grouping that ends with it, and the span before it
    there.
    """
    best: dict[Span, tuple[float, Span | None]] = {}
    ending: dict[int, list[Span]] = {}
    for span in sorted(own):
        if span[0] == 0:
            best[span] = own[span], None
        else:
            value, each = max((best[each][0] - between(each, span), each) for each in ending[span[0]])
            best[span] = own[span] + value, each
        ending.setdefault(span[1], []).append(span)
    return best


def _cost(pieces: Pieces, first: int, last: int) -> float:
    """What speaks against pieces first .. last − 1 being one digit, before any network looks at
    it.
    """
    cost = 0.0
    for k in range(first, last - 1):
        gap = pieces.gap(k)
        if gap is not None:
            cost += JOIN_COST + JOIN_COST_PER_GAP * max(gap, 0.0) + _tall_join(pieces, k)
    cost += sum(CUT_COST + CUT_COST_PER_STROKE * (crossed - 1) for crossed in pieces.cuts(first, last))
    box = pieces.hull(first, last)
    cost += min(WIDE_COST * max(0.0, box.width / box.height - WIDE), MOST_FOR_WIDTH)
    return cost + SMALL_COST * max(0.0, SMALL - box.height / pieces.height)


def _tall_join(pieces: Pieces, k: int) -> float:
    one, other = pieces.boxes[k], pieces.boxes[k + 1]
    return TALL_JOIN_COST if min(one.height, other.height) >= TALL * pieces.height else 0.0


def _unevenness(pieces: Pieces, one: Span, other: Span) -> float:
    """What speaks against two neighbours being digits of one row: strokes of one digit end at
    different heights.
    """
    a, b = pieces.hull(*one), pieces.hull(*other)
    up, down = (b.top - a.top) / pieces.height, (b.bottom - a.bottom) / pieces.height
    # One digit may be smaller than its neighbour; one that begins and ends lower is rather its
    # stem.
    return UNEVEN_COST * max(0.0, abs(down) - LEVEL) + LOWER_COST * max(0.0, min(up, down) - LOWER)


def mark_cost(pieces: Pieces, first: int, last: int) -> float | None:
    """What it costs to take a single piece between two others for a dot, a comma, a dash or a
    slash: 0 if it can be nothing else, None if it has another shape.
    """
    if not _is_between(pieces, first, last):
        return None
    before, box, after = pieces.boxes[first - 1 : last + 1]
    piece = pieces.pieces[first]
    if _reaches_beyond(box, before, after) and piece.is_straight and piece.rises:
        return 0.0
    if before.right > box.left + 0.2 * box.width or after.left < box.right - 0.2 * box.width:
        return None
    if box.height < DASH * pieces.height or _is_comma(pieces, before, box, after):
        return SMALL_MARK_COST
    slants = box.height > SLASH * pieces.height and box.width > SLANT * box.height
    return MARK_COST if slants and piece.is_straight else None


def _is_between(pieces: Pieces, first: int, last: int) -> bool:
    """Whether pieces first .. last − 1 are one, with others before and after it, and connected to none."""
    return last == first + 1 and first > 0 and last < len(pieces) and not pieces.is_cut(first, last)


def _reaches_beyond(box: Box, before: Box, after: Box) -> bool:
    """Whether a piece leans, and begins above and ends below its neighbours, as a slash does."""
    least, both = _overhang(box, before, after)
    lean = box.width / box.height
    if lean > FLATTER:
        return both >= OVER and least >= -OVER / 2
    if lean > LEAN and least > 0 and both >= 2 * OVER:
        return True
    return lean > STEEPEST_SLASH and least >= FAR_OVER


def _overhang(box: Box, before: Box, after: Box) -> tuple[float, float]:
    """How far a piece reaches above and below both its neighbours, in its own heights: the lesser of
    the two, and their sum.
    """
    above, below = min(before.top, after.top) - box.top, box.bottom - max(before.bottom, after.bottom)
    return min(above, below) / box.height, (above + below) / box.height


def may_be_a_slash(pieces: Pieces, first: int, last: int) -> bool:
    """Whether pieces first .. last − 1 are a straight stroke between two digits that leans as a slash
    does, or reaches as far as one.
    """
    if not _is_between(pieces, first, last):
        return False
    box, piece = pieces.boxes[first], pieces.pieces[first]
    lean = box.width / box.height
    if lean <= STEEPEST_SLASH or not (piece.is_straight and piece.rises):
        return False
    return lean > MAYBE or _overhang(box, pieces.boxes[first - 1], pieces.boxes[last])[0] >= -LEVEL_ENDS


def _is_comma(pieces: Pieces, before: Box, box: Box, after: Box) -> bool:
    least = min(each.top + LOWEST * each.height for each in (before, after))
    return max(box.height, box.width) < COMMA * pieces.height and box.top > least
