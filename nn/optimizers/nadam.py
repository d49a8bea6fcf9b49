"""Nadam: Adam with Nesterov's momentum."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.optimizers.base import LearningRate, Optimizer

# After so many steps β₁ has reached its full value to the last bit.
_SETTLED = 1000
_RAMP = 1 - 0.5 * 0.96 ** np.arange(1, _SETTLED + 1)
_RAMP_PRODUCTS = np.cumprod(_RAMP)


class Nadam(Optimizer):
    """Nadam: Adam whose mean gradient looks one step ahead, as Nesterov's momentum does.

        m  ← β₁ m + (1 - β₁) g
        v  ← β₂ v + (1 - β₂) g²
        m̂  = μₜ₊₁ m / (1 - μ₁ ··· μₜ₊₁) + (1 - μₜ) g / (1 - μ₁ ··· μₜ),        μₜ = β₁ (1 - 0.96ᵗ / 2)
        w  ← w - η m̂ / (√(v / (1 - β₂ᵗ)) + ε)                                  t = 1, 2, ...

    m with its last gradient weighed once more is what m will be after the next step, if the
    gradient stays. μₜ grows from about β₁ / 2 to β₁: a mean over many gradients is of little use
    while there are few.

    Shapes: w, g, m and v any, the same; elements do not depend on each other.

    Args:
        learning_rate: η, or a schedule.
        beta_1, beta_2: β₁ and β₂, at least 0 and below 1.
        epsilon: ε.
        weight_decay, options: see `Optimizer`.

    Example: the first step for g = 2 with β₁ = ½. μ₁ = 0.26, μ₂ = 0.2696 and m = 1, so m̂ = 0.2696
    · 1 / (1 - 0.26 · 0.2696) + 0.74 · 2 / (1 - 0.26) = 2.289922, and w falls by η m̂ / 2 =
    0.114496.

        >>> w, slots = np.zeros(1), (np.zeros(1), np.zeros(1))
        >>> Nadam(beta_1=0.5).update(w, np.array([2.0]), slots, rate=0.1)
        >>> w.round(6).tolist()
        [-0.114496]

    References:
        T. Dozat: Incorporating Nesterov momentum into Adam, 2016.
    """

    name = "nadam"
    slots = ("means", "mean_squares")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **options: Any,
    ) -> None:
        self.beta_1, self.beta_2 = self.share("beta_1", beta_1), self.share("beta_2", beta_2)
        self.epsilon = self.positive("epsilon", epsilon)
        super().__init__(learning_rate, weight_decay, **options)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """The four equations above, in place."""
        self.decay_weights(parameter, rate)
        means, squares = slots
        means += (1 - self.beta_1) * (gradient - means)
        squares += (1 - self.beta_2) * (gradient * gradient - squares)
        t = step + 1
        ahead = self._mu(t + 1) / (1 - self._product(t + 1)) * means
        ahead += (1 - self._mu(t)) / (1 - self._product(t)) * gradient
        scale = math.sqrt(1 - self.beta_2**t)
        parameter -= rate * ahead / (np.sqrt(squares) / scale + self.epsilon)

    def _mu(self, t: int) -> float:
        """μₜ."""
        return self.beta_1 * float(_RAMP[min(t, _SETTLED) - 1])

    def _product(self, t: int) -> float:
        """μ₁ ··· μₜ."""
        return self.beta_1**t * float(_RAMP_PRODUCTS[min(t, _SETTLED) - 1])

    def config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
