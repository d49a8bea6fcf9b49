"""A convolution as one product of matrices: its windows as the rows of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.layers import Conv2D
from nn.models import load_model
from nn.pretrained import BUNDLED
from nn.report.measures import pixels
from nn.report.style import BLUE, GREEN, INK, VERMILION, bare, new_figure
from nn.study.layers import FIVE, KERNELS
from nn.study.tables import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CUT = (slice(13, 18), slice(13, 18))  # a part of the five with a diagonal stroke
MARKED = ((0, BLUE), (4, VERMILION), (8, GREEN))  # the outputs whose windows are coloured


def im2col(train: Split, test: Split) -> tuple[Figure, str]:
    """A convolution as one product of matrices: each row of the first holds the pixels of a window."""
    image = np.round(pixels(train[0][[FIVE]])[0, CUT[0], CUT[1], 0] * 9).astype(np.float32)
    kernel = np.array(KERNELS["left edges"], np.float32)
    rows = rows_of_windows(image, 3)
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
        frame(panels[0], (i, j), (3, 3), colour, inset)
        frame(panels[1], (index, 0), (1, 9), colour)
        frame(panels[3], (i, j), (1, 1), colour)
    lines = table(
        ("convolution", "image", "matrix", "values, times", "kernel", "multiply-adds"),
        [_sizes(layer) for layer in load_model(BUNDLED).layers if isinstance(layer, Conv2D)],
    )
    return figure, f"{lines}\nlargest difference of the product above from Conv2D.forward: {difference:.1g}"


def rows_of_windows(image: NDArray, size: int) -> NDArray:
    """(windows, size²): the pixels of every square window of an image (H, W), in reading order."""
    return sliding_window_view(image, (size, size)).reshape(-1, size * size)


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


def frame(axes: Axes, corner: tuple[int, int], size: tuple[int, int], colour: str, inset: float = 0.0) -> None:
    """A coloured frame around cells: (row, column), (rows, columns)."""
    from matplotlib.patches import Rectangle

    low = (corner[1] - 0.5 + inset, corner[0] - 0.5 + inset)
    axes.add_patch(Rectangle(low, size[1] - 2 * inset, size[0] - 2 * inset, fill=False, edgecolor=colour, linewidth=2.2))
