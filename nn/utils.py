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
    if labels.dtype.kind not in "buif" or not np.isfinite(labels).all() or not np.array_equal(labels, np.trunc(labels)):
        raise InputError("to_categorical: expected whole numbers, got others")
    if num_classes is not None and (not isinstance(num_classes, int | np.integer) or num_classes < 1):
        raise InputError(f"to_categorical: expected num_classes to be a whole number of at least 1, got {num_classes!r}")
    whole = labels.astype(np.int64)
    classes = int(whole.max(initial=-1)) + 1 if num_classes is None else num_classes
    if whole.size and not (whole.min() >= 0 and whole.max() < classes):
        raise InputError(f"to_categorical: expected values from 0 to {classes - 1}, got {whole.min()} to {whole.max()}")
    return np.eye(classes, dtype=np.float32)[whole]
