"""Model files: architecture, weights and training card in one archive (`nn.io.archive`).

The header holds `format` "numba-cnn model", `version`, `input_shape`, `layers` (a list of {"type",
"config"}, with "custom": true for layers of the user's own), and `card`. Parameters and state are
members by name, `conv2d/kernel`, float32, in Keras' layout. `compiled` and the members
`optimizer/...` hold what `compile` has chosen, and the optimizer's arrays (`nn/io/compiled.py`).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from nn import layers as known_layers
from nn.errors import InputError
from nn.io import compiled
from nn.io.archive import check_numbers, read_archive, write_archive
from nn.layers import Layer
from nn.layers.arguments import Shape
from nn.layers.stack import Stack
from nn.layers.windows import padded_shape, padding_sizes
from nn.utils.keras_layers import KERAS_LAYERS

FORMAT, VERSION = "numba-cnn model", 1
PACKAGE_LAYERS: dict[str, type[Layer]] = {
    name: kind
    for name, kind in vars(known_layers).items()
    if name in known_layers.__all__ and name != "Layer" and issubclass(kind, Layer)
}
# Of one sample, in all layers, with padding: 64 MB of float32. More is a mistake or an attack.
MAX_ACTIVATIONS = 2**24


@dataclass(frozen=True)
class SavedModel:
    """What a model file holds, checked: the layers are not built yet."""

    layers: list[Layer]
    input_shape: Shape
    arrays: dict[str, NDArray]
    card: dict[str, Any]
    compiled: compiled.Compiled | None = None


def describe(stack: Stack) -> dict[str, Any]:
    """The architecture, in values that JSON can hold."""
    return {
        "input_shape": list(stack.input_shape),
        "layers": [_describe(layer) for layer in stack.layers],
    }


def _describe(layer: Layer) -> dict[str, Any]:
    """A layer of the user's own is marked, so that it is never mistaken for one of the package's
    with the same name.
    """
    own = {} if getattr(known_layers, type(layer).__name__, None) is type(layer) else {"custom": True}
    return {"type": type(layer).__name__, "config": layer.config(), **own}


def save(stack: Stack, path: str | os.PathLike[str], card: Mapping[str, Any], choices: compiled.Compiled | None = None) -> None:
    """Write the model file; `choices` are what `compile` has chosen."""
    for layer in stack.layers:
        check_can_be_loaded(layer)
    header = {"format": FORMAT, "version": VERSION, **describe(stack), "card": dict(card)}
    arrays = stack.arrays()
    if choices is not None and (entry := choices.describe()) is not None and not any(map(compiled.is_of_optimizer, arrays)):
        header["compiled"] = entry
        arrays = {**choices.arrays(), **arrays}
    write_archive(path, header, arrays)


def check_can_be_loaded(layer: Layer) -> None:
    """Raise `InputError` unless the layer's `config` makes a layer with the same arrays again."""
    kind = type(layer).__name__
    try:
        config = json.loads(json.dumps(layer.config()))
        shapes = type(layer)(**config).array_shapes(layer.input_shape)
    except (TypeError, ValueError) as error:
        raise InputError(f"save: the layer {layer.name} could not be loaded again: {kind}(**config()) fails: {error}") from error
    own = {name: array.shape for name, array in layer.arrays().items()}
    if shapes != own:
        raise InputError(f"save: the layer {layer.name} could not be loaded again: its config() makes {shapes}, expected {own}")


def load(path: str | os.PathLike[str], custom_layers: Sequence[type[Layer]] = ()) -> SavedModel:
    """Layers (not yet built), input shape, arrays and card of a model file, all checked against
    each other.

    Raises:
        InputError: the file is not a sound model file.
    """
    header, arrays = read_archive(path, FORMAT, VERSION)
    layers, input_shape = layers_from(header, path, custom_layers)
    entry = header.get("compiled")
    own = {name: array for name, array in arrays.items() if entry is None or not compiled.is_of_optimizer(name)}
    check_arrays(layers, input_shape, own, path)
    choices = None
    if entry is not None:
        of_optimizer = {name: array for name, array in arrays.items() if name not in own}
        choices = compiled.read(entry, of_optimizer, {name: array.shape for name, array in own.items()}, path)
    card = header.get("card", {})
    if not isinstance(card, dict):
        raise InputError(f"{path}: expected the card to be an object, got {card!r}")
    return SavedModel(layers, input_shape, own, card, choices)


