"""What every layer is: parameters, a forward pass and a backward pass.

A layer keeps its parameters and nothing of a pass. `forward` returns its output and a cache of exactly what `backward` needs;
`backward` returns the gradient for the input and one for each parameter. So several parts of a batch can go through the same
layer at once, and a layer of your own takes fifteen lines:

    class Scale(Layer):
        def build(self, input_shape, rng, dtype):
            super().build(input_shape, rng, dtype)
            self.add_parameter("factor", np.ones(input_shape[-1]), dtype)

        def forward(self, x, training=False, rng=None):
            return x * self.parameters["factor"], x

        def backward(self, dout, cache):
            x = cache
            dfactor = (dout * x).sum(axis=tuple(range(x.ndim - 1)))
            return dout * self.parameters["factor"], {"factor": dfactor}
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.errors import InputError
from nn.kernels.memory import aligned_copy

Shape = tuple[int, ...]
Gradients = dict[str, NDArray]


class Layer:
    """The base of all layers. Shapes given to `build` are those of one sample; arrays carry the sample axis N in front.

    Attributes:
        name: unique in its model; numbered by the model when not given.
        parameters: arrays by name, changed in place by the optimizer.
        input_shape, output_shape: of one sample, known once built.
        random: whether `forward` draws random numbers when training.
    """

    random = False

    def __init__(self, *, name: str | None = None, input_shape: Shape | None = None) -> None:
        self.name = name or ""
        self.given_input_shape = None if input_shape is None else _sizes(input_shape, type(self).__name__)
        self.parameters: dict[str, NDArray] = {}
        self.input_shape: Shape = ()
        self.output_shape: Shape = ()
        self.built = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Copies and unpickled layers: their arrays, too, lie in memory as the kernels want it."""
        vars(self).update(state)
        self.parameters = {name: aligned_copy(array) for name, array in self.parameters.items()}

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Learn the input's shape and create the parameters."""
        self.input_shape = tuple(input_shape)
        self.output_shape = self.compute_output_shape(self.input_shape)
        self.parameters = {}
        self.built = True

    def add_parameter(self, name: str, value: ArrayLike, dtype: DTypeLike) -> None:
        """Keep a copy of `value` as the parameter `name`, in memory as the kernels want it."""
        self.parameters[name] = aligned_copy(np.asarray(value), dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output sample; `InputError` if the layer cannot take such an input."""
        return input_shape

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shapes of the parameters that `build` will create."""
        return {}

    def forward(self, x: NDArray, training: bool = False, rng: np.random.Generator | int | None = None) -> tuple[NDArray, Any]:
        """The output for x (N, *input_shape), and what `backward` needs. Only random layers look at `rng`, when training."""
        raise NotImplementedError(f"{type(self).__name__} has no forward pass")

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """The gradients for x and for each parameter from dout = ∂loss/∂out. Changes neither dout, the cache nor the layer."""
        raise NotImplementedError(f"{type(self).__name__} has no backward pass")

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, as JSON can hold them."""
        return {"name": self.name}

    def count_parameters(self) -> int:
        """The number of trainable values."""
        return sum(array.size for array in self.parameters.values())


def _sizes(shape: Shape, layer: str) -> Shape:
    """A shape as a tuple of whole numbers, each at least 1."""
    try:
        sizes = tuple(operator.index(size) for size in shape)
    except TypeError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise InputError(f"{layer}: input_shape must be a tuple of whole numbers of at least 1, got {shape!r}")
    return sizes


def pair(value: int | tuple[int, int], layer: str, argument: str) -> tuple[int, int]:
    """One size for both axes or (rows, columns), each at least 1."""
    values = value if isinstance(value, tuple | list) else (value, value)
    try:
        sizes = tuple(operator.index(size) for size in values)
    except TypeError:
        sizes = ()
    if len(sizes) != 2 or min(sizes) < 1:
        raise InputError(f"{layer}: {argument} must be one or two whole numbers of at least 1, got {value!r}")
    return sizes[0], sizes[1]


def whole(value: int, layer: str, argument: str) -> int:
    """One size, at least 1."""
    try:
        size = operator.index(value)
    except TypeError:
        size = 0
    if size < 1:
        raise InputError(f"{layer}: {argument} must be a whole number of at least 1, got {value!r}")
    return size


def window_geometry(size: int, window: int, stride: int, padding: str) -> tuple[int, int, int]:
    """One axis of a sliding window: (number of positions, padding before, padding after), as Keras defines them.

    valid: ⌊(size - window) / stride⌋ + 1 positions, no padding. same: ⌈size / stride⌉ positions; the padding this takes is shared
    evenly, the odd element behind.
    """
    if padding == "valid":
        return (size - window) // stride + 1 if size >= window else 0, 0, 0
    positions = -(-size // stride)
    total = max((positions - 1) * stride + window - size, 0)
    return positions, total // 2, total - total // 2


def check_padding(padding: str, layer: str) -> str:
    """`padding` in lower case, if it is one of the two kinds."""
    if str(padding).lower() not in ("valid", "same"):
        raise InputError(f"{layer}: padding must be 'valid' or 'same', got {padding!r}")
    return str(padding).lower()


def image_shape(input_shape: Shape, layer: str) -> tuple[int, int, int]:
    """The (H, W, C) of an image, or `InputError`."""
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise InputError(f"{layer}: expected images of shape (height, width, channels), got {input_shape}")
    return input_shape[0], input_shape[1], input_shape[2]
