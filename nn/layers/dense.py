"""Dense: every output is a weighted sum of all inputs."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import dense
from nn.layers.arguments import Shape, whole
from nn.layers.base import Gradients, RandomKey
from nn.layers.initializers import Initializer
from nn.layers.regularizers import Regularizer
from nn.layers.weighted import WeightedLayer


class Dense(WeightedLayer):
    """A fully connected layer: a matrix product, bias and activation.

    Shapes: x (N, I), kernel (I, O), bias (O,), out (N, O).

    Forward: z[n,o] = bias[o] + Σ_i x[n,i] · kernel[i,o],   out = activation(z).

    Backward: let dz = ∂loss/∂z, which the activation computes from dout.

    - bias[o] touches z[n,o] of every sample, with factor 1:   dbias[o]     = Σ_n dz[n,o]
    - kernel[i,o] touches them with factor x[n,i]:              dkernel[i,o] = Σ_n x[n,i] · dz[n,o]    (xᵀ · dz)
    - x[n,i] touches every z[n,o], with factor kernel[i,o]:     dx[n,i]      = Σ_o dz[n,o] · kernel[i,o] (dz · kernelᵀ)

    The forward sum and two of these are matrix products. `nn/kernels/dense.py` computes them; as
    readable loops they are `matmul_naive` there.

    Saved: x and what the activation saves.

    Example: x = (1, 2), kernel ((3, 4), (5, 6)), bias (10, 20): out = (1·3 + 2·5 + 10, 1·4 + 2·6 +
    20) = (23, 36). With dout = (1, -1): dkernel = ((1, -1), (2, -2)), dbias = (1, -1), dx = (3 -
    4, 5 - 6) = (-1, -1).

        >>> import numpy as np
        >>> layer = Dense(2)
        >>> layer.build((2,), np.random.default_rng(0), np.float64)
        >>> layer.parameters["kernel"][...] = [[3.0, 4.0], [5.0, 6.0]]
        >>> layer.parameters["bias"][...] = [10.0, 20.0]
        >>> out, cache = layer.forward(np.array([[1.0, 2.0]]))
        >>> dx, grads = layer.backward(np.array([[1.0, -1.0]]), cache)
        >>> out.tolist(), dx.tolist(), grads["kernel"].tolist(), grads["bias"].tolist()
        ([[23.0, 36.0]], [[-1.0, -1.0]], [[1.0, -1.0], [2.0, -2.0]], [1.0, -1.0])

    References:
        D. E. Rumelhart, G. E. Hinton, R. J. Williams: Learning representations by back-propagating
            errors, 1986.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            **options,
        )
        self.units = whole(units, "Dense", "units")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(O,)."""
        if len(input_shape) != 1:
            raise InputError(f"Dense: expected vectors, got samples of shape {input_shape}; put a Flatten layer before it")
        return (self.units,)

    def array_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Kernel (I, O) and, if there is one, bias (O,)."""
        return {"kernel": (math.prod(input_shape), self.units), **({"bias": (self.units,)} if self.use_bias else {})}

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, O) for x (N, I)."""
        z = dense.product(x, self.parameters["kernel"], self.bias())
        out, activation_cache = self.activation.forward(z)
        return out, (x, activation_cache)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, I), dkernel and dbias for dout (N, O)."""
        x, activation_cache = cache
        dz, _ = self.activation.backward(dout, activation_cache)
        dkernel = dense.product(x.T, dz)
        dx = dense.product(dz, self.parameters["kernel"].T)
        return dx, self.gradients(dkernel, dz.sum(axis=0))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "units": self.units}
