"""Layers in a row: adding and building them, their shapes and parameters. `nn.models.Sequential` makes them learn and predict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.errors import InputError
from nn.layers import Layer
from nn.layers.base import Shape


class Stack:
    """A stack of layers, each fed by the one before.

    Args:
        layers: to start with; `add` appends more.
        seed: of the initial weights.
        dtype: float32, or float64 for checks.
    """

    def __init__(self, layers: Sequence[Layer], *, seed: int, dtype: DTypeLike) -> None:
        self.layers: list[Layer] = []
        self.seed = seed
        self.dtype = np.dtype(dtype)
        self._rng = np.random.default_rng(seed)
        for layer in layers:
            self.add(layer)

    def add(self, layer: Layer) -> None:
        """Append a layer. It is built at once if the input's shape is known, from the first layer's `input_shape`."""
        if not isinstance(layer, Layer):
            raise InputError(f"add: expected a layer, got {type(layer).__name__}")
        if any(layer is other for other in self.layers):
            raise InputError(f"add: the layer {layer.name} is in the model already")
        layer.name = self._free_name(layer)
        self.layers.append(layer)
        if len(self.layers) == 1 and layer.given_input_shape is not None:
            layer.build(layer.given_input_shape, self._rng, self.dtype)
        elif len(self.layers) > 1 and self.layers[-2].built:
            try:
                layer.build(self.layers[-2].output_shape, self._rng, self.dtype)
            except InputError:
                self.layers.pop()
                raise

    def _free_name(self, layer: Layer) -> str:
        taken = {other.name for other in self.layers}
        if layer.name and layer.name not in taken:
            return layer.name
        if layer.name:
            raise InputError(f"add: there is a layer named {layer.name!r} already")
        stem = {"MaxPooling2D": "max_pooling2d", "ReLU": "re_lu"}.get(type(layer).__name__, type(layer).__name__.lower())
        number = 0
        while (name := f"{stem}_{number}" if number else stem) in taken:
            number += 1
        return name

    def build(self, input_shape: Shape) -> None:
        """Give all layers their shapes and first weights, from the shape of one sample."""
        for layer in self.layers:
            layer.build(tuple(input_shape), self._rng, self.dtype)
            input_shape = layer.output_shape

    @property
    def input_shape(self) -> Shape:
        """The shape of one input sample."""
        return self._built()[0].input_shape

    @property
    def output_shape(self) -> Shape:
        """The shape of one output sample."""
        return self._built()[-1].output_shape

    def _built(self) -> list[Layer]:
        if not self.layers or not self.layers[0].built:
            raise InputError("the model has no input shape yet: give its first layer input_shape=..., or call build or fit")
        return self.layers

    def count_params(self) -> int:
        """The number of trainable values."""
        return sum(layer.count_parameters() for layer in self._built())

    def summary(self, file: Any = None) -> None:
        """Print the layers with their output shapes and parameter counts."""
        lines = [f"{'Layer (type)':<34}{'Output shape':<22}{'Parameters':>10}", "=" * 66]
        for layer in self._built():
            title, shape = f"{layer.name} ({type(layer).__name__})", "(None, " + ", ".join(map(str, layer.output_shape)) + ")"
            lines.append(f"{title:<34}{shape:<22}{layer.count_parameters():>10,}")
        lines += ["=" * 66, f"Total parameters: {self.count_params():,}"]
        print("\n".join(lines), file=file or sys.stdout)

    def get_weights(self) -> list[NDArray]:
        """Copies of all parameters, in Keras' order and layout."""
        return [array.copy() for layer in self._built() for array in layer.parameters.values()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Copy `weights`, as `get_weights` or Keras' `get_weights` gives them, into the parameters."""
        places = [(layer.name, name, array) for layer in self._built() for name, array in layer.parameters.items()]
        arrays = [np.asarray(weight) for weight in weights]
        if len(arrays) != len(places):
            raise InputError(f"set_weights: expected {len(places)} arrays, got {len(arrays)}")
        for (layer, name, parameter), array in zip(places, arrays, strict=True):
            if array.shape != parameter.shape:
                raise InputError(f"set_weights: expected shape {parameter.shape} for {layer}/{name}, got {array.shape}")
        for (_, _, parameter), array in zip(places, arrays, strict=True):
            parameter[...] = array
