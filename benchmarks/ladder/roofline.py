"""Measures the limits of this processor: arithmetic in registers, loads from the first-level
cache, and bytes to and from memory or a cache.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from benchmarks.peers.contender import seconds_of
from nn.engine.executor import Executor
from nn.kernels import simd_llvm  # noqa: F401 - tells Numba how vectors are compiled
from nn.kernels.memory import aligned
from nn.kernels.simd import VECTOR_BYTES, load, store

# Half a millisecond: short enough to find a processor to itself now and then on a busy machine.
ROUNDS = 200_000
# Five vectors of two registers each: ten sums in flight hide the latency of a fused multiply-add,
# and they fit in 16 registers.
CHAINS = 5
COPIED_BYTES = 128 * 2**20


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})
def _multiply_add(factor, start, rounds, out):  # type: ignore[no-untyped-def]
    """Five chains of s = s · factor + start, nothing else."""
    x = load(factor, 0)
    y = load(start, 0)
    s0 = y
    s1 = y
    s2 = y
    s3 = y
    s4 = y
    for _ in range(rounds):
        s0 = s0 * x + y
        s1 = s1 * x + y
        s2 = s2 * x + y
        s3 = s3 * x + y
        s4 = s4 * x + y
    store(out, 0, s0 + s1 + s2 + s3 + s4)


def peak_gflops(threads: int, repeats: int = 500) -> float:
    """The most float32 operations that the given number of threads can do in registers, in 10⁹ a
    second.
    """
    lanes = VECTOR_BYTES // 4
    factor, start = aligned((lanes,)), aligned((lanes,))
    factor[:], start[:] = 0.5, 1.0
    outs = [aligned((lanes,)) for _ in range(threads)]

    def work(thread: int) -> None:
        _multiply_add(factor, start, ROUNDS, outs[thread])

    work(0)
    with Executor(threads) as executor:
        best = min(seconds_of(lambda: executor.run(work, threads), repeats))
    return threads * ROUNDS * CHAINS * lanes * 2 / best / 1e9


@numba.njit(nogil=True, error_model="numpy")
def _load(array, rounds, out):  # type: ignore[no-untyped-def]
    """Four sums over an array, nothing else: a load for each addition."""
    width = VECTOR_BYTES // 4
    s0 = load(array, 0)
    s1 = s0
    s2 = s0
    s3 = s0
    for _ in range(rounds):
        for i in range(0, array.size, 4 * width):
            s0 = s0 + load(array, i)
            s1 = s1 + load(array, i + width)
            s2 = s2 + load(array, i + 2 * width)
            s3 = s3 + load(array, i + 3 * width)
    store(out, 0, s0 + s1 + s2 + s3)


def loads(size: int, repeats: int = 300) -> float:
    """The float32 values that one thread can load in a second from an array of `size` bytes, again
    and again: from the first-level cache if it fits.
    """
    array, out = aligned((size // 4,)), aligned((VECTOR_BYTES // 4,))
    rounds = max(1, 2**21 // size)
    _load(array, rounds, out)
    return rounds * array.size / min(seconds_of(lambda: _load(array, rounds, out), repeats))


def bandwidth_gbs(threads: int, repeats: int = 5) -> float:
    """Bytes read and written while copying arrays much larger than the caches, in 10⁹ a second."""
    source, target = np.ones(COPIED_BYTES // 8), np.zeros(COPIED_BYTES // 8)
    edges = np.linspace(0, source.size, threads + 1).astype(int)

    def work(thread: int) -> None:
        mine = slice(edges[thread], edges[thread + 1])
        np.copyto(target[mine], source[mine])

    with Executor(threads) as executor:
        best = min(seconds_of(lambda: executor.run(work, threads), repeats))
    return 2 * COPIED_BYTES / best / 1e9


def measure(threads: int) -> dict[str, Any]:
    """Both limits for one thread and for all."""
    rows = {}
    for count in sorted({1, threads}):
        rows[str(count)] = {"peak_gflops": peak_gflops(count), "bandwidth_gbs": bandwidth_gbs(count)}
    return rows
