"""Conv2D: the same small kernel is applied to every patch of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.errors import InputError
from nn.kernels.convolution import conv2d, conv2d_backward
from nn.layers.arguments import Shape, check_data_format, check_padding, image_shape, pair, whole
from nn.layers.base import Gradients, RandomKey
from nn.layers.initializers import Initializer
from nn.layers.regularizers import Regularizer
from nn.layers.weighted import WeightedLayer
from nn.layers.windows import output_size, padding_sizes


class Conv2D(WeightedLayer):
    """Two-dimensional convolution (without flipping the kernel, as everywhere in deep learning),
    bias and activation.

    Shapes: x (N, H, W, C), kernel (KH, KW, C, F), bias (F,), out (N, OH, OW, F), strides (SH, SW);
    OH = ⌊(H - KH) / SH⌋ + 1 for valid padding, ⌈H / SH⌉ for same (x is then padded with zeros),
    likewise OW.

    Forward: each output is the sum of one patch of x times one filter:

        z[n,i,j,f] = bias[f] + Σ_{ki,kj,c} x[n, i·SH + ki, j·SW + kj, c] · kernel[ki,kj,c,f],   out = activation(z)

    Backward: let dz = ∂loss/∂z, which the activation computes from dout. The chain rule asks for
    each variable: which outputs does it touch, and with what factor?

    - bias[f] is added to every z[·,·,·,f], with factor 1:        dbias[f] = Σ_{n,i,j} dz[n,i,j,f]
    - kernel[ki,kj,c,f] touches every z[n,i,j,f]; the factor is the input that it is multiplied with there:

        dkernel[ki,kj,c,f] = Σ_{n,i,j} dz[n,i,j,f] · x[n, i·SH + ki, j·SW + kj, c]

    - x[n,r,s,c] touches z[n,i,j,f] whenever r = i·SH + ki and s = j·SW + kj for some entry of the
      kernel, with that entry as factor. Read from the output's side, every dz[n,i,j,f] adds filter
      f, scaled by it, onto the patch that it came from:

        dx[n, i·SH + ki, j·SW + kj, c] += dz[n,i,j,f] · kernel[ki,kj,c,f]

    The sums themselves are computed in `nn/kernels`, by whichever algorithm is fastest for the
    shapes (`nn/kernels/convolution.py`); where the fused engine joins pooling with it, by
    `nn/kernels/conv_pool_backward.py`. As readable loops they are `conv2d_forward_naive` in
    `nn/kernels/conv.py` and `conv2d_backward_naive` in `nn/kernels/conv_backward.py`; the tests
    compare the algorithms with these.

    Saved: x and what the activation saves.

    Example: x is the row (1, 2, 3), the kernel (10, 1), the bias 0.5. The outputs are 1·10 + 2·1 +
    0.5 = 12.5 and 2·10 + 3·1 + 0.5 = 23.5. With dout = (1, 2): dkernel = (1·1 + 2·2, 1·2 + 2·3) =
    (5, 8), dbias = 3, and dx = (1·10, 1·1 + 2·10, 2·1) = (10, 21, 2).

        >>> layer = Conv2D(1, (1, 2))
        >>> layer.build((1, 3, 1), np.random.default_rng(0), np.float64)
        >>> layer.parameters["kernel"][...] = np.array([10.0, 1.0]).reshape(1, 2, 1, 1)
        >>> layer.parameters["bias"][...] = 0.5
        >>> out, cache = layer.forward(np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1))
        >>> dx, grads = layer.backward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), cache)
        >>> out.ravel().tolist(), dx.ravel().tolist(), grads["kernel"].ravel().tolist(), grads["bias"].tolist()
        ([12.5, 23.5], [10.0, 21.0, 2.0], [5.0, 8.0], [3.0])

    References:
        Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
            recognition, 1998.
        V. Dumoulin, F. Visin: A guide to convolution arithmetic for deep learning, 2016 (strides
            and padding).
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        groups: int = 1,
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
        self.filters = whole(filters, "Conv2D", "filters")
        self.kernel_size = pair(kernel_size, "Conv2D", "kernel_size")
        self.strides = pair(strides, "Conv2D", "strides")
        self.padding = check_padding(padding, "Conv2D")
        check_data_format(data_format, "Conv2D")
        if pair(dilation_rate, "Conv2D", "dilation_rate") != (1, 1) or groups != 1:
            got = f"got dilation_rate={dilation_rate!r}, groups={groups!r}"
            raise InputError(f"Conv2D: expected a dilation_rate of 1 and one group, which are all there is, {got}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(OH, OW, F)."""
        height, width, _ = image_shape(input_shape, "Conv2D")
        rows, columns = output_size(input_shape, self.kernel_size, self.strides, self.padding)
        if min(rows, columns) < 1:
            raise InputError(f"Conv2D: a kernel of {self.kernel_size} does not fit into an image of {height} x {width}")
        return rows, columns, self.filters

    def array_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Kernel (KH, KW, C, F) and, if there is one, bias (F,)."""
        kernel = (*self.kernel_size, image_shape(input_shape, "Conv2D")[2], self.filters)
        return {"kernel": kernel, **({"bias": (self.filters,)} if self.use_bias else {})}

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Kernel and bias, and the padding."""
        super().build(input_shape, rng, dtype)
        self.padding_sizes = padding_sizes(input_shape, self.kernel_size, self.strides, self.padding)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, OH, OW, F) for x (N, H, W, C)."""
        kernel, bias = self.parameters["kernel"], self.bias()
        z = conv2d(x=x, kernel=kernel, bias=bias, strides=self.strides, padding=self.padding_sizes)
        out, activation_cache = self.activation.forward(z)
        return out, (x, activation_cache)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, H, W, C), dkernel and dbias for dout (N, OH, OW, F)."""
        x, activation_cache = cache
        kernel = self.parameters["kernel"]
        dz, _ = self.activation.backward(dout, activation_cache)
        dx, dkernel, dbias = conv2d_backward(dz=dz, x=x, kernel=kernel, strides=self.strides, padding=self.padding_sizes)
        return dx, self.gradients(dkernel, dbias)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().config(),
            "filters": self.filters,
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
        }
