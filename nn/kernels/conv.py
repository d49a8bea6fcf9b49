"""Two-dimensional convolution, forward: the equation as loops, then the same loops with their sums in registers.

Shapes: x (N, H, W, C), already padded; kernel (KH, KW, C, F); bias (F,); out (N, OH, OW, F). As everywhere in deep learning the
kernel is not flipped (a cross-correlation).

In NHWC the KW·C inputs under one kernel row lie side by side, and so do the F weights of one input. A convolution is then KH
short matrix products an output, and the inner loop that works for a dense layer works here.
"""

from __future__ import annotations

from nn.kernels.jit import jit
from nn.kernels.simd import (
    add_products,
    constant,
    lanes,
    load,
    load_first,
    multiples_until,
    relu_each,
    splat_each,
    store_first,
    store_first_each,
    where_greater,
    zeros,
)


@jit
def conv2d_forward_naive(x, kernel, bias, strides, out):
    """out[n,i,j,f] = bias[f] + Σ_{ki,kj,c} x[n, i·SH + ki, j·SW + kj, c] · kernel[ki,kj,c,f]."""
    N, OH, OW, F = out.shape
    KH, KW, C, _ = kernel.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    total = bias[f]
                    for ki in range(KH):
                        for kj in range(KW):
                            for c in range(C):
                                total += x[n, i * strides[0] + ki, j * strides[1] + kj, c] * kernel[ki, kj, c, f]
                    out[n, i, j, f] = total


@jit
def conv2d_forward(x, kernel, bias, strides, relu, out):
    """The same, four neighbouring outputs and one vector of filters at a time; negative sums become 0 if `relu`.

    When a row has fewer than four outputs left, its last one is computed again instead of the missing ones.
    """
    N, OH, OW, F = out.shape
    L = lanes(kernel)
    for n in range(N):
        for f in range(0, F, L):
            count = min(L, F - f)
            start = load_first(bias, f, count)
            for i in range(OH):
                for j in range(0, OW, 4):
                    patch = patch_start(x, n, i * strides[0], j * strides[1])
                    step = strides[1] * x.shape[3]
                    sums = _four_outputs(x, patch, multiples_until(step, (OW - 1 - j) * step, 4), kernel, f, start)
                    if relu:
                        sums = relu_each(sums)
                    place = ((n * OH + i) * OW + j) * F + f
                    store_first_each(out, place, multiples_until(F, (OW - 1 - j) * F, 4), count, sums)


@jit
def conv2d_relu_pool_forward(x, kernel, bias, strides, out, winner):
    """Convolution, ReLU and 2x2 max-pooling in one pass: out (N, PH, PW, F), winner (N, PH, PW, F) uint8.

    The four outputs of a pooling window are computed together, and only the greatest leaves the registers; `winner` says which
    one it was: 2·a + b for the output in row a and column b of its window, the first of equals. What the three layers compute
    one after another is the same, because ReLU keeps order.
    """
    N, PH, PW, F = out.shape
    L = lanes(kernel)
    right = strides[1] * x.shape[3]
    down = strides[0] * x.shape[2] * x.shape[3]
    for n in range(N):
        for f in range(0, F, L):
            count = min(L, F - f)
            start = load_first(bias, f, count)
            for i in range(PH):
                for j in range(PW):
                    top = patch_start(x, n, 2 * i * strides[0], 2 * j * strides[1])
                    s0, s1, s2, s3 = _four_outputs(x, top, (0, right, down, down + right), kernel, f, start)
                    best, number = first_greatest(s0, s1, s2, s3, kernel)
                    place = ((n * PH + i) * PW + j) * F + f
                    store_first(out, place, count, best)
                    store_first(winner, place, count, number)


@jit(inline=True)
def first_greatest(y0, y1, y2, y3, like):
    """The greatest of 0 and the four, and which of the four it was (the first of equals), lane by lane."""
    number = where_greater(y1, y0, constant(1, like), zeros(like))
    best = where_greater(y1, y0, y1, y0)
    number = where_greater(y2, best, constant(2, like), number)
    best = where_greater(y2, best, y2, best)
    number = where_greater(y3, best, constant(3, like), number)
    best = where_greater(y3, best, y3, best)
    return where_greater(zeros(like), best, zeros(like), best), number


@jit(inline=True)
def patch_start(x, n, row, column):
    """The flat position of x[n, row, column, 0]."""
    return ((n * x.shape[1] + row) * x.shape[2] + column) * x.shape[3]


@jit(inline=True)
def _four_outputs(x, first, patches, kernel, f, start):
    """Four sums over the patches that begin at `first` + each of `patches`, for the filters f, f + 1, ..., from `start` on."""
    KH, KW, C, F = kernel.shape
    sums = start, start, start, start
    for ki in range(KH):
        row = first + ki * x.shape[2] * C
        weights = ki * KW * C * F + f
        for k in range(KW * C):
            sums = add_products(sums, splat_each(x, row + k, patches), load(kernel, weights + k * F))
    return sums
