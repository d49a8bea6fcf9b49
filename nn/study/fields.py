"""How many pixels one value depends on: receptive fields, by arithmetic and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.layers import Conv2D, Layer, MaxPooling2D
from nn.layers.stack import Stack
from nn.layers.windows import window_geometry
from nn.models import load_model
from nn.pretrained import BUNDLED
from nn.report.measures import pixels
from nn.report.style import BLUE, ORANGE, PURPLE, VERMILION, bare, new_figure
from nn.study.layers import THREE
from nn.study.tables import table
from nn.study.windows import frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROUNDING = 1e-5  # of the largest output: Winograd's tiles share their rounding errors, not their pixels
TRIES = 3  # random images in which every pixel is changed, one at a time
AVERAGED = 50  # test images, for the mean slope


@dataclass(frozen=True)
class Field:
    """The pixels that the outputs of a layer depend on, along one axis.

    Output i depends on the pixels from `first` + i · `jump`, `size` of them; those beyond the
    image are padding.
    """

    layer: str
    size: int
    jump: int
    first: int

    def of(self, index: int, pixels: int) -> tuple[int, int]:
        """The first pixel of output `index` and the one after its last, within the image."""
        begin = self.first + index * self.jump
        return max(begin, 0), min(begin + self.size, pixels)


def fields_of(layers: Sequence[Layer], axis: int = 0) -> list[Field]:
    """The receptive field of every convolution and pooling layer, by arithmetic.

    A window of w inputs at stride s, `before` of them padding: neighbouring inputs are `jump`
    pixels apart, so the window adds (w - 1) · jump pixels to the field, and neighbouring outputs
    are s · jump apart.
    """
    found: list[Field] = []
    size, jump, first = 1, 1, 0
    for layer in layers:
        if not isinstance(layer, Conv2D | MaxPooling2D):
            continue
        window = (layer.kernel_size if isinstance(layer, Conv2D) else layer.pool_size)[axis]
        _, before, _ = window_geometry(layer.input_shape[axis], window, layer.strides[axis], layer.padding)
        size, first, jump = size + (window - 1) * jump, first - before * jump, jump * layer.strides[axis]
        found.append(Field(layer.name, size, jump, first))
    return found


def measured_field(layers: Sequence[Layer], cell: tuple[int, int], tries: int = TRIES) -> NDArray[np.bool_]:
    """(H, W): the pixels whose change changes the outputs of the last layer at `cell`, measured.

    In `tries` random images every pixel is replaced by another random value, one at a time. Few
    tries may miss a pixel that max-pooling seldom lets through.
    """
    height, width, channels = layers[0].input_shape
    rng, stack = np.random.default_rng(0), Stack(layers)
    depends = np.zeros(height * width, bool)
    for _ in range(tries):
        images = np.repeat(rng.random((1, height * width, channels), np.float32), height * width + 1, axis=0)
        changed = np.arange(height * width)
        images[changed, changed] = rng.random((height * width, channels), np.float32)
        out = stack.forward(images.reshape(-1, height, width, channels))[0][:, cell[0], cell[1]]
        depends |= (np.abs(out[:-1] - out[-1]) > ROUNDING * np.abs(out).max()).any(axis=1)
    return depends.reshape(height, width)


def mean_slope(layers: Sequence[Layer], cell: tuple[int, int], images: NDArray) -> NDArray:
    """(H, W): the mean absolute slope of the outputs at `cell` by each pixel, over images and
    channels.
    """
    stack = Stack(layers)
    out, caches = stack.forward(images)
    total = np.zeros(images.shape[1:3])
    for channel in range(out.shape[3]):
        dout = np.zeros_like(out)
        dout[:, cell[0], cell[1], channel] = 1
        total += np.abs(stack.backward(dout, caches)[0]).sum(axis=(0, 3))
    return total / (len(images) * out.shape[3])


def receptive(train: Split, test: Split) -> tuple[Figure, str]:
    """How many pixels one value depends on, after each convolution and pooling of the bundled
    network.
    """
    layers = load_model(BUNDLED).layers
    fields, digit = fields_of(layers), pixels(train[0][[THREE]])[0, ..., 0]
    figure = new_figure(4.2)
    upper, lower = figure.subplots(2, 4)
    lines = []
    for place, (field, colour) in enumerate(zip(fields, (BLUE, ORANGE, VERMILION, PURPLE), strict=False)):
        depth = next(index for index, layer in enumerate(layers) if layer.name == field.layer) + 1
        middle = (layers[depth - 1].output_shape[0] // 2,) * 2
        first, last = field.of(middle[0], 28)
        measured = measured_field(layers[:depth], middle)
        slope = mean_slope(layers[:depth], middle, pixels(test[0][:AVERAGED]))
        span = np.flatnonzero(measured.any(axis=1))
        for axes, picture in ((upper[place], 0.6 * digit), (lower[place], slope / slope.max())):
            axes.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
            frame(axes, (first, first), (last - first, last - first), colour)
            bare(axes)
        upper[place].set_title(f"{field.layer}\n{field.size} x {field.size} pixels", fontsize=9.5)
        lines.append(
            (
                field.layer,
                layers[depth - 1].output_shape[0],
                f"{field.size}",
                f"{span[-1] - span[0] + 1}",
                field.jump,
                f"{_half(slope)}",
            )
        )
    upper[0].set_ylabel("what one value\ndepends on")
    lower[0].set_ylabel("how strongly:\nmean |slope|")
    header = ("layer", "outputs a side", "field by arithmetic", "measured", "jump", "pixels that hold half the slope")
    return figure, table(header, lines)


def _half(slope: NDArray) -> int:
    """How many pixels hold half of all the slope, the strongest first."""
    shares = np.sort(slope.ravel())[::-1].cumsum() / slope.sum()
    return int(np.searchsorted(shares, 0.5)) + 1
