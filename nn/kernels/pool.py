"""Max-pooling by itself, forward and backward; `conv.py`, `winograd3.py`, `winograd5.py` and
`conv_pool_backward.py` join it with a convolution.

Shapes: x (N, H, W, C); out and winner (N, OH, OW, C); pool_size (PH, PW); strides (SH, SW). The kernels of
`..._vectors` take a vector of channels at a time, and winners as bytes; their naive twins stand above
them.
"""

from __future__ import annotations

from nn.kernels.conv import patch_start
from nn.kernels.jit import jit
from nn.kernels.simd import clear, constant, lanes, load, load_bytes, store_first, where_equal, where_greater, zeros

MOST_PLACES = 256  # a window with more needs winners wider than a byte


@jit
def maxpool2d_forward(x, pool_size, strides, out, winner):
    """out[n,i,j,c] = max over the window of x[n, i·SH + a, j·SW + b, c]; winner = a·PW + b of the
    first greatest. NaN counts as greater than anything before it.
    """
    N, OH, OW, C = out.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                row, column = i * strides[0], j * strides[1]
                for c in range(C):
                    out[n, i, j, c] = x[n, row, column, c]
                    winner[n, i, j, c] = 0
                for a in range(pool_size[0]):
                    for b in range(pool_size[1]):
                        for c in range(C):
                            value = x[n, row + a, column + b, c]
                            if value > out[n, i, j, c] or value != value:
                                out[n, i, j, c] = value
                                winner[n, i, j, c] = a * pool_size[1] + b


@jit
def maxpool2d_forward_vectors(x, pool_size, strides, out, winner):
    """As `maxpool2d_forward`. Places are counted in x's type, and become bytes when they are stored."""
    N, OH, OW, C = out.shape
    one = constant(1, x)
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(0, C, lanes(x)):
                    best = load(x, patch_start(x, n, i * strides[0], j * strides[1]) + c)
                    index, place = zeros(x), zeros(x)
                    for a in range(pool_size[0]):
                        row = patch_start(x, n, i * strides[0] + a, j * strides[1]) + c
                        for b in range(pool_size[1]):
                            value = load(x, row + b * C)
                            # NaN, which does not equal itself, wins.
                            index = where_equal(value, value, where_greater(value, best, place, index), place)
                            best = where_equal(value, value, where_greater(value, best, value, best), value)
                            place = place + one
                    at, count = patch_start(out, n, i, j) + c, min(lanes(x), C - c)
                    store_first(out, at, count, best)
                    store_first(winner, at, count, index)


@jit
def maxpool2d_backward(dout, winner, pool_size, strides, dx):
    """Adds dout[n,i,j,c] to the input that won its window. An input that wins several overlapping
    windows gets the sum.
    """
    N, OH, OW, C = dout.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(C):
                    index = winner[n, i, j, c]
                    row = i * strides[0] + index // pool_size[1]
                    column = j * strides[1] + index % pool_size[1]
                    dx[n, row, column, c] += dout[n, i, j, c]


@jit
def maxpool2d_backward_vectors(dout, winner, pool_size, strides, dx):
    """As `maxpool2d_backward` for strides equal to the pool size; dx need not be cleared first.

    Every window is written once, and the pixels after the last windows are set to 0.
    """
    N, OH, OW, C = dout.shape
    W = dx.shape[2]
    one, none = constant(1, dout), zeros(dout)
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(0, C, lanes(dout)):
                    at, count = patch_start(dout, n, i, j) + c, min(lanes(dout), C - c)
                    gradient, index, place = load(dout, at), load_bytes(winner, at, dout), none
                    for a in range(pool_size[0]):
                        row = patch_start(dx, n, i * strides[0] + a, j * strides[1]) + c
                        for b in range(pool_size[1]):
                            store_first(dx, row + b * C, count, where_equal(index, place, gradient, none))
                            place = place + one
            covered = OW * strides[1]
            for a in range(pool_size[0]):
                clear(dx, patch_start(dx, n, i * strides[0] + a, covered), (W - covered) * C)
        covered = OH * strides[0]
        clear(dx, patch_start(dx, n, covered, 0), (dx.shape[1] - covered) * W * C)
