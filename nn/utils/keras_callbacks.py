"""Keras' callbacks besides those of `nn/callbacks.py`; a script finds them as
`nn.callbacks.EarlyStopping` and so on.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from typing import Any, TextIO

from nn.callbacks import Callback, Logs
from nn.errors import InputError
from nn.utils.keras_monitors import constant_rate
from nn.utils.signatures import signature_of


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch: `schedule(epoch)` or `schedule(epoch, rate)`,
    counted from 0.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise InputError(f"LearningRateScheduler: expected a function of the epoch, got {schedule!r}")
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Ask for the rate."""
        optimizer = self.model.optimizer
        if _takes_two(self.schedule):
            rate = self.schedule(epoch, constant_rate(optimizer, "LearningRateScheduler"))
        else:
            rate = self.schedule(epoch)
        optimizer.learning_rate = float(rate)
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {float(rate):g}")


def _takes_two(schedule: Callable[..., float]) -> bool:
    try:
        signature_of(schedule).bind(None, None)
    except TypeError:
        return False
    return True


class CSVLogger(Callback):
    """Write a line of values for each epoch.

    Args:
        filename: the file.
        separator: between values.
        append: go on with the file that is there.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = filename, separator, append
        self.file: TextIO | None = None

    def on_train_begin(self, logs: Logs) -> None:
        """Open the file."""
        new = not (self.append and os.path.exists(self.filename) and os.path.getsize(self.filename))
        self.file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115
        self.named = not new

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """A line; before the first, the names."""
        if self.file is None:
            return
        writer = csv.writer(self.file, delimiter=self.separator)
        if not self.named:
            writer.writerow(["epoch", *sorted(logs)])
            self.named = True
        writer.writerow([epoch, *(logs[name] for name in sorted(logs))])
        self.file.flush()

    def on_train_end(self, logs: Logs) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
            self.file = None


class TensorBoard(Callback):
    """Writes nothing, and says so: TensorBoard's event files are not supported."""

    def __init__(self, log_dir: str | os.PathLike[str] = "logs", **options: Any) -> None:
        self.log_dir = log_dir

    def on_train_begin(self, logs: Logs) -> None:
        """The line."""
        print(f"TensorBoard: no event files are written to {self.log_dir}; nn.callbacks.CSVLogger writes each epoch's values")


class TerminateOnNaN(Callback):
    """Accepted: a training always ends with `nn.errors.Diverged` when its loss is no longer
    finite.
    """


class LambdaCallback(Callback):
    """Functions for events: `LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))`."""

    def __init__(self, **events: Callable[..., Any] | None) -> None:
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in events.items():
            if name not in known:
                raise InputError(f"LambdaCallback: there is no event {name}, only {', '.join(known)}")
            if function is not None:
                setattr(self, name, function)
