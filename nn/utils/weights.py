"""How much each sample counts: `fit(class_weight=...)` and `fit(sample_weight=...)`.

As in Keras the loss is L = (1/N) Σ_n w_n L_n: divided by the number of samples and not by the sum
of the weights. The accuracy takes no notice of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.datasets.sources import ImageSource
from nn.errors import InputError


class Weighted:
    """A source whose samples have weights."""

    def __init__(self, source: ImageSource, weights: NDArray[np.float64]) -> None:
        self.source, self._weights = source, weights

    def __len__(self) -> int:
        return len(self.source)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """That of the source."""
        return self.source.image_shape

    def fill(self, out: NDArray, indices: NDArray, epoch: int) -> None:
        """As the source."""
        self.source.fill(out, indices, epoch)

    def targets(self, indices: NDArray, epoch: int) -> NDArray:
        """As the source."""
        return self.source.targets(indices, epoch)

    def weights(self, indices: NDArray) -> NDArray[np.float64]:
        """How much each of the samples counts."""
        return self._weights[indices]


def weights_of(source: Any, indices: NDArray) -> NDArray | None:
    """The weights of some samples of a source; None where all count alike."""
    weights = getattr(source, "weights", None)
    return None if weights is None else weights(indices)


def checked_weights(weights: ArrayLike, samples: int, argument: str) -> NDArray[np.float64]:
    """Weights (N,), finite and at least 0."""
    array = np.asarray(weights)
    if array.shape == (samples, 1):
        array = array[:, 0]
    if array.shape != (samples,) or array.dtype.kind not in "buif":
        raise InputError(f"{argument}: expected {samples} weights, got {array.dtype} of shape {array.shape}")
    if not np.isfinite(array).all() or array.min(initial=0) < 0:
        raise InputError(f"{argument}: expected finite weights of at least 0, got others")
    return array.astype(np.float64)


def class_weights(class_weight: Any, source: ImageSource) -> NDArray[np.float64]:
    """The weight of each sample, by its class: a dictionary from classes to weights. A class that
    is not in it has weight 1.
    """
    if not isinstance(class_weight, Mapping):
        raise InputError(f"fit: expected class_weight to be a dictionary such as {{0: 1.0, 1: 2.0}}, got {class_weight!r:.60}")
    targets = source.targets(np.arange(len(source)), 0)
    classes = targets.argmax(axis=1)
    unknown = [label for label in class_weight if label not in range(targets.shape[1])]
    if unknown:
        raise InputError(f"fit: expected the classes in class_weight to be from 0 to {targets.shape[1] - 1}, got {unknown[0]!r}")
    largest = targets.shape[1]
    table = checked_weights([class_weight.get(label, 1.0) for label in range(largest)], largest, "class_weight")
    return table[classes]


def weighted(source: ImageSource, class_weight: Any, sample_weight: Any) -> ImageSource:
    """The source with the weights that `fit` was given; both are multiplied, as in Keras."""
    if class_weight is None and sample_weight is None:
        return source
    weights = np.ones(len(source))
    if sample_weight is not None:
        weights = weights * checked_weights(sample_weight, len(source), "sample_weight")
    if class_weight is not None:
        weights = weights * class_weights(class_weight, source)
    return Weighted(source, weights)
