"""Which mistake explains a wrong result: a small table of hypotheses.

A hypothesis is kept only if it holds in *every* case, to rounding. First come the mistakes that
the exercise names, with what each of them would return; then those that can happen anywhere: a
factor, a sign, an order of axes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import Case, Task

TOLERANCE = 1e-8


@dataclass(frozen=True)
class Answer:
    """What a function returned in a case, and what is right."""

    case: Case
    got: tuple[Any, ...]
    right: tuple[Any, ...]

    def right_at(self, index: int) -> bool:
        """Whether one of the outputs is right."""
        return same(self.got[index], self.right[index])

    @property
    def samples(self) -> int:
        """N, the length of the first matrix or tensor among the arguments; 1 without one."""
        arrays = [value for value in self.case.arguments.values() if isinstance(value, np.ndarray) and value.ndim >= 2]
        return len(arrays[0]) if arrays else 1


def agree(one: Any, other: Any, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    """Where two arrays of one shape are equal, but for rounding."""
    one, other = np.asarray(one), np.asarray(other)
    scale = np.max(np.abs(other), initial=0.0, where=np.isfinite(other)) if other.dtype.kind == "f" else 1.0
    with np.errstate(all="ignore"):
        return np.isclose(one, other, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def same(one: Any, other: Any) -> bool:
    """Whether two arrays have the same shape and values."""
    return np.shape(one) == np.shape(other) and bool(agree(one, other).all())


def first_difference(got: Any, right: Any) -> tuple[int, ...]:
    """The index of the first entry that differs, in reading order."""
    return tuple(int(i) for i in np.argwhere(~agree(got, right))[0])


def at(name: str, index: Sequence[int]) -> str:
    """An entry, as `dkernel[0, 2]`."""
    return f"{name}[{', '.join(map(str, index))}]" if len(index) else name


def apart(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers in as many digits as it takes to tell them apart, 6 at least."""
    numbers = np.asarray(one), np.asarray(other)
    if all(number.dtype.kind in "iu" for number in numbers):
        return str(one), str(other)
    texts = [(f"{numbers[0]:.{digits}g}", f"{numbers[1]:.{digits}g}") for digits in range(6, 18)]
    return next((pair for pair in texts if pair[0] != pair[1]), texts[-1])


