"""Exercises `momentum`, `adadelta` and `adam`: how a gradient changes a parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, normal
from nn.optimizers import SGD, Adadelta, Adam, Optimizer


def momentum_step(w: NDArray, g: NDArray, v: NDArray, rate: float, momentum: float) -> tuple[NDArray, NDArray]:
    """Stochastic gradient descent with momentum: the steps add up in a velocity.

    Shapes: w, its gradient g and its velocity v, any, the same; returns the new w and the new v.
    The arrays that came in stay as they are.

        v ← momentum · v - rate · g,    w ← w + v

    Example: w = 2, g = 1.5, v = -0.5, rate 0.25 and momentum 0.9 give v = -0.825 and w = 1.175.
    """
    # Step 1: the new v, as a new array.
    # Step 2: the new w. Which v does it take?
    # Step 3: return both, w first.
    raise NotImplementedError


def adadelta_step(
    w: NDArray, g: NDArray, gg: NDArray, dd: NDArray, rate: float, rho: float, epsilon: float
) -> tuple[NDArray, NDArray, NDArray]:
    """Adadelta: each weight finds its own rate, from the sizes of its past gradients and updates.

    Shapes: w, g, and the running means gg of g² and dd of Δ², any, the same; returns the new w, gg
    and dd. The arrays that came in stay as they are.

        gg ← rho · gg + (1 - rho) · g²
        Δ  = √(dd + epsilon) / √(gg + epsilon) · g
        dd ← rho · dd + (1 - rho) · Δ²
        w  ← w - rate · Δ

    Example: w = 0, g = 2, gg = dd = 0, rate 1, rho 0.9 and epsilon 1 give gg = 0.4, Δ = 1.690309,
    dd = 0.285714 and w = -1.690309.
    """
    # Step 1: the new gg.
    # Step 2: Δ. Which gg and which dd does it take, the old or the new?
    # Step 3: the new dd and w. Which of them knows the rate?
    raise NotImplementedError


def adam_step(
    w: NDArray, g: NDArray, m: NDArray, v: NDArray, t: int, rate: float, beta_1: float, beta_2: float, epsilon: float
) -> tuple[NDArray, NDArray, NDArray]:
    """Adam: a running mean of the gradients, divided by the root of a running mean of their squares.

    Shapes: w, g, m and v any, the same; t is the number of the step, 1 for the first; returns the
    new w, m and v. The arrays that came in stay as they are.

        m ← beta_1 · m + (1 - beta_1) · g
        v ← beta_2 · v + (1 - beta_2) · g²
        w ← w - rate · √(1 - beta_2ᵗ) / (1 - beta_1ᵗ) · m / (√v + epsilon)

    Example: w = 0, g = 2, m = v = 0, t = 1, rate 0.1, beta_1 0.9, beta_2 0.999 and epsilon 0 give
    m = 0.2, v = 0.004 and w = -0.1.
    """
    # Step 1: the new m and v.
    # Step 2: the correction, the fraction in front of m, for this t.
    # Step 3: the new w. What is inside the root, and what is not?
    raise NotImplementedError


def _cases(first: dict[str, Any], arrays: int, squares: int, *numbers: dict[str, Any]) -> list[Case]:
    """The example, then arrays of two axes; the last `squares` of them are not negative."""
    cases = [Case(EXAMPLE, {name: _array(value) for name, value in first.items()})]
    for title, shape, given in zip(("the case of a vector", "the case of a matrix"), ((5,), (3, 4)), numbers, strict=True):
        values = normal(len(cases), *[shape] * arrays)
        values[arrays - squares :] = [value**2 for value in values[arrays - squares :]]
        cases.append(Case(title, dict(zip(first, values, strict=False)) | given))
    return cases


def _array(value: Any) -> Any:
    return np.array(value) if isinstance(value, list) else value


def _momentum_cases() -> list[Case]:
    first = {"w": [2.0], "g": [1.5], "v": [-0.5], "rate": 0.25, "momentum": 0.9}
    return _cases(first, 3, 0, {"rate": 0.1, "momentum": 0.8}, {"rate": 0.4, "momentum": 0.5})


def _adadelta_cases() -> list[Case]:
    first = {"w": [0.0], "g": [2.0], "gg": [0.0], "dd": [0.0], "rate": 1.0, "rho": 0.9, "epsilon": 1.0}
    return _cases(first, 4, 2, {"rate": 0.5, "rho": 0.8, "epsilon": 0.01}, {"rate": 2.0, "rho": 0.95, "epsilon": 0.001})


def _adam_cases() -> list[Case]:
    betas = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 0.0}
    first = {"w": [0.0], "g": [2.0], "m": [0.0], "v": [0.0], "t": 1, "rate": 0.1, **betas}
    second = {"t": 5, "rate": 0.2, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 0.01}
    return _cases(first, 4, 1, {"t": 2, "rate": 0.3, **betas}, second)


def _stepped(
    optimizer: Optimizer, w: NDArray, g: NDArray, slots: tuple[NDArray, ...], rate: float, t: int
) -> tuple[NDArray, ...]:
    """The new w and slots by one of the project's optimizers."""
    new, kept = w.copy(), tuple(slot.copy() for slot in slots)
    optimizer.update(new, g, kept, rate, t - 1)
    return (new, *kept)


