"""Stochastic gradient descent: the simplest optimizer, one rate for all weights."""

from __future__ import annotations

from numpy.typing import NDArray

from nn.kernels import elementwise
from nn.kernels.memory import flat
from nn.optimizers.base import LearningRate, Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: w ← w - η g. There is one rate for all weights, so it must be chosen well.

    Near w the loss is L(w + Δ) ≈ L(w) + g·Δ. Among all steps Δ of the same length, the one along -g lowers it most, by |g| |Δ|
    (Cauchy-Schwarz). Δ = -η g lowers it by η |g|² as long as η is so small that the curvature can be neglected: on a parabola
    c w² / 2 the step multiplies w by 1 - η c, whose absolute value is below 1 only for η < 2 / c.

    Shapes: w and g any, the same.

    Example: on w² / 2 with g = w = 2 and η = 0.25: w = 2 - 0.25 · 2 = 1.5.

        >>> import numpy as np
        >>> w = np.array([2.0])
        >>> SGD().update(w, np.array([2.0]), (), rate=0.25)
        >>> w.tolist()
        [1.5]

    References:
        H. Robbins, S. Monro: A stochastic approximation method, 1951.
    """

    name = "sgd"

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        weight_decay: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
    ) -> None:
        super().__init__(learning_rate, weight_decay, use_ema, ema_momentum)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """w ← w - η g."""
        self.decay(parameter, rate)
        elementwise.sgd(flat(parameter), flat(gradient), rate)
