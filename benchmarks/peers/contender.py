"""What a contender in a race can be asked for; each one runs in a process of its own (`worker.py`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.network import BATCH_SIZE

Call = Callable[[], Any]


@dataclass(frozen=True)
class Job:
    """What all contenders of a race are given alike.

    Attributes:
        threads: how many each may use.
        batch_size: of training.
        limit: train on that many images.
        seed: of weights and shuffling.
        width, size: of the network's layers and of the images, 1 and 28 pixels as the student has them.
        data: the folder of the images, if not the usual one.
    """

    threads: int
    batch_size: int = BATCH_SIZE
    limit: int | None = None
    seed: int = 0
    width: float = 1.0
    size: int = 28
    data: str | None = None


@dataclass
class Contender:
    """The base: loads the data and builds the model when made."""

    job: Job
    libraries: dict[str, str] = field(default_factory=dict)

    def epoch(self, number: int) -> None:
        """Train once over all images, in an order of its own for each `number`."""
        raise NotImplementedError

    def accuracy(self) -> float:
        """The part of the test images that are read right."""
        raise NotImplementedError

    def digest(self) -> str:
        """Of all weights: equal if and only if every bit is."""
        raise NotImplementedError

    def calls(self, kind: str) -> dict[str, Call]:
        """Ways to do one thing, by name: kind "all" predicts the test images, "one" a single image."""
        raise NotImplementedError


def seconds_of(call: Call, repeats: int) -> list[float]:
    """The duration of each of `repeats` calls."""
    durations = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        durations.append(time.perf_counter() - began)
    return durations
