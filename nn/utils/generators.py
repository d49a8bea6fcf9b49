"""Batches from a generator: `fit(generator, steps_per_epoch=...)`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nn import training
from nn.datasets.arguments import array_of
from nn.datasets.sources import ImageSource
from nn.errors import InputError
from nn.utils.model_inputs import source_of
from nn.utils.weights import Weighted, checked_weights, weighted

# What can be iterated and is no generator of batches, but samples or a mistake.
NO_BATCHES = (np.ndarray, list, tuple, range, str, bytes, dict, set)


class Sequence:
    """The base of a class of your own that has batches: `__len__` says how many,
    `__getitem__(index)` makes one.
    """

    def __init__(self, **options: Any) -> None:
        for name in options:
            if name not in ("workers", "use_multiprocessing", "max_queue_size"):
                raise InputError(f"Sequence: there is no argument {name!r}")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def on_epoch_end(self) -> None:
        """After each epoch."""


def makes_batches(x: Any) -> bool:
    """Whether `x` is a generator, or a sequence that makes batches, and not an array or a list of
    samples.
    """
    if isinstance(x, Sequence) or hasattr(x, "__next__"):
        return True
    return hasattr(x, "__iter__") and not isinstance(x, NO_BATCHES) and not hasattr(x, "__array__")


def check_unused(arguments: dict[str, Any], method: str = "fit") -> None:
    """`InputError` for an argument that goes with a generator only, or does not go with one."""
    for name, value in arguments.items():
        if value is not None:
            kind = "a generator" if "step" in name else "arrays"
            raise InputError(f"{method}: {name} goes with {kind} only; expected None, got {type(value).__name__}")


class Batches(Iterator[Any]):
    """Batch after batch without end, checked: (x, y, weights or None).

    Args:
        generator: what makes them.
        steps: how many are an epoch; the generator's length unless given.
        argument: its name, for messages.
        anew: begin with the first batch, if they have indices, whatever has been taken already.
    """

    def __init__(self, generator: Any, steps: float | None, argument: str, *, anew: bool = False) -> None:
        if steps is None and not hasattr(generator, "__len__"):
            raise InputError(f"{argument}: expected steps_per_epoch (or steps) with a generator, which has no length")
        steps = len(generator) if steps is None else steps
        if not isinstance(steps, int | float | np.number) or not 0 < steps < 2**31:
            raise InputError(f"{argument}: expected at least one batch in an epoch, got {steps!r}")
        self.steps = math.ceil(steps)  # 60000 / 32, as many scripts have it
        self.generator, self.argument, self.anew = generator, argument, anew
        self._batches = self._endless()

    def __next__(self) -> tuple[NDArray, NDArray, NDArray | None]:
        batch = next(self._batches, None)
        if batch is None:
            raise InputError(f"{self.argument}: the generator ended before the last batch of an epoch")
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            raise InputError(f"{self.argument}: expected batches (x, y) or (x, y, weights), got {type(batch).__name__}")
        x, y = np.asarray(batch[0]), np.asarray(batch[1])
        if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or not len(x):
            raise InputError(f"{self.argument}: expected as many labels as samples in a batch, got {x.shape} and {y.shape}")
        return x, y, None if len(batch) == 2 else np.asarray(batch[2])

    def _endless(self) -> Iterator[Any]:
        """Again and again from the beginning, where the generator has one; what is empty ends."""
        indexed = hasattr(self.generator, "__getitem__") and hasattr(self.generator, "__len__")
        if hasattr(self.generator, "__next__") and not (indexed and self.anew):
            if hasattr(self.generator, "begin_round"):
                self.generator.begin_round()
            yield from self.generator
            return
        some = True
        while some:
            some = False
            for batch in map(self.generator.__getitem__, range(len(self.generator))) if indexed else self.generator:
                some = True
                yield batch

    def epoch(self) -> Iterator[tuple[NDArray, NDArray, NDArray | None]]:
        """The batches of one epoch."""
        return itertools.islice(self, self.steps)


class BatchSource:
    """An `ImageSource` of the one batch that has come last; as long as an epoch."""

    def __init__(self, model: Any, batches: Batches) -> None:
        self.model, self.batches = model, batches
        self.first = next(batches)
        self.batch_size = len(self.first[0])
        self.load(self.first)

    def __len__(self) -> int:
        return self.batch_size * self.batches.steps

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.source.image_shape

    def load(self, batch: tuple[NDArray, NDArray, NDArray | None]) -> int:
        """Check a batch and take it; the number of its samples."""
        x, y, weights = batch
        source = source_of(self.model, self.batches.argument, x, y)
        self.source = source if weights is None else Weighted(source, checked_weights(weights, len(x), "sample_weight"))
        return len(x)

    def fill(self, out: NDArray, indices: NDArray, epoch: int) -> None:
        """Write samples of the batch."""
        self.source.fill(out, indices, epoch)

    def targets(self, indices: NDArray, epoch: int) -> NDArray:
        """Their targets."""
        return self.source.targets(indices, epoch)

    def weights(self, indices: NDArray) -> NDArray | None:
        """Their weights."""
        return self.source.weights(indices) if isinstance(self.source, Weighted) else None


class BatchTrainer(training.Trainer):
    """A `Trainer` whose batches come from a generator, in its order."""

    def __init__(self, model: Any, batches: Batches, **options: Any) -> None:
        self.batches = BatchSource(model, batches)
        super().__init__(model, cast(ImageSource, self.batches), batch_size=self.batches.batch_size, shuffle=False, **options)
        self._waiting: Any = self.batches.first

    def _train_step(self, engine: training.Engine, indices: NDArray[np.int64], keys: Any) -> None:
        batch, self._waiting = self._waiting or next(self.batches.batches), None
        samples = self.batches.load(batch)
        if samples > self.batch_size:
            raise InputError(f"x: expected no batch larger than the first, {self.batch_size} samples, got {samples}")
        super()._train_step(engine, np.arange(samples), keys)

    def _finish_epoch(self, engine: training.Engine) -> dict[str, float]:
        entry = super()._finish_epoch(engine)
        if isinstance(self.batches.batches.generator, Sequence):
            self.batches.batches.generator.on_epoch_end()
        return entry


def gathered(model: Any, generator: Any, steps: float | None, argument: str) -> ImageSource:
    """The batches of one epoch in one source, for an evaluation."""
    parts = list(Batches(generator, steps, argument, anew=True).epoch())
    x, y = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    source = source_of(model, argument, x, y)
    if parts[0][2] is None:
        return source
    return Weighted(source, checked_weights(np.concatenate([cast(NDArray, part[2]) for part in parts]), len(x), argument))


def validation_source(model: Any, data: Any, steps: float | None, batch_size: int | None = None) -> ImageSource | None:
    """What `fit(validation_data=...)` means: (x, y), (x, y, weights), a source or a generator.

    Of arrays, `steps` batches of `batch_size` samples are taken, or all where it is None.
    """
    if data is None:
        return None
    if makes_batches(data):
        return gathered(model, data, steps, "validation_data")
    if steps is not None and not (isinstance(steps, int | float | np.number) and steps > 0):
        raise InputError(f"validation_steps: expected a number of batches above 0, got {steps!r}")
    if not isinstance(data, tuple | list):
        check_unused({"validation_steps": steps})
        return source_of(model, "validation_data", data, None)
    if len(data) not in (2, 3):
        raise InputError(f"validation_data: expected (x, y) or (x, y, weights), got {len(data)} parts")
    if steps is not None and batch_size is not None:
        data = [array_of(part, "validation_data")[: math.ceil(steps) * batch_size] for part in data]
    source = source_of(model, "validation_data", *data[:2])
    return weighted(source, None, data[2]) if len(data) == 3 else source


def inputs_of(generator: Any, steps: int | None) -> NDArray:
    """The inputs of the batches of one epoch, for `predict`; labels may come with them."""
    count = len(generator) if steps is None and hasattr(generator, "__len__") else steps
    if count is None:
        raise InputError("predict: a generator has no length; expected steps, the number of batches")
    batches = iter(generator)
    if hasattr(generator, "__getitem__"):
        batches = map(generator.__getitem__, itertools.cycle(range(len(generator))))
    parts = [batch[0] if isinstance(batch, tuple) else batch for batch in itertools.islice(batches, count)]
    arrays = [array_of(part, "predict: a batch") for part in parts]
    shapes = list(dict.fromkeys(f"(samples, {', '.join(map(str, array.shape[1:]))})" for array in arrays))
    if len(shapes) != 1:
        raise InputError(f"predict: expected batches of one shape, got {' and '.join(shapes) or 'none'}")
    return np.concatenate(arrays)
