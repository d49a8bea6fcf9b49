"""Uninitialised memory: what `np.empty` returns is arbitrary, and so would be the verdict on code
that adds to it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Memory:
    """Lets a student's module see an `np.empty` and `np.empty_like` that return arrays of one value.

    NumPy itself stays as it is: others, and Numba above all, use it in the same process.

    Attributes:
        value: what arrays are filled with; NaN stands for the greatest number in arrays of integers.
        used: whether one of the functions was called.
    """

    def __init__(self) -> None:
        self.value = np.nan
        self.used = False

    def fill(self, module: ModuleType) -> None:
        """Put both functions in place of NumPy's among the names of a module."""
        filling = {name: self._filling(getattr(np, name)) for name in ("empty", "empty_like")}
        numpy = _NumPy("numpy")
        vars(numpy).update(filling)
        instead = {id(np): numpy, **{id(getattr(np, name)): function for name, function in filling.items()}}
        for name, value in list(vars(module).items()):
            setattr(module, name, instead.get(id(value), value))

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


class _NumPy(ModuleType):
    """NumPy, but for the names that are set here."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)
