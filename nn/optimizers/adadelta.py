"""Adadelta: an optimizer in which every weight finds its own rate."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from nn.kernels import elementwise
from nn.kernels.memory import flat
from nn.optimizers.base import LearningRate, Optimizer


class Adadelta(Optimizer):
    """Adadelta: each weight finds its own rate from the sizes of its past gradients g and past
    updates Δ.

        E[g²]  ← ρ E[g²] + (1 - ρ) g²
        Δ       = √(E[Δ²] + ε) / √(E[g²] + ε) · g
        E[Δ²]  ← ρ E[Δ²] + (1 - ρ) Δ²
        w      ← w - η Δ

    Shapes: w, g and the two slots any, the same; elements do not depend on each other.

    The ratio of the two roots has the unit of w / g, so Δ has the unit of w. That is the idea of
    the method, and the reason why Zeiler's method has no learning rate, which is the same as η =
    1, the default here. Keras' default of η = 0.001, chosen for other optimizers, takes a
    thousandth of each step: with it the student's network reads only about half of the test images
    after ten epochs.

    Args:
        learning_rate: η, 1.0 as in the paper, or a schedule.
        rho: ρ, the decay of the two averages.
        epsilon: ε inside both roots; it sets the size of the very first steps. 1e-7 as in Keras
            (the paper: 1e-6).
        weight_decay, options: see `Optimizer`.

    Example: the first step for g = 2 with ρ = 0.9 and ε = 1: E[g²] = 0.4, Δ = √(1 / 1.4) · 2 =
    1.690309, E[Δ²] = 0.1 · Δ² = 0.285714.

        >>> import numpy as np
        >>> w, slots = np.zeros(1), (np.zeros(1), np.zeros(1))
        >>> Adadelta(rho=0.9, epsilon=1.0).update(w, np.array([2.0]), slots, rate=1.0)
        >>> w.round(6).tolist(), [slot.round(6).tolist() for slot in slots]
        ([-1.690309], [[0.4], [0.285714]])

    References:
        M. D. Zeiler: ADADELTA: An adaptive learning rate method, 2012, algorithm 1
            (arXiv:1212.5701).
    """

    name = "adadelta"
    slots = ("squared_gradients", "squared_updates")

    def __init__(
        self,
        learning_rate: LearningRate = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay, **options)
        self.rho = self.share("rho", rho)
        self.epsilon = self.positive("epsilon", epsilon)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """The four equations above, in place."""
        self.decay_weights(parameter, rate)
        arrays = (flat(parameter), flat(gradient), flat(slots[0]), flat(slots[1]))
        elementwise.adadelta(*arrays, rate, self.rho, self.epsilon)

    def config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().config(), "rho": self.rho, "epsilon": self.epsilon}
