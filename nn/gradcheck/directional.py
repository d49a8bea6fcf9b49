"""All gradients of a network at once, along random directions.

Measuring the slope of each of 233,162 weights takes as many forward passes. One random direction
v through all of them takes a few. Let J be the derivatives of the outputs by all weights. The
backward pass claims to compute g = Jᵀu for any u, so for every v

    <u, J v> = <g, v>.

The left side comes from the forward pass alone (`tangent.py`), the right side from the backward
pass. Here every entry of v is +s or -s at random, where s is the size of the tensor's weights
(their root mean square). If the gradient of weight i is wrong by the factor 1 + ε, the two sides
differ by ε |g_i v_i|. What must not hide that is rounding; it is below 2·10⁻⁹ of

    scale = √(Σ_i (g_i v_i)²),    the size that <g, v> has for random signs.

The sides must agree within 10⁻⁸ of it. So an error of ε = 10⁻³ shows in every weight with
|g_i v_i| above 10⁻⁵ scale: in 99 of 100 weights of the student's network. The others have small
gradients at this point; three rounds with new inputs, dropout masks, u and v see nearly all. The
report counts the weights that none of the rounds can see. A gradient of 0 that should be 0 counts
as not seen, because no relative error can change it. (Measured: 100 of 100 such faults in random
weights were found and named; no false alarm for 1,000 seeds.)

If a round fails, v is restricted: to one tensor after another, then to one half of the worst
tensor's entries, and so on, until a single entry is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.gradcheck.contract import build_layer, check_passes, output_complaints, require_float64, shape_complaints
from nn.gradcheck.directional_report import FAULT, TOLERANCE, DirectionalReport, Sides, WrongEntry
from nn.gradcheck.tangent import Visit, tangent, visits
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer
from nn.layers.stack import Stack

ROUNDS = 3
BATCH = 32
# How often a point is drawn again because it lies at a kink.
DRAWS = 5


@dataclass(frozen=True)
class _Round:
    """One point with its random dout u and direction v, and what the backward pass claims there."""

    visited: list[Visit]
    u: NDArray
    gradients: Gradients
    directions: Gradients
    scale: float

    def sides(self, directions: Gradients) -> tuple[Sides, int]:
        """Both sides along a direction, by the scale of the whole round, and how many values on the
        way were unclear.
        """
        rate, unclear = tangent(self.visited, directions)
        claimed = sum(float(np.vdot(self.gradients[name], v)) for name, v in directions.items())
        return Sides(float(np.vdot(self.u, rate)), claimed, self.scale), unclear

    def entries(self, name: str, offsets: NDArray) -> Gradients:
        """The direction restricted to some entries of one tensor, by their flat offsets."""
        part = np.zeros_like(self.directions[name])
        part.flat[offsets] = self.directions[name].flat[offsets]
        return {name: part}


def check_directions(
    network: Stack | Layer,
    input_shape: Shape | None = None,
    *,
    batch: int = BATCH,
    rounds: int = ROUNDS,
    training: bool = True,
    seed: int = 0,
) -> DirectionalReport:
    """Compare the backward pass with the forward pass along random directions, for all weights.

    Args:
        network: a `Stack` of float64, or one layer. If it is not built yet, it is built here, and
            its parameters are moved away from their first values.
        input_shape: of one sample; needed if the network is not built yet.
        batch: the number of samples, which are random numbers of a standard normal distribution.
        rounds: how many points and directions; the first that fails is the last.
        training: passed to `forward`.
        seed: of the weights, inputs, masks and directions.

    Raises:
        InputError: an argument does not fit, a parameter is not float64, or a layer breaks the
            rules of `nn/layers/base.py`.
    """
    for argument, value in (("batch", batch), ("rounds", rounds)):
        if value < 1:
            raise InputError(f"{argument}: expected at least 1, got {value}")
    rng = np.random.default_rng(seed)
    stack = _built(network, input_shape, rng)
    require_float64(stack.parameters(), type(network).__name__)
    if isinstance(network, Layer):
        check_passes(network, rng.standard_normal((batch, *stack.input_shape)), training)
    report = DirectionalReport(type(network).__name__, sum(array.size for array in stack.parameters().values()))
    seen = {key: np.zeros(array.shape, bool) for key, array in stack.parameters().items()}
    for _ in range(rounds):
        drawn = _draw(stack, batch, training, rng)
        if isinstance(drawn, str):
            report.complaints.append(drawn)
            return report
        point, sides = drawn
        report.rounds.append(sides)
        if not sides.passed:
            report.tensors = {key: point.sides({key: v})[0] for key, v in point.directions.items()}
            report.entry = _narrowed(point, report.tensors)
            break
        for key, mask in seen.items():
            mask |= FAULT * np.abs(point.gradients[key] * point.directions[key]) > 2 * TOLERANCE * point.scale
    report.unseen = sum(int(np.count_nonzero(~mask)) for mask in seen.values())
    return report


def _built(network: Stack | Layer, input_shape: Shape | None, rng: np.random.Generator) -> Stack:
    """The network as a stack whose layers are all built."""
    layers = network.layers if isinstance(network, Stack) else [network]
    if not layers or not all(isinstance(layer, Layer) for layer in layers):
        raise InputError(f"network: expected a Stack or an instance of a subclass of nn.layers.Layer, got {network!r}")
    shape = layers[0].input_shape if layers[0].built else input_shape
    if shape is None:
        raise InputError("input_shape: expected the shape of one sample, such as (5, 4), because the network is not built yet")
    for layer in layers:
        if not layer.built:
            build_layer(layer, shape, rng)
        shape = layer.output_shape
    return network if isinstance(network, Stack) else Stack(layers, dtype=np.float64)


def _draw(stack: Stack, batch: int, training: bool, rng: np.random.Generator) -> tuple[_Round, Sides] | str:
    """A round at a point that lies at no kink, and both sides there; or why there is none."""
    for _ in range(DRAWS):
        x, key = rng.standard_normal((batch, *stack.input_shape)), int(rng.integers(2**63))
        visited = visits(stack, x, training, key)
        out = visited[-1].out
        u = rng.choice((-1.0, 1.0), out.shape) * rng.uniform(0.5, 1.5, out.shape)
        again, caches = stack.forward(x, training, key)
        dx, gradients = stack.backward(u, caches)
        gradients = {"x": dx, **gradients}
        arrays = {"x": x, **stack.parameters()}
        if complaints := output_complaints(out, again) + shape_complaints(gradients, arrays):
            return "; ".join(complaints)
        directions = {name: _size(array) * rng.choice((-1.0, 1.0), array.shape) for name, array in arrays.items()}
        drawn = _Round(visited, u, gradients, directions, scale=_scale(gradients, directions))
        sides, unclear = drawn.sides(directions)
        if not unclear:
            return drawn, sides
    return f"{unclear} values lie at a kink, at each of {DRAWS} random points; compare entry by entry instead"


def _scale(gradients: Gradients, directions: Gradients) -> float:
    """√(Σ (g_i v_i)²) over all finite gradients."""
    finite = {name: np.where(np.isfinite(gradients[name]), gradients[name], 0.0) for name in directions}
    return float(np.sqrt(sum(float(np.sum((finite[name] * v) ** 2)) for name, v in directions.items())))


def _size(array: NDArray) -> float:
    """The root mean square of an array's entries, 1 if they are all zero."""
    return float(np.sqrt(np.mean(array**2))) or 1.0


