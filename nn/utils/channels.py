"""`channels_first`, or "th": images (C, H, W), as Theano had them and many older scripts still do.

All layers here compute on (H, W, C). Where a script asks for the other order, a `Permute` turns the
samples before the first layer that works on images, and another one turns them back where the
order can be seen again. Kernels have the same layout in both orders, so weights are still those of
Keras.

As in Keras since 2.2.3, a `Flatten` that is told of the order (as by `set_image_data_format`)
reads pixel by pixel; one that is not reads channel by channel.
"""

from __future__ import annotations

import warnings
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


def is_first(data_format: Any, layer: str) -> bool | None:
    """Whether `data_format` asks for the channels first; None where nobody has said anything."""
    if data_format not in (None, FIRST, LAST):
        raise InputError(f"{layer}: data_format must be {LAST!r} or {FIRST!r}, got {data_format!r}")
    return None if data_format is None and _default == LAST else (data_format or _default) == FIRST


def arranged(layer: Any, before: Sequence[Any], shape: Sequence[int] | None) -> list[Any]:
    """The layer, with a `Permute` before it where its input lies in the other order.

    Args:
        layer: to be added.
        before: those whose output is its input.
        shape: of a sample, if this is the first layer and it is known.
    """
    if layer.turns is not None:
        return [layer]
    kind, last = type(layer).__name__, _last_turn(before)
    turned = last is not None and bool(last.turns)
    if layer.channels_first is None and kind != "Flatten" and (last.guessed if last is not None else _looks_first(before, shape)):
        layer.channels_first = True
        return arranged(layer, before, shape) if last is not None else _guessed(layer, before, shape)
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


def _looks_first(before: Sequence[Any], shape: Sequence[int] | None) -> bool:
    """Whether a first layer that works on images is given them as (1, 28, 28), as in Keras 1, whose
    order this once was.
    """
    return not before and shape is not None and len(shape) == 3 and shape[0] in (1, 3) and shape[1] == shape[2] > 3


def _guessed(layer: Any, before: Sequence[Any], shape: Sequence[int] | None) -> list[Any]:
    sizes = tuple(shape or ())
    warnings.warn(
        f"{type(layer).__name__}: images {sizes} are taken as (channels, height, width); data_format='channels_first' says it, "
        "'channels_last' says otherwise",
        stacklevel=4,
    )
    turn, layer = arranged(layer, before, shape)
    turn.guessed = True
    return [turn, layer]


def is_turned(layers: Sequence[Any]) -> bool:
    """Whether the outputs of these layers are (H, W, C) where the script has (C, H, W)."""
    turn = _last_turn(layers)
    return turn is not None and bool(turn.turns)


def _last_turn(layers: Sequence[Any]) -> Any:
    """The last `Permute` from here, unless there have been no more images since."""
    for layer in reversed(layers):
        if layer.turns is not None:
            return layer
        kind = type(layer).__name__
        if kind in LEAVING or (kind.startswith("Global") and not layer.keepdims):
            return None
    return None


def _turn(dims: tuple[int, int, int]) -> Any:
    turn = import_module("nn.utils.keras_layers").Permute(dims)
    turn.turns = dims == (2, 3, 1)
    return turn


def turned_back() -> Any:
    """What follows the last layer of a model whose output is still turned."""
    return _turn((3, 1, 2))
