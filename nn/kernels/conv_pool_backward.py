"""Convolution, ReLU and 2x2 max-pooling, backward in one pass: sums over the gradients that are not zero.

Shapes: dout, out and winner (N, PH, PW, F) as `conv.conv2d_relu_pool_forward` left them, the rest as in `conv_backward.py`;
`size` is (OH, OW) before pooling.

Only the winner of a window receives a gradient, and only where ReLU let it pass: before pooling nine values in ten are zero in
the student's second convolution. A zero adds nothing, so the others are listed first, by filter and by place. Then

    dfilter f              += Σ_{i,j}  dz[i, j, f] · patch at (i, j)      one filter, over the places that are listed for it
    dx[patch at (i, j)]  += Σ_f      dz[i, j, f] · filter f              one patch, over the filters that are listed there

are the same operation, `_add_listed`: three vectors stay in registers while scaled rows of the other array are added to them.
It is exact, and takes a quarter of the time of the dense sums.

A first layer, with few channels and no gradient wanted for its input, has rows too short for that. There the dense sum over
places is the faster one, because it can leave out the blank parts of the image.
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

# Numbers in a row of a patch, KW·C, below which the dense sum is the faster one.
SHORT_ROW = 16


@jit
def filters_backward(dout, out, winner, x, filters, strides, size, needs_dx, dx, dfilters, dbias):
    """Sets dx (if needed), dfilters (F, KH, row) and dbias; what gathers in the fill of dfilters means nothing."""
    clear(dfilters, 0, dfilters.size)
    clear(dbias, 0, dbias.size)
    N, PH, PW, F = dout.shape
    OH, OW = size
    filter_starts, patch_starts = _filter_starts(filters), _patch_starts(x, OH, OW, strides)
    # A list for each filter and one for each place: how many entries, and for each entry a flat offset and a value.
    filter_lengths, patch_lengths = np.empty(F, np.int32), np.empty(OH * OW, np.int32)
    filter_offsets, patch_offsets = np.empty((F, PH * PW), np.int32), np.empty((OH * OW, F), np.int32)
    filter_values, patch_values = np.empty((F, PH * PW), dout.dtype), np.empty((OH * OW, F), dout.dtype)
    alive = np.empty(F + 1, np.int32)
    L, row, image_size = lanes(filters), filters.shape[2], x.shape[1] * x.shape[2] * x.shape[3]
    vectors = filters.shape[1] * row // L
    for n in range(N):
        clear(filter_lengths, 0, F)
        clear(patch_lengths, 0, OH * OW)
        for i in range(PH):
            for j in range(PW):
                # Written in any case and counted if alive: cheaper than a branch that nobody can predict.
                count = 0
                for f in range(F):
                    alive[count] = f
                    count += (out[n, i, j, f] > 0) & (dout[n, i, j, f] != 0)
                for a in range(count):
                    f = np.intp(alive[a])
                    d = dout[n, i, j, f]
                    place = (2 * i + (winner[n, i, j, f] >> 1)) * OW + 2 * j + (winner[n, i, j, f] & 1)
                    dbias[f] += d
                    _append(filter_lengths, filter_offsets, filter_values, f, patch_starts[place], d)
                    _append(patch_lengths, patch_offsets, patch_values, place, filter_starts[f], d)
        if needs_dx:
            clear(dx, n * image_size, image_size)
        # Three vectors of every block, then the next three: a third of the student's filters stays in the first-level cache
        # (with AVX2 a sixth), all of them would not.
        for v in range(0, vectors, 3):
            in_filter = three_vectors(v, vectors, row // L, row, L)
            in_patch = three_vectors(v, vectors, row // L, x.shape[2] * x.shape[3], L)
            image = n * image_size
            _add_listed(dfilters, 0, filter_starts, in_filter, x, image, in_patch, filter_lengths, filter_offsets, filter_values)
            if needs_dx:
                _add_listed(dx, image, patch_starts, in_patch, filters, 0, in_filter, patch_lengths, patch_offsets, patch_values)


@jit
def kernel_backward(dout, out, winner, x, strides, dz, dkernel, dbias):
    """Sets dkernel (KH, KW·C, F) and dbias, by the dense sum over places; no gradient for the input.

    `dz` (1, OH, OW, F) is room for one image's gradients before pooling; zeros, where no window covers it.
    """
    clear(dkernel, 0, dkernel.size)
    clear(dbias, 0, dbias.size)
    size = dz.shape[1], dz.shape[2]
    for n in range(len(dout)):
        _spread(dout, out, winner, n, dz, dbias)
        add_kernel_gradient(dz, 0, x, n, size, strides, dkernel)


@jit(inline=True)
def _filter_starts(filters):
    """Where each of the filters begins."""
    starts = np.empty(len(filters), np.int32)
    for f in range(len(filters)):
        starts[f] = f * filters.shape[1] * filters.shape[2]
    return starts


@jit(inline=True)
def _patch_starts(x, OH, OW, strides):
    """Where the patch of each output place begins in an image."""
    starts = np.empty(OH * OW, np.int32)
    for i in range(OH):
        for j in range(OW):
            starts[i * OW + j] = (i * strides[0] * x.shape[2] + j * strides[1]) * x.shape[3]
    return starts


@jit(inline=True)
def _append(lengths, offsets, values, number, offset, value):
    length = lengths[number]
    offsets[number, length] = offset
    values[number, length] = value
    lengths[number] = length + 1


@jit(inline=True)
def _add_listed(target, t, starts, in_target, source, s, in_source, lengths, offsets, values):
    """Three vectors of each block of the target += Σ over its list of value · the same three of a block of the source.

    Blocks begin at `starts` from t on, and at the listed offsets from s on.
    """
    for number in range(lengths.size):
        start = t + starts[number]
        sums = load_each(target, start, in_target)
        for m in range(lengths[number]):
            d = splat(values, number * values.shape[1] + m)
            sums = add_products(sums, load_each(source, s + offsets[number, m], in_source), d)
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
    """dz[0] before pooling from dout[n] behind it: each window's gradient to its winner, if ReLU let it pass; and its sum."""
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
                number = load_bytes(winner, p, dout)
                total = total + d
                for w in range(4):
                    q = ((2 * i + w // 2) * OW + 2 * j + w % 2) * F + f
                    store_first(dz, q, count, where_equal(number, constant(w, dout), d, zero))
        store_first(dbias, f, count, total)
