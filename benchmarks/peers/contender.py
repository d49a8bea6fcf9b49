"""The interface of a contender in a race; each contender runs in a process of its own
(`worker.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.peers.network import BATCH_SIZE, SETUPS, Network, Setup, student_network

Call = Callable[[], Any]


@dataclass(frozen=True)
class Job:
    """The settings that all contenders of a race share.

    Attributes:
        threads: how many threads each may use.
        batch_size: of the training.
        limit: train on the first `limit` images only.
        seed: of the first weights and the order.
        width: factor on the widths of the network's layers; 1 is the student's network.
        size: of the images, in pixels; the student's are 28.
        setup: the name of one of `SETUPS`, which decides the network, its optimizer and the images' channels.
        cycle: whether the rate of Adadelta goes through one cycle in the first epoch, as in `nn.train --fast`.
        data: the folder of the images, if not the usual one.
    """

    threads: int
    batch_size: int = BATCH_SIZE
    limit: int | None = None
    seed: int = 0
    width: float = 1.0
    size: int = 28
    setup: str = "student"
    cycle: bool = False
    data: str | None = None

    @property
    def what(self) -> Setup:
        """The setup by its name."""
        return SETUPS[self.setup]

    @property
    def network(self) -> Network:
        """The network to train."""
        return student_network(self.width) if self.setup == "student" else self.what.network


@dataclass
class Contender:
    """The base class. A contender loads the data and builds the model in its `__init__`."""

    job: Job
    libraries: dict[str, str] = field(default_factory=dict)

    def epoch(self, index: int) -> None:
        """Train once over all images, in an order that depends on `index`."""
        raise NotImplementedError

    def accuracy(self) -> float:
        """The share of the test images that are classified correctly."""
        raise NotImplementedError

    def digest(self) -> str:
        """A digest of all weights: equal if and only if every bit is equal."""
        raise NotImplementedError

    def calls(self, kind: str) -> dict[str, Call]:
        """Every way to do one job, by name; kind "all" predicts the test images, "one" a single
        image.
        """
        raise NotImplementedError


def seconds_of(call: Call, repeats: int) -> list[float]:
    """The duration of each of `repeats` calls."""
    durations = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        durations.append(time.perf_counter() - began)
    return durations
