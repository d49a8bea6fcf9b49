"""Random numbers by counting: number k of a stream is a hash of the stream's key and k.

A number therefore depends on nothing that was drawn before. A training image is the same whichever
thread makes it, in whatever order, before or after an interruption, and a dropout mask is drawn
again on the way back instead of being stored (the idea of Salmon, Moraes, Dror & Shaw 2011,
"Parallel random numbers: as easy as 1, 2, 3"). The hash is SplitMix64 (Steele, Lea & Flood 2014).

All arithmetic is on unsigned 64-bit integers, which wrap around.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.jit import jit

GAMMA = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: consecutive counters land far apart


@jit(inline=True)
def hash64(key, counter):
    """64 random bits, a function of (key, counter) alone."""
    z = np.uint64(key) + np.uint64(counter) * GAMMA
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit(inline=True)
def random_bits(key, counter):
    """The upper 32 of those bits."""
    return np.uint32(hash64(key, counter) >> np.uint64(32))


# Streams are np.int64: Numba would compile `begin` once more for every Python number that it is
# given as a constant.
@jit
def begin(state: np.ndarray, stream: int, seed: int, epoch: int, index: int) -> None:
    """Point `state` (2,) uint64 at the first draw of a sample; different `stream`s of one sample
    are independent.
    """
    state[0] = hash64(hash64(hash64(stream, seed), epoch), index)
    state[1] = 0


@jit
def uniform(state: np.ndarray) -> float:
    """The next number of [0, 1)."""
    state[1] += np.uint64(1)
    return random_bits(state[0], state[1]) * (1.0 / 4294967296.0)


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
    """The next standard normal number, limited to ± `limit`."""
    return min(max(normal(state), -limit), limit)
