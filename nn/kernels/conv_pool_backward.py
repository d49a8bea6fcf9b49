"""Convolution, ReLU and 2x2 max-pooling, backward in one pass: sums over the gradients that are
not zero.

Shapes: dout, out and winner (N, PH, PW, F) as `conv.conv2d_relu_pool_forward` left them, the rest
as in `conv_backward.py`; `size` is (OH, OW) before pooling. Naive: `pool.maxpool2d_backward`,
ReLU, `conv_backward.conv2d_backward_naive`, as in `tests/kernels/naive.py`.

Only the winner of a window receives a gradient, and only if ReLU passed it on: before pooling nine
values in ten are zero in the student's second convolution. A zero adds nothing, so the other
gradients are listed first, by filter and by output. Then

    dfilter f             += Σ_{i,j}  dz[i, j, f] · patch at (i, j)      one filter, over the outputs listed for it
    dx[patch at (i, j)]   += Σ_f      dz[i, j, f] · filter f             one patch, over the filters listed for it

are the same operation, `_add_listed`: three vectors stay in registers while scaled rows of the
other array are added to them. It is exact, and takes a quarter of the time of the dense sums.

In a first layer, with few channels and no gradient for its input, the rows are too short for that.
There the dense sum over the outputs is faster, because it can leave out the blank parts of the
image.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv_backward import add_kernel_gradient
from nn.kernels.jit import jit
from nn.kernels.simd import (
    add_products,
    clear,
    constant,
    lanes,
    load,
    load_bytes,
    load_each,
    splat,
    store_each,
    store_first,
    where_equal,
    where_greater,
    zeros,
)

# With fewer inputs than this in a row of a patch, KW·C, the dense sum is faster.
SHORT_ROW = 16


@jit
def filters_backward(dout, out, winner, x, filters, strides, size, needs_dx, dx, dfilters, dbias):
    """Sets dx (if `needs_dx`), dfilters (F, KH, row) and dbias; the rest of each row of dfilters
    is meaningless.
    """
    clear(dfilters, 0, dfilters.size)
    clear(dbias, 0, dbias.size)
    N, PH, PW, F = dout.shape
    OH, OW = size
    filter_starts, patch_starts = _filter_starts(filters), _patch_starts(x, OH, OW, strides)
    # A list for each filter and one for each output's patch: its length, and for each entry an
    # offset and a value.
    filter_lengths, patch_lengths = np.empty(F, np.int32), np.empty(OH * OW, np.int32)
    filter_offsets, patch_offsets = np.empty((F, PH * PW), np.int32), np.empty((OH * OW, F), np.int32)
    filter_values, patch_values = np.empty((F, PH * PW), dout.dtype), np.empty((OH * OW, F), dout.dtype)
    nonzeros = np.empty(F + 1, np.int32)
    L, row, image_size = lanes(filters), filters.shape[2], x.shape[1] * x.shape[2] * x.shape[3]
    vectors = filters.shape[1] * row // L
    for n in range(N):
        clear(filter_lengths, 0, F)
        clear(patch_lengths, 0, OH * OW)
        for i in range(PH):
            for j in range(PW):
                # Every filter is written, and kept only if its gradient is not 0: a branch would
                # be unpredictable.
                count = 0
                for f in range(F):
                    nonzeros[count] = f
                    count += (out[n, i, j, f] > 0) & (dout[n, i, j, f] != 0)
                for a in range(count):
                    f = np.intp(nonzeros[a])
                    d = dout[n, i, j, f]
                    patch = (2 * i + (winner[n, i, j, f] >> 1)) * OW + 2 * j + (winner[n, i, j, f] & 1)
                    dbias[f] += d
                    _append(filter_lengths, filter_offsets, filter_values, f, offset=patch_starts[patch], value=d)
                    _append(patch_lengths, patch_offsets, patch_values, patch, offset=filter_starts[f], value=d)
        if needs_dx:
            clear(dx, n * image_size, image_size)
        # Three vectors of every block, then the next three. A third of the student's filters (a
        # sixth with AVX2) stays in the first-level cache; all of them would not.
        for v in range(0, vectors, 3):
            in_filter = three_vectors(v, vectors, row // L, row, L)
            in_patch = three_vectors(v, vectors, row // L, x.shape[2] * x.shape[3], L)
            image = n * image_size
            _add_listed(
                target=dfilters,
                t=0,
                starts=filter_starts,
                in_target=in_filter,
                source=x,
                s=image,
                in_source=in_patch,
                lengths=filter_lengths,
                offsets=filter_offsets,
                values=filter_values,
            )
            if needs_dx:
                _add_listed(
                    target=dx,
                    t=image,
                    starts=patch_starts,
                    in_target=in_patch,
                    source=filters,
                    s=0,
                    in_source=in_filter,
                    lengths=patch_lengths,
                    offsets=patch_offsets,
                    values=patch_values,
                )


@jit
def kernel_backward(dout, out, winner, x, strides, dz, dkernel, dbias):
    """Sets dkernel (KH, KW·C, F) and dbias, by the dense sum over the outputs; no gradient for the
    input.

    `dz` (1, OH, OW, F) is scratch memory for one image's gradients before pooling, with zeros
    where no window covers it.
    """
    clear(dkernel, 0, dkernel.size)
    clear(dbias, 0, dbias.size)
    size = dz.shape[1], dz.shape[2]
    for n in range(len(dout)):
        _spread(dout, out, winner, n, dz=dz, dbias=dbias)
        add_kernel_gradient(dz=dz, m=0, x=x, n=n, size=size, strides=strides, dkernel=dkernel)


@jit(inline=True)
def _filter_starts(filters):
    """The offset of each filter."""
    starts = np.empty(len(filters), np.int32)
    for f in range(len(filters)):
        starts[f] = f * filters.shape[1] * filters.shape[2]
    return starts


@jit(inline=True)
def _patch_starts(x, OH, OW, strides):
    """The offset of each output's patch in an image."""
    starts = np.empty(OH * OW, np.int32)
    for i in range(OH):
        for j in range(OW):
            starts[i * OW + j] = (i * strides[0] * x.shape[2] + j * strides[1]) * x.shape[3]
    return starts


