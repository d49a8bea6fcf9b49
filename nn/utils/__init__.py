"""Small helpers under the names that Keras' users know: one-hot rows, the check of class labels,
seeds.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.errors import InputError


def to_categorical(y: ArrayLike, num_classes: int | None = None, dtype: DTypeLike = np.float32) -> NDArray:
    """One-hot rows (..., num_classes) from whole numbers (...,) or (..., 1).

    Without `num_classes` there are as many classes as the largest label needs. `dtype` is what
    Keras 2 had as its third argument.

    >>> to_categorical([0, 2], 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if num_classes is not None and (not isinstance(num_classes, int | np.integer) or num_classes < 1):
        raise InputError(f"to_categorical: expected num_classes to be a whole number of at least 1, got {num_classes!r}")
    labels = np.asarray(y)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    indices = class_indices(labels, num_classes, "to_categorical")
    if num_classes is None:
        num_classes = int(indices.max()) + 1 if indices.size else 0
    return one_hot(indices, num_classes).astype(dtype, copy=False)


def one_hot(indices: NDArray, classes: int) -> NDArray[np.float32]:
    """Rows (..., classes) with a single 1 each, at the indices (...,).

    The indices must be integers from 0 to classes - 1; `class_indices` checks that.
    """
    return np.eye(classes, dtype=np.float32)[indices]


def class_indices(labels: ArrayLike, classes: int | None, name: str) -> NDArray:
    """The labels as integers, once it is sure that each is a whole number from 0 to classes - 1.

    Args:
        labels: numbers of any shape; 2.0 counts as 2.
        classes: how many classes there are; None sets no upper limit.
        name: of the argument, for the error message.
    """
    array = np.asarray(labels)
    if array.dtype.kind not in "buif":
        raise InputError(f"{name}: expected whole numbers as labels, got {array.dtype}")
    fractions = array[array != np.trunc(array)]  # NaN is among them, as it equals nothing
    if fractions.size or not np.isfinite(array).all():
        raise InputError(f"{name}: expected whole numbers as labels, got {fractions[0] if fractions.size else 'infinity'}")
    if array.size and (array.min() < 0 or (classes is not None and array.max() >= classes)):
        expected = "values of at least 0" if classes is None else f"values from 0 to {classes - 1}"
        raise InputError(f"{name}: expected {expected}, got {array.min()} to {array.max()}")
    return array if array.dtype.kind in "ui" else array.astype(np.int64)


# The seeds of models that are given none. 0 for each of them, until `set_random_seed` is called.
_seeds: Iterator[int] = itertools.repeat(0)


def set_random_seed(seed: int) -> None:
    """Seed everything random that follows, as in Keras: Python, NumPy, and the models that are
    given no seed of their own.

    Without this call every model without a seed has seed 0, so that a script gives the same result
    each time; `np.random.seed` does not change that. The first model after it gets `seed`, the
    next ones the numbers after it.
    """
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise InputError(f"set_random_seed: expected a whole number from 0 to {2**32 - 1}, got {seed!r}")
    global _seeds
    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002
    _seeds = itertools.count(int(seed))


def next_seed() -> int:
    """The seed of a model that is given none."""
    return next(_seeds)


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.utils", name)
