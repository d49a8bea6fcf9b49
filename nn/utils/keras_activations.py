"""The activations as functions: `relu(x)` on an array or in a chain of layers, and `activation=relu` in a layer.

The mathematics is in `nn/layers`; these are its layers, called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.layers.activations import ACTIVATIONS, Activation
from nn.utils.arrays import Array
from nn.utils.symbols import Symbol

__all__ = [*ACTIVATIONS, "get"]

Function = Callable[[ArrayLike], NDArray]


def _function(name: str) -> Function:
    def activation(x: Any) -> Any:
        if isinstance(x, Symbol):
            return Activation(name)(x)
        values = np.asarray(x)
        values = values if values.dtype.kind == "f" else values.astype(np.float32)
        layer: Any = ACTIVATIONS[name]()
        layer.build(values.shape[1:], np.random.default_rng(0), values.dtype)
        return layer.forward(values)[0].view(Array)

    activation.__name__ = activation.__qualname__ = name
    activation.__doc__ = f"The layer {name!r} on x (N, ...), or after a symbol."
    return activation


_FUNCTIONS = {name: _function(name) for name in ACTIVATIONS}


def __getattr__(name: str) -> Function:
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    raise AttributeError(f"nn.activations has no {name!r}; it has {', '.join(__all__)}")


def get(identifier: Any) -> Function:
    """The function of that name; None means linear."""
    if callable(identifier):
        return identifier
    name = "linear" if identifier is None else identifier
    if name not in _FUNCTIONS:
        raise InputError(f"activations.get: expected one of {', '.join(ACTIVATIONS)}, got {identifier!r}")
    return _FUNCTIONS[name]
