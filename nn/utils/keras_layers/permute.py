"""Permute: the axes of each sample in another order."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer, RandomKey


class Permute(Layer):
    """Puts the axes of each sample in another order.

    Shapes: x (N, ...), out (N, ...) with the axes of a sample in the order `dims`, counted from 1.

    Forward: out's axis i is x's axis dims[i]: for dims = (2, 1), out[n,i,j] = x[n,j,i].

    Backward: every x touches one output, with factor 1: dx is dout with the axes back in their
    places.

    Saved: nothing.

    Example: a column becomes a row, and back.

        >>> layer = Permute((2, 1))
        >>> out, cache = layer.forward(np.arange(3.0).reshape(1, 3, 1))
        >>> out.tolist(), layer.backward(out, cache)[0].shape
        ([[[0.0, 1.0, 2.0]]], (1, 3, 1))
    """

    def __init__(self, dims: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        try:
            order = tuple(operator.index(axis) for axis in dims)
        except TypeError:
            order = ()
        if not order or sorted(order) != list(range(1, len(order) + 1)):
            raise InputError(f"Permute: expected dims to be the numbers of a sample's axes from 1 in a new order, got {dims!r}")
        self.dims = order

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The sizes in their new order."""
        if len(input_shape) != len(self.dims):
            raise InputError(f"Permute: expected samples with {len(self.dims)} axes for dims={self.dims}, got {input_shape}")
        return tuple(input_shape[axis - 1] for axis in self.dims)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out, in memory in its own order."""
        return np.ascontiguousarray(x.transpose(0, *self.dims)), None

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx in the order of x."""
        return np.ascontiguousarray(dout.transpose(np.argsort((0, *self.dims)))), {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "dims": list(self.dims)}
