"""Predicting many samples: part by part, on several threads, each with small arrays of its own that stay in its cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nn.engine.executor import Executor
from nn.engine.operations import PART
from nn.engine.plan import Plan
from nn.layers import Layer


def for_each_part(
    layers: Sequence[Layer], dtype: np.dtype, size: int, threads: int | None, work: Callable[[Plan, slice], None]
) -> None:
    """Call work(plan, rows) for the rows 0 ... size - 1 in parts; the plan has room for one part and is free meanwhile.

    Every sample is computed by itself, so neither the parts nor the threads change its result.
    """
    parts = -(-size // PART)
    with Executor(threads) as executor:
        free = [Plan(layers, PART, dtype) for _ in range(min(executor.threads, parts))]

        def take(number: int) -> None:
            plan = free.pop()
            work(plan, slice(number * PART, min((number + 1) * PART, size)))
            free.append(plan)

        executor.run(take, parts)