def _momentum_right(w: NDArray, g: NDArray, v: NDArray, rate: float, momentum: float) -> Outputs:
    return _stepped(SGD(momentum=momentum), w, g, slots=(v,), rate=rate, t=1)


def _adadelta_right(w: NDArray, g: NDArray, gg: NDArray, dd: NDArray, rate: float, rho: float, epsilon: float) -> Outputs:
    return _stepped(Adadelta(rho=rho, epsilon=epsilon), w, g, slots=(gg, dd), rate=rate, t=1)


def _adam_right(
    w: NDArray, g: NDArray, m: NDArray, v: NDArray, t: int, rate: float, beta_1: float, beta_2: float, epsilon: float
) -> tuple[NDArray, ...]:
    # Its ε is a number above 0; one this small is lost in rounding.
    optimizer = Adam(beta_1=beta_1, beta_2=beta_2, epsilon=max(epsilon, 1e-300))
    return _stepped(optimizer, w, g, slots=(m, v), rate=rate, t=t)


MOMENTUM = Exercise(
    name="momentum",
    title="stochastic gradient descent with momentum",
    solution="nn/optimizers/sgd.py",
    hints=(
        "momentum * v - rate * g makes a new array; v *= momentum would change the one that came in.",
        "w + v with the new v: the step that is taken now includes the present gradient.",
        "return w, v in the order of the docstring.",
    ),
    tasks=(
        Task(
            momentum_step,
            outputs=("w", "v"),
            right=_momentum_right,
            cases=_momentum_cases,
            plain="""
def plain(w, g, v, rate, momentum):
    v, old = momentum * v - rate * g, v
    w = w + v
    return w, v
""",
            mistakes="""
the step goes up the gradient; it must go down | - rate * g | + rate * g
the velocity is subtracted from w; its sign is in it already | w + v | w - v
v has the wrong sign: v ← momentum · v - rate · g | momentum * v - rate * g | rate * g - momentum * v
rate and momentum are exchanged | momentum * v - rate * g | rate * v - momentum * g
the momentum is always 0.9; take the one that is given | momentum * v | 0.9 * v
w is moved by momentum · v; it should be v | w + v | w + momentum * v
v is kept with the other sign, and w - v taken | - rate * g | + rate * g | w + v | w - v
w is moved by the old velocity; the new one includes the present gradient | w + v | w + old
the momentum is missing: this is plain descent | momentum * v - rate | -rate
the new velocity is not kept | return w, v | return w, old
w is moved by the gradient alone; add the velocity | w + v | w - rate * g
the gradient is weighted by 1 - momentum, as in a mean; it counts in full | - rate | - (1 - momentum) * rate
the gradient is weighted by 1 - momentum; its weight is the rate | - rate | - (1 - momentum)
the velocity is kept as a mean of gradients; it is momentum · v - rate · g | v - rate * g | v + (1 - momentum) * g
    | w + v | w - rate * v
the rate stands outside of the velocity | v - rate * g | v + g | w + v | w - rate * v
the rate stands outside of the velocity | v - rate * g | v - g | w + v | w + rate * v
the rate multiplies the old velocity, too | momentum * v - rate * g | rate * (momentum * v - g)
the old velocity is added in full; multiply it by the momentum | momentum * v - rate | v - rate
the rate is missing | v - rate * g | v - g
this is Nesterov's form; here w ← w + v | w + v | w + momentum * v - rate * g
""",
        ),
    ),
)

