"""Updates of the weights by the common optimizers, each in one pass over its arrays; the loops are
their own naive form.

All arrays are flat, (E,), and C-contiguous. The equations are in `nn/optimizers`; `elementwise.py`
has the updates of `SGD` without momentum and of `Adadelta`.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.jit import jit


@jit
def momentum(parameter, gradient, velocity, learning_rate, share):
    """velocity ← share · velocity - η g; parameter += velocity, in place."""
    real = parameter.dtype.type
    lr, m = real(learning_rate), real(share)
    for i in range(parameter.size):
        velocity[i] = m * velocity[i] - lr * gradient[i]
        parameter[i] += velocity[i]


@jit
def nesterov(parameter, gradient, velocity, learning_rate, share):
    """velocity ← share · velocity - η g; parameter += share · velocity - η g, in place."""
    real = parameter.dtype.type
    lr, m = real(learning_rate), real(share)
    for i in range(parameter.size):
        step = lr * gradient[i]
        velocity[i] = m * velocity[i] - step
        parameter[i] += m * velocity[i] - step


@jit
def rmsprop(parameter, gradient, squares, learning_rate, rho, epsilon):
    """squares ← ρ squares + (1 - ρ) g²; parameter -= η g / √(squares + ε), in place."""
    real = parameter.dtype.type
    lr, r, rest, e = real(learning_rate), real(rho), real(1.0 - rho), real(epsilon)
    for i in range(parameter.size):
        g = gradient[i]
        squares[i] = r * squares[i] + rest * g * g
        parameter[i] -= lr * g / np.sqrt(squares[i] + e)


@jit
def adam(parameter, gradient, means, squares, learning_rate, share_1, share_2, epsilon):
    """means += share_1 (g - means); squares += share_2 (g² - squares); parameter -= η means /
    (√squares + ε), in place.

    The shares are 1 - β; η holds the correction of the first steps.
    """
    real = parameter.dtype.type
    lr, s1, s2, e = real(learning_rate), real(share_1), real(share_2), real(epsilon)
    for i in range(parameter.size):
        g = gradient[i]
        means[i] += s1 * (g - means[i])
        squares[i] += s2 * (g * g - squares[i])
        parameter[i] -= lr * means[i] / (np.sqrt(squares[i]) + e)
