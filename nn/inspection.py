"""Looking inside a network: what each layer makes of one image, what a single value depends on, and the sum that it is.

    trace = stages(model.layers, image)         # the image, then what each layer makes of it
    stage = trace[1]                            # a convolution, say: stage.values (OH, OW, F)
    stage.field(region_of((3, 4, 7)))           # which values of the stage before it this one was made of
    stage.terms((3, 4, 7))                      # and how: patch, filter, bias, their sum, the activation

Layers that change no value of a sample when predicting (Flatten, Dropout) are no stages. A softmax that is a dense layer's
activation is a stage of its own, so that the scores before it (the logits) are seen too. The layers are computed in plain NumPy
(`nn.numpy_inference`): it takes about a millisecond for an image and waits for no compiler.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn import numpy_inference
from nn.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, ReLU, Softmax
from nn.layers.base import window_geometry

Cell = tuple[int, ...]  # (i, j, c) of maps, (k,) of a vector
Region = tuple[slice, ...]  # a box of cells


@dataclass(frozen=True)
class WeightedSum:
    """A value of a convolution or a dense layer: activation(Σ inputs · weights + bias).

    Shapes: inputs and weights (KH, KW, C), or (I,); zeros where a patch reaches into the padding.
    """

    inputs: NDArray
    weights: NDArray
    bias: float
    activation: str
    value: float

    @property
    def products(self) -> NDArray:
        """Inputs · weights, one by one."""
        return self.inputs * self.weights

    @property
    def total(self) -> float:
        """Σ inputs · weights + bias, before the activation; added up in float64."""
        return float(self.products.sum(dtype=np.float64)) + self.bias


@dataclass(frozen=True)
class Greatest:
    """A value of a max-pooling layer: the window (PH, PW), -∞ outside of the map, and which of it won (the first if several)."""

    window: NDArray
    winner: tuple[int, int]
    value: float


@dataclass(frozen=True)
class Share:
    """A value of softmax: exp(score - greatest score) as a part of the total over all scores (K,)."""

    scores: NDArray
    exponentials: NDArray
    value: float

    @property
    def total(self) -> float:
        """Σ exponentials."""
        return float(self.exponentials.sum(dtype=np.float64))


@dataclass(frozen=True)
class Rectified:
    """A value of a ReLU layer: max(0, score)."""

    score: float
    value: float


Terms = WeightedSum | Greatest | Share | Rectified


@dataclass(frozen=True)
class Stage:
    """What one layer makes of one image: `values` (H, W, C) or (K,) from `before`, the values of the stage before it.

    The image itself is the first stage; it has no layer.
    """

    layer: Layer | None
    before: NDArray
    values: NDArray

    def field(self, region: Region) -> Region:
        """The receptive field: the box of the stage before that the cells of a region were computed from."""
        everything = tuple(slice(0, size) for size in self.before.shape)
        match self.layer:
            case Conv2D():
                return (*self._windows(self.layer.kernel_size, self.layer, region), everything[2])
            case MaxPooling2D():
                return (*self._windows(self.layer.pool_size, self.layer, region), region[2])
            case ReLU():
                return region
            case _:
                return everything

    def _windows(self, size: tuple[int, int], layer: Conv2D | MaxPooling2D, region: Region) -> Iterator[slice]:
        """Rows and columns that windows of this size touch, from the first one in the region to the last."""
        for axis in (0, 1):
            length, stride = self.before.shape[axis], layer.strides[axis]
            ahead = window_geometry(length, size[axis], stride, layer.padding)[1]
            first, last = region[axis].start * stride - ahead, (region[axis].stop - 1) * stride - ahead
            yield slice(max(0, first), min(length, last + size[axis]))

    def terms(self, cell: Cell) -> Terms | None:
        """How a cell was computed; None for the image, and for a layer that is not one of this library's."""
        value = float(self.values[cell])
        match self.layer:
            case Conv2D() as layer:
                kernel, bias = layer.parameters["kernel"], layer.parameters["bias"]
                patch = self._patch(layer.kernel_size, layer, cell, 0)
                return WeightedSum(patch, kernel[..., cell[2]], float(bias[cell[2]]), layer.activation_name, value)
            case Dense() as layer:
                kernel, bias = layer.parameters["kernel"], layer.parameters["bias"]
                return WeightedSum(self.before.ravel(), kernel[:, cell[0]], float(bias[cell[0]]), layer.activation_name, value)
            case MaxPooling2D() as layer:
                window = self._patch(layer.pool_size, layer, cell, -np.inf)[..., cell[2]]
                a, b = np.unravel_index(int(window.argmax()), window.shape)
                return Greatest(window, (int(a), int(b)), value)
            case Softmax():
                return Share(self.before, np.exp(self.before - self.before.max()), value)
            case ReLU():
                return Rectified(float(self.before[cell]), value)
            case _:
                return None

    def _patch(self, size: tuple[int, int], layer: Conv2D | MaxPooling2D, cell: Cell, fill: float) -> NDArray:
        """The window (*size, C) that a cell looks at, `fill` where it reaches out of the maps."""
        patch = np.full((*size, self.before.shape[2]), fill, self.before.dtype)
        inside, places = [], []
        for axis, part in enumerate(self._windows(size, layer, region_of(cell))):
            ahead = window_geometry(self.before.shape[axis], size[axis], layer.strides[axis], layer.padding)[1]
            first = cell[axis] * layer.strides[axis] - ahead
            inside.append(part)
            places.append(slice(part.start - first, part.stop - first))
        patch[tuple(places)] = self.before[tuple(inside)]
        return patch


def region_of(cell: Cell) -> Region:
    """The region that is this one cell."""
    return tuple(slice(index, index + 1) for index in cell)


def stages(layers: Sequence[Layer], image: ArrayLike) -> list[Stage]:
    """What the layers of a built model make of one image (H, W) or (H, W, C), in order; the image comes first."""
    values = np.asarray(image, layers[0].parameters.get("kernel", np.zeros(0, np.float32)).dtype)
    values = values.reshape(layers[0].input_shape)
    found = [Stage(None, values, values)]
    for layer in layers:
        for part in _parts(layer):
            values = numpy_inference.forward([part], values[None])[0]
            if not isinstance(part, Flatten | Dropout):
                found.append(Stage(part, found[-1].values, values))
    return found


def _parts(layer: Layer) -> list[Layer]:
    """The layer; or, of a dense layer with softmax, the sum and the softmax."""
    if isinstance(layer, Dense) and layer.activation_name == "softmax":
        scores = Dense(layer.units, name=layer.name)
        scores.parameters = layer.parameters
        return [scores, Softmax(name=layer.name)]
    return [layer]
