"""How a gradient changes a parameter, one optimizer a file, and the schedules of their rates."""

from __future__ import annotations

from nn.errors import InputError
from nn.optimizers.adadelta import Adadelta
from nn.optimizers.base import LearningRate, Optimizer
from nn.optimizers.sgd import SGD

__all__ = ["SGD", "Adadelta", "LearningRate", "Optimizer", "optimizer_named"]


def optimizer_named(optimizer: object) -> Optimizer:
    """The optimizer that `compile(optimizer=...)` means: an object or a name."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    for known in (Adadelta, SGD):
        if isinstance(optimizer, str) and optimizer.lower() == known.name:
            return known()
    raise InputError(f"compile: optimizer must be an Optimizer, 'adadelta' or 'sgd', got {optimizer!r}")
