"""The networks that are compared with other people's libraries, and what ours makes of them, in
float64.

All numbers come from an integer hash, so that they are the same on every machine and with every
version of NumPy.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Softmax
from nn.losses import CategoricalCrossentropy
from nn.optimizers import Adadelta
from nn.pretrained import student_network

STEPS = 100
RATE, RHO, EPSILON = 1.0, 0.95, 1e-7

NETWORKS = {
    "rectangular kernel, strides 2 and 1": (
        (9, 8, 2),
        3,
        lambda: [Conv2D(3, (3, 2), (2, 1), activation="relu"), MaxPooling2D(), Flatten(), Dense(4, activation="softmax")],
    ),
    "same padding with strides": (
        (7, 6, 3),
        2,
        lambda: [
            Conv2D(5, 4, strides=(2, 3), padding="same", activation="relu"),
            MaxPooling2D(3, strides=2, padding="same"),
            Flatten(),
            Dense(3, activation="softmax"),
        ],
    ),
    "overlapping pools with a remainder": (
        (10, 9, 1),
        3,
        lambda: [Conv2D(4, 2), MaxPooling2D(3, strides=2), Conv2D(3, 2, activation="relu"), Flatten(), Dense(5), Softmax()],
    ),
    "1x1 kernels, 33 filters": (
        (4, 5, 3),
        4,
        lambda: [Conv2D(33, 1, activation="relu"), Conv2D(2, 1, strides=2), Flatten(), Dense(3, activation="softmax")],
    ),
    "one pixel, batch of one": (
        (5, 4, 2),
        1,
        lambda: [Conv2D(6, (5, 4), activation="relu"), Flatten(), Dropout(0.4), Dense(7, activation="softmax")],
    ),
    "dense only, 130 inputs": (
        (130,),
        5,
        lambda: [Dense(17, activation="relu"), Dropout(0.5), Dense(33, activation="relu"), Dense(3, activation="softmax")],
    ),
    "the student's": ((28, 28, 1), 8, lambda: student_network().layers),
}


def numbers(seed, shape):
    """Numbers from [0, 1) in the given shape: a multiply-xorshift hash of seed and place, exact in
    64-bit integers.
    """
    mask = np.uint64(0xFFFFFFFF)
    bits = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(seed * 1_000_003)
    for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97), (15, 1)):
        bits = ((bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)) & mask
    return (bits / 2**32).reshape(shape)


@dataclass
class Problem:
    """A network at its start: layers with weights, and batches of images and one-hot targets."""

    name: str
    input_shape: tuple[int, ...]
    samples: int
    layers: list[Any] = field(default_factory=list)

    def __post_init__(self):
        shape = self.input_shape
        self.layers = NETWORKS[self.name][2]()
        for place, layer in enumerate(self.layers):
            layer.build(shape, np.random.default_rng(0), np.float64)
            layer.name = f"{place}_{type(layer).__name__.lower()}"
            shape = layer.output_shape
            for number, array in enumerate(layer.parameters.values()):
                spread = np.sqrt(6 / np.prod(array.shape[:-1])) if array.ndim > 1 else 0.2
                array[...] = spread * (2 * numbers(100 + 10 * place + number, array.shape) - 1)
        self.classes = shape[0]

    def batch(self, step):
        """x (N, ...) and targets (N, K) of a step."""
        x = numbers(2 * step + 1, (self.samples, *self.input_shape))
        labels = (numbers(2 * step + 2, (self.samples,)) * self.classes).astype(int)
        return x, np.eye(self.classes)[labels]

    def masks(self, step):
        """What each dropout layer multiplies its input by in a step."""
        masks = {}
        for layer in self.layers:
            if isinstance(layer, Dropout):
                masks[layer.name] = layer.forward(np.ones((self.samples, *layer.input_shape)), True, step)[0]
        return masks

    def parameters(self):
        """The live parameter arrays by name, `0_conv2d/kernel`."""
        return {f"{layer.name}/{name}": array for layer in self.layers for name, array in layer.parameters.items()}


def problem(name):
    """A fresh problem."""
    shape, samples, _ = NETWORKS[name]
    return Problem(name, shape, samples)


def ours(task, step):
    """Probabilities, loss and all gradients of one step, layer by layer."""
    x, targets = task.batch(step)
    caches = []
    for layer in task.layers:
        x, cache = layer.forward(x, True, step)
        caches.append(cache)
    loss = CategoricalCrossentropy()
    value, cache = loss.forward(x, targets)
    result = {"probabilities": x, "loss": np.array(value)}
    dout = loss.backward(cache)
    for layer, cache in zip(task.layers[::-1], caches[::-1], strict=True):
        dout, grads = layer.backward(dout, cache)
        result |= {f"d {layer.name}/{name}": array for name, array in grads.items()}
    return result | {"d x": dout}


def ours_trained(task, optimizer=None, **options):
    """The parameters, or their moving averages with `use_ema`, after STEPS steps, of Adadelta
    unless another is given.
    """
    optimizer = optimizer or Adadelta(RATE, RHO, EPSILON, **options)
    parameters = task.parameters()
    slots = {name: tuple(np.zeros_like(array) for _ in optimizer.slots) for name, array in parameters.items()}
    for step in range(STEPS):
        result = ours(task, step)
        for name, array in parameters.items():
            optimizer.update(array, np.ascontiguousarray(result[f"d {name}"]), slots[name], optimizer.rate_at(step), step)
            if optimizer.use_ema:
                optimizer.average(array, slots[name][-1], step)
    return {name: slots[name][-1] for name in parameters} if optimizer.use_ema else parameters
