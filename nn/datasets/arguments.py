"""Checks of what users pass to a model: each function returns the value it checked or says in one
sentence what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError

Shape = tuple[int, ...]

METRICS = ("accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy")
# Names of Keras' classes, which it takes too.
CLASSES = {
    "Accuracy": "accuracy", "BinaryAccuracy": "binary_accuracy", "CategoricalAccuracy": "categorical_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
}  # fmt: skip
PIECE = 1024  # samples that are looked at together


def array_of(values: ArrayLike, argument: str) -> NDArray:
    """The values as an array with at least one axis."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise InputError(f"{argument}: expected an array or something that can be made one, got neither ({error})") from error
    if array.ndim == 0:
        raise InputError(f"{argument}: expected shape (samples, ...), got a single {type(values).__name__}")
    return array


def labelled(x: ArrayLike, y: ArrayLike | None, argument: str) -> tuple[NDArray, NDArray]:
    """Inputs and labels as arrays, as many of one as of the other."""
    if y is None:
        raise InputError(f"{argument}: the labels are missing")
    images, labels = array_of(x, argument), array_of(y, "y" if argument == "x" else argument)
    if len(images) != len(labels):
        raise InputError(f"{argument}: {len(images):,} inputs but {len(labels):,} labels")
    return images, labels


def check_images(x: NDArray, shape: Shape, argument: str) -> None:
    """Finite real numbers of shape (samples, *shape); a last axis of 1 may be missing."""
    if x.shape[1:] != shape and (*x.shape[1:], 1) != shape:
        raise InputError(f"{argument}: expected shape (samples, {', '.join(map(str, shape))}), got {x.shape}")
    if x.dtype.kind not in "buif":
        raise InputError(f"{argument}: expected real numbers, got {x.dtype}")
    pieces = (x[first : first + PIECE] for first in range(0, len(x), PIECE))
    if x.dtype.kind == "f" and not all(np.isfinite(piece).all() for piece in pieces):
        raise InputError(f"{argument}: expected finite numbers, got NaN or infinity")


def finite(output: NDArray) -> NDArray:
    """The output of a network, if all of it is finite."""
    if not np.isfinite(output).all():
        raise InputError("predict: the output is not finite, so the weights or the inputs are too large")
    return output


def whole(value: Any, argument: str) -> int:
    """A whole number of at least 1."""
    if not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"fit: {argument} must be a whole number of at least 1, got {value!r}")
    return int(value)


def first_epoch(value: Any, epochs: int) -> int:
    """`initial_epoch`, from 0 to `epochs`."""
    if not isinstance(value, int | np.integer) or not 0 <= value <= epochs:
        raise InputError(f"fit: initial_epoch must be a whole number from 0 to epochs, which is {epochs}, got {value!r}")
    return int(value)


def split_off(x: NDArray, y: NDArray, part: float) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """The samples without the last `part` of them, and that part: as Keras' validation_split cuts,
    before any shuffling.
    """
    if not isinstance(part, int | float) or not 0 < part < 1:
        raise InputError(f"fit: validation_split must be between 0 and 1, got {part!r}")
    edge = int(len(x) * (1 - part))
    if not 0 < edge < len(x):
        raise InputError(f"fit: validation_split of {part} leaves one side of {len(x):,} samples empty")
    return (x[:edge], y[:edge]), (x[edge:], y[edge:])


def metrics_of(metrics: Any) -> list[str]:
    """The names in `compile(metrics=...)`; "accuracy", under one of its names, is the one there
    is.
    """
    given = list(metrics) if isinstance(metrics, list | tuple) else [] if metrics is None else [metrics]
    names = [getattr(metric, "name", metric) for metric in given]
    names = [CLASSES.get(name, name) if isinstance(name, str) else name for name in names]
    for name in names:
        if name not in METRICS:
            given_name = getattr(name, "__name__", name)
            raise InputError(f"compile: metrics may hold the accuracy alone ({', '.join(METRICS)}), got {given_name!r:.60}")
    return names
