"""Data races: iterations of Numba's `prange` run at the same time, and none may write where another
does. Chance decides whether such a kernel is right, so it is looked for without chance: the loop
runs in Python, and what each iteration has written is compared.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import Wrong
from nn.exercise.diagnosis import at


def interpreted(own: Any, reduced: Collection[str]) -> FunctionType | None:
    """The Python function of one that Numba compiled, None for any other. If it was compiled with
    `parallel=True`, it raises `Wrong` where two iterations of a `prange` write to the same entry.

    Args:
        own: the compiled function.
        reduced: names of variables to which Numba adds up without a race, as it does for
            `total += ...`.
    """
    plain = getattr(own, "py_func", None)
    if not isinstance(plain, FunctionType) or not own.targetoptions.get("parallel"):
        return plain if isinstance(plain, FunctionType) else None
    import numba

    prange = _Prange(reduced)
    module = _Numba("numba")
    vars(module)["prange"] = prange
    instead = {id(numba.prange): prange, id(numba): module}
    names = {name: instead.get(id(value), value) for name, value in plain.__globals__.items()}
    return FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__, plain.__closure__)


class _Numba(ModuleType):
    """Numba, but for the names that are set here."""

    def __getattr__(self, name: str) -> Any:
        import numba

        return getattr(numba, name)


class _Prange:
    """A `range` that watches the arrays of the loop around it.

    A `prange` within another one is a plain range, as it is for Numba.
    """

    def __init__(self, reduced: Collection[str]) -> None:
        self.reduced = reduced
        self.inside = False

    def __call__(self, *bounds: int) -> Iterator[int]:
        """The numbers, one after the other."""
        if self.inside:
            yield from range(*bounds)
            return
        frame = sys._getframe(1)
        arrays = {
            name: value for name, value in frame.f_locals.items() if isinstance(value, np.ndarray) and name not in self.reduced
        }
        written = {name: np.zeros(array.shape, bool) for name, array in arrays.items()}
        for number in range(*bounds):
            before = {name: array.copy() for name, array in arrays.items()}
            self.inside = True
            try:
                yield number
            finally:
                self.inside = False
            for name, array in arrays.items():
                now = ~_equal(array, before[name])
                if (both := now & written[name]).any():
                    entry = at(name, np.argwhere(both)[0].tolist())
                    raise Wrong(
                        f"several iterations of the prange in line {frame.f_lineno} write to {entry}. They run at the same time,"
                        " and what one adds gets lost when another writes: give each iteration entries of its own, or use range"
                    )
                written[name] |= now


def _equal(one: NDArray, other: NDArray) -> NDArray[np.bool_]:
    """Where two arrays are equal; NaN equals itself here."""
    return (one == other) | ((one != one) & (other != other))
