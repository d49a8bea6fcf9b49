"""The slope of a function, measured: finite differences that know their own error.

Let f(t) be the outputs (K,) when one number of an input or parameter is moved by t. The central difference of two steps,

    D(h) = (f(h) - f(-h)) / 2h = f'(0) + h²/6 f'''(0) + ...          (truncation; smaller with smaller h)
                               + about 10⁻¹⁶ |f| / h                 (round-off; larger with smaller h)
    R(h) = (4 D(h) - D(2h)) / 3 = f'(0) + O(h⁴),                     (Richardson: the h² terms cancel)

is exact to ten or more digits for smooth f. ReLU and max-pooling are not smooth: their slopes jump at kinks.

- A kink beside the point falsifies every step that reaches across it. So we go down a ladder of steps until a rung agrees with
  the next up to round-off, and if none does, take the one that comes nearest. The analytic gradient plays no part in this choice.
- A kink exactly at the point makes D the mean of the two slopes at every step. It shows in 2 S(h) - S(2h) with
  S(h) = (f(h) - 2 f(0) + f(-h)) / h, which is O(h³) where f is smooth and the jump of the slope where it is not. Then
  the slopes to the left and to the right are measured apart, each on the rung where it is steadiest.

References:
    W. H. Press et al.: Numerical recipes, 3rd edition, 2007, section 5.7 (numerical derivatives).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A step is a length in the units of the inputs and weights, which are of the order of 1.
LADDER = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
EPSILON = float(np.finfo(np.float64).eps)
JUMP = 1e-5

Outputs = Callable[[], NDArray]


@dataclass(frozen=True)
class Slopes:
    """The derivative of K outputs by one number.

    Attributes:
        central: (K,), the derivatives; at a kink the mean of the two slopes.
        left, right: (K,), the one-sided slopes.
        kinks: the indices of the outputs whose slope jumps exactly here; empty where all is smooth.
    """

    central: NDArray
    left: NDArray
    right: NDArray
    kinks: NDArray


@dataclass(frozen=True)
class _Rung:
    """One step h and what it shows: `derivative` is R(h), `jump` is 2 S(h) - S(2h), of every output (K,)."""

    step: float
    derivative: NDArray
    left: NDArray
    right: NDArray
    jump: NDArray


def moved(outputs: Outputs, array: NDArray, place: tuple[int, ...], offset: float) -> NDArray:
    """The outputs (K,) with `array[place]` moved by `offset`; the array is as before afterwards."""
    before = array[place]
    array[place] = before + offset
    try:
        return np.array(outputs(), np.float64).ravel()
    finally:
        array[place] = before


def central_difference(outputs: Outputs, array: NDArray, place: tuple[int, ...], step: float) -> NDArray:
    """D(h) of every output (K,), with the step that float64 really takes."""
    ahead, behind = array[place] + step, array[place] - step
    rise = moved(outputs, array, place, step) - moved(outputs, array, place, -step)
    return rise / (ahead - behind)


def forward_difference(outputs: Outputs, array: NDArray, place: tuple[int, ...], step: float) -> NDArray:
    """(f(h) - f(0)) / h of every output (K,): what not to use, for comparison."""
    return (moved(outputs, array, place, step) - moved(outputs, array, place, 0.0)) / ((array[place] + step) - array[place])


def slopes(outputs: Outputs, weights: NDArray, array: NDArray, place: tuple[int, ...]) -> Slopes:
    """The derivative of the outputs by `array[place]`.

    Args:
        outputs: computes the outputs, (K,) or any shape, from the present state of `array`.
        weights: (K,), how much each output counts when two rungs are compared.
        array: a float64 array that `outputs` reads; it is moved and put back.
        place: an index of one element.
    """
    here = moved(outputs, array, place, 0.0)
    noise = EPSILON * float(np.abs(weights * here).sum())
    rungs = [_rung(outputs, array, place, LADDER[0], here)]
    best, least = rungs[0], np.inf
    for step in LADDER[1:]:
        above, below = rungs[-1], _rung(outputs, array, place, step, here)
        rungs.append(below)
        doubt = abs(float(weights @ (above.derivative - below.derivative))) + abs(float(weights @ above.jump))
        if doubt < least:
            best, least = above, doubt
        if doubt <= 16 * noise / step:
            break
    limit = JUMP * np.abs(best.derivative).max(initial=0.0) + 64 * EPSILON * np.abs(here).max(initial=0.0) / best.step
    kinks = np.flatnonzero(np.abs(best.jump) > limit)
    left, right = (_steadiest([getattr(rung, side) for rung in rungs], weights) for side in ("left", "right"))
    return Slopes(best.derivative, left, right, kinks)


def _steadiest(slopes: list[NDArray], weights: NDArray) -> NDArray:
    """The one that changes least to the next: one side of a kink has other kinks further off, and round-off near by."""
    changes = [abs(float(weights @ (one - other))) for one, other in itertools.pairwise(slopes)]
    return slopes[int(np.argmin(changes))]


def _rung(outputs: Outputs, array: NDArray, place: tuple[int, ...], h: float, here: NDArray) -> _Rung:
    """Four more points around f(0) = `here`: R(h), the one-sided slopes from three points each, and how much they jump."""
    origin = array[place]
    far_left, left, right, far_right = (moved(outputs, array, place, offset) for offset in (-2 * h, -h, h, 2 * h))
    narrow = (right - left) / ((origin + h) - (origin - h))
    wide = (far_right - far_left) / ((origin + 2 * h) - (origin - 2 * h))
    return _Rung(
        step=h,
        derivative=(4 * narrow - wide) / 3,
        left=(3 * here - 4 * left + far_left) / (2 * h),
        right=(-3 * here + 4 * right - far_right) / (2 * h),
        jump=(2 * (right - 2 * here + left) - (far_right - 2 * here + far_left) / 2) / h,
    )
