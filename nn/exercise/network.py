"""`python -m nn.exercise network`: the student's functions in a network that learns MNIST.

Each layer is one of the project's whose `forward` and `backward` call the student's functions. The
textbook engine trains it. The model file holds the project's layers with the weights that were
learned: the functions have been judged equal, and any program that reads model files can open it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.collections import IMAGE_SHAPE, load_splits
from nn.datasets.sources import plain_source
from nn.errors import Diverged
from nn.exercise.base import Task, Wrong
from nn.exercise.catalogue import EXERCISES
from nn.exercise.sandbox import judge_apart
from nn.exercise.student import Student
from nn.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, ReLU
from nn.layers.base import Gradients, RandomKey
from nn.layers.initializers import GlorotUniform, Initializer
from nn.losses import CategoricalCrossentropy, Loss
from nn.models import Sequential
from nn.optimizers import Adadelta, Optimizer

Function = Callable[..., Any]
BATCH = 16
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


class Own:
    """The student's functions by name, for float32 as for float64.

    Args:
        folder: of the files, which are named as their exercises.
    """

    def __init__(self, folder: Path) -> None:
        self.files = {name: path for name in PARTS if (path := (folder / f"{name}.py").absolute()).is_file()}
        self.students: dict[str, Student] = {}

    def load(self) -> None:
        """Run the files."""
        self.functions: dict[str, Function] = {}
        for name, path in self.files.items():
            student = Student(path)
            for task in EXERCISES[name].tasks:
                self.functions[task.name] = _guarded(student, task)

    def get(self, *names: str) -> Function | None:
        """The first of these functions that there is."""
        return next((self.functions[name] for name in names if name in self.functions), None)


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


def _optimizer(own: Own) -> Optimizer:
    if adam := own.get("adam_step"):
        return OwnOptimizer(adam, slots=2, rate=0.003, numbers=lambda rate, step: (step + 1, rate, 0.9, 0.999, 1e-7))
    if adadelta := own.get("adadelta_step"):
        return OwnOptimizer(adadelta, slots=2, rate=1.0, numbers=lambda rate, step: (rate, 0.95, 1e-7))
    if momentum := own.get("momentum_step"):
        return OwnOptimizer(momentum, slots=1, rate=0.02, numbers=lambda rate, step: (rate, 0.9))
    return Adadelta()


def network(own: Own) -> Sequential:
    """A small network of the student's functions, as far as there are any; its last layer gives
    scores, and the loss adds the softmax.
    """
    conv2d = as_layer(
        Conv2D,
        own.get("conv2d_into", "conv2d_forward"),
        own.get("conv2d_backward_into", "conv2d_backward"),
        weights=True,
    )
    dense = as_layer(Dense, own.get("dense_forward"), own.get("dense_backward"), weights=True)
    relu = as_layer(ReLU, own.get("relu_forward"), own.get("relu_backward"), weights=False)
    pooling = as_layer(MaxPooling2D, own.get("maxpool_forward"), own.get("maxpool_backward"), weights=False)
    dropout = as_layer(Dropout, own.get("dropout_forward"), own.get("dropout_backward"), weights=False)
    glorot = own.get("glorot_uniform")
    first = {"kernel_initializer": OwnGlorot(glorot) if glorot else GlorotUniform()}
    loss = own.get("softmax_cross_entropy")
    layers: list[Any] = [
        conv2d(8, (5, 5), input_shape=IMAGE_SHAPE, **first),
        relu(),
        pooling(4),
        Flatten(),
        dense(32, **first),
        relu(),
        dropout(0.25),
        dense(10, **first),
    ]
    model = Sequential(layers, seed=0)
    model.compile(optimizer=_optimizer(own), loss=OwnLoss(loss) if loss else CategoricalCrossentropy(from_logits=True))
    return model


def standard(model: Sequential) -> Sequential:
    """The same network of the project's layers, with the same weights, and softmax at its end."""
    same = Sequential(
        [
            Conv2D(8, (5, 5), activation="relu", input_shape=IMAGE_SHAPE),
            MaxPooling2D(4),
            Flatten(),
            Dense(32, activation="relu"),
            Dropout(0.25),
            Dense(10, activation="softmax"),
        ]
    )
    same.set_weights(model.get_weights())
    return same


def train(folder: Path, options: argparse.Namespace) -> int:
    """Judge the files of a folder, train the network of their functions, and write the model file.

    Returns:
        0, or 1 if a file is not right yet.
    """
    own = Own(folder)
    for verdict in judge_apart(own.files) if own.files else []:
        print(verdict.text.partition("\n")[0] if verdict.passed else verdict.text)
        if not verdict.passed:
            return 1
    missing = [name for name in PARTS if name not in own.files]
    print(f"The project's own code stands in for: {', '.join(missing) or 'nothing'}.")
    own.load()
    (x, y), (x_test, y_test) = load_splits("mnist", options.data)
    model = network(own)
    source = plain_source(x[: options.images], y[: options.images])
    try:
        model.fit(source, batch_size=BATCH, epochs=options.epochs, engine="layers")
    except (Wrong, Diverged) as error:
        print(error)
        return 1
    same = standard(model)
    _, accuracy = same.evaluate(plain_source(x_test, y_test))
    same.save(options.out)
    print(f"test accuracy {accuracy:.4f} after {options.epochs} epochs of {len(source):,} images")
    print(f"written: {options.out}. Open it: python -m apps.draw --model {options.out}")
    return 0
