"""Keras' schedules of the learning rate, `keras.optimizers.schedules.ExponentialDecay` and so on.

Each is a function of the number of steps done; for an array of steps it returns an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.errors import InputError

__all__ = ["CosineDecay", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay"]


class _Decay:
    """What the schedules below check."""

    decay_steps: int

    def __post_init__(self) -> None:
        if not isinstance(self.decay_steps, int | float | np.number) or not self.decay_steps > 0:
            raise InputError(f"{type(self).__name__}: expected decay_steps to be a number above 0, got {self.decay_steps!r}")


def _like(step: Any, rate: Any) -> Any:
    return float(rate) if np.ndim(step) == 0 else np.asarray(rate)


@dataclass(frozen=True)
class ExponentialDecay(_Decay):
    """rate(step) = initial · decay_rate^(step / decay_steps), the exponent rounded down if `staircase`.

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
    0.025
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    name: str = "ExponentialDecay"

    def __call__(self, step: Any) -> Any:
        """The rate at `step`, counted from 0."""
        done = np.asarray(step) / self.decay_steps
        return _like(step, self.initial_learning_rate * self.decay_rate ** (np.floor(done) if self.staircase else done))


@dataclass(frozen=True)
class InverseTimeDecay(_Decay):
    """rate(step) = initial / (1 + decay_rate · step / decay_steps).

    >>> InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)(10)
    0.05
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    name: str = "InverseTimeDecay"

    def __call__(self, step: Any) -> Any:
        """The rate at `step`, counted from 0."""
        done = np.asarray(step) / self.decay_steps
        return _like(step, self.initial_learning_rate / (1 + self.decay_rate * (np.floor(done) if self.staircase else done)))


@dataclass(frozen=True)
class PolynomialDecay(_Decay):
    """rate(step) = (initial - end) (1 - step / decay_steps)^power + end, then `end`.

    >>> PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.0)(5)
    0.25
    """

    initial_learning_rate: float
    decay_steps: int
    end_learning_rate: float = 0.0001
    power: float = 1.0
    name: str = "PolynomialDecay"

    def __call__(self, step: Any) -> Any:
        """The rate at `step`, counted from 0."""
        left = 1 - np.minimum(np.asarray(step), self.decay_steps) / self.decay_steps
        return _like(step, (self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate)


@dataclass(frozen=True)
class CosineDecay(_Decay):
    """Half a cosine wave from the initial rate down to alpha times that.

    >>> CosineDecay(0.5, decay_steps=10)(5)
    0.25
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    name: str = "CosineDecay"

    def __call__(self, step: Any) -> Any:
        """The rate at `step`, counted from 0."""
        wave = (1 + np.cos(np.pi * np.minimum(np.asarray(step), self.decay_steps) / self.decay_steps)) / 2
        return _like(step, self.initial_learning_rate * ((1 - self.alpha) * wave + self.alpha))


@dataclass(frozen=True)
class PiecewiseConstantDecay:
    """`values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.

    >>> schedule = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.1])
    >>> [schedule(step) for step in (0, 10, 11, 21)]
    [1.0, 1.0, 0.5, 0.1]
    """

    boundaries: Sequence[float]
    values: Sequence[float]
    name: str = "PiecewiseConstant"

    def __post_init__(self) -> None:
        if len(self.boundaries) + 1 != len(self.values) or list(self.boundaries) != sorted(self.boundaries):
            raise InputError(
                "PiecewiseConstantDecay: expected boundaries in ascending order, and one value more than boundaries, got "
                f"{list(self.boundaries)!r:.60} and {list(self.values)!r:.60}"
            )

    def __call__(self, step: Any) -> Any:
        """The rate at `step`, counted from 0."""
        return _like(step, np.asarray(self.values, float)[np.searchsorted(self.boundaries, np.asarray(step), side="left")])
