"""Smooth activations made of exponentials: Sigmoid, Tanh, Softplus and SiLU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.layers.base import Gradients, Layer, RandomKey


def sigmoid(x: NDArray) -> NDArray:
    """σ(x) = 1 / (1 + exp(-x)), by way of exp(-|x|), which cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, np.ones_like(e)) / (1 + e)


class Sigmoid(Layer):
    """The logistic function, which maps a score to a probability.

    Shapes: x and out (N, ...), any.

    Forward: out = σ(x) = 1 / (1 + exp(-x)).

    Backward: ∂out/∂x = exp(-x) / (1 + exp(-x))² = out (1 - out), at most 1/4. Hence dx = dout ·
    out (1 - out): a stack of such layers passes little gradient on, which is why ReLU replaced it
    between layers.

    Saved: out.

    Example: x = ln 3 gives 3/4; dout = 16 gives dx = 16 · 3/4 · 1/4 = 3.

        >>> out, cache = Sigmoid().forward(np.log([3.0]))
        >>> out.round(6).tolist(), Sigmoid().backward(np.array([16.0]), cache)[0].round(6).tolist()
        ([0.75], [3.0])

    References:
        C. M. Bishop: Pattern recognition and machine learning, 2006, section 4.2.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = σ(x)."""
        out = sigmoid(x)
        return out, out

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout · out (1 - out)."""
        out = cache
        return dout * out * (1 - out), {}


class Tanh(Layer):
    """The hyperbolic tangent, a sigmoid between -1 and 1: tanh x = 2 σ(2x) - 1.

    Shapes: x and out (N, ...), any.

    Forward: out = tanh x.

    Backward: ∂out/∂x = 1 - out², so dx = dout (1 - out²).

    Saved: out.

    Example: tanh(½ ln 3) = (3 - 1) / (3 + 1) = 1/2; dout = 4 gives dx = 4 · (1 - 1/4) = 3.

        >>> out, cache = Tanh().forward(np.log([3.0]) / 2)
        >>> out.round(6).tolist(), Tanh().backward(np.array([4.0]), cache)[0].round(6).tolist()
        ([0.5], [3.0])

    References:
        Y. LeCun, L. Bottou, G. Orr, K.-R. Müller: Efficient BackProp, 1998, section 4.4.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = tanh x."""
        out = np.tanh(x)
        return out, out

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout (1 - out²)."""
        out = cache
        return dout * (1 - out * out), {}


class Softplus(Layer):
    """A smooth ReLU.

    Shapes: x and out (N, ...), any.

    Forward: out = log(1 + exp x) = max(0, x) + log(1 + exp(-|x|)); the second form cannot overflow.

    Backward: ∂out/∂x = exp x / (1 + exp x) = σ(x), so dx = dout · σ(x).

    Saved: x.

    Example: x = ln 3 gives ln 4 = 1.386294; dout = 4 gives dx = 4 · 3/4 = 3.

        >>> out, cache = Softplus().forward(np.log([3.0]))
        >>> out.round(6).tolist(), Softplus().backward(np.array([4.0]), cache)[0].round(6).tolist()
        ([1.386294], [3.0])

    References:
        C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau, R. Garcia: Incorporating second-order
            functional knowledge, 2001.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = log(1 + exp x)."""
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), x

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout · σ(x)."""
        x = cache
        return dout * sigmoid(x), {}


class SiLU(Layer):
    """x · σ(x), also called swish: as ReLU far from 0, with a dip of -0.28 before it.

    Shapes: x and out (N, ...), any.

    Forward: out = x σ(x).

    Backward: ∂out/∂x = σ(x) + x σ(x) (1 - σ(x)), so dx = dout · σ(x) (1 + x (1 - σ(x))).

    Saved: x.

    Example: x = ln 3 gives ¾ ln 3 = 0.823959; dout = 1 gives dx = ¾ (1 + ¼ ln 3) = 0.95599.

        >>> out, cache = SiLU().forward(np.log([3.0]))
        >>> out.round(6).tolist(), SiLU().backward(np.array([1.0]), cache)[0].round(6).tolist()
        ([0.823959], [0.95599])

    References:
        S. Elfwing, E. Uchibe, K. Doya: Sigmoid-weighted linear units for neural network function
            approximation, 2018.
    """

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x σ(x)."""
        return x * sigmoid(x), x

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout · σ(x) (1 + x (1 - σ(x)))."""
        x = cache
        s = sigmoid(x)
        return dout * s * (1 + x * (1 - s)), {}
