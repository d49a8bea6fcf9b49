"""Two-dimensional convolution, forward: the equation as loops, then the same loops with their sums
in registers.

Shapes: x (N, H, W, C), already padded; kernel (KH, KW, C, F); bias (F,); out (N, OH, OW, F). As
everywhere in deep learning the kernel is not flipped (a cross-correlation).

In NHWC the KW·C inputs under one kernel row are neighbours in memory, and so are the F weights of
one input. Each output is then KH short matrix products, and the inner loop of the dense layer
works here.
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
    """As `conv2d_forward_naive`, four neighbouring outputs and one vector of filters at a time;
    ReLU if `relu`.

    When a row has fewer than four outputs left, its last one stands in for those that are missing.
    """
    N, OH, OW, F = out.shape
    L = lanes(kernel)
    for n in range(N):
        for f in range(0, F, L):
            count = min(L, F - f)
            biases = load_first(bias, f, count)
            for i in range(OH):
                for j in range(0, OW, 4):
                    patch = patch_start(x, n, i * strides[0], j * strides[1])
                    right = strides[1] * x.shape[3]
                    patches = multiples_until(right, (OW - 1 - j) * right, 4)
                    sums = _four_outputs(x, patch, patches, kernel, f=f, biases=biases)
                    if relu:
                        sums = relu_each(sums)
                    offset = ((n * OH + i) * OW + j) * F + f
                    store_first_each(out, offset, multiples_until(F, (OW - 1 - j) * F, 4), count, sums)


@jit
def conv2d_relu_pool_forward(x, kernel, bias, strides, out, winner):
    """Convolution, ReLU and 2x2 max-pooling in one pass: out (N, PH, PW, F), winner (N, PH, PW, F)
    uint8.

    Naive: `conv2d_forward_naive`, ReLU, `pool.maxpool2d_forward`, as in `tests/kernels/naive.py`.

    The four outputs of a pooling window are computed together, and only the greatest leaves the
    registers. `winner` says which one it was: 2·a + b for row a and column b of the window, the
    first of equals. Pooling before ReLU gives what ReLU before pooling does, because ReLU keeps
    the order.
    """
    N, PH, PW, F = out.shape
    L = lanes(kernel)
    right = strides[1] * x.shape[3]
    down = strides[0] * x.shape[2] * x.shape[3]
    for n in range(N):
        for f in range(0, F, L):
            count = min(L, F - f)
            biases = load_first(bias, f, count)
            for i in range(PH):
                for j in range(PW):
                    patch = patch_start(x, n, 2 * i * strides[0], 2 * j * strides[1])
                    patches = 0, right, down, down + right
                    s0, s1, s2, s3 = _four_outputs(x, patch, patches, kernel, f=f, biases=biases)
                    best, index = first_greatest(s0, s1, s2, s3, kernel)
                    offset = ((n * PH + i) * PW + j) * F + f
                    store_first(out, offset, count, best)
                    store_first(winner, offset, count, index)


@jit(inline=True)
def first_greatest(y0, y1, y2, y3, like):
    """The greatest of 0 and the four, and the index of the greatest of the four (the first of
    equals), lane by lane.
    """
    index = where_greater(y1, y0, constant(1, like), zeros(like))
    best = where_greater(y1, y0, y1, y0)
    index = where_greater(y2, best, constant(2, like), index)
    best = where_greater(y2, best, y2, best)
    index = where_greater(y3, best, constant(3, like), index)
    best = where_greater(y3, best, y3, best)
    return where_greater(zeros(like), best, zeros(like), best), index


@jit(inline=True)
def patch_start(x, n, row, column):
    """The offset of x[n, row, column, 0]."""
    return ((n * x.shape[1] + row) * x.shape[2] + column) * x.shape[3]


@jit(inline=True)
def _four_outputs(x, patch, patches, kernel, f, biases):
    """The sums over four patches, at `patch` plus each of the offsets `patches`, for a vector of
    filters from f on.
    """
    KH, KW, C, F = kernel.shape
    sums = biases, biases, biases, biases
    for ki in range(KH):
        row = patch + ki * x.shape[2] * C
        weights = ki * KW * C * F + f
        for k in range(KW * C):
            sums = add_products(sums, splat_each(x, row + k, patches), load(kernel, weights + k * F))
    return sums
