"""The network and the recipe that all contenders train, described without any library, and its
arithmetic.

A network is a list of tuples: ("conv", filters, size), ("pool",), ("flatten",), ("dense", units),
("dropout", rate). ReLU follows convolutions and dense layers, softmax follows the last layer, and
pooling is 2x2. Importing this file loads neither Numba nor a framework, so a peer's process
contains none of our code.
"""

from __future__ import annotations

from typing import Any

Network = list[tuple[Any, ...]]

BATCH_SIZE = 128
LEARNING_RATE, RHO, EPSILON = 1.0, 0.95, 1e-7
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


def training_flop(network: Network, size: int = 28, channels: int = 1) -> int:
    """Floating-point operations of the dense arithmetic that training on one image takes.

    A layer with weights multiplies and adds three times: forward, gradient of the weights,
    gradient of the input. The first layer needs no gradient of its input. Multiplications by zero
    count like others; ReLU, pooling and the optimizer are left out.
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
