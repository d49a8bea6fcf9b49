"""ReLU and Softmax: layers of their own, and what `activation="relu"` or `"softmax"` puts after a
layer's sum.

`ACTIVATIONS` has all that go by a name; the others are in `sigmoids.py` and `rectifiers.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import elementwise
from nn.kernels.memory import flat
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer, RandomKey
from nn.layers.rectifiers import ELU, GELU, LeakyReLU
from nn.layers.sigmoids import Sigmoid, SiLU, Softplus, Tanh


class Linear(Layer):
    """The identity: `activation=None` or `"linear"`.

    Shapes: x and out (N, ...), any. Forward: out = x. Backward: ∂out/∂x = 1, so dx = dout. Saved:
    nothing.

    Example: what goes in comes out, in both directions.

        >>> out, cache = Linear().forward(np.array([-2.0, 3.0]))
        >>> out.tolist(), Linear().backward(np.array([5.0, 6.0]), cache)[0].tolist()
        ([-2.0, 3.0], [5.0, 6.0])
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x."""
        return x, None

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout."""
        return dout, {}


class ReLU(Layer):
    """The rectifier, max(0, x), element by element.

    Shapes: x and out (N, ...), any.

    Forward: out = max(0, x).

    Backward: ∂out/∂x is 1 where x > 0 and 0 where x < 0. At x = 0 the function has a kink; every
    slope between 0 and 1 is a subgradient there, and we take 0, as Keras and PyTorch do. Hence dx
    = dout where out > 0, else 0.

    Saved: out.

    Example: x = (-2, 0, 3) gives out = (0, 0, 3), and dout = (5, 6, 7) comes back as dx = (0, 0,
    7).

        >>> out, cache = ReLU().forward(np.array([-2.0, 0.0, 3.0]))
        >>> dx, _ = ReLU().backward(np.array([5.0, 6.0, 7.0]), cache)
        >>> out.tolist(), dx.tolist()
        ([0.0, 0.0, 3.0], [0.0, 0.0, 7.0])

    References:
        V. Nair, G. E. Hinton: Rectified linear units improve restricted Boltzmann machines, 2010.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = max(0, x)."""
        out = np.maximum(x, 0)
        return out, out

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout · [out > 0]."""
        dx = np.empty_like(dout, order="C")
        elementwise.relu_backward(dout.ravel(), cache.ravel(), flat(dx))
        return dx, {}


class Softmax(Layer):
    """Turns K scores into K probabilities.

    Shapes: x and out (N, K).

    Forward: out_k = exp(x_k - m) / Σ_l exp(x_l - m) with m = max_l x_l, taken row by row.
    Subtracting m changes nothing (it cancels) and keeps every exponential at or below 1.

    Backward: out_k depends on every x_l: ∂out_k/∂x_l = out_k ([k = l] - out_l). The chain rule sums over k:
    dx_l = Σ_k dout_k out_k ([k = l] - out_l) = out_l (dout_l - Σ_k dout_k out_k).

    Saved: out.

    At the end of a network, the model joins this layer with the cross-entropy instead
    (`nn.losses`): the product of the two derivatives is out - target, and no logarithm of a
    rounded probability is ever taken.

    Example: scores (0, ln 3) have the exponentials (1, 3), so the probabilities (1/4, 3/4); dout =
    (1, 0) gives dx = (1/4 · (1 - 1/4), 3/4 · (0 - 1/4)) = (3/16, -3/16).

        >>> out, cache = Softmax().forward(np.log([[1.0, 3.0]]))
        >>> dx, _ = Softmax().backward(np.array([[1.0, 0.0]]), cache)
        >>> out.round(6).tolist(), dx.round(6).tolist()
        ([[0.25, 0.75]], [[0.1875, -0.1875]])

    References:
        C. M. Bishop: Pattern recognition and machine learning, 2006, equations 4.104 to 4.106.
    """

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's, if it is a row of scores."""
        if len(input_shape) != 1:
            raise InputError(
                f"softmax: expected samples of shape (classes,), got {tuple(input_shape)}; Flatten makes such samples"
            )
        return input_shape

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """Probabilities, row by row."""
        self.compute_output_shape(x.shape[1:])
        out = np.empty_like(x, order="C")
        elementwise.softmax(np.ascontiguousarray(x), out)
        return out, out

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx_l = out_l (dout_l - Σ_k dout_k out_k)."""
        out = cache
        return out * (dout - (dout * out).sum(axis=1, keepdims=True)), {}


class Activation(Layer):
    """An activation by its name, as a layer of its own: `Activation("relu")` after `Dense(10)` is
    `Dense(10, activation="relu")`.

    Shapes: x and out (N, ...), any.

    Forward and Backward: those of the layer in `ACTIVATIONS` that has the name.

    Saved: what that layer saves.

    Example: ReLU by its name lets 3 through, and its gradient on the way back.

        >>> layer = Activation("relu")
        >>> out, cache = layer.forward(np.array([-2.0, 3.0]))
        >>> out.tolist(), layer.backward(np.array([5.0, 6.0]), cache)[0].tolist()
        ([0.0, 3.0], [0.0, 6.0])
    """

    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation_name, self.activation = activation_named(activation, "Activation")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The activation's."""
        return self.activation.compute_output_shape(input_shape)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """The activation's."""
        return self.activation.forward(x, training, rng)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """The activation's."""
        return self.activation.backward(dout, cache)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "activation": self.activation_name}


ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "linear": Linear,
    "relu": ReLU,
    "softmax": Softmax,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softplus": Softplus,
    "silu": SiLU,
    "swish": SiLU,
    "leaky_relu": lambda: LeakyReLU(0.2),
    "elu": ELU,
    "gelu": GELU,
}


def activation_named(activation: Any, layer: str) -> tuple[str, Layer]:
    """The name and the layer of `activation=`: a name, None, or a function of the package that has
    such a name.
    """
    name = "linear" if activation is None else activation
    if callable(name) and getattr(name, "__module__", "").startswith("nn."):
        name = getattr(name, "__name__", name)
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise InputError(f"{layer}: activation must be one of {', '.join(sorted(ACTIVATIONS))} or None, got {activation!r}")
    return name, ACTIVATIONS[name]()
