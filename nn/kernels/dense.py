"""The matrix product of the dense layers, naive and tuned.

Notation: a (rows, K) · b (K, F) + bias (F,) -> out (rows, F). All three products of a dense layer
have this form: forward x·W, input gradient dout·Wᵀ, weight gradient xᵀ·dout. `a` is therefore
given by its memory and two strides, so that xᵀ needs no copy.

A product with zero adds nothing. After ReLU and pooling two inputs in three are zero, in the
student's network, and between ReLU and dropout four gradients in five. So the forward product finds
the other inputs (`_nonzero_products`); the backward products list the other gradients
(`list_nonzeros`) and multiply only those (`sparse_matmul`). The terms that remain are added in the
same order, and the sums are the same to the last bit. (Where a weight is infinite or NaN, a zero
leaves it out, too.)
"""

from __future__ import annotations

import numpy as np

from nn.kernels.elementwise import dropout, relu_dropout_backward, zero_of
from nn.kernels.jit import jit
from nn.kernels.memory import aligned, aligned_copy
from nn.kernels.simd import (
    add_products,
    bits_equal,
    clear,
    lanes,
    load,
    load_each,
    load_first,
    lowest_bit,
    multiples,
    multiples_until,
    relu_each,
    splat,
    splat_each,
    store_each,
    store_first,
    store_first_each,
    zeros,
)


@jit
def matmul_naive(a, row_stride, k_stride, K, b, bias, relu, out, start, stop):
    """out[r, f] = bias[f] + Σ_k a[r, k] b[k, f] for the rows start <= r < stop; negative sums
    become 0 if `relu`.
    """
    flat = a.reshape(-1)
    F = out.shape[1]
    for r in range(start, stop):
        for f in range(F):
            total = bias[f]
            for k in range(K):
                total += flat[r * row_stride + k * k_stride] * b[k, f]
            out[r, f] = zero_of(total) if relu and total < 0 else total


@jit
def matmul(a, row_stride, k_stride, K, b, bias, relu, out, start, stop):
    """As `matmul_naive`, in blocks of 64 values of k. A block of b stays in the first-level cache
    while the rows of `a` pass by. Each sum runs over k in order, whatever the blocks.

    If at least half of `a` is zero, or if one row is all there is, `_nonzero_products` does the
    columns that it can. For the others four rows share each vector of b that is loaded. A vector is
    two registers wide, so eight sums are in flight, which hides the latency of the fused
    multiply-add. When fewer than four rows remain, the last one stands in for those that are
    missing.
    """
    F = out.shape[1]
    L = lanes(b)
    first = 0
    if F >= 4 * L and (stop - start == 1 or _mostly_zero(a, row_stride, k_stride, K, start=start, stop=stop)):
        first = F // (4 * L) * (4 * L)
        _nonzero_products(
            a=a,
            row_stride=row_stride,
            k_stride=k_stride,
            K=K,
            b=b,
            bias=bias,
            relu=relu,
            out=out,
            columns=first,
            start=start,
            stop=stop,
        )
    for k_first in range(0, max(K, 1), 64):
        k_last = min(k_first + 64, K)
        for f in range(first, F, L):
            count = min(L, F - f)
            biases = load_first(bias, f, count)
            for row in range(start, stop, 4):
                rows = multiples_until(row_stride, (stop - 1 - row) * row_stride, 4)
                outputs = multiples_until(F, (stop - 1 - row) * F, 4)
                sums = biases, biases, biases, biases
                if k_first > 0:
                    sums = load_each(out, row * F + f, outputs)
                for k in range(k_first, k_last):
                    sums = add_products(sums, splat_each(a, row * row_stride + k * k_stride, rows), load(b, k * F + f))
                if relu and k_last == K:
                    sums = relu_each(sums)
                store_first_each(out, row * F + f, outputs, count, sums)


@jit(inline=True)
def _mostly_zero(a, row_stride, k_stride, K, start, stop):
    """Whether at least half of the values are zero, in every sixteenth row of `a`."""
    flat = a.reshape(-1)
    zero, other = 0, 0
    for row in range(start, stop, 16):
        for k in range(K):
            if flat[row * row_stride + k * k_stride] == 0:
                zero += 1
            else:
                other += 1
    return zero >= other


@jit(inline=True)
def _nonzero_products(a, row_stride, k_stride, K, b, bias, relu, out, columns, start, stop):
    """As `matmul_naive` without the products with zeros of `a`, for the first `columns`, a multiple
    of four vectors.
    """
    F = out.shape[1]
    L = lanes(b)
    four = multiples(L, 4)
    for k_first in range(0, max(K, 1), 64):
        count = min(64, K - k_first)
        for f in range(0, columns, 4 * L):
            for row in range(start, stop):
                i = row * row_stride + k_first * k_stride
                sums = load_each(bias, f, four)
                if k_first > 0:
                    sums = load_each(out, row * F + f, four)
                left = _nonzeros(a, i, k_stride, count)
                while left:
                    k = lowest_bit(left)
                    left &= left - np.uint64(1)
                    sums = add_products(sums, load_each(b, (k_first + k) * F + f, four), splat(a, i + k * k_stride))
                if relu and k_first + count == K:
                    sums = relu_each(sums)
                store_each(out, row * F + f, four, sums)


