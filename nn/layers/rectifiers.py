"""Relatives of ReLU that let something of a negative value through: LeakyReLU, ELU, SELU
and GELU."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import elementwise
from nn.kernels.memory import flat
from nn.layers.base import Gradients, Layer, RandomKey


class LeakyReLU(Layer):
    """ReLU with a small slope for negative values, so that no unit is ever dead.

    Shapes: x and out (N, ...), any.

    Forward: out = x where x > 0, else a x, with a = `negative_slope`.

    Backward: dx = dout where x > 0, else a dout. At the kink, x = 0, we take the left slope, a.

    Saved: x.

    Args:
        negative_slope: a; 0.3 as in Keras (`activation="leaky_relu"` means 0.2 there and here).
        alpha: an older name of it.
        options: name, input_shape, trainable; see `Layer`.

    Example: x = (-2, 3) with a = ½ gives (-1, 3); dout = (5, 6) comes back as (2.5, 6).

        >>> layer = LeakyReLU(0.5)
        >>> out, cache = layer.forward(np.array([-2.0, 3.0]))
        >>> out.tolist(), layer.backward(np.array([5.0, 6.0]), cache)[0].tolist()
        ([-1.0, 3.0], [2.5, 6.0])

    References:
        A. L. Maas, A. Y. Hannun, A. Y. Ng: Rectifier nonlinearities improve neural network
            acoustic models, 2013.
    """

    def __init__(self, negative_slope: float = 0.3, *, alpha: float | None = None, **options: Any) -> None:
        super().__init__(**options)
        slope = negative_slope if alpha is None else alpha
        if not isinstance(slope, int | float) or not 0 <= slope < math.inf:
            raise InputError(f"LeakyReLU: negative_slope must be a number of at least 0, got {slope!r}")
        self.negative_slope = float(slope)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x or a x."""
        return np.where(x > 0, x, self.negative_slope * x), x

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout or a dout."""
        x = cache
        return np.where(x > 0, dout, self.negative_slope * dout), {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "negative_slope": self.negative_slope}


class ELU(Layer):
    """Exponential linear unit: negative values level off at -α.

    Shapes: x and out (N, ...), any.

    Forward: out = x where x > 0, else α (exp x - 1).

    Backward: dx = dout where x > 0; else ∂out/∂x = α exp x = out + α, so dx = dout (out + α). At x
    = 0, where the slopes differ unless α = 1, we take the left one.

    Saved: x and out.

    Example: x = -ln 2 with α = 1 gives ½ - 1 = -½; dout = 4 gives dx = 4 · ½ = 2.

        >>> out, cache = ELU().forward(-np.log([2.0]))
        >>> out.round(6).tolist(), ELU().backward(np.array([4.0]), cache)[0].round(6).tolist()
        ([-0.5], [2.0])

    References:
        D.-A. Clevert, T. Unterthiner, S. Hochreiter: Fast and accurate deep network learning by
            exponential linear units, 2016.
    """

    def __init__(self, alpha: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(alpha, int | float) or not 0 <= alpha < math.inf:
            raise InputError(f"ELU: alpha must be a number of at least 0, got {alpha!r}")
        self.alpha = float(alpha)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x or α (exp x - 1)."""
        out = np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))
        return out, (x, out)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout or dout (out + α)."""
        x, out = cache
        return np.where(x > 0, dout, dout * (out + self.alpha)), {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "alpha": self.alpha}


class SELU(Layer):
    """Scaled ELU: λ times an ELU, with α and λ such that activations keep mean 0 and variance 1.

    Where the inputs have mean 0 and variance 1 and the weights variance 1 / n (`lecun_normal`), so
    have the outputs, layer after layer.

    Shapes: x and out (N, ...), any.

    Forward: out = λ x where x > 0, else λ α (exp x - 1), with λ = 1.0507... and α = 1.6733...

    Backward: dx = λ dout where x > 0; else ∂out/∂x = λ α exp x = out + λ α, so dx = dout (out + λ α).

    Saved: x and out.

    Example: x = -ln 2 gives λ α (½ - 1) = -0.879; x = 1 gives λ.

        >>> SELU().forward(np.array([-np.log(2.0), 1.0]))[0].round(4).tolist()
        [-0.879, 1.0507]

    References:
        G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter: Self-normalizing neural networks,
            2017.
    """

    ALPHA, LAMBDA = 1.6732632423543772, 1.0507009873554805

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = λ x or λ α (exp x - 1)."""
        out = self.LAMBDA * np.where(x > 0, x, self.ALPHA * np.expm1(np.minimum(x, 0)))
        return out, (x, out)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = λ dout or dout (out + λ α)."""
        x, out = cache
        return np.where(x > 0, self.LAMBDA * dout, dout * (out + self.LAMBDA * self.ALPHA)), {}


class GELU(Layer):
    """Gaussian error linear unit: x times the probability that a standard normal number is below
    x.

    Shapes: x and out (N, ...), any.

    Forward: out = x Φ(x) with Φ(x) = (1 + erf(x / √2)) / 2.

    Backward: Φ' is the normal density φ(x) = exp(-x² / 2) / √(2π), so dx = dout (Φ(x) + x φ(x)).

    Saved: x and Φ(x).

    Example: Φ(1) = 0.841345 and φ(1) = 0.241971: out = 0.841345, and dout = 1 gives dx = 1.083315.

        >>> out, cache = GELU().forward(np.array([1.0]))
        >>> out.round(6).tolist(), GELU().backward(np.array([1.0]), cache)[0].round(6).tolist()
        ([0.841345], [1.083315])

    References:
        D. Hendrycks, K. Gimpel: Gaussian error linear units, 2016 (arXiv:1606.08415).
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x Φ(x)."""
        below = np.empty_like(x, order="C")
        elementwise.normal_distribution(x.ravel(), flat(below))
        return x * below, (x, below)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout (Φ(x) + x φ(x))."""
        x, below = cache
        density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        return dout * (below + x * density), {}
