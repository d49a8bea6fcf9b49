"""Adamax: Adam with the greatest of the recent gradients in place of their root mean square."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.optimizers.base import LearningRate, Optimizer


class Adamax(Optimizer):
    """Adamax: a running mean m of the gradients g, divided by a decaying maximum u of their sizes.

        m  ← β₁ m + (1 - β₁) g
        u  ← max(β₂ u, |g|)
        w  ← w - η / (1 - β₁ᵗ) · m / (u + ε)                     t = 1, 2, ...

    `Adam` divides by (Σ β₂ᵏ |g|²)^½ up to a factor. The same with a power p in place of 2 tends to max β₂ᵏ |g| as p grows: the
    largest term decides. u needs no correction of its first steps, because a maximum does not shrink towards its zero start.

    Shapes: w, g, m and u any, the same; elements do not depend on each other.

    Args:
        learning_rate: η, or a schedule.
        beta_1, beta_2: β₁ and β₂, at least 0 and below 1.
        epsilon: ε, which keeps the quotient finite where all gradients were 0.
        weight_decay, options: see `Optimizer`.

    Example: the first step for g = 2: m = 0.2, u = 2, and w falls by η / 0.1 · 0.2 / 2 = η.

        >>> w, slots = np.zeros(1), (np.zeros(1), np.zeros(1))
        >>> Adamax().update(w, np.array([2.0]), slots, rate=0.1)
        >>> w.round(6).tolist(), [slot.round(6).tolist() for slot in slots]
        ([-0.1], [[0.2], [2.0]])

    References:
        D. P. Kingma, J. Ba: Adam: a method for stochastic optimization, 2015, algorithm 2
            (arXiv:1412.6980).
    """

    name = "adamax"
    slots = ("means", "largest")

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
        """The three equations above, in place."""
        self.decay_weights(parameter, rate)
        means, largest = slots
        means += (1 - self.beta_1) * (gradient - means)
        np.maximum(self.beta_2 * largest, np.abs(gradient), out=largest)
        parameter -= rate / (1 - self.beta_1 ** (step + 1)) * means / (largest + self.epsilon)

    def config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
