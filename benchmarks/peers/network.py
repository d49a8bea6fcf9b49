"""The networks and the recipes that all contenders train, described without any library, and their
arithmetic.

A network is a list of tuples: ("conv", filters, size), ("pool",), ("flatten",), ("dense", units),
("dropout", rate), ("norm",) for batch normalization. ReLU follows convolutions, dense layers, and
batch normalization, which goes between a layer and its ReLU; softmax follows the last layer, and
pooling is 2x2. Importing this file loads neither Numba nor a framework, so a peer's process
contains none of our code.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

Network = list[tuple[Any, ...]]

BATCH_SIZE = 128
LEARNING_RATE, RHO, EPSILON = 1.0, 0.95, 1e-7
FAST_RATE, FAST_BATCH_SIZE, WARMUP = 3.0, 64, 0.2  # of `nn.train --fast`
ADAM_RATE = 1e-3
MOMENTUM, VARIANCE_EPSILON = 0.99, 1e-3  # of batch normalization
CLASSES = 10


def student_network(width: float = 1.0) -> Network:
    """The student's network; all layers but the last are `width` times as wide."""
    return [
        ("conv", round(32 * width), 5),
        ("pool",),
        ("conv", round(64 * width), 3),
        ("pool",),
        ("flatten",),
        ("dense", round(128 * width)),
        ("dropout", 0.3),
        ("dense", round(64 * width)),
        ("dropout", 0.5),
        ("dense", CLASSES),
    ]


def normalized(network: Network) -> Network:
    """The network with batch normalization after each of its layers with weights but the last."""
    layers: Network = []
    for layer in network:
        layers += [layer, ("norm",)] if layer[0] in ("conv", "dense") and layer is not network[-1] else [layer]
    return layers


def with_activations(network: Network) -> Network:
    """The network with ("relu",) and ("softmax",) written out, each after the layer that it follows."""
    layers: Network = []
    for layer, following in pairwise([*network, ("end",)]):
        layers.append(layer)
        if layer[0] in ("conv", "dense", "norm") and following[0] != "norm":
            layers.append(("softmax",) if following[0] == "end" else ("relu",))
    return layers


class Setup(NamedTuple):
    """What a race is about: a network, its optimizer ("adadelta" or "adam"), and its images."""

    network: Network
    optimizer: str = "adadelta"
    size: int = 28
    channels: int = 1


LENET: Network = [
    *(("conv", 6, 5), ("pool",), ("conv", 16, 5), ("pool",), ("flatten",)),
    *(("dense", 120), ("dense", 84), ("dense", CLASSES)),
]
SETUPS = {
    "student": Setup(student_network()),
    "batch-norm": Setup(normalized(student_network()), "adam"),
    "colour": Setup(student_network(), size=32, channels=3),
    "lenet": Setup(LENET, "adam", size=32),
}


def one_cycle(done: Any, smaller: Callable[[Any, Any], Any] = min) -> Any:
    """The rate of Adadelta when the share `done` of the steps is done: up in a straight line, then
    down to 0. `smaller` is the minimum of two numbers, or of a framework's tensors.
    """
    return 2 * FAST_RATE * smaller(done / WARMUP, (1 - done) / (1 - WARMUP))


def training_flop(network: Network, size: int = 28, channels: int = 1) -> int:
    """Floating-point operations of the dense arithmetic that training on one image takes.

    A layer with weights multiplies and adds three times: forward, gradient of the weights,
    gradient of the input. The first layer needs no gradient of its input. Multiplications by zero
    count like others; ReLU, pooling,
    batch normalization and the optimizer are left out.
    """
    total, passes = 0, 2
    height, shape = size, channels
    for kind, *values in network:
        if kind == "conv":
            filters, window = values
            height -= window - 1
            total += passes * 2 * height * height * filters * window * window * shape
            shape, passes = filters, 3
        elif kind == "pool":
            height //= 2
        elif kind == "flatten":
            shape *= height * height
        elif kind == "dense":
            total += passes * 2 * shape * values[0]
            shape, passes = values[0], 3
    return total
