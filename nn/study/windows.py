"""What a convolution sees: its windows as a matrix, and how far back one value looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.layers import Conv2D, Layer, MaxPooling2D
from nn.layers.stack import Stack
from nn.layers.windows import window_geometry
from nn.models import load_model
from nn.pretrained import BUNDLED
from nn.report.measures import pixels
from nn.report.style import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILION, bare, new_figure
from nn.study.layers import FIVE, KERNELS, THREE
from nn.study.tables import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CUT = (slice(13, 18), slice(13, 18))  # a part of the five with a diagonal stroke
MARKED = ((0, BLUE), (4, VERMILION), (8, GREEN))  # the outputs whose windows are coloured
ROUNDING = 1e-5  # of the largest output: Winograd's tiles share their rounding errors, not their pixels
TRIES = 3  # random images in which every pixel is changed, one at a time
AVERAGED = 50  # test images, for the mean slope


def im2col(train: Split, test: Split) -> tuple[Figure, str]:
    """A convolution as one product of matrices: each row of the first holds the pixels of a window."""
    image = np.round(pixels(train[0][[FIVE]])[0, CUT[0], CUT[1], 0] * 9).astype(np.float32)
    kernel = np.array(KERNELS["left edges"], np.float32)
    rows = sliding_window_view(image, (3, 3)).reshape(9, 9)
    out = rows @ kernel.ravel()
    layer = Conv2D(1, 3)
    layer.build((5, 5, 1), np.random.default_rng(0), np.float32)
    layer.parameters["kernel"][..., 0, 0] = kernel
    difference = np.abs(layer.forward(image[None, ..., None])[0].ravel() - out).max()

    figure = new_figure(3.4)
    panels = figure.subplots(1, 4, width_ratios=(5, 9, 1.5, 3))
    matrices = {"image, 5 x 5": image, "its windows, one a row: 9 x 9": rows, "kernel\n9 x 1": kernel.reshape(9, 1)}
    for panel, sign, (title, numbers) in zip(panels, "→·=", matrices.items(), strict=False):
        _numbers(panel, numbers, title)
        panel.annotate(sign, (1, 0.5), (10, 0), "axes fraction", "offset points", ha="center", va="center", fontsize=16)
    _numbers(panels[3], out.reshape(3, 3), "out, 9 x 1\nread as 3 x 3")
    for index, colour in MARKED:
        i, j = divmod(index, 3)
        inset = 0.08 * (index // 4)
        _frame(panels[0], (i, j), (3, 3), colour, inset)
        _frame(panels[1], (index, 0), (1, 9), colour)
        _frame(panels[3], (i, j), (1, 1), colour)
    lines = table(
        ("convolution", "image", "matrix", "values, times", "kernel", "multiply-adds"),
        [_sizes(layer) for layer in load_model(BUNDLED).layers if isinstance(layer, Conv2D)],
    )
    return figure, f"{lines}\nlargest difference of the product above from Conv2D.forward: {difference:.1g}"


def _sizes(layer: Conv2D) -> tuple[str, ...]:
    """A row of the table: the shapes of a convolution as a product, for one image."""
    height, width, channels = layer.input_shape
    windows, values = layer.output_shape[0] * layer.output_shape[1], layer.kernel_size[0] * layer.kernel_size[1] * channels
    return (
        layer.name,
        f"{height} x {width} x {channels}",
        f"{windows} x {values}",
        f"{windows * values / (height * width * channels):.1f}",
        f"{values} x {layer.filters}",
        f"{windows * values * layer.filters:,}",
    )


def _numbers(axes: Axes, numbers: NDArray, title: str) -> None:
    """A matrix as a grid of cells with their values."""
    limit = float(np.abs(numbers).max()) or 1.0
    axes.imshow(numbers, cmap="PuOr", vmin=-2 * limit, vmax=2 * limit)
    for (row, column), value in np.ndenumerate(numbers):
        axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=9, color=INK)
    bare(axes)
    axes.set_title(title, fontsize=9.5)
    axes.set_xlim(-0.6, numbers.shape[1] - 0.4)
    axes.set_ylim(numbers.shape[0] - 0.4, -0.6)


def _frame(axes: Axes, corner: tuple[int, int], size: tuple[int, int], colour: str, inset: float = 0.0) -> None:
    """A coloured frame around cells: (row, column), (rows, columns)."""
    from matplotlib.patches import Rectangle

    low = (corner[1] - 0.5 + inset, corner[0] - 0.5 + inset)
    axes.add_patch(Rectangle(low, size[1] - 2 * inset, size[0] - 2 * inset, fill=False, edgecolor=colour, linewidth=2.2))


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


def measured_field(layers: Sequence[Layer], cell: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W): the pixels whose change changes the outputs of the last layer at `cell`, measured.

    In random images every pixel is replaced by another random value, one at a time.
    """
    height, width, channels = layers[0].input_shape
    rng, stack = np.random.default_rng(0), Stack(layers)
    depends = np.zeros(height * width, bool)
    for _ in range(TRIES):
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
            _frame(axes, (first, first), (last - first, last - first), colour)
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
