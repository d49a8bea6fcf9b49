"""Rescaling: pixels from 0 to 255 become values from 0 to 1 inside the network."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.base import Gradients, Layer, RandomKey


class Rescaling(Layer):
    """Multiplies every value by one number and adds another one.

    As the first layer it takes the place of `x / 255` in the script, so that the saved model reads
    pixels as they are.

    Shapes: x and out (N, ...), any.

    Forward: out = scale · x + offset.

    Backward: every x touches one output, with factor scale: dx = scale · dout.

    Saved: nothing.

    Args:
        scale, offset: two numbers; nothing here is trained.
        options: name, input_shape, trainable; see `Layer`.

    Example: from 0 ... 255 to -1 ... 1, with scale 2/255 and offset -1.

        >>> import numpy as np
        >>> layer = Rescaling(2 / 255, offset=-1)
        >>> layer.forward(np.array([0.0, 127.5, 255.0]))[0].tolist()
        [-1.0, 0.0, 1.0]
        >>> layer.backward(np.array([255.0]), None)[0].tolist()
        [2.0]

    References:
        Y. LeCun, L. Bottou, G. Orr, K.-R. Müller: Efficient BackProp, 1998, section 4.3 (inputs
            should be of similar size, about 0).
    """

    def __init__(self, scale: float, offset: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        for name, value in (("scale", scale), ("offset", offset)):
            if not isinstance(value, Real) or not math.isfinite(value):
                raise InputError(f"Rescaling: {name} must be a finite number, got {value!r}")
        self.scale, self.offset = float(scale), float(offset)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = scale · x + offset."""
        return x * x.dtype.type(self.scale) + x.dtype.type(self.offset), None

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = scale · dout."""
        return dout * dout.dtype.type(self.scale), {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "scale": self.scale, "offset": self.offset}
