"""A small untrained network in a file that tells of a training: for tests of what reads model
files.
"""

import json

from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential

HISTORY = [
    {"epoch": epoch, "loss": 2 / epoch, "accuracy": 1 - 0.3 / epoch, "val_loss": 1 / epoch, "val_accuracy": 0.9, "seconds": 1.5}
    for epoch in (1, 2, 3)
]
NORMS = [{"dense/kernel": [3.0 + epoch, 0.3, 0.03], "dense/bias": [4.0, 0.4, 0.04]} for epoch in (0, 1, 2)]


def small_network():
    """One that runs without the compiler as well, with every kind of layer."""
    layers = [Conv2D(3, 5, activation="relu", input_shape=(28, 28, 1), strides=3), MaxPooling2D(), Flatten()]
    return Sequential([*layers, Dense(12, activation="relu"), Dropout(0.5), Dense(10, activation="softmax")], seed=3)


def save_model(folder):
    """A model file with a card and a history beside it."""
    network = small_network()
    network.card = {"recipe": {"dataset": "mnist", "epochs": 3}, "norms": NORMS, "temperature": 0.8}
    network.save(folder / "small.npz")
    (folder / "small.history.json").write_text(json.dumps(HISTORY))
    return folder / "small.npz"
