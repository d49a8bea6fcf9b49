"""Initial weights. Each initializer takes a shape and a generator and returns a float64 array; layers cast it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs an output sums over, and how many outputs an input reaches.

    A dense kernel is (in, out); a convolution's (KH, KW, C, F) sums KH·KW·C inputs and reaches KH·KW·F outputs.

        >>> fans((100, 10)), fans((5, 5, 1, 32))
        ((100, 10), (25, 800))
    """
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


def glorot_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform in ±√(6 / (fan_in + fan_out)), Keras' default: signals keep their variance forward and backward.

    A sum of fan_in products of independent x and w with mean 0 has the variance fan_in · Var w · Var x, so the forward pass
    keeps the variance if Var w = 1 / fan_in. In the backward pass a gradient is a sum of fan_out products, which needs
    Var w = 1 / fan_out. The compromise is Var w = 2 / (fan_in + fan_out); a uniform distribution in ±a has the variance a² / 3.

    Example: for 100 inputs and 50 outputs a = √(6 / 150) = 0.2, and a standard deviation of 0.2 / √3 = 0.115.

        >>> kernel = glorot_uniform((100, 50), np.random.default_rng(0))
        >>> bool(abs(kernel).max() <= 0.2), round(float(kernel.std()), 2)
        (True, 0.12)

    References:
        X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural networks, 2010, equation 16.
    """
    limit = math.sqrt(6.0 / sum(fans(shape)))
    return rng.uniform(-limit, limit, shape)


def zeros(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """All zeros, for biases.

    >>> zeros((3,), np.random.default_rng(0)).tolist()
    [0.0, 0.0, 0.0]
    """
    return np.zeros(shape)
