"""AveragePooling2D: the mean of each window passes on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.kernels.convolution import inside
from nn.layers.base import Gradients, RandomKey
from nn.layers.pooling import Pooling2D


class AveragePooling2D(Pooling2D):
    """The mean of each window, channel by channel.

    Shapes: x (N, H, W, C), pool_size (PH, PW), strides (SH, SW), out (N, OH, OW, C), as in
    `MaxPooling2D`.

    Forward: out[n,i,j,c] = Σ_{a<PH, b<PW} x[n, i·SH + a, j·SW + b, c] / count[i,j], where count is
    PH·PW, or for same padding the number of those pixels that lie inside the image: padding is not
    averaged.

    Backward: every x of a window touched its mean with factor 1 / count, so each out gives an
    equal share back:

        dx[n, i·SH + a, j·SW + b, c] += dout[n,i,j,c] / count[i,j]

    Saved: nothing; the shapes are known.

    Example: the window ((1, 2), (3, 6)) has the mean 3; the gradient 8 comes back as 2 for each of
    the four.

        >>> layer = AveragePooling2D((2, 2))
        >>> layer.build((2, 2, 1), np.random.default_rng(0), np.float64)
        >>> out, cache = layer.forward(np.array([[1.0, 2.0], [3.0, 6.0]]).reshape(1, 2, 2, 1))
        >>> dx, _ = layer.backward(np.full((1, 1, 1, 1), 8.0), cache)
        >>> out.ravel().tolist(), dx.ravel().tolist()
        ([3.0], [2.0, 2.0, 2.0, 2.0])

    References:
        Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
            recognition, 1998 (subsampling).
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, OH, OW, C) for x (N, H, W, C)."""
        padded = np.pad(x, ((0, 0), *self.padding_sizes, (0, 0)))
        out = np.zeros((len(x), *self.output_shape), x.dtype)
        for window in self._windows():
            out += padded[window]
        return out / self._counts(x.dtype), None

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, H, W, C) for dout (N, OH, OW, C)."""
        shares = dout / self._counts(dout.dtype)
        padded = np.zeros((len(dout), *self.padded_shape), dout.dtype)
        for window in self._windows():
            padded[window] += shares
        return inside(padded, self.padding_sizes, (len(dout), *self.input_shape)), {}

    def _windows(self) -> list[tuple[slice, slice, slice]]:
        """For each place (a, b) in the windows, the pixels that are there, one of each window."""
        (rows, columns), (down, right) = self.output_shape[:2], self.strides
        return [
            (slice(None), slice(a, a + (rows - 1) * down + 1, down), slice(b, b + (columns - 1) * right + 1, right))
            for a in range(self.pool_size[0])
            for b in range(self.pool_size[1])
        ]

    def _counts(self, dtype: np.dtype) -> NDArray:
        """count (OH, OW, 1)."""
        ones = np.pad(np.ones(self.input_shape[:2], dtype), self.padding_sizes)
        return np.add.reduce([ones[window[1:]] for window in self._windows()])[..., np.newaxis]
