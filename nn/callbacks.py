"""Callbacks: code that watches a training or steps in. The events are Keras'."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from nn.errors import InputError
from nn.utils.arrays import Named, named

if TYPE_CHECKING:
    from nn.training import Trainer

__all__ = ["Callback", "History", "ProgressBar", "callbacks_of"]
# What `from keras.callbacks import *` has besides.
__all__ += ["CSVLogger", "EarlyStopping", "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau"]  # noqa: F822
__all__ += ["TensorBoard", "TerminateOnNaN"]  # noqa: F822

# Events of Keras that do not occur here.
NOT_HERE = ("on_test_batch_begin", "on_test_batch_end")

Logs = dict[str, float]
# Python then asks `nn.utils.keras_names` for unknown names, which are refused in a sentence.
__path__: list[str] = []


class Callback:
    """The base: override the events you want. `logs` holds the epoch's mean loss so far, and its
    accuracy where the model keeps one.

    Attributes:
        model: the `Sequential` in training.
        params: "epochs", "steps" of an epoch, "batch_size" and "samples".
        trainer: the loop itself, while it trains, and None after that; `trainer.stop_requested =
            True`, or `model.stop_training = True` as in Keras, ends the training after this batch.
    """

    model: Any
    params: dict[str, Any]
    trainer: Trainer

    def on_train_begin(self, logs: Logs) -> None:
        """Before the first batch."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last batch."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch; logs also holds val_loss and val_accuracy, if there is validation data."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a batch, counted from 0 in its epoch. Calls `on_batch_begin`, the event's older
        name, unless overridden.
        """
        self.on_batch_begin(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs) -> None:
        """See `on_train_batch_begin`."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch, counted from 0 in its epoch. Calls `on_batch_end`, the event's older
        name, unless overridden.
        """
        self.on_batch_end(batch, logs)

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """See `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs) -> None:
        """Before the validation after an epoch."""

    def on_test_end(self, logs: Logs) -> None:
        """After it; logs holds the values of the validation as loss and accuracy."""


@contextlib.contextmanager
def lent(trainer: Trainer, params: dict[str, Any]) -> Iterator[None]:
    """Inside, the trainer's callbacks know it, its model and its `params`; after that they have the
    trainer that they had before, or None.

    A trainer and a callback that hold each other would keep the images in memory until garbage is
    collected.
    """
    before: list[tuple[Callback, Any]] = [(each, getattr(each, "trainer", None)) for each in trainer.callbacks]
    for callback, _ in before:
        callback.model, callback.trainer, callback.params = trainer.model, trainer, params
    try:
        yield
    finally:
        for callback, former in before:
            callback.trainer = former


class History(Callback):
    """What `fit` returns: a value for each epoch of loss, accuracy, val_loss and val_accuracy.

    Accuracy has the name that `compile(metrics=...)` gave it; where the model keeps none
    (`Sequential.metrics_names`), it is missing. A `History()` of one's own, given to `fit` as a
    callback, has the same values.

    Attributes:
        history: lists by name.
        epoch: the epochs' indices, from 0.
        seconds: what each epoch took.
    """

    def __init__(self, model: Any = None) -> None:
        self.model = model
        self.history: Named = Named()
        self.epoch: list[int] = []
        self.seconds: list[float] = []

    def record(self, entry: dict[str, float]) -> None:
        """Append one epoch: `entry` holds its number from 1 under "epoch", and its values by name."""
        self.epoch.append(int(entry["epoch"]) - 1)
        self.seconds.append(entry["seconds"])
        for name, value in named(entry, self.model.metrics_names).items():
            if name not in ("epoch", "seconds"):
                self.history.setdefault(name, []).append(value)

    def on_train_begin(self, logs: Logs) -> None:
        """The epochs are those of one training; the values go on, as in Keras."""
        self.epoch, self.seconds = [], []

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Append the epoch."""
        self.record(self.trainer.progress.history[-1])


class ProgressBar(Callback):
    """A bar with loss, accuracy, images a second and time left, and a line that stays for each
    epoch.

    Args:
        file: where to write; the bar itself only appears on a terminal, the lines always.
        bar: False never shows it.
    """

    def __init__(self, file: TextIO | None = None, bar: bool = True) -> None:
        self.file = sys.stdout if file is None else file
        # A process need not have a stdout (`>&-`, windowed programs on Windows); then nothing is
        # printed.
        self.shown = bar and self.file is not None and self.file.isatty()

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Open the epoch's bar."""
        from tqdm import tqdm

        trainer = self.trainer
        samples = len(trainer.source)
        self.bar = tqdm(
            total=samples,
            initial=min(trainer.progress.step * trainer.batch_size, samples),
            desc=f"Epoch {epoch + 1}/{trainer.epochs}",
            unit=" images",
            unit_scale=True,
            leave=False,
            bar_format="{desc} |{bar}| {percentage:3.0f} %, {rate_fmt}, {remaining} left{postfix}",
            file=self.file,
            disable=not self.shown,
        )

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """Move the bar."""
        self.bar.set_postfix_str(", ".join(f"{name} {value:.4f}" for name, value in logs.items()), refresh=False)
        self.bar.update(min((batch + 1) * self.trainer.batch_size, len(self.trainer.source)) - self.bar.n)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Replace the bar by the line."""
        self.bar.close()
        values = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
        seconds = self.trainer.progress.history[-1]["seconds"]
        print(f"Epoch {epoch + 1}/{self.trainer.epochs}  {values}  {seconds:.1f} s", file=self.file, flush=True)

    def on_train_end(self, logs: Logs) -> None:
        """Take away the bar of an unfinished epoch."""
        if hasattr(self, "bar"):
            self.bar.close()


def callbacks_of(callbacks: Callback | Iterable[Callback] | None) -> list[Callback]:
    """The callbacks as a list; `InputError` for other objects, and for events that Keras has and
    this loop has not. A method that is only named like an event is never called, in Keras neither:
    a warning says so. Those of `predict` never come in a training.
    """
    found = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
    for callback in found:
        if not isinstance(callback, Callback):
            raise InputError(f"fit: callbacks must be nn.callbacks.Callback objects, got {callback!r}")
        events = [name for name in dir(callback) if name.startswith("on_") and not name.startswith("on_predict_")]
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name in events:
            said = f"there is no event {name} for {type(callback).__name__}, only {', '.join(known)}"
            if name in NOT_HERE:
                raise InputError(f"fit: {said}")
            if name not in known:
                warnings.warn(f"fit: {said}; it is never called", stacklevel=3)
    return found


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.callbacks", name)
