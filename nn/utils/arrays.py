"""Arrays as Keras' scripts prepare them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError


def normalize(x: ArrayLike, axis: int = -1, order: int = 2) -> NDArray:
    """Each vector along `axis` divided by its norm of that order, as in Keras; vectors of zeros
    stay zeros.

    >>> normalize([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    array = np.asarray(x)
    if array.dtype.kind not in "buif" or array.ndim == 0:
        raise InputError(f"normalize: expected x to be an array of real numbers, got {array.dtype} of shape {array.shape}")
    if not -array.ndim <= axis < array.ndim:
        raise InputError(f"normalize: expected axis to be one of the {array.ndim} axes of x, got {axis!r}")
    values = array.astype(np.float64) if array.dtype.kind in "bui" else array
    norms = np.linalg.norm(values, ord=order, axis=axis, keepdims=True)
    return values / np.where(norms == 0, 1, norms)


class Array(np.ndarray):
    """An array with the method by which TensorFlow's tensors give theirs."""

    def numpy(self) -> NDArray:
        """The array."""
        return np.asarray(self)


class Weight(Array):
    """A layer's array as Keras' scripts see it: the same memory, with its name. In a set it counts
    by itself, whatever it holds.
    """

    name = ""

    @classmethod
    def all_of(cls, arrays: Mapping[str, NDArray]) -> list[Weight]:
        """The arrays with their names."""
        found = []
        for name, array in arrays.items():
            weight = array.view(cls)
            weight.name = name
            found.append(weight)
        return found

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


class Number(float):
    """A number with the same method."""

    def numpy(self) -> float:
        """The number."""
        return float(self)


class Rate(Number):
    """A learning rate: a number that also has the method of Keras' variables, `rate.assign(0.1)`."""

    def __new__(cls, value: float, optimizer: Any) -> Rate:
        """The rate of an optimizer."""
        rate = super().__new__(cls, value)
        rate.optimizer = optimizer
        return rate

    optimizer: Any

    def assign(self, value: float) -> None:
        """Set the optimizer's rate."""
        self.optimizer.learning_rate = float(value)

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        """A copy is the number alone."""
        return float, (float(self),)


class Named(dict[str, Any]):
    """Values by name. The accuracy is found as "accuracy" and as "acc", its name before Keras 2.3,
    whichever of them it has.

    >>> values = Named(loss=0.5, val_accuracy=0.75)
    >>> values["val_acc"], values.get("acc"), "val_acc" in values, list(values)
    (0.75, None, True, ['loss', 'val_accuracy'])
    """

    def __missing__(self, name: str) -> Any:
        other = _other_name(name)
        if not super().__contains__(other):
            raise KeyError(name)
        return super().__getitem__(other)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or super().__contains__(_other_name(name))

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default where there is none."""
        return self[name] if name in self else default  # noqa: SIM401


def named(values: Mapping[str, float], names: Sequence[str]) -> Named:
    """The values of a training under the `metrics_names` of its model; without the accuracy where
    they do not hold one.

    >>> named({"loss": 0.5, "val_accuracy": 0.75}, ["loss", "acc"]), named({"loss": 0.5, "val_accuracy": 0.75}, ["loss"])
    ({'loss': 0.5, 'val_acc': 0.75}, {'loss': 0.5})
    """
    kept = {name: value for name, value in values.items() if len(names) > 1 or not name.endswith("accuracy")}
    return Named({name.replace("accuracy", names[-1]): value for name, value in kept.items()})


def _other_name(name: Any) -> Any:
    prefix, short = ("val_", name[4:]) if isinstance(name, str) and name.startswith("val_") else ("", name)
    return {"acc": prefix + "accuracy", "accuracy": prefix + "acc"}.get(short, name)


class Scores(list[float]):
    """[loss, accuracy] of a classifier that was compiled without metrics.

    Keras returns the loss alone then: where a number is needed, these are that number.

    >>> loss, accuracy = Scores([0.5, 0.75])
    >>> print(f"{Scores([0.5, 0.75]):.2f}", float(Scores([0.5, 0.75])), accuracy)
    0.50 0.5 0.75
    """

    def __float__(self) -> float:
        return float(self[0])

    def __format__(self, form: str) -> str:
        return format(self[0], form) if form else str(self)

    def __round__(self, digits: int | None = None) -> float:
        return round(self[0], digits)
