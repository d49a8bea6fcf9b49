"""The slope of a function, measured by finite differences that estimate their own error.

Let f(t) be the outputs (K,) when one value of an input or a parameter is changed by t. The central
difference of width h,

    D(h) = (f(h) - f(-h)) / 2h
         = f'(0) + h²/6 f'''(0) + ...          (truncation; smaller for smaller h)
           + about 10⁻¹⁶ |f| / h               (round-off; larger for smaller h)
    R(h) = (4 D(h) - D(2h)) / 3
         = f'(0) + O(h⁴),                      (Richardson: the h² terms cancel)

is exact to ten digits or more for smooth f. ReLU and max-pooling are not smooth: their slopes jump
at kinks.

- A kink near the point makes every difference wrong that reaches across it. So h becomes smaller,
  rung by rung of a ladder, until one rung agrees with the next up to round-off. If none does, the
  rung that agrees best is taken. The analytic gradient plays no part in this choice.
- A kink exactly at the point makes D(h) the mean of the two slopes, for every h. It shows in
  2 S(h) - S(2h) with S(h) = (f(h) - 2 f(0) + f(-h)) / h, which is O(h³) where f is smooth and is
  the jump of the slope where it is not. Then the slopes on the left and on the right are measured
  separately, each at the rung where it changes least.

References:
    W. H. Press et al.: Numerical recipes, 3rd edition, 2007, section 5.7 (numerical derivatives).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The values of h, in the units of the inputs and weights, which are of the order of 1.
LADDER = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
EPSILON = float(np.finfo(np.float64).eps)
JUMP = 1e-5

Outputs = Callable[[], NDArray]
Index = tuple[int, ...]


@dataclass(frozen=True)
class Slopes:
    """The derivative of K outputs with respect to one value.

    Attributes:
        central: (K,), the derivatives; at a kink the mean of the two slopes.
        left, right: (K,), the one-sided slopes.
        kinks: the indices of the outputs whose slope jumps exactly here; empty if there are none.
    """

    central: NDArray
    left: NDArray
    right: NDArray
    kinks: NDArray


@dataclass(frozen=True)
class _Rung:
    """What one h shows, for every output (K,): `derivative` is R(h), `jump` is 2 S(h) - S(2h)."""

    h: float
    derivative: NDArray
    left: NDArray
    right: NDArray
    jump: NDArray


def moved(outputs: Outputs, array: NDArray, index: Index, offset: float) -> NDArray:
    """The outputs (K,) with `array[index]` changed by `offset`, which is then undone."""
    before = array[index]
    array[index] = before + offset
    try:
        return np.array(outputs(), np.float64).ravel()
    finally:
        array[index] = before


def central_difference(outputs: Outputs, array: NDArray, index: Index, h: float) -> NDArray:
    """D(h) of every output (K,). It divides by the width that float64 really moves, not by 2h."""
    right, left = array[index] + h, array[index] - h
    rise = moved(outputs, array, index, h) - moved(outputs, array, index, -h)
    return rise / (right - left)


def forward_difference(outputs: Outputs, array: NDArray, index: Index, h: float) -> NDArray:
    """(f(h) - f(0)) / h of every output (K,). It is less exact, and only there for comparison."""
    return (moved(outputs, array, index, h) - moved(outputs, array, index, offset=0.0)) / ((array[index] + h) - array[index])


def slopes(outputs: Outputs, weights: NDArray, array: NDArray, index: Index) -> Slopes:
    """The derivative of the outputs with respect to `array[index]`.

    Args:
        outputs: computes the outputs, (K,) or any shape, from the present values of `array`.
        weights: (K,), how much each output counts when two rungs are compared.
        array: a float64 array that `outputs` reads; it is changed and restored.
        index: of one element.
    """
    here = moved(outputs, array, index, offset=0.0)
    noise = EPSILON * float(np.abs(weights * here).sum())
    rungs = [_rung(outputs, array, index, LADDER[0], here)]
    best, least = rungs[0], np.inf
    for h in LADDER[1:]:
        above, below = rungs[-1], _rung(outputs, array, index, h, here)
        rungs.append(below)
        doubt = abs(float(weights @ (above.derivative - below.derivative))) + abs(float(weights @ above.jump))
        if doubt < least:
            best, least = above, doubt
        if doubt <= 16 * noise / h:
            break
    limit = JUMP * np.abs(best.derivative).max(initial=0.0) + 64 * EPSILON * np.abs(here).max(initial=0.0) / best.h
    kinks = np.flatnonzero(np.abs(best.jump) > limit)
    left, right = (_steadiest([getattr(rung, side) for rung in rungs], weights) for side in ("left", "right"))
    return Slopes(best.derivative, left, right, kinks)


def _steadiest(slopes: list[NDArray], weights: NDArray) -> NDArray:
    """The slope nearest to the next: a large h may meet other kinks, a small one has round-off."""
    changes = [abs(float(weights @ (one - other))) for one, other in itertools.pairwise(slopes)]
    return slopes[int(np.argmin(changes))]


def _rung(outputs: Outputs, array: NDArray, index: Index, h: float, here: NDArray) -> _Rung:
    """R(h), the one-sided slopes and their jump, from four points around f(0) = `here`."""
    origin = array[index]
    far_left, left, right, far_right = (moved(outputs, array, index, offset) for offset in (-2 * h, -h, h, 2 * h))
    narrow = (right - left) / ((origin + h) - (origin - h))
    wide = (far_right - far_left) / ((origin + 2 * h) - (origin - 2 * h))
    return _Rung(
        h=h,
        derivative=(4 * narrow - wide) / 3,
        left=(3 * here - 4 * left + far_left) / (2 * h),
        right=(-3 * here + 4 * right - far_right) / (2 * h),
        jump=(2 * (right - 2 * here + left) - (far_right - 2 * here + far_left) / 2) / h,
    )
