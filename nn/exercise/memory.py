"""Uninitialised memory: what `np.empty` returns is arbitrary, and so would be the verdict on code
that adds to it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Memory:
    """Makes `np.empty` and `np.empty_like` return arrays of one value.

    Attributes:
        value: what arrays are filled with; NaN stands for the greatest number in arrays of integers.
        used: whether one of the functions was called.
    """

    def __init__(self) -> None:
        self.value = np.nan
        self.used = False

    @contextlib.contextmanager
    def filled(self) -> Iterator[None]:
        """Inside, both functions fill what they return."""
        before = {name: getattr(np, name) for name in ("empty", "empty_like")}
        for name, make in before.items():
            setattr(np, name, self._filling(make))
        try:
            yield
        finally:
            for name, make in before.items():
                setattr(np, name, make)

    @contextlib.contextmanager
    def zeroed(self) -> Iterator[None]:
        """Inside, the value is 0."""
        self.value = 0.0
        try:
            yield
        finally:
            self.value = np.nan

    def _filling(self, make: Callable[..., NDArray]) -> Callable[..., NDArray]:
        def call(*arguments: Any, **options: Any) -> NDArray:
            array, self.used = make(*arguments, **options), True
            if array.dtype.kind in "fc":
                array.fill(self.value)
            elif array.dtype.kind in "iu":
                array.fill(np.iinfo(array.dtype).max if np.isnan(self.value) else self.value)
            return array

        return call
