"""Rows of writing made by hand from filled boxes, for tests of the rules by which digits are
grouped.
"""

import numpy as np

from nn.reading.pieces import Grid, Piece, Pieces

HIGH = 20


def filled(box, shape):
    """The mask of a box (left, top, right, bottom)."""
    mask = np.zeros(shape, bool)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return mask


def row(*boxes, components=None, crossed=1, pen=3.0):
    """Pieces with one pixel for each block of the grid. Pieces with the same number in `components`
    are connected, and each cut between them goes through `crossed` strokes; without `components`
    none are.
    """
    shape = max(box[3] for box in boxes), max(box[2] for box in boxes)
    return row_of([filled(box, shape) for box in boxes], components, crossed=crossed, pen=pen)


def row_of(masks, components=None, *, crossed=1, pen=3.0):
    """The same from masks of one shape, from left to right."""
    numbers = list(range(len(masks)) if components is None else components)
    pieces = []
    for k, (mask, number) in enumerate(zip(masks, numbers, strict=True)):
        part = numbers[:k].count(number)
        pieces.append(Piece(mask, number, part, crossed if part else 0, pen))
    inked = np.logical_or.reduce(masks)
    return Pieces(inked.astype(np.float32), Grid(1, 0, 0), pieces, inked)


def bars(gap, *bridges, widths=(3, 3)):
    """A mask of two upright bars with a gap between them, and bridges across it: (row, first column
    of the gap, one past the last) each, or just their rows.
    """
    mask = np.zeros((HIGH, widths[0] + gap + widths[1]), bool)
    mask[:, : widths[0]] = mask[:, widths[0] + gap :] = True
    for bridge in bridges:
        line, first, last = bridge if isinstance(bridge, tuple) else (bridge, 0, gap)
        mask[line, widths[0] + first : widths[0] + last] = True
    return mask


def sure(digit):
    """Probabilities of a network that is certain."""
    return np.eye(10)[digit]


def believing(digit, probability):
    """The probability of one digit; nine others share the rest."""
    return np.where(np.arange(10) == digit, probability, (1 - probability) / 9)
