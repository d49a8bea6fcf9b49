"""MaxPooling2D: the greatest value of each window passes on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.errors import InputError
from nn.kernels import pool
from nn.kernels.convolution import inside
from nn.layers.arguments import Shape, check_data_format, check_padding, image_shape, pair
from nn.layers.base import Gradients, Layer, RandomKey
from nn.layers.windows import output_size, padded_shape, padding_sizes


class Pooling2D(Layer):
    """The base of the pooling layers: their arguments and the geometry of their windows."""

    def __init__(
        self,
        pool_size: int | tuple[int, int] = (2, 2),
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        kind = type(self).__name__
        self.pool_size = pair(pool_size, kind, "pool_size")
        self.strides = self.pool_size if strides is None else pair(strides, kind, "strides")
        self.padding = check_padding(padding, kind)
        check_data_format(data_format, kind)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(OH, OW, C)."""
        height, width, channels = image_shape(input_shape, type(self).__name__)
        rows, columns = output_size(input_shape, self.pool_size, self.strides, self.padding)
        if min(rows, columns) < 1:
            raise InputError(
                f"{type(self).__name__}: a window of {self.pool_size} does not fit into an image of {height} x {width}"
            )
        return rows, columns, channels

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Only shapes: there are no parameters."""
        super().build(input_shape, rng, dtype)
        self.padding_sizes = padding_sizes(input_shape, self.pool_size, self.strides, self.padding)
        self.padded_shape = padded_shape(input_shape, self.padding_sizes)

    def array_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """None."""
        return {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().config(),
            "pool_size": list(self.pool_size),
            "strides": list(self.strides),
            "padding": self.padding,
        }


class MaxPooling2D(Pooling2D):
    """The greatest value of each window, channel by channel.

    Shapes: x (N, H, W, C), pool_size (PH, PW), strides (SH, SW), the pool size unless given, out
    (N, OH, OW, C); OH = ⌊(H - PH) / SH⌋ + 1 for valid padding (what does not fill a window is left
    out), ⌈H / SH⌉ for same (the padding never wins).

    Forward: out[n,i,j,c] = max_{a<PH, b<PW} x[n, i·SH + a, j·SW + b, c].

    Backward: only the input that won its window touched the output, with factor 1. Its gradient is
    dout[n,i,j,c]; all others get 0. Of several equal maxima the first in reading order is the
    winner and takes all (so do Keras and PyTorch; splitting it would be another subgradient).
    Where windows overlap, an input that wins several of them gets the sum.

    Saved: the winners' indices a·PW + b.

    Example: the 2 x 2 window ((1, 5), (5, 2)) gives 5; the gradient 7 goes to the first 5: ((0,
    7), (0, 0)).

        >>> layer = MaxPooling2D((2, 2))
        >>> layer.build((2, 2, 1), np.random.default_rng(0), np.float64)
        >>> out, cache = layer.forward(np.array([[1.0, 5.0], [5.0, 2.0]]).reshape(1, 2, 2, 1))
        >>> dx, _ = layer.backward(np.full((1, 1, 1, 1), 7.0), cache)
        >>> out.ravel().tolist(), dx.ravel().tolist()
        ([5.0], [0.0, 7.0, 0.0, 0.0])

    References:
        D. Scherer, A. Müller, S. Behnke: Evaluation of pooling operations in convolutional
            architectures, 2010.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, OH, OW, C) for x (N, H, W, C)."""
        padded = np.pad(x, ((0, 0), *self.padding_sizes, (0, 0)), constant_values=-np.inf)
        out = np.empty((len(x), *self.output_shape), x.dtype)
        winner = np.empty(out.shape, np.int32)
        pool.maxpool2d_forward(padded, self.pool_size, self.strides, out, winner)
        return out, (winner, padded.shape)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, H, W, C) for dout (N, OH, OW, C)."""
        winner, shape = cache
        padded = np.zeros(shape, dout.dtype)
        pool.maxpool2d_backward(np.ascontiguousarray(dout), winner, self.pool_size, self.strides, padded)
        return inside(padded, self.padding_sizes, (len(dout), *self.input_shape)), {}
