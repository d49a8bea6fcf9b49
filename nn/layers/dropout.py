"""Dropout: while training, a random part of the activations is set to zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import elementwise
from nn.kernels.memory import flat
from nn.layers.base import Gradients, Layer, RandomKey


class Dropout(Layer):
    """Inverted dropout: each element is set to 0 with probability `rate`, the others are scaled by
    1 / (1 - rate).

    Shapes: x and out (N, ...), any.

    Forward, training: out = x · mask / (1 - rate), mask drawn element by element, 1 with
    probability 1 - rate. The scaling keeps the expected value, so that at test time out = x and
    nothing needs to be done.

    Backward: with the mask drawn, the layer is a product with constants: dx = dout · mask / (1 -
    rate), the same mask.

    Saved: the key of the mask. A mask is a function of its key and of the element's index in the
    batch (`nn/kernels/elementwise.py`), so backward draws it again instead of reading it back.
    `rng` is the key itself, or a generator to draw it from.

    Example: at rate 1/2 every output is 0 or twice the input.

        >>> out, cache = Dropout(0.5).forward(np.ones((2, 4)), training=True, rng=1)
        >>> dx, _ = Dropout(0.5).backward(np.ones((2, 4)), cache)
        >>> sorted(set(out.ravel().tolist())), bool((dx == out).all())
        ([0.0, 2.0], True)

    References:
        N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov: Dropout: a simple
            way to prevent neural networks from overfitting, 2014.
    """

    random = True

    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(rate, int | float) or not 0 <= rate < 1:
            raise InputError(f"Dropout: rate must be at least 0 and below 1, got {rate!r}")
        self.rate = float(rate)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = x, or when training x · mask / (1 - rate)."""
        if not training or self.rate == 0:
            return x, None
        key = rng if isinstance(rng, int | np.integer) else (rng or np.random.default_rng()).integers(2**63)
        out = np.empty_like(x, order="C")
        elementwise.dropout(x.ravel(), np.uint64(key), self.rate, flat(out), first=0)
        return out, np.uint64(key)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = dout · mask / (1 - rate)."""
        key = cache
        if key is None:
            return dout, {}
        dx = np.empty_like(dout, order="C")
        elementwise.dropout(dout.ravel(), key, self.rate, flat(dx), first=0)
        return dx, {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "rate": self.rate}
