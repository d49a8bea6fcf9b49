"""A student's file: its functions, called with care.

A function is called with copies, within its time if there is a limit; what it raises, and what it
returns that is no result at all, becomes a sentence.
"""

from __future__ import annotations

import ast
import contextlib
import faulthandler
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
from nn.exercise.diagnosis import listed, words_of
from nn.exercise.memory import Memory
from nn.exercise.races import interpreted
from nn.utils.signatures import signature_of

LONGEST = 300  # characters of an exception's message
# What is behind an exception most of the time.
CAUSES = {
    r"^matmul: |^shapes .* not aligned": "In A @ B, A has as many columns as B has rows. Are they in the right order?",
    r"^only integer scalar arrays can be converted": "np.max(x, y) takes y as an axis; np.maximum(x, y) compares the elements.",
    r"^The truth value of an array": "`if` and `max()` take a single truth value; np.maximum and np.where compare elements.",
    r"for \^: ": "A power is written with **.",
    r"^cannot reshape .* into shape \(.*\d{7}|^buffer is small": "Are sizes read little-endian? The first byte is the greatest.",
}


class Fault(Wrong):
    """The student's code cannot be compared at all: it raises, returns something else, ...

    Attributes:
        line: of the file, if it is known.
        file: the name of another file of the student, if it is at fault.
        cause: the commonest reason for it, or "".
    """

    def __init__(self, message: str, line: int | None = None, file: str = "", cause: str = "") -> None:
        super().__init__(message)
        self.line, self.file, self.cause = line, file, cause

    def located(self, path: Path) -> str:
        """The message after the file's name and the line, and the cause in a line of its own."""
        line, cause = f", line {self.line}" if self.line else "", f"\n  {self.cause}" if self.cause else ""
        return f"{self.file or path.name}{line}: {self}{cause}"


class Blank(Fault):
    """A function of the stub has not been written yet."""


class Missing(Fault):
    """The function of a task is not in the file."""


class Raised(Fault):
    """The student's code raised an exception.

    Attributes:
        said: its message.
    """

    said = ""


class Student:
    """A student's file, run as a module of its own.

    Args:
        path: the file.
        seconds: no call may take longer. This takes a `trace`.
        trace: a file, in which the lines that were running are written before the process ends.
    """

    def __init__(self, path: Path, seconds: float = 0.0, trace: TextIO | None = None) -> None:
        self.path, self.seconds, self.trace = path, seconds, trace
        self.memory = Memory()
        self.module = ModuleType(f"exercise_{path.stem}")
        self.module.__file__ = str(path)
        sys.modules[self.module.__name__] = self.module
        try:
            self.tree = ast.parse(path.read_bytes(), str(path))
            code = compile(self.tree, str(path), "exec", dont_inherit=True)
        except SyntaxError as error:
            raise Fault(f"Python cannot read this: {error.msg}", error.lineno) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise Fault(f"Python cannot read this: {error}") from None
        if not _imports(self.tree, "numba"):  # it compiles np.empty itself, but no function in its place
            vars(self.module)["__builtins__"] = self.memory.names()
        with self._watched("the file"):
            exec(code, vars(self.module))

    def function(self, task: Task) -> Callable[..., tuple[Any, ...]]:
        """The student's function for a task: with the arguments of a case, it returns a tuple of
        outputs, or raises `Wrong`.
        """
        own = getattr(self.module, task.name, None)
        if own is None:
            raise Missing(f"there is no function {task.name}; the stub says what it takes and returns")
        if not callable(own):
            raise Fault(f"{task.name} must be a function, got {kind_of(own)}")
        self._check_parameters(task, own)
        return self._calling(task, own)

    def uncompiled(self, task: Task) -> Callable[..., tuple[Any, ...]] | None:
        """The same function before Numba compiled it, if it did. It finds data races."""
        # `total += ...` in a prange is a sum that Numba puts together itself.
        targets = [node.target for node in ast.walk(self.tree) if isinstance(node, ast.AugAssign)]
        sums = {target.id for target in targets if isinstance(target, ast.Name)}
        plain = interpreted(getattr(self.module, task.name), sums)
        return None if plain is None else self._calling(task, plain)

    def _calling(self, task: Task, own: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
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
        expected = list(signature_of(task.stub).parameters)
        try:
            signature_of(plain).bind(*expected)
        except TypeError:
            names = list(signature_of(plain).parameters)
            raise Fault(f"{task.name} must take {listed(expected)}, but takes {listed(names)}") from None

    def _check_unchanged(self, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        for argument, value in before.items():
            if not _equal(value, after[argument]):
                stay = "they are; work on copies" if isinstance(value, tuple) else "it is; work on a copy"
                raise Fault(f"{name} changes its input {argument}, which must stay as {stay}")

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
        except Wrong:
            raise
        except NotImplementedError as error:
            raise self._blank(name, error) from None
        except BaseException as error:
            raise self.raised(name, error) from None
        finally:
            if self.trace is not None:
                faulthandler.cancel_dump_traceback_later()

    def raised(self, name: str, error: BaseException) -> Raised:
        """The sentence for an exception of the student's code, with the file and line that raised it."""
        what = words_of(error)
        if isinstance(error, SyntaxError) and error.filename and self._is_neighbour(error.filename):
            return Raised(f"Python cannot read this: {error.msg}", error.lineno, Path(error.filename).name)
        frames = self._frames(error)
        # Numba names the line only in its message.
        named = re.search(re.escape(self.path.name) + r'", line (\d+)', what)
        line = frames[-1].lineno if frames else int(named[1]) if named else None
        file = ""
        if frames and self._is_neighbour(frames[-1].filename):
            inner, file = frames[-1].name, Path(frames[-1].filename).name
            name = f"{inner}, called by {name}," if inner != "<module>" else f"the file, imported by {self.path.name},"
        reason = f": {_shortened(what)}" if what else ""
        cause = next((cause for pattern, cause in CAUSES.items() if re.search(pattern, what)), "")
        raised = Raised(f"{name} raised {type(error).__name__}{reason}", line, file, cause)
        raised.said = what
        return raised

    def _blank(self, name: str, error: NotImplementedError) -> Fault:
        """A function of the stub, or one of a neighbouring file, that has not been written."""
        frames = self._frames(error)
        if frames and self._is_neighbour(frames[-1].filename):
            last = frames[-1]
            return Fault(f"{last.name} is still to be written; {name} calls it", last.lineno, Path(last.filename).name)
        return Blank(name)

    def _frames(self, error: BaseException) -> list[traceback.FrameSummary]:
        """Where the exception went through files of the student, the innermost last."""
        frames = traceback.extract_tb(error.__traceback__)
        return [frame for frame in frames if Path(frame.filename).parent == self.path.parent]

    def _is_neighbour(self, file: str) -> bool:
        """Whether this is another file in the student's folder."""
        return file != str(self.path) and Path(file).parent == self.path.parent


def _imports(tree: ast.Module, package: str) -> bool:
    """Whether a file imports a package, anywhere."""
    names: list[str] = []
    for node in ast.walk(tree):
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return any(name.partition(".")[0] == package for name in names)


def _shortened(what: str) -> str:
    """The message of an exception; of Numba's, which go on for pages, the sentence that says what
    is wrong.
    """
    what = re.sub(r"^Failed in \w+ mode pipeline \(step: [^)]*\) ", "", what)
    return re.split(r" There are \d+ candidate| During: | File \"", what)[0][:LONGEST]


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
