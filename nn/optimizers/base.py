"""What every optimizer is: a rule by which a gradient changes a parameter, element by element.

`slots` are the arrays of the parameter's shape that the optimizer keeps for it. Because no element
depends on another, a parameter may be updated in pieces, by several threads, with the same result.
So an optimizer keeps no count of its own: it is given the number of the step.

An optimizer of your own takes nine lines, and trains with `model.compile(Heavy(0.1))`:

    from nn.optimizers import Optimizer

    class Heavy(Optimizer):
        name = "heavy"
        slots = ("velocity",)

        def update(self, parameter, gradient, slots, rate, step=0):
            self.decay_weights(parameter, rate)
            velocity = slots[0]
            velocity[...] = 0.9 * velocity - rate * gradient
            parameter += velocity

A checklist:

1. `name`, and `slots`: the names of its arrays; all are zeros before the first step. If they
   depend on the arguments, as in `SGD`, `__init__` sets them before it calls `super().__init__`,
   which appends the slot of the moving average.
2. `update` begins with `self.decay_weights(parameter, rate)`, then changes the parameter and the
   slots in place. `step` counts from 0.
3. If it has arguments: `__init__(self, learning_rate, ..., **options)` checks them, raises
   `InputError`, and passes the others on. `config` merges its own arguments into
   `super().config()`.

An optimizer of the package, in a file of its own beside `sgd.py`, also needs

4. the equations and a worked example in the docstring; if it is to be fast, a loop in
   `nn/kernels/updates.py`;
5. in `nn/optimizers/__init__.py` its import, its name in `__all__`, and its class in the tuple of
   `OPTIMIZERS`, so that a saved model makes it again;
6. for `python -m nn.train --optimizer`, a line in `OPTIMIZERS` of `nn/train/recipe.py`, with a
   rate that suits the student's network (a test fails while one table lacks what the other has);
7. tests in `tests/optimizers`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import Parameter
from numbers import Real
from typing import Any

from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import elementwise
from nn.kernels.memory import flat
from nn.utils.arrays import Rate
from nn.utils.signatures import signature_of

LearningRate = float | Callable[[int], float]


class Optimizer:
    """The base: a learning rate, constant or a function of the number of steps done (`schedules`),
    and weight decay.

    With `weight_decay` λ every step begins with w ← w - η λ w, apart from the gradient: weights that do not lower the loss
    shrink. Under Adadelta weights keep growing, and the larger they are, the less smooth the network is.

    With `use_ema` the weights' moving average a ← m a + (1 - m) w is kept beside them (m is `ema_momentum`; a starts as the w of
    the first step), and replaces them after the last epoch of a training. At a constant rate the weights never come to rest: they
    wander about a minimum, and their average is closer to it than they are. The training itself does not depend on it.

    Args:
        learning_rate: η, a number above 0 or a schedule. It may be changed at any time:
            `optimizer.learning_rate = 0.01`.
        weight_decay: λ, none unless given.
        use_ema, ema_momentum: see above.
        lr: an older name of `learning_rate`; also an attribute.
        decay: d divides the rate of step t by 1 + d t, as in older versions of Keras; also an
            attribute.
        name: for Keras' sake; it changes nothing.

    Attributes:
        slots: the names of the arrays kept for each parameter; the average is the last.

    Example: w = 2 with λ = 0.1 and η = 0.5 becomes 2 · (1 - 0.05) = 1.9 before the gradient is
    looked at.

        >>> import numpy as np
        >>> w = np.array([2.0])
        >>> Optimizer(0.5, weight_decay=0.1).decay_weights(w, rate=0.5)
        >>> w.tolist()
        [1.9]

    References:
        I. Loshchilov, F. Hutter: Decoupled weight decay regularization, 2019. As in Keras, η λ and
            not λ is taken off.
        B. T. Polyak, A. B. Juditsky: Acceleration of stochastic approximation by averaging, 1992.
    """

    name = ""
    slots: tuple[str, ...] = ()
    _decay: float

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        *,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        lr: LearningRate | None = None,
        decay: float = 0.0,
        name: str | None = None,
        **unknown: object,
    ) -> None:
        if unknown:
            known = ", ".join(arguments_of(type(self)))
            raise InputError(f"{type(self).__name__}: there is no argument {next(iter(unknown))!r}, only {known}")
        self.learning_rate = learning_rate if lr is None else lr
        self.decay = decay
        if weight_decay is not None and not 0 <= weight_decay < 1:
            raise InputError(f"{type(self).__name__}: weight_decay must be at least 0 and below 1, got {weight_decay!r}")
        self.weight_decay = float(weight_decay or 0.0)
        self.use_ema = bool(use_ema)
        self.ema_momentum = self.share("ema_momentum", ema_momentum)
        if use_ema:
            self.slots = (*self.slots, "average")

    @property
    def learning_rate(self) -> LearningRate:
        """η, or the schedule."""
        rate = self._learning_rate
        return rate if callable(rate) else Rate(rate, self)

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        if not callable(value):
            value = self.positive("learning_rate", value, " or a schedule")
        self._learning_rate = value

    lr = learning_rate

    @property
    def decay(self) -> float:
        """d: the rate of step t is divided by 1 + d t."""
        return self._decay

    @decay.setter
    def decay(self, value: float) -> None:
        if not isinstance(value, Real) or not 0 <= value < math.inf:
            raise InputError(f"{type(self).__name__}: decay must be a number of at least 0, got {value!r}")
        self._decay = float(value)

    def share(self, argument: str, value: float) -> float:
        """The value of an argument that must be at least 0 and below 1."""
        if not isinstance(value, Real) or not 0 <= value < 1:
            raise InputError(f"{type(self).__name__}: {argument} must be at least 0 and below 1, got {value!r}")
        return float(value)

    def positive(self, argument: str, value: float, otherwise: str = "") -> float:
        """The value of an argument that must be a number above 0."""
        if not isinstance(value, Real) or not 0 < value < math.inf:
            raise InputError(f"{type(self).__name__}: {argument} must be a number above 0{otherwise}, got {value!r}")
        return float(value)

    def rate_at(self, step: int) -> float:
        """The learning rate of the given step, counted from 0."""
        rate = self._learning_rate
        return float(rate(step) if callable(rate) else rate) / (1 + self.decay * step)

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """Step number `step`, counted from 0, in place; `slots` in the order of the attribute,
        zeros before the first step.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update")

    def decay_weights(self, parameter: NDArray, rate: float) -> None:
        """w ← w - η λ w, in place: the beginning of every `update`."""
        if self.weight_decay:
            parameter *= parameter.dtype.type(1 - rate * self.weight_decay)

    def average(self, parameter: NDArray, average: NDArray, step: int) -> None:
        """a ← m a + (1 - m) w, in place: the end of every step with `use_ema`. In step 0, a ← w."""
        elementwise.moving_average(flat(average), flat(parameter), 1.0 - self.ema_momentum if step else 1.0)

    def config(self) -> dict[str, Any]:
        """The arguments that make the optimizer again, as JSON can hold them; a schedule only by
        what it prints.
        """
        rate = self._learning_rate
        weight_decay = {"weight_decay": self.weight_decay} if self.weight_decay else {}
        ema = {"use_ema": True, "ema_momentum": self.ema_momentum} if self.use_ema else {}
        decay = {"decay": self.decay} if self.decay else {}
        return {"name": self.name, "learning_rate": repr(rate) if callable(rate) else rate, **weight_decay, **ema, **decay}

    def get_config(self) -> dict[str, Any]:
        """`config`, as Keras calls it."""
        return self.config()


def arguments_of(kind: type[Optimizer]) -> list[str]:
    """The names of the arguments of an optimizer's constructor, then those that all have."""
    parameters = [*signature_of(kind).parameters.values(), *signature_of(Optimizer).parameters.values()]
    kept = (each for each in parameters if each.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY))
    return list(dict.fromkeys(each.name for each in kept))
