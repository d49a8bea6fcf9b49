"""The student's network: its architecture, its bundled weights, and `python -m nn.pretrained`, the
command that makes them; and how any model is loaded that is to read digits.
"""

from __future__ import annotations

import math
import os
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from nn.datasets.collections import DATASETS, IMAGE_SHAPE
from nn.datasets.sources import CLASSES
from nn.errors import InputError

if TYPE_CHECKING:
    from nn.models import Sequential

OWN = Path("mnist.npz")
BUNDLED = Path(__file__).parent / "mnist.npz"
# The samples that a reader may take: images with or without an axis of channels, or all pixels in
# a row, as in many a script.
READABLE = (IMAGE_SHAPE, IMAGE_SHAPE[:2], (math.prod(IMAGE_SHAPE),))


def student_network(seed: int = 0, dtype: DTypeLike = np.float32) -> Sequential:
    """The student's network for 28 x 28 images, 233,162 parameters."""
    from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
    from nn.models import Sequential

    model = Sequential(seed=seed, dtype=dtype)
    model.add(Conv2D(32, kernel_size=(5, 5), activation="relu", input_shape=IMAGE_SHAPE))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Conv2D(64, (3, 3), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dropout(0.3))
    model.add(Dense(64, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    return model


def trained_on(model: Sequential) -> str:
    """The data set that a model's card names; MNIST where it names none."""
    recipe = model.card.get("recipe")
    name = recipe.get("dataset") if isinstance(recipe, dict) else None
    return name if isinstance(name, str) else DATASETS[0]


def load_reader(path: str | os.PathLike[str] | None, *, any_classes: bool = False) -> tuple[Sequential, Path]:
    """The model at `path`, which must read 28 x 28 images as ten classes, and that path. The classes
    must be digits unless `any_classes` will do.

    Without a path: the model trained in this folder, else the bundled one. Whatever the model is
    made for, the one returned takes samples of shape (28, 28, 1) and gives probabilities: see
    `as_reader`.
    """
    from nn.models import load_model

    chosen = next(filter(Path.exists, (OWN, BUNDLED)), None) if path is None else Path(path)
    if chosen is None:
        raise InputError(f"there is no {OWN} here and no bundled model; train one with `python -m nn.train`, or name one")
    model = load_model(chosen)
    if model.input_shape not in READABLE or model.output_shape != (CLASSES,):
        expected = f"a model from {', '.join(map(str, READABLE[:-1]))} or {READABLE[-1]} to {(CLASSES,)}"
        raise InputError(f"{chosen}: expected {expected}, got one from {model.input_shape} to {model.output_shape}")
    if not any_classes:
        check_digits(model, str(chosen))
    if not model.knows_loss:  # as in a Keras file of weights alone
        model.compile()
    return as_reader(model), chosen


def check_digits(model: Sequential, name: str) -> None:
    """Raise `InputError` if a model was trained on other things than digits."""
    if trained_on(model) != DATASETS[0]:
        raise InputError(f"{name}: expected a model that reads digits, got one trained on {trained_on(model)!r:.80}")


def as_reader(model: Sequential) -> Sequential:
    """The model with samples of shape (28, 28, 1) and with probabilities: the same layers, with a
    `Flatten` or `Reshape` in place of those at the beginning that only reshape, and with a
    `Softmax` after scores.

    Scores are what a model for `CategoricalCrossentropy(from_logits=True)` gives. The outputs of
    a sigmoid stay as they are.
    """
    from nn.layers import Flatten, Reshape, Softmax
    from nn.layers.stack import split_activation
    from nn.models import Sequential

    layers = list(model.layers)
    if not any(split_activation(layers, ending)[1] for ending in ("softmax", "sigmoid")):
        layers.append(Softmax())
    if model.input_shape != IMAGE_SHAPE:
        while isinstance(layers[0], Flatten | Reshape):
            del layers[0]
        taken, shape = {layer.name for layer in layers}, layers[0].input_shape
        name = next(name for number in count() if (name := f"input_{number}") not in taken)
        options: dict[str, Any] = {"name": name, "input_shape": IMAGE_SHAPE}
        if shape != IMAGE_SHAPE:
            layers.insert(0, Flatten(**options) if len(shape) == 1 else Reshape(shape, **options))
    if layers == model.layers:
        return model
    reader = Sequential(layers, dtype=model.dtype)
    reader.card = model.card
    return reader
