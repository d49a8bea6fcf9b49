"""Where connected ink might be two digits that touch: the cheapest ways from top to bottom through
it.

A seam has one column in each row, and moves by at most one column from a row to the next. It
costs 1 for each pixel of ink that it goes through, and SIDEWAYS for each move to the side, so
that it follows the white between two digits and crosses where they touch (seam carving: Avidan &
Shamir 2007). With F(i, j) the cheapest way from the top to pixel (i, j)

    F(i, j) = ink(i, j) + min(F(i − 1, j), F(i − 1, j − 1) + SIDEWAYS, F(i − 1, j + 1) + SIDEWAYS)

and B the same from below, the cheapest seam through (i, j) costs F + B − ink.
"""

from __future__ import annotations

import numpy as np

SIDEWAYS = 0.3  # pixels of ink: a seam that walks around a stroke of 16 pixels goes at most 50 to the side
CUT_FROM = 0.6  # narrower than this, in heights of the row, nothing is cut
BLOTCH = 0.25  # a pen wider than this, in heights of the row, drew no strokes that could be told apart
APART = 0.2  # least distance of two seams, in heights of the row
MOST_CROSSED = 2  # digits that touch do so in one place or two; a seam through more strokes cuts up a drawing
LEAST_SHARE = 0.1  # of a component's ink must lie on each side
SIMPLE_SHARE = 0.85  # of its columns, from which a component with one short run in each is a simple stroke


def find_seams(mask: np.ndarray, tallest: int, pen: float) -> list[np.ndarray]:
    """Seams (h,) through a component `mask` (h, w), left to right, none of which crosses another.

    Which of them are real is for a reader to say. A simple stroke, a line or an arc, has none.
    """
    width = mask.shape[1]
    if width < CUT_FROM * tallest or pen > BLOTCH * tallest or is_simple_stroke(mask, pen):
        return []
    ink = mask.astype(np.float32)
    above, below = _cheapest(ink), _cheapest(ink[::-1])[::-1]
    total = above + below - ink
    middle = int(np.median(np.flatnonzero(mask.any(axis=1))))
    cost = total[middle]
    padded = np.pad(cost, 1, constant_values=np.inf)
    lowest = np.flatnonzero((cost <= padded[:-2]) & (cost <= padded[2:]))
    area = int(mask.sum())
    found: list[np.ndarray] = []
    ways = above.tolist(), below.tolist()
    for column in lowest[np.argsort(cost[lowest], kind="stable")].tolist():
        if any(abs(column - seam[middle]) < APART * tallest for seam in found):
            continue
        seam = _trace(*ways, middle, column)
        share = float((mask & (np.arange(width) < seam[:, None])).sum()) / area
        if LEAST_SHARE < share < 1 - LEAST_SHARE and crossed(mask, seam) <= MOST_CROSSED:
            found.append(seam)
        if len(found) > 2 * width / tallest:
            break
    return list(np.sort(np.array(found), axis=0)) if found else []


def is_simple_stroke(mask: np.ndarray, pen: float) -> bool:
    """Whether nearly every column has a single short run of ink: a line or an arc, too flat to be
    anything else.
    """
    runs = mask[0] + (mask[1:] & ~mask[:-1]).sum(axis=0)
    return bool(((runs == 1) & (mask.sum(axis=0) <= 2.5 * pen)).mean() >= SIMPLE_SHARE)


def crossed(mask: np.ndarray, seam: np.ndarray) -> int:
    """How many strokes a seam goes through: runs of ink on both of its sides."""
    rows = np.arange(len(mask))
    through = mask[rows, np.maximum(seam - 1, 0)] & mask[rows, seam]
    return int(through[0]) + int(np.count_nonzero(through[1:] & ~through[:-1]))


def _cheapest(ink: np.ndarray) -> np.ndarray:
    """F of the module's description, (h, w)."""
    out = np.empty_like(ink)
    wide = np.full(ink.shape[1] + 2, np.inf, np.float32)
    out[0] = ink[0]
    for row in range(1, len(ink)):
        wide[1:-1] = out[row - 1]
        np.minimum(np.minimum(wide[:-2], wide[2:]) + np.float32(SIDEWAYS), wide[1:-1], out=out[row])
        out[row] += ink[row]
    return out


def _trace(above: list[list[float]], below: list[list[float]], row: int, column: int) -> np.ndarray:
    """The cheapest seam through a pixel: its column in each row, (h,)."""
    seam = [column] * len(above)
    last = len(above[0]) - 1
    for costs, rows in ((above, reversed(range(row))), (below, range(row + 1, len(above)))):
        j = column
        for i in rows:
            line, here = costs[i], j
            least = line[here]
            if here > 0 and line[here - 1] + SIDEWAYS < least:
                j, least = here - 1, line[here - 1] + SIDEWAYS
            if here < last and line[here + 1] + SIDEWAYS < least:
                j = here + 1
            seam[i] = j
    return np.array(seam)
