"""What an exercise is: functions to be written, cases to try them on, and well-known mistakes.

The text of a stub is the source of a function in this package, so it is checked like all code. The
right results come from a plain solution, which is kept here: a student may change the project's
layers, losses and optimizers. These are compared with it at the end. A mistake is an edit of the
plain solution: what its result would be is computed, and compared with the student's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.layers import Layer

Outputs = tuple[Any, ...]

HEADER = '''"""Exercise {name}: {title}.

Replace each `raise NotImplementedError` below by your own lines, then let them be judged:

    python -m nn.exercise {name} {file}

A hint for each step: `python -m nn.exercise {name} --hint 1` (or 2, or 3). When yours passes,
compare it with the project's own: {solution}.
"""

{imports}
'''
IMPORTS = "import numpy as np\nfrom numpy.typing import NDArray"
EXAMPLE = "the example of the docstring"


class Wrong(Exception):
    """The student's code is wrong; the message says how, in a sentence or two."""


@dataclass(frozen=True)
class Case:
    """Arguments to try a function with.

    Attributes:
        title: where it is, in a sentence: "the example of the docstring".
        arguments: by name; float64 arrays, numbers and tuples.
        note: what is said if only this case is wrong and no known mistake explains it.
    """

    title: str
    arguments: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Task:
    """One function of an exercise.

    Attributes:
        stub: the function whose source the student completes.
        outputs: the names of what it returns.
        plain: the source of a plain solution, a function `plain`. What it returns is right.
        cases: makes the cases, the one of the docstring first.
        right: the project's own computation: a tuple of as many outputs.
        mistakes: edits of it, one a line: what goes wrong | a piece of the source | what stands
            there instead; more such pairs may follow, and lines that begin with spaces go on.
        explain: a sentence for the answers (of `diagnosis.py`) that have a mistake with a number in
            it, such as an epsilon of the student's choice; "" for all others.
        forward: if the outputs are gradients: the function of the same arguments (without dout)
            that they belong to. An output "dx" is the gradient for the argument "x".
        adapt: turns the student's function into one of the arguments of the cases; it may raise
            `Wrong`.
        check: what is looked at besides, such as random numbers or speed: it is given the
            student's functions up to this one by name, raises `Wrong`, and returns what it has found.
    """

    stub: Callable[..., Any]
    outputs: tuple[str, ...]
    right: Callable[..., Outputs] = tuple
    cases: Callable[[], list[Case]] = list
    plain: str = ""
    mistakes: str = ""
    explain: Callable[[Sequence[Any]], str] = lambda answers: ""
    forward: Callable[..., NDArray] | None = None
    adapt: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda function: function
    check: Callable[[Mapping[str, Callable[..., Outputs]]], str] | None = None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.stub.__name__

    def variants(self) -> Iterator[tuple[str, Callable[..., Outputs]]]:
        """Each mistake: the sentence for it, and a function that makes it."""
        for line in filter(None, self.mistakes.replace("\n    ", " ").splitlines()):
            sentence, *pieces = (part.strip() for part in line.split("|"))
            source = self.plain
            for piece, instead in zip(pieces[::2], pieces[1::2], strict=True):
                source = source.replace(piece, instead)
            yield sentence, self.function(source)

    def function(self, source: str) -> Callable[..., Outputs]:
        """The function `plain` in a source, made to return a tuple of outputs."""
        plain, single = defined(source), len(self.outputs) == 1
        return lambda **arguments: (plain(**arguments),) if single else plain(**arguments)

    def expected(self, case: Case) -> Outputs:
        """What is right in a case."""
        with np.errstate(all="ignore"):
            return self.function(self.plain)(**case.arguments)


@dataclass(frozen=True)
class Exercise:
    """One exercise: a file that a student writes.

    Attributes:
        name: of the exercise, and of the file that is written.
        title: half a sentence.
        solution: where the project's own code is.
        hints: one for each step of the stub.
        tasks: the functions, in the order in which they are judged.
        imports: the import lines of the stub.
        seconds: a call that takes longer is ended.
    """

    name: str
    title: str
    solution: str
    hints: tuple[str, str, str]
    tasks: tuple[Task, ...]
    imports: str = IMPORTS
    seconds: float = 10.0

    def stub(self, file: str) -> str:
        """The text of the file to be completed."""
        head = HEADER.format(name=self.name, title=self.title, solution=self.solution, file=file, imports=self.imports)
        return "\n\n".join([head, *(inspect.getsource(task.stub) for task in self.tasks)])


def defined(source: str) -> Callable[..., Any]:
    """The function `plain` that a source defines."""
    names: dict[str, Any] = {"np": np}
    exec(source, names)
    return names["plain"]


def passes(layer: Layer, x: NDArray, dout: NDArray | None = None, **parameters: NDArray) -> tuple[NDArray, ...]:
    """What a layer of the project returns in training: (out,), or for dout (dx, and a gradient for
    each of the parameters).
    """
    layer.build(x.shape[1:], np.random.default_rng(0), np.float64)
    for name, value in parameters.items():
        layer.parameters[name][...] = value
    out, cache = layer.forward(x, training=True)
    if dout is None:
        return (out,)
    dx, gradients = layer.backward(dout, cache)
    return (dx, *(gradients[name] for name in parameters))


def normal(seed: int, *shapes: tuple[int, ...]) -> list[NDArray]:
    """Random arrays of the given shapes, always the same for a seed."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def random_case(title: str, shapes: Mapping[str, tuple[int, ...]], **others: Any) -> Case:
    """A case of random arrays, always the same for a title."""
    arrays = normal(sum(title.encode()), *shapes.values())
    return Case(title, {**dict(zip(shapes, arrays, strict=True)), **others})


def backward_cases(cases: Sequence[Case], forward: Callable[..., NDArray], dout: NDArray, without: str = "") -> list[Case]:
    """The same cases for the way back: with `dout` in the first and a random one in the others, each
    of the shape of what `forward` returns, and without one of the arguments.
    """
    found = []
    for position, case in enumerate(cases):
        shape = forward(**case.arguments).shape
        arguments = {name: value for name, value in case.arguments.items() if name != without}
        found.append(Case(case.title, {"dout": dout.reshape(shape) if not position else normal(7, shape)[0], **arguments}))
    return found
