"""Architectures in Keras' words: `to_json`, and the configuration inside Keras' files.

Written as Keras 3 writes a `Sequential`; read from Keras 1, 2 and 3, a chain through
`Model(inputs, outputs)` included. Nothing is executed: a class is looked up among the layers of
this package, and what it does not know is refused.
"""

from __future__ import annotations

import json
from inspect import signature
from typing import Any

from nn import layers
from nn.errors import InputError
from nn.io.model_file import PACKAGE_LAYERS
from nn.layers import Layer, initializers
from nn.layers.arguments import Shape, sizes
from nn.layers.base import _arguments
from nn.layers.stack import Stack
from nn.utils.keras_layers import KERAS_LAYERS
from nn.utils.older_keras import translated

Config = dict[str, Any]

ALIASES = {"Convolution2D": "Conv2D", "MaxPool2D": "MaxPooling2D", "AvgPool2D": "AveragePooling2D"}
# Layers that are an `Activation` in Keras.
AS_ACTIVATION = {
    "Linear": "linear",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "SiLU": "silu",
    "Softplus": "softplus",
    "GELU": "gelu",
    "SELU": "selu",
}
# Values that change nothing here: where random numbers come from, and what Keras keeps for itself.
WITHOUT_MEANING = ("seed", "renorm_momentum", "build_config", "batch_size", "fused", "sparse", "ragged", "shared_object_id")
NEUTRAL = (("axis", -1), ("data_format", "channels_last"))
MAX_LAYERS = 1000


def to_json(model: Stack, **options: Any) -> str:
    """The architecture as JSON; `options` are those of `json.dumps`."""
    return json.dumps({**keras_config(model), "keras_version": "3"}, **options)


def keras_config(model: Stack) -> Config:
    """The architecture as Keras 3 has it."""
    shape = [None, *model.input_shape]
    entries = [_entry("InputLayer", {"batch_shape": shape, "dtype": "float32", "name": "input_layer"})]
    entries += [_entry(keras_class(layer), _keras_layer(layer)) for layer in model.layers]
    config = {"name": getattr(model, "name", "sequential"), "trainable": True, "layers": entries, "build_input_shape": shape}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}


def _entry(kind: str, config: Config) -> Config:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def keras_class(layer: Layer) -> str:
    """The name of Keras' class for a layer."""
    kind = type(layer).__name__
    if getattr(layers, kind, None) is not type(layer):
        raise InputError(f"save: Keras has no layer {kind}; a layer of your own needs the format .npz")
    return "Activation" if kind in AS_ACTIVATION else kind


def _keras_layer(layer: Layer) -> Config:
    config = dict(layer.config())
    if type(layer).__name__ in AS_ACTIVATION:
        config["activation"] = AS_ACTIVATION[type(layer).__name__]
    for name, value in config.items():
        if name.endswith("_initializer") and isinstance(value, dict):
            arguments = {key: each for key, each in value.items() if key != "class"}
            config[name] = {"module": "keras.initializers", "class_name": value["class"], "config": arguments}
        elif name.endswith("_regularizer") and isinstance(value, dict):
            config[name] = {"module": "keras.regularizers", "class_name": "L1L2", "config": value}
    return config


def layers_from(text: str | bytes, where: str) -> tuple[list[Layer], Shape, list[str]]:
    """Layers (not built), the shape of a sample, and Keras' class for each layer, of a
    configuration as JSON.
    """
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: expected an architecture as JSON, got something else ({error})") from error
    kind, inner = _kind_and_config(config, where)
    if kind not in ("Sequential", "Functional", "Model"):
        raise InputError(f"{where}: expected a Sequential model or a chain through Model(inputs, outputs), got {kind!r:.60}")
    entries = inner if isinstance(inner, list) else inner.get("layers")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_LAYERS:
        raise InputError(f"{where}: expected a list of layers")
    if kind != "Sequential":
        _check_chain(entries, where)
    shape: Any = None
    found: list[Layer] = []
    kinds: list[str] = []
    for entry in entries:
        name, options = _kind_and_config(entry, where)
        options = dict(options) if isinstance(options, dict) else {}
        own_shape = _shape(options)
        shape = own_shape if shape is None else shape
        if name != "InputLayer":
            found.append(_layer(name, options, where))
            kinds.append(name)
    build_shape = inner.get("build_input_shape") if isinstance(inner, dict) else None
    if shape is None and isinstance(build_shape, list):
        shape = build_shape[1:]
    if not found or not isinstance(shape, list | tuple):
        raise InputError(f"{where}: expected layers and an input shape")
    return found, sizes(tuple(shape), where), kinds


