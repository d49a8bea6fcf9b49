"""Conv2DTranspose: a convolution's way back, used as a way forward."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.errors import InputError
from nn.kernels.convolution import conv2d, conv2d_backward
from nn.layers.arguments import Shape, check_data_format, check_padding, image_shape, pair, whole
from nn.layers.base import Gradients, RandomKey
from nn.layers.weighted import WeightedLayer
from nn.layers.windows import padding_sizes


class Conv2DTranspose(WeightedLayer):
    """Each pixel adds the kernel, scaled by it, to the output: a convolution with strides, read
    backwards, makes images larger.

    Shapes: x (N, H, W, C), kernel (KH, KW, F, C), bias (F,), out (N, OH, OW, F), strides (SH, SW);
    OH = H·SH for same padding, H·SH + max(KH - SH, 0) for valid, likewise OW.

    Forward: with (pH, pW) the rows and columns that same padding cuts off,

        z[n, i·SH + ki - pH, j·SW + kj - pW, f] += x[n,i,j,c] · kernel[ki,kj,f,c],   then + bias[f], out = activation(z)

    which is dx of a `Conv2D` from F to C channels whose dout is x.

    Backward: the map from x to z is linear, so its way back is the transposed map: dx is that
    convolution of dz, and dkernel is its dkernel for the input dz and the gradient x.

    Saved: x and what the activation saves.

    Example: the pixel 3 with the kernel (10, 1) gives the row (30, 3).

        >>> layer = Conv2DTranspose(1, (1, 2))
        >>> layer.build((1, 1, 1), np.random.default_rng(0), np.float64)
        >>> layer.parameters["kernel"][...] = np.array([10.0, 1.0]).reshape(1, 2, 1, 1)
        >>> out, cache = layer.forward(np.full((1, 1, 1, 1), 3.0))
        >>> dx, grads = layer.backward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), cache)
        >>> out.ravel().tolist(), dx.ravel().tolist(), grads["kernel"].ravel().tolist()
        ([30.0, 3.0], [12.0], [3.0, 6.0])

    References:
        V. Dumoulin, F. Visin: A guide to convolution arithmetic for deep learning, 2016, section 4.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        output_padding: int | tuple[int, int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
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
        self.filters = whole(filters, "Conv2DTranspose", "filters")
        self.kernel_size = pair(kernel_size, "Conv2DTranspose", "kernel_size")
        self.strides = pair(strides, "Conv2DTranspose", "strides")
        self.padding = check_padding(padding, "Conv2DTranspose")
        check_data_format(data_format, "Conv2DTranspose")
        if output_padding is not None or pair(dilation_rate, "Conv2DTranspose", "dilation_rate") != (1, 1):
            got = f"got output_padding={output_padding!r}, dilation_rate={dilation_rate!r}"
            raise InputError(
                f"Conv2DTranspose: expected no output_padding and a dilation_rate of 1, which are all there is, {got}"
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(OH, OW, F)."""
        image = image_shape(input_shape, "Conv2DTranspose")
        more = [
            max(size - stride, 0) if self.padding == "valid" else 0
            for size, stride in zip(self.kernel_size, self.strides, strict=True)
        ]
        rows, columns = (image[axis] * self.strides[axis] + more[axis] for axis in (0, 1))
        return rows, columns, self.filters

    def array_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Kernel (KH, KW, F, C) and, if there is one, bias (F,)."""
        kernel = (*self.kernel_size, self.filters, image_shape(input_shape, "Conv2DTranspose")[2])
        return {"kernel": kernel, **({"bias": (self.filters,)} if self.use_bias else {})}

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Kernel and bias, and the padding of the convolution that is read backwards."""
        super().build(input_shape, rng, dtype)
        self.padding_sizes = padding_sizes(self.output_shape, self.kernel_size, self.strides, self.padding)

    def bias(self) -> NDArray:
        """The bias, or zeros where there is none."""
        return self.parameters["bias"] if self.use_bias else np.zeros(self.filters, self.parameters["kernel"].dtype)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out (N, OH, OW, F) for x (N, H, W, C)."""
        z = self._convolution_backward(np.zeros((len(x), *self.output_shape), x.dtype), x)[0] + self.bias()
        out, activation_cache = self.activation.forward(z)
        return out, (x, activation_cache)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx (N, H, W, C), dkernel and dbias for dout (N, OH, OW, F)."""
        x, activation_cache = cache
        dz, _ = self.activation.backward(np.ascontiguousarray(dout), activation_cache)
        kernel = self.parameters["kernel"]
        no_bias = np.zeros(kernel.shape[3], kernel.dtype)
        dx = conv2d(x=dz, kernel=kernel, bias=no_bias, strides=self.strides, padding=self.padding_sizes)
        _, dkernel, _ = self._convolution_backward(dz, x)
        return dx, self.gradients(dkernel, dz.sum(axis=(0, 1, 2)))

    def _convolution_backward(self, image: NDArray, dout: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """The gradients of the convolution of `image` (N, OH, OW, F) for its `dout` (N, H, W, C)."""
        kernel = self.parameters["kernel"]
        return conv2d_backward(dz=dout, x=image, kernel=kernel, strides=self.strides, padding=self.padding_sizes)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().config(),
            "filters": self.filters,
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
        }
