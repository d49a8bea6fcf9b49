"""The middle rungs of the ladder: how one gets from the equation to the finished kernel, one idea
at a time.

`README.md` lists all rungs in order and explains each. Here are those between the naive loops and
the kernels that a training runs; they compute the same and are used by nothing but `python -m
benchmarks kernels`. The rungs C1, B1 and D1 are `conv2d_forward_naive`, `conv2d_backward_naive`
and `matmul_naive`. Shapes as in `conv.py`, `conv_backward.py` and `dense.py`.
"""

from __future__ import annotations

from nn.kernels.jit import jit
from nn.kernels.simd import lanes, load, load_first, splat, store_first


@jit
def conv2d_neighbours(x, kernel, bias, strides, out):
    """C2. The loop over filters moves inside: neighbouring weights and outputs, which the compiler
    turns into vectors.

    The sums are elements of `out`, so every iteration loads and stores them.
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


@jit
def conv2d_one_vector(x, kernel, bias, strides, out):
    """C3. The sums stay in registers: one output and one vector of filters at a time.

    Each iteration waits for the one before (a fused multiply-add takes four cycles), and loads as
    many weights as it uses.
    """
    N, OH, OW, F = out.shape
    KH, KW, C, _ = kernel.shape
    L = lanes(kernel)
    for n in range(N):
        for f in range(0, F, L):
            count = min(L, F - f)
            biases = load_first(bias, f, count)
            for i in range(OH):
                for j in range(OW):
                    total = biases
                    for ki in range(KH):
                        row = ((n * x.shape[1] + i * strides[0] + ki) * x.shape[2] + j * strides[1]) * C
                        for k in range(KW * C):
                            total = total + splat(x, row + k) * load(kernel, (ki * KW * C + k) * F + f)
                    store_first(out, ((n * OH + i) * OW + j) * F + f, count, total)


@jit
def conv2d_backward_skipping_zeros(dz, x, kernel, strides, dx, dkernel, dbias):
    """B2. The naive loops, without the work for a gradient of zero."""
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


@jit
def conv2d_backward_by_filters(dz, x, filters, strides, dx, dfilters, dbias):
    """B3. As B2 with the filters one after another, (F, KH, KW·C): the inner loop runs over
    neighbours on both sides.
    """
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


@jit
def matmul_neighbours(a, b, bias, out):
    """D2. The loop over columns moves inside, as in C2."""
    for r in range(out.shape[0]):
        total = out[r]
        total[:] = bias
        for k in range(a.shape[1]):
            value = a[r, k]
            weights = b[k]
            for f in range(out.shape[1]):
                total[f] += value * weights[f]
