"""Keras 1's words for what Keras 2 renamed: arguments of layers, `fit` and `compile`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import signature
from typing import Any

from nn.errors import InputError
from nn.utils import channels

# For each layer, the older name of an argument and today's.
OLDER: dict[str, dict[str, str]] = {
    "Dense": {
        "output_dim": "units", "init": "kernel_initializer", "bias": "use_bias",
        "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
    },
    "Conv2D": {
        "nb_filter": "filters", "border_mode": "padding", "subsample": "strides", "init": "kernel_initializer",
        "bias": "use_bias", "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
        "dim_ordering": "data_format",
    },
    "MaxPooling2D": {"border_mode": "padding", "dim_ordering": "data_format"},
    "AveragePooling2D": {"border_mode": "padding", "dim_ordering": "data_format"},
    "Flatten": {"dim_ordering": "data_format"},
    "UpSampling2D": {"dim_ordering": "data_format"},
    "Dropout": {"p": "rate"}, "GaussianDropout": {"p": "rate"}, "SpatialDropout2D": {"p": "rate", "dim_ordering": "data_format"},
    "GaussianNoise": {"sigma": "stddev"},
    "LeakyReLU": {"alpha": "negative_slope"},
}  # fmt: skip
# Arguments that no layer here has, with the values that ask for nothing.
NOTHING: dict[str, tuple[Any, ...]] = {
    "noise_shape": (None,), "activity_regularizer": (None,), "kernel_constraint": (None,), "bias_constraint": (None,),
    "W_constraint": (None,), "b_constraint": (None,), "dtype": (None, "float32"), "mode": (0,),
}  # fmt: skip
ORDERINGS = {"tf": "channels_last", "th": "channels_first", "default": None}


def with_older_names(init: Callable[..., None]) -> Callable[..., None]:
    """A layer's constructor that also takes the older names of its arguments."""

    names = list(signature(init).parameters)

    @functools.wraps(init)
    def constructor(self: Any, *arguments: Any, **options: Any) -> None:
        kinds = [kind.__name__ for kind in type(self).__mro__]
        options = translated(next((kind for kind in kinds if kind in OLDER), kinds[0]), options)
        if ("data_format" in names and names.index("data_format") > len(arguments)) or kinds[0] == "Flatten":
            self.channels_first = channels.is_first(options.pop("data_format", None), kinds[0])
        init(self, *arguments, **options)

    return constructor


def translated(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """A layer's arguments under today's names; `InputError` where one is given twice."""
    names = {**OLDER.get(kind, {}), "input_dim": "input_shape", "batch_input_shape": "input_shape"}
    result = {name: value for name, value in options.items() if value not in NOTHING.get(name, ())}
    for old in names.keys() & result.keys():
        value, new = result.pop(old), names[old]
        if new in options:
            raise InputError(f"{kind}: expected either {new} or its older name {old}, got both")
        if old == "input_dim":
            value = (value,)
        elif old == "batch_input_shape":
            value = tuple(value)[1:]
        elif old == "dim_ordering":
            value = ORDERINGS.get(value, value)
        result[new] = value
    return result


FIT = {"nb_epoch": "epochs"}
# About Keras' worker processes, of which there are none here: they change no result.
HARMLESS = ("workers", "use_multiprocessing", "max_queue_size", "max_q_size", "nb_worker", "pickle_safe", "validation_batch_size")


def fit_options(options: dict[str, Any], epochs: int, method: str = "fit") -> int:
    """The epochs, after the arguments of `fit` that it does not name itself; `InputError` for what
    is not supported.
    """
    for name, value in options.items():
        if name in FIT and method == "fit":
            epochs = value
        elif name == "validation_freq" and value == 1:
            continue
        elif name == "validation_freq":
            raise InputError(f"{method}: validation_freq is not supported; expected 1, got {value!r}")
        elif name == "show_accuracy" and value:  # of Keras 0.3; the accuracy is always kept
            continue
        elif name not in HARMLESS:
            raise InputError(f"{method}: there is no argument {name!r}")
    return epochs


COMPILE = ("loss_weights", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")


def check_compile_options(options: dict[str, Any]) -> None:
    """Keras' other arguments of `compile`, which must ask for nothing."""
    for name, value in options.items():
        if name not in COMPILE:
            raise InputError(f"compile: there is no argument {name!r}, only optimizer, loss and metrics")
        if name in ("loss_weights", "weighted_metrics") and value not in (None, [], ()):
            raise InputError(f"compile: {name} is not supported; expected None, got {value!r}")
