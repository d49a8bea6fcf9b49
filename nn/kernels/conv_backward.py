"""Two-dimensional convolution, backward: naive loops, then sums in registers.

Shapes as in `conv.py`; dz (N, OH, OW, F) is the gradient for the outputs. Two sums are wanted:

    dkernel[ki, k, f]          += Σ_{i,j}  dz[i, j, f] · x[i·SH + ki, j·SW·C + k],     k = kj·C + c
    dx[i·SH + ki, j·SW·C + k]  += Σ_f      dz[i, j, f] · filter[f, ki, k]

The first runs over the outputs, with vectors along the filters; the second over the filters, with
vectors along the patch. For the second the filters are laid out one after another, (F, KH, row),
by `filters_from_kernel`; `row` is KW·C rounded up to whole vectors, a long one to whole pieces of
several vectors, and the rest is zeros. A vector that reaches past the end of a row of dx writes
back what was there, plus zero. So dx must own some bytes after its last row (`memory.aligned`),
and no other thread may write there at the same time.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.jit import jit
from nn.kernels.simd import (
    VECTOR_BYTES,
    add_products,
    clear,
    lanes,
    load,
    load_each,
    multiples_until,
    splat,
    splat_each,
    store_each,
    store_first_each,
)

# The most vectors of a row whose sums stay in registers. With AVX2 they take 12 of the 16
# registers. With AVX-512 there would be room for more, but the kernel takes the same piece of all
# filters at a time, and with longer pieces these would no longer fit into the first-level cache.
MOST_IN_PIECE = 6 if VECTOR_BYTES == 64 else 3


@jit
def conv2d_backward_naive(dz, x, kernel, strides, dx, dkernel, dbias):
    """Adds to dx, dkernel and dbias: each output touches its patch of the input, every weight of
    its filter and one bias.
    """
    N, OH, OW, F = dz.shape
    KH, KW, C, _ = kernel.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    d = dz[n, i, j, f]
                    dbias[f] += d
                    for ki in range(KH):
                        for kj in range(KW):
                            for c in range(C):
                                row, column = i * strides[0] + ki, j * strides[1] + kj
                                dkernel[ki, kj, c, f] += d * x[n, row, column, c]
                                dx[n, row, column, c] += d * kernel[ki, kj, c, f]


def filters_shape(kernel_shape, dtype):
    """The shape (F, KH, row) of a kernel's filters laid out one after another."""
    KH, KW, C, F = kernel_shape
    L = VECTOR_BYTES // np.dtype(dtype).itemsize
    vectors = -(-KW * C // L)
    piece = _vectors_in_piece(vectors)
    return F, KH, -(-vectors // piece) * piece * L


def piece_of(filters):
    """The piece of a row that is worked on at a time: a tuple of as many zeros as it has vectors,
    so that a kernel is compiled for that number.
    """
    return (0,) * _vectors_in_piece(filters.shape[2] * filters.itemsize // VECTOR_BYTES)


def _vectors_in_piece(vectors):
    """For rows of so many vectors: few enough for the registers, as many as possible if that
    leaves the same number over.
    """
    most = MOST_IN_PIECE
    return min(vectors, min(range(most, most // 2, -1), key=lambda count: -vectors % count))


@jit
def filters_from_kernel(kernel, filters):
    """filters[f, ki, kj·C + c] = kernel[ki, kj, c, f]; the rest of each row is left as it is
    (zeros).
    """
    KH, KW, C, F = kernel.shape
    for ki in range(KH):
        for kj in range(KW):
            for c in range(C):
                for f in range(F):
                    filters[f, ki, kj * C + c] = kernel[ki, kj, c, f]


@jit
def conv2d_backward(dz, x, filters, strides, needs_dx, dx, dkernel, dbias):
    """Sets dx (if `needs_dx`), dkernel and dbias to what `conv2d_backward_naive` adds.

    x and dx (N, H, W, C) padded, filters (F, KH, row), dkernel (KH, KW·C, F).
    """
    N, OH, OW, F = dz.shape
    clear(dkernel, 0, dkernel.size)
    clear(dbias, 0, F)
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    dbias[f] += dz[n, i, j, f]
        add_kernel_gradient(dz=dz, m=n, x=x, n=n, size=(OH, OW), strides=strides, dkernel=dkernel)
        if needs_dx:
            image_size = dx.size // N
            clear(dx, n * image_size, image_size)
            _add_input_gradient(dz, n, filters, strides, dx)


@jit(inline=True)
def add_kernel_gradient(dz, m, x, n, size, strides, dkernel):
    """Adds what the gradients dz[m] and the image x[n] give: five entries of a kernel row and a
    vector of filters at a time.

    A product with zero adds nothing, and most pixels of a drawing are blank: blank rows and the
    blank ends of rows are left out.
    """
    OH, OW = size
    KH, row, F = dkernel.shape
    W, C = x.shape[2], x.shape[3]
    L = lanes(dkernel)
    right = strides[1] * C
    starts, stops = _outputs_with_ink(x, n, OW, row, right)
    for f in range(0, F, L):
        count = min(L, F - f)
        for ki in range(KH):
            for k in range(0, row, 5):
                entries = multiples_until(1, row - 1 - k, 5)
                weights = multiples_until(F, (row - 1 - k) * F, 5)
                target = (ki * row + k) * F + f
                sums = load_each(dkernel, target, weights)
                for i in range(OH):
                    r = i * strides[0] + ki
                    p = (n * x.shape[1] + r) * W * C + k
                    q = (m * dz.shape[1] + i) * OW * F + f
                    for j in range(starts[r], stops[r]):
                        sums = add_products(sums, splat_each(x, p + j * right, entries), load(dz, q + j * F))
                store_first_each(dkernel, target, weights, count, sums)


@jit(inline=True)
def _outputs_with_ink(x, n, OW, row, right):
    """For each row of the image, the outputs starts <= j < stops whose kernel row meets a pixel
    that is not 0.
    """
    _, H, W, C = x.shape
    starts = np.empty(H, np.int32)
    stops = np.empty(H, np.int32)
    for r in range(H):
        starts[r] = 0
        stops[r] = 0
        begin = W * C
        end = 0
        for j in range(W):
            for c in range(C):
                if x[n, r, j, c] != 0:
                    begin = min(begin, j * C + c)
                    end = j * C + c + 1
        if end > 0:
            # j·right <= end - 1, and j·right + row - 1 >= begin.
            starts[r] = max(0, begin - row + right) // right
            stops[r] = min(OW, (end - 1) // right + 1)
    return starts, stops


@jit(inline=True)
def _add_input_gradient(dz, n, filters, strides, dx):
    """Adds each filter, scaled by each of its gradients, to that output's patch: six vectors of 64
    filters at a time.

    That much of the filters stays in the first-level cache while the outputs pass by.
    """
    _, OH, OW, F = dz.shape
    KH, row = filters.shape[1], filters.shape[2]
    L = lanes(filters)
    image_row = dx.shape[2] * dx.shape[3]
    vectors = KH * row // L
    for f_first in range(0, F, 64):
        for v in range(0, vectors, 6):
            in_filter = six_vectors(v, vectors, row // L, row, L)
            in_patch = six_vectors(v, vectors, row // L, image_row, L)
            for i in range(OH):
                for j in range(OW):
                    p = (n * dx.shape[1] + i * strides[0]) * image_row + j * strides[1] * dx.shape[3]
                    sums = load_each(dx, p, in_patch)
                    for f in range(f_first, min(f_first + 64, F)):
                        d = splat(dz, ((n * OH + i) * OW + j) * F + f)
                        sums = add_products(sums, load_each(filters, f * KH * row, in_filter), d)
                    store_each(dx, p, in_patch, sums)


@jit(inline=True)
def six_vectors(v, vectors, in_row, row_step, L):
    """The offsets of the vectors v ... v + 5 in a block whose rows of `in_row` vectors are `row_step` apart.

    When fewer than six are left, the last one stands in for those that are missing: it is computed
    several times, with the same result.
    """
    v1 = min(v + 1, vectors - 1)
    v2 = min(v + 2, vectors - 1)
    v3 = min(v + 3, vectors - 1)
    v4 = min(v + 4, vectors - 1)
    v5 = min(v + 5, vectors - 1)
    return (
        v // in_row * row_step + v % in_row * L,
        v1 // in_row * row_step + v1 % in_row * L,
        v2 // in_row * row_step + v2 % in_row * L,
        v3 // in_row * row_step + v3 % in_row * L,
        v4 // in_row * row_step + v4 % in_row * L,
        v5 // in_row * row_step + v5 % in_row * L,
    )
