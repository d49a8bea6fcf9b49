"""The transpose of a matrix, in blocks of eight rows by eight columns.

Element by element it is slow, five cycles each: neighbours in one matrix lie far apart in the other.
As vectors, eight rows of eight go at once. Interleaving row r with row r + 4 moves the highest bit of
an element's row index behind the bits of its column index: (r2 r1 r0 | c2 c1 c0) becomes
(r1 r0 c2 | c1 c0 r2). After three rounds row and column have changed places.

The naive way is the last two loops of `transpose_rows`, which also handle the edges.
"""

from __future__ import annotations

from nn.kernels.jit import jit
from nn.kernels.simd import transpose_block


@jit
def transpose_rows(x, start, stop, out):
    """out[j, i] = x[i, j] for the rows start <= i < stop, in blocks of 8 x 8."""
    C, R = x.shape[1], out.shape[1]
    for i0 in range(start, stop, 8):
        for j0 in range(0, C, 8):
            if i0 + 8 <= stop and j0 + 8 <= C:
                transpose_block(x, i0 * C + j0, out, j0 * R + i0)
            else:
                for i in range(i0, min(i0 + 8, stop)):
                    for j in range(j0, min(j0 + 8, C)):
                        out[j, i] = x[i, j]
