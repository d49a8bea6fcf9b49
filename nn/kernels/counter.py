"""Random numbers by counting: draw k of sample (seed, epoch, index) is a hash of those four numbers.

So a sample is the same whatever thread makes it, in whatever order, before or after an interruption (the idea of Salmon,
Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). The hash is a two-round multiply-xorshift on
32 bits, written so that nothing overflows 64 bits signed and plain Python computes the same.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.jit import jit

LOW_32 = 0xFFFFFFFF
GOLDEN = 0x9E3779B9  # 2³² / golden ratio: consecutive counters land far apart


@jit
def mix(x: int) -> int:
    """Scramble 32 bits (C. Wellons' hash prospector: bias 0.107)."""
    x ^= x >> 16
    x = (x * 0x21F0AAAD) & LOW_32
    x ^= x >> 15
    x = (x * 0x735A2D97) & LOW_32
    return x ^ (x >> 15)


# Streams are np.int64: Numba would compile `begin` once more for every Python number that it is given as a constant.
@jit
def begin(state: np.ndarray, stream: int, seed: int, epoch: int, index: int) -> None:
    """Point `state` (3,) int64 at the first draw of a sample; different `stream`s of one sample are independent."""
    key = mix((seed & LOW_32) ^ mix((seed >> 32) & LOW_32 ^ mix(stream & LOW_32)))
    state[0] = mix(key ^ mix(((epoch + 1) * GOLDEN) & LOW_32) ^ mix((index >> 32) & LOW_32))
    state[1] = mix((state[0] + (index & LOW_32)) & LOW_32)
    state[2] = 0


@jit
def uniform(state: np.ndarray) -> float:
    """The next number of [0, 1)."""
    state[2] += 1
    x = mix((state[1] + state[2] * GOLDEN) & LOW_32)
    return mix(x ^ state[0]) * (1.0 / 4294967296.0)


@jit
def between(state: np.ndarray, low: float, high: float) -> float:
    """The next number of [low, high)."""
    return low + (high - low) * uniform(state)


@jit
def normal(state: np.ndarray) -> float:
    """The next standard normal number (Box & Muller 1958, one of the two)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(state)))
    return radius * math.cos(2.0 * math.pi * uniform(state))


@jit
def normal_within(state: np.ndarray, limit: float) -> float:
    """A standard normal number, cut off at ± limit."""
    return min(max(normal(state), -limit), limit)
