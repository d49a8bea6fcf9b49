"""Ink that was corrected: crossed out by a line, or written over.

What lies below such ink can often still be read, but it isn't meant any more. So a digit is unsure
if these rules find it corrected.
"""

from __future__ import annotations

import numpy as np

from nn.reading.arrays import extents, framed
from nn.reading.components import label
from nn.reading.geometry import stroke_width
from nn.reading.pieces import Piece

# A line lies on ink in COVERED of the columns of what it crosses out, climbs or falls by at most
# STEEPEST of its width (through a single digit FLATTEST, in the middle half of the height), and sticks
# out on both sides, by OVER of the height of several digits or by ENDS of a single one's width.
COVERED, STEEPEST, OVER, FLATTEST, ENDS = 0.96, 0.8, 0.08, 0.35, 0.15
SLOPES = 33
# Other digits may have such a line: a 4, a 7, a 1 and a 2 with a foot, a 0 with a bar, a 6 or a 9 that
# leans. Of MNIST's test digits that are sure, none of these three has one, but 12 of the sixes and nines.
WITHOUT_BAR = (3, 5, 8)
MOST_AREAS = 3  # that a digit encloses
# A 0 whose inside, of LEAST_INSIDE pixels or more, is full of ink by this part is a ring around another
# digit, or was written over. Of MNIST's zeros 1 in 300 is, and of 2,272 synthetic ones, many with a bar, 3.
HELD, LEAST_INSIDE = 0.2, 9


def are_crossed_out(ink: np.ndarray, pen: float) -> bool:
    """Whether a straight line goes through the ink (h, w) of several digits."""
    return _line_through(ink, pen, STEEPEST, round(OVER * ink.shape[0])) is not None


def is_corrected(image: np.ndarray, digit: int) -> bool:
    """Whether a digit, as MNIST would show it (28, 28), looks crossed out, written over or ringed."""
    ink, pen = image > 0.5, stroke_width(image)
    # The areas without ink, in a frame of blank pixels: 1 outside, then what the ink encloses.
    areas, _ = label(~framed(ink, 1))
    if digit == 0 and _is_ring(ink, areas, pen):
        return True
    return _enclose_too_much(areas) or (digit in WITHOUT_BAR and _is_barred(ink, pen))


def _is_barred(image: np.ndarray, pen: float) -> bool:
    """Whether a line goes through the middle of a digit (28, 28)."""
    if not image.any():
        return False
    (top, bottom), (left, right) = extents(image)
    middle = _line_through(image[top:bottom, left:right], pen, FLATTEST, round(ENDS * (right - left)))
    return middle is not None and 0.25 <= middle / (bottom - top) <= 0.75


def _enclose_too_much(areas: np.ndarray) -> bool:
    """Whether the areas without ink (30, 30) are more, of two pixels at least, than any digit has."""
    return int((np.bincount(areas.reshape(-1))[2:] > 1).sum()) > MOST_AREAS


def _is_ring(ink: np.ndarray, areas: np.ndarray, pen: float) -> bool:
    """Whether a 0 (28, 28) has something inside, a pen's width from its rim, that is no straight bar."""
    reach = round(pen)
    side = 2 * reach + 1
    filled = framed(areas[1:-1, 1:-1] != 1, reach)
    inside = np.lib.stride_tricks.sliding_window_view(filled, (side, side)).all(axis=(2, 3))
    held = inside & ink
    is_enough = int(held.sum()) > HELD * int(inside.sum()) and int(inside.sum()) >= LEAST_INSIDE
    return is_enough and not Piece(held, 0, pen=pen).is_straight


def _line_through(ink: np.ndarray, pen: float, steepest: float, ends: int) -> float | None:
    """The row in which a straight line through ink (h, w) is halfway, if there is one and nothing
    else lies in the first and the last columns, `ends` each (a Hough transform: Duda, Hart 1972).
    """
    rows, columns = np.nonzero(ink)
    slopes = np.linspace(-steepest, steepest, SLOPES)
    starts = np.floor(rows - slopes[:, None] * columns + 0.5).astype(np.int64)
    first = int(starts.min())
    span = int(starts.max()) - first + 1
    counts = np.bincount((starts - first + span * np.arange(SLOPES)[:, None]).reshape(-1))
    best, most = int(counts.argmax()), int(counts.max())
    slope, start = float(slopes[best // span]), best % span + first
    width = ink.shape[1]
    if most < COVERED * width:
        return None
    outside = np.minimum(columns, width - 1 - columns) < ends
    is_line = np.abs(rows - slope * columns - start)[outside] <= 0.8 * pen * np.hypot(1, slope) + 1
    return start + slope * width / 2 if is_line.all() else None
