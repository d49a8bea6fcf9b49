"""The training loop: epochs and steps, and a record of where it stands, so that it can be stopped
and resumed.

What a step does is up to an engine: `nn/engine/textbook.py` in four calls, `nn/engine/fused.py`
several times faster.

All randomness is a function of (seed, epoch, step): the order of the samples, the dropout keys,
the augmentation. There is no generator whose state would have to be saved.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nn.callbacks import Callback, History, ProgressBar, lent
from nn.datasets.sources import ImageSource
from nn.engine import ENGINES, diagnosis, inference
from nn.engine.compiling import first_step
from nn.engine.fused import FusedEngine
from nn.engine.step import Step
from nn.engine.textbook import TextbookEngine
from nn.engine.trainable import TrainableStack
from nn.errors import Diverged, InputError
from nn.layers.stack import Keys
from nn.optimizers.norms import Norms, norms_of
from nn.utils.arrays import Named, named

# Streams of random numbers, so that no two purposes share one.
SHUFFLE, KEYS = 1, 2
STEPS_AHEAD = 64


class Engine(Protocol):
    """What does the steps. Both engines take their samples, masks and rates from the same `Step`."""

    def train(self, step: Step) -> tuple[float, float]:
        """One training step; the sum of the losses and the number of right answers. A loss that is
        not finite changes nothing.
        """

    def evaluate(self, source: ImageSource) -> tuple[float, float]:
        """The mean loss and the accuracy on all samples of a source."""

    def close(self) -> None:
        """Free what the engine holds."""


@dataclass
class Progress:
    """Where a training stands: everything that changes besides the layers' arrays and the
    optimizer's slots.

    `epoch` and `step` (within the epoch) are the next to be done; the sums are over the epoch's
    samples so far. `history` and `norms` (`nn.optimizers.norms`) have an entry for each finished
    epoch.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    right: float = 0
    seen: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    norms: list[Norms] = field(default_factory=list)

    def logs(self) -> dict[str, float]:
        """The epoch's means so far."""
        return {"loss": self.loss_sum / max(self.seen, 1), "accuracy": self.right / max(self.seen, 1)}


