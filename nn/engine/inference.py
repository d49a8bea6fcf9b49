"""Predicting many samples: chunk by chunk, on several threads, each with small arrays of its own
that stay in its cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from nn.datasets.sources import ImageSource
from nn.engine.executor import Executor
from nn.engine.plan import CHUNK, Plan
from nn.layers import Layer
from nn.losses import Loss
from nn.utils.weights import weights_of


def for_each_chunk(
    layers: Sequence[Layer],
    dtype: np.dtype,
    size: int,
    threads: int | None,
    work: Callable[[Plan, slice], None],
    *,
    loss: Loss | None = None,
) -> None:
    """Call work(plan, rows) for the rows 0 ... size - 1, chunk by chunk; the plan has room for one chunk and is free meanwhile.

    Every sample is computed by itself, so neither the chunks nor the threads change its result.
    """
    chunks = -(-size // CHUNK)
    with Executor(threads) as executor:
        free = [Plan(layers, CHUNK, dtype, loss, training=False) for _ in range(min(executor.threads, chunks))]

        def take(index: int) -> None:
            plan = free.pop()
            work(plan, slice(index * CHUNK, min((index + 1) * CHUNK, size)))
            free.append(plan)

        executor.run(take, chunks)


def evaluate(
    layers: Sequence[Layer], dtype: np.dtype, loss: Loss, source: ImageSource, threads: int | None
) -> tuple[float, float]:
    """The mean loss and the accuracy on all samples of a source (as of epoch 0)."""
    losses: list[float] = []
    right: list[float] = []

    def score(plan: Plan, rows: slice) -> None:
        samples, indices = rows.stop - rows.start, np.arange(rows.start, rows.stop)
        source.fill(plan.images[:samples], indices, 0)
        plan.predict(samples)
        targets = source.targets(indices, 0).astype(dtype, copy=False)
        total, hits = plan.head.losses(
            plan.scores[:samples], targets, np.empty_like(targets), samples, weights_of(source, indices)
        )
        losses.append(total)
        right.append(hits)

    for_each_chunk(layers, dtype, len(source), threads, score, loss=loss)
    # fsum is exact, so the order in which the threads came does not matter.
    return math.fsum(losses) / len(source), sum(right) / len(source)