def _kind_and_config(entry: Any, where: str) -> tuple[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str) or "config" not in entry:
        raise InputError(f"{where}: expected an object with class_name and config, got {entry!r:.60}")
    return entry["class_name"], entry["config"]


def _shape(options: Config) -> Any:
    """Take out the shape of a sample that a layer is given."""
    found = None
    for name in ("batch_shape", "batch_input_shape"):
        value = options.pop(name, None)
        if isinstance(value, list) and len(value) > 1:
            found = value[1:]
    dimension, shape = options.pop("input_dim", None), options.pop("input_shape", None)
    if found is None and isinstance(dimension, int):
        found = [dimension]
    return shape if found is None and isinstance(shape, list) else found


def _check_chain(entries: list[Any], where: str) -> None:
    """Every layer has one input, the layer before it."""
    before: str | None = None
    for entry in entries:
        entry = entry if isinstance(entry, dict) else {}
        nodes = entry.get("inbound_nodes")
        name = entry.get("name") or (entry.get("config") or {}).get("name")
        sources = set(_names_in(nodes))
        if not isinstance(nodes, list) or len(nodes) > 1 or sources != (set() if before is None else {before}):
            raise InputError(f"{where}: expected a chain of layers; {name!r:.60} has another input than the layer before it")
        before = name


def _names_in(nodes: Any) -> list[str]:
    """The layers that a layer's inbound nodes name: [name, 0, 0, ...] in Keras 2, keras_history in
    Keras 3.
    """
    if isinstance(nodes, dict):
        history = nodes.get("keras_history")
        if isinstance(history, list) and history:
            return [str(history[0])]
        return [name for value in nodes.values() for name in _names_in(value)]
    if isinstance(nodes, list):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and isinstance(nodes[1], int):
            return [nodes[0]]
        return [name for value in nodes for name in _names_in(value)]
    return []


def _layer(kind: str, options: Config, where: str) -> Layer:
    """The layer of one entry. What this package has no argument for must ask for nothing."""
    kind = ALIASES.get(kind, kind)
    kinds = PACKAGE_LAYERS | KERAS_LAYERS
    if kind not in kinds:
        raise InputError(f"{where}: there is no layer {kind!r:.60}; there are {', '.join(sorted(kinds))}")
    options = translated(kind, options)
    known = _arguments(kinds[kind])
    arguments: Config = {}
    for name, value in options.items():
        if name == "dtype":
            _check_dtype(value, kind, where)
        elif name in known:
            arguments[name] = _argument(name, value)
        elif name not in WITHOUT_MEANING and value not in (None, False, 0, "auto") and (name, value) not in NEUTRAL:
            raise InputError(f"{where}: {kind} has {name}={value!r:.60}, which is not supported")
    if arguments.pop("data_format", "channels_last") not in (None, "channels_last"):
        raise InputError(f"{where}: {kind} has its channels first, which is not supported in files; expected channels_last")
    try:
        layer = kinds[kind](**arguments)
        layer.channels_first = False
        return layer
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: the configuration of a {kind} layer is wrong: {error}") from error


def _check_dtype(value: Any, kind: str, where: str) -> None:
    if isinstance(value, dict):
        value = (value.get("config") or {}).get("name")
    if value not in (None, "float32"):
        raise InputError(f"{where}: {kind} computes in {value!r:.60}; expected float32")


def _argument(name: str, value: Any) -> Any:
    """A value of a configuration as a constructor here takes it."""
    if not isinstance(value, dict):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if not isinstance(kind, str) or not isinstance(config, dict):
        return value
    if name.endswith("_regularizer"):
        return {"l1": float(config.get("l1") or 0), "l2": float(config.get("l2") or 0)}
    if name.endswith("_initializer"):
        known = getattr(initializers, kind, None)
        wanted = signature(known).parameters if isinstance(known, type) and issubclass(known, initializers.Initializer) else {}
        return {"class": kind, **{key: each for key, each in config.items() if key in wanted and key != "seed"}}
    return value
