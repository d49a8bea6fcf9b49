"""What is ink-like and was not written: ruled lines, margin lines, frames, the rim of a table, the
corner of another sheet.

A frame, or a circle, is met in every direction from all else. A form (cells, a comb, a box with an open
side) consists of long level and upright lines. A printed line is straight, thin for
its length, and goes from one side of the picture to the other. Where a stroke crosses it, the ink is
thicker than the line, and stays. A rim lies along the edge, and is much thicker or much thinner than
the pen, or far from everything that was written.
"""

from __future__ import annotations

import numpy as np

from nn.reading.arrays import block_reduce, extents
from nn.reading.components import label
from nn.reading.geometry import stroke_width
from nn.reading.pieces import Piece

LEAST_SIDE = 56  # pixels; smaller pictures come from drawing programs and datasets, and hold one digit
SEARCHED = 256  # columns and rows of the coarse picture in which lines and rims are sought
FAINT = 0.12  # of full ink, from which a pixel may belong to a line
STEEPEST = 0.06  # rise of a line over its length: 3.5 degrees
COVERED, REACHED = 0.8, 0.04  # the part of the picture that a line covers; how near it comes to the edges
SLENDER = 45  # a line is at least so many times as long as thick; a pen's stroke in a digit is below 30
CROSSING = 1.4  # where the ink is thicker than so many times the line, a stroke crosses it
ALONG = 0.12  # a rim lies along at least this part of an edge
THICKER, THINNER = 1.8, 0.5  # and is so many pens thick at least, or at most
# A dark corner is at most CORNER of the picture high and wide, fills FILLED of its box, and touches both
# edges along LEAST_CONTACT of the box. A frame is met along AROUND of each side of the rest, which is at
# least INSIDE of its height.
CORNER, FILLED, LEAST_CONTACT = 0.4, 0.35, 0.25
AROUND, INSIDE = 0.9, 0.2
# Of a form, LINED of the ink lies in level runs of RUN of its width or upright ones of RISE of its
# height, it is at least BROAD times as wide as all else is high, and it fills HOLLOW of its box at most
# or is FLAT times as wide as high.
LINED, RUN, RISE, BROAD, HOLLOW, FLAT = 0.9, 0.5, 0.3, 1.2, 0.5, 5
MOST_COMPONENTS = 64  # of a picture in which forms are sought
SHADOW = 0.4  # of full ink on average: the edge of a shadow, fainter than any stroke
MARGIN = 0.04  # or it lies there alone: all else keeps this distance, of the shorter side, from every edge


def without_clutter(ink: np.ndarray) -> np.ndarray:
    """The ink (H, W) of a photo or scan without printed lines and without what reaches in from the
    edge.
    """
    if min(ink.shape) < LEAST_SIDE or not ink.any():
        return ink
    clean = _without_lines(_without_lines(_without_forms(_without_frame(ink))).T).T
    clean = _without_rims(clean)
    return clean if float(clean.max()) >= 0.5 else ink


