"""UpSampling2D: every pixel several times, the way back from pooling in an autoencoder."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.arguments import Shape, check_data_format, image_shape, pair
from nn.layers.base import Gradients, Layer, RandomKey


class UpSampling2D(Layer):
    """Repeats the rows and columns of every image.

    Shapes: x (N, H, W, C), size (SH, SW), out (N, H·SH, W·SW, C).

    Forward: out[n, i·SH + a, j·SW + b, c] = x[n,i,j,c] for a < SH, b < SW.

    Backward: every x touches SH·SW outputs, each with factor 1: dx[n,i,j,c] = Σ_{a,b} dout[n, i·SH
    + a, j·SW + b, c].

    Saved: nothing.

    Example: one pixel becomes four, and their gradients come back as a sum.

        >>> layer = UpSampling2D(2)
        >>> out, cache = layer.forward(np.full((1, 1, 1, 1), 5.0))
        >>> out.ravel().tolist(), layer.backward(np.arange(4.0).reshape(1, 2, 2, 1), cache)[0].item()
        ([5.0, 5.0, 5.0, 5.0], 6.0)
    """

    def __init__(
        self,
        size: int | tuple[int, int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.size = pair(size, "UpSampling2D", "size")
        check_data_format(data_format, "UpSampling2D")
        if interpolation != "nearest":
            raise InputError(f"UpSampling2D: expected interpolation 'nearest', the only one there is, got {interpolation!r}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(H·SH, W·SW, C)."""
        height, width, channels = image_shape(input_shape, "UpSampling2D")
        return height * self.size[0], width * self.size[1], channels

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, H·SH, W·SW, C)."""
        return x.repeat(self.size[0], axis=1).repeat(self.size[1], axis=2), None

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, H, W, C)."""
        samples, height, width, channels = dout.shape
        rows, columns = self.size
        dout = np.ascontiguousarray(dout)  # so that the order of the sums does not depend on how it lies in memory
        return dout.reshape(samples, height // rows, rows, width // columns, columns, channels).sum(axis=(2, 4)), {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "size": list(self.size)}
