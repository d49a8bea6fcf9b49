"""Where weights start. Each initializer takes a shape and a generator and gives a float64 array; layers cast it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs an output sums over, and how many outputs an input reaches.

    A dense kernel is (in, out); a convolution's (KH, KW, C, F) sums KH·KW·C inputs and reaches KH·KW·F outputs.
    """
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


def glorot_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform in ±√(6 / (fan_in + fan_out)), Keras' default: signals keep their variance forward and backward.

    References:
        X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural networks, 2010, equation 16.
    """
    limit = math.sqrt(6.0 / sum(fans(shape)))
    return rng.uniform(-limit, limit, shape)


def zeros(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """All zeros, for biases."""
    return np.zeros(shape)
