"""The matrix product of the dense layers, naive and tuned.

Notation: a (rows, K) · b (K, F) + bias (F,) -> out (rows, F). All three products of a dense layer are this one:
forward x·W, input gradient dout·Wᵀ, weight gradient xᵀ·dout. `a` is therefore given by its flat array and two strides, so
that xᵀ needs no copy.

The two backward products have another way where dout is mostly zeros. Behind ReLU and before dropout it is, four in five in the
student's network. A product with zero adds nothing, so the other numbers are listed first (`list_nonzeros`), and only they are
multiplied (`sparse_matmul`). What is left is added in the same order, so that the sums are the same, bit for bit.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.elementwise import dropout, relu_dropout_backward
from nn.kernels.jit import kernel
from nn.kernels.simd import lanes, load, load_first, splat, store_first, where_greater, zeros


@kernel
def matmul_naive(a, row_stride, k_stride, K, b, bias, relu, out, first, last):
    """out[r, f] = bias[f] + Σ_k a[r, k] b[k, f] for the rows first <= r < last; negative sums become 0 if `relu`."""
    flat = a.reshape(-1)
    F = out.shape[1]
    for r in range(first, last):
        for f in range(F):
            total = bias[f]
            for k in range(K):
                total += flat[r * row_stride + k * k_stride] * b[k, f]
            if relu and total < 0:
                total -= total
            out[r, f] = total


@kernel
def matmul(a, row_stride, k_stride, K, b, bias, relu, out, first, last):
    """The same as `matmul_naive`, in blocks: 64 values of k, one vector of columns, four rows at a time.

    Four rows share each vector of b that is loaded, and the eight sums in flight (a vector is two registers wide) hide the
    latency of the fused multiply-add. Sixty-four rows of b, one cache line of each, stay in the first-level cache while the
    rows of `a` pass by. When fewer than four rows remain, the last one is computed again in the spare places. Each sum runs
    over k in order, whatever the blocks.
    """
    F = out.shape[1]
    L = lanes(b)
    zero = zeros(b)
    for k_first in range(0, max(K, 1), 64):
        k_last = min(k_first + 64, K)
        for f in range(0, F, L):
            count = min(L, F - f)
            start = load_first(bias, f, count)
            for row in range(first, last, 4):
                r0 = row
                r1 = min(row + 1, last - 1)
                r2 = min(row + 2, last - 1)
                r3 = min(row + 3, last - 1)
                s0 = start
                s1 = start
                s2 = start
                s3 = start
                if k_first > 0:
                    s0 = load(out, r0 * F + f)
                    s1 = load(out, r1 * F + f)
                    s2 = load(out, r2 * F + f)
                    s3 = load(out, r3 * F + f)
                a0 = r0 * row_stride
                a1 = r1 * row_stride
                a2 = r2 * row_stride
                a3 = r3 * row_stride
                for k in range(k_first, k_last):
                    ak = k * k_stride
                    bk = load(b, k * F + f)
                    s0 = s0 + splat(a, a0 + ak) * bk
                    s1 = s1 + splat(a, a1 + ak) * bk
                    s2 = s2 + splat(a, a2 + ak) * bk
                    s3 = s3 + splat(a, a3 + ak) * bk
                if relu and k_last == K:
                    s0 = where_greater(zero, s0, zero, s0)
                    s1 = where_greater(zero, s1, zero, s1)
                    s2 = where_greater(zero, s2, zero, s2)
                    s3 = where_greater(zero, s3, zero, s3)
                store_first(out, r0 * F + f, count, s0)
                store_first(out, r1 * F + f, count, s1)
                store_first(out, r2 * F + f, count, s2)
                store_first(out, r3 * F + f, count, s3)


@kernel
def forward(x, kernel, bias, relu, key, rate, out, first, last):
    """out = dropout(activation(x · kernel + bias)) for the rows first <= r < last; rate 0 drops nothing."""
    K = kernel.shape[0]
    # Not a plain 1: for a constant Numba would compile `matmul` once more.
    matmul(x, K, np.int64(1), K, kernel, bias, relu, out, first, last)
    if rate > 0:
        values = out[first:last].reshape(-1)
        dropout(values, key, rate, values)


@kernel
def list_nonzeros(dout, out, rate, first, dz, row_lengths, row_places, row_values, column_lengths, column_places, column_values):
    """Back through dropout and ReLU, as `relu_dropout_backward`: dz (R, C). And where dz is not 0, by row and by column.

    Row r gets row_lengths[r] entries: row_places[r] (R, C) are columns, row_values[r] the numbers there. Likewise by column, with
    places first + r in column_places (C, R). Both are in order.
    """
    relu_dropout_backward(dout.reshape(-1), out.reshape(-1), rate, dz.reshape(-1))
    column_lengths[:] = 0
    for r in range(dz.shape[0]):
        # Written in any case and counted if it is not 0: cheaper than a branch that nobody can predict.
        length = 0
        for c in range(dz.shape[1]):
            row_places[r, length] = c
            length += dz[r, c] != 0
        row_lengths[r] = length
        for m in range(length):
            c = row_places[r, m]
            row_values[r, m] = dz[r, c]
            column_places[c, column_lengths[c]] = first + r
            column_values[c, column_lengths[c]] = dz[r, c]
            column_lengths[c] += 1


@kernel
def sparse_matmul(lengths, places, values, b, first, out):
    """out[r, c] = Σ_p Σ_m values[p, r, m] · b[places[p, r, m], first + c]: rows of b, scaled and added.

    lengths (P, R), places and values (P, R, M) as from `list_nonzeros`, in P parts; R may be more than the rows of `out`. Three
    vectors of a row are summed up in registers, and so narrow a strip of b stays in the first-level cache while the rows pass by.
    """
    P, R, M = values.shape
    C, B = out.shape[1], b.shape[1]
    L = lanes(b)
    for c in range(0, C, 3 * L):
        c1 = min(c + L, (C - 1) // L * L)
        c2 = min(c + 2 * L, (C - 1) // L * L)
        for r in range(out.shape[0]):
            s0 = zeros(b)
            s1 = zeros(b)
            s2 = zeros(b)
            for p in range(P):
                v = (p * R + r) * M
                for m in range(lengths[p, r]):
                    d = splat(values, v + m)
                    q = places[p, r, m] * B + first
                    s0 = s0 + d * load(b, q + c)
                    s1 = s1 + d * load(b, q + c1)
                    s2 = s2 + d * load(b, q + c2)
            store_first(out, r * C + c, min(L, C - c), s0)
            store_first(out, r * C + c1, min(L, C - c1), s1)
            store_first(out, r * C + c2, min(L, C - c2), s2)
