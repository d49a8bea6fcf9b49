"""The student's network: its architecture, its bundled weights, and `python -m nn.pretrained`, the
command that makes them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike

from nn.datasets.collections import IMAGE_SHAPE
from nn.datasets.sources import CLASSES
from nn.errors import InputError

if TYPE_CHECKING:
    from nn.models import Sequential

OWN = Path("mnist.npz")
BUNDLED = Path(__file__).parent / "mnist.npz"


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


def load_reader(path: str | os.PathLike[str] | None) -> tuple[Sequential, Path]:
    """The model at `path`, which must read 28 x 28 images as ten classes, and that path.

    Without a path: the model trained in this folder, else the bundled one.
    """
    from nn.models import load_model

    chosen = next(filter(Path.exists, (OWN, BUNDLED)), None) if path is None else Path(path)
    if chosen is None:
        raise InputError(f"there is no {OWN} here and no bundled model; train one with `python -m nn.train`, or name one")
    model = load_model(chosen)
    if model.input_shape != IMAGE_SHAPE or model.output_shape != (CLASSES,):
        got = f"one from {model.input_shape} to {model.output_shape}"
        raise InputError(f"{chosen}: expected a model from {IMAGE_SHAPE} to {(CLASSES,)}, got {got}")
    return model, chosen
