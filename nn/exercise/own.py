"""The student's functions as the parts of a network: each layer is one of the project's whose
`forward` and `backward` call them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import Task, Wrong
from nn.exercise.catalogue import EXERCISES
from nn.exercise.diagnosis import listed
from nn.exercise.student import Student
from nn.layers import Dropout, Layer, MaxPooling2D
from nn.layers.base import Gradients, RandomKey
from nn.layers.initializers import Initializer
from nn.losses import Loss
from nn.optimizers import Optimizer

Function = Callable[..., Any]
PARTS = (
    "dense",
    "dense_backward",
    "conv2d",
    "conv2d_backward",
    "kernel",
    "relu",
    "maxpool",
    "dropout",
    "softmax_loss",
    "momentum",
    "adadelta",
    "adam",
    "glorot",
)
OPTIMIZERS = ("adam", "adadelta", "momentum")  # the first that there is is used
LOOPS = ("conv2d", "conv2d_backward")  # `kernel` takes their place
LAYERS = "Conv2D (8 filters of 5x5), ReLU, MaxPooling2D (4x4), Flatten, Dense (32), ReLU, Dropout (0.25), Dense (10)"


class Own:
    """The student's functions by name, for float32 as for float64.

    Args:
        folder: of the files, which are named as their exercises.
    """

    def __init__(self, folder: Path) -> None:
        there = {name: path for name in EXERCISES if (path := (folder / f"{name}.py").absolute()).is_file()}
        self.files = {name: path for name, path in there.items() if name in PARTS}
        self.others = [name for name in there if name not in PARTS]
        self.students: dict[str, Student] = {}

    def load(self) -> None:
        """Run the files."""
        self.functions: dict[str, Function] = {}
        for name, path in self.files.items():
            student = Student(path)
            for task in EXERCISES[name].tasks:
                self.functions[task.name] = _guarded(student, task)

    def described(self) -> list[str]:
        """What the network consists of, and whose it is."""
        optimizers = [name for name in OPTIMIZERS if name in self.files]
        lines = [f"network: {LAYERS}", f"optimizer: {f'{optimizers[0]}.py' if optimizers else 'Adadelta of the project'}"]
        compiled = "kernel" in self.files
        unused = optimizers[1:] + [name for name in LOOPS if compiled and name in self.files]
        if unused:
            first = optimizers[:1] if len(optimizers) > 1 else []
            first += ["kernel"] if compiled and any(name in unused for name in LOOPS) else []
            lines.append(f"{_files(unused, 'is', 'are')} right but not used; {_files(first, 'comes', 'come')} first")
        if self.others:
            lines.append(f"{_files(self.others, 'has', 'have')} no place in this network")
        needed = [name for name in PARTS if name not in OPTIMIZERS and name != "kernel" and not (compiled and name in LOOPS)]
        if missing := [name for name in needed if name not in self.files]:
            lines.append(f"The project's own code stands in for: {', '.join(missing)}.")
        return lines

    def get(self, *names: str) -> Function | None:
        """The first of these functions that there is."""
        return next((self.functions[name] for name in names if name in self.functions), None)


def _files(names: Sequence[str], one: str, many: str) -> str:
    """The files as the subject of a sentence, with its verb."""
    return f"{listed([f'{name}.py' for name in names])} {many if len(names) > 1 else one}"


def _guarded(student: Student, task: Task) -> Function:
    """A student's function that returns arrays; its exceptions name its line."""
    function = task.adapt(getattr(student.module, task.name))

    def call(*arguments: Any) -> Any:
        try:
            result = function(*arguments)
        except Exception as error:
            raise Wrong(student.raised(task.name, error).located(student.path)) from None
        return result[0] if isinstance(result, tuple) and len(task.outputs) == 1 else result

    return call


def as_layer(kind: type[Layer], forward: Function | None, backward: Function | None, *, weights: bool) -> Any:
    """A layer of the project with one or both passes by the student.

    Args:
        kind: the project's layer.
        forward, backward: functions of an exercise; what is None stays the project's.
        weights: whether the layer has a kernel and a bias.
    """

    class OwnLayer(kind):  # type: ignore[misc, valid-type]
        def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
            if forward is None:
                return super().forward(x, training, rng)
            if weights:
                return _like(x, forward(x, self.parameters["kernel"], self.parameters["bias"])), (x, None)
            if kind is Dropout:
                out, cache = forward(x, self.rate, training, np.random.default_rng(rng))
                return _like(x, out), cache
            return _like(x, forward(x, *_window(self))), x

        def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
            if backward is None:
                return super().backward(dout, cache)
            if weights:
                dx, dkernel, dbias = backward(dout, cache[0], self.parameters["kernel"])
                return _like(dout, dx), {"kernel": _like(dout, dkernel), "bias": _like(dout, dbias)}
            return _like(dout, backward(dout, cache, *_window(self))), {}

    return OwnLayer


def _window(layer: Layer) -> tuple[int, ...]:
    return (layer.pool_size[0], layer.strides[0]) if isinstance(layer, MaxPooling2D) else ()


def _like(x: NDArray, value: Any) -> NDArray:
    return np.ascontiguousarray(value, x.dtype)


class OwnLoss(Loss):
    """The student's loss, of scores."""

    name = "softmax_cross_entropy"

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def of_outputs(self, outputs: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """The mean loss, and its gradient for the scores."""
        loss, dlogits = self.function(outputs, targets)
        return float(loss), dlogits


class OwnOptimizer(Optimizer):
    """One of the student's optimizers.

    Args:
        function: of the exercise.
        slots: how many arrays it keeps for each parameter.
        numbers: the other arguments, from the rate and the number of the step.
    """

    def __init__(self, function: Function, slots: int, rate: float, numbers: Callable[[float, int], tuple[float, ...]]) -> None:
        super().__init__(rate)
        self.slots = tuple(f"slot_{index}" for index in range(slots))
        self.function, self.numbers = function, numbers

    def update(self, parameter: NDArray, gradient: NDArray, slots: tuple[NDArray, ...], rate: float, step: int = 0) -> None:
        """The new parameter and slots, copied into their arrays."""
        new = self.function(parameter, gradient, *slots, *self.numbers(rate, step))
        for array, value in zip((parameter, *slots), new, strict=True):
            array[...] = value


class OwnGlorot(Initializer):
    """The student's first weights."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """What the function returns."""
        return self.function(shape, rng)
