"""The filter gradient of a first convolution, where images have few channels and are mostly blank.

With one channel a row of a patch is only KW numbers long, too short for the vectors of `conv_backward.py`, and no gradient is
wanted for the input. But most pixels of a drawing are 0, and a product with 0 adds nothing. So this kernel runs over all
gradients, dense, with vectors along the filters, and leaves out the blank rows of the image and the blank ends of the others.

    dkernel[ki, k, f] += Σ_{i,j} dz[i, j, f] · x[i·SH + ki, j·SW·C + k],    k = kj·C + c

Shapes as in `conv.py`; dkernel (KH, KW·C, F).
"""

from __future__ import annotations

import numpy as np

from nn.kernels.jit import kernel
from nn.kernels.simd import lanes, load, load_bytes, splat, store_first, where_equal, where_greater, zeros

# Numbers in a row of a patch, KW·C, below which this kernel is the faster one.
FEW = 16

@kernel
def conv2d_relu_pool_backward_thin(dout, out, winner, x, strides, size, dkernel, dbias):
    """Adds to dkernel and dbias, behind ReLU and 2x2 pooling: dout, out and winner (N, PH, PW, F), `size` = (OH, OW)."""
    # One image's gradients before pooling; odd last rows and columns, which no window covers, stay zero.
    dz = np.zeros((1, size[0] + 1, size[1], dout.shape[3]), dout.dtype)
    for n in range(len(dout)):
        _spread(dout, out, winner, n, dz, dbias)
        _add_image(dz, 0, x, n, size, strides, dkernel)


@kernel
def conv2d_backward_thin(dz, x, strides, dkernel, dbias):
    """The same without pooling: dz (N, OH, OW, F)."""
    N, OH, OW, F = dz.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    dbias[f] += dz[n, i, j, f]
        _add_image(dz, n, x, n, (OH, OW), strides, dkernel)


@kernel(inline=True)
def _spread(dout, out, winner, n, dz, dbias):
    """dz[0] before pooling from dout[n] behind it: each window's gradient to its winner, if ReLU let it pass; and its sum."""
    _, PH, PW, F = dout.shape
    OW = dz.shape[2]
    L = lanes(dout)
    zero = zeros(dout)
    numbers = np.arange(4).astype(dout.dtype)
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
                    store_first(dz, q, count, where_equal(number, splat(numbers, w), d, zero))
        store_first(dbias, f, count, total)


@kernel(inline=True)
def _add_image(dz, m, x, n, size, strides, dkernel):
    """The gradients dz[m] with the image x[n]: five entries of a kernel row and one vector of filters at a time."""
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
                    q = (m * OH + i) * OW * F + f
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
    first = np.zeros(H, np.int64)
    behind = np.zeros(H, np.int64)
    for r in range(H):
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
