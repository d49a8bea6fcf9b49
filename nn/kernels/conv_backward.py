"""Two-dimensional convolution, backward: naive loops, then sums over the gradients that are not zero.

Shapes as in `conv.py`; dout (N, OH, OW, F). Behind max-pooling and ReLU most of dout is zero: in the student's network nine
values in ten of the second convolution's. A zero adds nothing, so the tuned kernels first list the others. Then

    dx[patch at (i, j)]  +=  Σ_f      dout[i, j, f] · filter f       one patch, over the filters that are listed there
    dfilter f            +=  Σ_{i,j}  dout[i, j, f] · patch at (i, j)  one filter, over the places that are listed for it

are the same operation, `_add_scaled`: a few vectors stay in registers while scaled rows of the other array are added to them.
It is exact, and for a dense dout it is the dense product.

For this the filters are wanted one after another, (F, KH, row), where `row` is KW·C rounded up to whole vectors and filled with
zeros: `filters_from_kernel`. Filter gradients have the same layout; what gathers in the fill is ignored.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.jit import kernel
from nn.kernels.simd import VECTOR_BYTES, lanes, load, splat, store


@kernel
def conv2d_backward_naive(dout, x, kernel, strides, dx, dkernel, dbias):
    """Adds to dx, dkernel and dbias: each output touches the inputs under its patch, every weight of its filter, one bias."""
    N, OH, OW, F = dout.shape
    KH, KW, C, _ = kernel.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    d = dout[n, i, j, f]
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
def kernel_from_filters(filters, kernel):
    """kernel[ki, kj, c, f] = Σ_p filters[p, f, ki, kj·C + c]: the sum over the parts p of a batch, in their order."""
    KH, KW, C, F = kernel.shape
    for ki in range(KH):
        for kj in range(KW):
            for c in range(C):
                for f in range(F):
                    total = filters[0, f, ki, kj * C + c]
                    for p in range(1, filters.shape[0]):
                        total += filters[p, f, ki, kj * C + c]
                    kernel[ki, kj, c, f] = total


@kernel
def conv2d_backward(dout, x, filters, strides, need_dx, dx, dfilters, dbias):
    """Adds to dx (if `need_dx`), dfilters and dbias; x and dx (N, H, W, C) padded, filters and dfilters (F, KH, row)."""
    N, OH, OW, F = dout.shape
    by_filter = _empty_lists(dout, F, OH * OW)
    by_place = _empty_lists(dout, OH * OW, F)
    for n in range(N):
        by_filter[0][:] = 0
        by_place[0][:] = 0
        for i in range(OH):
            for j in range(OW):
                patch = (i * strides[0] * x.shape[2] + j * strides[1]) * x.shape[3]
                for f in range(F):
                    d = dout[n, i, j, f]
                    dbias[f] += d
                    _append(by_filter, f, patch, d)
                    _append(by_place, i * OW + j, f * filters.shape[1] * filters.shape[2], d)
        _add_image(by_filter, by_place, n, x, filters, OH, OW, strides, need_dx, dx, dfilters)


@kernel
def conv2d_relu_pool_backward(dout, out, winner, x, filters, strides, size, need_dx, dx, dfilters, dbias):
    """The same behind ReLU and 2x2 pooling: dout, out and winner (N, PH, PW, F), `size` = (OH, OW) before pooling.

    Only the winner of a window receives a gradient, and only where ReLU let it pass.
    """
    N, PH, PW, F = dout.shape
    OH, OW = size
    filter_size = filters.shape[1] * filters.shape[2]
    by_filter = _empty_lists(dout, F, PH * PW)
    by_place = _empty_lists(dout, OH * OW, F)
    alive = np.empty(F + 1, np.int32)
    for n in range(N):
        by_filter[0][:] = 0
        by_place[0][:] = 0
        for i in range(PH):
            for j in range(PW):
                count = 0
                for f in range(F):
                    alive[count] = f
                    count += (out[n, i, j, f] > 0) & (dout[n, i, j, f] != 0)
                for a in range(count):
                    f = np.intp(alive[a])
                    d = dout[n, i, j, f]
                    dbias[f] += d
                    row = 2 * i + (winner[n, i, j, f] >> 1)
                    column = 2 * j + (winner[n, i, j, f] & 1)
                    _append(by_filter, f, (row * strides[0] * x.shape[2] + column * strides[1]) * x.shape[3], d)
                    if need_dx:
                        _append(by_place, row * OW + column, f * filter_size, d)
        _add_image(by_filter, by_place, n, x, filters, OH, OW, strides, need_dx, dx, dfilters)


@kernel(inline=True)
def _empty_lists(dout, number, length):
    """`number` lists of at most `length` entries: their lengths, and for each entry a flat offset and a value."""
    return np.zeros(number, np.int32), np.empty((number, length + 1), np.int32), np.empty((number, length + 1), dout.dtype)


@kernel(inline=True)
def _append(lists, number, offset, value):
    """Write the entry in any case but count it only if it is not zero: cheaper than a branch that is hard to predict."""
    lengths, offsets, values = lists
    length = lengths[number]
    offsets[number, length] = offset
    values[number, length] = value
    lengths[number] = length + (value != 0)


@kernel(inline=True)
def _six(v, vectors, in_row, row_step, L):
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


@kernel(inline=True)
def _add_image(by_filter, by_place, n, x, filters, OH, OW, strides, need_dx, dx, dfilters):
    """One image's listed gradients into dfilters and, if needed, dx: six vectors of every block, then the next six.

    A third of the student's filters stays in the first-level cache, all of them would not.
    """
    F, KH, row = filters.shape
    L = lanes(filters)
    vectors = KH * row // L
    image_row = x.shape[2] * x.shape[3]
    image = n * x.shape[1] * image_row
    for v in range(0, vectors, 6):
        in_filter = _six(v, vectors, row // L, row, L)
        in_patch = _six(v, vectors, row // L, image_row, L)
        for f in range(F):
            _add_scaled(dfilters, f * KH * row, in_filter, x, image, in_patch, by_filter, f)
        if need_dx:
            for place in range(OH * OW):
                patch = image + place // OW * strides[0] * image_row + place % OW * strides[1] * x.shape[3]
                _add_scaled(dx, patch, in_patch, filters, 0, in_filter, by_place, place)


@kernel(inline=True)
def _add_scaled(target, t, in_target, source, p, in_source, lists, number):
    """Six vectors of the target block at t += Σ over a list of value · the same six of a source block."""
    lengths, offsets, values = lists
    t0, t1, t2, t3, t4, t5 = in_target
    p0, p1, p2, p3, p4, p5 = in_source
    s0 = load(target, t + t0)
    s1 = load(target, t + t1)
    s2 = load(target, t + t2)
    s3 = load(target, t + t3)
    s4 = load(target, t + t4)
    s5 = load(target, t + t5)
    for m in range(lengths[number]):
        d = splat(values, number * values.shape[1] + m)
        q = p + offsets[number, m]
        s0 = s0 + d * load(source, q + p0)
        s1 = s1 + d * load(source, q + p1)
        s2 = s2 + d * load(source, q + p2)
        s3 = s3 + d * load(source, q + p3)
        s4 = s4 + d * load(source, q + p4)
        s5 = s5 + d * load(source, q + p5)
    store(target, t + t0, s0)
    store(target, t + t1, s1)
    store(target, t + t2, s2)
    store(target, t + t3, s3)
    store(target, t + t4, s4)
    store(target, t + t5, s5)
