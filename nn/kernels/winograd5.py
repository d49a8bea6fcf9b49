"""A 5x5 convolution of a gray image with 4x4 outputs at a time, in 64 multiplications instead of
400 (see `winograd.py`).

With a single channel there is nothing to sum: each of the 64 products is used once, and most of
the time goes into Aᵀ M A. A tile is 8x8 inputs for 4x4 outputs, which are 2x2 whole pooling
windows. The tiles at the lower and right edges of an image extend beyond it; their extra outputs
are not stored.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv import first_greatest, patch_start
from nn.kernels.jit import jit
from nn.kernels.simd import clear, lanes, load_each, load_first, multiples, multiples_until, splat_each, store_each, store_first
from nn.kernels.winograd import eight_inputs, four_outputs


@jit
def conv2d_relu_pool_forward(x, u, bias, out, winner):
    """As `conv.conv2d_relu_pool_forward`, for x (N, H, W, 1), stride 1 and a prepared kernel u
    (64, 1, F).
    """
    N, PH, PW, F = out.shape
    W = x.shape[2]
    L = lanes(x)
    # The vectors that hold a row of pixels, and one more, because vectors also begin within the
    # last one.
    room = (W + L - 1) // L * L + L
    rows = np.empty((8, room), x.dtype)
    clear(rows, 0, rows.size)
    v = np.empty((64, room), x.dtype)
    m = np.empty((8, 4, L), x.dtype)
    for n in range(N):
        for i in range(0, PH, 2):
            _transform_inputs(x, n, 2 * i, rows, v)
            for f in range(0, F, L):
                count = min(L, F - f)
                biases = load_first(bias, f, count)
                for j in range(0, PW, 2):
                    _products(v, 2 * j, u, f, m)
                    for a in range(min(2, PH - i)):
                        y0, y1, y2, y3 = _transform_outputs(m, 2 * a, biases)
                        z0, z1, z2, z3 = _transform_outputs(m, 2 * a + 1, biases)
                        offset = ((n * PH + i + a) * PW + j) * F + f
                        best, index = first_greatest(y0, y1, z0, z1, m)
                        store_first(out, offset, count, best)
                        store_first(winner, offset, count, index)
                        if j + 1 < PW:
                            best, index = first_greatest(y2, y3, z2, z3, m)
                            store_first(out, offset + F, count, best)
                            store_first(winner, offset + F, count, index)


@jit(inline=True)
def _transform_inputs(x, n, i, rows, v):
    """V = Bᵀ d B for the tiles that begin at row i of image n and at any column j: v[p, j], p = 8
    · row + column.

    Neighbouring lanes are neighbouring columns. Only every fourth column begins a tile, but one
    vector computes them all.
    """
    _, H, W, _ = x.shape
    room = rows.shape[1]
    eight_rows = multiples(room, 8)
    inputs = multiples_until(W, (H - 1 - i) * W, 8)
    for j in range(0, W, lanes(x)):
        store_each(rows, j, eight_rows, eight_inputs(load_each(x, patch_start(x, n, i, j), inputs)))
    for r in range(8):
        # With an odd count of windows the last tile reads two columns past the end of the row.
        clear(rows, r * room + W, 2)
        for j in range(0, W, lanes(x)):
            store_each(v, 8 * r * room + j, eight_rows, eight_inputs(load_each(rows, r * room + j, multiples(1, 8))))


@jit(inline=True)
def _products(v, j, u, f, m):
    """Aᵀ M for the tile that begins at column j and one vector of filters, M[p] = V[p] · U[p]:
    m[column, row].
    """
    F = u.shape[2]
    L = lanes(m)
    plane = v.shape[1]
    for k in range(8):
        v0, v1, v2, v3, v4, v5, v6, v7 = splat_each(v, k * plane + j, multiples(8 * plane, 8))
        u0, u1, u2, u3, u4, u5, u6, u7 = load_each(u, k * F + f, multiples(8 * F, 8))
        products = v0 * u0, v1 * u1, v2 * u2, v3 * u3, v4 * u4, v5 * u5, v6 * u6, v7 * u7
        store_each(m, 4 * k * L, multiples(L, 4), four_outputs(products))


@jit(inline=True)
def _transform_outputs(m, row, bias):
    """One row of the outputs Aᵀ M A. All powers of the point 1 are 1, so the bias added there is
    added to all outputs.
    """
    L = lanes(m)
    m0, m1, m2, m3, m4, m5, m6, m7 = load_each(m, row * L, multiples(4 * L, 8))
    return four_outputs((m0, m1 + bias, m2, m3, m4, m5, m6, m7))
