"""The gradients of a 3x3 convolution of many channels and filters, in fewer multiplications (see
`winograd.py`).

Forward, a tile of 5x5 outputs is z = A₅ᵀ M A₅ with M[e] = V[e] · U[e] for each of its 49 elements e,
where V = Bᵀ d B and U = G₃ g G₃ᵀ. A₅ has a row for each point, and a column for each output; G₃ a column
for each tap. Each step back is the transpose of one forward:

    dM = A₅ dz A₅ᵀ,   dU[e] = Σ_tiles V[e]ᵀ · dM[e],   dV[e] = dM[e] · U[e]ᵀ,
    dg = G₃ᵀ dU G₃,   dd = B dV Bᵀ.

These are 49 multiplications instead of 225 for each tile, channel and filter, and once more for the
input. dU is summed over all tiles, and only the sum is transformed back; the dd of neighbouring tiles
overlap by two rows and columns and are added up.

In G, the row of a point p is (1, p, p², ...) / D_p with D_p = Π (p - q) over all other points q; A has
the same powers without the division, and at ∞, where D is 1, both have the leading coefficient. So the
divisions can be moved: Z = G₅ dz G₅ᵀ, which is dM[r, s] / (D_r D_s), stays as small as the gradients.
For it dg = A₃ᵀ dU A₃, and dV takes `values`, the kernel's values at the points, which are U without its
division.

Tiles at the lower and right edges extend beyond the image; their gradients there are zeros. The naive
twin is `conv_backward.conv2d_backward_naive`.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.jit import jit
from nn.kernels.simd import (
    add_products,
    clear,
    lanes,
    load,
    load_each,
    load_first,
    multiples,
    splat_each,
    store,
    store_each,
    store_first,
    zeros,
)
from nn.kernels.winograd import five_taps, seven_gradients, three_outputs
from nn.kernels.winograd3 import SPARE, position, transform_inputs

# Tiles that are transformed before they go through the 49 products; a multiple of four.
TILES = 32
# The transforms of a tile's channel or filter take about as long as its products with this many of
# the others (measured on shapes between 6 x 6 and 28 x 28, with AVX2 and with AVX-512).
TRANSFORMS = 5


def is_faster(rows: int, columns: int, channels: int, filters: int) -> bool:
    """Whether the sums over rows x columns gradients are faster this way than as plain sums. Up to
    four channels take as long as four.
    """
    tiles = -(-rows // 5) * -(-columns // 5)
    both = channels + filters
    return 49 * tiles * (max(channels, 4) * filters + TRANSFORMS * both) < 9 * rows * columns * channels * filters


@jit
def conv2d_backward(dz, x, values, needs_dx, dx, dkernel):
    """As `conv_backward.conv2d_backward`, for stride 1, without dbias. `values` (49, F, C) are those
    of the kernel at the points, by `winograd.values_at_points`.
    """
    N, OH, OW, F = dz.shape
    channels, L = x.shape[3], lanes(x)
    # Channels and filters, rounded up to whole vectors.
    inner, outer = _whole(channels, L), _whole(F, L)
    v = np.empty((49, TILES + SPARE, inner), x.dtype)
    z = np.empty((49, TILES + SPARE, outer), x.dtype)
    sums = np.empty((49, inner + SPARE, outer), x.dtype)
    g = np.empty((5, 5, L), x.dtype)
    clear(v, 0, v.size)
    clear(z, 0, z.size)
    clear(sums, 0, sums.size)
    if needs_dx:
        clear(dx, 0, dx.size)
    rows, columns = (OH + 4) // 5, (OW + 4) // 5
    for first in range(0, N * rows * columns, TILES):
        tiles = min(TILES, N * rows * columns - first)
        for t in range(tiles):
            n, i, j = position(first + t, rows, columns)
            transform_inputs(x, n, 5 * i, 5 * j, v=v, t=t)
            for f in range(0, F, L):
                _transform_gradients(dz, (n, 5 * i, 5 * j, f), g=g, z=z, t=t)
        _add_products(v, z, tiles, channels, sums)
        if needs_dx:
            # V is no longer needed; dV takes its place.
            _products(z, values, tiles, v)
            for t in range(tiles):
                n, i, j = position(first + t, rows, columns)
                _add_input_gradient(v, t, (n, 5 * i, 5 * j), dx)
    _transform_sums(sums, channels, dkernel)


@jit(inline=True)
def _whole(count, step):
    """The count, rounded up to a multiple of `step`."""
    return (count + step - 1) // step * step


@jit(inline=True)
def _transform_gradients(dz, start, g, z, t):
    """Z = G₅ dz G₅ᵀ of tile t, for the 5x5 gradients and one vector of filters from `start` on; g (5, 5,
    lanes) is room.
    """
    _, OH, OW, F = dz.shape
    n, i, j, f = start
    L = lanes(dz)
    clear(g, 0, g.size)
    for a in range(min(5, OH - i)):
        for b in range(min(5, OW - j)):
            store(g, (5 * a + b) * L, load_first(dz, ((n * OH + i + a) * OW + j + b) * F + f, min(L, F - f)))
    plane = z.shape[1] * z.shape[2]
    offset = t * z.shape[2] + f
    for k in range(5):
        store_each(z, offset + k * plane, multiples(7 * plane, 7), five_taps(load_each(g, k * L, multiples(5 * L, 5))))
    for k in range(7):
        row = offset + 7 * k * plane
        store_each(z, row, multiples(plane, 7), five_taps(load_each(z, row, multiples(plane, 5))))


@jit(inline=True)
def _add_products(v, z, tiles, channels, sums):
    """sums[e] += V[e]ᵀ · Z[e] for all e, four channels and a vector of filters at a time. With eight, the
    sums would take all registers of AVX2.
    """
    inner, outer = v.shape[2], z.shape[2]
    for e in range(49):
        for c in range(0, channels, 4):
            for f in range(0, outer, lanes(v)):
                at = (e * sums.shape[1] + c) * outer + f
                four = load_each(sums, at, multiples(outer, 4))
                for t in range(tiles):
                    tile = e * v.shape[1] + t
                    four = add_products(four, splat_each(v, tile * inner + c, multiples(1, 4)), load(z, tile * outer + f))
                store_each(sums, at, multiples(outer, 4), four)


@jit(inline=True)
def _products(z, values, tiles, v):
    """dV[e] = Z[e] · values[e] into v for all e, four tiles and a vector of channels at a time."""
    _, F, C = values.shape
    inner, outer = v.shape[2], z.shape[2]
    L = lanes(v)
    none = zeros(v), zeros(v), zeros(v), zeros(v)
    for e in range(49):
        for t in range(0, tiles, 4):
            # Tiles beyond the last are computed too, and not used.
            tile = e * v.shape[1] + t
            for c in range(0, C, L):
                sums = none
                for f in range(F):
                    gradients = splat_each(z, tile * outer + f, multiples(outer, 4))
                    sums = add_products(sums, gradients, load(values, (e * F + f) * C + c))
                store_each(v, tile * inner + c, multiples(inner, 4), sums)


@jit(inline=True)
def _add_input_gradient(v, t, start, dx):
    """Adds B dV Bᵀ of tile t, whose dV is in v, to the 7x7 inputs from `start` on; v is overwritten."""
    _, H, W, C = dx.shape
    n, i, j = start
    L = lanes(v)
    plane = v.shape[1] * v.shape[2]
    for c in range(0, C, L):
        offset, count = t * v.shape[2] + c, min(L, C - c)
        for k in range(7):
            column = offset + k * plane
            store_each(v, column, multiples(7 * plane, 7), seven_gradients(load_each(v, column, multiples(7 * plane, 7))))
        for a in range(min(7, H - i)):
            row = offset + 7 * a * plane
            store_each(v, row, multiples(plane, 7), seven_gradients(load_each(v, row, multiples(plane, 7))))
            for b in range(min(7, W - j)):
                at = ((n * H + i + a) * W + j + b) * C + c
                store_first(dx, at, count, load(dx, at) + load(v, row + b * plane))


@jit(inline=True)
def _transform_sums(sums, channels, dkernel):
    """dkernel (3, 3·C, F) = A₃ᵀ sums A₃; the sums are overwritten."""
    F = dkernel.shape[2]
    plane = sums.shape[1] * sums.shape[2]
    for c in range(channels):
        for f in range(0, F, lanes(sums)):
            at = c * sums.shape[2] + f
            for k in range(7):
                column = at + k * plane
                store_each(sums, column, multiples(7 * plane, 3), three_outputs(load_each(sums, column, multiples(7 * plane, 7))))
            for ki in range(3):
                y0, y1, y2 = three_outputs(load_each(sums, at + 7 * ki * plane, multiples(plane, 7)))
                out, count = (3 * ki * channels + c) * F + f, min(lanes(sums), F - f)
                store_first(dkernel, out, count, y0)
                store_first(dkernel, out + channels * F, count, y1)
                store_first(dkernel, out + 2 * channels * F, count, y2)
