"""Categorical cross-entropy, alone and joined with softmax.

    L = -(1/N) Σ_n Σ_k t[n,k] log p[n,k]

with targets t (N, K), one-hot rows as a rule, and predicted probabilities p (N, K). The division by N happens here and nowhere
else: layers add up what they are given.

Joined with softmax, p = softmax(z), the loss is L = (1/N) Σ_n (logsumexp(z_n) Σ_k t[n,k] - Σ_k t[n,k] z[n,k]), and the chain rule
collapses:

    ∂L/∂z[n,k] = (1/N) Σ_l -(t[n,l] / p[n,l]) p[n,l] ([k = l] - p[n,k]) = (p[n,k] Σ_l t[n,l] - t[n,k]) / N.

No logarithm of a rounded probability is taken and nothing is divided by one, so it stays exact where p is nearly 0 or 1.

References:
    C. M. Bishop: Pattern recognition and machine learning, 2006, equations 4.108 and 4.109.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.kernels import elementwise
from nn.utils import class_indices, one_hot


def targets_of(labels: ArrayLike, classes: int, name: str = "labels") -> NDArray[np.float32]:
    """Targets (N, classes) from integer labels (N,) or (N, 1); targets that are already (N, classes) are only checked.

    >>> targets_of([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == classes and classes > 1:
        targets = np.ascontiguousarray(array, np.float32)
        if not np.isfinite(targets).all() or targets.min(initial=0) < 0:
            raise InputError(f"{name}: expected targets of at least 0, got negative or non-finite values")
        return targets
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(f"{name}: expected shape (samples,) or (samples, {classes}), got {array.shape}")
    return one_hot(class_indices(array, classes, name), classes)


class CategoricalCrossentropy:
    """The loss of classifiers: how surprised the network is by the right answers, in nats, averaged over the samples.

    Shapes: probabilities, targets, logits and their gradients (N, K); the loss is one number.

    Example: p = (1/4, 3/4) where the second class is right costs -log 3/4 = 0.287682; ∂L/∂p = (0, -1 / (3/4)) = (0, -4/3).

    >>> loss = CategoricalCrossentropy()
    >>> value, cache = loss.forward(np.array([[0.25, 0.75]]), np.array([[0.0, 1.0]]))
    >>> round(value, 6), loss.backward(cache).round(6).tolist()
    (0.287682, [[-0.0, -1.333333]])

    Joined with softmax, on the scores (0, log 3) that have those probabilities: ∂L/∂z = p - t = (1/4, 3/4 - 1).

    >>> value, dlogits = loss.with_softmax(np.log([[1.0, 3.0]]), np.array([[0.0, 1.0]]))
    >>> round(value, 6), dlogits.round(6).tolist()
    (0.287682, [[0.25, -0.25]])
    """

    name = "categorical_crossentropy"

    def forward(self, probabilities: NDArray, targets: NDArray) -> tuple[float, tuple[NDArray, NDArray]]:
        """The mean loss for probabilities and targets (N, K), and what `backward` needs.

        Probabilities are kept above 1e-7, as in Keras, so that a certain wrong answer costs 16.1 and not infinity.
        """
        clipped = np.maximum(probabilities, 1e-7)
        value = -(targets * np.log(clipped)).sum(dtype=np.float64) / len(probabilities)
        return float(value), (probabilities, targets)

    def backward(self, cache: tuple[NDArray, NDArray]) -> NDArray:
        """∂L/∂p[n,k] = -t[n,k] / (N · p[n,k]); 0 where p was raised to 1e-7."""
        probabilities, targets = cache
        gradient = -targets / np.maximum(probabilities, 1e-7) / len(probabilities)
        return np.where(probabilities > 1e-7, gradient, 0).astype(probabilities.dtype)

    def with_softmax(self, logits: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """The mean loss of softmax(logits), and ∂L/∂logits (N, K)."""
        dlogits = np.empty_like(logits, order="C")
        total, _ = elementwise.softmax_cross_entropy(
            np.ascontiguousarray(logits), np.ascontiguousarray(targets, logits.dtype), 1.0 / len(logits), dlogits
        )
        return total / len(logits), dlogits


def categorical_crossentropy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray:
    """The loss of each sample (N,), as in Keras; what `compile(loss=categorical_crossentropy)` names."""
    probabilities = np.asarray(y_pred)
    targets = targets_of(y_true, probabilities.shape[-1], "y_true")
    return -(targets * np.log(np.maximum(probabilities, 1e-7))).sum(axis=-1)


def loss_named(loss: object) -> CategoricalCrossentropy:
    """The loss that `compile(loss=...)` means: an object, the function above, or its name."""
    if isinstance(loss, CategoricalCrossentropy):
        return loss
    if loss is categorical_crossentropy or loss in ("categorical_crossentropy", "sparse_categorical_crossentropy"):
        return CategoricalCrossentropy()
    raise InputError(f"compile: loss must be 'categorical_crossentropy', got {loss!r}")
