"""`tf.data.Dataset`: samples one after another, shuffled, changed and put into batches.

    train = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(10000).batch(32)
    model.fit(train, epochs=5)

Each call makes a new data set out of the one before it, and nothing is computed before it is
iterated over. `fit` with arrays is many times faster.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.utils.arrays import Array
from nn.utils.keras_names import getter

__all__ = ["AUTOTUNE", "Dataset", "experimental"]

AUTOTUNE = -1
experimental = SimpleNamespace(AUTOTUNE=AUTOTUNE)


class Dataset:
    """What `from_tensor_slices`, and each of the methods below, returns.

    Args:
        begin: starts an iteration.
        length: how many elements one has; infinity after `repeat()`.
    """

    def __init__(self, begin: Callable[[], Iterable[Any]], length: float) -> None:
        self._begin, self._length = begin, length

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> Dataset:
        """An element for each row of an array, or of several arrays: (x[0], y[0]), (x[1], y[1]), ..."""
        several = isinstance(tensors, tuple)
        arrays = [np.asarray(each) for each in (tensors if several else (tensors,))]
        if any(array.dtype == object or array.ndim == 0 or len(array) != len(arrays[0]) for array in arrays):
            shapes = [array.shape for array in arrays]
            raise InputError(f"from_tensor_slices: expected one array or a tuple of arrays of one length, got {shapes}")

        def rows() -> Iterator[Any]:
            for row in range(len(arrays[0])):
                element = tuple(np.asarray(array[row]).view(Array) for array in arrays)
                yield element if several else element[0]

        return cls(rows, len(arrays[0]))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._begin())

    def __len__(self) -> int:
        if self._length == math.inf:
            raise InputError("Dataset: expected steps_per_epoch (or steps) for a data set that is repeated without end")
        return int(self._length)

    def shuffle(self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True) -> Dataset:
        """In a random order, another one in each iteration: each element is drawn from the next
        `buffer_size` ones.
        """
        size = _count(buffer_size, "shuffle", "buffer_size")
        rounds = itertools.count()

        def shuffled() -> Iterator[Any]:
            rng = np.random.default_rng([seed or 0, next(rounds) if reshuffle_each_iteration else 0])
            elements = iter(self)
            waiting = list(itertools.islice(elements, size))
            for element in elements:
                drawn = int(rng.integers(len(waiting)))
                yield waiting[drawn]
                waiting[drawn] = element
            for drawn in rng.permutation(len(waiting)):
                yield waiting[drawn]

        return Dataset(shuffled, self._length)

    def batch(self, batch_size: int, drop_remainder: bool = False, **harmless: Any) -> Dataset:
        """`batch_size` elements at a time, as arrays (n, ...); the last batch may be smaller."""
        size = _count(batch_size, "batch", "batch_size")

        def batches() -> Iterator[Any]:
            elements = iter(self)
            while taken := list(itertools.islice(elements, size)):
                if len(taken) == size or not drop_remainder:
                    yield _stacked(taken)

        rounded = math.floor if drop_remainder else math.ceil
        return Dataset(batches, math.inf if self._length == math.inf else rounded(self._length / size))

    def map(self, map_func: Callable[..., Any], num_parallel_calls: int | None = None, **harmless: Any) -> Dataset:
        """Each element as `map_func` returns it; it is called with the parts of the element."""
        return Dataset(lambda: (map_func(*each) if isinstance(each, tuple) else map_func(each) for each in self), self._length)

    def repeat(self, count: int | None = None) -> Dataset:
        """Over and over, `count` times or without end."""
        if count is None or count == -1:
            return Dataset(lambda: (each for _ in itertools.count() for each in self), math.inf)
        rounds = _count(count, "repeat", "count")
        return Dataset(lambda: (each for _ in range(rounds) for each in self), self._length * rounds)

    def take(self, count: int) -> Dataset:
        """The first `count` elements."""
        return Dataset(lambda: itertools.islice(self, count), min(_count(count, "take", "count"), self._length))

    def skip(self, count: int) -> Dataset:
        """Without the first `count` elements."""
        left = max(0, self._length - _count(count, "skip", "count"))
        return Dataset(lambda: itertools.islice(self, count, None), left)

    def cache(self, filename: str = "") -> Dataset:
        """The data set itself: it is in memory."""
        if filename:
            raise InputError(f"Dataset.cache: expected no filename, got {filename!r}")
        return self

    def prefetch(self, buffer_size: int) -> Dataset:
        """The data set itself: nothing is computed ahead."""
        return self

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements, once."""
        return iter(self)

    def cardinality(self) -> Array:
        """The number of elements; -1 where there is no end."""
        return np.asarray(-1 if self._length == math.inf else int(self._length)).view(Array)


def _count(value: Any, method: str, argument: str) -> int:
    if not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"Dataset.{method}: expected {argument} to be a whole number of at least 1, got {value!r}")
    return int(value)


def _stacked(elements: list[Any]) -> Any:
    """Elements, or their parts, as arrays with one more axis in front."""
    if isinstance(elements[0], tuple):
        return tuple(_rows(part) for part in zip(*elements, strict=True))
    return _rows(elements)


def _rows(values: Any) -> NDArray:
    return np.stack([np.asarray(value) for value in values]).view(Array)


__getattr__ = getter("nn.data")
