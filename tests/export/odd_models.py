"""A small model for every layer, of odd shapes: what an export must compute as we do."""

import numpy as np

from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU, Softmax
from nn.models import Sequential


def built(*layers, shape):
    model = Sequential(layers, seed=4)
    model.build(shape)
    for layer in model.layers:
        if "bias" in layer.parameters:  # zeros would hide a bias in the wrong place
            layer.parameters["bias"][...] = np.linspace(-0.5, 0.5, layer.parameters["bias"].size)
    model.use_kernels = False
    return model


ODD_MODELS = {
    "conv": built(Conv2D(3, 3), shape=(7, 9, 2)),
    "conv, oblong, strides": built(Conv2D(3, (2, 4), strides=(3, 2)), shape=(11, 13, 3)),
    "conv, same": built(Conv2D(2, (4, 3), padding="same", activation="relu"), shape=(5, 8, 1)),
    "conv, same, strides": built(Conv2D(5, (3, 4), strides=(2, 3), padding="same"), shape=(8, 11, 2)),
    "conv of single pixels": built(Conv2D(4, 1), shape=(1, 1, 3)),
    "pooling": built(MaxPooling2D(), shape=(7, 5, 3)),
    "pooling, overlapping": built(MaxPooling2D((3, 2), strides=(1, 2)), shape=(6, 9, 2)),
    "pooling, same": built(MaxPooling2D((3, 2), strides=2, padding="same"), shape=(5, 7, 1)),
    "dense": built(Dense(4), shape=(5,)),
    "dense, activations": built(Dense(6, activation="relu"), Dense(3, activation="softmax"), shape=(2,)),
    "relu": built(ReLU(), shape=(3, 4, 2)),
    "softmax": built(Softmax(), shape=(7,)),
    "dropout alone": built(Dropout(0.5), shape=(4,)),
    "flatten of a matrix": built(Flatten(), Dense(3), shape=(3, 5)),
    "flatten of images": built(Flatten(), shape=(3, 5, 2)),
    "flatten after pooling": built(MaxPooling2D(2), Flatten(), Dense(3, activation="softmax"), shape=(5, 7, 3)),
    "relu and dropout among images": built(Conv2D(3, 2), ReLU(), Dropout(0.3), MaxPooling2D(2), Flatten(), shape=(6, 7, 2)),
}
