"""`tf.cast`, `tf.one_hot` and so on: with what scripts prepare their arrays in TensorFlow, here on
NumPy's arrays.

A script finds them after `import nn as tf`. What trains a network in TensorFlow's own way, such as
`tf.GradientTape`, is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn import __version__
from nn.errors import InputError
from nn.utils import class_indices
from nn.utils import one_hot as one_hot_rows
from nn.utils.arrays import Array

__all__ = [
    "argmax", "bool", "cast", "concat", "config", "confusion_matrix", "constant", "convert_to_tensor", "equal",
    "expand_dims", "float32", "float64", "int32", "int64", "newaxis", "one_hot", "pad", "reduce_max", "reduce_mean",
    "reduce_min", "reduce_sum", "reshape", "squeeze", "stack", "transpose", "uint8", "version",
]  # fmt: skip

newaxis = np.newaxis
float32, float64, int32, int64, uint8 = np.float32, np.float64, np.int32, np.int64, np.uint8
bool = np.bool_

Axes = int | Sequence[int] | None


def _no_devices(device_type: str | None = None) -> list[Any]:
    return []


version = SimpleNamespace(VERSION=__version__)
# `len(tf.config.list_physical_devices("GPU"))`: everything is computed on the processor.
config = SimpleNamespace(list_physical_devices=_no_devices, experimental=SimpleNamespace(list_physical_devices=_no_devices))


def _array(x: Any, function: str) -> NDArray:
    array = np.asarray(x)
    if array.dtype == object:
        raise InputError(f"{function}: expected an array of numbers, got {type(x).__name__}")
    return array


def constant(value: ArrayLike, dtype: DTypeLike | None = None) -> Array:
    """The value as an array."""
    return np.asarray(_array(value, "constant"), dtype).view(Array)


convert_to_tensor = constant


def cast(x: ArrayLike, dtype: DTypeLike) -> Array:
    """The array in another type."""
    return _array(x, "cast").astype(dtype).view(Array)


def one_hot(indices: ArrayLike, depth: int) -> Array:
    """Rows (..., depth) with a single 1 each."""
    return one_hot_rows(class_indices(indices, depth, "one_hot"), depth).view(Array)


def reshape(tensor: ArrayLike, shape: Sequence[int]) -> Array:
    """The same numbers in another shape."""
    return _array(tensor, "reshape").reshape(tuple(shape)).view(Array)


def expand_dims(input: ArrayLike, axis: int, name: str | None = None) -> Array:
    """With one more axis of length 1."""
    return np.expand_dims(_array(input, "expand_dims"), axis).view(Array)


def squeeze(input: ArrayLike, axis: Axes = None) -> Array:
    """Without the axes of length 1."""
    axes = tuple(axis) if isinstance(axis, Sequence) else axis
    return np.squeeze(_array(input, "squeeze"), axes).view(Array)


def transpose(a: ArrayLike, perm: Sequence[int] | None = None) -> Array:
    """With the axes in another order."""
    return _array(a, "transpose").transpose(perm).view(Array)


def pad(tensor: ArrayLike, paddings: ArrayLike) -> Array:
    """With zeros before and after, for each axis (before, after)."""
    return np.pad(_array(tensor, "pad"), np.asarray(paddings)).view(Array)


def concat(values: Sequence[ArrayLike], axis: int) -> Array:
    """One after another along an axis."""
    return np.concatenate([_array(value, "concat") for value in values], axis).view(Array)


def stack(values: Sequence[ArrayLike], axis: int = 0) -> Array:
    """Side by side, along a new axis."""
    return np.stack([_array(value, "stack") for value in values], axis).view(Array)


def argmax(input: ArrayLike, axis: int = 0) -> Array:
    """Where the greatest value is; along the first axis unless told otherwise, as in TensorFlow."""
    return np.asarray(_array(input, "argmax").argmax(axis)).view(Array)


def equal(x: ArrayLike, y: ArrayLike) -> Array:
    """Whether the elements are equal."""
    return np.asarray(_array(x, "equal") == _array(y, "equal")).view(Array)


def reduce_mean(input_tensor: ArrayLike, axis: Axes = None, keepdims: Any = False) -> Array:
    """The mean, over all axes unless given one."""
    return _reduced("reduce_mean", np.mean, input_tensor, axis, keepdims)


def reduce_sum(input_tensor: ArrayLike, axis: Axes = None, keepdims: Any = False) -> Array:
    """The sum."""
    return _reduced("reduce_sum", np.sum, input_tensor, axis, keepdims)


def reduce_max(input_tensor: ArrayLike, axis: Axes = None, keepdims: Any = False) -> Array:
    """The greatest value."""
    return _reduced("reduce_max", np.max, input_tensor, axis, keepdims)


def reduce_min(input_tensor: ArrayLike, axis: Axes = None, keepdims: Any = False) -> Array:
    """The least value."""
    return _reduced("reduce_min", np.min, input_tensor, axis, keepdims)


def _reduced(name: str, function: Any, x: ArrayLike, axis: Axes, keepdims: Any) -> Array:
    axes = tuple(axis) if isinstance(axis, Sequence) else axis
    return np.asarray(function(_array(x, name), axis=axes, keepdims=keepdims)).view(Array)


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, num_classes: int | None = None) -> Array:
    """How often label i (row) was predicted as j (column).

    >>> confusion_matrix([0, 1, 1], [0, 1, 0]).tolist()
    [[1, 0], [1, 1]]
    """
    rows = class_indices(labels, num_classes, "confusion_matrix: labels").ravel().astype(np.int64)
    columns = class_indices(predictions, num_classes, "confusion_matrix: predictions").ravel().astype(np.int64)
    if len(rows) != len(columns):
        raise InputError(f"confusion_matrix: expected as many predictions as labels, got {len(columns)} and {len(rows)}")
    size = num_classes or int(max(rows.max(initial=-1), columns.max(initial=-1))) + 1
    counts = np.zeros((size, size), np.int32)
    np.add.at(counts, (rows, columns), 1)
    return counts.view(Array)
