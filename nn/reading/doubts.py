"""Which digits of the best grouping may be something else by their shape and place, whatever the
network thinks of them: two digits, a slash, a small sign, a number crossed out.

Each rule was tried on pictures with and without what it looks for; beside its constants stands what
it would doubt for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from nn.reading.choice import Span, may_be_a_slash
from nn.reading.corrections import are_crossed_out
from nn.reading.pieces import Box, Pieces
from nn.reading.segmentation import INK

# A digit of several pieces that is wider than this times its height may be two digits. Of MNIST's test
# digits 2.3 % are wider, of the development strokes 1.2 %.
WIDEST_SURE = 1.25
# A digit lower than this part of the highest beside it may be a sign such as a degree. Of 1,715 numbers
# that were read surely and right, none had a digit lower than this.
LOWEST_SURE = 0.4
# A digit lower than this part of the one before it, and so far above its foot, may be an exponent. Of
# 518 numbers in pictures that were read surely and right, none had such a digit.
SMALLER, RAISED = 0.8, 0.3
# A one at the end of a number may be a bracket if its middle bows to the right by more than BOW of its
# height, and no row of it is wider than EVEN_WIDTH times the usual one. Of 191 numbers with a one that
# were read surely and right, one had such an end.
BOW, EVEN_WIDTH = 0.06, 1.6
# A stroke that is cut off touches the edge along CONTACT pens at least; a fold, which may join a digit, is
# thinner. In a picture with a side below LEAST_CUT pixels people draw up to the edge. Of the same 518
# numbers, 7 touch an edge so.
CONTACT, LEAST_CUT = 0.6, 100


def doubtful(row: Pieces, digits: Sequence[tuple[Span, int]]) -> set[Span]:
    """The spans of a row's digits, given with what each was read as, that may be something else."""
    spans = [span for span, _ in digits]
    return {
        *(span for span in spans if _may_be_two(row, span) or may_be_a_slash(row, *span)),
        *_low(row, spans),
        *_raised(row, spans),
        *_parts_of_a_letter(row, digits),
        *_brackets(row, digits),
        *_crossed_out(row, spans),
    }


def is_cut_off(row: Pieces, box: Box) -> bool:
    """Whether a stroke of a digit goes on beyond an edge of the picture. If there is ink along all
    four edges, the picture was cropped to it, and nothing is cut off.
    """
    height, width = row.ink.shape
    edges = (row.ink[0], row.ink[-1], row.ink[:, 0], row.ink[:, -1])
    if min(height, width) < LEAST_CUT or all(edge.max() >= INK for edge in edges):
        return False
    across, down = slice(box.left, box.right), slice(box.top, box.bottom)
    touching = zip(
        edges, (box.top == 0, box.bottom == height, box.left == 0, box.right == width), (across,) * 2 + (down,) * 2, strict=True
    )
    least = CONTACT * row.pieces[0].pen * row.grid.step
    return any(touches and int((edge[along] >= INK).sum()) >= least for edge, touches, along in touching)


def _may_be_two(row: Pieces, span: Span) -> bool:
    """Whether a digit is so wide that its parts, if it has any, may be digits too."""
    box = row.hull(*span)
    return span[1] - span[0] > 1 and box.width > WIDEST_SURE * box.height


def _low(row: Pieces, spans: Sequence[Span]) -> Iterator[Span]:
    """What is much lower than the highest."""
    highest = max((row.hull(*span).height for span in spans), default=0)
    return (span for span in spans if row.hull(*span).height < LOWEST_SURE * highest)


def _raised(row: Pieces, spans: Sequence[Span]) -> Iterator[Span]:
    """What stands above the foot of the digit before it, as an exponent does."""
    for before, span in pairwise(spans):
        base, box = row.hull(*before), row.hull(*span)
        if box.height < SMALLER * base.height and base.bottom - box.bottom > RAISED * base.height:
            yield span


def _parts_of_a_letter(row: Pieces, digits: Sequence[tuple[Span, int]]) -> Iterator[Span]:
    """Two ones that were cut apart: nobody joins them, but a V, an M or a U has two such strokes."""
    for (one, first), (other, second) in pairwise(digits):
        if first == second == 1 and one[1] == other[0] and row.gap(one[1] - 1) is None:
            yield from (one, other)


def _brackets(row: Pieces, digits: Sequence[tuple[Span, int]]) -> Iterator[Span]:
    """A one behind others that is bowed as a bracket is."""
    if len(digits) > 1 and digits[-1][1] == 1 and _bow(row.mask(*digits[-1][0])) > BOW:
        yield digits[-1][0]


def _bow(ink: np.ndarray) -> float:
    """How far the middle of an upright stroke (h, w) lies to the right of a straight line from end
    to end, in its heights; 0 if it has a flag, a foot or a bar.
    """
    widths = ink.sum(axis=1)
    rows = np.flatnonzero(widths)
    if widths.max() > EVEN_WIDTH * np.median(widths[rows]):
        return 0.0
    middles = (ink @ np.arange(ink.shape[1]))[rows] / widths[rows]
    end = -(-len(rows) // 8)
    line = np.linspace(middles[:end].mean(), middles[-end:].mean(), len(rows))
    away = middles - line
    return float(away[np.abs(away).argmax()]) / len(ink)


def _crossed_out(row: Pieces, spans: Sequence[Span]) -> Iterator[Span]:
    """What is connected with its neighbours, with a line through all of them."""
    runs: list[list[Span]] = []
    for span in spans:
        if runs and runs[-1][-1][1] == span[0] and row.gap(span[0] - 1) is None:
            runs[-1].append(span)
        else:
            runs.append([span])
    for run in runs:
        if len(run) > 1 and are_crossed_out(row.mask(run[0][0], run[-1][1]), row.pieces[0].pen):
            yield from run