def _without_frame(ink: np.ndarray) -> np.ndarray:
    """Ink without the frame or the circle that was drawn around all else."""
    step = -(-max(ink.shape) // SEARCHED)
    coarse = block_reduce(ink, step, np.maximum)
    labels, count = label(coarse > FAINT)
    if count < 2:
        return ink
    frame = labels == _largest(labels, count)
    rest = np.where(frame, 0, coarse)
    inked = rest >= 0.5
    if not inked.any():
        return ink
    (top, bottom), (left, right) = extents(inked)
    sides = [frame[top:bottom, :left], frame[top:bottom, right:], frame[:top, left:right].T, frame[bottom:, left:right].T]
    is_around = min(float(side.any(axis=1).mean()) for side in sides) >= AROUND and not frame[top:bottom, left:right].any()
    (first, last), _ = extents(frame)
    # A bar in a ring is a crossed zero.
    if not is_around or bottom - top < INSIDE * (last - first) or Piece(inked, 0, pen=stroke_width(rest)).is_straight:
        return ink
    return _erased(ink, frame, step)


def _without_forms(ink: np.ndarray) -> np.ndarray:
    """Ink without the lines of a form, printed or drawn."""
    step = -(-max(ink.shape) // SEARCHED)
    labels, count = label(block_reduce(ink, step, np.maximum) > FAINT)
    masks = [labels == number for number in range(1, count + 1)] if count <= MOST_COMPONENTS else []
    boxes = [extents(mask) for mask in masks]
    for mask, box in zip(masks, boxes, strict=True):
        highest = max((each[0][1] - each[0][0] for each in boxes if each is not box), default=0)
        left, right = box[1]
        if highest and right - left >= BROAD * highest and _is_lined(mask):
            ink = _erased(ink, mask, step)
    return ink


def _is_lined(mask: np.ndarray) -> bool:
    (top, bottom), (left, right) = extents(mask)
    box = mask[top:bottom, left:right]
    height, width = box.shape
    lined = (_runs(box) >= RUN * width) | (_runs(box.T) >= RISE * height).T
    is_thin = float(box.mean()) <= HOLLOW or width >= FLAT * height
    return is_thin and float(lined[box].mean()) >= LINED


def _runs(mask: np.ndarray) -> np.ndarray:
    """For each place of a mask the length of the level run that it belongs to; 0 outside."""
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    lengths = np.nonzero(steps < 0)[1] - np.nonzero(steps > 0)[1]
    out = np.zeros(mask.shape, np.int64)
    out[mask] = np.repeat(lengths, lengths)
    return out


def _largest(labels: np.ndarray, count: int) -> int:
    """The number of the component that is the highest or the widest."""
    lengths = np.full(count + 1, -1.0)
    for places, numbers in zip(np.nonzero(labels), 2 * [labels[labels > 0]], strict=True):
        low, high = np.full(count + 1, np.inf), np.zeros(count + 1)
        np.minimum.at(low, numbers, places)
        np.maximum.at(high, numbers, places)
        lengths = np.maximum(lengths, high - low)
    return int(lengths.argmax())


def _erased(ink: np.ndarray, mask: np.ndarray, step: int) -> np.ndarray:
    """Ink without the blocks of a coarse mask and those around them."""
    height, width = mask.shape
    wide = np.pad(mask, 1)
    near = np.logical_or.reduce([wide[y : y + height, x : x + width] for y in range(3) for x in range(3)])
    return np.where(np.kron(near, np.ones((step, step), bool))[: ink.shape[0], : ink.shape[1]], np.float32(0), ink)


def _without_lines(ink: np.ndarray) -> np.ndarray:
    """Ink without lines from left to right."""
    lines = _lines(ink)
    if not lines:
        return ink
    out = ink.copy()
    for left, right in lines:
        _erase(ink, out, left, right)
    return out


def _lines(ink: np.ndarray) -> list[tuple[float, float]]:
    """Where nearly level lines meet the left and the right edge: rows, in pixels; the surest
    first.
    """
    step = -(-max(ink.shape) // SEARCHED)
    coarse = block_reduce(ink, step, np.maximum) > FAINT
    height, width = coarse.shape
    if coarse.mean() > 0.5:
        return []
    # A line may waver by a pixel. Above and below the picture there is nothing.
    wide = np.zeros((height + 2, width), bool)
    wide[1:-1] = coarse
    wide[1:-2] |= coarse[1:]
    wide[2:-1] |= coarse[:-1]
    reach = max(1, round(REACHED * width))
    most = int(STEEPEST * width)
    rises = np.arange(-most, most + 1)
    covered = np.zeros((len(rises), height))
    columns = np.arange(width)
    for k, rise in enumerate(rises.tolist()):
        rows = np.arange(height)[:, None] + np.round(rise * columns / max(width - 1, 1)).astype(int)
        on = wide[np.clip(rows + 1, 0, height + 1), columns]
        ends = on[:, :reach].any(axis=1) & on[:, -reach:].any(axis=1)
        covered[k] = np.where(ends, on.mean(axis=1), 0)
    lines: list[tuple[float, float]] = []
    while covered.max() >= COVERED:
        k, row = divmod(int(covered.argmax()), height)
        lines.append(((row + 0.5) * step, (row + float(rises[k]) + 0.5) * step))
        # What crosses or is close to the line that was found is that line once more.
        left = np.arange(height) - row
        right = left + (rises - rises[k])[:, None]
        covered[(np.minimum(left, right) <= 3) & (np.maximum(left, right) >= -3)] = 0
    return lines


def _erase(ink: np.ndarray, out: np.ndarray, left: float, right: float) -> None:
    """Erase, in place, the ink of one line but for where strokes cross it, if it is as thin as a
    line.
    """
    height, width = ink.shape
    reach = max(8, width // 30)
    columns = np.arange(width)
    offsets = np.arange(-reach, reach + 1)[:, None]
    rows = np.round(left + (right - left) * columns / (width - 1)).astype(int) + offsets
    inside = (rows >= 0) & (rows < height)
    window = np.where(inside, ink[np.clip(rows, 0, height - 1), columns], 0)
    near = np.abs(offsets) <= max(4, -(-2 * max(ink.shape) // SEARCHED))
    level = float(np.median(np.where(near, window, 0).max(axis=0)))
    if level < FAINT:
        return
    # The ink nearest to where the line should be, and how far it goes up and down from there.
    mask = window > level / 2
    here = mask & near
    found = here.any(axis=0)
    start = np.where(here, np.abs(offsets), np.inf).argmin(axis=0)
    index = np.arange(len(offsets))[:, None]
    top = np.where(~mask & (index < start), index + 1, 0).max(axis=0)
    bottom = np.where(~mask & (index > start), index, len(offsets)).min(axis=0)
    thickness = bottom - top
    usual = float(np.median(thickness[found]))
    if usual * SLENDER > width:
        return
    # A line that is not quite level is a pixel thicker where it goes on to the next row.
    thin = found & (thickness <= max(CROSSING * usual + 0.5, usual + 1))
    # Two pixels more on both sides: the soft edge.
    erased = (index >= top - 2) & (index <= bottom + 1) & thin & inside
    out[rows[erased], np.broadcast_to(columns, rows.shape)[erased]] = 0


def _without_rims(ink: np.ndarray) -> np.ndarray:
    """Ink without components that lie along an edge, or reach it and are faint, and are no
    strokes.
    """
    step = -(-max(ink.shape) // SEARCHED)
    coarse = block_reduce(ink, step, np.maximum)
    labels, _ = label(coarse > FAINT)
    sides = [labels[0], labels[-1], labels[:, 0], labels[:, -1]]
    at_edge = np.setdiff1d(np.concatenate(sides), 0)
    rest = np.where(np.isin(labels, at_edge), 0, coarse)
    if float(rest.max()) < 0.5:
        return ink
    pen = stroke_width(rest)
    (top, bottom), (left, right) = extents(rest >= 0.5)
    height, width = labels.shape
    distance = min(top, left, height - bottom, width - right)
    alone = distance >= MARGIN * min(height, width)
    faint = {each for each in at_edge.tolist() if float(coarse[labels == each].mean()) < SHADOW}
    gone = [each for each in at_edge.tolist() if each in faint or _is_rim(labels == each, sides, each, pen, alone=alone)]
    if not gone:
        return ink
    return _erased(ink, np.isin(labels, gone), step)


def _is_rim(mask: np.ndarray, sides: list[np.ndarray], number: int, pen: float, *, alone: bool) -> bool:
    if (alone and _is_border(mask)) or _is_corner(mask):
        return True
    along = max(float((side == number).mean()) for side in sides)
    contact = max(int((side == number).sum()) for side in sides)
    if along < ALONG or contact < 2 * pen:
        return False
    thickness = float(mask.sum()) / contact
    return thickness >= THICKER * pen or thickness <= THINNER * pen or (alone and along > 3 * ALONG)


def _is_corner(mask: np.ndarray) -> bool:
    """Whether a component fills a corner of the picture, as a dark object does that reaches in: along
    both edges, and much of what lies between.
    """
    (top, bottom), (left, right) = extents(mask)
    height, width = mask.shape
    box = mask[top:bottom, left:right]
    if bottom - top > CORNER * height or right - left > CORNER * width or float(box.mean()) < FILLED:
        return False
    level = [box[k] for k, touches in ((0, top == 0), (-1, bottom == height)) if touches]
    upright = [box[:, k] for k, touches in ((0, left == 0), (-1, right == width)) if touches]
    return any(min(one.mean(), other.mean()) > LEAST_CONTACT for one in level for other in upright)


def _is_border(mask: np.ndarray) -> bool:
    """Whether a component runs near one edge from end to end, as a table does whose outermost part
    was taken for paper.
    """
    for each in [mask, mask.T]:
        columns = np.flatnonzero(each.any(axis=0))
        nearest = min(int(columns[-1]), each.shape[1] - 1 - int(columns[0]))
        if each[0].any() and each[-1].any() and nearest < ALONG * each.shape[1]:
            return True
    return False
