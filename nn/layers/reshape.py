"""Reshape: the same numbers in the same order, in another shape."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer, RandomKey


class Reshape(Layer):
    """Reads each sample in another shape.

    Shapes: x (N, ...), out (N, *target_shape) with as many values; one size may be -1, which takes
    what is left.

    Forward: the values stay in their order, the last index running fastest. Nothing is computed.

    Backward: every x touches one output, with factor 1: dx is dout in the shape of x.

    Saved: the shape of x.

    Example: four values as an image of 2 x 2 pixels.

        >>> out, cache = Reshape((2, -1, 1)).forward(np.arange(4.0).reshape(1, 4))
        >>> out.shape, Reshape((2, 2, 1)).backward(out, cache)[0].shape
        ((1, 2, 2, 1), (1, 4))
    """

    def __init__(self, target_shape: Shape, **options: Any) -> None:
        super().__init__(**options)
        try:
            shape = tuple(operator.index(size) for size in target_shape)
        except TypeError:
            shape = ()
        if not shape or any(size < 1 and size != -1 for size in shape) or shape.count(-1) > 1:
            expected = "a tuple of whole numbers of at least 1, one of which may be -1"
            raise InputError(f"Reshape: target_shape must be {expected}, got {target_shape!r}")
        self.target_shape = shape

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The target, with -1 replaced."""
        size, known = math.prod(input_shape), math.prod(each for each in self.target_shape if each > 0)
        if size % known or (-1 not in self.target_shape and size != known):
            raise InputError(f"Reshape: {size} values of an input {input_shape} do not fit the shape {self.target_shape}")
        return tuple(size // known if each == -1 else each for each in self.target_shape)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, *target_shape)."""
        return np.ascontiguousarray(x).reshape(len(x), *self.compute_output_shape(x.shape[1:])), x.shape

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx in the shape of x."""
        return dout.reshape(cache), {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "target_shape": list(self.target_shape)}
