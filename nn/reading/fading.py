"""Strokes that fade, or that are fainter than others, brought to full ink, so that no part of what
was written is lost.
"""

from __future__ import annotations

import numpy as np

from nn.reading.arrays import block_reduce
from nn.reading.components import label

SEARCHED = 256  # columns and rows of the coarse picture
LEAST_SIDE = 56  # pixels; in smaller pictures a stroke's soft edge is as wide as the stroke
FAINTEST = 0.15  # of full ink, what may still be a stroke: a third of the paper's unevenness that `to_ink` lets pass as none
LEAST_PEAK = 0.3  # of full ink, in the darkest part of a stroke
LARGE = 0.25  # of the largest component's extent; what is smaller stays as faint as it is
BLOCKS = 24  # strokes are as dark as the darkest of their ink in a block of this part of the picture, or next to it
ENOUGH = 0.8  # of full ink, which needs no help


def evened(ink: np.ndarray) -> np.ndarray:
    """The ink (H, W) with faint parts of strokes, and whole faint strokes, as full as the others."""
    if min(ink.shape) < LEAST_SIDE:
        return ink
    step = -(-max(ink.shape) // SEARCHED)
    coarse = block_reduce(ink, step, np.maximum)
    labels, _ = label(coarse >= FAINTEST)
    extents, peaks = _extents(labels), _peaks(labels, coarse)
    if not len(extents):
        return ink
    large = (extents >= LARGE * extents[peaks >= peaks.max() / 2].max()) & (peaks >= LEAST_PEAK)
    # What reaches the edge may be that of a shadow.
    at_edge = np.setdiff1d(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]), 0)
    large[at_edge - 1] = False
    chosen = np.isin(labels, np.flatnonzero(large) + 1)
    local = _local_peaks(np.where(chosen, coarse, 0))
    level = np.where(chosen & (local < ENOUGH), np.maximum(local, FAINTEST), 1).astype(np.float32)
    if level.min() == 1:
        return ink
    wide = np.minimum(np.minimum(level, np.roll(level, 1, 0)), np.minimum(np.roll(level, 1, 1), np.roll(level, -1, 0)))
    scale = np.kron(np.minimum(wide, np.roll(level, -1, 1)), np.ones((step, step), np.float32))[: ink.shape[0], : ink.shape[1]]
    return np.minimum(ink / scale, np.float32(1))


def _extents(labels: np.ndarray) -> np.ndarray:
    """The longer side of each component, (n,)."""
    rows, columns = np.nonzero(labels)
    of, count = labels[rows, columns] - 1, int(labels.max(initial=0))
    sides = []
    for values in [rows, columns]:
        low, high = np.full(count, labels.size), np.zeros(count, np.int64)
        np.minimum.at(low, of, values)
        np.maximum.at(high, of, values + 1)
        sides.append(high - low)
    return np.maximum(*sides)


def _peaks(labels: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """The most ink of each component, (n,)."""
    peaks = np.zeros(int(labels.max(initial=0)), np.float32)
    np.maximum.at(peaks, labels[labels > 0] - 1, coarse[labels > 0])
    return peaks


def _local_peaks(coarse: np.ndarray) -> np.ndarray:
    """The most ink around each pixel, the same in a whole block; 0 in blocks without ink."""
    size = -(-max(coarse.shape) // BLOCKS)
    blocks = block_reduce(coarse, size, np.maximum)
    padded = np.pad(blocks, 1)
    around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    # The median of the blocks with ink around: the next stroke may be much darker.
    values = np.where(around > 0, around, np.nan).reshape(*blocks.shape, 9)
    median = np.nanmedian(np.where(blocks[..., None] > 0, values, 0), axis=-1)
    near = np.maximum(median, blocks).astype(np.float32)
    return np.repeat(np.repeat(near, size, axis=0), size, axis=1)[: coarse.shape[0], : coarse.shape[1]]
