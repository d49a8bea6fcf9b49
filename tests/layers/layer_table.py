"""Layers in the shapes that tend to break: one table for the properties that all layers share."""

import numpy as np
import pytest

from nn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LeakyReLU,
    Linear,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    ZeroPadding2D,
)
from nn.utils.keras_layers import Conv2DTranspose, GaussianDropout, GaussianNoise, Permute, SpatialDropout2D, UpSampling2D

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
    "dense-without-bias": (lambda: Dense(4, use_bias=False, activation="tanh"), (5,)),
    "conv-without-bias": (lambda: Conv2D(3, 2, use_bias=False, activation="sigmoid"), (4, 3, 2)),
    "sigmoid": (lambda: Sigmoid(), (3, 4)),
    "tanh": (lambda: Tanh(), (3, 4)),
    "softplus": (lambda: Softplus(), (3, 4)),
    "silu": (lambda: SiLU(), (3, 4)),
    "leaky": (lambda: LeakyReLU(0.1), (3, 4)),
    "elu": (lambda: ELU(0.7), (3, 4)),
    "selu": (lambda: SELU(), (3, 4)),
    "rescaling": (lambda: Rescaling(0.5, offset=-1), (3, 4)),
    "gelu": (lambda: GELU(), (3, 4)),
    "activation": (lambda: Activation("leaky_relu"), (3, 4)),
    "activation-softmax": (lambda: Activation("softmax"), (6,)),
    "average": (lambda: AveragePooling2D(), (5, 6, 2)),
    "average-overlapping": (lambda: AveragePooling2D(3, 2), (7, 6, 1)),
    "average-same": (lambda: AveragePooling2D((2, 3), 2, "same"), (5, 4, 2)),
    "global-average": (lambda: GlobalAveragePooling2D(), (3, 4, 2)),
    "global-average-keepdims": (lambda: GlobalAveragePooling2D(keepdims=True), (3, 4, 2)),
    "global-max": (lambda: GlobalMaxPooling2D(), (3, 4, 2)),
    "global-max-keepdims": (lambda: GlobalMaxPooling2D(keepdims=True), (3, 4, 2)),
    "reshape": (lambda: Reshape((3, -1)), (4, 3)),
    "zero-padding": (lambda: ZeroPadding2D(((1, 2), (0, 3))), (3, 2, 2)),
    "permute": (lambda: Permute((2, 3, 1)), (3, 4, 2)),
    "up-sampling": (lambda: UpSampling2D((2, 3)), (2, 3, 2)),
    "transposed": (lambda: Conv2DTranspose(3, 3, activation="tanh"), (3, 2, 2)),
    "transposed-strides": (lambda: Conv2DTranspose(2, 3, strides=2), (3, 2, 2)),
    "transposed-side-by-side": (lambda: Conv2DTranspose(2, 2, strides=2, use_bias=False), (2, 2, 3)),
    "transposed-same": (lambda: Conv2DTranspose(2, (3, 2), strides=2, padding="same"), (3, 2, 1)),
    "gaussian-noise": (lambda: GaussianNoise(0.4), (5, 3)),
    "gaussian-dropout": (lambda: GaussianDropout(0.4), (5, 3)),
    "spatial-dropout": (lambda: SpatialDropout2D(0.4), (3, 2, 4)),
    "batch": (lambda: BatchNormalization(), (3, 4)),
    "batch-vectors": (lambda: BatchNormalization(epsilon=0.1), (4,)),
    "batch-images": (lambda: BatchNormalization(center=False), (3, 2, 4)),
    "batch-plain": (lambda: BatchNormalization(center=False, scale=False, momentum=0.5), (4, 3)),
    "batch-frozen": (lambda: BatchNormalization(trainable=False), (4, 3)),
}
# Layers whose samples look at each other when training.
WHOLE_BATCH = (
    "dropout", "gaussian-noise", "gaussian-dropout", "spatial-dropout", "batch", "batch-vectors", "batch-images", "batch-plain",
)  # fmt: skip

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
    """A layer, an input, an upstream gradient, and what both passes give with dropout's mask
    frozen.
    """
    layer = built(make, shape, dtype, seed)
    rng = np.random.default_rng(seed + 1)
    x = rng.standard_normal((batch, *shape)).astype(dtype)
    out, cache = layer.forward(x, True, 7)
    dout = rng.standard_normal(out.shape).astype(dtype)
    dx, grads = layer.backward(dout, cache)
    return layer, x, out, dout, dx, grads
