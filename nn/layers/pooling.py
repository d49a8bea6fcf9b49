"""MaxPooling2D: keep the strongest answer in each window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import pool
from nn.layers.base import Gradients, Layer, Shape, check_padding, image_shape, pair, window_geometry


class MaxPooling2D(Layer):
    """The greatest value of each window, channel by channel.

    Shapes: x (N, H, W, C), pool_size (PH, PW), strides (SH, SW), the pool size unless given, out (N, OH, OW, C);
    OH = ⌊(H - PH) / SH⌋ + 1 for valid padding (what does not fill a window is left out), ⌈H / SH⌉ for same (the frame never
    wins).

    Forward: out[n,i,j,c] = max_{a<PH, b<PW} x[n, i·SH + a, j·SW + b, c].

    Backward: only the input that won its window touched the output, with factor 1. Its gradient is dout[n,i,j,c]; all others
    get 0. Of several equal maxima the first in reading order is the winner and takes all (so do Keras and PyTorch; splitting it
    would be another subgradient). Where windows overlap, an input that wins several of them gets the sum.

    Saved: the winners' numbers a·PW + b.

    Example: the 2 x 2 window ((1, 5), (5, 2)) gives 5; the gradient 7 goes to the first 5: ((0, 7), (0, 0)).

        >>> layer = MaxPooling2D((2, 2))
        >>> layer.build((2, 2, 1), np.random.default_rng(0), np.float64)
        >>> out, cache = layer.forward(np.array([[1.0, 5.0], [5.0, 2.0]]).reshape(1, 2, 2, 1))
        >>> dx, _ = layer.backward(np.full((1, 1, 1, 1), 7.0), cache)
        >>> out.ravel().tolist(), dx.ravel().tolist()
        ([5.0], [0.0, 7.0, 0.0, 0.0])

    References:
        D. Scherer, A. Müller, S. Behnke: Evaluation of pooling operations in convolutional architectures, 2010.
    """

    def __init__(
        self,
        pool_size: int | tuple[int, int] = (2, 2),
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        *,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.pool_size = pair(pool_size, "MaxPooling2D", "pool_size")
        self.strides = self.pool_size if strides is None else pair(strides, "MaxPooling2D", "strides")
        self.padding = check_padding(padding, "MaxPooling2D")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(OH, OW, C)."""
        height, width, channels = image_shape(input_shape, "MaxPooling2D")
        rows = window_geometry(height, self.pool_size[0], self.strides[0], self.padding)[0]
        columns = window_geometry(width, self.pool_size[1], self.strides[1], self.padding)[0]
        if min(rows, columns) < 1:
            raise InputError(f"MaxPooling2D: a window of {self.pool_size} does not fit into an image of {height} x {width}")
        return rows, columns, channels

    def _frame(self) -> tuple[tuple[int, int], ...]:
        """What `np.pad` takes."""
        _, *rows = window_geometry(self.input_shape[0], self.pool_size[0], self.strides[0], self.padding)
        _, *columns = window_geometry(self.input_shape[1], self.pool_size[1], self.strides[1], self.padding)
        return (0, 0), (rows[0], rows[1]), (columns[0], columns[1]), (0, 0)

    def forward(self, x: NDArray, training: bool = False, rng: np.random.Generator | int | None = None) -> tuple[NDArray, Any]:
        """Out (N, OH, OW, C) for x (N, H, W, C)."""
        framed = np.pad(x, self._frame(), constant_values=-np.inf) if self.padding == "same" else np.ascontiguousarray(x)
        out = np.empty((len(x), *self.output_shape), x.dtype)
        winner = np.empty(out.shape, np.int32)
        pool.maxpool2d_forward(framed, self.pool_size, self.strides, out, winner)
        return out, (winner, framed.shape)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """Dx (N, H, W, C) for dout (N, OH, OW, C)."""
        winner, framed_shape = cache
        dframed = np.zeros(framed_shape, dout.dtype)
        pool.maxpool2d_backward(np.ascontiguousarray(dout), winner, self.pool_size, self.strides, dframed)
        _, (above, _), (left, _), _ = self._frame()
        height, width, _ = self.input_shape
        return dframed[:, above : above + height, left : left + width, :], {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "name": self.name,
            "pool_size": list(self.pool_size),
            "strides": list(self.strides),
            "padding": self.padding,
        }
