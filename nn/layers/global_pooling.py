"""GlobalAveragePooling2D and GlobalMaxPooling2D: one value for each channel of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.layers.arguments import Shape, check_data_format, image_shape
from nn.layers.base import Gradients, Layer, RandomKey


class GlobalPooling2D(Layer):
    """The base: from (N, H, W, C) to (N, C), or to (N, 1, 1, C) with `keepdims`."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Any) -> None:
        super().__init__(**options)
        check_data_format(data_format, type(self).__name__)
        self.keepdims = bool(keepdims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(C,) or (1, 1, C)."""
        channels = image_shape(input_shape, type(self).__name__)[2]
        return (1, 1, channels) if self.keepdims else (channels,)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "keepdims": self.keepdims}


class GlobalAveragePooling2D(GlobalPooling2D):
    """The mean of each channel over the image.

    Shapes: x (N, H, W, C), out (N, C).

    Forward: out[n,c] = Σ_{i,j} x[n,i,j,c] / (H·W).

    Backward: every pixel touched its channel's mean with factor 1 / (H·W): dx[n,i,j,c] = dout[n,c]
    / (H·W).

    Saved: the shape of x.

    Example: an image ((1, 2), (3, 6)) has the mean 3; the gradient 8 comes back as 2 for each
    pixel.

        >>> layer = GlobalAveragePooling2D()
        >>> out, cache = layer.forward(np.array([1.0, 2.0, 3.0, 6.0]).reshape(1, 2, 2, 1))
        >>> out.tolist(), layer.backward(np.array([[8.0]]), cache)[0].ravel().tolist()
        ([[3.0]], [2.0, 2.0, 2.0, 2.0])

    References:
        M. Lin, Q. Chen, S. Yan: Network in network, 2014, section 3.2.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, C)."""
        return x.mean(axis=(1, 2), keepdims=self.keepdims), x.shape

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, H, W, C)."""
        samples, height, width, channels = cache
        shares = dout.reshape(samples, 1, 1, channels) / (height * width)
        return np.broadcast_to(shares, cache).copy(), {}


class GlobalMaxPooling2D(GlobalPooling2D):
    """The greatest value of each channel over the image.

    Shapes: x (N, H, W, C), out (N, C).

    Forward: out[n,c] = max_{i,j} x[n,i,j,c].

    Backward: only the winning pixel touched the output, with factor 1, so it gets dout[n,c] and
    all others 0. Of several equal maxima the first in reading order wins.

    Saved: the winners' indices i·W + j, and the shape of x.

    Example: the image ((1, 5), (5, 2)) gives 5; the gradient 7 goes to the first 5.

        >>> layer = GlobalMaxPooling2D()
        >>> out, cache = layer.forward(np.array([1.0, 5.0, 5.0, 2.0]).reshape(1, 2, 2, 1))
        >>> out.tolist(), layer.backward(np.array([[7.0]]), cache)[0].ravel().tolist()
        ([[5.0]], [0.0, 7.0, 0.0, 0.0])

    References:
        M. Oquab, L. Bottou, I. Laptev, J. Sivic: Is object localization for free?, 2015.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, C)."""
        pixels = x.reshape(len(x), -1, x.shape[3])
        winner = pixels.argmax(axis=1)[:, np.newaxis]
        out = np.take_along_axis(pixels, winner, axis=1)
        return out.reshape(len(x), *((1, 1) if self.keepdims else ()), x.shape[3]), (winner, x.shape)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, H, W, C)."""
        winner, shape = cache
        dx = np.zeros((shape[0], shape[1] * shape[2], shape[3]), dout.dtype)
        np.put_along_axis(dx, winner, dout.reshape(winner.shape), axis=1)
        return dx.reshape(shape), {}