@jit(inline=True)
def _nonzeros(a, i, k_stride, count):
    """64 bits: bit k is set if a.flat[i + k · k_stride] is not 0, for k < count."""
    bits = np.uint64(0)
    if count == 64 and k_stride == 1:
        for k in range(0, 64, lanes(a)):
            bits |= bits_equal(load(a, i + k), zeros(a)) << np.uint64(k)
        return ~bits
    flat = a.reshape(-1)
    for k in range(count):
        bits |= np.uint64(flat[i + k * k_stride] != 0) << np.uint64(k)
    return bits


@jit
def forward(x, kernel, bias, relu, key, rate, out, start, stop):
    """out = dropout(activation(x · kernel + bias)) for the rows start <= r < stop of a batch; rate
    0 drops nothing.

    Naive: `matmul_naive`, then `elementwise.dropout`. x and out hold the whole batch, and the
    output of row r and unit f draws the random number (key, r · units + f).
    """
    inputs, units = kernel.shape
    matmul(
        a=x,
        row_stride=inputs,
        k_stride=np.int64(1),  # Numba would compile `matmul` once more for a constant
        K=inputs,
        b=kernel,
        bias=bias,
        relu=relu,
        out=out,
        start=start,
        stop=stop,
    )
    if rate > 0:
        values = out[start:stop].reshape(-1)
        dropout(x=values, key=key, rate=rate, out=values, first=start * units)


@jit
def list_nonzeros(dout, out, rate, first_row, dz, by_row, by_column):
    """Sets dz (R, C) as `relu_dropout_backward` does, and lists its nonzero elements by row and by
    column.

    `by_row` is three arrays: lengths (R,), columns (R, C) and values (R, C). Row r has lengths[r]
    entries, each a column and the value there. `by_column` is lengths (C,), rows (C, R) and values
    (C, R); its rows count from the start of the batch, where row 0 of dz is `first_row`. Both are
    in order.
    """
    row_lengths, row_columns, row_values = by_row
    column_lengths, column_rows, column_values = by_column
    relu_dropout_backward(dout.reshape(-1), out.reshape(-1), rate, dz.reshape(-1))
    clear(column_lengths, 0, column_lengths.size)
    for r in range(dz.shape[0]):
        # Every column is written, and kept only if dz is not 0 there: a branch would be
        # unpredictable.
        length = 0
        for c in range(dz.shape[1]):
            row_columns[r, length] = c
            length += dz[r, c] != 0
        row_lengths[r] = length
        for m in range(length):
            c = row_columns[r, m]
            row_values[r, m] = dz[r, c]
            column_rows[c, column_lengths[c]] = first_row + r
            column_values[c, column_lengths[c]] = dz[r, c]
            column_lengths[c] += 1


@jit
def sparse_matmul(lists, b, first_column, out):
    """out[r, c] = Σ_p Σ_m values[p, r, m] · b[indices[p, r, m], first_column + c]: rows of b, scaled and added.

    Naive: `matmul_naive` with the zeros. `lists` is lengths (P, R), indices (P, R, M) and values
    (P, R, M): what `list_nonzeros` found in each of P chunks. R may be more than the rows of
    `out`. Three vectors of a row are summed in registers; the strip of b that they need is narrow
    enough to stay in the first-level cache while the rows pass by.
    """
    lengths, indices, values = lists
    P, R, M = values.shape
    C, B = out.shape[1], b.shape[1]
    L = lanes(b)
    for c in range(0, C, 3 * L):
        c1 = min(c + L, (C - 1) // L * L)
        c2 = min(c + 2 * L, (C - 1) // L * L)
        for r in range(out.shape[0]):
            sums = zeros(b), zeros(b), zeros(b)
            for p in range(P):
                v = (p * R + r) * M
                for m in range(lengths[p, r]):
                    d = splat(values, v + m)
                    q = indices[p, r, m] * B + first_column
                    sums = add_products(sums, load_each(b, q, (c, c1, c2)), d)
            s0, s1, s2 = sums
            store_first(out, r * C + c, min(L, C - c), s0)
            store_first(out, r * C + c1, min(L, C - c1), s1)
            store_first(out, r * C + c2, min(L, C - c2), s2)


def product(a, b, bias=None):
    """The matrix product a (R, K) · b (K, F), plus bias (F,) if given, as a new array. `a` may be
    a transposed view.
    """
    out = aligned((a.shape[0], b.shape[1]), b.dtype)
    product_into(out, np.asarray(a, b.dtype), aligned_copy(b), bias)
    return out


def product_into(out, a, b, bias=None, *, relu=False):
    """As `product`, into `out` (R, F); negative sums become 0 if `relu`. `out` and `b` must come
    from `memory.aligned`.
    """
    transposed = a.flags.f_contiguous and not a.flags.c_contiguous
    row_stride, k_stride = (1, len(a)) if transposed else (len(b), 1)
    matmul(
        a=a.T if transposed else np.ascontiguousarray(a),
        row_stride=row_stride,
        k_stride=k_stride,
        K=len(b),
        b=b,
        bias=np.zeros(b.shape[1], b.dtype) if bias is None else bias,
        relu=relu,
        out=out,
        start=0,
        stop=len(out),
    )
