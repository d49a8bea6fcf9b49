"""Binary cross-entropy, alone and joined with the sigmoid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.sigmoids import sigmoid
from nn.losses.base import Loss


class BinaryCrossentropy(Loss):
    """K yes-or-no questions: L = -(1/N) Σ_n (1/K) Σ_k (t log p + (1 - t) log (1 - p)).

    Joined with the sigmoid, p = σ(z), a term is max(0, z) - z t + log(1 + exp(-|z|)), and

        ∂L/∂z = ((1 - t) p - t (1 - p)) / (N K) = (p - t) / (N K).

    Shapes: probabilities, targets, scores and their gradients (N, K); the loss is one number.

    Example: p = 3/4 where yes is right: -log 3/4 = 0.287682, with the slope -1 / p = -4/3; on the
    score ln 3: p - t = -1/4.

    >>> loss = BinaryCrossentropy()
    >>> value, cache = loss.forward(np.array([[0.75]]), np.array([[1.0]]))
    >>> round(value, 6), loss.backward(cache).round(6).tolist()
    (0.287682, [[-1.333333]])
    >>> value, dscores = loss.of_scores(np.log([[3.0]]), np.array([[1.0]]))
    >>> round(value, 6), dscores.round(6).tolist()
    (0.287682, [[-0.25]])

    References:
        C. M. Bishop: Pattern recognition and machine learning, 2006, equation 4.90.
    """

    name = "binary_crossentropy"
    joined_with = "sigmoid"

    def labels_of(self, labels: NDArray, outputs: int, argument: str) -> NDArray:
        """(N, K) from 0 to 1; (N,) is enough for one output."""
        labels = super().labels_of(labels, outputs, argument)
        if labels.min(initial=0) < 0 or labels.max(initial=0) > 1:
            raise InputError(f"{argument}: expected targets from 0 to 1, got {labels.min()} to {labels.max()}")
        return labels

    def each(self, probabilities: NDArray, targets: NDArray) -> NDArray:
        """The mean over the K questions; probabilities are kept 1e-7 away from 0 and 1."""
        p = np.clip(probabilities, 1e-7, 1 - 1e-7)
        return -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean(axis=-1, dtype=np.float64)

    def backward(self, cache: tuple[NDArray, NDArray]) -> NDArray:
        """∂L/∂p = (p - t) / (p (1 - p)) / (N K); 0 where p was clipped."""
        probabilities, targets = cache
        p = np.clip(probabilities, 1e-7, 1 - 1e-7)
        gradient = (p - targets) / (p * (1 - p)) / p.size
        return np.where(p == probabilities, gradient, 0).astype(probabilities.dtype)

    def each_of_scores(self, scores: NDArray, targets: NDArray) -> NDArray:
        """max(0, z) - z t + log(1 + exp(-|z|)), the mean over the K questions."""
        terms = np.maximum(scores, 0) - scores * targets + np.log1p(np.exp(-np.abs(scores)))
        return terms.mean(axis=-1, dtype=np.float64)

    def of_outputs(self, outputs: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """Refuses what cannot be a probability."""
        if outputs.min(initial=0) < 0 or outputs.max(initial=0) > 1 + 1e-6:
            raise InputError(
                f"loss: {self.name} takes probabilities, but the last layer gives values outside of 0 to 1; let the network end "
                "in activation='sigmoid', or use BinaryCrossentropy(from_logits=True)"
            )
        return super().of_outputs(outputs, targets)

    def of_scores(self, scores: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """The mean loss of σ(scores), and ∂L/∂scores."""
        value = self.each_of_scores(scores, targets).sum() / len(scores)
        return float(value), ((sigmoid(scores) - targets) / scores.size).astype(scores.dtype)
