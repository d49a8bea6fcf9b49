"""Checks and times the rungs of a ladder (`ladders.py`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.ladder.rungs import Ladder, Rung

TOLERANCE = 1e-4  # of the largest value: another order of sums in float32, and Winograd's rounding
SLOW = 0.2  # seconds; slower rungs are timed once


def check(ladder: Ladder) -> tuple[str, float] | None:
    """The first rung whose result differs from the first rung's, and by how much."""
    for rung in ladder.rungs:
        rung.run()
    for rung in ladder.rungs[1:]:
        error = difference(ladder.rungs[0], rung)
        if not error <= TOLERANCE:
            return rung.name, error
    return None


def difference(right: Rung, rung: Rung) -> float:
    """The largest difference between two rungs' results, as a share of the largest value; over the
    images that both computed.
    """
    errors = []
    for expected, got in zip(right.results(), rung.results(), strict=True):
        same = expected[: len(got)]
        errors.append(float(np.abs(got - same).max() / np.abs(same).max()))
    return max(errors)


def measure(ladder: Ladder, rounds: int, peak: float) -> list[dict[str, Any]]:
    """A row for each rung with its best time; the rungs are timed in turns."""
    seconds: list[list[float]] = [[_seconds_of(rung.run)] for rung in ladder.rungs]
    for _ in range(rounds):
        for rung, times in zip(ladder.rungs, seconds, strict=True):
            if times[0] < SLOW:
                times += [_seconds_of(rung.run) for _ in range(3)]
    rows: list[dict[str, Any]] = []
    for rung, times in zip(ladder.rungs, seconds, strict=True):
        images = rung.images or ladder.images
        per_image = min(times) / images
        row: dict[str, Any] = {"ladder": ladder.name, "name": rung.name, "us_per_image": 1e6 * per_image}
        if ladder.flop:
            gflops = ladder.flop / ladder.images / per_image / 1e9
            row |= {"gflops": gflops, "work": rung.work, "peak": 100 * gflops * rung.work / peak}
        rows.append(row)
    for row in rows:
        row["gain"] = rows[0]["us_per_image"] / row["us_per_image"]
    return rows


def _seconds_of(run: Callable[[], Any]) -> float:
    """The processor time of one call in this thread: what other processes do on the machine does
    not count.
    """
    began = time.thread_time()
    run()
    return time.thread_time() - began
