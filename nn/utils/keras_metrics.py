"""`nn.metrics`: the accuracy, under the names of Keras' classes and functions."""

from __future__ import annotations

from nn.errors import InputError
from nn.utils.keras_names import getter

__all__ = [
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy",
    "categorical_accuracy", "sparse_categorical_accuracy",
]  # fmt: skip


class Accuracy:
    """What `compile(metrics=[...])` takes: the share of right answers, which every training keeps
    anyway.
    """

    default = "accuracy"

    def __init__(self, name: str | None = None) -> None:
        if name not in (None, self.default, "accuracy", "acc"):
            raise InputError(f"{type(self).__name__}: expected name 'accuracy', 'acc' or {self.default!r}, got {name!r}")
        self.name = name or self.default


class BinaryAccuracy(Accuracy):
    """Of a single output."""


class CategoricalAccuracy(Accuracy):
    """Of one-hot targets."""

    default = "categorical_accuracy"


class SparseCategoricalAccuracy(Accuracy):
    """Of labels that are numbers."""

    default = "sparse_categorical_accuracy"


categorical_accuracy = CategoricalAccuracy()
sparse_categorical_accuracy = SparseCategoricalAccuracy()

__getattr__ = getter("nn.metrics")