def layers_from(
    header: dict[str, Any], path: str | os.PathLike[str], custom_layers: Sequence[type[Layer]] = ()
) -> tuple[list[Layer], Shape]:
    """The layers that a header describes."""
    shape, entries = header.get("input_shape"), header.get("layers")
    if not isinstance(shape, list) or not all(type(size) is int and size > 0 for size in shape) or not 1 <= len(shape) <= 3:
        raise InputError(f"{path}: expected an input shape of one to three positive sizes, got {shape!r}")
    if not isinstance(entries, list) or not 1 <= len(entries) <= 1000:
        raise InputError(f"{path}: expected a list of layers")
    for kind in custom_layers:
        if not (isinstance(kind, type) and issubclass(kind, Layer)):
            raise InputError(f"custom_layers: expected subclasses of nn.layers.Layer, got {kind!r:.80}")
    own = {kind.__name__: kind for kind in custom_layers}
    return [_layer_from(entry, path, own) for entry in entries], tuple(shape)


def _layer_from(entry: object, path: str | os.PathLike[str], custom_layers: Mapping[str, type[Layer]]) -> Layer:
    if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
        raise InputError(f"{path}: expected a layer to be an object with type and config, got {entry!r:.80}")
    kind = entry.get("type")
    kinds = custom_layers if entry.get("custom") is True else PACKAGE_LAYERS | KERAS_LAYERS
    if not isinstance(kind, str) or kind not in kinds:
        raise InputError(
            f"{path}: there is no layer type {kind!r:.80}; if it is a layer of your own, "
            "name its class in load_model(..., custom_layers=[...]), in a script of your own"
        )
    try:
        layer = kinds[kind](**entry["config"])
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: the configuration of a {kind} layer is wrong: {error}") from error
    if layer.given_input_shape is not None:
        raise InputError(f"{path}: expected one input shape, the model's own, got another for a {kind} layer")
    layer.channels_first = False  # the model has been turned already, if it has to be
    return layer


def check_arrays(layers: Sequence[Layer], shape: Shape, arrays: dict[str, NDArray], path: str | os.PathLike[str]) -> None:
    """Every array is there, in its shape, float and finite, and nothing else; checked before
    anything is allocated.
    """
    expected: dict[str, Shape] = {}
    values = 0
    names = [layer.name for layer in layers]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
        raise InputError(f"{path}: expected every layer to have a name of its own")
    for layer in layers:
        try:
            expected |= {f"{layer.name}/{name}": size for name, size in layer.array_shapes(shape).items()}
            values += _padded_size(layer, shape)
            shape = layer.compute_output_shape(shape)
        except InputError as error:
            raise InputError(f"{path}: the layers do not fit together: {error}") from error
        values += math.prod(shape)
        if values > MAX_ACTIVATIONS:
            raise InputError(f"{path}: up to layer {layer.name} a sample takes more than {MAX_ACTIVATIONS:,} values")
    if arrays.keys() != expected.keys():
        odd = sorted(arrays.keys() ^ expected.keys())[0]
        raise InputError(f"{path}: the weights do not fit the layers: {odd!r} is {'missing' if odd in expected else 'foreign'}")
    for name, array in arrays.items():
        check_numbers(name, array, expected[name], path)


def _padded_size(layer: Layer, shape: Shape) -> int:
    """The values of a sample with its padding, which the layer copies; 0 where there is none."""
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
    if window is None or getattr(layer, "padding", "valid") == "valid" or len(shape) != 3:
        return 0
    padding = padding_sizes(shape, window, layer.strides, layer.padding)  # type: ignore[attr-defined]
    return math.prod(padded_shape(shape, padding))
