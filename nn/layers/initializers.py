"""Initial weights. An initializer is called with a shape and a generator and returns a float64
array; layers cast it.

`kernel_initializer=` of a layer takes a name, `"he_normal"`, or an object, `HeNormal(seed=1)`. The
names of Keras' functions (`he_normal`, ...) stand for the classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.layers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    VarianceScaling,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    truncated,
)

__all__ = [
    "Constant", "FromFunction", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Initializer", "LecunNormal",
    "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
    "constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "initializer_named", "lecun_normal",
    "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip


class RandomNormal(Initializer):
    """Normal values of a given mean and standard deviation, whatever the shape."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        if not (math.isfinite(mean) and 0 <= stddev < math.inf):
            got = f"mean={mean!r}, stddev={stddev!r}"
            raise InputError(f"{type(self).__name__}: expected finite numbers, stddev at least 0, got {got}")
        self.mean, self.stddev = float(mean), float(stddev)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """mean + stddev · z."""
        return self.mean + self.stddev * rng.standard_normal(shape)


class TruncatedNormal(RandomNormal):
    """As `RandomNormal`; values further than two standard deviations from the mean are drawn
    again.
    """

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """mean + stddev · z, |z| ≤ 2."""
        return self.mean + self.stddev * truncated(shape, rng)


class RandomUniform(Initializer):
    """Uniform values between two limits, whatever the shape."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        if not 0 <= maxval - minval < math.inf:
            got = f"{minval!r} to {maxval!r}"
            raise InputError(f"RandomUniform: expected finite numbers from minval to a greater maxval, got {got}")
        self.minval, self.maxval = float(minval), float(maxval)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Between minval and maxval."""
        return rng.uniform(self.minval, self.maxval, shape)


class Constant(Initializer):
    """One value everywhere."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        if not math.isfinite(value):
            raise InputError(f"Constant: value must be a finite number, got {value!r}")
        self.value = float(value)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """The value."""
        return np.full(shape, self.value)

    def config(self) -> dict[str, Any]:
        """The class and the value."""
        return {"class": type(self).__name__, "value": self.value}


class Zeros(Constant):
    """All zeros, for biases.

    >>> Zeros()((3,), np.random.default_rng(0)).tolist()
    [0.0, 0.0, 0.0]
    """

    def __init__(self) -> None:
        super().__init__(0.0)

    def config(self) -> dict[str, Any]:
        """The class."""
        return {"class": type(self).__name__}


class Ones(Zeros):
    """All ones."""

    def __init__(self) -> None:
        super().__init__()
        self.value = 1.0


random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
constant, zeros, ones = Constant, Zeros, Ones


class FromFunction(Initializer):
    """A function of your own: `kernel_initializer=lambda shape, dtype=None: ...`. A model file does
    not keep it.
    """

    def __init__(self, function: Callable[..., ArrayLike]) -> None:
        super().__init__()
        self.function = function

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """What the function returns for the shape."""
        array = np.asarray(self.function(shape), np.float64)
        if array.shape != shape or not np.isfinite(array).all():
            raise InputError(f"{self.function!r}: expected finite numbers of the shape {shape}, got an array of {array.shape}")
        return array

    def config(self) -> dict[str, Any]:
        """The name alone."""
        return {"class": getattr(self.function, "__name__", repr(self.function))}


orthogonal, variance_scaling = Orthogonal, VarianceScaling

INITIALIZERS: dict[str, Any] = {
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "orthogonal": Orthogonal,
    "constant": Constant,
    "zeros": Zeros,
    "ones": Ones,
    # Keras 1's names.
    "normal": RandomNormal,
    "uniform": RandomUniform,
    "zero": Zeros,
    "one": Ones,
}


def initializer_named(initializer: Any, layer: str) -> Initializer:
    """The initializer that a layer's argument means: an object, a class, a name, a function of the
    shape, or an object's `config`.
    """
    if isinstance(initializer, Initializer):
        return initializer
    if isinstance(initializer, type) and issubclass(initializer, Initializer):
        return initializer()
    if callable(initializer) and not isinstance(initializer, type):
        return FromFunction(initializer)
    classes = {kind.__name__: kind for kind in INITIALIZERS.values()}
    if isinstance(initializer, dict) and str(initializer.get("class")) in classes:
        arguments = {name: value for name, value in initializer.items() if name != "class"}
        return classes[str(initializer["class"])](**arguments)
    kind = INITIALIZERS.get(initializer, classes.get(initializer)) if isinstance(initializer, str) else None
    if kind is None:
        names = ", ".join(name for name in INITIALIZERS if name not in ("normal", "uniform", "zero", "one"))
        raise InputError(f"{layer}: an initializer must be one of {names} or an object of their classes, got {initializer!r}")
    return kind()


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.initializers", name)
