"""Flatten: from images to vectors."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer, RandomKey


class Flatten(Layer):
    """Reads each sample as one vector.

    Shapes: x (N, H, W, C) or any, out (N, H·W·C).

    Forward: out[n, (i·W + j)·C + c] = x[n,i,j,c]: the same numbers in the same order, so nothing
    is computed.

    Backward: every x[n,i,j,c] touches one output, with factor 1: dx[n,i,j,c] = dout[n, (i·W + j)·C
    + c].

    Saved: the shape of x.

    Example: the image ((0, 1), (2, 3)) is read row by row as (0, 1, 2, 3).

        >>> import numpy as np
        >>> out, cache = Flatten().forward(np.arange(4.0).reshape(1, 2, 2, 1))
        >>> out.tolist(), Flatten().backward(out, cache)[0].shape
        ([[0.0, 1.0, 2.0, 3.0]], (1, 2, 2, 1))

    References:
        I. Goodfellow, Y. Bengio, A. Courville: Deep learning, 2016, section 9.1 (a convolution is
            a matrix product on such rows).
    """

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(H·W·C,)."""
        return (math.prod(input_shape),)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, H·W·C)."""
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx in the shape of x."""
        return dout.reshape(cache), {}
