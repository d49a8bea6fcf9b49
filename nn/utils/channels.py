"""`channels_first`, or "th": images (C, H, W), as Theano had them and many older scripts still do.

All layers here compute on (H, W, C). Where a script asks for the other order, a `Permute` turns the
samples before the first layer that works on images, and another one turns them back where the
order can be seen again. Kernels have the same layout in both orders, so weights are still those of
Keras.

As in Keras since 2.2.3, a `Flatten` that is told of the order (as by `set_image_data_format`)
reads pixel by pixel; one that is not reads channel by channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from nn.errors import InputError

FIRST, LAST = "channels_first", "channels_last"
# Layers whose outputs do not depend on where the channels are.
ELEMENTWISE = (
    "Activation", "Dropout", "ELU", "GELU", "GaussianDropout", "GaussianNoise", "LeakyReLU", "Linear", "ReLU", "Rescaling",
    "SELU", "SiLU", "Sigmoid", "Softplus", "Tanh",
)  # fmt: skip
# After them there is no image.
LEAVING = ("Dense", "Flatten", "Reshape")

_default = LAST


def default_format() -> str:
    """What `data_format=None` means: what `nn.backend.set_image_data_format` has said last."""
    return _default


def set_default_format(data_format: str) -> None:
    """Set it for all layers that are made from now on."""
    global _default
    _default = data_format


def is_first(data_format: Any, layer: str) -> bool:
    """Whether `data_format` asks for the channels first."""
    if data_format not in (None, FIRST, LAST):
        raise InputError(f"{layer}: data_format must be {LAST!r} or {FIRST!r}, got {data_format!r}")
    return (data_format or _default) == FIRST


def arranged(layer: Any, before: Sequence[Any]) -> list[Any]:
    """The layer, with a `Permute` before it where its input, the output of `before`, lies in the
    other order.
    """
    turned, kind = is_turned(before), type(layer).__name__
    if turned and kind == "BatchNormalization" and layer.axis == 1:
        layer.axis = -1
        return [layer]
    if turned:
        return [layer] if layer.channels_first or kind in ELEMENTWISE else [turned_back(), layer]
    if not layer.channels_first or kind == "Flatten":
        return [layer]
    turn = _turn((2, 3, 1))
    turn.given_input_shape, layer.given_input_shape = layer.given_input_shape, None
    return [turn, layer]


def is_turned(layers: Sequence[Any]) -> bool:
    """Whether the outputs of these layers are (H, W, C) where the script has (C, H, W)."""
    for layer in reversed(layers):
        if layer.turns is not None:
            return bool(layer.turns)
        kind = type(layer).__name__
        if kind in LEAVING or (kind.startswith("Global") and not layer.keepdims):
            return False
    return False


def _turn(dims: tuple[int, int, int]) -> Any:
    turn = import_module("nn.utils.keras_layers").Permute(dims)
    turn.turns = dims == (2, 3, 1)
    return turn


def turned_back() -> Any:
    """What follows the last layer of a model whose output is still turned."""
    return _turn((3, 1, 2))
