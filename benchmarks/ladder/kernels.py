"""The steps between the textbook's loops and the finished kernels: kept for the ladder (`kernels.py`), used by nothing else.

Shapes as in `nn/kernels/conv.py`, `conv_backward.py` and `dense.py`. Compiled anew in every run: Numba's cache would not notice
that a helper in `nn.kernels` was edited.
"""
# The Numba functions here are typed by Numba, as those in nn/kernels are.
# mypy: allow-untyped-defs

from __future__ import annotations

import numba

from nn.kernels import simd_llvm  # noqa: F401 - tells Numba how vectors are compiled
from nn.kernels.simd import lanes, load, load_first, splat, store_first

step = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})


@step
def conv_contiguous(x, kernel, bias, strides, out):
    """The loop over filters moved inside: neighbouring weights and outputs, which the compiler turns into vectors by itself.

    The sums live in `out`, so every step loads and stores them.
    """
    N, OH, OW, F = out.shape
    KH, KW, C, _ = kernel.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                total = out[n, i, j]
                total[:] = bias
                for ki in range(KH):
                    for kj in range(KW):
                        for c in range(C):
                            value = x[n, i * strides[0] + ki, j * strides[1] + kj, c]
                            weights = kernel[ki, kj, c]
                            for f in range(F):
                                total[f] += value * weights[f]


@step
def conv_one_vector(x, kernel, bias, strides, out):
    """Sums that stay in registers: one output and one vector of filters at a time.

    Every step waits for the one before (a fused multiply-add takes four cycles), and loads as many weights as it uses.
    """
    N, OH, OW, F = out.shape
    KH, KW, C, _ = kernel.shape
    L = lanes(kernel)
    for n in range(N):
        for f in range(0, F, L):
            count = min(L, F - f)
            start = load_first(bias, f, count)
            for i in range(OH):
                for j in range(OW):
                    s = start
                    for ki in range(KH):
                        row = ((n * x.shape[1] + i * strides[0] + ki) * x.shape[2] + j * strides[1]) * C
                        for k in range(KW * C):
                            s = s + splat(x, row + k) * load(kernel, (ki * KW * C + k) * F + f)
                    store_first(out, ((n * OH + i) * OW + j) * F + f, count, s)


@step
def backward_skipping_zeros(dz, x, kernel, strides, dx, dkernel, dbias):
    """The textbook's loops, but nothing is done for a gradient of zero."""
    N, OH, OW, F = dz.shape
    KH, KW, C, _ = kernel.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    d = dz[n, i, j, f]
                    if d != 0:
                        dbias[f] += d
                        for ki in range(KH):
                            for kj in range(KW):
                                for c in range(C):
                                    row, column = i * strides[0] + ki, j * strides[1] + kj
                                    dkernel[ki, kj, c, f] += d * x[n, row, column, c]
                                    dx[n, row, column, c] += d * kernel[ki, kj, c, f]


@step
def backward_by_filters(dz, x, filters, strides, dx, dfilters, dbias):
    """The same with filters one after another, (F, KH, KW·C): the inner loop runs over neighbours on both sides."""
    N, OH, OW, F = dz.shape
    _, KH, row = filters.shape
    width = x.shape[2] * x.shape[3]
    flat, dflat = x.reshape(-1), dx.reshape(-1)
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    d = dz[n, i, j, f]
                    if d != 0:
                        dbias[f] += d
                        for ki in range(KH):
                            start = (n * x.shape[1] + i * strides[0] + ki) * width + j * strides[1] * x.shape[3]
                            patch, dpatch = flat[start : start + row], dflat[start : start + row]
                            weights, dweights = filters[f, ki], dfilters[f, ki]
                            for k in range(row):
                                dweights[k] += d * patch[k]
                                dpatch[k] += d * weights[k]


@step
def matmul_contiguous(a, b, bias, out):
    """The loop over columns moved inside, as in `conv_contiguous`."""
    for r in range(out.shape[0]):
        total = out[r]
        total[:] = bias
        for k in range(a.shape[1]):
            value = a[r, k]
            weights = b[k]
            for f in range(out.shape[1]):
                total[f] += value * weights[f]
