"""The judge: calls a student's function, compares what it returns, and says what is wrong.

For each function, in this order: is it there, with the right parameters; does it return arrays of
the right kind and shape, and leave its inputs alone; are the values right, first in the example of
the docstring, then in the other cases; and for gradients, do they agree with measured slopes. The
first fault ends the judgement. `diagnosis.py` looks for the mistake that explains it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import Case, Exercise, Task, Wrong
from nn.exercise.diagnosis import Answer, at, diagnose, first_difference, listed
from nn.gradcheck.check import Report, check_gradients

LONGEST = 300  # characters of an exception's message


class Fault(Wrong):
    """The student's code cannot be compared at all: it raises, returns something else, ...

    Attributes:
        line: of the student's file, if it is known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Blank(Fault):
    """A function of the stub has not been written yet."""


@dataclass(frozen=True)
class Verdict:
    """What the judge found: whether all is right, and the text to print."""

    passed: bool
    text: str


class Student:
    """A student's file, run as a module of its own.

    Args:
        path: the file.
        seconds: no call may take longer, if there is a
        trace: file, in which the lines that were running are written before the process ends.
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
            raise Fault(f"{task.name} must be a function, got {_kind(own)}")
        self._check_parameters(task, own)
        adapted = task.adapt(own)

        def call(**arguments: Any) -> tuple[Any, ...]:
            given = deepcopy(arguments)
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
            came = f"{count} values" if count > 1 else _kind(result)
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

    def raised(self, name: str, error: BaseException) -> Fault:
        """The sentence for an exception of the student's code, with the line that raised it."""
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(self.path)]
        what = " ".join(str(error).split())
        # Numba names the line only in its message.
        named = re.search(re.escape(self.path.name) + r'", line (\d+)', what)
        line = int(named[1]) if named and not lines else lines[-1] if lines else None
        return Fault(f"{name} raised {type(error).__name__}" + (f": {what[:LONGEST]}" if what else ""), line)


def judge(exercise: Exercise, path: Path, trace: TextIO | None = None, seconds: float = 0.0) -> Verdict:
    """Judge a file. With `trace`, a call that takes longer than `seconds` ends this process."""
    checked: list[str] = []
    functions: dict[str, Callable[..., tuple[Any, ...]]] = {}
    task = exercise.tasks[0]
    try:
        student = Student(path, seconds, trace)
        for task in exercise.tasks:
            functions[task.name] = student.function(task)
            checked.append(f"  {task.name}: {_judge_task(task, functions)}")
    except Blank as blank:
        begun = f"{', '.join(functions)[: -len(task.name) - 2]} is right, but " if checked else ""
        hint = f"python -m nn.exercise {exercise.name} --hint {1 + exercise.tasks.index(task)}"
        return Verdict(False, f"{path.name}: {begun}{blank} is still to be written (a hint: {hint})")
    except Fault as fault:
        return Verdict(False, f"{path.name}{f', line {fault.line}' if fault.line else ''}: {fault}")
    except Wrong as wrong:
        return Verdict(False, f"{path.name}: {task.name} is not right yet: {wrong}")
    after = f"Compare it with the project's own: {exercise.solution}"
    return Verdict(True, "\n".join([f"{path.name}: right", *checked, after]))


def _judge_task(task: Task, functions: Mapping[str, Callable[..., tuple[Any, ...]]]) -> str:
    """What was checked, if all of it is right."""
    function = functions[task.name]
    cases, done = task.cases(), []
    answers: list[Answer] = []
    for case in cases:
        try:
            got = function(**case.arguments)
        except Wrong:
            if _wrong_outputs(task, answers):
                break  # what was wrong before says more than what it led to
            raise
        answers.append(Answer(case, got, task.right(**case.arguments)))
        _check_kinds(task, answers[-1])
    if wrong := _wrong_outputs(task, answers):
        sentence = diagnose(task, wrong, answers)
        evidence = _evidence(task, function, wrong[0], answers)
        raise Wrong(f"{sentence}\n  {evidence}" if sentence else evidence)
    if cases:
        done.append(f"{len(cases)} cases")
    if task.forward is not None:
        report = slopes_checked(task, function, cases[-1])
        if not report.passed:
            raise Wrong(_slope(report))
        entries = sum(tensor.checked for tensor in report.tensors)
        done.append(f"{entries} measured slopes, largest relative difference {report.error:.0e}")
    if task.check is not None:
        done.append(task.check(functions))
    return "; ".join(done)


