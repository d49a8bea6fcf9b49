"""Convolution, ReLU and 2x2 max-pooling, backward in one pass: sums over the gradients that are not zero.

Shapes: dout, out and winner (N, PH, PW, F) as `conv.conv2d_relu_pool_forward` left them, the rest as in `conv_backward.py`;
`size` is (OH, OW) before pooling.

Only the winner of a window receives a gradient, and only where ReLU let it pass: before pooling nine values in ten are zero in
the student's second convolution. A zero adds nothing, so the others are listed first, by filter and by place. Then

    dfilter f              += Σ_{i,j}  dz[i, j, f] · patch at (i, j)      one filter, over the places that are listed for it
    dx[patch at (i, j)]  += Σ_f      dz[i, j, f] · filter f              one patch, over the filters that are listed there

are the same operation, `_add_scaled`: three vectors stay in registers while scaled rows of the other array are added to them.
It is exact, and takes a quarter of the time of the dense sums.

A first layer, with few channels and no gradient wanted for its input, has rows too short for that. There the dense sum over
places is the faster one, because it can leave out the blank parts of the image.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv_backward import add_kernel_gradient
from nn.kernels.jit import kernel
from nn.kernels.simd import constant, lanes, load, load_bytes, splat, store, store_first, where_equal, where_greater, zeros

# Numbers in a row of a patch, KW·C, below which the dense sum is the faster one.
SHORT_ROW = 16


@kernel
def filters_backward(dout, out, winner, x, filters, strides, size, needs_dx, dx, dfilters, dbias):
    """Sets dx (if needed), dfilters (F, KH, row) and dbias; what gathers in the fill of dfilters means nothing."""
    dfilters[:] = 0
    dbias[:] = 0
    N, PH, PW, F = dout.shape
    OH, OW = size
    filter_size = filters.shape[1] * filters.shape[2]
    by_filter = _empty_lists(dout, F, PH * PW)
    by_place = _empty_lists(dout, OH * OW, F)
    patches = _patch_starts(x, OH, OW, strides)
    alive = np.empty(F + 1, np.int32)
    for n in range(N):
        by_filter[0][:] = 0
        by_place[0][:] = 0
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
                    _append(by_filter, f, patches[place], d)
                    if needs_dx:
                        _append(by_place, place, f * filter_size, d)
        if needs_dx:
            dx[n] = 0
        _add_image(by_filter, by_place, patches, n, x, filters, needs_dx, dx, dfilters)


@kernel
def kernel_backward(dout, out, winner, x, strides, dz, dkernel, dbias):
    """Sets dkernel (KH, KW·C, F) and dbias, by the dense sum over places; no gradient for the input.

    `dz` (1, OH, OW, F) is room for one image's gradients before pooling; zeros, where no window covers it.
    """
    dkernel[:] = 0
    dbias[:] = 0
    size = dz.shape[1], dz.shape[2]
    for n in range(len(dout)):
        _spread(dout, out, winner, n, dz, dbias)
        add_kernel_gradient(dz, 0, x, n, size, strides, dkernel)


@kernel(inline=True)
def _patch_starts(x, OH, OW, strides):
    """Where the patch of each output place begins in an image."""
    starts = np.empty(OH * OW, np.int32)
    for i in range(OH):
        for j in range(OW):
            starts[i * OW + j] = (i * strides[0] * x.shape[2] + j * strides[1]) * x.shape[3]
    return starts


@kernel(inline=True)
def _empty_lists(dout, number, length):
    """Room for `number` lists of at most `length` entries: their lengths, and for each entry a flat offset and a value."""
    return np.empty(number, np.int32), np.empty((number, length), np.int32), np.empty((number, length), dout.dtype)


@kernel(inline=True)
def _append(lists, number, offset, value):
    lengths, offsets, values = lists
    length = lengths[number]
    offsets[number, length] = offset
    values[number, length] = value
    lengths[number] = length + 1


@kernel(inline=True)
def _add_image(by_filter, by_place, patches, n, x, filters, needs_dx, dx, dfilters):
    """One image's listed gradients into dfilters and, if needed, dx: three vectors of every block, then the next three.

    A third of the student's filters stays in the first-level cache (with AVX2 a sixth), all of them would not.
    """
    F, KH, row = filters.shape
    L = lanes(filters)
    vectors = KH * row // L
    image_row = x.shape[2] * x.shape[3]
    image = n * x.shape[1] * image_row
    for v in range(0, vectors, 3):
        in_filter = three_vectors(v, vectors, row // L, row, L)
        in_patch = three_vectors(v, vectors, row // L, image_row, L)
        for f in range(F):
            _add_scaled(dfilters, f * KH * row, in_filter, x, image, in_patch, by_filter, f)
        if needs_dx:
            for place in range(patches.size):
                _add_scaled(dx, image + patches[place], in_patch, filters, 0, in_filter, by_place, place)


@kernel(inline=True)
def _add_scaled(target, t, in_target, source, p, in_source, lists, number):
    """Three vectors of the target block at t += Σ over a list of value · the same three of a source block."""
    lengths, offsets, values = lists
    t0, t1, t2 = in_target
    p0, p1, p2 = in_source
    s0 = load(target, t + t0)
    s1 = load(target, t + t1)
    s2 = load(target, t + t2)
    for m in range(lengths[number]):
        d = splat(values, number * values.shape[1] + m)
        q = p + offsets[number, m]
        s0 = s0 + d * load(source, q + p0)
        s1 = s1 + d * load(source, q + p1)
        s2 = s2 + d * load(source, q + p2)
    store(target, t + t0, s0)
    store(target, t + t1, s1)
    store(target, t + t2, s2)


@kernel(inline=True)
def three_vectors(v, vectors, in_row, row_step, L):
    """As `conv_backward.six_vectors`, for the vectors v ... v + 2."""
    v1 = min(v + 1, vectors - 1)
    v2 = min(v + 2, vectors - 1)
    return (
        v // in_row * row_step + v % in_row * L,
        v1 // in_row * row_step + v1 % in_row * L,
        v2 // in_row * row_step + v2 % in_row * L,
    )


@kernel(inline=True)
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
