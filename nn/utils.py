"""Small helpers under the names that Keras' users know."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError


def to_categorical(y: ArrayLike, num_classes: int | None = None) -> NDArray[np.float32]:
    """One-hot rows (..., num_classes) from whole numbers (...,) or (..., 1).

    >>> to_categorical([0, 2], 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    labels = np.asarray(y)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    whole = labels.astype(np.int64)
    if not np.array_equal(whole, labels):
        raise InputError("to_categorical: expected whole numbers, got others")
    classes = int(whole.max(initial=-1)) + 1 if num_classes is None else num_classes
    if whole.size and not (whole.min() >= 0 and whole.max() < classes):
        raise InputError(f"to_categorical: expected values from 0 to {classes - 1}, got {whole.min()} to {whole.max()}")
    return np.eye(classes, dtype=np.float32)[whole]
