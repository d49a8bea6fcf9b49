"""What a network's answers cost; start with `categorical.py`. Losses as objects, and as functions
for each sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.losses.base import Loss, targets_of
from nn.losses.binary import BinaryCrossentropy
from nn.losses.categorical import CategoricalCrossentropy, SparseCategoricalCrossentropy
from nn.losses.distance import MeanAbsoluteError, MeanSquaredError

__all__ = [
    "LOSSES",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "loss_named",
    "mae",
    "mean_absolute_error",
    "mean_squared_error",
    "mse",
    "sparse_categorical_crossentropy",
    "targets_of",
]


def categorical_crossentropy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray:
    """The loss of each sample (N,), as in Keras; what `compile(loss=categorical_crossentropy)`
    names.
    """
    probabilities = np.asarray(y_pred)
    return CategoricalCrossentropy().each(probabilities, targets_of(y_true, probabilities.shape[-1], "y_true"))


def sparse_categorical_crossentropy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray:
    """As `categorical_crossentropy`, for class indices."""
    return categorical_crossentropy(y_true, y_pred)


def binary_crossentropy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray:
    """The loss of each sample (N,)."""
    return BinaryCrossentropy().each(np.asarray(y_pred), np.asarray(y_true))


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray:
    """The loss of each sample (N,)."""
    return MeanSquaredError().each(np.asarray(y_pred), np.asarray(y_true))


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray:
    """The loss of each sample (N,)."""
    return MeanAbsoluteError().each(np.asarray(y_pred), np.asarray(y_true))


mse, mae = mean_squared_error, mean_absolute_error

LOSSES: dict[str, type[Loss]] = {
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "binary_crossentropy": BinaryCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
}


def loss_named(loss: object) -> Loss:
    """The loss that `compile(loss=...)` means: an object, a class, a name, or one of the functions
    above.
    """
    if isinstance(loss, type) and issubclass(loss, Loss):
        loss = loss()
    if isinstance(loss, Loss):
        _check_own(loss)
        return loss
    name = getattr(loss, "__name__", "") if getattr(loss, "__module__", "") == __name__ else loss
    if isinstance(name, str) and name.lower() in LOSSES:
        return LOSSES[name.lower()]()
    raise InputError(
        f"compile: loss must be one of {', '.join(LOSSES)}, an object of their classes, or a class of your own that derives "
        f"from nn.losses.Loss (nn/losses/base.py says how), got {loss!r}"
    )


def _check_own(loss: Loss) -> None:
    """`InputError` for a class of one's own with passes of its own that no training would run."""
    kind = type(loss)
    passes = ["each", "forward", "backward", *["of_scores"] * (loss.joined_with == "softmax")]
    if loss.joined_with is not None and any(not getattr(kind, name).__module__.startswith("nn.") for name in passes):
        raise InputError(
            f"compile: {kind.__name__} is joined with {loss.joined_with}, so passes of its own would not be used; derive it from "
            "nn.losses.Loss"
        )


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.losses", name)
