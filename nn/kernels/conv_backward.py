"""Two-dimensional convolution, backward: naive loops, then sums in registers.

Shapes as in `conv.py`; dz (N, OH, OW, F) is the gradient for the outputs. Two sums are wanted:

    dkernel[ki, k, f]              += Σ_{i,j}  dz[i, j, f] · x[i·SH + ki, j·SW·C + k],     k = kj·C + c
    dx[i·SH + ki, j·SW·C + k]   += Σ_f      dz[i, j, f] · filter[f, ki, k]

The first runs over places, with vectors along the filters; the second over filters, with vectors along the patch. For the second
the filters are wanted one after another, (F, KH, row), where `row` is KW·C rounded up to whole vectors and filled with zeros:
`filters_from_kernel`. What a vector writes behind the end of a row is what was there, plus zero; dx must have room for that
behind its last row (`memory.aligned`), and nobody else may write there at the time.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.jit import kernel
from nn.kernels.simd import VECTOR_BYTES, lanes, load, splat, store, store_first


@kernel
def conv2d_backward_naive(dz, x, kernel, strides, dx, dkernel, dbias):
    """Adds to dx, dkernel and dbias: each output touches the inputs under its patch, every weight of its filter, one bias."""
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
    return F, KH, -(-KW * C // L) * L


@kernel
def filters_from_kernel(kernel, filters):
    """filters[f, ki, kj·C + c] = kernel[ki, kj, c, f]; the fill is left as it is (zeros)."""
    KH, KW, C, F = kernel.shape
    for ki in range(KH):
        for kj in range(KW):
            for c in range(C):
                for f in range(F):
                    filters[f, ki, kj * C + c] = kernel[ki, kj, c, f]


@kernel
def conv2d_backward(dz, x, filters, strides, needs_dx, dx, dkernel, dbias):
    """Sets dx (if needed), dkernel and dbias.

    x and dx (N, H, W, C) padded, filters (F, KH, row), dkernel (KH, KW·C, F).
    """
    N, OH, OW, F = dz.shape
    dkernel[:] = 0
    dbias[:] = 0
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    dbias[f] += dz[n, i, j, f]
        add_kernel_gradient(dz, n, x, n, (OH, OW), strides, dkernel)
        if needs_dx:
            dx[n] = 0
            _add_input_gradient(dz, n, filters, strides, dx)


@kernel(inline=True)
def add_kernel_gradient(dz, m, x, n, size, strides, dkernel):
    """The gradients dz[m] with the image x[n], five entries of a kernel row and one vector of filters at a time.

    A product with zero adds nothing, and most pixels of a drawing are blank: blank rows and the blank ends of rows are left out.
    """
    OH, OW = size
    KH, row, F = dkernel.shape
    W, C = x.shape[2], x.shape[3]
    L = lanes(dkernel)
    step = strides[1] * C
    first, behind = _places_with_ink(x, n, OW, row, step)
    for f in range(0, F, L):
        count = min(L, F - f)
        for ki in range(KH):
            for k in range(0, row, 5):
                k1 = min(k + 1, row - 1)
                k2 = min(k + 2, row - 1)
                k3 = min(k + 3, row - 1)
                k4 = min(k + 4, row - 1)
                target = ki * row * F + f
                s0 = load(dkernel, target + k * F)
                s1 = load(dkernel, target + k1 * F)
                s2 = load(dkernel, target + k2 * F)
                s3 = load(dkernel, target + k3 * F)
                s4 = load(dkernel, target + k4 * F)
                for i in range(OH):
                    r = i * strides[0] + ki
                    p = (n * x.shape[1] + r) * W * C
                    q = (m * dz.shape[1] + i) * OW * F + f
                    for j in range(first[r], behind[r]):
                        d = load(dz, q + j * F)
                        s0 = s0 + splat(x, p + j * step + k) * d
                        s1 = s1 + splat(x, p + j * step + k1) * d
                        s2 = s2 + splat(x, p + j * step + k2) * d
                        s3 = s3 + splat(x, p + j * step + k3) * d
                        s4 = s4 + splat(x, p + j * step + k4) * d
                store_first(dkernel, target + k * F, count, s0)
                store_first(dkernel, target + k1 * F, count, s1)
                store_first(dkernel, target + k2 * F, count, s2)
                store_first(dkernel, target + k3 * F, count, s3)
                store_first(dkernel, target + k4 * F, count, s4)


@kernel(inline=True)
def _places_with_ink(x, n, OW, row, step):
    """For each row of the image, the places j (first to behind) at which a kernel row meets a number that is not 0."""
    _, H, W, C = x.shape
    first = np.empty(H, np.int32)
    behind = np.empty(H, np.int32)
    for r in range(H):
        first[r] = 0
        behind[r] = 0
        begin = W * C
        end = 0
        for j in range(W):
            for c in range(C):
                if x[n, r, j, c] != 0:
                    begin = min(begin, j * C + c)
                    end = j * C + c + 1
        if end > 0:
            # j·step <= end - 1, and j·step + row - 1 >= begin.
            first[r] = max(0, begin - row + step) // step
            behind[r] = min(OW, (end - 1) // step + 1)
    return first, behind


@kernel(inline=True)
def _add_input_gradient(dz, n, filters, strides, dx):
    """Every place's filters, scaled by its gradients, onto its patch: six vectors of a patch, of 64 filters at a time.

    So much of the filters stays in the first-level cache while the places pass by.
    """
    _, OH, OW, F = dz.shape
    KH, row = filters.shape[1], filters.shape[2]
    L = lanes(filters)
    image_row = dx.shape[2] * dx.shape[3]
    vectors = KH * row // L
    for f_first in range(0, F, 64):
        for v in range(0, vectors, 6):
            f0, f1, f2, f3, f4, f5 = six_vectors(v, vectors, row // L, row, L)
            p0, p1, p2, p3, p4, p5 = six_vectors(v, vectors, row // L, image_row, L)
            for i in range(OH):
                for j in range(OW):
                    p = (n * dx.shape[1] + i * strides[0]) * image_row + j * strides[1] * dx.shape[3]
                    s0 = load(dx, p + p0)
                    s1 = load(dx, p + p1)
                    s2 = load(dx, p + p2)
                    s3 = load(dx, p + p3)
                    s4 = load(dx, p + p4)
                    s5 = load(dx, p + p5)
                    for f in range(f_first, min(f_first + 64, F)):
                        d = splat(dz, ((n * OH + i) * OW + j) * F + f)
                        q = f * KH * row
                        s0 = s0 + d * load(filters, q + f0)
                        s1 = s1 + d * load(filters, q + f1)
                        s2 = s2 + d * load(filters, q + f2)
                        s3 = s3 + d * load(filters, q + f3)
                        s4 = s4 + d * load(filters, q + f4)
                        s5 = s5 + d * load(filters, q + f5)
                    store(dx, p + p0, s0)
                    store(dx, p + p1, s1)
                    store(dx, p + p2, s2)
                    store(dx, p + p3, s3)
                    store(dx, p + p4, s4)
                    store(dx, p + p5, s5)


@kernel(inline=True)
def six_vectors(v, vectors, in_row, row_step, L):
    """Where the vectors v ... v + 5 of a block lie, relative to its start; its rows of `in_row` vectors are `row_step` apart.

    When fewer than six are left the last one stands in for the missing: it is computed several times, with one result.
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
