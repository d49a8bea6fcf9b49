"""A 5x5 convolution of a gray image with 4x4 outputs at a time, in 64 multiplications instead of 400 (see `winograd.py`).

With a single channel there is nothing to sum up: each of the 64 products is used once, and most of the time goes into Aᵀ M A. A
tile is 8x8 inputs for 4x4 outputs, which are 2x2 whole pooling windows. The tiles at the lower and right edges of an image reach
beyond it, for outputs that nobody asked for.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv import first_greatest
from nn.kernels.jit import kernel
from nn.kernels.simd import lanes, load, load_first, splat, store, store_first
from nn.kernels.winograd import eight_inputs, four_outputs, load_eight, load_eight_rows, store_eight


@kernel
def conv2d_relu_pool_forward(x, u, bias, out, winner):
    """As `conv.conv2d_relu_pool_forward`, for x (N, H, W, 1), stride 1 and a prepared kernel u (64, 1, F)."""
    N, PH, PW, F = out.shape
    W = x.shape[2]
    L = lanes(x)
    # Vectors of a row of pixels, and one more for those that begin within the last.
    room = (W + L - 1) // L * L + L
    rows = np.zeros((8, room), x.dtype)
    v = np.zeros((64, room), x.dtype)
    m = np.zeros((8, 4, L), x.dtype)
    for n in range(N):
        for i in range(0, PH, 2):
            _transform_inputs(x, n, 2 * i, rows, v)
            for f in range(0, F, L):
                count = min(L, F - f)
                b = load_first(bias, f, count)
                for j in range(0, PW, 2):
                    _products(v, 2 * j, u, f, m)
                    for a in range(min(2, PH - i)):
                        y0, y1, y2, y3 = _transform_outputs(m, 2 * a, b)
                        z0, z1, z2, z3 = _transform_outputs(m, 2 * a + 1, b)
                        place = ((n * PH + i + a) * PW + j) * F + f
                        best, number = first_greatest(y0, y1, z0, z1, m)
                        store_first(out, place, count, best)
                        store_first(winner, place, count, number)
                        if j + 1 < PW:
                            best, number = first_greatest(y2, y3, z2, z3, m)
                            store_first(out, place + F, count, best)
                            store_first(winner, place + F, count, number)


@kernel(inline=True)
def _transform_inputs(x, n, i, rows, v):
    """V = Bᵀ d B for the tiles that begin at row i of image n and at any column j: v[p, j], p = 8 · row + column.

    Neighbouring lanes are neighbouring columns. Only every fourth one begins a tile, but one vector does them all.
    """
    room = rows.shape[1]
    for j in range(0, x.shape[2], lanes(x)):
        store_eight(rows, j, room, eight_inputs(load_eight_rows(x, n, i, j), x))
    for r in range(8):
        # The last tile of an odd number of windows reaches two columns too far, where the next row lies.
        rows[r, x.shape[2] : x.shape[2] + 2] = 0
        for j in range(0, x.shape[2], lanes(x)):
            store_eight(v, 8 * r * room + j, room, eight_inputs(load_eight(rows, r * room + j, 1), x))


@kernel(inline=True)
def _products(v, j, u, f, m):
    """Aᵀ M for the tile that begins at column j and one vector of filters, M[p] = V[p] · U[p]: m[column, row]."""
    F = u.shape[2]
    L = lanes(m)
    step = v.shape[1]
    for k in range(8):
        a = k * step + j
        w = k * F + f
        y0, y1, y2, y3 = four_outputs(
            (
                splat(v, a) * load(u, w),
                splat(v, a + 8 * step) * load(u, w + 8 * F),
                splat(v, a + 16 * step) * load(u, w + 16 * F),
                splat(v, a + 24 * step) * load(u, w + 24 * F),
                splat(v, a + 32 * step) * load(u, w + 32 * F),
                splat(v, a + 40 * step) * load(u, w + 40 * F),
                splat(v, a + 48 * step) * load(u, w + 48 * F),
                splat(v, a + 56 * step) * load(u, w + 56 * F),
            ),
            m,
        )
        store(m, 4 * k * L, y0)
        store(m, (4 * k + 1) * L, y1)
        store(m, (4 * k + 2) * L, y2)
        store(m, (4 * k + 3) * L, y3)


@kernel(inline=True)
def _transform_outputs(m, row, bias):
    """One row of the outputs Aᵀ M A. At the point 1 all powers are 1: what is added there is added to all outputs."""
    L = lanes(m)
    m0, m1, m2, m3, m4, m5, m6, m7 = load_eight(m, row * L, 4 * L)
    return four_outputs((m0, m1 + bias, m2, m3, m4, m5, m6, m7), m)
