"""Model files: architecture, weights and training card in one archive (`nn.io.archive`).

The header holds `format` "numba-cnn model", `version`, `input_shape`, `layers` (a list of {"type", "config"}), and `card`; the
weights are members by name, `conv2d/kernel`, float32, in Keras' layout.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nn import layers as known_layers
from nn.errors import InputError
from nn.io.archive import read_archive, write_archive
from nn.layers import Layer
from nn.layers.base import Shape

if TYPE_CHECKING:
    from nn.models import Sequential

FORMAT, VERSION = "numba-cnn model", 1
# Of one sample, in all layers, with the frames of padding: 64 MB of float32. More is a mistake or an attack.
MAX_ACTIVATIONS = 2**24
# Weights are kept as float32, whatever a file has them as.
LARGEST = float(np.finfo(np.float32).max)


def describe(model: Sequential) -> dict[str, Any]:
    """The architecture as JSON can hold it."""
    return {
        "input_shape": list(model.input_shape),
        "layers": [{"type": type(layer).__name__, "config": layer.config()} for layer in model.layers],
    }


def weights_of(model: Sequential) -> dict[str, NDArray]:
    """All parameters by name."""
    return {f"{layer.name}/{name}": array for layer in model.layers for name, array in layer.parameters.items()}


def save(model: Sequential, path: str | os.PathLike[str]) -> None:
    """Write the model file."""
    header = {"format": FORMAT, "version": VERSION, **describe(model), "card": model.card}
    write_archive(path, header, weights_of(model))


def load(path: str | os.PathLike[str]) -> tuple[list[Layer], Shape, dict[str, NDArray], dict[str, Any]]:
    """Layers (not yet built), input shape, weights and card of a model file, all checked against each other.

    Raises:
        InputError: for anything else than a sound model file.
    """
    header, weights = read_archive(path, FORMAT, VERSION)
    layers, input_shape = layers_from(header, path)
    check_weights(layers, input_shape, weights, path)
    card = header.get("card", {})
    if not isinstance(card, dict):
        raise InputError(f"{path}: expected the card to be an object, got {card!r}")
    return layers, input_shape, weights, card


def layers_from(header: dict[str, Any], path: str | os.PathLike[str]) -> tuple[list[Layer], Shape]:
    """The layers that a header describes."""
    shape, entries = header.get("input_shape"), header.get("layers")
    if not isinstance(shape, list) or not all(type(size) is int and size > 0 for size in shape) or not 1 <= len(shape) <= 3:
        raise InputError(f"{path}: expected an input shape of one to three positive sizes, got {shape!r}")
    if not isinstance(entries, list) or not 1 <= len(entries) <= 1000:
        raise InputError(f"{path}: expected a list of layers")
    return [_layer_from(entry, path) for entry in entries], tuple(shape)


def _layer_from(entry: object, path: str | os.PathLike[str]) -> Layer:
    if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
        raise InputError(f"{path}: expected a layer to be an object with type and config, got {entry!r:.80}")
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in known_layers.__all__ or kind == "Layer":
        raise InputError(f"{path}: there is no layer type {kind!r:.80}")
    try:
        layer: Layer = getattr(known_layers, kind)(**entry["config"])
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: the configuration of a {kind} layer is wrong: {error}") from error
    if layer.given_input_shape is not None:
        raise InputError(f"{path}: expected one input shape, the model's own, got another for a {kind} layer")
    return layer


def check_weights(layers: Sequence[Layer], shape: Shape, weights: dict[str, NDArray], path: str | os.PathLike[str]) -> None:
    """Every parameter is there, in its shape, float and finite, and nothing else; checked before anything is allocated."""
    expected: dict[str, Shape] = {}
    values = 0
    names = [layer.name for layer in layers]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
        raise InputError(f"{path}: expected every layer to have a name of its own")
    for layer in layers:
        try:
            expected |= {f"{layer.name}/{name}": size for name, size in layer.parameter_shapes(shape).items()}
            values += _framed_size(layer, shape)
            shape = layer.compute_output_shape(shape)
        except InputError as error:
            raise InputError(f"{path}: the layers do not fit together: {error}") from error
        values += math.prod(shape)
        if values > MAX_ACTIVATIONS:
            raise InputError(f"{path}: up to layer {layer.name} a sample takes more than {MAX_ACTIVATIONS:,} values")
    if weights.keys() != expected.keys():
        odd = sorted(weights.keys() ^ expected.keys())[0]
        raise InputError(f"{path}: the weights do not fit the layers: {odd!r} is {'missing' if odd in expected else 'foreign'}")
    for name, array in weights.items():
        if array.shape != expected[name]:
            raise InputError(f"{path}: expected {name} to have shape {expected[name]}, got {array.shape}")
        if array.dtype not in (np.float32, np.float64) or not np.abs(array).max(initial=0) <= LARGEST:
            raise InputError(f"{path}: expected {name} to be finite float32 or float64 numbers")


def _framed_size(layer: Layer, shape: Shape) -> int:
    """An upper bound on the values of a sample with the frame that `padding="same"` adds: at most a window along each axis."""
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", (0, 0)))
    if getattr(layer, "padding", "valid") == "valid" or len(shape) != 3:
        return 0
    return (shape[0] + window[0]) * (shape[1] + window[1]) * shape[2]