ADADELTA = Exercise(
    name="adadelta",
    title="Adadelta, the optimizer of the student's network",
    solution="nn/optimizers/adadelta.py",
    hints=(
        "rho * gg + (1 - rho) * g * g.",
        "Follow the order of the lines: gg is new already, dd is still the old one. Both epsilons are inside the roots.",
        "dd is a mean of Δ², without the rate; only the last line has the rate.",
    ),
    tasks=(
        Task(
            adadelta_step,
            outputs=("w", "gg", "dd"),
            right=_adadelta_right,
            cases=_adadelta_cases,
            plain="""
def plain(w, g, gg, dd, rate, rho, epsilon):
    gg, old = rho * gg + (1 - rho) * g**2, gg
    d = np.sqrt(dd + epsilon) / np.sqrt(gg + epsilon) * g
    dd = rho * dd + (1 - rho) * d**2
    w = w - rate * d
    return w, gg, dd
""",
            mistakes="""
the learning rate is inside the mean of the squared updates; dd takes Δ without it | * d**2 | * (rate * d) ** 2
epsilon is outside the roots: it is √(dd + epsilon) / √(gg + epsilon)
    | np.sqrt(dd + epsilon) / np.sqrt(gg + epsilon) | (np.sqrt(dd) + epsilon) / (np.sqrt(gg) + epsilon)
epsilon is outside the lower root: it is √(gg + epsilon) | np.sqrt(gg + epsilon) | (np.sqrt(gg) + epsilon)
both epsilons are missing | dd + epsilon | dd | gg + epsilon | gg
epsilon is missing in √(dd + epsilon) | dd + epsilon | dd
epsilon is missing in √(gg + epsilon) | gg + epsilon | gg
gg only grows, as in Adagrad: gg ← rho · gg + (1 - rho) · g² | rho * gg + (1 - rho) | gg + 1.0
dd is not changed | rho * dd + (1 - rho) * d**2 | dd
Δ is not squared in dd | * d**2 | * d
the old dd is forgotten: dd ← rho · dd + (1 - rho) · Δ² | rho * dd + |
the step goes up the gradient; it must go down | w - rate | w + rate
Δ takes the old gg; by then gg is new | np.sqrt(gg | np.sqrt(old
Δ takes the new dd; it must take the old one | w = w - rate * d | w = w - rate * np.sqrt(dd + epsilon) / np.sqrt(gg + epsilon) * g
the roots are missing | np.sqrt(dd + epsilon) / np.sqrt(gg + epsilon) | (dd + epsilon) / (gg + epsilon)
the fraction is upside down | np.sqrt(dd + epsilon) / np.sqrt(gg + epsilon) | np.sqrt(gg + epsilon) / np.sqrt(dd + epsilon)
√(dd + epsilon) is missing in Δ: this is RMSprop | np.sqrt(dd + epsilon) / | 1 /
dd takes the squares of g; it must take those of Δ | * d**2 | * g**2
the gradient is not squared in gg | * g**2 | * np.abs(g)
rho and 1 - rho are exchanged | rho * gg + (1 - rho) | (1 - rho) * gg + rho
rho and 1 - rho are exchanged | rho * gg + (1 - rho) | (1 - rho) * gg + rho | rho * dd + (1 - rho) | (1 - rho) * dd + rho
the rate is missing | rate * d | d
""",
        ),
    ),
)

