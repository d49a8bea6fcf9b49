"""Convolution, ReLU and 2x2 max-pooling, backward in one pass: sums over the gradients that are
not zero.

Shapes: dout, out and winner (N, PH, PW, F) as `conv.conv2d_relu_pool_forward` left them, the rest
as in `conv_backward.py`. Naive: `pool.maxpool2d_backward`,
ReLU, `conv_backward.conv2d_backward_naive`, as in `tests/kernels/naive.py`.

Only the winner of a window receives a gradient, and only if ReLU passed it on. So before pooling
most gradients are zero. In the student's second convolution an image has 6,400, and the share that
is not zero falls as the network learns:

    17 %    in the first step of a training
    13 %    on average over the first epoch (12 % after 200 steps)
    10 %    on average over ten epochs of the classic recipe; the ladder imitates this
     6 %    on average over ten epochs of the default recipe
     8 %    in the bundled network, on test images (`python -m nn.study pooling`)

A zero adds nothing, so only the others are multiplied. With dz for the gradient before pooling,

    dfilter f             += Σ_{i,j}  dz[i, j, f] · patch at (i, j)   outputs where dz is not 0: a list for each filter
    dx[patch at (i, j)]   += Σ_f      dz[i, j, f] · filter f          filters where dz is not 0: bits for each output

Both keep a piece of a row, up to six vectors, in registers while scaled rows of the other array
are added to it. That is exact, and takes an eighth of the time of the dense sums (rungs B4 and B5
in `README.md`).

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
    bits_equal,
    bits_greater,
    clear,
    constant,
    lanes,
    load,
    load_bytes,
    load_each,
    lowest_bit,
    multiples_like,
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
def filters_backward(dout, out, winner, x, filters, piece, strides, needs_dx, dx, dfilters, dbias):
    """Sets dx (if `needs_dx`), dfilters (F, KH, row) and dbias; the rest of each row of dfilters
    is meaningless. `piece` is `conv_backward.piece_of(filters)`.
    """
    clear(dfilters, 0, dfilters.size)
    clear(dbias, 0, dbias.size)
    N, PH, PW, F = dout.shape
    windows, image_row, image_size = PH * PW, x.shape[2] * x.shape[3], x.shape[1] * x.shape[2] * x.shape[3]
    starts = _patch_starts(x, PH, PW, strides)
    bits = np.empty((windows * 4, -(-F // 64)), np.uint64)
    lengths = np.empty(F, np.int32)
    offsets, values = np.empty((F, windows), np.int32), np.empty((F, windows), dout.dtype)
    row = filters.shape[2]
    step = len(piece) * lanes(filters)
    for n in range(N):
        _find_nonzeros(dout, out, winner, n, bits)
        _list_by_filter(dout=dout, n=n, bits=bits, starts=starts, lengths=lengths, offsets=offsets, values=values, dbias=dbias)
        if needs_dx:
            clear(dx, n * image_size, image_size)
        # The same piece of all filters, then the next one. One piece of each of the student's
        # filters fits into the first-level cache; the whole filters do not.
        for ki in range(filters.shape[1]):
            for k in range(0, row, step):
                w = ki * row + k
                p = n * image_size + ki * image_row + k
                _add_to_filters(dfilters=dfilters, w=w, x=x, p=p, piece=piece, lengths=lengths, offsets=offsets, values=values)
                if needs_dx:
                    _add_to_patches(dx=dx, p=p, filters=filters, w=w, piece=piece, starts=starts, bits=bits, dout=dout, n=n)


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
def _patch_starts(x, PH, PW, strides):
    """The offset in an image of each output's patch; those of a window follow one another."""
    starts = np.empty(PH * PW * 4, np.int32)
    for i in range(PH):
        for j in range(PW):
            for w in range(4):
                row, column = (2 * i + w // 2) * strides[0], (2 * j + w % 2) * strides[1]
                starts[(i * PW + j) * 4 + w] = (row * x.shape[2] + column) * x.shape[3]
    return starts


@jit(inline=True)
def _find_nonzeros(dout, out, winner, n, bits):
    """For each output of an image, in the order of `_patch_starts`, sets the bits of the filters
    whose gradient before pooling is not 0: bit f % 64 of word f // 64.
    """
    _, PH, PW, F = dout.shape
    zero = zeros(dout)
    clear(bits, 0, bits.size)
    for window in range(PH * PW):
        for f in range(0, F, lanes(dout)):
            p = (n * PH * PW + window) * F + f
            index = load_bytes(winner, p, dout)
            found = bits_greater(load(out, p), zero) & ~bits_equal(load(dout, p), zero)
            # The last vector may reach into the next window.
            found &= ~np.uint64(0) >> np.uint64(64 - min(F - f, 64))
            for w in range(4):
                bits[window * 4 + w, f // 64] |= (found & bits_equal(index, constant(w, dout))) << np.uint64(f % 64)


@jit(inline=True)
def _list_by_filter(dout, n, bits, starts, lengths, offsets, values, dbias):
    """Lists for each filter its gradients that are not 0, with the offset of the patch; adds them
    to dbias.
    """
    clear(lengths, 0, lengths.size)
    F = dbias.size
    for output in range(starts.size):
        first = (n * starts.size // 4 + output // 4) * F
        for word in range(bits.shape[1]):
            left = bits[output, word]
            while left:
                f = word * 64 + lowest_bit(left)
                left &= left - np.uint64(1)
                d = dout.flat[first + f]
                length = np.uint32(lengths[f])
                offsets[f, length] = starts[output]
                values[f, length] = d
                lengths[f] = length + 1
                dbias[f] += d


@jit(inline=True)
def _add_to_filters(dfilters, w, x, p, piece, lengths, offsets, values):
    """Adds to the piece at w of each filter the sum over its list of value · piece at p of a patch."""
    vectors = multiples_like(lanes(x), piece)
    size = dfilters.shape[1] * dfilters.shape[2]
    for f in range(lengths.size):
        sums = load_each(dfilters, f * size + w, vectors)
        for m in range(lengths[f]):
            d = splat(values, f * values.shape[1] + m)
            sums = add_products(sums, load_each(x, p + offsets[f, m], vectors), d)
        store_each(dfilters, f * size + w, vectors, sums)


@jit(inline=True)
def _add_to_patches(dx, p, filters, w, piece, starts, bits, dout, n):
    """Adds to the piece at p of each output's patch the sum over the filters that are set in
    `bits` of gradient · piece at w of the filter.
    """
    vectors = multiples_like(lanes(dx), piece)
    F, size = filters.shape[0], filters.shape[1] * filters.shape[2]
    for output in range(starts.size):
        first = (n * starts.size // 4 + output // 4) * F
        sums = load_each(dx, p + starts[output], vectors)
        for word in range(bits.shape[1]):
            left = bits[output, word]
            while left:
                f = word * 64 + lowest_bit(left)
                left &= left - np.uint64(1)
                sums = add_products(sums, load_each(filters, f * size + w, vectors), splat(dout, first + f))
        store_each(dx, p + starts[output], vectors, sums)


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