def _wrong_outputs(task: Task, answers: list[Answer]) -> list[int]:
    """The indices of the outputs that differ from the right ones in some case."""
    return [index for index in range(len(task.outputs)) if not all(answer.right_at(index) for answer in answers)]


def _check_kinds(task: Task, answer: Answer) -> None:
    """Each output must be an array of floats, as the right one is; or a number, where that is one."""
    for name, got, right in zip(task.outputs, answer.got, answer.right, strict=True):
        start = f"{task.name}: {name}"
        if not isinstance(right, np.ndarray):
            if not isinstance(got, int | float | np.number) and not (isinstance(got, np.ndarray) and got.shape == ()):
                raise Fault(f"{start} must be a number, got {_kind(got)}")
            continue
        if not isinstance(got, np.ndarray | np.number):
            raise Fault(f"{start} must be a NumPy array, got {_kind(got)}")
        if got.dtype != right.dtype:
            raise Fault(f"{start} has the type {got.dtype} and must have {right.dtype}")


def _evidence(task: Task, function: Callable[..., tuple[Any, ...]], index: int, answers: list[Answer]) -> str:
    """Where one can see that an output is wrong: in the docstring's example, by a measured slope,
    or in another case.
    """
    answer = next(answer for answer in answers if not answer.right_at(index))
    name, got, right = task.outputs[index], np.asarray(answer.got[index]), np.asarray(answer.right[index])
    if got.shape != right.shape:
        return f"In {answer.case.title}, {name} has the shape {got.shape}, expected {right.shape}"
    if task.forward is not None and answer is not answers[0] and np.isfinite(got).all():
        report = slopes_checked(task, function, answer.case)
        if not report.passed and any(tensor.name == name[1:] for tensor in report.tensors):
            return _slope(report, only=name[1:])
    where = first_difference(got, right)
    found, expected = (str(value) if value.dtype.kind in "iu" else f"{value:.6g}" for value in (got[where], right[where]))
    return f"In {answer.case.title}, {at(name, where)} is {found}, expected {expected}"


def slopes_checked(task: Task, function: Callable[..., tuple[Any, ...]], case: Case) -> Report:
    """Compare the student's gradients with the measured slopes of the project's forward pass."""
    forward = task.forward
    assert forward is not None
    arguments = deepcopy(case.arguments)
    given = {name: value for name, value in arguments.items() if name != "dout"}
    names = {output: output[1:] for output in task.outputs if output[1:] in arguments}

    def gradients(u: NDArray) -> dict[str, NDArray]:
        outputs = function(**(arguments | {"dout": u} if "dout" in arguments else arguments))
        scale = 1.0 if "dout" in arguments else u.ravel()[0]
        named = dict(zip(task.outputs, outputs, strict=True))
        return {argument: scale * named[output] for output, argument in names.items()}

    arrays = {argument: arguments[argument] for argument in names.values()}
    return check_gradients(task.name, lambda: forward(**given), gradients, arrays)


def _slope(report: Report, only: str | None = None) -> str:
    """The worst entry of the first wrong tensor."""
    wrong = [each for each in report.tensors if not each.error < report.tolerance and only in (None, each.name)]
    if not wrong:
        return report.complaints[0]
    tensor = wrong[0]
    entry = at("d" + tensor.name, tensor.index)
    return f"The gradient check: {entry} is {tensor.analytic:.6g}, the measured slope {tensor.numeric:.6g}"


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return {"NoneType": "None", "int": "an int"}.get(type(value).__name__, f"a {type(value).__name__}")


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
