"""How a gradient changes a parameter, one optimizer a file, and the schedules of their rates."""

from __future__ import annotations

from typing import Any

from nn.errors import InputError
from nn.optimizers.adadelta import Adadelta
from nn.optimizers.adagrad import Adagrad
from nn.optimizers.adam import Adam, AdamW
from nn.optimizers.adamax import Adamax
from nn.optimizers.base import LearningRate, Optimizer
from nn.optimizers.nadam import Nadam
from nn.optimizers.rmsprop import RMSprop
from nn.optimizers.sgd import SGD

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "LearningRate",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "optimizer_named",
]

OPTIMIZERS: dict[str, Any] = {kind.name: kind for kind in (Adadelta, SGD, RMSprop, Adam, AdamW, Adagrad, Adamax, Nadam)}

# `optimizers.adam(lr=0.001)`, as Keras 2 also called the classes. It hides the modules of these
# names, which `from nn.optimizers.adam import Adam` still finds.
globals().update(OPTIMIZERS)


def optimizer_named(optimizer: object) -> Optimizer:
    """The optimizer that `compile(optimizer=...)` means: an object or a name, with its defaults."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, str) and optimizer.lower() in OPTIMIZERS:
        return OPTIMIZERS[optimizer.lower()]()
    names = ", ".join(OPTIMIZERS)
    raise InputError(f"compile: optimizer must be an Optimizer or one of {names}, got {optimizer!r}")


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.optimizers", name)
