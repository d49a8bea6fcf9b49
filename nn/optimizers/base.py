"""What every optimizer is: a rule by which a gradient changes a parameter, element by element.

`slots` are the arrays of the parameter's shape that the optimizer keeps for it. Because no element depends on
another, a parameter may be updated in pieces, by several threads, with the same result. So an optimizer keeps no
count of its own: it is given the number of the step.

A checklist for a new optimizer, in a file of its own beside `sgd.py`:

1. `name`, and `slots`: the names of its arrays; all are zeros before the first step.
2. `update` begins with `self.decay(parameter, rate)`, then changes the parameter and the slots in place. `step` counts from 0.
3. `config` describes its constants; the constructor checks them and raises `InputError`.
4. The equations and a worked example in the docstring. Loops over large arrays are a kernel (`nn/kernels/elementwise.py`).
5. A line in `optimizer_named` (`nn/optimizers/__init__.py`), and tests in `tests/optimizers`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import elementwise
from nn.kernels.memory import flat

LearningRate = float | Callable[[int], float]


class Optimizer:
    """The base: a learning rate, constant or a function of the number of steps done (`schedules`), and weight decay.

    With `weight_decay` λ every step begins with w ← w - η λ w, apart from the gradient: weights that do not lower the loss
    shrink. Under Adadelta weights keep growing, and the larger they are, the less smooth the network is.

    With `use_ema` the weights' moving average a ← m a + (1 - m) w is kept beside them (m is `ema_momentum`; a starts as the w of
    the first step), and replaces them after the last epoch of a training. At a constant rate the weights never come to rest: they
    wander about a minimum, and their average is closer to it than they are. The training itself does not depend on it.

    Attributes:
        slots: the names of the arrays kept for each parameter; the average is the last.

    Example: w = 2 with λ = 0.1 and η = 0.5 becomes 2 · (1 - 0.05) = 1.9 before the gradient is looked at.

        >>> import numpy as np
        >>> w = np.array([2.0])
        >>> Optimizer(0.5, weight_decay=0.1).decay(w, rate=0.5)
        >>> w.tolist()
        [1.9]

    References:
        I. Loshchilov, F. Hutter: Decoupled weight decay regularization, 2019. As in Keras, η λ and not λ is taken off.
        B. T. Polyak, A. B. Juditsky: Acceleration of stochastic approximation by averaging, 1992.
    """

    name = ""
    slots: tuple[str, ...] = ()

    def __init__(
        self, learning_rate: LearningRate, weight_decay: float | None = None, use_ema: bool = False, ema_momentum: float = 0.99
    ) -> None:
        if not callable(learning_rate) and not (
            isinstance(learning_rate, int | float) and math.isfinite(learning_rate) and learning_rate > 0
        ):
            name = type(self).__name__
            raise InputError(f"{name}: learning_rate must be a number above 0 or a schedule, got {learning_rate!r}")
        if weight_decay is not None and not 0 <= weight_decay < 1:
            raise InputError(f"{type(self).__name__}: weight_decay must be at least 0 and below 1, got {weight_decay!r}")
        self.learning_rate = learning_rate
        if not 0 <= ema_momentum < 1:
            raise InputError(f"{type(self).__name__}: ema_momentum must be at least 0 and below 1, got {ema_momentum!r}")
        self.weight_decay = float(weight_decay or 0.0)
        self.use_ema = bool(use_ema)
        self.ema_momentum = float(ema_momentum)
        if use_ema:
            self.slots = (*self.slots, "average")

    def rate_at(self, step: int) -> float:
        """The learning rate of the given step, counted from 0."""
        return float(self.learning_rate(step)) if callable(self.learning_rate) else float(self.learning_rate)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """Step number `step`, counted from 0, in place; `slots` in the order of the attribute, zeros before the first step."""
        raise NotImplementedError(f"{type(self).__name__} has no update")

    def decay(self, parameter: NDArray, rate: float) -> None:
        """w ← w - η λ w, in place: the beginning of every `update`."""
        if self.weight_decay:
            parameter *= parameter.dtype.type(1 - rate * self.weight_decay)

    def average(self, parameter: NDArray, average: NDArray, step: int) -> None:
        """a ← m a + (1 - m) w, in place: the end of every step with `use_ema`. In step 0, a ← w."""
        elementwise.moving_average(flat(average), flat(parameter), 1.0 - self.ema_momentum if step else 1.0)

    def config(self) -> dict[str, Any]:
        """What describes the optimizer in a training card."""
        rate = self.learning_rate
        decay = {"weight_decay": self.weight_decay} if self.weight_decay else {}
        ema = {"use_ema": True, "ema_momentum": self.ema_momentum} if self.use_ema else {}
        return {"name": self.name, "learning_rate": repr(rate) if callable(rate) else float(rate), **decay, **ema}
