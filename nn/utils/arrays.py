"""Arrays as Keras' scripts prepare them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError


def normalize(x: ArrayLike, axis: int = -1, order: int = 2) -> NDArray:
    """Each vector along `axis` divided by its norm of that order, as in Keras; vectors of zeros
    stay zeros.

    >>> normalize([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    array = np.asarray(x)
    if array.dtype.kind not in "buif" or array.ndim == 0:
        raise InputError(f"normalize: expected x to be an array of real numbers, got {array.dtype} of shape {array.shape}")
    if not -array.ndim <= axis < array.ndim:
        raise InputError(f"normalize: expected axis to be one of the {array.ndim} axes of x, got {axis!r}")
    values = array.astype(np.float64) if array.dtype.kind in "bui" else array
    norms = np.linalg.norm(values, ord=order, axis=axis, keepdims=True)
    return values / np.where(norms == 0, 1, norms)


class Array(np.ndarray):
    """An array with the method by which TensorFlow's tensors give theirs."""

    def numpy(self) -> NDArray:
        """The array."""
        return np.asarray(self)


class Number(float):
    """A number with the same method."""

    def numpy(self) -> float:
        """The number."""
        return float(self)


class Rate(Number):
    """A learning rate: a number that also has the method of Keras' variables, `rate.assign(0.1)`."""

    def __new__(cls, value: float, optimizer: Any) -> Rate:
        """The rate of an optimizer."""
        rate = super().__new__(cls, value)
        rate.optimizer = optimizer
        return rate

    optimizer: Any

    def assign(self, value: float) -> None:
        """Set the optimizer's rate."""
        self.optimizer.learning_rate = float(value)

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        """A copy is the number alone."""
        return float, (float(self),)
