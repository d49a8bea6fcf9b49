"""Which algorithm computes a convolution: chosen here, by the shapes alone, for the layer and for
the fused engine.

| algorithm    | taken for                                       | computed by                                |
|--------------|-------------------------------------------------|--------------------------------------------|
| `PRODUCT`    | patches that lie side by side (1x1, whole image)| `dense.matmul`                             |
| `WINOGRAD3`  | 3x3, stride 1, enough channels                  | `winograd3.py`, `winograd_backward.py`     |
| `WINOGRAD5`  | 5x5, stride 1, one channel, joined with pooling | `winograd5.py`                             |
| `DIRECT`     | everything else                                 | `conv.py`, `conv_backward.py`              |

All of them give the same sums up to rounding. The way back through a convolution that is joined with
pooling, as both of the student's are in the fused engine, is not chosen here:
`nn/engine/conv_operation.py` takes `conv_pool_backward.py`. `conv2d` and `conv2d_backward` are what
`nn.layers.Conv2D` calls; the fused engine keeps a `Convolution`, and prepares it again whenever the
weights have changed. Arrays as everywhere: x (N, H, W, C), padded; kernel (KH, KW, C, F); bias (F,); z (N, OH,
OW, F).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.kernels import conv, conv_backward, dense, elementwise, winograd, winograd3, winograd_backward
from nn.kernels.memory import aligned, aligned_copy

PRODUCT, WINOGRAD3, WINOGRAD5, DIRECT = "product", "Winograd 3x3", "Winograd 5x5", "direct"

# An output's rounding error, in units of eps · max|x| · Σ|kernel|: at most 26 was seen, on MNIST and on random maps.
ROUNDING = 32

Shape = tuple[int, ...]
Padding = tuple[tuple[int, int], tuple[int, int]]


def forward_algorithm(padded_shape: Shape, kernel_shape: Shape, strides: tuple[int, int], *, pooled: bool = False) -> str:
    """The fastest way to z for padded images (H, W, C); `pooled`: with ReLU and 2x2 max-pooling in
    the same pass.
    """
    channels = padded_shape[2]
    rows, columns, _ = _output_shape(padded_shape, kernel_shape, strides)
    if not pooled and _is_product(padded_shape, kernel_shape, strides):
        return PRODUCT
    if _is_square(kernel_shape, strides, 3) and winograd3.is_faster(rows, columns, channels):
        return WINOGRAD3
    if pooled and _is_square(kernel_shape, strides, 5) and channels == 1:
        return WINOGRAD5
    return DIRECT


def backward_algorithm(padded_shape: Shape, kernel_shape: Shape, strides: tuple[int, int]) -> str:
    """The fastest way to dx and dkernel."""
    rows, columns, filters = _output_shape(padded_shape, kernel_shape, strides)
    if _is_product(padded_shape, kernel_shape, strides):
        return PRODUCT
    if _is_square(kernel_shape, strides, 3) and winograd_backward.is_faster(rows, columns, kernel_shape[2], filters):
        return WINOGRAD3
    return DIRECT


def _output_shape(padded_shape: Shape, kernel_shape: Shape, strides: tuple[int, int]) -> Shape:
    rows, columns = ((padded_shape[axis] - kernel_shape[axis]) // strides[axis] + 1 for axis in (0, 1))
    return rows, columns, kernel_shape[3]


def _is_product(padded_shape: Shape, kernel_shape: Shape, strides: tuple[int, int]) -> bool:
    """Whether the patches lie side by side in memory: single pixels, or the whole image."""
    return kernel_shape[:2] == strides == (1, 1) or padded_shape[:2] == kernel_shape[:2]


def _is_square(kernel_shape: Shape, strides: tuple[int, int], size: int) -> bool:
    return kernel_shape[:2] == (size, size) and strides == (1, 1)


class Convolution:
    """A convolution of given shapes, and what its algorithms derive from the kernel.

    Args:
        padded_shape: (H, W, C) of an image with its padding.
        kernel_shape: (KH, KW, C, F).
        strides: (SH, SW).
    """

    def __init__(self, padded_shape: Shape, kernel_shape: Shape, strides: tuple[int, int]) -> None:
        self.strides = strides
        self.padded_shape, self.output_shape = padded_shape, _output_shape(padded_shape, kernel_shape, strides)
        self.inputs, self.filters = math.prod(kernel_shape[:3]), kernel_shape[3]
        self.forward_algorithm = forward_algorithm(padded_shape, kernel_shape, strides)
        self.backward_algorithm = backward_algorithm(padded_shape, kernel_shape, strides)

    @property
    def forward_kernels(self) -> Sequence[Callable[..., Any]]:
        """The kernels that `forward` calls."""
        return ({PRODUCT: dense.matmul, WINOGRAD3: winograd3.conv2d_forward}.get(self.forward_algorithm, conv.conv2d_forward),)

    @property
    def backward_kernels(self) -> Sequence[Callable[..., Any]]:
        """The kernels that `backward` calls."""
        if self.backward_algorithm == PRODUCT:
            return dense.matmul, elementwise.column_sums
        if self.backward_algorithm == WINOGRAD3:
            return winograd_backward.conv2d_backward, elementwise.column_sums
        return (conv_backward.conv2d_backward,)

    def prepare_forward(self, kernel: NDArray) -> None:
        """Derive from the kernel what `forward` needs; again whenever it has changed."""
        self.kernel = kernel
        if self.forward_algorithm == WINOGRAD3:
            self.transformed = winograd.transformed(kernel)

    def prepare_backward(self, kernel: NDArray) -> None:
        """Derive from the kernel what `backward` needs; again whenever it has changed."""
        if self.backward_algorithm == PRODUCT:
            self.transposed = aligned_copy(kernel.reshape(self.inputs, self.filters).T)
        elif self.backward_algorithm == WINOGRAD3:
            self.values = winograd.values_at_points(kernel)
        else:
            self.filter_rows = aligned(conv_backward.filters_shape(kernel.shape, kernel.dtype), kernel.dtype)
            conv_backward.filters_from_kernel(kernel, self.filter_rows)

    def forward(self, *, x: NDArray, bias: NDArray, relu: bool, out: NDArray) -> None:
        """Write z, or max(0, z) if `relu`, into `out`."""
        if self.forward_algorithm == PRODUCT:
            rows, weights = out.reshape(-1, self.filters), self.kernel.reshape(self.inputs, self.filters)
            dense.product_into(rows, x.reshape(len(rows), -1), weights, bias, relu=relu)
        elif self.forward_algorithm == WINOGRAD3:
            winograd3.conv2d_forward(x, self.transformed, bias, relu, out)
            clear_rounding(out, x, self.kernel, bias)
        else:
            conv.conv2d_forward(x=x, kernel=self.kernel, bias=bias, strides=self.strides, relu=relu, out=out)

    def backward(self, *, dz: NDArray, x: NDArray, needs_dx: bool, dx: NDArray, dkernel: NDArray, dbias: NDArray) -> None:
        """Write dkernel, dbias and, if it is needed, dx in the shape of the padded x."""
        if self.backward_algorithm == PRODUCT:
            rows = dz.reshape(-1, self.filters)
            patches = x.reshape(len(rows), -1)
            dense.product_into(dkernel.reshape(self.inputs, self.filters), patches.T, rows)
            elementwise.column_sums(rows, dbias)
            if needs_dx:
                dense.product_into(dx.reshape(len(rows), -1), rows, self.transposed)
            return
        gradients = {"dz": dz, "x": x, "needs_dx": needs_dx, "dx": dx, "dkernel": dkernel.reshape(len(dkernel), -1, self.filters)}
        if self.backward_algorithm == WINOGRAD3:
            winograd_backward.conv2d_backward(**gradients, values=self.values)
            elementwise.column_sums(dz.reshape(-1, self.filters), dbias)
        else:
            conv_backward.conv2d_backward(**gradients, dbias=dbias, filters=self.filter_rows, strides=self.strides)


def conv2d(*, x: NDArray, kernel: NDArray, bias: NDArray, strides: tuple[int, int], padding: Padding) -> NDArray:
    """z[n,i,j,f] = bias[f] + Σ_{ki,kj,c} x[n, i·SH + ki, j·SW + kj, c] · kernel[ki,kj,c,f], for x
    padded with zeros.
    """
    padded = pad(x, padding, kernel.dtype)
    convolution = Convolution(padded.shape[1:], kernel.shape, strides)
    convolution.prepare_forward(kernel)
    z = aligned((len(x), *convolution.output_shape), kernel.dtype)
    convolution.forward(x=padded, bias=bias, relu=False, out=z)
    return z


def conv2d_backward(
    *, dz: NDArray, x: NDArray, kernel: NDArray, strides: tuple[int, int], padding: Padding
) -> tuple[NDArray, NDArray, NDArray]:
    """dx, dkernel and dbias for dz = ∂loss/∂z."""
    padded, dz = pad(x, padding, kernel.dtype), aligned_copy(dz, kernel.dtype)
    convolution = Convolution(padded.shape[1:], kernel.shape, strides)
    convolution.prepare_backward(kernel)
    dx, dkernel, dbias = (aligned(shape, kernel.dtype) for shape in (padded.shape, kernel.shape, kernel.shape[3:]))
    convolution.backward(dz=dz, x=padded, needs_dx=True, dx=dx, dkernel=dkernel, dbias=dbias)
    return inside(dx, padding, x.shape), dkernel, dbias


def clear_rounding(out: NDArray, x: NDArray, kernel: NDArray, bias: NDArray) -> None:
    """Set outputs of Winograd's algorithm to 0 that differ from 0 only by rounding.

    An output over a blank patch is its bias. Where that is exactly 0, as before the first step,
    ReLU has its kink there, and a rounding error of the transforms would decide whether a gradient
    passes. Limits are taken image by image.
    """
    if bias.all():
        return
    largest = np.abs(x).max(axis=(1, 2, 3), keepdims=True)
    limit = ROUNDING * np.finfo(x.dtype).eps * largest * np.abs(kernel).sum(axis=(0, 1, 2))
    out[(np.abs(out) <= limit) & (bias == 0)] = 0


def pad(x: NDArray, padding: Padding, dtype: DTypeLike) -> NDArray:
    """A copy of x (N, H, W, C) with zeros around every image."""
    (above, below), (left, right) = padding
    samples, height, width, channels = x.shape
    padded = aligned((samples, above + height + below, left + width + right, channels), dtype)
    inside(padded, padding, x.shape)[...] = x
    return padded


def inside(padded: NDArray, padding: Padding, shape: Shape) -> NDArray:
    """The view of `padded` that is the images of `shape` (N, H, W, C) without their padding."""
    (above, _), (left, _) = padding
    return padded[:, above : above + shape[1], left : left + shape[2], :]
