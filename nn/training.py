"""The training loop: epochs, batches, parts; and where it stands, so that it can be stopped and taken up again.

All randomness is a function of (seed, epoch, step): the shuffled order, the dropout keys, the augmentation. There is no generator
whose state would have to be saved.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.callbacks import Callback, History
from nn.datasets.sources import ImageSource
from nn.engine.batch import Batch
from nn.engine.executor import Executor
from nn.engine.inference import for_each_part
from nn.engine.operations import Change, Part
from nn.engine.plan import Plan
from nn.io import model_file
from nn.optimizers.norms import Norms, norms_of

if TYPE_CHECKING:
    from nn.models import Sequential

# Streams of random numbers, so that no two purposes share one.
SHUFFLE, KEYS = 1, 2
BATCHES_AHEAD = 64


class Diverged(ArithmeticError):
    """The loss became NaN or infinite; the message names the first layer in which it shows and what to try."""


@dataclass
class Progress:
    """Where a training stands: everything that changes besides weights and optimizer slots.

    `epoch` and `step` (within the epoch) are those to be done next; the sums are over the epoch's batches so far.
    `history` and `norms` (`nn.optimizers.norms`) have an entry for each epoch that is done.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    right: int = 0
    seen: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    norms: list[Norms] = field(default_factory=list)

    def logs(self) -> dict[str, float]:
        """The epoch's means so far."""
        return {"loss": self.loss_sum / max(self.seen, 1), "accuracy": self.right / max(self.seen, 1)}