ADAM = Exercise(
    name="adam",
    title="Adam and its correction for the first steps",
    solution="nn/optimizers/adam.py",
    hints=(
        "Two running means with a share each: m of g with beta_1, v of g² with beta_2.",
        "math.sqrt(1 - beta_2**t) / (1 - beta_1**t): a number, 0.316 for t = 1, and nearly 1 after some thousand steps.",
        "√v + epsilon: the root first, then epsilon. m and v are returned as they are, without the correction.",
    ),
    imports="import math\n\nimport numpy as np\nfrom numpy.typing import NDArray",
    tasks=(
        Task(
            adam_step,
            outputs=("w", "m", "v"),
            right=_adam_right,
            cases=_adam_cases,
            plain="""
def plain(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    one, two = (1 - beta**t for beta in (beta_1, beta_2))
    w = w - rate * np.sqrt(two) / one * m / (np.sqrt(v) + epsilon)
    return w, m, v
""",
            mistakes="""
the correction √(1 - beta_2ᵗ) / (1 - beta_1ᵗ) is missing | np.sqrt(two) / one * m | m
only m is corrected; v needs √(1 - beta_2ᵗ), too | np.sqrt(two) / one | 1 / one
only v is corrected; m needs 1 / (1 - beta_1ᵗ), too | np.sqrt(two) / one | np.sqrt(two)
the correction counts one step too many: t is 1 in the first step | **t | **(t + 1)
the correction counts one step too few: t is 1 in the first step | **t | **(t - 1)
epsilon is added after the correction, as in the paper; here it is added to √v before | + epsilon | + np.sqrt(two) * epsilon
epsilon is missing | (np.sqrt(v) + epsilon) | np.sqrt(v)
epsilon is inside the root; it is √v + epsilon | np.sqrt(v) + epsilon | np.sqrt(v + epsilon)
epsilon is inside the root; it is √v + epsilon | np.sqrt(v) + epsilon | np.sqrt(v + two * epsilon)
the root of v is missing | np.sqrt(v) | v
the root of v is missing | np.sqrt(v) | v | np.sqrt(two) | two
the root of 1 - beta_2ᵗ is missing | np.sqrt(two) | two
the gradient is not squared in v | g**2 | g
v takes the squares of m; it must take those of g | g**2 | m**2
beta_1 and beta_2 are exchanged | beta_1 * m + (1 - beta_1) | beta_2 * m + (1 - beta_2)
beta_1 and beta_2 are exchanged | beta_2 * v + (1 - beta_2) | beta_1 * v + (1 - beta_1)
beta_1 and beta_2 are exchanged | beta_1 * m + (1 - beta_1) | beta_2 * m + (1 - beta_2)
    | beta_2 * v + (1 - beta_2) | beta_1 * v + (1 - beta_1)
the factor 1 - beta_1 is missing: m ← beta_1 · m + (1 - beta_1) · g | (1 - beta_1) * g | g
the factor 1 - beta_2 is missing: v ← beta_2 · v + (1 - beta_2) · g² | (1 - beta_2) * g**2 | g**2
the step takes the old m; by then m is new | m = beta_1 | old = m; m = beta_1 | one * m | one * old
the step takes the old v; by then v is new | v = beta_2 | old = v; v = beta_2 | np.sqrt(v) | np.sqrt(old)
the correction is upside down: it is √(1 - beta_2ᵗ) / (1 - beta_1ᵗ) | np.sqrt(two) / one | one / np.sqrt(two)
the rate is missing | w - rate * | w -
the rate is multiplied twice | w - rate | w - rate**2
beta and 1 - beta are exchanged | beta_1 * m + (1 - beta_1) | (1 - beta_1) * m + beta_1
the step goes up the gradient; it must go down | w - rate | w + rate
the corrected m and v are kept; keep them without the correction | w, m, v | w, m / one, v / two
the step takes g; it should take m | one * m | one * g
""",
        ),
    ),
)
