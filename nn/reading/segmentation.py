"""Which ink may belong to which digit: rows of writing apart, broken strokes together, neighbours
apart, specks away.

`take_apart` returns rows of pieces: components of the ink or strokes of the pen, joined where one
lies over the other (the hat of a 5, the bar of a 7). `cut_up` cuts the components of a row at
seams where digits may touch. `find_digits` is what shape alone says: everything that is connected
is one digit. `nn.reading.recognition` asks the network which grouping reads best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn.reading.arrays import as_picture, block_reduce
from nn.reading.geometry import SIDE, is_mnist, stroke_width
from nn.reading.grouping import Component, connected, into_rows, stacked, without_other_lines, without_specks, without_underlines
from nn.reading.pieces import Digit, Grid, Piece, Pieces, grid_box
from nn.reading.seams import crossed, find_seams

INK = 0.35  # of full ink, from which a pixel belongs to a component
COARSE = 160  # pixels along the longer side of the mask that is taken apart
MOST_PIECES = 24  # of a row
MOST_STROKES = 40  # of a drawing; with more it is a picture, and what is connected counts

Stroke = tuple[np.ndarray, float]


def take_apart(ink: np.ndarray, strokes: Sequence[Stroke] | None = None) -> list[Pieces]:
    """Take a drawing (H, W), white on black, apart into rows of pieces, from top to bottom; []
    where there is no ink.

    What is connected stays one piece, and so does an image with MNIST's geometry. Lines under the
    writing are left out. `strokes` are the movements of the pen that
    left the ink, if they are known, in the order of drawing: each its points (n, 2), x and y in
    pixels of `ink`, and the pen's width in pixels. What one of them drew then stays together, and
    strokes that touch can still be told apart. Ink that was erased since may be missing.
    """
    ink = as_picture(ink, "ink")
    if is_mnist(ink):
        whole = Piece(np.ones(ink.shape, bool), 0)
        return [Pieces(ink, Grid(1, 0, 0), [whole], whole.mask)]
    rows, columns = np.flatnonzero(ink.max(axis=1, initial=0) >= INK), np.flatnonzero(ink.max(axis=0, initial=0) >= INK)
    if len(rows) == 0:
        return []
    top, left = int(rows[0]), int(columns[0])
    part = ink[top : rows[-1] + 1, left : columns[-1] + 1]
    grid = Grid(max(1, round(max(part.shape[0], part.shape[1] / 2) / COARSE)), top, left)
    # The most ink of every block: thin strokes stay whole, hairline gaps close.
    coarse = block_reduce(part, grid.step, np.maximum)
    inked, pen = coarse >= INK, stroke_width(coarse)
    known = _known_strokes(strokes, grid, inked) if strokes else []
    kept, specks = without_specks(known, pen) if known else connected(inked, pen)
    if known:
        # Ink that no stroke accounts for, a pixel here and there, belongs to whatever is around
        # it.
        inked = np.logical_or.reduce([each.mask for each in known])
    boxes = [grid_box(grid, ink.shape, each.mask) for each in specks]
    # Strokes of the pen are apart already, and a picture of the network's own size holds one digit.
    may_touch = not known and max(ink.shape) > SIDE
    if may_touch:
        kept = without_other_lines(kept, len(inked), at_top=top == 0, at_bottom=int(rows[-1]) + 1 == len(ink))
    return [
        Pieces(ink, grid, _pieces_of(row, pen), inked, boxes if not k else (), may_touch=may_touch)
        for k, row in enumerate(into_rows(without_underlines(kept, pen)))
    ]


def cut_up(row: Pieces) -> Pieces:
    """The same row with its pieces cut at seams where digits may touch."""
    tallest = max(Component.of(each.mask).height for each in row.pieces)
    pieces: list[Piece] = []
    for each in sorted(row.pieces, key=lambda each: -int(each.mask.sum())):
        pieces += _cut(each, tallest) if len(pieces) < MOST_PIECES else [each]
    return Pieces(row.ink, row.grid, pieces, row.inked, row.specks)


def find_digits(ink: np.ndarray) -> list[Digit]:
    """The digits of a drawing (H, W), white on black, row by row, told apart by shape alone; []
    where there is none.
    """
    return [row.digit(k, k + 1) for row in take_apart(ink) for k in range(len(row))]


def _pieces_of(components: Sequence[Component], pen: float) -> list[Piece]:
    """The pieces of one row."""
    groups = sorted(stacked(components), key=lambda each: -int(each.mask.sum()))[:MOST_PIECES]
    return [Piece(each.mask, number, pen=pen) for number, each in enumerate(groups)]


def _cut(piece: Piece, tallest: int) -> list[Piece]:
    """The parts of a piece between its seams; `tallest` is the height of the row's tallest piece."""
    whole = Component.of(piece.mask)
    window = slice(whole.top, whole.bottom), slice(whole.left, whole.right)
    mask = piece.mask[window]
    columns = np.arange(mask.shape[1])
    begin = np.zeros(len(mask), np.int64)
    parts: list[Piece] = []
    for seam in [*find_seams(mask, tallest, piece.pen), np.full(len(mask), mask.shape[1])]:
        own = mask & (columns >= begin[:, None]) & (columns < seam[:, None])
        if not own.any():
            continue
        part = np.zeros_like(piece.mask)
        part[window] = own
        parts.append(Piece(part, piece.component, len(parts), crossed(mask, begin) if parts else 0, piece.pen))
        begin = seam
    return parts