@jit(inline=True)
def _append(lengths, offsets, values, index, offset, value):
    """Appends an entry to list `index`."""
    length = lengths[index]
    offsets[index, length] = offset
    values[index, length] = value
    lengths[index] = length + 1


@jit(inline=True)
def _add_listed(target, t, starts, in_target, source, s, in_source, lengths, offsets, values):
    """Adds to three vectors of each block of `target` the sum over its list of value · three
    vectors of a block of `source`.

    The blocks of the target begin at t plus each of `starts`, those of the source at s plus a
    listed offset. `in_target` and `in_source` are the offsets of the three vectors within a block.
    """
    for index in range(lengths.size):
        start = t + starts[index]
        sums = load_each(target, start, in_target)
        for m in range(lengths[index]):
            d = splat(values, index * values.shape[1] + m)
            sums = add_products(sums, load_each(source, s + offsets[index, m], in_source), d)
        store_each(target, start, in_target, sums)


@jit(inline=True)
def three_vectors(v, vectors, in_row, row_step, L):
    """As `conv_backward.six_vectors`, for the vectors v ... v + 2."""
    v1 = min(v + 1, vectors - 1)
    v2 = min(v + 2, vectors - 1)
    return (
        v // in_row * row_step + v % in_row * L,
        v1 // in_row * row_step + v1 % in_row * L,
        v2 // in_row * row_step + v2 % in_row * L,
    )


@jit(inline=True)
def _spread(dout, out, winner, n, dz, dbias):
    """Sets dz[0], before pooling, from dout[n]: each window's gradient goes to its winner, if ReLU
    passed it. Adds to dbias.
    """
    _, PH, PW, F = dout.shape
    OW = dz.shape[2]
    L = lanes(dout)
    zero = zeros(dout)
    for f in range(0, F, L):
        count = min(L, F - f)
        total = load(dbias, f)
        for i in range(PH):
            for j in range(PW):
                p = ((n * PH + i) * PW + j) * F + f
                d = where_greater(load(out, p), zero, load(dout, p), zero)
                index = load_bytes(winner, p, dout)
                total = total + d
                for w in range(4):
                    q = ((2 * i + w // 2) * OW + 2 * j + w % 2) * F + f
                    store_first(dz, q, count, where_equal(index, constant(w, dout), d, zero))
        store_first(dbias, f, count, total)
