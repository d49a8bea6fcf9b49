"""Batch normalization in passes over one chunk; `nn/layers/batch_normalization.py` has the
equations.

Arrays are C-contiguous: x, dout, out and dx (R, C), one row for each sample, or for each pixel;
everything else (C,), in float64 where it is a sum. `with_relu` joins the ReLU that follows: `out`
is then its output, and dout the gradient for it.

`..._pool` also joins the 2x2 max-pooling that follows. There x and dx are (N, H, W, C), and what
belongs to a window (N, H // 2, W // 2, C): dout, out, `winner` (0 to 3, row by row) and `best`, the
x of the winner. With `best` as its x, `gradient_sums` serves both.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.conv import patch_start
from nn.kernels.elementwise import zero_of
from nn.kernels.jit import jit
from nn.kernels.simd import constant, lanes, load, load_bytes, store_first, where_equal, where_greater, zeros

# A channel's sums are loaded and stored once for so many rows.
ROWS = 4


@jit
def moments(x, mean, deviations):
    """mean[c] = Σ_r x[r, c] / R and deviations[c] = Σ_r (x[r, c] - mean[c])², in float64.

    One pass: with d = x - x[0], mean = x[0] + Σ d / R and deviations = Σ d² - (Σ d)² / R. Taking off any value that occurs keeps
    the difference from cancelling where the mean is large.
    """
    R, C = x.shape
    for c in range(C):
        mean[c] = 0.0
        deviations[c] = 0.0
    whole = R - R % ROWS
    for r in range(0, whole, ROWS):
        _add_moments(x, r, ROWS, mean, deviations)
    for r in range(whole, R):
        _add_moments(x, r, 1, mean, deviations)
    for c in range(C):
        deviations[c] -= mean[c] * mean[c] / R
        mean[c] = np.float64(x[0, c]) + mean[c] / R


@jit(inline=True)
def _add_moments(x, row, rows, mean, deviations):
    """Adds Σ d and Σ d² of a few rows."""
    for c in range(len(mean)):
        total = squares = 0.0
        for r in range(row, row + rows):
            d = np.float64(x[r, c]) - np.float64(x[0, c])
            total += d
            squares += d * d
        mean[c] += total
        deviations[c] += squares


@jit
def join_moments(counts, means, deviations, mean, variance):
    """Mean and variance of a batch from those of its chunks (chunks, C) of counts[p] values each.

    μ = Σ n_p μ_p / M and M σ² = Σ (deviations_p + n_p (μ_p - μ)²), with M = Σ n_p, in the chunks' order.
    """
    total = counts.sum()
    for c in range(len(mean)):
        weighted = 0.0
        for p in range(len(counts)):
            weighted += counts[p] * means[p, c]
        middle = weighted / total
        spread = 0.0
        for p in range(len(counts)):
            off = means[p, c] - middle
            spread += deviations[p, c] + counts[p] * (off * off)
        mean[c] = middle
        variance[c] = 0.0 if spread < 0 else spread / total


@jit
def join_gradients(counts, dgammas, dbetas, factor, root, dgamma, dbeta, slope, shift):
    """dgamma and dbeta of a batch from those of its chunks (chunks, C), in their order; and what
    they take off each input's gradient (`input_gradient`): slope = factor · dgamma / (M · root),
    shift = factor · dbeta / M, where M is the sum of the counts.
    """
    total = counts.sum()
    for c in range(len(dgamma)):
        gamma_sum = beta_sum = 0.0
        for p in range(len(counts)):
            gamma_sum += dgammas[p, c]
            beta_sum += dbetas[p, c]
        dgamma[c], dbeta[c] = gamma_sum, beta_sum
        slope[c] = factor[c] * gamma_sum / (total * root[c])
        shift[c] = factor[c] * beta_sum / total


@jit
def normalize(x, mean, factor, beta, with_relu, out):
    """out[r, c] = (x[r, c] - mean[c]) · factor[c] + beta[c]; negative values become 0 if
    `with_relu`.
    """
    R, C = x.shape
    for r in range(R):
        for c in range(C):
            value = (x[r, c] - mean[c]) * factor[c] + beta[c]
            out[r, c] = zero_of(value) if with_relu and value < 0 else value


@jit
def gradient_sums(dout, out, x, mean, root, with_relu, dgamma, dbeta):
    """dbeta[c] = Σ_r dy[r, c] and dgamma[c] = Σ_r dy[r, c] · (x[r, c] - mean[c]) / root[c], in float64.

    dy is dout, and 0 where ReLU stopped the value.
    """
    R, C = x.shape
    for c in range(C):
        dgamma[c] = 0.0
        dbeta[c] = 0.0
    for r in range(R):
        for c in range(C):
            dy = dout[r, c] if not with_relu or out[r, c] > 0 else zero_of(dout[r, c])
            dbeta[c] += dy
            dgamma[c] += dy * (x[r, c] - mean[c])
    for c in range(C):
        dgamma[c] /= root[c]


@jit
def input_gradient(dout, out, x, mean, factor, slope, shift, with_relu, dx):
    """dx[r, c] = factor[c] · dy[r, c] - (slope[c] · (x[r, c] - mean[c]) + shift[c]), with dy as in
    `gradient_sums`.

    The brackets leave one way to join products and sums in fused operations; with two, a compiler
    may choose one for its vectors and the other for single values.
    """
    R, C = x.shape
    for r in range(R):
        for c in range(C):
            dy = dout[r, c] if not with_relu or out[r, c] > 0 else zero_of(dout[r, c])
            dx[r, c] = factor[c] * dy - (slope[c] * (x[r, c] - mean[c]) + shift[c])


@jit
def normalize_pool(x, mean, factor, beta, with_relu, out, winner, best):
    """`normalize`, then the greatest of each window; the first of several."""
    N, OH, OW, C = out.shape
    W = x.shape[2]
    none, one = zeros(x), constant(1, x)
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(0, C, lanes(x)):
                    m, f, b = load(mean, c), load(factor, c), load(beta, c)
                    corner = patch_start(x, n, 2 * i, 2 * j) + c
                    chosen, index, place = load(x, corner), none, none
                    greatest = (chosen - m) * f + b
                    for k in range(1, 4):
                        place = place + one
                        candidate = load(x, corner + (k // 2 * W + k % 2) * C)
                        value = (candidate - m) * f + b
                        # NaN, which does not equal itself, wins.
                        index = where_equal(value, value, where_greater(value, greatest, place, index), place)
                        chosen = where_equal(value, value, where_greater(value, greatest, candidate, chosen), candidate)
                        greatest = where_equal(value, value, where_greater(value, greatest, value, greatest), value)
                    if with_relu:
                        greatest = where_greater(none, greatest, none, greatest)
                    at, count = patch_start(out, n, i, j) + c, min(lanes(x), C - c)
                    store_first(out, at, count, greatest)
                    store_first(winner, at, count, index)
                    store_first(best, at, count, chosen)


@jit
def input_gradient_pool(dout, out, winner, x, mean, factor, slope, shift, with_relu, dx):
    """`input_gradient`, where dy of a window is dout at its winner and 0 elsewhere."""
    N, H, W, C = x.shape
    none, one = zeros(x), constant(1, x)
    for n in range(N):
        for i in range(0, H, 2):
            for j in range(0, W, 2):
                has_window = i + 1 < H and j + 1 < W
                for c in range(0, C, lanes(x)):
                    dy, index, place, count = none, none, none, min(lanes(x), C - c)
                    if has_window:
                        at = patch_start(out, n, i // 2, j // 2) + c
                        dy, index = load(dout, at), load_bytes(winner, at, x)
                        if with_relu:
                            dy = where_greater(load(out, at), none, dy, none)
                    m, f, s, t = load(mean, c), load(factor, c), load(slope, c), load(shift, c)
                    for a in range(2):
                        for b in range(2):
                            if i + a < H and j + b < W:
                                at = patch_start(x, n, i + a, j + b) + c
                                gradient = f * where_equal(index, place, dy, none) - (s * (load(x, at) - m) + t)
                                store_first(dx, at, count, gradient)
                            place = place + one
