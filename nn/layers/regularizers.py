"""Regularizers: what large weights cost, as a part of the loss.

A layer's `kernel_regularizer` adds R(w) to the loss, so the gradient gets ∂R/∂w on top, before the
optimizer sees it. (Weight decay, an argument of the optimizers, shrinks the weights apart from the
gradient instead.) Not divided by the batch's size.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError


class Regularizer:
    """R(w) = l1 Σ |w| + l2 Σ w².

    Gradient: l1 sign(w) + 2 l2 w, with 0 for sign(0). The first term pulls every weight to 0 with
    the same force, so that many end there; the second pulls in proportion, so that the large ones
    shrink.

    Example: w = (3, -1) with l1 = 0.1 and l2 = 0.01: R = 0.1 · 4 + 0.01 · 10 = 0.5, and the
    gradient (0.1 + 0.06, -0.1 - 0.02).

        >>> regularizer = L1L2(0.1, 0.01)
        >>> round(regularizer(np.array([3.0, -1.0])), 6), regularizer.gradient(np.array([3.0, -1.0])).round(6).tolist()
        (0.5, [0.16, -0.12])

    References:
        R. Tibshirani: Regression shrinkage and selection via the lasso, 1996 (l1).
        A. E. Hoerl, R. W. Kennard: Ridge regression, 1970 (l2).
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        for name, value in (("l1", l1), ("l2", l2)):
            if not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise InputError(f"{type(self).__name__}: {name} must be a number of at least 0, got {value!r}")
        self.l1, self.l2 = float(l1), float(l2)

    def __call__(self, weights: NDArray) -> float:
        """R(w)."""
        wide = np.asarray(weights, np.float64)
        return float(self.l1 * np.abs(wide).sum() + self.l2 * np.square(wide).sum())

    def gradient(self, weights: NDArray) -> NDArray:
        """∂R/∂w."""
        return self.l1 * np.sign(weights) + 2 * self.l2 * weights

    def config(self) -> dict[str, float]:
        """l1 and l2, of which a layer's configuration can hold both."""
        return {"l1": self.l1, "l2": self.l2}


class L1L2(Regularizer):
    """l1 Σ |w| + l2 Σ w²."""


class L1(Regularizer):
    """l1 Σ |w|."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(Regularizer):
    """l2 Σ w²."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


def regularizer_named(regularizer: Any, layer: str) -> Regularizer | None:
    """The regularizer that a layer's argument means: an object, a name (with Keras' 0.01), or its
    `config`.
    """
    if regularizer is None or isinstance(regularizer, Regularizer):
        return regularizer
    if isinstance(regularizer, dict) and regularizer.keys() == {"l1", "l2"}:
        return L1L2(**regularizer)
    known = {"l1": L1(), "l2": L2(), "l1_l2": L1L2(0.01, 0.01), "l1l2": L1L2(0.01, 0.01)}
    if not isinstance(regularizer, str) or regularizer.lower() not in known:
        raise InputError(f"{layer}: a regularizer must be 'l1', 'l2', 'l1_l2' or one of their classes, got {regularizer!r}")
    return known[regularizer.lower()]
