"""A 3x3 convolution of many channels with 5x5 outputs at a time, in 49 multiplications instead of
225 (see `winograd.py`).

A tile is 7x7 inputs for 5x5 outputs. For each of its 49 elements p the products are summed over
the channels, so that these are 49 small matrix products:

    M[p] (tiles, F) = V[p] (tiles, C) · U[p] (C, F),   p = 7 · row + column,   V = Bᵀ d B,   U = G g Gᵀ.

With pooling after it, four neighbouring tiles make a block of 10x10 outputs, which are 5x5 whole
pooling windows. The tiles at the lower and right edges of an image extend beyond it. There they
read the last row and column again, and their extra outputs are not stored.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv import first_greatest, patch_start
from nn.kernels.jit import jit
from nn.kernels.simd import (
    add_products,
    clear,
    lanes,
    load,
    load_each,
    load_first,
    multiples,
    multiples_until,
    splat_each,
    store_each,
    store_first,
    where_greater,
    zeros,
)
from nn.kernels.winograd import five_outputs, seven_inputs

# Tiles that go through the 49 products together; a multiple of four.
TILES = 8
# V and M have room for one tile more: planes a power of two apart would share the same few lines
# of the cache.
SPARE = 1
# The transforms take about as long as the products of this many channels (measured).
TRANSFORMS = 32


def is_faster(rows: int, columns: int, channels: int) -> bool:
    """Whether rows x columns outputs with this many channels are faster this way than as plain
    sums.
    """
    tiles = -(-rows // 5) * -(-columns // 5)
    return 49 * tiles * (channels + TRANSFORMS) < 9 * rows * columns * channels


@jit
def conv2d_forward(x, u, bias, relu, out):
    """As `conv.conv2d_forward`, for stride 1 and a kernel prepared by `winograd.transform_kernel`:
    u (49, C, F).
    """
    N, OH, OW, F = out.shape
    L = lanes(x)
    zero = zeros(x)
    v = np.empty((49, TILES + SPARE, _whole_vectors(x)), x.dtype)
    m = np.empty((49, TILES + SPARE, L), x.dtype)
    # The tiles beyond the last are computed too; their inputs must be defined.
    clear(v, 0, v.size)
    y = np.empty((5, 5, L), x.dtype)
    rows = (OH + 4) // 5
    columns = (OW + 4) // 5
    for first in range(0, N * rows * columns, TILES):
        tiles = min(TILES, N * rows * columns - first)
        for t in range(tiles):
            n, i, j = position(first + t, rows, columns)
            transform_inputs(x, n, 5 * i, 5 * j, v=v, t=t)
        for f in range(0, F, L):
            count = min(L, F - f)
            biases = load_first(bias, f, count)
            _products(v, u, tiles, f, m)
            for t in range(tiles):
                n, i, j = position(first + t, rows, columns)
                _transform_outputs(m, t, biases, y, 0)
                for a in range(min(5, OH - 5 * i)):
                    offset = ((n * OH + 5 * i + a) * OW + 5 * j) * F + f
                    for b in range(min(5, OW - 5 * j)):
                        s = load(y, (5 * a + b) * L)
                        if relu:
                            s = where_greater(zero, s, zero, s)
                        store_first(out, offset + b * F, count, s)


@jit
def conv2d_relu_pool_forward(x, u, bias, out, winner):
    """As `conv.conv2d_relu_pool_forward`, for stride 1 and a prepared kernel."""
    N, PH, PW, F = out.shape
    L = lanes(x)
    v = np.empty((49, TILES + SPARE, _whole_vectors(x)), x.dtype)
    m = np.empty((49, TILES + SPARE, L), x.dtype)
    # The tiles beyond the last are computed too; their inputs must be defined.
    clear(v, 0, v.size)
    y = np.empty((10, 10, L), x.dtype)
    rows = (PH + 4) // 5
    columns = (PW + 4) // 5
    for first in range(0, N * rows * columns, TILES // 4):
        blocks = min(TILES // 4, N * rows * columns - first)
        tiles = 0
        for block in range(first, first + blocks):
            n, i, j = position(block, rows, columns)
            for quarter in range(4):
                if _has_tile(quarter, PH - 5 * i, PW - 5 * j):
                    transform_inputs(x, n, 10 * i + 5 * (quarter // 2), 10 * j + 5 * (quarter % 2), v=v, t=tiles)
                    tiles += 1
        for f in range(0, F, L):
            count = min(L, F - f)
            biases = load_first(bias, f, count)
            _products(v, u, tiles, f, m)
            t = 0
            for block in range(first, first + blocks):
                n, i, j = position(block, rows, columns)
                for quarter in range(4):
                    if _has_tile(quarter, PH - 5 * i, PW - 5 * j):
                        _transform_outputs(m, t, biases, y, 5 * (10 * (quarter // 2) + quarter % 2) * L)
                        t += 1
                for a in range(min(5, PH - 5 * i)):
                    offset = ((n * PH + 5 * i + a) * PW + 5 * j) * F + f
                    for b in range(min(5, PW - 5 * j)):
                        window = (20 * a + 2 * b) * L
                        best, index = first_greatest(
                            load(y, window), load(y, window + L), load(y, window + 10 * L), load(y, window + 11 * L), m
                        )
                        store_first(out, offset + b * F, count, best)
                        store_first(winner, offset + b * F, count, index)


@jit(inline=True)
def _whole_vectors(x):
    """The count of channels, rounded up to whole vectors."""
    L = lanes(x)
    return (x.shape[3] + L - 1) // L * L


@jit(inline=True)
def position(index, rows, columns):
    """Image, row and column of the tile or block with this index among those of all images."""
    return index // (rows * columns), index // columns % rows, index % columns


@jit(inline=True)
def _has_tile(quarter, rows, columns):
    """Whether `rows` x `columns` pooling windows of a block need this quarter; a tile is two and a
    half windows wide.
    """
    return (quarter < 2 or rows > 2) and (quarter % 2 == 0 or columns > 2)


@jit(inline=True)
def transform_inputs(x, n, i, j, v, t):
    """V = Bᵀ d B of tile t, for the 7x7 inputs that begin at row i and column j of image n."""
    _, H, W, C = x.shape
    plane = v.shape[1] * v.shape[2]
    inputs = multiples_until(W * C, (H - 1 - i) * W * C, 7)
    for c in range(0, C, lanes(x)):
        offset = t * v.shape[2] + c
        for k in range(7):
            d = load_each(x, patch_start(x, n, i, min(j + k, W - 1)) + c, inputs)
            store_each(v, offset + k * plane, multiples(7 * plane, 7), seven_inputs(d))
        for k in range(7):
            row = offset + 7 * k * plane
            store_each(v, row, multiples(plane, 7), seven_inputs(load_each(v, row, multiples(plane, 7))))


@jit(inline=True)
def _products(v, u, tiles, f, m):
    """M[p] = V[p] · U[p] for all p and one vector of filters, four tiles at a time."""
    _, C, F = u.shape
    L = lanes(v)
    room = v.shape[2]
    for p in range(49):
        for t in range(0, tiles, 4):
            # Tiles beyond the last are computed too, and not used.
            a = (p * (TILES + SPARE) + t) * room
            sums = zeros(v), zeros(v), zeros(v), zeros(v)
            for c in range(C):
                sums = add_products(sums, splat_each(v, a + c, multiples(room, 4)), load(u, (p * C + c) * F + f))
            store_each(m, (p * (TILES + SPARE) + t) * L, multiples(L, 4), sums)


@jit(inline=True)
def _transform_outputs(m, t, bias, y, offset):
    """Writes the 5x5 outputs Aᵀ M A of tile t, plus the bias, into y (rows, columns, lanes) from
    `offset` on.
    """
    L = lanes(m)
    plane = m.shape[1] * m.shape[2]
    for k in range(7):
        # Column k of Aᵀ M replaces column k of M.
        top = t * L + k * plane
        store_each(m, top, multiples(7 * plane, 5), five_outputs(load_each(m, top, multiples(7 * plane, 7))))
    for k in range(5):
        y0, y1, y2, y3, y4 = five_outputs(load_each(m, t * L + 7 * k * plane, multiples(plane, 7)))
        outputs = y0 + bias, y1 + bias, y2 + bias, y3 + bias, y4 + bias
        store_each(y, offset + k * y.shape[1] * L, multiples(L, 5), outputs)
