"""Models small enough to train in a moment, or to try every byte of their files, and what makes
two of them equal.
"""

import numpy as np

from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential
from nn.optimizers import Adadelta

FORMAT, VERSION = "numba-cnn model", 1

RNG = np.random.default_rng(11)
X = RNG.random((75, 6, 6, 1), np.float32)
Y = RNG.integers(0, 4, 75)


def tiny_model(seed=0):
    return Sequential([Dense(3, activation="relu", input_shape=(4,)), Dropout(0.25), Dense(2, activation="softmax")], seed=seed)


def same(model, other):
    return [w.tobytes() for w in model.get_weights()] == [w.tobytes() for w in other.get_weights()] and [
        (type(layer), layer.config()) for layer in model.layers
    ] == [(type(layer), layer.config()) for layer in other.layers]


def small_model(seed=0, dropout=0.3):
    model = Sequential(seed=seed)
    model.add(Conv2D(4, kernel_size=(3, 3), activation="relu", input_shape=(6, 6, 1)))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(5, activation="relu"))
    model.add(Dropout(dropout))
    model.add(Dense(4, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
    return model


def fitted(**options):
    model = small_model()
    history = model.fit(X, Y, **{"batch_size": 20, "epochs": 2, "verbose": 0, **options})
    return model, history


def bits(model):
    return [array.tobytes() for array in model.get_weights()]
