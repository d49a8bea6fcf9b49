"""The forward pass in plain NumPy: no compiler needed, so the first prediction of a fresh
installation comes at once.

The window and `nn.predict` start with it while the kernels are being compiled (see
`Sequential.warm_up`). It is also the shortest statement of what the layers compute. Its results
agree with the kernels' to the rounding of sums.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nn.layers import Activation, Conv2D, Dense, Dropout, Layer, MaxPooling2D, ReLU, Softmax
from nn.layers.windows import padding_sizes


def forward(layers: Sequence[Layer], x: NDArray) -> NDArray:
    """The output of the last layer for x (N, ...); NaN or infinity where weights are too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        for layer in layers:
            x = _layer(layer, x)
    return x


def _layer(layer: Layer, x: NDArray) -> NDArray:
    match layer:
        case Conv2D():
            return _activate(layer, _conv2d(layer, x))
        case Dense():
            return _activate(layer, x @ layer.parameters["kernel"] + layer.bias())
        case MaxPooling2D():
            return _windows(x, layer.pool_size, layer.strides, layer.padding, -np.inf).max(axis=(4, 5))
        case ReLU():
            return np.maximum(x, 0)
        case Softmax():
            return _softmax(x)
        case Activation():
            return _activate(layer, x)
        case Dropout():
            return x
        case _:
            return layer.forward(x)[0]


def _conv2d(layer: Conv2D, x: NDArray) -> NDArray:
    patches = _windows(x, layer.kernel_size, layer.strides, layer.padding, 0)
    kernel = layer.parameters["kernel"]
    rows = patches.transpose(0, 1, 2, 4, 5, 3).reshape(-1, kernel[..., 0].size)
    return (rows @ kernel.reshape(-1, layer.filters)).reshape(*patches.shape[:3], -1) + layer.bias()


def _windows(x: NDArray, size: tuple[int, int], strides: tuple[int, int], padding: str, fill: float) -> NDArray:
    """A view (N, OH, OW, C, *size) of all windows of x."""
    padded = np.pad(x, ((0, 0), *padding_sizes(x.shape[1:], size, strides, padding), (0, 0)), constant_values=fill)
    return sliding_window_view(padded, size, axis=(1, 2))[:, :: strides[0], :: strides[1]]


def _activate(layer: Conv2D | Dense | Activation, z: NDArray) -> NDArray:
    if layer.activation_name == "relu":
        return np.maximum(z, 0)
    if layer.activation_name == "softmax":
        return _softmax(z)
    return layer.activation.forward(z)[0]


def _softmax(z: NDArray) -> NDArray:
    exponentials = np.exp(z - z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