class Trainer:
    """Trains a compiled model on a source; `Sequential.fit` is a thin wrapper around it.

    Args:
        model, source: what is trained, on what.
        batch_size: the samples of a step; the last step of an epoch may have fewer.
        epochs: the epoch at which the training ends.
        shuffle: a new order in every epoch.
        seed: of the order, of dropout and of all that the source draws.
        validation: evaluated after every epoch.
        callbacks: see `nn.callbacks`.
        threads: as many as there are processors unless given; it changes no bit of the result.
        engine: "fused" or "layers", see above.
        initial_epoch: the first to be done, counted from 0; those before it count as done.

    Attributes:
        progress: where it stands; assign one from a checkpoint before `run` to go on from there.
        stop_requested: set it (from a signal handler or a callback) to stop after the current
            step.
    """

    def __init__(
        self,
        model: TrainableStack,
        source: ImageSource,
        *,
        batch_size: int,
        epochs: int,
        shuffle: bool = True,
        seed: int = 0,
        validation: ImageSource | None = None,
        callbacks: Sequence[Callback] = (),
        threads: int | None = None,
        engine: str = "fused",
        initial_epoch: int = 0,
    ) -> None:
        self.model: Any = model  # a `Sequential`, as a rule
        self.source = source
        self.batch_size = min(batch_size, len(source))
        self.epochs = epochs
        self.shuffle = shuffle
        self.seed = seed
        self.validation = validation
        self.callbacks = list(callbacks)
        self.threads = threads
        self.engine = check_engine(engine)
        self.progress = Progress(initial_epoch)
        self.stop_requested = False
        self._is_warm = False  # whether a step was begun, which compiles what is not there
        self.steps_in_epoch = -(-len(source) // self.batch_size)

    def run(self) -> History:
        """All epochs that are left."""
        model = self.model
        history = History(model)
        sizes = {"batch_size": self.batch_size, "samples": len(self.source)}
        history.params = {"epochs": self.epochs, "steps": self.steps_in_epoch, **sizes}
        engine = engine_for(model, self.engine, self.batch_size, self.threads)
        # The optimizer may have done steps before this training; those of a resumed one are in the
        # progress.
        self._steps_before = model.iterations - self._steps_done()
        # Trainings one after another take new orders and keys: those of one longer training.
        self._epochs_before = max(self._steps_before, 0) // self.steps_in_epoch
        with lent(self, history.params), contextlib.closing(engine):
            for entry in self.progress.history:
                history.record(entry)
            self._notify("on_train_begin")
            while self.progress.epoch < self.epochs and not self._stops():
                self._run_epoch(engine)
                if self.progress.step == self.steps_in_epoch:
                    history.record(self._finish_epoch(engine))
            if model.stop_training:
                self._keep_average()
            self._notify("on_train_end")
        return history

    def _run_epoch(self, engine: Engine) -> None:
        progress = self.progress
        order = self._order(progress.epoch)
        keys = self._keys()
        began = time.perf_counter() - progress.seconds
        self._notify("on_epoch_begin", progress.epoch)
        while progress.step < self.steps_in_epoch and not self._stops():
            indices = order[progress.step * self.batch_size : (progress.step + 1) * self.batch_size]
            self._notify("on_train_batch_begin", progress.step)
            with self._compiling():
                self._train_step(engine, indices, next(keys))
            progress.step += 1
            progress.seconds = time.perf_counter() - began
            self._notify("on_train_batch_end", progress.step - 1)

    def _compiling(self) -> contextlib.AbstractContextManager[None]:
        """Around a step: on a new machine the first one compiles the kernels."""
        if self._is_warm or self.engine != "fused":
            return contextlib.nullcontext()
        self._is_warm = True
        return first_step(self.model, reported=any(isinstance(callback, ProgressBar) for callback in self.callbacks))

    def _stops(self) -> bool:
        return self.stop_requested or self.model.stop_training

    def _steps_done(self) -> int:
        return self.progress.epoch * self.steps_in_epoch + self.progress.step

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """The samples of an epoch in the order in which they are seen."""
        if not self.shuffle:
            return np.arange(len(self.source))
        return np.random.default_rng([SHUFFLE, self.seed, self._epochs_before + epoch]).permutation(len(self.source))

    def _keys(self) -> Iterator[Keys]:
        """For each step of the epoch that is left, a random key for each random layer by name.

        Drawn for many steps at once: between two steps NumPy's generators have left the caches,
        and take five times as long.
        """
        first = (self._epochs_before + self.progress.epoch) * self.steps_in_epoch
        for begin in range(self.progress.step, self.steps_in_epoch, STEPS_AHEAD):
            steps = range(first + begin, first + min(begin + STEPS_AHEAD, self.steps_in_epoch))
            yield from [self.model.random_keys(np.random.default_rng([KEYS, self.seed, step])) for step in steps]

    def _train_step(self, engine: Engine, indices: NDArray[np.int64], keys: Keys) -> None:
        """One batch through the engine, and its results into the progress."""
        progress, optimizer = self.progress, self.model.optimizer
        number = self._steps_before + self._steps_done()
        step = Step(
            source=self.source,
            indices=indices,
            epoch=progress.epoch,
            keys=keys,
            optimizer=optimizer,
            slots=self.model.slots(),
            rate=optimizer.rate_at(number),
            number=number,
        )
        penalty = self.model.penalty() * len(step)
        loss, right = engine.train(step)
        loss += penalty
        if not math.isfinite(loss):
            where = f"the loss became {loss} in epoch {progress.epoch + 1}, batch {progress.step + 1}"
            raise Diverged(f"{where}{diagnosis.of_batch(self.model, step)}")
        self.model.iterations = number + 1
        progress.loss_sum += loss
        progress.right += right
        progress.seen += len(step)

    def _keep_average(self) -> None:
        """The training is over: the moving average of the weights, if the optimizer has kept one,
        replaces them.
        """
        if self.model.optimizer.use_ema:
            slots = self.model.slots()
            for name, parameter in self.model.parameters().items():
                parameter[...] = slots[name][-1]

    def _finish_epoch(self, engine: Engine) -> dict[str, float]:
        """Validate, record, and move on to the next epoch."""
        progress = self.progress
        logs = progress.logs()
        if progress.epoch + 1 == self.epochs:
            self._keep_average()
        if self.validation is not None:
            logs |= self._validate(engine, self.validation)
        entry = {"epoch": progress.epoch + 1, **logs, "seconds": progress.seconds}
        norms = [*progress.norms, norms_of(self.model.parameters(), self.model.slots(), self.model.optimizer)]
        self.progress = Progress(progress.epoch + 1, history=[*progress.history, entry], norms=norms)
        for callback in self.callbacks:
            callback.on_epoch_end(progress.epoch, self._named(logs))
        return entry

    def _validate(self, engine: Engine, validation: ImageSource) -> dict[str, float]:
        """val_loss and val_accuracy; the time that they take counts as the epoch's."""
        self._notify("on_test_begin", logs={})
        began = time.perf_counter()
        loss, accuracy = engine.evaluate(validation)
        loss += self.model.penalty()
        self.progress.seconds += time.perf_counter() - began
        if not math.isfinite(loss):
            where = f"the validation loss became {loss} after epoch {self.progress.epoch + 1}"
            raise Diverged(f"{where}{diagnosis.of_weights(self.model)}")
        self._notify("on_test_end", logs={"loss": loss, "accuracy": accuracy})
        return {"val_loss": loss, "val_accuracy": accuracy}

    def _notify(self, event: str, *arguments: int, logs: dict[str, float] | None = None) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*arguments, self._named(self.progress.logs() if logs is None else logs))

    def _named(self, logs: dict[str, float]) -> Named:
        """The values that `compile` asked for, under its names."""
        return named(logs, self.model.metrics_names)


def check_engine(engine: str) -> str:
    """The name of an engine, if there is such an engine."""
    if engine not in ENGINES:
        raise InputError(f"engine: expected one of {', '.join(ENGINES)}, got {engine!r}")
    return engine


def engine_for(model: TrainableStack, name: str, batch_size: int, threads: int | None) -> Engine:
    """The engine of that name, for a built model."""
    if check_engine(name) == "layers":
        return TextbookEngine(model.layers, model.dtype, model.loss)
    return FusedEngine(model.layers, model.dtype, model.loss, batch_size=batch_size, threads=threads)


def evaluate(
    model: TrainableStack, source: ImageSource, threads: int | None = None, engine: str = "fused"
) -> tuple[float, float]:
    """The mean loss and the accuracy of a model on all samples of a source (as of epoch 0)."""
    if check_engine(engine) == "layers":
        loss, accuracy = TextbookEngine(model.layers, model.dtype, model.loss).evaluate(source)
    else:
        loss, accuracy = inference.evaluate(model.layers, model.dtype, model.loss, source, threads)
    return loss + model.penalty(), accuracy
