"""Categorical cross-entropy, alone and joined with softmax.

    L = -(1/N) Σ_n Σ_k t[n,k] log p[n,k]

with targets t (N, K), one-hot rows as a rule, and predicted probabilities p (N, K). The division
by N happens here and nowhere else: layers add up what they are given.

Joined with softmax, p = softmax(z), the loss is L = (1/N) Σ_n (logsumexp(z_n) Σ_k t[n,k] - Σ_k t[n,k] z[n,k]), and the chain rule
collapses:

    ∂L/∂z[n,k] = (1/N) Σ_l -(t[n,l] / p[n,l]) p[n,l] ([k = l] - p[n,k]) = (p[n,k] Σ_l t[n,l] - t[n,k]) / N.

No logarithm of a rounded probability is taken and nothing is divided by one, so it stays exact
where p is nearly 0 or 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.kernels import elementwise
from nn.losses.base import Loss


class CategoricalCrossentropy(Loss):
    """The loss of classifiers: how surprised the network is by the right answers, in nats,
    averaged over the samples.

    Shapes: probabilities, targets, logits and their gradients (N, K); the loss is one number.

    Example: p = (1/4, 3/4) where the second class is right costs -log 3/4 = 0.287682; ∂L/∂p = (0,
    -1 / (3/4)) = (0, -4/3).

    >>> loss = CategoricalCrossentropy()
    >>> value, cache = loss.forward(np.array([[0.25, 0.75]]), np.array([[0.0, 1.0]]))
    >>> round(value, 6), loss.backward(cache).round(6).tolist()
    (0.287682, [[-0.0, -1.333333]])

    Joined with softmax, on the scores (0, log 3) that have those probabilities: ∂L/∂z = p - t =
    (1/4, 3/4 - 1).

    >>> value, dlogits = loss.with_softmax(np.log([[1.0, 3.0]]), np.array([[0.0, 1.0]]))
    >>> round(value, 6), dlogits.round(6).tolist()
    (0.287682, [[0.25, -0.25]])

    References:
        C. M. Bishop: Pattern recognition and machine learning, 2006, equations 4.108 and 4.109.
    """

    name = "categorical_crossentropy"
    joined_with = "softmax"

    def labels_of(self, labels: NDArray, outputs: int, argument: str) -> NDArray:
        """Class indices (N,) or (N, 1), or distributions (N, K)."""
        return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 < outputs else labels

    def each(self, probabilities: NDArray, targets: NDArray) -> NDArray:
        """-Σ_k t_k log p_k. Probabilities are kept above 1e-7, as in Keras, so that a certain
        wrong answer costs 16.1.
        """
        return -(targets * np.log(np.maximum(probabilities, 1e-7))).sum(axis=-1, dtype=np.float64)

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

    def of_scores(self, scores: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """As `with_softmax`."""
        return self.with_softmax(scores, targets)

    def of_outputs(self, outputs: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """For outputs that are not a distribution, such as sigmoids, p = outputs / Σ outputs, as
        in Keras.

        With S = Σ_k o_k, ∂p_k/∂o_l = ([k = l] - p_k) / S, so ∂L/∂o_l = (∂L/∂p_l - Σ_k ∂L/∂p_k p_k) / S.
        """
        if outputs.min(initial=0) < 0:
            raise InputError(
                f"loss: {self.name} takes probabilities, but the last layer gives negative values; let the network end in "
                "activation='softmax', or use the class of the loss with from_logits=True"
            )
        total = outputs.sum(axis=-1, keepdims=True)
        p = outputs / total
        value, cache = self.forward(p, targets)
        dp = self.backward(cache)
        return value, (dp - (dp * p).sum(axis=-1, keepdims=True)) / total


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """Categorical cross-entropy whose targets are given as class indices: -log of the one
    probability p[n, t[n]] that counts.

    Shapes: probabilities and their gradients (N, K), targets (N,); the loss is one number.

    Example: as above; the second class is right.

    >>> round(SparseCategoricalCrossentropy()([1], [[0.25, 0.75]]), 6)
    0.287682

    References: as above.
    """

    name = "sparse_categorical_crossentropy"

    def __init__(self, from_logits: bool = False, ignore_class: None = None, **options: Any) -> None:
        if ignore_class is not None or options.get("label_smoothing"):
            raise InputError(f"{type(self).__name__}: there is neither ignore_class nor label_smoothing")
        super().__init__(from_logits, **options)
