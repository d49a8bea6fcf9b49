"""Adam and AdamW: momentum, divided by the size of recent gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.kernels import updates
from nn.kernels.memory import flat
from nn.optimizers.base import LearningRate, Optimizer


class Adam(Optimizer):
    """Adam: a running mean m of the gradients g, divided by the root of a running mean v of their
    squares.

        m  ← β₁ m + (1 - β₁) g
        v  ← β₂ v + (1 - β₂) g²
        w  ← w - η √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)          t = 1, 2, ...

    m and v begin at zero. After t equal gradients m = (1 - β₁ᵗ) g and v = (1 - β₂ᵗ) g², so both are too small by a known factor;
    dividing by the factors gives the fraction in front of m. Then |m| ≤ √v up to noise, and no weight moves by much more than η
    in a step: by η where its gradients agree, by less where they change their sign.

    Shapes: w, g, m and v any, the same; elements do not depend on each other.

    Args:
        learning_rate: η, or a schedule.
        beta_1, beta_2: β₁ and β₂; m looks back about 10 steps, v about 1000.
        epsilon: ε, added to √v before the correction, as in Keras (ε̂ in section 2 of the paper).
        amsgrad: divide by the greatest v so far instead of v, so that no step grows again.
        weight_decay, options: see `Optimizer`.

    Example: the first step for g = 2: m = 0.2, v = 0.004; √(1 - 0.999) / (1 - 0.9) · 0.2 / √0.004
    = 1, whatever g is.

        >>> w, slots = np.zeros(1), (np.zeros(1), np.zeros(1))
        >>> Adam().update(w, np.array([2.0]), slots, rate=0.1)
        >>> w.round(6).tolist(), [slot.round(6).tolist() for slot in slots]
        ([-0.1], [[0.2], [0.004]])

    References:
        D. P. Kingma, J. Ba: Adam: a method for stochastic optimization, 2015, algorithm 1
            (arXiv:1412.6980).
        S. J. Reddi, S. Kale, S. Kumar: On the convergence of Adam and beyond, 2018 (AMSGrad).
    """

    name = "adam"
    slots: tuple[str, ...] = ("means", "mean_squares")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        **options: Any,
    ) -> None:
        self.beta_1, self.beta_2 = self.share("beta_1", beta_1), self.share("beta_2", beta_2)
        self.epsilon = self.positive("epsilon", epsilon)
        self.amsgrad = bool(amsgrad)
        self.slots = (*type(self).slots, *["largest_squares"] * self.amsgrad)
        super().__init__(learning_rate, weight_decay, **options)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """The three equations above, in place; without AMSGrad in one pass."""
        self.decay_weights(parameter, rate)
        rate *= math.sqrt(1 - self.beta_2 ** (step + 1)) / (1 - self.beta_1 ** (step + 1))
        share_1, share_2 = 1 - self.beta_1, 1 - self.beta_2
        means, squares = slots[:2]
        if not self.amsgrad:
            arrays = flat(parameter), flat(gradient), flat(means), flat(squares)
            updates.adam(*arrays, learning_rate=rate, share_1=share_1, share_2=share_2, epsilon=self.epsilon)
            return
        means += share_1 * (gradient - means)
        squares += share_2 * (gradient * gradient - squares)
        largest = np.maximum(slots[2], squares, out=slots[2])
        parameter -= rate * means / (np.sqrt(largest) + self.epsilon)

    def config(self) -> dict[str, Any]:
        """The arguments."""
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon, "amsgrad": self.amsgrad}
        return {**super().config(), **own}


class AdamW(Adam):
    """Adam with weight decay by default: each step begins with w ← w - η λ w, apart from the gradient (`Optimizer`).

    Decay that is part of the loss (an L2 penalty) would be divided by √v like every gradient, so
    weights with large gradients would hardly shrink. Here all shrink alike.

    Shapes: w, g, m and v any, the same; elements do not depend on each other.

    Args:
        learning_rate: η, or a schedule.
        weight_decay: λ; a step takes off the share η λ.
        beta_1, beta_2, epsilon, amsgrad, options: see `Adam`.

    Example: g = 0 leaves only the decay, w = 1 - 0.1 · 0.5 · 1.

        >>> w, slots = np.ones(1), (np.zeros(1), np.zeros(1))
        >>> AdamW(weight_decay=0.5).update(w, np.zeros(1), slots, rate=0.1)
        >>> w.tolist()
        [0.95]

    References:
        I. Loshchilov, F. Hutter: Decoupled weight decay regularization, 2019.
    """

    name = "adamw"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad=amsgrad, weight_decay=weight_decay, **options)
