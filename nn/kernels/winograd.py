"""A 3x3 convolution with 2x2 outputs at a time, in 16 multiplications instead of 36: Winograd's minimal filtering.

In one dimension, two outputs of a filter g of three numbers over four inputs d take six multiplications as written,

    y0 = d0 g0 + d1 g1 + d2 g2,   y1 = d1 g0 + d2 g1 + d3 g2,

but four will do:

    m0 = (d0 - d2) g0,   m1 = (d1 + d2)(g0 + g1 + g2)/2,   m2 = (d2 - d1)(g0 - g1 + g2)/2,   m3 = (d1 - d3) g2,
    y0 = m0 + m1 + m2,   y1 = m1 - m2 - m3.

The filter's side is prepared once, the inputs' side costs additions, which all filters share, and the same trick applied to rows
and columns gives 4·4 = 16 products for 2·2 outputs. Each of the 16 is a sum over channels: 16 small matrix products

    M[p] (tiles, F) = V[p] (tiles, C) · U[p] (C, F),   p = 4 · row + column.

A tile is 4x4 inputs for 2x2 outputs, exactly one pooling window, so bias, ReLU and pooling follow in the registers.

The results differ from the plain sums by rounding, about twice as much in float32 as the order of a sum does.

References:
    A. Lavin, S. Gray: Fast algorithms for convolutional neural networks, 2016, section 4.1 (F(2x2, 3x3)).
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv import first_greatest
from nn.kernels.jit import kernel
from nn.kernels.simd import lanes, load, load_first, splat, store, store_first, where_greater, zeros

# Tiles that go through the 16 products together: their V and a vector's share of their M stay in the cache.
TILES = 32


@kernel
def transform_kernel(kernel, u):
    """U[p] = G g Gᵀ for every channel and filter: kernel (3, 3, C, F) to u (16, C, F)."""
    _, _, C, F = kernel.shape
    half = kernel.dtype.type(0.5)
    g = np.empty((4, 3, F), kernel.dtype)
    for c in range(C):
        for kj in range(3):
            for f in range(F):
                g0, g1, g2 = kernel[0, kj, c, f], kernel[1, kj, c, f], kernel[2, kj, c, f]
                g[0, kj, f] = g0
                g[1, kj, f] = (g0 + g1 + g2) * half
                g[2, kj, f] = (g0 - g1 + g2) * half
                g[3, kj, f] = g2
        for r in range(4):
            for f in range(F):
                g0, g1, g2 = g[r, 0, f], g[r, 1, f], g[r, 2, f]
                u[4 * r, c, f] = g0
                u[4 * r + 1, c, f] = (g0 + g1 + g2) * half
                u[4 * r + 2, c, f] = (g0 - g1 + g2) * half
                u[4 * r + 3, c, f] = g2


@kernel
def conv2d_relu_pool_forward(x, u, bias, out, winner):
    """As `conv.conv2d_relu_pool_forward`, for stride 1 and a kernel that `transform_kernel` prepared: u (16, C, F)."""
    N, PH, PW, F = out.shape
    L = lanes(x)
    v, m = _room(x)
    for first in range(0, N * PH * PW, TILES):
        tiles = min(TILES, N * PH * PW - first)
        _transform_inputs(x, first, tiles, PH, PW, v)
        for f in range(0, F, L):
            count = min(L, F - f)
            b = load_first(bias, f, count)
            _sixteen_products(v, u, tiles, f, m)
            for t in range(tiles):
                y0, y1, y2, y3 = _transform_output(m, t * L, b)
                best, number = first_greatest(y0, y1, y2, y3, m)
                store_first(out, (first + t) * F + f, count, best)
                store_first(winner, (first + t) * F + f, count, number)


@kernel
def conv2d_forward(x, u, bias, relu, out):
    """As `conv.conv2d_forward`, for stride 1 and a prepared kernel: out (N, OH, OW, F), without pooling."""
    N, OH, OW, F = out.shape
    rows = (OH + 1) // 2
    columns = (OW + 1) // 2
    L = lanes(x)
    zero = zeros(x)
    v, m = _room(x)
    for first in range(0, N * rows * columns, TILES):
        tiles = min(TILES, N * rows * columns - first)
        _transform_inputs(x, first, tiles, rows, columns, v)
        for f in range(0, F, L):
            count = min(L, F - f)
            b = load_first(bias, f, count)
            _sixteen_products(v, u, tiles, f, m)
            for t in range(tiles):
                y0, y1, y2, y3 = _transform_output(m, t * L, b)
                if relu:
                    y0 = where_greater(zero, y0, zero, y0)
                    y1 = where_greater(zero, y1, zero, y1)
                    y2 = where_greater(zero, y2, zero, y2)
                    y3 = where_greater(zero, y3, zero, y3)
                i = (first + t) // columns % rows * 2
                j = (first + t) % columns * 2
                place = (((first + t) // (rows * columns) * OH + i) * OW + j) * F + f
                store_first(out, place, count, y0)
                if j + 1 < OW:
                    store_first(out, place + F, count, y1)
                if i + 1 < OH:
                    store_first(out, place + OW * F, count, y2)
                    if j + 1 < OW:
                        store_first(out, place + (OW + 1) * F, count, y3)


@kernel(inline=True)
def _room(x):
    """V (16, TILES, C) and one vector's share of M (16, TILES, lanes), C rounded up to whole vectors.

    One tile more than used: planes that lie a power of two apart would share the same few lines of the cache.
    """
    L = lanes(x)
    channels = (x.shape[3] + L - 1) // L * L
    return np.zeros((16, TILES + 1, channels), x.dtype), np.zeros((16, TILES + 1, L), x.dtype)


@kernel(inline=True)
def _transform_inputs(x, first, tiles, rows, columns, v):
    """V of the tiles first ... first + tiles - 1, numbered over images, rows and columns of tiles."""
    _, H, W, C = x.shape
    for t in range(tiles):
        i = (first + t) // columns % rows * 2
        j = (first + t) % columns * 2
        start = (((first + t) // (rows * columns) * H + i) * W + j) * C
        # The last tile of an odd number of outputs reaches one row or column too far, for outputs that nobody asked for.
        down = min(3, H - 1 - i) * W * C
        right = min(3, W - 1 - j) * C
        for c in range(0, C, lanes(x)):
            _transform_input(x, start + c, down, right, v, t * v.shape[2] + c)


@kernel(inline=True)
def _transform_input(x, start, down, right, v, place):
    """V = Bᵀ d B for the 4x4 inputs that begin at `start`, one vector of channels; `down` and `right` lead to the last ones."""
    C = x.shape[3]
    row = x.shape[2] * C
    plane = v.shape[1] * v.shape[2]
    step = plane * 4
    for j in range(4):
        # The column j of Bᵀ d goes into the column j of V for now.
        top = start + (right if j == 3 else j * C)
        d0 = load(x, top)
        d1 = load(x, top + row)
        d2 = load(x, top + 2 * row)
        d3 = load(x, top + down)
        store(v, place + j * plane, d0 - d2)
        store(v, place + j * plane + step, d1 + d2)
        store(v, place + j * plane + 2 * step, d2 - d1)
        store(v, place + j * plane + 3 * step, d1 - d3)
    for i in range(4):
        d0 = load(v, place + i * step)
        d1 = load(v, place + i * step + plane)
        d2 = load(v, place + i * step + 2 * plane)
        d3 = load(v, place + i * step + 3 * plane)
        store(v, place + i * step, d0 - d2)
        store(v, place + i * step + plane, d1 + d2)
        store(v, place + i * step + 2 * plane, d2 - d1)
        store(v, place + i * step + 3 * plane, d1 - d3)


@kernel(inline=True)
def _sixteen_products(v, u, tiles, f, m):
    """M[p] = V[p] · U[p] for all p and one vector of filters, four tiles at a time."""
    _, C, F = u.shape
    L = lanes(v)
    room = v.shape[2]
    for p in range(16):
        for t in range(0, tiles, 4):
            # TILES is a multiple of four: tiles beyond the last are computed from what lies there, and not used.
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
def _transform_output(m, t, b):
    """The four outputs Aᵀ M A of one tile, plus the bias b: upper left, upper right, lower left, lower right."""
    plane = m.shape[1] * m.shape[2]
    top0, bottom0 = _column(m, t, plane)
    top1, bottom1 = _column(m, t + plane, plane)
    top2, bottom2 = _column(m, t + 2 * plane, plane)
    top3, bottom3 = _column(m, t + 3 * plane, plane)
    return (
        top0 + top1 + top2 + b,
        top1 - top2 - top3 + b,
        bottom0 + bottom1 + bottom2 + b,
        bottom1 - bottom2 - bottom3 + b,
    )


@kernel(inline=True)
def _column(m, start, plane):
    """The upper and the lower value of Aᵀ M in one column of M."""
    m0 = load(m, start)
    m1 = load(m, start + 4 * plane)
    m2 = load(m, start + 8 * plane)
    m3 = load(m, start + 12 * plane)
    return m0 + m1 + m2, m1 - m2 - m3
