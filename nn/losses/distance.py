"""Mean squared and mean absolute error: how far outputs are from their targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.losses.base import Loss


class MeanSquaredError(Loss):
    """L = (1/N) Σ_n (1/K) Σ_k (y - t)².

    Shapes: outputs y, targets t and their gradients (N, K); the loss is one number.

    Backward: y[n,k] touches its own term only, so ∂L/∂y = 2 (y - t) / (N K). An error twice as
    large pulls twice as hard; one far-off target outweighs many small errors.

    Saved: y and t.

    Example: y = (1, 4) for t = (0, 2): (1 + 4) / 2 = 2.5, and the gradient (1, 2).

    >>> value, cache = MeanSquaredError().forward(np.array([[1.0, 4.0]]), np.array([[0.0, 2.0]]))
    >>> value, MeanSquaredError().backward(cache).tolist()
    (2.5, [[1.0, 2.0]])

    References:
        C. M. Bishop: Pattern recognition and machine learning, 2006, section 1.2.5: the maximum of
            a likelihood with normal errors.
    """

    name = "mean_squared_error"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def each(self, outputs: NDArray, targets: NDArray) -> NDArray:
        """(1/K) Σ_k (y - t)²."""
        return np.square(outputs - targets).mean(axis=-1, dtype=np.float64)

    def backward(self, cache: tuple[NDArray, NDArray]) -> NDArray:
        """2 (y - t) / (N K)."""
        outputs, targets = cache
        return 2 * (outputs - targets) / outputs.size


class MeanAbsoluteError(MeanSquaredError):
    """L = (1/N) Σ_n (1/K) Σ_k |y - t|.

    Shapes: outputs y, targets t and their gradients (N, K); the loss is one number.

    Backward: ∂L/∂y = sign(y - t) / (N K). Where y = t the function has a kink, and we take the
    slope 0. Every error pulls with the same force, so far-off targets count for less than in the
    squared error.

    Saved: y and t.

    Example: y = (1, 4) for t = (0, 6): (1 + 2) / 2 = 1.5, and the gradient (1, -1) / 2.

    >>> value, cache = MeanAbsoluteError().forward(np.array([[1.0, 4.0]]), np.array([[0.0, 6.0]]))
    >>> value, MeanAbsoluteError().backward(cache).tolist()
    (1.5, [[0.5, -0.5]])

    References:
        P. J. Huber: Robust estimation of a location parameter, 1964.
    """

    name = "mean_absolute_error"

    def each(self, outputs: NDArray, targets: NDArray) -> NDArray:
        """(1/K) Σ_k |y - t|."""
        return np.abs(outputs - targets).mean(axis=-1, dtype=np.float64)

    def backward(self, cache: tuple[NDArray, NDArray]) -> NDArray:
        """sign(y - t) / (N K)."""
        outputs, targets = cache
        return np.sign(outputs - targets) / outputs.size
