"""RMSprop: each weight's step is divided by the size of its recent gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.kernels import updates
from nn.kernels.memory import flat
from nn.optimizers.base import LearningRate, Optimizer


class RMSprop(Optimizer):
    """RMSprop: the gradient g is divided by its root mean square over the last 1 / (1 - ρ) steps
    or so.

        E[g²]  ← ρ E[g²] + (1 - ρ) g²
        w      ← w - η g / √(E[g²] + ε)

    Steps are then about as large as η, however large the gradients are: the sign of the gradient
    decides more than its size. `Adadelta` divides by the same root and multiplies by the root of
    past updates, so that η has no unit.

    With `centered` the mean gradient's square is taken off first, which leaves the variance: E[g²] - E[g]². With `momentum` μ the
    steps add up: v ← μ v + η g / √(...), w ← w - v.

    Shapes: w, g and the slots any, the same; elements do not depend on each other.

    Args:
        learning_rate: η, or a schedule.
        rho: ρ, the decay of the averages.
        momentum: μ, at least 0 and below 1.
        epsilon: ε, inside the root as in Keras.
        centered: as above.
        weight_decay, options: see `Optimizer`.

    Example: the first step for g = 2 with ρ = 0.9: E[g²] = 0.1 · 4 = 0.4, and w falls by 0.1 · 2 /
    √0.4 = 0.316228. After many equal gradients E[g²] = 4, and the step is 0.1 · 2 / 2 = 0.1.

        >>> w, slots = np.zeros(1), (np.zeros(1),)
        >>> optimizer = RMSprop(epsilon=1e-12)
        >>> optimizer.update(w, np.array([2.0]), slots, rate=0.1)
        >>> w.round(6).tolist(), slots[0].round(6).tolist()
        ([-0.316228], [0.4])

    References:
        T. Tieleman, G. Hinton: Lecture 6.5 of Neural networks for machine learning, 2012.
        A. Graves: Generating sequences with recurrent neural networks, 2013, equations 38 to 45
            (centered, with momentum).
    """

    name = "rmsprop"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        **options: Any,
    ) -> None:
        self.rho = self.share("rho", rho)
        self.momentum = self.share("momentum", momentum)
        self.epsilon = self.positive("epsilon", epsilon)
        self.centered = bool(centered)
        self.slots = ("mean_squares", *["means"] * self.centered, *["velocity"] * (self.momentum > 0))
        super().__init__(learning_rate, weight_decay, **options)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """The equations above, in place; the plain ones in one pass."""
        self.decay_weights(parameter, rate)
        if "means" not in self.slots and "velocity" not in self.slots:
            arrays = flat(parameter), flat(gradient), flat(slots[0])
            updates.rmsprop(*arrays, learning_rate=rate, rho=self.rho, epsilon=self.epsilon)
            return
        kept = dict(zip(self.slots, slots, strict=True))
        variance = squares = kept["mean_squares"]
        squares += (1 - self.rho) * (gradient * gradient - squares)
        if "means" in kept:
            means = kept["means"]
            means += (1 - self.rho) * (gradient - means)
            variance = squares - means * means
        change = rate * gradient / np.sqrt(variance + self.epsilon)
        if "velocity" in kept:
            velocity = kept["velocity"]
            velocity *= self.momentum
            velocity += change
            change = velocity
        parameter -= change

    def config(self) -> dict[str, Any]:
        """The arguments."""
        own = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon, "centered": self.centered}
        return {**super().config(), **own}
