"""What the helper process does for lessons: it trains and checks, so that the window's own memory
stays as it is.
"""

from __future__ import annotations

import gc
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from apps.draw.background.process import IDLE_SECONDS
from nn.errors import InputError

Weights = list[np.ndarray]


def serve(connection: Connection, base: Path, data: str | None, samples: int | None = None) -> None:
    """Give lessons until there has been nothing to do for a while.

    A request is ("teach", labels, images, weights): the kept drawings, and the weights that are
    read with now (None: the base's). The answers are ("phase", name, share done) and ("taught",
    weights, card, accuracy before, accuracy after) or ("stopped",).
    """
    room = _Classroom(base, data, samples)
    while connection.poll(IDLE_SECONDS):
        request = connection.recv()
        if request[0] != "teach":
            continue
        try:
            room.teach(connection, *request[1:])
        except (InputError, OSError, ArithmeticError) as error:
            connection.send(("failed", str(error)))
        else:
            connection.send(("done",))
        gc.collect()  # a network's layers hold each other, and the next lesson makes another network


class _Classroom:
    """The base model, what is replayed, and accuracies that are known already."""

    def __init__(self, base: Path, data: str | None, samples: int | None) -> None:
        self._base, self._data, self._samples = base, data, samples
        self._model: Any = None
        self._replayed: Any = None
        self._known: list[tuple[Weights | None, float | None]] = []

    def teach(self, connection: Connection, labels: list[int], images: np.ndarray, weights: Weights | None) -> None:
        """One lesson."""
        from apps.draw.teaching.jobs import CHECKING, LEARNING
        from apps.draw.teaching.kept_drawings import Kept
        from apps.draw.teaching.training import SAMPLES, teach

        self._prepare()
        stop = threading.Event()
        last = [0.0]

        def progress(share: float) -> None:
            if connection.poll() and connection.recv()[0] == "stop":
                stop.set()
            if time.monotonic() - last[0] > 0.05:
                last[0] = time.monotonic()
                connection.send(("phase", LEARNING, share))

        before = self._accuracy(weights)
        drawings = [Kept(Path(), label, image) for label, image in zip(labels, images, strict=True)]
        samples = self._samples or SAMPLES
        taught = teach(self._model, drawings, self._replayed, samples=samples, threads=_threads(), progress=progress, stop=stop)
        if taught is None:
            connection.send(("stopped",))
            return
        connection.send(("phase", CHECKING, 1.0))
        new = taught.get_weights()
        connection.send(("taught", new, taught.card, before, self._accuracy(new)))

    def _prepare(self) -> None:
        """Load what is replayed and the model that lessons start from, and compile; once."""
        if self._model is not None:
            return
        from apps.draw.teaching.training import find_replay_data, warm_up
        from nn.pretrained import load_reader

        self._replayed = find_replay_data(self._data)
        model, _ = load_reader(self._base)
        warm_up(model, self._replayed)
        self._model = model

    def _accuracy(self, weights: Weights | None) -> float | None:
        """The share of test images that the model reads with these weights; the last few are
        remembered.
        """
        from apps.draw.teaching.copying import copied
        from apps.draw.teaching.training import accuracy_of

        for known, accuracy in self._known:
            if _equal(known, weights):
                return accuracy
        model = self._model if weights is None else copied(self._model)
        if weights is not None:
            model.set_weights(weights)
        accuracy = accuracy_of(model, self._replayed, _threads())
        self._known = [*self._known[-3:], (weights, accuracy)]
        return accuracy


def _equal(one: Weights | None, other: Weights | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _threads() -> int:
    """All processors but one, which is left to the pen."""
    from nn.engine.executor import available_threads

    return max(1, available_threads() - 1)
