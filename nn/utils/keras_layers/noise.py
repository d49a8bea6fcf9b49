"""GaussianNoise, GaussianDropout and SpatialDropout2D: noise while training, nothing afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.arguments import Shape, check_data_format, image_shape
from nn.layers.base import Gradients, Layer, RandomKey


class Factor(Layer):
    """The base of layers that multiply each value by something random while they train.

    Shapes: x and out (N, ...).

    Forward, training: out = x · factor. Backward: dx = dout · factor. Saved: the factor.
    """

    random = True

    def factor(self, x: NDArray, rng: np.random.Generator) -> NDArray:
        """What x is multiplied by, of mean 1."""
        raise NotImplementedError

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x, or when training x · factor."""
        if not training:
            return x, None
        factor = self.factor(x, np.random.default_rng(rng)).astype(x.dtype)
        return x * factor, factor

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout · factor."""
        return (dout if cache is None else dout * cache), {}


class GaussianDropout(Factor):
    """Multiplies by numbers of mean 1 and variance rate / (1 - rate), as large as dropout's.

    Example: the mean stays.

        >>> out, _ = GaussianDropout(0.5).forward(np.ones((100, 100)), training=True, rng=1)
        >>> round(float(out.mean()), 1), round(float(out.std()), 1)
        (1.0, 1.0)

    References:
        N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov: Dropout: a simple
            way to prevent neural networks from overfitting, 2014, section 10.
    """

    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(**options)
        self.rate = _rate(rate, "GaussianDropout")

    def factor(self, x: NDArray, rng: np.random.Generator) -> NDArray:
        """A number for each value."""
        return rng.normal(1.0, np.sqrt(self.rate / (1 - self.rate)), x.shape)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "rate": self.rate}


class SpatialDropout2D(Factor):
    """Dropout of whole channels: each channel of an image is 0 with probability `rate`, the others
    are scaled by 1 / (1 - rate).

    Example: a channel is all 0 or all 2.

        >>> out, _ = SpatialDropout2D(0.5).forward(np.ones((9, 3, 3, 4)), training=True, rng=1)
        >>> sorted(set(out.mean(axis=(1, 2)).ravel().tolist()))
        [0.0, 2.0]

    References:
        J. Tompson, R. Goroshin, A. Jain, Y. LeCun, C. Bregler: Efficient object localization using
            convolutional networks, 2015, section 3.2.
    """

    def __init__(self, rate: float, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.rate = _rate(rate, "SpatialDropout2D")
        check_data_format(data_format, "SpatialDropout2D")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's, if it is an image."""
        return image_shape(input_shape, "SpatialDropout2D")

    def factor(self, x: NDArray, rng: np.random.Generator) -> NDArray:
        """0 or 1 / (1 - rate) for each channel of each sample."""
        return (rng.random((len(x), 1, 1, x.shape[3])) >= self.rate) / (1 - self.rate)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "rate": self.rate}


class GaussianNoise(Layer):
    """Adds numbers of mean 0 and standard deviation `stddev` while training.

    Shapes: x and out (N, ...). Forward, training: out = x + noise. Backward: dx = dout. Saved:
    nothing.

    Example: predicting adds nothing.

        >>> GaussianNoise(0.1).forward(np.ones((1, 2)))[0].tolist()
        [[1.0, 1.0]]

    References:
        C. M. Bishop: Training with noise is equivalent to Tikhonov regularization, 1995.
    """

    random = True

    def __init__(self, stddev: float, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(stddev, int | float) or not 0 <= stddev < np.inf:
            raise InputError(f"GaussianNoise: stddev must be a number of at least 0, got {stddev!r}")
        self.stddev = float(stddev)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x, or when training x + noise."""
        return (x + np.random.default_rng(rng).normal(0, self.stddev, x.shape).astype(x.dtype) if training else x), None

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout."""
        return dout, {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "stddev": self.stddev}


def _rate(rate: Any, layer: str) -> float:
    if not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise InputError(f"{layer}: rate must be at least 0 and below 1, got {rate!r}")
    return float(rate)