def _narrowed(drawn: _Round, tensors: dict[str, Sides]) -> WrongEntry:
    """One wrong entry of the last tensor that is wrong, or of the worst if none is beyond doubt.

    Gradients flow from the last layer to the first, so a fault shows up in the last wrong tensor
    first.
    """
    wrong = [name for name, sides in tensors.items() if not sides.passed]
    name = wrong[-1] if wrong else max(tensors, key=lambda each: tensors[each].error)
    gradient = drawn.gradients[name]
    offsets = np.arange(gradient.size)
    difference = tensors[name].difference
    if not np.all(np.isfinite(gradient)):
        offsets = np.flatnonzero(~np.isfinite(gradient))[:1]

    def difference_of(part: NDArray) -> float:
        return drawn.sides(drawn.entries(name, part))[0].difference

    while offsets.size > 1:
        half = offsets[: offsets.size // 2]
        here = difference_of(half)
        if abs(here) >= abs(difference - here):
            offsets, difference = half, here
        else:
            offsets, difference = offsets[half.size :], difference - here
    offset = int(offsets[0])
    single, _ = drawn.sides(drawn.entries(name, offsets))
    others, _ = drawn.sides(drawn.entries(name, np.delete(np.arange(gradient.size), offset)))
    return WrongEntry(
        tensor=name,
        index=tuple(int(i) for i in np.unravel_index(offset, gradient.shape)),
        analytic=float(gradient.flat[offset]),
        numeric=single.forward / float(drawn.directions[name].flat[offset]),
        alone=others.passed,
    )
