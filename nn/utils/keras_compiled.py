"""What `compile` has chosen, in Keras' words, for Keras' files: `compile_config` of a .keras archive,
`training_config` of an .h5 file.

The settings of optimizer and loss are kept, the optimizer's arrays are not.
"""

from __future__ import annotations

import json
from typing import Any

from nn import losses, optimizers
from nn.datasets.arguments import METRICS
from nn.errors import InputError
from nn.io import compiled
from nn.io.compiled import Compiled
from nn.optimizers.base import arguments_of

Config = dict[str, Any]
# Values that ask for nothing, by the argument of an optimizer or a loss that has no meaning here.
NOTHING: dict[str, tuple[Any, ...]] = {
    "ema_overwrite_frequency": (None,), "reduction": ("sum_over_batch_size", "auto"), "axis": (-1,), "ignore_class": (None,),
    "jit_compile": (True, False), "is_legacy_optimizer": (False,), "centered": (False,), "momentum": (0, 0.0), "fn": (None,),
}  # fmt: skip
KERAS_NAMES = {"adadelta": "Adadelta", "sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
KERAS_NAMES |= {"adagrad": "Adagrad", "adamax": "Adamax", "nadam": "Nadam"}


def written(choices: Compiled | None) -> Config | None:
    """The choices as Keras 3 writes them; None where it could not know them."""
    entry = None if choices is None else choices.describe()
    if choices is None or entry is None:
        return None
    config = {name: value for name, value in entry["optimizer"].items() if name != "decay"}
    if isinstance(rate := config["learning_rate"], dict):
        if rate["schedule"] not in [kind.__name__ for kind in compiled.KERAS_SCHEDULES]:
            return None
        arguments = {name: value for name, value in rate.items() if name != "schedule"}
        config["learning_rate"] = _object("keras.optimizers.schedules", rate["schedule"], arguments)
    loss = {name: value for name, value in entry["loss"].items() if name != "name"}
    return {
        "optimizer": _object("keras.optimizers", KERAS_NAMES[choices.optimizer.name], config),
        "loss": _object("keras.losses", type(choices.loss).__name__, loss),
        "loss_weights": None,
        "metrics": choices.metrics or None,
        "weighted_metrics": None,
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def _object(module: str, kind: str, config: Config) -> Config:
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def choices_from(text: Any) -> Compiled | None:
    """The choices in a `training_config` or `compile_config`, as far as everything in it is known
    here; else None, and the model has to be compiled.
    """
    try:
        config = json.loads(text) if isinstance(text, str | bytes) else text
        optimizer = config.get("optimizer") or config["optimizer_config"]
        return Compiled(_optimizer(optimizer), _loss(config["loss"]), _metrics(config.get("metrics")))
    except (InputError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return None


def choices_of_config(text: bytes) -> Compiled | None:
    """Those in the `config.json` of a .keras archive."""
    try:
        return choices_from(json.loads(text).get("compile_config"))
    except (ValueError, AttributeError, RecursionError):
        return None


def _optimizer(entry: Any) -> optimizers.Optimizer:
    if isinstance(entry, str):
        return optimizers.optimizer_named(entry)
    name = entry["class_name"].split(">")[-1].lower()
    options = _arguments(entry["config"], arguments_of(optimizers.OPTIMIZERS[name]))
    if isinstance(rate := options.get("learning_rate"), dict):
        options["learning_rate"] = {"schedule": rate["class_name"], **rate["config"]}
    return compiled.made({**options, "name": name}, optimizers.OPTIMIZERS, "file", "optimizer")


def _loss(entry: Any) -> losses.Loss:
    if isinstance(entry, str):
        return losses.loss_named(entry)
    if isinstance(entry["config"], str):  # a function
        return losses.loss_named(entry["config"])
    kind = getattr(losses, entry["class_name"].split(">")[-1])
    return compiled.made(
        {**_arguments(entry["config"], {"from_logits", "label_smoothing"}), "name": kind.name}, losses.LOSSES, "file", "loss"
    )


def _arguments(config: Config, known: Any) -> Config:
    """The arguments that are known here; `InputError` where another one asks for something."""
    kept = {}
    for name, value in config.items():
        if name == "name" or value is None:
            continue
        if name in known:
            kept[name] = value
        elif value not in NOTHING.get(name, ()):
            raise InputError(f"{name}={value!r:.60} is not supported")
    return kept


def _metrics(entry: Any) -> list[str]:
    """The names of the accuracy among the metrics, which may be nested in lists and objects."""
    if isinstance(entry, str):
        return [entry] if entry in METRICS else []
    if isinstance(entry, dict):
        return _metrics((entry.get("config") or {}).get("name"))
    return [name for each in entry or [] for name in _metrics(each)]
