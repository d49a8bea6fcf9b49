"""A small model for every layer, of odd shapes: what an export must compute as we do."""

import numpy as np

from nn.layers import (
    ELU,
    GELU,
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
    Reshape,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    ZeroPadding2D,
)
from nn.layers.activations import ACTIVATIONS
from nn.models import Sequential


def built(*layers, shape):
    """A model with no array left as it starts: zeros and ones would hide one in the wrong place."""
    model = Sequential(layers, seed=4)
    model.build(shape)
    for name, array in model.arrays().items():
        if not name.endswith("/kernel"):
            low, high = (0.2, 3.0) if name.endswith("variance") else (-0.5, 0.5)
            array[...] = np.linspace(low, high, array.size)
    model.use_kernels = False
    return model


ODD_MODELS = {
    "conv": built(Conv2D(3, 3), shape=(7, 9, 2)),
    "conv, oblong, strides": built(Conv2D(3, (2, 4), strides=(3, 2)), shape=(11, 13, 3)),
    "conv, same": built(Conv2D(2, (4, 3), padding="same", activation="relu"), shape=(5, 8, 1)),
    "conv, same, strides": built(Conv2D(5, (3, 4), strides=(2, 3), padding="same"), shape=(8, 11, 2)),
    "conv of single pixels": built(Conv2D(4, 1), shape=(1, 1, 3)),
    "conv and dense without bias": built(Conv2D(9, 2, use_bias=False), Flatten(), Dense(3, use_bias=False), shape=(3, 4, 2)),
    "pooling": built(MaxPooling2D(), shape=(7, 5, 3)),
    "pooling, overlapping": built(MaxPooling2D((3, 2), strides=(1, 2)), shape=(6, 9, 2)),
    "pooling, same": built(MaxPooling2D((3, 2), strides=2, padding="same"), shape=(5, 7, 1)),
    "pooling, same, padded on the left": built(MaxPooling2D((2, 5), strides=(3, 2), padding="same"), shape=(5, 7, 2)),
    "average pooling": built(AveragePooling2D(), shape=(7, 5, 3)),
    "average pooling, overlapping": built(AveragePooling2D((3, 2), strides=(1, 2)), shape=(6, 9, 2)),
    "average pooling, same": built(AveragePooling2D((3, 2), strides=2, padding="same"), shape=(5, 7, 2)),
    "average pooling, same, padded on the left": built(AveragePooling2D((2, 5), (3, 2), padding="same"), shape=(5, 7, 2)),
    "global average": built(GlobalAveragePooling2D(), Dense(3), shape=(3, 5, 4)),
    "global average after a conv": built(Conv2D(5, 2), GlobalAveragePooling2D(), Dense(3), shape=(4, 5, 2)),
    "global average, axes kept": built(GlobalAveragePooling2D(keepdims=True), Conv2D(2, 1), shape=(3, 5, 4)),
    "global greatest": built(GlobalMaxPooling2D(), shape=(3, 5, 4)),
    "global greatest after a conv, axes kept": built(Conv2D(5, 2), GlobalMaxPooling2D(keepdims=True), Flatten(), shape=(4, 5, 2)),
    "global greatest of negative values": built(ReLU(), BatchNormalization(), GlobalMaxPooling2D(), shape=(3, 4, 3)),
    "zero padding": built(ZeroPadding2D(((2, 1), (0, 3))), shape=(3, 4, 2)),
    "zero padding after a conv": built(Conv2D(3, 2), ZeroPadding2D((1, 2)), Conv2D(2, 3), shape=(3, 4, 2)),
    "normalization of vectors": built(BatchNormalization(), Dense(2), shape=(5,)),
    "normalization of rows": built(BatchNormalization(epsilon=0.5), shape=(3, 5)),
    "normalization of images": built(Conv2D(4, 3, use_bias=False), BatchNormalization(), ReLU(), Flatten(), shape=(5, 6, 2)),
    "normalization of images, bare": built(BatchNormalization(scale=False, center=False), shape=(4, 3, 6)),
    "dense": built(Dense(4), shape=(5,)),
    "dense, activations": built(Dense(6, activation="relu"), Dense(3, activation="softmax"), shape=(2,)),
    "relu": built(ReLU(), shape=(3, 4, 2)),
    "softmax": built(Softmax(), shape=(7,)),
    "activation layer, softmax": built(Activation("softmax"), shape=(3,)),
    "nothing": built(Linear(), shape=(2, 3)),
    "leaky relu": built(LeakyReLU(0.07), shape=(4, 5)),
    "elu": built(ELU(1.7), shape=(9,)),
    "gelu after a conv": built(Conv2D(3, 2), GELU(), Flatten(), shape=(5, 4, 2)),
    "sigmoid": built(Sigmoid(), shape=(3, 4, 2)),
    "tanh": built(Tanh(), shape=(3, 4, 2)),
    "softplus": built(Softplus(), shape=(8,)),
    "silu": built(SiLU(), shape=(3, 4, 2)),
    "dropout alone": built(Dropout(0.5), shape=(4,)),
    "flatten of a matrix": built(Flatten(), Dense(3), shape=(3, 5)),
    "flatten of images": built(Flatten(), shape=(3, 5, 2)),
    "flatten after pooling": built(MaxPooling2D(2), Flatten(), Dense(3, activation="softmax"), shape=(5, 7, 3)),
    "reshape to images": built(Reshape((4, -1, 2)), Conv2D(3, 2), shape=(24,)),
    "reshape after a conv": built(Conv2D(6, 2), Reshape((2, 9, -1)), BatchNormalization(), Tanh(), shape=(4, 4, 2)),
    "relu and dropout among images": built(Conv2D(3, 2), ReLU(), Dropout(0.3), MaxPooling2D(2), Flatten(), shape=(6, 7, 2)),
}
ODD_MODELS |= {f"dense, {name}": built(Dense(7, activation=name), shape=(5,)) for name in ACTIVATIONS}
ODD_MODELS |= {
    f"conv, {name}, as a layer of its own": built(Conv2D(3, 2), Activation(name), MaxPooling2D(2), shape=(6, 5, 2))
    for name in ACTIVATIONS
    if name != "softmax"
}
