"""How fast this processor multiplies matrices: with NumPy, with PyTorch, with our own kernel."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.machine import versions
from benchmarks.peers.contender import Call, Contender, Job
from benchmarks.peers.contest import processes, rest
from benchmarks.peers.conv_shapes import PRODUCTS
from nn.engine.executor import Executor
from nn.kernels import dense
from nn.kernels.memory import aligned, aligned_copy

ROWS_IN_BLOCK = 64


def best_rate(threads: int, with_torch: bool, repeats: int = 10) -> dict[str, float]:
    """GFLOP/s of the fastest product of each library, each in a process of its own, in turn."""
    names = ["ours-product"] + ["torch-product"] * with_torch
    rates: dict[str, float] = {}
    with processes(names, Job(threads)) as started:
        for process in started:
            for way in process.ask("ways", kind="product"):
                rest()
                name, flop = way.split(": ")[0], 2 * np.prod([int(size) for size in way.split(": ")[1].split(" x ")])
                rate = float(flop) / min(process.ask("time", way=way, repeats=repeats, warm=3)) / 1e9
                rates[name] = max(rate, rates.get(name, 0.0))
    return rates


class OurProduct(Contender):
    """NumPy's product and our kernel. NumPy takes its number of threads from the environment; by
    default it uses all cores.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job, versions(("numpy", "numba")))
        self.executor = Executor(job.threads)

    def calls(self, kind: str) -> dict[str, Call]:
        """Each product in each size."""
        ways: dict[str, Call] = {}
        for rows, inner, columns in PRODUCTS:
            rng = np.random.default_rng(0)
            a, b = (aligned_copy(rng.random(shape, np.float32)) for shape in ((rows, inner), (inner, columns)))
            label = f"{rows} x {inner} x {columns}"
            ways[f"numpy: {label}"] = partial(np.matmul, a, b, out=aligned((rows, columns)))
            ways[f"our tile: {label}"] = self._tile(a, b)
        return ways

    def _tile(self, a: np.ndarray, b: np.ndarray) -> Call:
        """Our matrix product; the threads share the rows."""
        out = aligned((len(a), b.shape[1]))

        def block(index: int) -> None:
            rows = slice(index * ROWS_IN_BLOCK, (index + 1) * ROWS_IN_BLOCK)
            dense.product_into(out[rows], a[rows], b)

        return lambda: self.executor.run(block, len(a) // ROWS_IN_BLOCK)
