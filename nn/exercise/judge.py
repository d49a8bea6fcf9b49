"""The judge: compares what a student's functions return with what is right, and says what is wrong.

What is right comes from the exercise's plain solution. The project's own code is looked at when
all is right: if it differs, the student has changed it.

For each function, in this order: is it there, with the right parameters; does it return arrays of
the right kind and shape, and leave its inputs alone; are the values right, first in the example of
the docstring, then in the other cases; and for gradients, do they agree with measured slopes. The
first fault ends the judgement. `diagnosis.py` looks for the mistake that explains it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import Case, Exercise, Task, Wrong
from nn.exercise.catalogue import EXERCISES
from nn.exercise.diagnosis import Answer, apart, at, diagnose, diagnose_exception, first_difference, listed, same
from nn.exercise.student import Blank, Fault, Missing, Raised, Student, copied, kind_of
from nn.gradcheck.check import Report, check_gradients


@dataclass(frozen=True)
class Verdict:
    """What the judge found: whether all is right, or a function is still to be written, and the text
    to print.
    """

    passed: bool
    text: str
    blank: bool = False


def judge(exercise: Exercise, path: Path, trace: TextIO | None = None, seconds: float = 0.0) -> Verdict:
    """Judge a file. With `trace`, a call that takes longer than `seconds` ends this process."""
    checked: list[str] = []
    functions: dict[str, Callable[..., tuple[Any, ...]]] = {}
    task = exercise.tasks[0]
    try:
        student = Student(path, seconds, trace)
        for task in exercise.tasks:
            functions[task.name] = student.function(task)
            checked.append(f"  {task.name}: {_judge_task(task, functions, student)}")
    except Blank as blank:
        before = list(functions)[:-1]
        begun = f"{listed(before)} {'are' if len(before) > 1 else 'is'} right, but " if checked else ""
        step = re.search(r"# Step (\d)", inspect.getsource(task.stub))
        hint = f"python -m nn.exercise {exercise.name} --hint {step[1] if step else 1}"
        return Verdict(False, f"{path.name}: {begun}{blank} is still to be written (a hint: {hint})", blank=True)
    except Missing as missing:
        return Verdict(False, missing.located(path) + (_of_another(exercise, vars(student.module)) if not checked else ""))
    except Fault as fault:
        return Verdict(False, fault.located(path))
    except Wrong as wrong:
        return Verdict(False, f"{path.name}: {task.name} is not right yet: {wrong}")
    changed = [task.name for task in exercise.tasks if not _project_agrees(task)]
    after = f"Compare it with the project's own: {exercise.solution}"
    if changed:
        where = f"{exercise.solution}, or something that it calls, differs from the definition of {listed(changed)}"
        after = f"The project's own code has been changed: {where}. To undo that: git restore nn"
    return Verdict(True, "\n".join([f"{path.name}: right", *checked, after]))


def _of_another(exercise: Exercise, names: Mapping[str, Any]) -> str:
    """Whose functions a file has, if not those of this exercise."""
    for other in EXERCISES.values():
        for task in other.tasks:
            if task.name in names and other is not exercise:
                return (
                    f"\n  It has {task.name}, which belongs to the exercise {other.name}: python -m nn.exercise {other.name} FILE"
                )
    return ""


def _project_agrees(task: Task) -> bool:
    """Whether the project's own code gives what is right. A student may have changed it."""
    for case in task.cases():
        try:
            own = task.right(**{name: copied(value) for name, value in case.arguments.items()})
        except Exception:
            return False
        if len(own) != len(task.outputs) or not all(map(same, own, task.expected(case))):
            return False
    return True


def _judge_task(task: Task, functions: Mapping[str, Callable[..., tuple[Any, ...]]], student: Student) -> str:
    """What was checked, if all of it is right."""
    function = functions[task.name]
    cases, done = task.cases(), []
    answers: list[Answer] = []
    if uncompiled := student.uncompiled(task):  # its exceptions have lines, and it knows where arrays end
        for case in cases:
            _called(task, uncompiled, case, [])
    for case in cases:
        try:
            got = _called(task, function, case, answers)
        except Fault:
            if _wrong_outputs(task, answers):
                break  # what was wrong before says more than what it led to
            raise
        answers.append(Answer(case, got, task.expected(case)))
        _check_kinds(task, answers[-1])
    _check_repeated(task, function, answers)
    if wrong := _wrong_outputs(task, answers):
        if student.memory.used:
            with student.memory.zeroed():
                _check_memory(task, function, answers)
        sentence = diagnose(task, wrong, answers)
        evidence = _evidence(task, function, wrong[0], answers)
        raise Wrong(f"{sentence}\n  {evidence}" if sentence else evidence[0].lower() + evidence[1:])
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


