"""Layers one after another: their shapes and arrays, and the two loops that define every network
and its gradients.

`forward` runs through all layers and keeps what each of them saves; `backward` runs through them
in reverse: the chain rule. `nn.models.Sequential` is a stack that learns and predicts. The
textbook engine, the gradient checks and the attribution run these two loops; the fused engine
(`nn/engine/plan.py`) computes the same in fewer passes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.errors import InputError
from nn.layers.activations import ACTIVATIONS, activation_named
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer, RandomKey

Keys = Mapping[str, int]


class Stack:
    """A stack of layers, each fed by the one before.

    Args:
        layers: to start with; `add` appends more. Layers that are built already keep their
            weights.
        seed: of the initial weights.
        dtype: float32, or float64 for checks.

    Example: two layers as one function, and its gradients by the chain rule. Dense: 2·3 = 6, ReLU
    passes it on.

        >>> from nn.layers import Dense, ReLU
        >>> stack = Stack([Dense(1, input_shape=(1,)), ReLU()], dtype=np.float64)
        >>> stack.layers[0].parameters["kernel"][...] = 3.0
        >>> out, caches = stack.forward(np.array([[2.0]]))
        >>> dx, gradients = stack.backward(np.array([[1.0]]), caches)
        >>> out.item(), dx.item(), {name: array.item() for name, array in gradients.items()}
        (6.0, 3.0, {'dense/kernel': 2.0, 'dense/bias': 1.0})
    """

    def __init__(self, layers: Sequence[Layer], *, seed: int = 0, dtype: DTypeLike = np.float32) -> None:
        self.layers: list[Layer] = []
        self.seed = seed
        self.dtype = np.dtype(dtype)
        self._rng = np.random.default_rng(seed)
        for layer in layers:
            self.add(layer)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey | Keys = None) -> tuple[NDArray, list[Any]]:
        """The last layer's output for x (N, ...), and each layer's cache.

        `rng` is for the random layers, when training: a generator or a number from which each gets
        a key, or the keys by name.
        """
        keys = self.random_keys(rng) if training else {}
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, training, keys.get(layer.name))
            check_output(layer, x)
            caches.append(cache)
        return x, caches

    def backward(self, dout: NDArray, caches: Sequence[Any]) -> tuple[NDArray, Gradients]:
        """The chain rule, from dout = ∂loss/∂out: dx, and the gradient of each parameter as
        "layer/parameter".
        """
        gradients: Gradients = {}
        for layer, cache in zip(reversed(self.layers), reversed(caches), strict=True):
            dout, own = layer.backward(dout, cache)
            check_gradients(layer, own)
            gradients |= {f"{layer.name}/{name}": gradient for name, gradient in own.items()}
        return dout, gradients

    def outputs(self, x: NDArray) -> Iterator[tuple[Layer, NDArray]]:
        """Each layer with its output, one after another, as `forward` computes it without
        training.
        """
        for layer in self.layers:
            x, _ = layer.forward(x)
            yield layer, x

    def random_keys(self, rng: RandomKey | Keys) -> Keys:
        """A key for each random layer, drawn in their order."""
        if isinstance(rng, Mapping):
            return rng
        names = [layer.name for layer in self.layers if layer.random]
        return dict(zip(names, np.random.default_rng(rng).integers(2**63, size=len(names)).tolist(), strict=True))

    def add(self, layer: Layer) -> None:
        """Append a layer. It is built at once if its input's shape is known: from `input_shape` or
        from the layer before.
        """
        if not isinstance(layer, Layer):
            raise InputError(f"add: expected a layer, got {type(layer).__name__}")
        if any(layer is other for other in self.layers):
            raise InputError(f"add: the layer {layer.name} is in the model already")
        layer.name = self._free_name(layer)
        if not self.layers and layer.given_input_shape is not None:
            self._build(layer, layer.given_input_shape)
        elif self.layers and self.layers[-1].built:
            self._build(layer, self.layers[-1].output_shape)
        self.layers.append(layer)

    def _build(self, layer: Layer, input_shape: Shape) -> None:
        """Build a layer, unless it has been built for this shape: then it keeps its weights."""
        if not layer.built:
            layer.build(tuple(input_shape), self._rng, self.dtype)
        elif layer.input_shape != tuple(input_shape):
            shapes = f"expected {layer.input_shape} as before, got {tuple(input_shape)}"
            raise InputError(f"add: the layer {layer.name} was built for another input shape: {shapes}")

    def _free_name(self, layer: Layer) -> str:
        taken = {other.name for other in self.layers}
        if layer.name and layer.name not in taken:
            return layer.name
        if layer.name and not layer.numbered:
            raise InputError(f"add: there is a layer named {layer.name!r} already")
        layer.numbered = True
        stem = _snake_case(type(layer).__name__)
        number = 0
        while (name := f"{stem}_{number}" if number else stem) in taken:
            number += 1
        return name

    def build(self, input_shape: Shape) -> None:
        """Give all layers their shapes and initial weights, from the shape of one sample."""
        for layer in self.layers:
            self._build(layer, input_shape)
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
        """The number of values, trained or kept."""
        return sum(layer.count_parameters() for layer in self._built())

    def penalty(self) -> float:
        """What the regularizers of all layers add to the loss."""
        return sum(layer.penalty() for layer in self.layers)

    def summary(self, file: Any = None, width: int | None = None) -> None:
        """Print the layers with their output shapes and parameter counts, in lines of `width`
        characters, in which long names are cut; None means 66, or as many as the names need.
        """
        titles = [f"{layer.name} ({type(layer).__name__})" for layer in self._built()]
        width = max(66, *(len(title) + 33 for title in titles)) if width is None else width
        first = width - 33
        lines = [f"{'Layer (type)':<{first}} {'Output shape':<22}{'Parameters':>10}", "=" * width]
        for title, layer in zip(titles, self.layers, strict=True):
            shape = "(None, " + ", ".join(map(str, layer.output_shape)) + ")"
            title = title if len(title) <= first else f"{title[: first - 3]}..."
            lines.append(f"{title:<{first}} {shape:<22}{layer.count_parameters():>10,}")
        lines += ["=" * width, f"Total parameters: {self.count_params():,}"]
        print("\n".join(lines), file=file or sys.stdout)

    def arrays(self) -> dict[str, NDArray]:
        """All parameters and state, as "layer/name"."""
        return {f"{layer.name}/{name}": array for layer in self._built() for name, array in layer.arrays().items()}

    def parameters(self) -> dict[str, NDArray]:
        """All parameters, as "layer/name"."""
        return {f"{layer.name}/{name}": array for layer in self._built() for name, array in layer.parameters.items()}

    def get_weights(self) -> list[NDArray]:
        """Copies of all parameters and state, in Keras' order and layout."""
        return [array.copy() for array in self.arrays().values()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Copy `weights`, as `get_weights` or Keras' `get_weights` gives them, into the layers."""
        own, given = self.arrays(), [np.asarray(weight) for weight in weights]
        if len(given) != len(own):
            raise InputError(f"set_weights: expected {len(own)} arrays, got {len(given)}")
        for (name, array), weight in zip(own.items(), given, strict=True):
            if weight.shape != array.shape:
                raise InputError(f"set_weights: expected shape {array.shape} for {name}, got {weight.shape}")
        for array, weight in zip(own.values(), given, strict=True):
            array[...] = weight


def _snake_case(name: str) -> str:
    """The name of a layer without one, as Keras makes it from its class.

    >>> [_snake_case(name) for name in ("Conv2D", "MaxPooling2D", "ReLU", "BatchNormalization")]
    ['conv2d', 'max_pooling2d', 're_lu', 'batch_normalization']
    """
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()


def check_output(layer: Layer, out: NDArray) -> None:
    """Raise `InputError` if the layer's output has another shape than it has announced."""
    if out.shape[1:] != layer.output_shape:
        raise InputError(
            f"layer {layer.name}: forward returned samples of shape {out.shape[1:]}, but compute_output_shape says "
            f"{layer.output_shape}"
        )


def check_gradients(layer: Layer, gradients: Gradients) -> None:
    """Raise `InputError` unless there is a gradient for each of the layer's parameters, and for
    nothing else.
    """
    if gradients.keys() != layer.parameters.keys():
        expected, found = sorted(layer.parameters), sorted(gradients)
        raise InputError(f"layer {layer.name}: backward must return gradients for {expected}, got {found}")


def split_softmax(layers: Sequence[Layer]) -> tuple[list[Layer], bool]:
    """The layers up to the scores, and whether a softmax turns these into probabilities."""
    return split_activation(layers, "softmax")


def split_activation(layers: Sequence[Layer], activation: str | None) -> tuple[list[Layer], bool]:
    """The layers without the activation at their end, and whether they end in it.

    This is the only place that knows how a network ends: in a layer such as `Softmax`, which is
    left out, or in one with `activation="softmax"`, which is replaced by one without the
    activation that shares its parameters.
    """
    *before, last = layers
    if activation is not None and type(last) is ACTIVATIONS[activation]:
        return before, True
    if activation is None or getattr(last, "activation_name", None) != activation:
        return list(layers), False
    return [*before, with_activation(last, "linear")], True


def with_activation(layer: Layer, activation: str) -> Layer:
    """The same layer, with the same arrays, and another activation."""
    other = object.__new__(type(layer))
    vars(other).update(vars(layer))
    other.activation_name, other.activation = activation_named(activation, type(layer).__name__)  # type: ignore[attr-defined]
    return other
