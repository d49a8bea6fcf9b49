"""Layers in the shapes that tend to break: one table for the properties that all layers share."""

import numpy as np
import pytest

from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU, Softmax
from nn.layers.activations import Linear

TABLE = {
    "dense": (lambda: Dense(4), (5,)),
    "dense-relu": (lambda: Dense(9, activation="relu"), (67,)),
    "dense-softmax": (lambda: Dense(3, activation="softmax"), (6,)),
    "conv": (lambda: Conv2D(3, 3), (6, 5, 2)),
    "conv-same-relu": (lambda: Conv2D(4, (4, 3), padding="same", activation="relu"), (5, 6, 2)),
    "conv-strides": (lambda: Conv2D(2, 3, strides=(2, 3)), (8, 7, 3)),
    "conv-same-strides": (lambda: Conv2D(2, 3, strides=2, padding="same"), (6, 7, 1)),
    "conv-1x1": (lambda: Conv2D(17, 1), (3, 2, 5)),
    "conv-1x1-strides": (lambda: Conv2D(2, 1, strides=2), (5, 4, 2)),
    "conv-one-pixel": (lambda: Conv2D(2, (4, 3)), (4, 3, 2)),
    "conv-wide-kernel-same": (lambda: Conv2D(1, 5, padding="same"), (2, 2, 1)),
    "conv-winograd": (lambda: Conv2D(5, 3), (7, 7, 12)),
    "conv-winograd-back": (lambda: Conv2D(12, 3, activation="relu"), (5, 10, 4)),
    "conv-many-channels-strides": (lambda: Conv2D(9, 3, strides=(1, 2)), (4, 5, 8)),
    "pool": (lambda: MaxPooling2D(), (4, 6, 2)),
    "pool-remainder": (lambda: MaxPooling2D((2, 3)), (5, 7, 2)),
    "pool-overlapping": (lambda: MaxPooling2D(3, strides=2), (7, 5, 1)),
    "pool-gaps": (lambda: MaxPooling2D(2, strides=(3, 4)), (8, 7, 2)),
    "pool-same": (lambda: MaxPooling2D(3, strides=2, padding="same"), (5, 4, 2)),
    "pool-one-pixel": (lambda: MaxPooling2D((3, 2)), (3, 2, 3)),
    "relu": (lambda: ReLU(), (3, 4)),
    "linear": (lambda: Linear(), (3, 4)),
    "softmax": (lambda: Softmax(), (6,)),
    "dropout": (lambda: Dropout(0.4), (5, 3)),
    "flatten": (lambda: Flatten(), (2, 3, 2)),
}

every_layer = pytest.mark.parametrize(("make", "shape"), TABLE.values(), ids=TABLE)
every_batch = pytest.mark.parametrize("batch", [1, 3])


def built(make, shape, dtype=np.float64, seed=0):
    """A layer with random parameters, the bias as well."""
    layer = make()
    rng = np.random.default_rng(seed)
    layer.build(shape, rng, dtype)
    for array in layer.parameters.values():
        array += 0.3 * rng.standard_normal(array.shape).astype(dtype)
    return layer


def random_passes(make, shape, batch, dtype=np.float64, seed=0):
    """A layer, an input, an upstream gradient, and what both passes give with dropout's mask frozen."""
    layer = built(make, shape, dtype, seed)
    rng = np.random.default_rng(seed + 1)
    x = rng.standard_normal((batch, *shape)).astype(dtype)
    out, cache = layer.forward(x, True, 7)
    dout = rng.standard_normal(out.shape).astype(dtype)
    dx, grads = layer.backward(dout, cache)
    return layer, x, out, dout, dx, grads
