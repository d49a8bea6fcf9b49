"""A 3x3 convolution of many channels with 5x5 outputs at a time, in 49 multiplications instead of 225 (see `winograd.py`).

A tile is 7x7 inputs for 5x5 outputs. In each of its 49 numbers the products are summed over the channels, so that these are 49
small matrix products:

    M[p] (tiles, F) = V[p] (tiles, C) · U[p] (C, F),   p = 7 · row + column,   V = Bᵀ d B,   U = G g Gᵀ.

With pooling behind it, four neighbouring tiles are a block of 10x10 outputs, which are 5x5 whole pooling windows. The tiles at
the lower and right edges of an image reach beyond it, for outputs that nobody asked for; they see the last row and column again.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv import first_greatest
from nn.kernels.jit import kernel
from nn.kernels.simd import lanes, load, load_first, splat, store, store_first, where_greater, zeros
from nn.kernels.winograd import five_outputs, load_seven, load_seven_rows, seven_inputs, store_seven

# Tiles that go through the 49 products together: a multiple of four.
TILES = 8
# The transforms take about as long as the products of so many channels (measured).
TRANSFORMS = 32


def pays(rows: int, columns: int, channels: int) -> bool:
    """Whether rows x columns outputs of so many channels are faster this way than as plain sums."""
    tiles = -(-rows // 5) * -(-columns // 5)
    return 49 * tiles * (channels + TRANSFORMS) < 9 * rows * columns * channels


@kernel
def conv2d_forward(x, u, bias, relu, out):
    """As `conv.conv2d_forward`, for stride 1 and a kernel that `winograd.transform_kernel` prepared: u (49, C, F)."""
    N, OH, OW, F = out.shape
    L = lanes(x)
    zero = zeros(x)
    v, m = _room(x)
    y = np.zeros((5, 5, L), x.dtype)
    rows = (OH + 4) // 5
    columns = (OW + 4) // 5
    for first in range(0, N * rows * columns, TILES):
        tiles = min(TILES, N * rows * columns - first)
        for t in range(tiles):
            n, i, j = _place(first + t, rows, columns)
            _transform_inputs(x, n, 5 * i, 5 * j, v, t)
        for f in range(0, F, L):
            count = min(L, F - f)
            start = load_first(bias, f, count)
            _products(v, u, tiles, f, m)
            for t in range(tiles):
                n, i, j = _place(first + t, rows, columns)
                _transform_outputs(m, t, start, y, 0)
                for a in range(min(5, OH - 5 * i)):
                    place = ((n * OH + 5 * i + a) * OW + 5 * j) * F + f
                    for b in range(min(5, OW - 5 * j)):
                        s = load(y, (5 * a + b) * L)
                        if relu:
                            s = where_greater(zero, s, zero, s)
                        store_first(out, place + b * F, count, s)


@kernel
def conv2d_relu_pool_forward(x, u, bias, out, winner):
    """As `conv.conv2d_relu_pool_forward`, for stride 1 and a prepared kernel."""
    N, PH, PW, F = out.shape
    L = lanes(x)
    v, m = _room(x)
    y = np.zeros((10, 10, L), x.dtype)
    rows = (PH + 4) // 5
    columns = (PW + 4) // 5
    for first in range(0, N * rows * columns, TILES // 4):
        blocks = min(TILES // 4, N * rows * columns - first)
        tiles = 0
        for block in range(first, first + blocks):
            n, i, j = _place(block, rows, columns)
            for quarter in range(4):
                if _has_tile(quarter, PH - 5 * i, PW - 5 * j):
                    _transform_inputs(x, n, 10 * i + 5 * (quarter // 2), 10 * j + 5 * (quarter % 2), v, tiles)
                    tiles += 1
        for f in range(0, F, L):
            count = min(L, F - f)
            start = load_first(bias, f, count)
            _products(v, u, tiles, f, m)
            t = 0
            for block in range(first, first + blocks):
                n, i, j = _place(block, rows, columns)
                for quarter in range(4):
                    if _has_tile(quarter, PH - 5 * i, PW - 5 * j):
                        _transform_outputs(m, t, start, y, 5 * (10 * (quarter // 2) + quarter % 2) * L)
                        t += 1
                for a in range(min(5, PH - 5 * i)):
                    place = ((n * PH + 5 * i + a) * PW + 5 * j) * F + f
                    for b in range(min(5, PW - 5 * j)):
                        window = (20 * a + 2 * b) * L
                        best, number = first_greatest(
                            load(y, window), load(y, window + L), load(y, window + 10 * L), load(y, window + 11 * L), m
                        )
                        store_first(out, place + b * F, count, best)
                        store_first(winner, place + b * F, count, number)


@kernel(inline=True)
def _room(x):
    """V (49, TILES, C) and one vector's share of M (49, TILES, lanes), C rounded up to whole vectors.

    One tile more than used: planes that lie a power of two apart would share the same few lines of the cache.
    """
    L = lanes(x)
    channels = (x.shape[3] + L - 1) // L * L
    return np.zeros((49, TILES + 1, channels), x.dtype), np.zeros((49, TILES + 1, L), x.dtype)


@kernel(inline=True)
def _place(number, rows, columns):
    """Image, row and column of a tile or block, numbered over all images."""
    return number // (rows * columns), number // columns % rows, number % columns


@kernel(inline=True)
def _has_tile(quarter, rows, columns):
    """Whether a quarter of a block is needed for its `rows` x `columns` pooling windows: one tile has two and a half each way."""
    return (quarter < 2 or rows > 2) and (quarter % 2 == 0 or columns > 2)


@kernel(inline=True)
def _transform_inputs(x, n, i, j, v, t):
    """V = Bᵀ d B of tile t, for the 7x7 inputs that begin at row i and column j of image n."""
    _, _, W, C = x.shape
    step = v.shape[1] * v.shape[2]
    for c in range(0, C, lanes(x)):
        place = t * v.shape[2] + c
        for k in range(7):
            d = load_seven_rows(x, n, i, min(j + k, W - 1) * C + c)
            store_seven(v, place + k * step, 7 * step, seven_inputs(d, x))
        for k in range(7):
            row = place + 7 * k * step
            store_seven(v, row, step, seven_inputs(load_seven(v, row, step), x))


@kernel(inline=True)
def _products(v, u, tiles, f, m):
    """M[p] = V[p] · U[p] for all p and one vector of filters, four tiles at a time."""
    _, C, F = u.shape
    L = lanes(v)
    room = v.shape[2]
    for p in range(49):
        for t in range(0, tiles, 4):
            # Tiles beyond the last are computed from what lies there, and not used.
            a = (p * (TILES + 1) + t) * room
            s0 = zeros(v)
            s1 = zeros(v)
            s2 = zeros(v)
            s3 = zeros(v)
            for c in range(C):
                w = load(u, (p * C + c) * F + f)
                s0 = s0 + splat(v, a + c) * w
                s1 = s1 + splat(v, a + room + c) * w
                s2 = s2 + splat(v, a + 2 * room + c) * w
                s3 = s3 + splat(v, a + 3 * room + c) * w
            store(m, (p * (TILES + 1) + t) * L, s0)
            store(m, (p * (TILES + 1) + t + 1) * L, s1)
            store(m, (p * (TILES + 1) + t + 2) * L, s2)
            store(m, (p * (TILES + 1) + t + 3) * L, s3)


@kernel(inline=True)
def _transform_outputs(m, t, bias, y, place):
    """The 5x5 outputs Aᵀ M A of tile t, plus the bias, into y (rows, columns, lanes) from `place` on."""
    L = lanes(m)
    step = m.shape[1] * m.shape[2]
    for k in range(7):
        # The column k of Aᵀ M goes into the column k of M.
        top = t * L + k * step
        y0, y1, y2, y3, y4 = five_outputs(load_seven(m, top, 7 * step), m)
        store(m, top, y0)
        store(m, top + 7 * step, y1)
        store(m, top + 14 * step, y2)
        store(m, top + 21 * step, y3)
        store(m, top + 28 * step, y4)
    for k in range(5):
        y0, y1, y2, y3, y4 = five_outputs(load_seven(m, t * L + 7 * k * step, step), m)
        row = place + k * y.shape[1] * L
        store(y, row, y0 + bias)
        store(y, row + L, y1 + bias)
        store(y, row + 2 * L, y2 + bias)
        store(y, row + 3 * L, y3 + bias)
        store(y, row + 4 * L, y4 + bias)
