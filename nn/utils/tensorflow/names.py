"""`tf.cast`, `tf.one_hot` and so on: with what scripts prepare their arrays in TensorFlow, here on
NumPy's arrays.

A script finds them after `import nn as tf`. What trains a network in TensorFlow's own way, such as
`tf.GradientTape`, is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.errors import InputError
from nn.utils import class_indices, set_random_seed
from nn.utils import one_hot as one_hot_rows
from nn.utils.arrays import Array
from nn.utils.keras_names import getter
from nn.utils.tensorflow.environment import (
    compat,
    config,
    device,
    enable_eager_execution,
    executing_eagerly,
    get_logger,
    logging,
    test,
    version,
)

__all__ = [
    "abs", "argmax", "bool", "cast", "clip_by_value", "compat", "concat", "config", "confusion_matrix", "constant",
    "convert_to_tensor", "device", "enable_eager_execution", "equal", "executing_eagerly", "exp", "expand_dims", "float32",
    "float64", "get_logger", "greater", "int32", "int64", "less", "log", "logging", "maximum", "minimum", "newaxis",
    "normal", "one_hot", "ones", "pad", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum", "reshape",
    "round", "set_random_seed", "shape", "size", "sqrt", "square", "squeeze", "stack", "test", "transpose", "uint8",
    "uniform", "version", "zeros",
]  # fmt: skip

newaxis = np.newaxis
float32, float64, int32, int64, uint8 = np.float32, np.float64, np.int32, np.int64, np.uint8
bool = np.bool_

Axes = int | Sequence[int] | None


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


def zeros(shape: Sequence[int], dtype: DTypeLike = np.float32) -> Array:
    """All zeros."""
    return np.zeros(tuple(shape), dtype).view(Array)


def ones(shape: Sequence[int], dtype: DTypeLike = np.float32) -> Array:
    """All ones."""
    return np.ones(tuple(shape), dtype).view(Array)


def normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: DTypeLike = np.float32, seed: int | None = None
) -> Array:
    """`tf.random.normal`: drawn anew each time; after `np.random.seed`, or with a seed, the same."""
    return _generator(seed).normal(mean, stddev, tuple(shape)).astype(dtype).view(Array)


def scaled_normal(shape: Sequence[int], scale: float = 0.05, name: str | None = None) -> Array:
    """`keras.initializations.normal` of Keras 1."""
    return normal(shape, stddev=scale)


def scaled_uniform(shape: Sequence[int], scale: float = 0.05, name: str | None = None) -> Array:
    """`keras.initializations.uniform` of Keras 1: from -scale to scale."""
    return uniform(shape, -scale, scale)


def uniform(
    shape: Sequence[int], minval: float = 0, maxval: float = 1, dtype: DTypeLike = np.float32, seed: int | None = None
) -> Array:
    """`tf.random.uniform`: numbers from minval to below maxval."""
    rng = _generator(seed)
    drawn = rng.uniform(minval, maxval, tuple(shape))
    return (np.floor(drawn) if np.issubdtype(dtype, np.integer) else drawn).astype(dtype).view(Array)


def _generator(seed: int | None) -> np.random.Generator:
    return np.random.default_rng(np.random.randint(2**31) if seed is None else seed)  # noqa: NPY002


def shape(input: ArrayLike) -> Array:
    """The sizes of the axes."""
    return np.asarray(np.shape(_array(input, "shape")), np.int32).view(Array)


def size(input: ArrayLike) -> Array:
    """The number of values."""
    return np.asarray(_array(input, "size").size, np.int32).view(Array)


def abs(x: ArrayLike) -> Array:
    """|x|."""
    return np.abs(_array(x, "abs")).view(Array)


def exp(x: ArrayLike) -> Array:
    """eˣ."""
    return np.exp(_array(x, "exp")).view(Array)


def sqrt(x: ArrayLike) -> Array:
    """The root."""
    return np.sqrt(_array(x, "sqrt")).view(Array)


def square(x: ArrayLike) -> Array:
    """x²."""
    return np.square(_array(x, "square")).view(Array)


def argmax(input: ArrayLike, axis: int = 0) -> Array:
    """Where the greatest value is; along the first axis unless told otherwise, as in TensorFlow."""
    return np.asarray(_array(input, "argmax").argmax(axis)).view(Array)


def log(x: ArrayLike) -> Array:
    """The natural logarithm."""
    return np.log(_array(x, "log")).view(Array)


def round(x: ArrayLike) -> Array:
    """To the nearest whole number; halves to the even one."""
    return np.round(_array(x, "round")).view(Array)


def maximum(x: ArrayLike, y: ArrayLike) -> Array:
    """The greater of two, element by element."""
    return np.asarray(np.maximum(_array(x, "maximum"), _array(y, "maximum"))).view(Array)


def minimum(x: ArrayLike, y: ArrayLike) -> Array:
    """The lesser of two, element by element."""
    return np.asarray(np.minimum(_array(x, "minimum"), _array(y, "minimum"))).view(Array)


def clip_by_value(t: ArrayLike, clip_value_min: float, clip_value_max: float) -> Array:
    """Kept within the two values."""
    return np.clip(_array(t, "clip_by_value"), clip_value_min, clip_value_max).view(Array)


def less(x: ArrayLike, y: ArrayLike) -> Array:
    """Whether x < y."""
    return np.asarray(_array(x, "less") < _array(y, "less")).view(Array)


def greater(x: ArrayLike, y: ArrayLike) -> Array:
    """Whether x > y."""
    return np.asarray(_array(x, "greater") > _array(y, "greater")).view(Array)


def equal(x: ArrayLike, y: ArrayLike) -> Array:
    """Whether the elements are equal."""
    return np.asarray(_array(x, "equal") == _array(y, "equal")).view(Array)


def reduce_mean(input_tensor: ArrayLike, axis: Axes = None, keepdims: Any = False) -> Array:
    """The mean, over all axes unless given one."""
    return _reduced("reduce_mean", np.mean, input_tensor, axis, keepdims)


def reduce_sum(input_tensor: ArrayLike, axis: Axes = None, keepdims: Any = False) -> Array:
    """The sum."""
    return _reduced("reduce_sum", np.sum, input_tensor, axis, keepdims)


def reduce_prod(input_tensor: ArrayLike, axis: Axes = None, keepdims: Any = False) -> Array:
    """The product."""
    return _reduced("reduce_prod", np.prod, input_tensor, axis, keepdims)


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
    classes = num_classes or int(np.maximum(rows, columns).max(initial=-1)) + 1
    counts = np.zeros((classes, classes), np.int32)
    np.add.at(counts, (rows, columns), 1)
    return counts.view(Array)


__getattr__ = getter("nn.math")