class Trainer:
    """Trains a compiled model on a source; `fit` is a thin dress over it.

    Attributes:
        progress: where it stands; assign one from a checkpoint before `run` to go on from there.
        stop_requested: set it (from a signal handler or a callback) to stop after the batch in hand.
    """

    def __init__(
        self,
        model: Sequential,
        source: ImageSource,
        *,
        batch_size: int,
        epochs: int,
        shuffle: bool = True,
        seed: int = 0,
        validation: ImageSource | None = None,
        callbacks: Sequence[Callback] = (),
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.source = source
        self.batch_size = min(batch_size, len(source))
        self.epochs = epochs
        self.shuffle = shuffle
        self.seed = seed
        self.validation = validation
        self.callbacks = list(callbacks)
        self.threads = threads
        self.progress = Progress()
        self.stop_requested = False
        self.steps_in_epoch = -(-len(source) // self.batch_size)

    def run(self) -> History:
        """All epochs that are left."""
        history = History(self.model)
        model = self.model
        plan = Plan(model.layers, self.batch_size, model.dtype, model.loss)
        for callback in self.callbacks:
            callback.model, callback.trainer = model, self
        with Executor(self.threads) as executor:
            for entry in self.progress.history:
                history.record(entry)
            self._tell("on_train_begin")
            while self.progress.epoch < self.epochs and not self._stops():
                self._run_epoch(plan, executor)
                if self.progress.step == self.steps_in_epoch:
                    history.record(self._finish_epoch())
            if model.stop_training:
                self._keep_average()
            self._tell("on_train_end")
        return history

    def _run_epoch(self, plan: Plan, executor: Executor) -> None:
        progress = self.progress
        order = self._order(progress.epoch)
        keys = self._keys(plan.parts(self.batch_size))
        began = time.perf_counter() - progress.seconds
        self._tell("on_epoch_begin", progress.epoch)
        while progress.step < self.steps_in_epoch and not self._stops():
            indices = order[progress.step * self.batch_size : (progress.step + 1) * self.batch_size]
            self._train_batch(plan, executor, indices, next(keys))
            progress.step += 1
            progress.seconds = time.perf_counter() - began
            self._tell("on_train_batch_end", progress.step - 1)

    def _stops(self) -> bool:
        return self.stop_requested or self.model.stop_training

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """The samples of an epoch in the order in which they are seen."""
        if not self.shuffle:
            return np.arange(len(self.source))
        return np.random.default_rng([SHUFFLE, self.seed, epoch]).permutation(len(self.source))

    def _keys(self, parts: int) -> Iterator[list[dict[str, int]]]:
        """For each batch of the epoch that is left, and for each of its parts, a random key for each random layer by name.

        Drawn for many batches at once: between two batches NumPy's generators have left the caches, and take five times as long.
        """
        names = [layer.name for layer in self.model.layers if layer.random]
        first = self.progress.epoch * self.steps_in_epoch
        for begin in range(self.progress.step, self.steps_in_epoch, BATCHES_AHEAD):
            steps = range(first + begin, first + min(begin + BATCHES_AHEAD, self.steps_in_epoch))
            generators = [np.random.default_rng([KEYS, self.seed, step]) for step in steps]
            drawn = [generator.integers(2**63, size=(parts, len(names))).tolist() for generator in generators]
            yield from ([dict(zip(names, row, strict=True)) for row in rows] for rows in drawn)

    def _train_batch(self, plan: Plan, executor: Executor, indices: NDArray[np.int64], keys: Sequence[dict[str, int]]) -> None:
        """Forward, loss and backward part by part, and the weights piece by piece."""
        progress, samples = self.progress, len(indices)
        count = plan.parts(samples)
        step = progress.epoch * self.steps_in_epoch + progress.step
        parts = [Part(number, plan.rows(number, samples), keys[number]) for number in range(count)]

        def fill(part: Part) -> None:
            mine = indices[part.rows]
            self.source.fill(plan.images[part.rows], mine, progress.epoch)
            plan.targets[part.rows] = self.source.targets(mine, progress.epoch)

        optimizer = self.model.optimizer
        change = Change(samples, count, optimizer, self.model.slots(), optimizer.rate_at(step), step == 0)
        batch = Batch(plan, parts, fill, change)
        executor.run(batch.do, len(batch), batch.give_up)
        loss = batch.loss()
        if not math.isfinite(loss):
            raise Diverged(self._diagnose(plan, samples, loss))
        progress.loss_sum += loss
        progress.right += int(plan.right[:count].sum())
        progress.seen += samples

    def _diagnose(self, plan: Plan, samples: int, loss: float) -> str:
        """Which layer's weights or outputs are not finite, in the words of an error message."""
        where = f"epoch {self.progress.epoch + 1}, batch {self.progress.step + 1}"
        advice = "the weights are those of the batch before; try a smaller learning rate"
        x = plan.images[:samples]
        if not np.isfinite(x).all():
            return f"the loss became {loss} in {where}: the images of this batch hold NaN or infinity"
        for layer in self.model.layers:
            if not all(np.isfinite(array).all() for array in layer.parameters.values()):
                return f"the loss became {loss} in {where}: the weights of layer {layer.name} are not finite; {advice}"
            x = layer.forward(x)[0]
            if not np.isfinite(x).all():
                return f"the loss became {loss} in {where}: the output of layer {layer.name} is not finite; {advice}"
        return f"the loss became {loss} in {where}; {advice}"

    def _diagnose_validation(self, loss: float) -> str:
        """As `_diagnose`, when it is the validation after the epoch that finds it."""
        broken = [
            layer.name for layer in self.model.layers if not all(np.isfinite(array).all() for array in layer.parameters.values())
        ]
        where = f"the weights of layer {broken[0]} are not finite" if broken else "its scores are too large"
        return f"the validation loss became {loss} after epoch {self.progress.epoch + 1}: {where}; try a smaller learning rate"

    def _keep_average(self) -> None:
        """The moving average of the weights, if the optimizer has kept one, in their place: the training is over."""
        if self.model.optimizer.use_ema:
            slots = self.model.slots()
            for name, parameter in model_file.weights_of(self.model).items():
                parameter[...] = slots[name][-1]

    def _finish_epoch(self) -> dict[str, float]:
        """Validate, record, and move on to the next epoch."""
        progress = self.progress
        logs = progress.logs()
        if progress.epoch + 1 == self.epochs:
            self._keep_average()
        if self.validation is not None:
            began = time.perf_counter()
            logs["val_loss"], logs["val_accuracy"] = evaluate(self.model, self.validation, self.threads)
            progress.seconds += time.perf_counter() - began
            if not math.isfinite(logs["val_loss"]):
                raise Diverged(self._diagnose_validation(logs["val_loss"]))
        entry = {"epoch": progress.epoch + 1, **logs, "seconds": progress.seconds}
        norms = [*progress.norms, norms_of(self.model)]
        self.progress = Progress(progress.epoch + 1, history=[*progress.history, entry], norms=norms)
        for callback in self.callbacks:
            callback.on_epoch_end(progress.epoch, logs)
        return entry

    def _tell(self, event: str, *arguments: int) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*arguments, self.progress.logs())


def evaluate(model: Sequential, source: ImageSource, threads: int | None = None) -> tuple[float, float]:
    """The mean loss and the accuracy of a model on all samples of a source (as of epoch 0)."""
    losses: list[float] = []
    right: list[int] = []

    def score(plan: Plan, rows: slice) -> None:
        samples = slice(0, rows.stop - rows.start)
        indices = np.arange(rows.start, rows.stop)
        source.fill(plan.images[samples], indices, 0)
        plan.predict_part(samples)
        loss, hits = plan.score(samples, source.targets(indices, 0), model.loss)
        losses.append(loss)
        right.append(hits)

    for_each_part(model.layers, model.dtype, len(source), threads, score)
    # fsum is exact, so the order in which the threads came does not matter.
    return math.fsum(losses) / len(source), sum(right) / len(source)
