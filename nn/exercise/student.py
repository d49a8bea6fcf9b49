"""A student's file: its functions, called with care.

A function is called with copies, within its time if there is a limit; what it raises, and what it
returns that is no result at all, becomes a sentence.
"""

from __future__ import annotations

import contextlib
import faulthandler
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TextIO

import numpy as np

from nn.exercise.base import Task, Wrong
from nn.exercise.diagnosis import listed

LONGEST = 300  # characters of an exception's message


class Fault(Wrong):
    """The student's code cannot be compared at all: it raises, returns something else, ...

    Attributes:
        line: of the student's file, if it is known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line

    def located(self, path: Path) -> str:
        """The message after the file's name and the line."""
        return f"{path.name}{f', line {self.line}' if self.line else ''}: {self}"


class Blank(Fault):
    """A function of the stub has not been written yet."""


class Raised(Fault):
    """The student's code raised an exception."""


class Student:
    """A student's file, run as a module of its own.

    Args:
        path: the file.
        seconds: no call may take longer. This takes a `trace`.
        trace: a file, in which the lines that were running are written before the process ends.
    """

    def __init__(self, path: Path, seconds: float = 0.0, trace: TextIO | None = None) -> None:
        self.path, self.seconds, self.trace = path, seconds, trace
        self.module = ModuleType(f"exercise_{path.stem}")
        self.module.__file__ = str(path)
        sys.modules[self.module.__name__] = self.module
        try:
            code = compile(path.read_bytes(), str(path), "exec")
        except SyntaxError as error:
            raise Fault(f"Python cannot read this: {error.msg}", error.lineno) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise Fault(f"Python cannot read this: {error}") from None
        with self._watched("the file"):
            exec(code, vars(self.module))

    def function(self, task: Task) -> Callable[..., tuple[Any, ...]]:
        """The student's function for a task: with the arguments of a case, it returns a tuple of
        outputs, or raises `Wrong`.
        """
        own = getattr(self.module, task.name, None)
        if own is None:
            raise Fault(f"there is no function {task.name}; the stub says what it takes and returns")
        if not callable(own):
            raise Fault(f"{task.name} must be a function, got {kind_of(own)}")
        self._check_parameters(task, own)
        adapted = task.adapt(own)

        def call(**arguments: Any) -> tuple[Any, ...]:
            given = {argument: copied(value) for argument, value in arguments.items()}
            with self._watched(task.name):
                result = adapted(*given.values())
            self._check_unchanged(task.name, arguments, given)
            return self._outputs(task, result)

        return call

    def _check_parameters(self, task: Task, own: Callable[..., Any]) -> None:
        plain = getattr(own, "py_func", own)
        if not isinstance(plain, FunctionType):
            return
        expected = list(inspect.signature(task.stub).parameters)
        try:
            inspect.signature(plain).bind(*expected)
        except TypeError:
            names = list(inspect.signature(plain).parameters)
            raise Fault(f"{task.name} must take {listed(expected)}, but takes {listed(names)}") from None

    def _check_unchanged(self, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        for argument, value in before.items():
            if not _equal(value, after[argument]):
                raise Fault(f"{name} changes its input {argument}, which must stay as it is; work on a copy")

    def _outputs(self, task: Task, result: Any) -> tuple[Any, ...]:
        """The returned values, if there are as many as there must be."""
        outputs = task.outputs
        if result is None:
            raise Fault(f"{task.name} returned None instead of {listed(outputs)}; is there a return at its end?")
        if len(outputs) == 1:
            return (_kept(result[0] if isinstance(result, tuple) and len(result) == 1 else result),)
        count = len(result) if isinstance(result, tuple | list) else 1
        if count != len(outputs):
            came = f"{count} values" if count > 1 else kind_of(result)
            raise Fault(f"{task.name} must return {len(outputs)} values, {listed(outputs)}, got {came}")
        return tuple(map(_kept, result))

    @contextlib.contextmanager
    def _watched(self, name: str) -> Iterator[None]:
        """Inside, the student's code runs: within its time, and its exceptions become `Wrong`."""
        if self.trace is not None:
            print(name, file=self.trace, flush=True)
            faulthandler.dump_traceback_later(self.seconds, exit=True, file=self.trace)
        try:
            with np.errstate(all="ignore"):
                yield
        except NotImplementedError:
            raise Blank(name) from None
        except BaseException as error:
            raise self.raised(name, error) from None
        finally:
            if self.trace is not None:
                faulthandler.cancel_dump_traceback_later()

    def raised(self, name: str, error: BaseException) -> Raised:
        """The sentence for an exception of the student's code, with the line that raised it."""
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(self.path)]
        what = " ".join(str(error).split())
        # Numba names the line only in its message.
        named = re.search(re.escape(self.path.name) + r'", line (\d+)', what)
        line = int(named[1]) if named and not lines else lines[-1] if lines else None
        return Raised(f"{name} raised {type(error).__name__}" + (f": {what[:LONGEST]}" if what else ""), line)


def kind_of(value: Any) -> str:
    """What a value is, in a sentence."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return {"NoneType": "None", "int": "an int"}.get(type(value).__name__, f"a {type(value).__name__}")


def copied(value: Any) -> Any:
    """A copy of an argument, for a function that may spoil it."""
    if isinstance(value, tuple):
        return tuple(map(copied, value))
    return deepcopy(value) if isinstance(value, np.ndarray | np.random.Generator) else value


def _kept(value: Any) -> Any:
    """An output, safe from what later calls do to the same array."""
    return value.copy() if isinstance(value, np.ndarray) else value


def _equal(one: Any, other: Any) -> bool:
    """Whether an argument is as it was; a generator may have been drawn from."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    if isinstance(one, tuple):
        return isinstance(other, tuple) and all(map(_equal, one, other))
    return not isinstance(one, int | float) or one == other
