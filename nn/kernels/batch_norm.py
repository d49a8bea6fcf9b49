"""Batch normalization in passes over one chunk; `nn/layers/batch_normalization.py` has the
equations.

Arrays are C-contiguous: x, dout, out and dx (R, C), one row for each sample, or for each pixel;
everything else (C,), in float64 where it is a sum. `with_relu` joins the ReLU that follows: `out`
is then its output, and dout the gradient for it.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.elementwise import zero_of
from nn.kernels.jit import jit


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
    for r in range(R):
        for c in range(C):
            d = np.float64(x[r, c]) - np.float64(x[0, c])
            mean[c] += d
            deviations[c] += d * d
    for c in range(C):
        deviations[c] -= mean[c] * mean[c] / R
        mean[c] = np.float64(x[0, c]) + mean[c] / R


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
