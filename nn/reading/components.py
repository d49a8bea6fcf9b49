"""Connected components of a mask, by runs: find the runs of every row, join those that touch,
number what hangs together.

Rosenfeld & Pfaltz 1966 in two passes, with the pixels of a row taken a run at a time, so that
plain Python is fast enough.
"""

from __future__ import annotations

import numpy as np

from nn.reading.arrays import framed


def label(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the 8-connected components of a boolean (H, W) mask: int32 labels from 1 (0 outside),
    and how many there are.
    """
    height, width = mask.shape
    edges = np.diff(framed(mask, 1)[1:-1].view(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]  # one past the last pixel
    # Rows laid end to end, two columns apart: runs are sorted, and neighbours in the row above
    # are a slice of them.
    stride = width + 3
    above = (rows - 1) * stride
    first = np.searchsorted(rows * stride + ends, above + starts, side="left")
    last = np.searchsorted(rows * stride + starts, above + ends, side="right")
    roots = _joined(first.tolist(), last.tolist())
    numbers, of_run = np.unique(roots, return_inverse=True)
    labels = np.zeros(height * width, np.int32)
    lengths = ends - starts
    begin = np.repeat(rows * width + starts - np.cumsum(lengths) + lengths, lengths)
    labels[begin + np.arange(len(begin))] = np.repeat(of_run + 1, lengths)
    return labels.reshape(height, width), len(numbers)


def _joined(first: list[int], last: list[int]) -> list[int]:
    """The root of each run, where run k touches the runs first[k] .. last[k] - 1 of the row above
    (union by smaller number).
    """
    parent = list(range(len(first)))
    for k, (begin, end) in enumerate(zip(first, last, strict=True)):
        for j in range(begin, end):
            a, b = j, k
            while parent[a] != a:
                parent[a] = a = parent[parent[a]]
            while parent[b] != b:
                parent[b] = b = parent[parent[b]]
            parent[max(a, b)] = min(a, b)
    # A parent is never larger than its child, so that it is at its root already.
    for k, above in enumerate(parent):
        parent[k] = parent[above]
    return parent
