"""Uninitialised memory: what `np.empty` returns is arbitrary, and so would be the verdict on code
that adds to it.
"""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Memory:
    """Gives a student's file a NumPy whose `empty` and `empty_like` return arrays of one value.

    The file gets it from its `import` statements, wherever they are. NumPy itself stays as it is:
    others, and Numba above all, use it in the same process.

    Attributes:
        value: what arrays are filled with; NaN stands for the greatest number in arrays of integers,
            and for True.
        used: whether one of the functions was called.
    """

    def __init__(self) -> None:
        self.value = np.nan
        self.used = False
        self._numpy = _NumPy("numpy")
        vars(self._numpy).update({name: self._filling(getattr(np, name)) for name in ("empty", "empty_like")})

    def names(self) -> dict[str, Any]:
        """Python's own names, for a module that is to import this NumPy."""

        def imported(name: str, *arguments: Any, **options: Any) -> Any:
            found = __import__(name, *arguments, **options)
            return self._numpy if found is np else found

        return {**vars(builtins), "__import__": imported}

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
            elif array.dtype.kind == "b":
                array.fill(bool(self.value))
            return array

        return call


class _NumPy(ModuleType):
    """NumPy, but for the names that are set here."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)
