"""Conv2D: the same small set of weights looks at every place of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn import initializers
from nn.errors import InputError
from nn.kernels import conv, conv_backward, dense, elementwise, winograd, winograd3
from nn.kernels.memory import aligned, aligned_copy
from nn.layers.activations import activation_named
from nn.layers.base import Gradients, Layer, Shape, check_padding, image_shape, pair, whole, window_geometry


class Conv2D(Layer):
    """Two-dimensional convolution (without flipping the kernel, as everywhere in deep learning), bias and activation.

    Shapes: x (N, H, W, C), kernel (KH, KW, C, F), bias (F,), out (N, OH, OW, F), strides (SH, SW);
    OH = ⌊(H - KH) / SH⌋ + 1 for valid padding, ⌈H / SH⌉ for same (x is then framed with zeros first), likewise OW.

    Forward: each output is the sum of one patch of x times one filter:

        z[n,i,j,f] = bias[f] + Σ_{ki,kj,c} x[n, i·SH + ki, j·SW + kj, c] · kernel[ki,kj,c,f],   out = activation(z)

    Backward: let dz = ∂loss/∂z, which the activation computes from dout. The chain rule asks for each variable: which outputs
    does it touch, and with what factor?

    - bias[f] is added to every z[·,·,·,f], with factor 1:        dbias[f] = Σ_{n,i,j} dz[n,i,j,f]
    - kernel[ki,kj,c,f] touches every z[n,i,j,f], with the input it meets there as factor:

        dkernel[ki,kj,c,f] = Σ_{n,i,j} dz[n,i,j,f] · x[n, i·SH + ki, j·SW + kj, c]

    - x[n,r,s,c] touches z[n,i,j,f] whenever r = i·SH + ki and s = j·SW + kj for some entry of the kernel, with that entry as
      factor. Read from the output's side, every dz[n,i,j,f] adds filter f, scaled by it, onto the patch that it came from:

        dx[n, i·SH + ki, j·SW + kj, c] += dz[n,i,j,f] · kernel[ki,kj,c,f]

    Saved: the padded input and what the activation saves.

    Example: x is the row (1, 2, 3), the kernel (10, 1), the bias 0.5. The outputs are 1·10 + 2·1 + 0.5 = 12.5 and
    2·10 + 3·1 + 0.5 = 23.5. With dout = (1, 2): dkernel = (1·1 + 2·2, 1·2 + 2·3) = (5, 8), dbias = 3, and
    dx = (1·10, 1·1 + 2·10, 2·1) = (10, 21, 2).

        >>> layer = Conv2D(1, (1, 2))
        >>> layer.build((1, 3, 1), np.random.default_rng(0), np.float64)
        >>> layer.parameters["kernel"][...] = np.array([10.0, 1.0]).reshape(1, 2, 1, 1)
        >>> layer.parameters["bias"][...] = 0.5
        >>> out, cache = layer.forward(np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1))
        >>> dx, grads = layer.backward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), cache)
        >>> out.ravel().tolist(), dx.ravel().tolist(), grads["kernel"].ravel().tolist(), grads["bias"].tolist()
        ([12.5, 23.5], [10.0, 21.0, 2.0], [5.0, 8.0], [3.0])

    References:
        Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition, 1998.
        V. Dumoulin, F. Visin: A guide to convolution arithmetic for deep learning, 2016 (strides and padding).
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        activation: str | None = None,
        *,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, input_shape=input_shape)
        self.filters = whole(filters, "Conv2D", "filters")
        self.kernel_size = pair(kernel_size, "Conv2D", "kernel_size")
        self.strides = pair(strides, "Conv2D", "strides")
        self.padding = check_padding(padding, "Conv2D")
        self.activation_name, self.activation = activation_named(activation, "Conv2D")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(OH, OW, F)."""
        height, width, _ = image_shape(input_shape, "Conv2D")
        rows = window_geometry(height, self.kernel_size[0], self.strides[0], self.padding)[0]
        columns = window_geometry(width, self.kernel_size[1], self.strides[1], self.padding)[0]
        if min(rows, columns) < 1:
            raise InputError(f"Conv2D: a kernel of {self.kernel_size} does not fit into an image of {height} x {width}")
        return rows, columns, self.filters

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Kernel (KH, KW, C, F) and bias (F,)."""
        return {"kernel": (*self.kernel_size, image_shape(input_shape, "Conv2D")[2], self.filters), "bias": (self.filters,)}

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """A Glorot-uniform kernel and a bias of zeros."""
        super().build(input_shape, rng, dtype)
        shapes = self.parameter_shapes(input_shape)
        self.add_parameter("kernel", initializers.glorot_uniform(shapes["kernel"], rng), dtype)
        self.add_parameter("bias", initializers.zeros(shapes["bias"], rng), dtype)

    def frame(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The rows of zeros (above, below) and the columns (left, right) that the padding adds."""
        _, *rows = window_geometry(self.input_shape[0], self.kernel_size[0], self.strides[0], self.padding)
        _, *columns = window_geometry(self.input_shape[1], self.kernel_size[1], self.strides[1], self.padding)
        return (rows[0], rows[1]), (columns[0], columns[1])

    def framed_shape(self) -> Shape:
        """(H, W, C) with the frame."""
        (above, below), (left, right) = self.frame()
        height, width, channels = self.input_shape
        return height + above + below, width + left + right, channels

    def inside_frame(self, framed: NDArray) -> NDArray:
        """The view of `framed` (N, H + frame, W + frame, C) that is the image itself."""
        (above, _), (left, _) = self.frame()
        return framed[:, above : above + self.input_shape[0], left : left + self.input_shape[1], :]

    def is_product(self) -> bool:
        """Whether the patches lie side by side, so that one matrix product does it all: single pixels, or the whole image."""
        return self.kernel_size == self.strides == (1, 1) or self.framed_shape()[:2] == self.kernel_size

    def takes_winograd(self) -> bool:
        """Whether Winograd's algorithm (`nn/kernels/winograd3.py`) is the faster way to the same sums."""
        rows, columns, _ = self.output_shape
        return self._has_windows_of(3) and winograd3.is_faster(rows, columns, self.input_shape[2])

    def is_five_by_five_on_gray(self) -> bool:
        """Whether `nn/kernels/winograd5.py` can do it."""
        return self._has_windows_of(5) and self.input_shape[2] == 1

    def _has_windows_of(self, size: int) -> bool:
        """Square ones, one step apart."""
        return self.kernel_size == (size, size) and self.strides == (1, 1)

    def forward(self, x: NDArray, training: bool = False, rng: np.random.Generator | int | None = None) -> tuple[NDArray, Any]:
        """Out (N, OH, OW, F) for x (N, H, W, C)."""
        kernel, bias = self.parameters["kernel"], self.parameters["bias"]
        framed = aligned((len(x), *self.framed_shape()), kernel.dtype)
        self.inside_frame(framed)[...] = x
        z = aligned((len(x), *self.output_shape), kernel.dtype)
        if self.is_product():
            rows, inputs = z.size // self.filters, kernel.size // self.filters
            weights = kernel.reshape(inputs, self.filters)
            dense.matmul(framed, inputs, 1, inputs, weights, bias, False, z.reshape(rows, -1), 0, rows)
        elif self.takes_winograd():
            winograd3.conv2d_forward(framed, winograd.transformed(kernel), bias, False, z)
        else:
            conv.conv2d_forward(framed, kernel, bias, self.strides, False, z)
        out, activation_cache = self.activation.forward(z)
        return out, (framed, activation_cache)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """Dx (N, H, W, C), dkernel and dbias for dout (N, OH, OW, F)."""
        framed, activation_cache = cache
        kernel = self.parameters["kernel"]
        dz, _ = self.activation.backward(dout, activation_cache)
        dz = np.ascontiguousarray(dz)
        dframed = aligned(framed.shape, kernel.dtype)
        grads = {name: aligned(array.shape, array.dtype) for name, array in self.parameters.items()}
        if self.is_product():
            self._product_backward(dz, framed, dframed, grads)
        else:
            filters = aligned(conv_backward.filters_shape(kernel.shape, kernel.dtype), kernel.dtype)
            conv_backward.filters_from_kernel(kernel, filters)
            rows = grads["kernel"].reshape(len(kernel), -1, self.filters)
            by_winograd = self._has_windows_of(3) and winograd3.is_faster(framed.shape[1], framed.shape[2], self.filters)
            conv_backward.conv2d_backward(dz, framed, filters, self.strides, not by_winograd, dframed, rows, grads["bias"])
            if by_winograd:
                self._winograd_dx(dz, dframed)
        return self.inside_frame(dframed), grads

    def _product_backward(self, dz: NDArray, x: NDArray, dx: NDArray, grads: Gradients) -> None:
        """The products of a dense layer, with one row for each patch: dkernel = xᵀ · dz, dx = dz · kernelᵀ, dbias = Σ dz."""
        weights = self.parameters["kernel"].reshape(-1, self.filters)
        inputs, filters = weights.shape
        dz = aligned_copy(dz.reshape(-1, filters))
        none = np.zeros(max(inputs, filters), dz.dtype)
        dense.matmul(x, 1, inputs, len(dz), dz, none, False, grads["kernel"].reshape(inputs, filters), 0, inputs)
        dense.matmul(dz, filters, 1, filters, aligned_copy(weights.T), none, False, dx.reshape(-1, inputs), 0, len(dz))
        elementwise.column_sums(dz, grads["bias"])

    def _winograd_dx(self, dz: NDArray, dx: NDArray) -> None:
        """Dx as a forward convolution: dz in a frame of two zeros, with the kernel turned round, channels and filters swapped."""
        turned = aligned_copy(self.parameters["kernel"][::-1, ::-1].swapaxes(2, 3))
        framed = aligned((len(dz), dz.shape[1] + 4, dz.shape[2] + 4, self.filters), dz.dtype)
        framed[:, 2:-2, 2:-2] = dz
        no_bias = np.zeros(turned.shape[3], dz.dtype)
        winograd3.conv2d_forward(framed, winograd.transformed(turned), no_bias, False, dx)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "name": self.name,
            "filters": self.filters,
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "activation": self.activation_name,
        }
