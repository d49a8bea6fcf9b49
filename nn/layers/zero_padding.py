"""ZeroPadding2D: a border of zeros around every image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels.convolution import inside
from nn.layers.arguments import Shape, check_data_format, image_shape
from nn.layers.base import Gradients, Layer, RandomKey
from nn.layers.windows import padded_shape


class ZeroPadding2D(Layer):
    """Adds rows and columns of zeros around every image.

    Shapes: x (N, H, W, C), out (N, above + H + below, left + W + right, C).

    Forward: out[n, above + i, left + j, c] = x[n,i,j,c], and 0 elsewhere.

    Backward: every x touches one output, with factor 1: dx[n,i,j,c] = dout[n, above + i, left + j,
    c].

    Saved: nothing; the shapes are known.

    Args:
        padding: one size for all four sides, (rows, columns), or ((above, below), (left, right)).
        options: name, input_shape, trainable; see `Layer`.

    Example: a pixel 5 with one column of zeros to its left; on the way back the column's gradient
    is dropped.

        >>> layer = ZeroPadding2D(((0, 0), (1, 0)))
        >>> layer.build((1, 1, 1), np.random.default_rng(0), np.float64)
        >>> out, cache = layer.forward(np.full((1, 1, 1, 1), 5.0))
        >>> out.ravel().tolist(), layer.backward(np.array([3.0, 4.0]).reshape(1, 1, 2, 1), cache)[0].ravel().tolist()
        ([0.0, 5.0], [4.0])

    References:
        V. Dumoulin, F. Visin: A guide to convolution arithmetic for deep learning, 2016.
    """

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        check_data_format(data_format, "ZeroPadding2D")
        self.padding = _sides(padding)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(above + H + below, left + W + right, C)."""
        return padded_shape(image_shape(input_shape, "ZeroPadding2D"), self.padding)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out with the border."""
        return np.pad(x, ((0, 0), *self.padding, (0, 0))), None

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx, the inside of dout."""
        return inside(dout, self.padding, (len(dout), *self.input_shape)).copy(), {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "padding": [list(each) for each in self.padding]}


def _sides(padding: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """((above, below), (left, right)) from any of the three forms."""
    axes = padding if isinstance(padding, tuple | list) else (padding, padding)
    sides = [tuple(axis) if isinstance(axis, tuple | list) else (axis, axis) for axis in axes]
    sound = len(sides) == 2 and all(len(side) == 2 and all(type(size) is int and size >= 0 for size in side) for side in sides)
    if not sound:
        raise InputError(f"ZeroPadding2D: padding must be one, two or two pairs of whole numbers, got {padding!r}")
    return (sides[0][0], sides[0][1]), (sides[1][0], sides[1][1])
