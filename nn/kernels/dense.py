"""The matrix product of the dense layers, naive and tuned.

Notation: a (rows, K) · b (K, F) + bias (F,) -> out (rows, F). All three products of a dense layer are this one:
forward x·W, input gradient dout·Wᵀ, weight gradient xᵀ·dout. `a` is therefore given by its flat array and two strides, so
that xᵀ needs no copy.
"""

from __future__ import annotations

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
