"""J v: how fast the outputs of a network change along a direction v of its input and its weights.

The chain rule, read forwards: each layer turns the rate of change of its input, ẋ, and the
directions of its own parameters, v, into the rate of change of its output,

    ȯ = d/dt layer(x + t ẋ; weights + t v)   at t = 0.

One layer at a time, this rate can be measured to ten digits. A difference through the whole network
cannot be as exact: among a million values that pass through ReLU and pooling, some lie so close to
a kink that the difference reaches across it, and with a smaller h rounding grows. (Measured for the
student's network, as a share of the scale that `directional.py` defines: a kink costs 2·10⁻³ at
h = 10⁻⁷, rounding 10⁻⁷ at h = 10⁻⁸. Layer by layer, the error stays below 2·10⁻⁹.) Within one layer,
a kink spoils only the output where it lies, and only on its own side. So each output is measured on
both sides, to the right from t = 0, h, 2h, 3h, and to the left from t = 0, -h, -2h, -3h:

    slope = (-11 f(0) + 18 f(h) - 9 f(2h) + 2 f(3h)) / 6h     exact for polynomials up to degree 3
    doubt = |f(3h) - 3 f(2h) + 3 f(h) - f(0)| / h             O(h²), but the jump of the slope at a kink

and the side with less doubt counts. An output is *unclear* if there are kinks on both sides, or
one within 10⁻¹¹ of t = 0. That is rare: the check then draws another point.

References:
    A. Griewank, A. Walther: Evaluating derivatives, 2nd edition, 2008, chapter 3 (forward mode).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.gradcheck.contract import run_forward
from nn.gradcheck.differences import EPSILON
from nn.layers.base import Gradients, Layer
from nn.layers.stack import Stack

H = 1e-5
# Doubt above this share of a layer's slopes is a kink; round-off is a thousandth of it.
KINK = 1e-6


@dataclass(frozen=True)
class Visit:
    """One layer at a point: its input x (N, ...), its output, and the key of its random numbers."""

    layer: Layer
    x: NDArray
    out: NDArray
    training: bool
    key: Any

    def output(self, x: NDArray) -> NDArray:
        """The layer's output for another input, with the same random numbers."""
        return self.layer.forward(x, self.training, self.key)[0]

    def own(self, directions: Gradients) -> Gradients:
        """The directions of this layer's parameters, by their names in the layer."""
        names = {name: f"{self.layer.name}/{name}" for name in self.layer.parameters}
        return {name: directions[full] for name, full in names.items() if full in directions}


def visits(stack: Stack, x: NDArray, training: bool, key: int) -> list[Visit]:
    """Every layer of the stack with its input and its output for x."""
    keys = stack.random_keys(key) if training else {}
    visited = []
    for layer in stack.layers:
        layer_key = keys.get(layer.name)
        out, _ = run_forward(layer, x, training, layer_key)
        visited.append(Visit(layer, x, out, training, layer_key))
        x = out
    return visited


def tangent(visited: Sequence[Visit], directions: Gradients) -> tuple[NDArray, int]:
    """J v, in the shape of the last output, and how many values on the way were unclear.

    Args:
        visited: the layers at the point where J is taken.
        directions: v by name: "x" for the input, "layer/parameter" for the weights. What is not
            named does not move.
    """
    rate, unclear = directions.get("x"), 0
    for visit in visited:
        own = visit.own(directions)
        if rate is not None or own:
            rate, doubtful = _rate(visit, rate, own)
            unclear += doubtful
    return np.zeros_like(visited[-1].out) if rate is None else rate, unclear


def _rate(visit: Visit, rate: NDArray | None, own: Gradients) -> tuple[NDArray, int]:
    """ȯ of one layer from ẋ (None: the input does not move) and the directions of its parameters."""
    parameters = visit.layer.parameters
    before = {name: parameters[name].copy() for name in own}

    def at(t: float) -> NDArray:
        for name, direction in own.items():
            parameters[name][...] = before[name] + t * direction
        return visit.output(visit.x if rate is None else visit.x + t * rate)

    try:
        right, right_doubt = _one_sided(visit.out, [at(H), at(2 * H), at(3 * H)], H)
        left, left_doubt = _one_sided(visit.out, [at(-H), at(-2 * H), at(-3 * H)], -H)
    finally:
        for name, array in before.items():
            parameters[name][...] = array
    slopes = np.where(left_doubt < right_doubt, left, right)
    limit = KINK * np.sqrt(np.mean(slopes**2)) + 1000 * EPSILON * np.abs(visit.out).max(initial=0.0) / H
    both_doubtful = np.minimum(left_doubt, right_doubt) > limit
    jump_here = (np.maximum(left_doubt, right_doubt) <= limit) & (np.abs(left - right) > 10 * limit)
    return slopes, int(np.count_nonzero(both_doubtful | jump_here))


def _one_sided(here: NDArray, beside: Sequence[NDArray], h: float) -> tuple[NDArray, NDArray]:
    """Slope and doubt from f(0) and f(h), f(2h), f(3h); a negative h looks to the left."""
    one, two, three = beside
    slope = (-11 * here + 18 * one - 9 * two + 2 * three) / (6 * h)
    return slope, np.abs(three - 3 * two + 3 * one - here) / abs(h)
