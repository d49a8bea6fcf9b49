"""Adagrad: each weight's rate falls with the sum of its squared gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.optimizers.base import LearningRate, Optimizer


class Adagrad(Optimizer):
    """Adagrad: the step of each weight is divided by the length of all its past gradients.

        s  ← s + g²
        w  ← w - η g / √(s₀ + s + ε)

    A weight that seldom gets a gradient keeps a large rate; one that gets many slows down. As s
    only grows, all rates go to zero in the end: about as 1 / √steps where gradients stay of one
    size. `RMSprop` replaces the sum by a running mean.

    Shapes: w, g and s any, the same; elements do not depend on each other.

    Args:
        learning_rate: η, or a schedule.
        initial_accumulator_value: s₀, which keeps the first steps small.
        epsilon: ε, inside the root as in Keras.
        weight_decay, options: see `Optimizer`.

    Example: s₀ = 0 and g = 3, then 4: the first step is η · 3 / 3 = η, the second η · 4 / √(9 +
    16) = 0.8 η.

        >>> w, slots = np.zeros(1), (np.zeros(1),)
        >>> optimizer = Adagrad(initial_accumulator_value=0, epsilon=1e-12)
        >>> optimizer.update(w, np.array([3.0]), slots, rate=1.0)
        >>> optimizer.update(w, np.array([4.0]), slots, rate=1.0, step=1)
        >>> w.round(6).tolist(), slots[0].tolist()
        ([-1.8], [25.0])

    References:
        J. Duchi, E. Hazan, Y. Singer: Adaptive subgradient methods for online learning and
            stochastic optimization, 2011.
    """

    name = "adagrad"
    slots = ("summed_squares",)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        **options: Any,
    ) -> None:
        if not 0 <= initial_accumulator_value < np.inf:
            got = f"got {initial_accumulator_value!r}"
            raise InputError(f"Adagrad: initial_accumulator_value must be a number of at least 0, {got}")
        self.initial_accumulator_value = float(initial_accumulator_value)
        self.epsilon = self.positive("epsilon", epsilon)
        super().__init__(learning_rate, weight_decay, **options)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """The two equations above, in place."""
        self.decay_weights(parameter, rate)
        squares = slots[0]
        squares += gradient * gradient
        parameter -= rate * gradient / np.sqrt(squares + (self.initial_accumulator_value + self.epsilon))

    def config(self) -> dict[str, Any]:
        """The arguments."""
        own = {"initial_accumulator_value": self.initial_accumulator_value, "epsilon": self.epsilon}
        return {**super().config(), **own}
