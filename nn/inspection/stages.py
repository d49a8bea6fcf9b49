"""The stages of one image on its way through a network, and the origin of each of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.engine import numpy_inference
from nn.inspection.terms import Cell, Greatest, Rectified, Region, Share, Terms, WeightedSum, region_of
from nn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from nn.layers.pooling import Pooling2D
from nn.layers.stack import split_softmax
from nn.layers.windows import window_geometry

# Batch normalization too: outside of training, mean and variance are constants.
ELEMENTWISE = (Linear, ReLU, LeakyReLU, ELU, SELU, GELU, Sigmoid, Tanh, Softplus, SiLU, BatchNormalization, Rescaling)


@dataclass(frozen=True)
class Stage:
    """One layer's output for one image: `values` (H, W, C) or (K,), computed from `before`.

    The first stage is the image itself, which has no layer.
    """

    layer: Layer | None
    before: NDArray
    values: NDArray

    @property
    def kind(self) -> str:
        """The name of the layer's class, or "Image"."""
        return "Image" if self.layer is None else type(self.layer).__name__

    def field(self, region: Region) -> Region:
        """The receptive field of a region: the box of `before` that its cells depend on."""
        everything = tuple(slice(0, size) for size in self.before.shape)
        match self.layer:
            case Conv2D():
                return (self._span(0, region[0]), self._span(1, region[1]), everything[2])
            case Pooling2D():
                return (self._span(0, region[0]), self._span(1, region[1]), region[2])
            case Layer() as layer if is_elementwise(layer):
                return region
            case _:
                return everything

    def terms(self, cell: Cell) -> Terms | None:
        """How a cell was computed; None for the image, and for kinds of layer not listed here."""
        value = float(self.values[cell])
        match self.layer:
            case Conv2D() as layer:
                kernel, bias = layer.parameters["kernel"], layer.bias()
                patch = self._patch(cell, fill=0)
                return WeightedSum(patch, kernel[..., cell[2]], float(bias[cell[2]]), layer.activation_name, value)
            case Dense() as layer:
                kernel, bias = layer.parameters["kernel"], layer.bias()
                return WeightedSum(self.before.ravel(), kernel[:, cell[0]], float(bias[cell[0]]), layer.activation_name, value)
            case MaxPooling2D():
                window = self._patch(cell, fill=-np.inf)[..., cell[2]]
                row, column = divmod(int(window.argmax()), window.shape[1])
                return Greatest(window, (row, column), value)
            case Softmax():
                return Share(self.before, np.exp(self.before - self.before.max()), value)
            case ReLU():
                return Rectified(float(self.before[cell]), value)
            case _:
                return None

    def origin(self, cell: Cell) -> Cell:
        """The cell of the stage before that contributed most.

        That is the input of the largest product, the largest value of a pooling window, or the
        score. If nothing of this applies, it is the first cell of the receptive field.
        """
        terms = self.terms(cell)
        match terms:
            case WeightedSum() if terms.inputs.ndim == 1:
                [(input_index,)] = terms.strongest(1)
                return tuple(int(index) for index in np.unravel_index(input_index, self.before.shape))
            case WeightedSum():
                [(row, column, channel)] = terms.strongest(1)
            case Greatest():
                (row, column), channel = terms.winner, cell[2]
            case Share() | Rectified():
                return cell
            case _:
                return tuple(span.start for span in self.field(region_of(cell)))
        rows, columns, _ = self.field(region_of(cell))
        row, column = self._start(0, cell[0]) + row, self._start(1, cell[1]) + column
        # Where all products are zero the first one counts, and that may be in the padding.
        return max(row, rows.start), max(column, columns.start), channel

    def _start(self, axis: int, index: int) -> int:
        """Where the window of output `index` begins on an axis; negative if in the padding."""
        layer = cast(Conv2D | Pooling2D, self.layer)
        ahead = window_geometry(self.before.shape[axis], _window(layer)[axis], layer.strides[axis], layer.padding)[1]
        return index * layer.strides[axis] - ahead

    def _span(self, axis: int, outputs: slice) -> slice:
        """What the windows of some outputs cover on an axis, without the padding."""
        size = _window(cast(Conv2D | Pooling2D, self.layer))[axis]
        first, last = self._start(axis, outputs.start), self._start(axis, outputs.stop - 1)
        return slice(max(0, first), min(self.before.shape[axis], last + size))

    def _patch(self, cell: Cell, fill: float) -> NDArray:
        """The window (KH, KW, C) of a cell, with `fill` where it extends beyond the maps."""
        patch = np.full((*_window(cast(Conv2D | Pooling2D, self.layer)), self.before.shape[2]), fill, self.before.dtype)
        rows, columns = (self._span(axis, slice(cell[axis], cell[axis] + 1)) for axis in (0, 1))
        top, left = self._start(0, cell[0]), self._start(1, cell[1])
        patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = self.before[rows, columns]
        return patch


def _window(layer: Conv2D | Pooling2D) -> tuple[int, int]:
    return layer.kernel_size if isinstance(layer, Conv2D) else layer.pool_size


def is_elementwise(layer: Layer) -> bool:
    """Whether each output depends on the one input in the same place."""
    if isinstance(layer, Activation):
        return is_elementwise(layer.activation)
    return isinstance(layer, ELEMENTWISE)


def stages(layers: Sequence[Layer], image: ArrayLike) -> list[Stage]:
    """The stages of one image (H, W) or (H, W, C) in a built model; the image comes first."""
    dtype = next((array.dtype for layer in layers for array in layer.parameters.values()), np.dtype(np.float32))
    values = np.asarray(image, dtype).reshape(layers[0].input_shape)
    found = [Stage(layer=None, before=values, values=values)]
    scores, softmax = split_softmax(layers)
    shown = [layer for layer in scores if not isinstance(layer, Dropout)] + [Softmax(name=layers[-1].name)] * softmax
    for layer, following in zip(shown, [*shown[1:], None], strict=True):
        values = numpy_inference.forward([layer], values[None])[0]
        if not (isinstance(layer, Flatten) and isinstance(following, Dense)):
            found.append(Stage(layer, found[-1].values, values))
    return found
