"""Stochastic gradient descent, plain or with momentum: one rate for all weights."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import elementwise, updates
from nn.kernels.memory import flat
from nn.optimizers.base import LearningRate, Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: w ← w - η g. There is one rate for all weights, so it must be chosen well.

    Near w the loss is L(w + Δ) ≈ L(w) + g·Δ. Among all steps Δ of the same length, the one along -g lowers it most, by |g| |Δ|
    (Cauchy-Schwarz). Δ = -η g lowers it by η |g|² as long as η is so small that the curvature can be neglected: on a parabola
    c w² / 2 the step multiplies w by 1 - η c, whose absolute value is below 1 only for η < 2 / c.

    With `momentum` μ the steps add up in a velocity v:

        v ← μ v - η g,    w ← w + v,    with `nesterov`    w ← w + μ v - η g    instead.

    Under a constant gradient v tends to -η g / (1 - μ): ten times the plain step for μ = 0.9.
    Gradients that change their sign, as across a narrow valley, cancel in v. Nesterov's form takes
    the gradient where v is about to lead, which brakes earlier. (The w kept here is already that
    point ahead, so the gradient at w is the one that is needed.)

    Shapes: w, g and v any, the same.

    Args:
        learning_rate: η, or a schedule.
        momentum: μ, at least 0 and below 1; 0 is plain descent and keeps no velocity.
        nesterov: as above; it needs momentum.
        weight_decay, options: see `Optimizer`.

    Example: on w² / 2 with g = w = 2 and η = 0.25: w = 2 - 0.25 · 2 = 1.5. With μ = 0.9 the second
    step adds 0.9 times the first: v = 0.9 · (-0.5) - 0.25 · 1.5 = -0.825 and w = 0.675.

        >>> import numpy as np
        >>> w, velocity = np.array([2.0]), np.zeros(1)
        >>> SGD().update(w, np.array([2.0]), (), rate=0.25)
        >>> w.tolist()
        [1.5]
        >>> velocity[:] = -0.5
        >>> SGD(momentum=0.9).update(w, np.array([1.5]), (velocity,), rate=0.25, step=1)
        >>> w.round(6).tolist(), velocity.round(6).tolist()
        ([0.675], [-0.825])

    References:
        H. Robbins, S. Monro: A stochastic approximation method, 1951.
        B. T. Polyak: Some methods of speeding up the convergence of iteration methods, 1964.
        I. Sutskever, J. Martens, G. Dahl, G. Hinton: On the importance of initialization and
            momentum in deep learning, 2013.
    """

    name = "sgd"

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        **options: Any,
    ) -> None:
        self.momentum = self.share("momentum", momentum)
        self.nesterov = bool(nesterov)
        if self.nesterov and not self.momentum:
            raise InputError("SGD: nesterov=True needs momentum, got momentum=0")
        self.slots = ("velocity",) if self.momentum else ()
        super().__init__(learning_rate, weight_decay, **options)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """w ← w - η g, or the two equations with momentum."""
        self.decay_weights(parameter, rate)
        if "velocity" not in self.slots:
            elementwise.sgd(flat(parameter), flat(gradient), rate)
            return
        kernel = updates.nesterov if self.nesterov else updates.momentum
        kernel(flat(parameter), flat(gradient), flat(slots[0]), learning_rate=rate, share=self.momentum)

    def config(self) -> dict[str, Any]:
        """The arguments."""
        momentum = {"momentum": self.momentum, "nesterov": self.nesterov} if self.momentum else {}
        return {**super().config(), **momentum}