def listed(names: Sequence[str]) -> str:
    """The names as in a sentence."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "nothing"


def diagnose(task: Task, wrong: list[int], answers: list[Answer]) -> str:
    """The sentence for the first hypothesis that explains the first wrong output in all cases; ""
    if none does. A mistake that explains the other wrong outputs, too, comes first.

    Args:
        task: which mistakes there are.
        wrong: the indices of the wrong outputs.
        answers: what the student's function returned.
    """
    for indices in (wrong, wrong[:1]):
        for sentence, variant in task.variants():
            if _explains(variant, indices, answers):
                return sentence
        swapped = [_swapped(task, index, answers) for index in indices]
        if all(swapped):
            return swapped[0]
    index = wrong[0]
    if index == 0 and (sentence := task.explain(answers)):
        return sentence
    failed = [answer.case for answer in answers if not answer.right_at(index)]
    if len(failed) == 1 and failed[0].note:
        return failed[0].note
    return next((sentence for hypothesis in HYPOTHESES if (sentence := hypothesis(task, index, answers))), "")


def diagnose_exception(task: Task, case: Case, said: str, answers: list[Answer]) -> str:
    """The sentence for the only mistake that ends in the same words as an exception in `case`, and
    gives the same answers before; "" if there is none, or more than one.
    """
    found = set()
    for sentence, variant in task.variants():
        try:
            with np.errstate(all="ignore"):
                variant(**case.arguments)
        except Exception as error:
            if words_of(error) == said and _explains(variant, list(range(len(task.outputs))), answers):
                found.add(sentence)
    return found.pop() if len(found) == 1 else ""


def words_of(error: BaseException) -> str:
    """The message of an exception, in one line."""
    return " ".join(str(error).split())


def _explains(variant: Callable[..., Any], indices: list[int], answers: list[Answer]) -> bool:
    """Whether a mistake gives what was returned, in all cases."""
    for answer in answers:
        try:
            with np.errstate(all="ignore"):
                made = variant(**answer.case.arguments)
        except (ValueError, IndexError, ZeroDivisionError):
            return False
        if not all(same(_one_nan(answer.got[index]), _one_nan(made[index])) for index in indices):
            return False
    return True


def _one_nan(value: Any) -> NDArray:
    """The array with NaN for everything that is not finite: where one mistake gives infinity,
    another way to write it gives NaN.
    """
    array = np.asarray(value)
    return np.where(np.isfinite(array), array, np.nan) if array.dtype.kind == "f" else array


def _factor(task: Task, index: int, answers: list[Answer]) -> str:
    """One factor for all entries of a case."""
    name, factors = task.outputs[index], []
    for answer in answers:
        got, right = np.asarray(answer.got[index], float), np.asarray(answer.right[index], float)
        if got.shape != right.shape or not right.any():
            return ""
        factor = float((got * right).sum() / (right * right).sum())
        if not np.isfinite(factor) or not agree(got, factor * right).all():
            return ""
        factors.append(factor)
    # The case in which the fault is shown.
    answer, factor = next(pair for pair in zip(answers, factors, strict=True) if not pair[0].right_at(index))
    counts = [each.samples for each in answers]
    start = f"{name} is right but for a factor of"
    batch = f"the batch has {answer.samples} samples"
    if not np.any(factors):
        return f"{name} is all zeros"
    if agree(factors, [-1.0] * len(factors)).all():
        return f"{name} has the wrong sign"
    if agree(factors, [1 / count for count in counts]).all():
        return f"{start} 1/{answer.samples}: {batch}; divide by N in the loss, once"
    if agree(factors, [1 / count**2 for count in counts]).all():
        return f"{start} 1/{answer.samples}²: {batch}; divide by N in the loss, once"
    always = np.array([count / each if each else 0.0 for count, each in zip(counts, factors, strict=True)])
    if len(set(counts)) > 1 and always[0] > 1 and agree(always, np.full(len(always), always[0])).all():
        return f"{name} is divided by {always[0]:.6g}, whatever the batch; divide by N, here {answer.samples}"
    if agree(factors, counts).all():
        return f"{start} {answer.samples}: {batch}; divide by N, once"
    if agree(factors, [factors[0]] * len(factors)).all():
        return f"{start} {factor:.6g}"
    return ""


def _swapped(task: Task, index: int, answers: list[Answer]) -> str:
    """Another output in its place."""
    for other, name in enumerate(task.outputs):
        if other != index and all(same(answer.got[index], answer.right[other]) for answer in answers):
            return f"{name} is returned in the place of {task.outputs[index]}; the order is {listed(task.outputs)}"
    return ""


def _rearranged(task: Task, index: int, answers: list[Answer]) -> str:
    """Axes in another order, or run through backwards; checked on the values, whatever the shape."""
    name, rank = task.outputs[index], np.ndim(answers[0].right[index])
    arrays = [(np.asarray(answer.got[index]), np.asarray(answer.right[index])) for answer in answers]
    if rank == 0 or any(got.ndim != rank or right.ndim != rank for got, right in arrays):
        return ""
    for order in itertools.permutations(range(rank)):
        if order != tuple(range(rank)) and all(same(got, right.transpose(order)) for got, right in arrays):
            return f"{name} is transposed" if rank == 2 else f"{name} has its axes in another order: {order}"
    for count in range(1, rank + 1):
        for axes in itertools.combinations(range(rank), count):
            if all(same(got, np.flip(right, axes)) for got, right in arrays):
                return f"{name} runs backwards along axis {listed([str(axis) for axis in axes])}"
    return ""


def _samples(task: Task, index: int, answers: list[Answer]) -> str:
    """Some samples of the batch are not computed."""
    name = task.outputs[index]
    kept = {"only the first sample": slice(0, 1), "only the last sample": slice(-1, None), "all but the last sample": slice(-1)}
    for which, rows in kept.items():
        for answer in answers:
            got, right = np.asarray(answer.got[index]), np.asarray(answer.right[index])
            if got.shape != right.shape or got.ndim < 2 or len(got) != answer.samples:
                return ""
            alone = np.zeros_like(right)
            alone[rows] = right[rows]
            if not same(got, alone):
                break
        else:
            return f"{name} holds {which} of the batch"
    return ""


def _ends(task: Task, index: int, answers: list[Answer]) -> str:
    """The first or the last entries along some axes are not computed."""
    name, rank = task.outputs[index], np.ndim(answers[0].right[index])
    pairs = [(np.asarray(answer.got[index]), np.asarray(answer.right[index])) for answer in answers]
    if any(got.shape != right.shape or got.ndim != rank for got, right in pairs):
        return ""
    choices = sorted(itertools.product((None, 0, -1), repeat=rank), key=lambda choice: rank - choice.count(None))
    for choice in choices[1:]:
        if all(same(got, _without(right, choice)) for got, right in pairs):
            ends = {0: "the first", -1: "the last"}
            axes = [f"{ends[end]} along axis {axis}" for axis, end in enumerate(choice) if end is not None]
            return f"the entries of {name} that are {listed(axes)} stay 0; does a loop begin too late or end too early?"
    return ""


def _without(right: NDArray, choice: Sequence[int | None]) -> NDArray:
    """The array with 0 at one end of some of its axes."""
    without = right.copy()
    for axis, end in enumerate(choice):
        if end is not None and right.size:
            np.moveaxis(without, axis, 0)[end] = 0
    return without


def _ended(task: Task, index: int, answers: list[Answer]) -> str:
    """Nothing is computed after some entry."""
    for answer in answers:
        got, right = np.asarray(answer.got[index]), np.asarray(answer.right[index])
        if got.shape != right.shape or not got.ndim:
            return ""
        if not same(got, right):
            begin = int(np.flatnonzero(~agree(got, right))[0])
            if begin == 0 or got.ravel()[begin:].any():
                return ""
    return f"{task.outputs[index]} is right at its beginning, and then 0; does a return stand inside a loop?"


def _offset(task: Task, index: int, answers: list[Answer]) -> str:
    """One number too much, everywhere."""
    offsets = []
    for answer in answers:
        got, right = np.asarray(answer.got[index]), np.asarray(answer.right[index])
        if got.shape != right.shape or got.dtype.kind != "f" or not agree(got - right, (got - right).flat[0]).all():
            return ""
        offsets.append(float((got - right).flat[0]))
    return f"{task.outputs[index]} is too large by {offsets[0]:.6g} everywhere" if len(set(np.round(offsets, 9))) == 1 else ""


HYPOTHESES = (_factor, _swapped, _rearranged, _samples, _ends, _ended, _offset)
