"""Keras' callbacks that watch a value of each epoch: `EarlyStopping`, `ModelCheckpoint`,
`ReduceLROnPlateau`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.callbacks import Callback, Logs
from nn.datasets.arguments import METRICS as ACCURACIES
from nn.errors import InputError


class Monitor(Callback):
    """The base of callbacks that watch one value, by its name in the logs.

    Args:
        monitor: "val_loss", "accuracy" and so on. Each name of the accuracy means the accuracy.
        mode: "min" or "max" for which values are better; "auto" takes the larger accuracy and the
            smaller of all else.
        min_delta: a smaller gain does not count.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise InputError(f"{type(self).__name__}: expected mode 'auto', 'min' or 'max', got {mode!r}")
        self.monitor = monitor
        rises = mode == "max" or (mode == "auto" and "acc" in monitor)
        self.sign, self.min_delta = (-1.0 if rises else 1.0), abs(min_delta)
        self.warned = False

    def value(self, logs: Mapping[str, float]) -> float | None:
        """The value in the logs; None, and a warning, where it is missing."""
        prefix, name = ("val_", self.monitor[4:]) if self.monitor.startswith("val_") else ("", self.monitor)
        for key in (self.monitor, *(prefix + other for other in ACCURACIES if name in ACCURACIES)):
            if key in logs:
                return logs[key]
        if not self.warned:
            here = ", ".join(logs)
            warnings.warn(f"{type(self).__name__} does nothing: {self.monitor!r} is not among {here}", stacklevel=2)
            self.warned = True
        return None

    def is_better(self, value: float, best: float) -> bool:
        """Whether a value is better than the best so far, by more than `min_delta`."""
        return self.sign * value < self.sign * best - self.min_delta

    @property
    def worst(self) -> float:
        """Where to begin."""
        return self.sign * np.inf


class EarlyStopping(Monitor):
    """End the training when a value has not improved for more than `patience` epochs.

    Args:
        monitor, min_delta, mode: see `Monitor`.
        patience: epochs without improvement after which the training ends.
        verbose: 1 prints a line.
        baseline: the value that has to be beaten from the beginning.
        restore_best_weights: afterwards the model has the weights of its best epoch.
        start_from_epoch: epochs before it do not count.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self._forget()

    def _forget(self) -> None:
        self.stopped_epoch = self.best_epoch = self.wait = 0
        self.best = self.worst
        self.best_weights: list[NDArray] | None = None

    def on_train_begin(self, logs: Logs) -> None:
        """Forget the training before."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare, and perhaps stop."""
        value = self.value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_better(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs) -> None:
        """Report, and restore the best weights."""
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(Monitor):
    """Save the model after every epoch, or after those that are the best so far.

    Args:
        filepath: where to; "{epoch:02d}" and "{val_loss:.3f}" are replaced. The ending chooses the
            format, as in `save`.
        save_best_only: only where the monitored value is better than ever before.
        save_weights_only: with `save_weights` instead of `save`.
        save_freq: "epoch", or a number of batches after which the model is saved each time.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        *,
        period: int = 1,
    ) -> None:
        super().__init__(monitor, mode)
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise InputError(f"ModelCheckpoint: expected save_freq='epoch' or a number of batches, got {save_freq!r}")
        self.batches = None if isinstance(save_freq, str) else save_freq
        self.epoch = self.seen = 0
        if not isinstance(period, int) or period < 1:
            raise InputError(f"ModelCheckpoint: expected period to be a whole number of at least 1, got {period!r}")
        self.filepath, self.verbose, self.period = os.fspath(filepath), verbose, period
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.best = self.worst if initial_value_threshold is None else initial_value_threshold

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Know the epoch of the batches that follow."""
        self.epoch = epoch

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """Save after every `save_freq` batches."""
        self.seen += 1
        if self.batches is not None and self.seen >= self.batches:
            self.seen = 0
            self._save(self.epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save, if it is time."""
        if self.batches is None and (epoch + 1) % self.period == 0:
            self._save(epoch, logs)

    def _save(self, epoch: int, logs: Logs) -> None:
        if self.save_best_only:
            value = self.value(logs)
            if value is None or not self.is_better(value, self.best):
                return
            self.best = value
        path = self._path(epoch, logs)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            print(f"Epoch {epoch + 1}: saved {path}")

    def _path(self, epoch: int, logs: Logs) -> str:
        values: dict[str, Any] = {**logs, "epoch": epoch + 1}
        for prefix in ("", "val_"):
            for name in ACCURACIES:
                if f"{prefix}accuracy" in logs:
                    values.setdefault(prefix + name, logs[f"{prefix}accuracy"])
        try:
            return self.filepath.format(**values)
        except (LookupError, ValueError) as error:
            raise InputError(f"ModelCheckpoint: filepath {self.filepath!r} may name {', '.join(values)}; got {error}") from error


class ReduceLROnPlateau(Monitor):
    """Multiply the learning rate by `factor` when a value has not improved for `patience` epochs.

    Args:
        monitor, mode, min_delta: see `Monitor`; `epsilon` is the older name of `min_delta`.
        cooldown: epochs after a change that do not count.
        min_lr: the rate goes no lower.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        *,
        epsilon: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, min_delta if epsilon is None else epsilon)
        if not 0 < factor < 1:
            raise InputError(f"ReduceLROnPlateau: expected factor between 0 and 1, got {factor!r}")
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self._forget()

    def _forget(self) -> None:
        self.best, self.wait, self.resting = self.worst, 0, 0

    def on_train_begin(self, logs: Logs) -> None:
        """Forget the training before."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare, and perhaps lower the rate."""
        value = self.value(logs)
        if value is None:
            return
        if self.resting > 0:
            self.resting, self.wait = self.resting - 1, 0
        if self.is_better(value, self.best):
            self.best, self.wait = value, 0
        elif self.resting <= 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._lower(epoch)

    def _lower(self, epoch: int) -> None:
        rate = constant_rate(self.model.optimizer, "ReduceLROnPlateau")
        if rate > self.min_lr:
            self.model.optimizer.learning_rate = max(rate * self.factor, self.min_lr)
            self.resting, self.wait = self.cooldown, 0
            if self.verbose:
                print(f"Epoch {epoch + 1}: learning rate {rate:g} -> {self.model.optimizer.learning_rate:g}")


def constant_rate(optimizer: Any, name: str) -> float:
    """The optimizer's learning rate, if it is a number and not a schedule."""
    rate = optimizer.learning_rate
    if callable(rate):
        raise InputError(f"{name}: expected an optimizer with a constant learning rate, got the schedule {rate!r}")
    return float(rate)
