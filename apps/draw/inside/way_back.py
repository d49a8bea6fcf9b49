"""The way back: the loss for the digit that it should be, and its gradient by every value and
every weight. No Pygame.

The gradients are those of the layers' own `backward`. A card shows the sum that produced one of
them:

    input of a convolution    dx[i, j, c] = Σ_{f, ki, kj} dz[i', j', f] · kernel[ki, kj, c, f]
    weight of a convolution   dkernel[ki, kj, c, f] = Σ_{i', j'} x[i, j, c] · dz[i', j', f]
    input of a dense layer    dx_i = Σ_k dz_k · w[i, k]
    value before max-pooling  the gradient of its window's output if it was the winner, else 0
    sum before ReLU           the gradient after ReLU if the sum was above 0, else 0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.inspection.stages import Stage, is_elementwise
from nn.inspection.terms import Cell, Region
from nn.layers import Activation, Conv2D, Dense, Layer, MaxPooling2D, ReLU, Softmax
from nn.layers.pooling import Pooling2D
from nn.layers.windows import window_geometry

SMALLEST = 1e-12  # a probability whose logarithm is taken


@dataclass(frozen=True)
class Back:
    """The gradient at one stage.

    Attributes:
        forward: the stage on the way forward.
        values: ∂loss/∂value of every value of the stage.
        scores: ∂loss/∂z of the sums z before the activation; the same where there is none.
        parameters: ∂loss/∂parameter of the stage's layer, by name.
    """

    forward: Stage
    values: NDArray
    scores: NDArray
    parameters: dict[str, NDArray]

    @property
    def layer(self) -> Any:
        """The stage's layer."""
        return self.forward.layer

    @property
    def kind(self) -> str:
        """The stage's name."""
        return self.forward.kind


@dataclass(frozen=True)
class WayBack:
    """The loss -log p for the digit `target`, and the gradients at all stages, the image's first."""

    target: int
    loss: float
    stages: tuple[Back, ...]


def way_back(trace: Sequence[Stage], target: int) -> WayBack:
    """Forward through each layer with its cache, then backward in reverse."""
    layers = [stage.layer for stage in trace[1:]]
    ends_in_softmax = isinstance(layers[-1], Softmax)
    scores = trace[-2].values if ends_in_softmax else trace[-1].values
    shifted = scores.astype(np.float64) - scores.max()
    logs = shifted - np.log(np.exp(shifted).sum())
    gradient = np.exp(logs)
    gradient[target] -= 1  # ∂loss/∂score = p - [k = target]
    dout = gradient.astype(scores.dtype)
    caches = [_forward(stage)[1] for stage in trace[1:]]
    found: list[Back] = []
    if ends_in_softmax:
        probabilities = trace[-1].values
        by_probability = np.zeros_like(probabilities)
        by_probability[target] = -1 / max(float(probabilities[target]), SMALLEST)
        found.append(Back(trace[-1], by_probability, by_probability, {}))
    last = len(trace) - (2 if ends_in_softmax else 1)
    for number in range(last, 0, -1):
        stage = trace[number]
        layer, cache = layers[number - 1], caches[number - 1]
        assert layer is not None
        dx, parameters = layer.backward(np.ascontiguousarray(dout[None]), cache)
        found.append(Back(stage, dout, _before_activation(layer, dout, cache), parameters))
        dout = dx[0].reshape(stage.before.shape)
    found.append(Back(trace[0], dout, dout, {}))
    return WayBack(target, float(-logs[target]), tuple(reversed(found)))


def _forward(stage: Stage) -> tuple[NDArray, Any]:
    """The layer's own forward pass, with the cache that its backward pass needs."""
    layer = stage.layer
    assert layer is not None
    x = stage.before.ravel() if isinstance(layer, Dense) else stage.before
    return layer.forward(np.ascontiguousarray(x[None]))


def _before_activation(layer: Layer, dout: NDArray, cache: Any) -> NDArray:
    """∂loss/∂z from ∂loss/∂activation(z), by the activation's own backward pass."""
    if isinstance(layer, Conv2D | Dense):
        _, cache = cache
    elif not isinstance(layer, Activation):
        return dout
    dz: NDArray = layer.activation.backward(np.ascontiguousarray(dout[None]), cache)[0][0]
    return dz


@dataclass(frozen=True)
class FromConv:
    """∂loss/∂x of an input of a convolution: dz (KH, KW, F) at the outputs that it touches, times
    the weights used there.

    Offset (ki, kj) is where the input lies in that output's window; outputs outside of the maps
    count as 0.
    """

    gradients: NDArray
    weights: NDArray
    value: float

    @property
    def products(self) -> NDArray:
        """One by one (KH, KW, F)."""
        return self.gradients * self.weights

    @property
    def by_filter(self) -> NDArray:
        """The sum of each filter (F,)."""
        return self.products.sum(axis=(0, 1))


@dataclass(frozen=True)
class FromDense:
    """∂loss/∂x of an input of a dense layer: dz (K,) times its weights (K,)."""

    gradients: NDArray
    weights: NDArray
    value: float

    @property
    def products(self) -> NDArray:
        """One by one (K,)."""
        return self.gradients * self.weights


@dataclass(frozen=True)
class FromPool:
    """∂loss/∂x of an input of max-pooling: its window (PH, PW), who won, where in the window it
    is, and what the winner gets.
    """

    window: NDArray
    winner: tuple[int, int]
    here: tuple[int, int]
    gradient: float
    value: float


@dataclass(frozen=True)
class FromReLU:
    """∂loss/∂z of a value before a ReLU layer: that layer's gradient if the value is above 0."""

    passes: bool
    gradient: float
    value: float


