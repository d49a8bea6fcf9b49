"""What layers with a kernel and a bias share: their arguments, how they start, and how a saved
layer is made again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.layers.activations import activation_named
from nn.layers.arguments import Shape
from nn.layers.base import Layer, initializer_configs
from nn.layers.initializers import Initializer, initializer_named
from nn.layers.regularizers import Regularizer


class WeightedLayer(Layer):
    """The base of `Dense` and `Conv2D`.

    Args:
        activation: what follows the sum: a name (`nn/layers/activations.py`), or None.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer: how they start (`nn/layers/initializers.py`).
        kernel_regularizer, bias_regularizer: what large values cost (`nn/layers/regularizers.py`).
        options: name, input_shape, trainable; see `Layer`.
    """

    def __init__(
        self,
        *,
        activation: Any,
        use_bias: bool,
        kernel_initializer: str | Initializer,
        bias_initializer: str | Initializer,
        kernel_regularizer: str | Regularizer | None,
        bias_regularizer: str | Regularizer | None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        kind = type(self).__name__
        self.activation_name, self.activation = activation_named(activation, kind)
        self.use_bias = bool(use_bias)
        self.initializers = {
            "kernel": initializer_named(kernel_initializer, kind),
            "bias": initializer_named(bias_initializer, kind),
        }
        self.regularize(kernel=kernel_regularizer, bias=bias_regularizer if use_bias else None)

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """The kernel and, if there is one, the bias."""
        super().build(input_shape, rng, dtype)
        self.activation.compute_output_shape(self.output_shape)  # which may refuse it
        for name, shape in self.array_shapes(input_shape).items():
            self.add_parameter(name, self.initializers[name](shape, rng), dtype)

    def bias(self) -> NDArray:
        """The bias, or zeros where there is none."""
        kernel = self.parameters["kernel"]
        return self.parameters["bias"] if self.use_bias else np.zeros(kernel.shape[-1], kernel.dtype)

    def gradients(self, dkernel: NDArray, dbias: NDArray) -> dict[str, NDArray]:
        """The gradients by name, without the bias's where there is none."""
        return {"kernel": dkernel, "bias": dbias} if self.use_bias else {"kernel": dkernel}

    def config(self) -> dict[str, Any]:
        """What differs from the defaults, and the activation."""
        without = {} if self.use_bias else {"use_bias": False}
        initializers = initializer_configs(self.initializers, {"kernel": "glorot_uniform", "bias": "zeros"})
        return {**super().config(), "activation": self.activation_name, **without, **initializers}