def _known_strokes(strokes: Sequence[Stroke], grid: Grid, inked: np.ndarray) -> list[Component]:
    """Each stroke of the pen as a component of the ink that is there; [] if they do not account
    for it.
    """
    if len(strokes) > MOST_STROKES:
        return []
    masks = [_drawn(points, pen, grid, inked.shape) & inked for points, pen in strokes]
    covered = np.logical_or.reduce(masks)
    if (inked & ~covered).sum() > 0.02 * inked.sum():
        return []
    return [Component.of(mask) for mask in masks if mask.any()]


def _drawn(points: np.ndarray, pen: float, grid: Grid, shape: tuple[int, int]) -> np.ndarray:
    """The coarse mask (h, w) of one stroke, one pixel wider on each side than the pen, so that its
    soft edge belongs to it.

    It is the union of discs around pixels of the path, at most a third of their radius apart: that
    leaves dents of 1.4 % of the radius between them.
    """
    path = (np.asarray(points, np.float64).reshape(-1, 2) - (grid.left, grid.top)) / grid.step - 0.5
    radius = pen / 2 / grid.step + 1
    if len(path):
        # What moves on by less than a third of the radius shows no difference; the end does.
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))]) // (radius / 6)
        moved = np.diff(along, prepend=-np.inf) > 0
        moved[-1] = True
        path = path[moved]
    way = np.diff(path, axis=0)
    thirds = np.abs(way).max(axis=1) * 3 / radius
    counts = np.maximum(np.ceil(thirds), 1).astype(np.int64)
    piece = np.repeat(np.arange(len(way)), counts)
    fraction = (np.arange(len(piece)) - (np.cumsum(counts) - counts)[piece] + 1) / counts[piece]
    centres = np.concatenate([path[:1], path[piece] + fraction[:, None] * way[piece]])
    reach = int(radius)
    offsets = np.arange(-reach, reach + 1)
    down, across = (offsets[each] for each in np.nonzero(np.hypot(offsets[:, None], offsets) <= radius))
    # A frame takes what of a disc lies outside; discs further out than the frame are left out.
    margin = 2 * reach
    height, width = (side + 2 * margin for side in shape)
    mask = np.zeros((height, width), bool)
    columns, rows = np.floor(centres + 0.5).astype(np.int64).T + margin
    near = (rows >= reach) & (rows < height - reach) & (columns >= reach) & (columns < width - reach)
    mask.reshape(-1)[(rows * width + columns)[near][:, None] + down * width + across] = True
    return mask[margin : margin + shape[0], margin : margin + shape[1]]
