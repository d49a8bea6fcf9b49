"""Operations on each element alone, updates of the weights, and small sums. All are their own
naive loops.

All arrays are C-contiguous. Where no shape is given they are flat, (E,), so that one compiled form
serves every shape. `out` may be the input itself.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.counter import random_bits
from nn.kernels.jit import jit


@jit(inline=True)
def zero_of(value):
    """0, but NaN for NaN and infinity.

    ReLU and dropout write it where they stop a value. A plain 0 would hide that a training has
    diverged: it would turn values that are no longer numbers into numbers.
    """
    return value - value


@jit
def relu_backward(dout, out, dx):
    """dx = dout where the output was positive, else 0; at exactly 0 the gradient is 0."""
    for e in range(dout.size):
        dx[e] = dout[e] if out[e] > 0 else zero_of(dout[e])


@jit(inline=True)
def dropout(x, key, rate, out, first):
    """out = x / (1 - rate) where the element is kept, else 0; element e of x draws the random
    number (key, first + e).

    `first` is the index of x's first element in the flattened batch, so that the mask does not
    depend on how the batch is cut into chunks. Forward it is applied to x, backward to dout: the
    same key and indices draw the same mask, which is never stored.
    """
    threshold = np.uint32(rate * 4294967296.0)
    scale = x.dtype.type(1.0 / (1.0 - rate))
    for e in range(x.size):
        out[e] = x[e] * scale if random_bits(key, first + e) >= threshold else zero_of(x[e])


@jit(inline=True)
def relu_dropout_backward(dout, out, rate, dx):
    """Back through dropout, then ReLU: dx = dout / (1 - rate) where their joint output `out` is
    positive, else 0.

    `out` is 0 both where dropout dropped and where ReLU stopped, so the mask need not be drawn
    again.
    """
    scale = dout.dtype.type(1.0 / (1.0 - rate))
    for e in range(dout.size):
        dx[e] = dout[e] * scale if out[e] > 0 else zero_of(dout[e])


@jit
def softmax(logits, out):
    """out[n, k] = exp(z[n, k] - m) / Σ_l exp(z[n, l] - m), with m = max over the row n, so that no
    exponential overflows.
    """
    N, K = logits.shape
    for n in range(N):
        m = logits[n, 0]
        for k in range(1, K):
            m = max(m, logits[n, k])
        total = zero_of(logits[n, 0])
        for k in range(K):
            out[n, k] = np.exp(logits[n, k] - m)
            total += out[n, k]
        for k in range(K):
            out[n, k] /= total


@jit
def normal_distribution(x, out):
    """out = Φ(x) = (1 + erf(x / √2)) / 2, the share of standard normal numbers below x."""
    for e in range(x.size):
        out[e] = 0.5 * (1.0 + math.erf(x[e] * math.sqrt(0.5)))


@jit
def adadelta(parameter, gradient, squared_gradients, squared_updates, learning_rate, rho, epsilon):
    """One step of Adadelta in place (Zeiler 2012, algorithm 1); see `nn.optimizers`."""
    real = parameter.dtype.type
    lr, r, rest, e = real(learning_rate), real(rho), real(1.0 - rho), real(epsilon)
    for i in range(parameter.size):
        g = gradient[i]
        squared_gradients[i] = r * squared_gradients[i] + rest * g * g
        update = np.sqrt((squared_updates[i] + e) / (squared_gradients[i] + e)) * g
        squared_updates[i] = r * squared_updates[i] + rest * update * update
        parameter[i] -= lr * update


@jit
def sgd(parameter, gradient, learning_rate):
    """parameter -= learning_rate · gradient, in place."""
    lr = parameter.dtype.type(learning_rate)
    for i in range(parameter.size):
        parameter[i] -= lr * gradient[i]


@jit
def moving_average(average, parameter, share):
    """average ← (1 - share) · average + share · parameter, in place. The average of a constant
    parameter is that constant.
    """
    s = parameter.dtype.type(share)
    for i in range(parameter.size):
        average[i] += s * (parameter[i] - average[i])


@jit
def softmax_cross_entropy(logits, targets, scale, dlogits):
    """The sum of the losses and the count of right answers; dlogits = (softmax(logits) - targets)
    · scale.

    Per sample: -Σ_k t_k log p_k = (m + log Σ_k exp(z_k - m)) Σ_k t_k - Σ_k t_k z_k, with m = max_k z_k.
    A sample is right if its greatest logit is at the index of its greatest target (of equals, the
    first counts).
    """
    N, K = logits.shape
    loss = 0.0
    right = 0
    for n in range(N):
        best = 0
        label = 0
        for k in range(1, K):
            if logits[n, k] > logits[n, best]:
                best = k
            if targets[n, k] > targets[n, label]:
                label = k
        right += best == label
        m = np.float64(logits[n, best])
        total = 0.0
        for k in range(K):
            total += np.exp(np.float64(logits[n, k]) - m)
        weight = 0.0
        for k in range(K):
            weight += targets[n, k]
            loss += targets[n, k] * (m + np.log(total) - logits[n, k])
        for k in range(K):
            dlogits[n, k] = (np.exp(np.float64(logits[n, k]) - m) / total * weight - targets[n, k]) * scale
    return loss, right


@jit
def column_sums(x, out):
    """out[k] = Σ_n x[n, k], in the order of n."""
    for k in range(x.shape[1]):
        out[k] = x[0, k]
    for n in range(1, x.shape[0]):
        for k in range(x.shape[1]):
            out[k] += x[n, k]


@jit
def sum_chunks(chunks, out):
    """out[e] = Σ_p chunks[p, e], in the order of p; chunks (P, E), out (E,)."""
    for p in range(chunks.shape[0]):
        for e in range(out.size):
            out[e] = chunks[p, e] if p == 0 else out[e] + chunks[p, e]