def _called(task: Task, function: Callable[..., tuple[Any, ...]], case: Case, before: list[Answer]) -> tuple[Any, ...]:
    """What the function returns in a case; an exception names the case, and a known mistake."""
    try:
        return function(**case.arguments)
    except Raised as raised:
        cause = diagnose_exception(task, case, raised.said, before) or raised.cause
        raise Raised(f"{raised}, in {case.title}", raised.line, raised.file, cause) from None


def _check_repeated(task: Task, function: Callable[..., tuple[Any, ...]], answers: list[Answer]) -> None:
    """Raise `Wrong` if the same arguments give other results than before."""
    for answer in answers:
        again = function(**answer.case.arguments)
        for name, one, other in zip(task.outputs, answer.got, again, strict=True):
            if not same(one, other):
                raise Wrong(
                    f"with the same arguments, {name} is another one the second time. Does something stay from one call to"
                    " the next, such as a global variable or a default argument? Or is it arbitrary (np.empty) or random?"
                )


def _check_memory(task: Task, function: Callable[..., tuple[Any, ...]], answers: list[Answer]) -> None:
    """Raise `Wrong` if the wrong values come from `np.empty`: with zeros in its place, as here, they
    are other ones.
    """
    try:
        zeros = [Answer(answer.case, function(**answer.case.arguments), answer.right) for answer in answers]
    except Wrong:
        return
    changed = [
        name
        for index, name in enumerate(task.outputs)
        if not all(same(one.got[index], other.got[index]) for one, other in zip(answers, zeros, strict=True))
    ]
    if not changed:
        return
    start = f"{listed(changed)} {'starts' if len(changed) == 1 else 'start'} from np.empty, which holds arbitrary values"
    wrong = _wrong_outputs(task, zeros)
    if not wrong:
        raise Wrong(f"{start}; += needs np.zeros")
    sentence = diagnose(task, wrong, zeros) or "not all of it is written"
    evidence = _evidence(task, function, wrong[0], zeros)
    raise Wrong(f"{start}; {sentence}\n  With np.zeros: {evidence[0].lower()}{evidence[1:]}")


def _wrong_outputs(task: Task, answers: list[Answer]) -> list[int]:
    """The indices of the outputs that differ from the right ones in some case."""
    return [index for index in range(len(task.outputs)) if not all(answer.right_at(index) for answer in answers)]


def _check_kinds(task: Task, answer: Answer) -> None:
    """Each output must be an array of floats, as the right one is; or a number, where that is one."""
    for name, got, right in zip(task.outputs, answer.got, answer.right, strict=True):
        start = f"{task.name}: {name}"
        if not isinstance(right, np.ndarray):
            real = isinstance(got, int | float | np.number) or (isinstance(got, np.ndarray) and got.shape == ())
            if not real or np.asarray(got).dtype.kind not in "biuf":
                raise Fault(f"{start} must be a number, got {kind_of(got)}")
            if isinstance(right, int) and np.asarray(got).dtype.kind == "f" and np.asarray(got) % 1:
                raise Fault(f"{start} must be a whole number, got {got}; // divides and rounds down")
            continue
        if not isinstance(got, np.ndarray | np.number):
            raise Fault(f"{start} must be a NumPy array, got {kind_of(got)}")
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
    found, expected = apart(got[where], right[where])
    return f"In {answer.case.title}, {at(name, where)} is {found}, expected {expected}"


def slopes_checked(task: Task, function: Callable[..., tuple[Any, ...]], case: Case) -> Report:
    """Compare the student's gradients with the measured slopes of the project's forward pass."""
    forward = task.forward
    assert forward is not None
    arguments = {name: copied(value) for name, value in case.arguments.items()}
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
    found, measured = apart(tensor.analytic, tensor.numeric)
    return f"The gradient check: {entry} is {found}, the measured slope {measured}"
