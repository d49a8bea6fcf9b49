"""Arrays as the kernels need them: aligned to a cache line, with some spare bytes after the last
element.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64
# Four of the widest vectors. A load that starts at the last element must stay inside the
# allocation, and a row of a patch is read in whole pieces, up to three vectors past its end.
SLACK = 512


def aligned(shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray:
    """A C-contiguous array of zeros that starts on a 64-byte boundary and owns 512 spare bytes
    after its end.

    NumPy promises neither. A vector that straddles two cache lines takes twice as long to load,
    and the kernels read whole vectors at the end of a row.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    memory = np.zeros(size + ALIGNMENT + SLACK, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def flat(array: NDArray) -> NDArray:
    """The same memory as a one-dimensional array; a `ValueError` where that would take a copy."""
    return array.reshape(-1, copy=False)


def aligned_copy(array: NDArray, dtype: DTypeLike | None = None) -> NDArray:
    """A copy of `array` in memory from `aligned`."""
    copy = aligned(array.shape, array.dtype if dtype is None else dtype)
    copy[...] = array
    return copy
