"""Honest percentages: a temperature for the probabilities, and the line below which a reading is
called unsure.

Both are chosen on images that the network was not trained on (the validation split), never on the
test images.

References:
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger: On calibration of modern neural networks, 2017
        (temperature, ECE).
"""

from __future__ import annotations

import numpy as np

from nn.errors import InputError

BINS = 15


def calibrated(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log p / T) of probabilities (N, K): the same order, honest sizes; float32."""
    if not 0 < temperature < np.inf:
        raise InputError(f"temperature: expected a number above 0, got {temperature}")
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-30)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The T that makes probabilities (N, K) most likely for labels (N,): least mean −log
    softmax(log p / T)[label].

    The loss has one minimum in 1 / T (it is convex there); golden-section search finds it between
    0.2 and 5.
    """
    _check(probabilities, labels)

    def loss(log_temperature: float) -> float:
        right = calibrated(probabilities, float(np.exp(log_temperature)))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(right, 1e-30, dtype=np.float64)).mean())

    shrink = (5**0.5 - 1) / 2
    low, high = np.log(0.2), np.log(5.0)
    for _ in range(40):
        left, right = high - shrink * (high - low), low + shrink * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """ECE: the mean gap between confidence and accuracy, over `bins` equal bins of confidence,
    weighted by their samples.
    """
    return float(
        sum(count * abs(accuracy - confidence) for confidence, accuracy, count in reliability(probabilities, labels, bins))
    )


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> list[tuple[float, float, float]]:
    """The reliability diagram: (mean confidence, accuracy, share of the samples) of every bin that
    is not empty.
    """
    _check(probabilities, labels)
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    number = np.minimum((confidence * bins).astype(int), bins - 1)
    filled = [number == k for k in range(bins) if (number == k).any()]
    return [(float(confidence[b].mean()), float(right[b].mean()), float(b.mean())) for b in filled]


def sure_threshold(probabilities: np.ndarray, doubted: float = 0.012) -> float:
    """The confidence that all but the share `doubted` of these readings (N, K) reach.

    The default leaves room for what is unsure for other reasons than its probability: the goal is
    1.5 % of MNIST's test digits in all.
    """
    if not 0 <= doubted < 1:
        raise InputError(f"doubted: expected a share from 0 to below 1, got {doubted}")
    return float(np.quantile(probabilities.max(axis=1), doubted))


def _check(probabilities: np.ndarray, labels: np.ndarray) -> None:
    if probabilities.ndim != 2 or not len(probabilities) or labels.shape != (len(probabilities),):
        raise InputError(f"expected probabilities (N, K) and labels (N,), got shapes {probabilities.shape} and {labels.shape}")
