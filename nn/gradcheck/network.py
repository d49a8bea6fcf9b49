"""The student's whole network under both checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.gradcheck.check import check_gradients
from nn.gradcheck.directional import BATCH, check_directions
from nn.gradcheck.directional_report import DirectionalReport
from nn.gradcheck.report import Report
from nn.layers.base import Gradients
from nn.layers.stack import Stack, split_softmax, with_activation
from nn.losses import CategoricalCrossentropy
from nn.pretrained import student_network

TOLERANCE = 1e-6
ENTRIES = 24
SAMPLES = 2


def _student_stack(seed: int) -> Stack:
    """The student's network up to its scores, in float64, with larger weights than at the start of
    a training: their slopes stand out against the rounding of the loss.
    """
    network = Stack(split_softmax(student_network(seed, np.float64).layers)[0], dtype=np.float64)
    for name, array in network.parameters().items():
        if name.endswith("kernel"):
            array *= 1.5
    return network


def check_entries(seed: int) -> Report:
    """The student's network with softmax, cross-entropy and a frozen dropout mask; a random sample
    of each tensor.
    """
    rng = np.random.default_rng(seed)
    network = _student_stack(seed)
    parameters = network.parameters()
    for name, array in parameters.items():
        if name.endswith("bias"):
            array[...] = 0.1 * rng.standard_normal(array.shape)
    x = rng.random((SAMPLES, 28, 28, 1))
    targets = np.eye(10)[rng.integers(10, size=SAMPLES)]
    loss = CategoricalCrossentropy()

    def outputs() -> NDArray:
        return np.array([loss.with_softmax(network.forward(x, True, 1)[0], targets)[0]])

    def gradients(u: NDArray) -> Gradients:
        logits, cache = network.forward(x, True, 1)
        dx, grads = network.backward(u[0] * loss.with_softmax(logits, targets)[1], cache)
        return {"x": dx, **grads}

    return check_gradients(
        "",
        outputs,
        gradients,
        {"x": x, **parameters},
        seed=seed,
        tolerance=TOLERANCE,
        entries=ENTRIES,
    )


def check_all(seed: int) -> DirectionalReport:
    """All weights of the student's network, without its loss, along random directions.

    A weight whose unit is never active has a gradient of 0, which hides mistakes. So the biases
    are chosen such that every unit is active in about half of all cases.
    """
    rng = np.random.default_rng(seed)
    network = _student_stack(seed)
    x = rng.standard_normal((BATCH, *network.input_shape))
    for layer in network.layers:
        if layer.parameters:
            z = with_activation(layer, "linear").forward(x)[0]
            spread = 0.1 * z.std() * rng.standard_normal(z.shape[-1])
            layer.parameters["bias"][...] = spread - z.mean(axis=tuple(range(z.ndim - 1)))
        x = layer.forward(x)[0]
    return check_directions(network, seed=seed)
