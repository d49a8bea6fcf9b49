"""`nn.metrics`: the accuracy, under the names of Keras' classes and functions."""

from __future__ import annotations

from nn.errors import InputError
from nn.utils.keras_names import getter

__all__ = [
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy",
    "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy",
]  # fmt: skip


class Accuracy:
    """What `compile(metrics=[...])` takes: the share of right answers, which every training keeps
    anyway.
    """

    name = "accuracy"

    def __init__(self, name: str | None = None) -> None:
        if name not in (None, self.name, "accuracy", "acc"):
            raise InputError(f"{type(self).__name__}: expected name 'accuracy', 'acc' or {self.name!r}, got {name!r}")
        self.name = name or self.name


class BinaryAccuracy(Accuracy):
    """Of a single output, or of the pixels of images."""

    name = "binary_accuracy"


class CategoricalAccuracy(Accuracy):
    """Of one-hot targets."""

    name = "categorical_accuracy"


class SparseCategoricalAccuracy(Accuracy):
    """Of labels that are numbers."""

    name = "sparse_categorical_accuracy"


binary_accuracy = BinaryAccuracy()
categorical_accuracy = CategoricalAccuracy()
sparse_categorical_accuracy = SparseCategoricalAccuracy()

__getattr__ = getter("nn.metrics")
