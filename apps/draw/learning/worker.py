"""What the process does that trains a new network: the training of `nn.train`, batch by batch as
the window wants it.
"""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from apps.draw.background.process import IDLE_SECONDS
from nn.callbacks import Callback, Logs
from nn.errors import InputError

STATES_A_SECOND = 30


def serve(connection: Connection, data: str | None = None) -> None:
    """Train whenever the window says so, until it has said nothing for a while.

    A request is ("train", fields of the recipe); meanwhile ("pause",), ("go on",), ("step",),
    ("pace", batches a second or None), ("image", (28, 28) or None), ("stop",). The answers are
    ("ready", steps in an epoch, epochs), ("state", a dictionary), ("epoch", a dictionary) and at
    last ("finished", weights, card), ("stopped",) or ("failed", a sentence).
    """
    while connection.poll(IDLE_SECONDS):
        request = connection.recv()
        if request[0] == "train":
            try:
                _train(connection, data, request[1])
            except (InputError, OSError, ArithmeticError) as error:
                connection.send(("failed", str(error)))


def _train(connection: Connection, data: str | None, fields: dict[str, Any]) -> None:
    """The same steps as `python -m nn.train` with the same options, so the weights are the same,
    bit for bit.
    """
    from nn import __version__
    from nn.datasets import mnist
    from nn.engine.executor import available_threads
    from nn.train.recipe import BEST
    from nn.train.setup import trainer_for, warm_up

    recipe = replace(BEST, **fields)
    train, test = mnist.load_data(data, mirrors=())
    limit = recipe.train_limit or len(train[0])
    train = (train[0][:limit], train[1][:limit])
    warm_up(recipe, train)
    watcher = _Watcher(connection)
    threads = max(1, available_threads() - 1)
    trainer = trainer_for(recipe, train, test, [watcher], threads)
    connection.send(("ready", trainer.steps_in_epoch, recipe.epochs))
    trainer.run()
    if watcher.stopped:
        connection.send(("stopped",))
        return
    last = trainer.progress.history[-1]
    card = {
        "recipe": asdict(recipe),
        "test_accuracy": last["val_accuracy"],
        "test_loss": last["val_loss"],
        "samples_in_epoch": len(trainer.source),
        "norms": trainer.progress.norms,
        "version": __version__,
    }
    watcher.send_state(trainer.steps_in_epoch - 1, {})
    connection.send(("finished", trainer.model.get_weights(), card))


class _Watcher(Callback):
    """Obeys the window between two batches, and sends what there is to see."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.stopped = False
        self._paused = False
        self._steps = 0  # to make although it is paused
        self._pace: float | None = None
        self._image: np.ndarray | None = None
        self._sent = self._began = 0.0
        self._sums = {"loss": 0.0, "accuracy": 0.0}
        self._recent: list[tuple[float, float]] = []  # loss and accuracy of the batches since the last state
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Sums begin anew."""
        self._epoch, self._sums = epoch, {"loss": 0.0, "accuracy": 0.0}

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """After every batch: note its loss, send a state now and then, and wait as long as the
        window wants it.
        """
        # The logs are means over the epoch so far; the batch's own values are the differences of
        # the sums.
        sums = {name: logs[name] * (batch + 1) for name in self._sums}
        self._recent.append((sums["loss"] - self._sums["loss"], sums["accuracy"] - self._sums["accuracy"]))
        self._sums = sums
        self._obey()
        now = time.monotonic()
        if now - self._sent >= 1 / STATES_A_SECOND or self._paused or self._pace:
            self.send_state(batch, logs)
        self._wait(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """The test images' accuracy."""
        self.connection.send(("epoch", dict(logs)))

    def send_state(self, batch: int, logs: Logs) -> None:
        """What there is to see after this batch."""
        from nn.engine import numpy_inference

        layers = self.model.layers
        probabilities = None
        if self._image is not None:
            image = self._image.reshape(1, *self.model.input_shape).astype(np.float32)
            probabilities = numpy_inference.forward(layers, image)[0]
        state = {
            "epoch": self._epoch,
            "batch": batch + 1,
            "recent": self._recent,
            "filters": layers[0].parameters["kernel"].copy(),
            "probabilities": probabilities,
        }
        self._recent, self._sent = [], time.monotonic()
        self.connection.send(("state", state))

    def _obey(self, seconds: float = 0.0) -> None:
        """Follow what the window has said; wait for it so long."""
        while self.connection.poll(seconds):
            seconds = 0.0
            said = self.connection.recv()
            match said[0]:
                case "pause":
                    self._paused, self._steps = True, 0
                case "go on":
                    self._paused = False
                case "step":
                    self._paused, self._steps = True, self._steps + 1
                case "pace":
                    self._pace = said[1]
                case "image":
                    self._image = said[1]
                case "stop":
                    self.stopped = self.trainer.stop_requested = True

    def _wait(self, batch: int, logs: Logs) -> None:
        """While it is paused, or until the next batch is due."""
        due = self._began + 1 / self._pace if self._pace else 0.0
        while not self.stopped:
            if self._paused and self._steps == 0:
                before = self._image
                self._obey(0.5)
                if self._image is not before:
                    self.send_state(batch, logs)
            elif (left := due - time.monotonic()) > 0:
                self._obey(left)
            else:
                break
        self._steps = max(0, self._steps - 1)
        self._began = time.monotonic()