@dataclass(frozen=True)
class FromLoss:
    """∂loss/∂score: p - 1 for the digit that it should be, p for the others."""

    probability: float
    wanted: bool
    value: float


@dataclass(frozen=True)
class FromWeight:
    """∂loss/∂weight of a convolution: the inputs (OH, OW) under that weight, times dz (OH, OW) of
    its filter.
    """

    inputs: NDArray
    gradients: NDArray
    value: float

    @property
    def products(self) -> NDArray:
        """One by one (OH, OW)."""
        return self.inputs * self.gradients


Terms = FromConv | FromDense | FromPool | FromReLU | FromLoss


def terms_of(way: WayBack, number: int, cell: Cell) -> Terms | None:
    """How the gradient of a cell of a stage is made of those of the next stage; None where there
    is no rule to show.
    """
    here = way.stages[number]
    value = float(here.values[cell])
    if number + 1 == len(way.stages) or isinstance(way.stages[number + 1].layer, Softmax):
        if isinstance(here.layer, Softmax):
            return None
        probability = value + (1 if cell[0] == way.target else 0)
        return FromLoss(probability, cell[0] == way.target, value)
    after = way.stages[number + 1]
    match after.layer:
        case Conv2D() as layer:
            gradients, weights = _touched(layer, after, cell)
            return FromConv(gradients, weights, value)
        case Dense() as layer:
            index = int(np.ravel_multi_index(cell, here.values.shape))
            return FromDense(after.scores, layer.parameters["kernel"][index], value)
        case MaxPooling2D() as layer:
            return _pooled(layer, after, cell, value)
        case ReLU() | Activation(activation_name="relu"):
            return FromReLU(bool(here.forward.values[cell] > 0), float(after.values[cell]), value)
        case _:
            return None


def weight_terms(way: WayBack, number: int, weight: tuple[int, int, int, int]) -> FromWeight:
    """How the gradient of a convolution's weight (ki, kj, c, f) is added up."""
    back = way.stages[number]
    layer, x, (ki, kj, channel, filter_) = back.layer, back.forward.before, weight
    gradients = back.scores[..., filter_]
    inputs = np.zeros_like(gradients)
    for i in range(gradients.shape[0]):
        row = i * layer.strides[0] - _ahead(layer, x, 0) + ki
        for j in range(gradients.shape[1]):
            column = j * layer.strides[1] - _ahead(layer, x, 1) + kj
            if 0 <= row < x.shape[0] and 0 <= column < x.shape[1]:
                inputs[i, j] = x[row, column, channel]
    return FromWeight(inputs, gradients, float(back.parameters["kernel"][weight]))


def reach(way: WayBack, number: int, cell: Cell) -> Region:
    """The cells of the next stage that a cell went into."""
    after = way.stages[number + 1]
    layer = after.layer
    shape = after.values.shape
    if isinstance(layer, Conv2D | Pooling2D):
        rows, columns = (_outputs(layer, after, axis, cell[axis]) for axis in (0, 1))
        maps = slice(cell[2], cell[2] + 1) if isinstance(layer, Pooling2D) else slice(0, shape[2])
        return rows, columns, maps
    if layer is not None and is_elementwise(layer):
        return tuple(slice(index, index + 1) for index in cell)
    return tuple(slice(0, size) for size in shape)


def _size(layer: Conv2D | Pooling2D) -> tuple[int, int]:
    return layer.kernel_size if isinstance(layer, Conv2D) else layer.pool_size


def _ahead(layer: Conv2D | Pooling2D, x: NDArray, axis: int) -> int:
    """The padding before the input, on one axis."""
    return window_geometry(x.shape[axis], _size(layer)[axis], layer.strides[axis], layer.padding)[1]


def _outputs(layer: Conv2D | Pooling2D, after: Back, axis: int, index: int) -> slice:
    """The outputs whose windows hold the input `index`, on one axis; there may be none."""
    at, stride, size = index + _ahead(layer, after.forward.before, axis), layer.strides[axis], _size(layer)[axis]
    first = max(0, -(-(at - size + 1) // stride))
    last = min(after.values.shape[axis] - 1, at // stride)
    return slice(first, max(first, last + 1))


def _touched(layer: Conv2D, after: Back, cell: Cell) -> tuple[NDArray, NDArray]:
    """dz and weights (KH, KW, F) by the offset of the input in the output's window."""
    kernel, before = layer.parameters["kernel"], after.forward.before
    high, wide = layer.kernel_size
    weights = kernel[:, :, cell[2], :]
    gradients = np.zeros_like(weights)
    rows, columns = (_outputs(layer, after, axis, cell[axis]) for axis in (0, 1))
    for i in range(rows.start, rows.stop):
        for j in range(columns.start, columns.stop):
            ki = cell[0] + _ahead(layer, before, 0) - i * layer.strides[0]
            kj = cell[1] + _ahead(layer, before, 1) - j * layer.strides[1]
            if 0 <= ki < high and 0 <= kj < wide:
                gradients[ki, kj] = after.scores[i, j]
    return gradients, weights


def _pooled(layer: MaxPooling2D, after: Back, cell: Cell, value: float) -> FromPool | None:
    """The one window that holds the cell; None where there are several or none."""
    rows, columns = (_outputs(layer, after, axis, cell[axis]) for axis in (0, 1))
    if rows.stop - rows.start != 1 or columns.stop - columns.start != 1:
        return None
    output = (rows.start, columns.start, cell[2])
    terms: Any = after.forward.terms(output)
    here = tuple(cell[axis] + _ahead(layer, after.forward.before, axis) - output[axis] * layer.strides[axis] for axis in (0, 1))
    return FromPool(terms.window, terms.winner, (here[0], here[1]), float(after.values[output]), value)
