"""Exercise `batch_norm`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, backward_cases, defined, passes, random_case
from nn.layers import BatchNormalization


def batch_norm_forward(x: NDArray, gamma: NDArray, beta: NDArray, epsilon: float) -> NDArray:
    """Batch normalization while training: each channel with mean 0 and variance 1 over the batch, then
    scaled by gamma and shifted by beta.

    Shapes: x (N, ..., C), vectors or images; gamma and beta (C,); returns out like x. There are M
    values of a channel: N samples, or N·H·W pixels. Below, r counts them.

        μ = Σ_r x_r / M,    σ² = Σ_r (x_r - μ)² / M,    y_r = (x_r - μ) / √(σ² + epsilon)
        out_r = gamma · y_r + beta

    Example: x = ((1,), (5,)), gamma = 10, beta = 7 and epsilon = 0 give out = ((-3,), (17,)).
    """
    # Step 1: μ and σ² of each channel: over which axes?
    raise NotImplementedError


def batch_norm_backward(dout: NDArray, x: NDArray, gamma: NDArray, epsilon: float) -> tuple[NDArray, NDArray, NDArray]:
    """The gradients of batch normalization. x_r touches every out of its channel: its own y_r, and
    all of them through μ and through σ².

    Shapes: dout and x (N, ..., C), gamma (C,); returns dx like x, dgamma (C,), dbeta (C,).

    Write s = √(σ² + epsilon). x_r touches y_q, of each q, with the factor

        [q = r] / s - 1 / (M s) - y_q y_r / (M s)

    Sum dout_q · gamma times this over q; dgamma and dbeta appear in it.
    """
    # Step 2: dbeta and dgamma. Which out_r do they touch, with what factor?
    # Step 3: dx, from the three terms above.
    raise NotImplementedError


def _cases() -> list[Case]:
    first = {"x": np.array([[1.0], [5.0]]), "gamma": np.array([10.0]), "beta": np.array([7.0]), "epsilon": 0.0}
    cases = [Case(EXAMPLE, first)]
    for title, shape, epsilon in (("the case of vectors", (5, 3), 0.5), ("the case of images", (3, 2, 4, 3), 0.1)):
        cases.append(random_case(title, {"x": shape, "gamma": (3,), "beta": (3,)}, epsilon=epsilon))
    return cases


def _layer(epsilon: float) -> BatchNormalization:
    return BatchNormalization(epsilon=max(epsilon, 1e-300))  # it takes an ε above 0


def _right(x: NDArray, gamma: NDArray, beta: NDArray, epsilon: float) -> Outputs:
    return passes(_layer(epsilon), x, gamma=gamma, beta=beta)


def _gradients(dout: NDArray, x: NDArray, gamma: NDArray, epsilon: float) -> Outputs:
    return passes(_layer(epsilon), x, dout, gamma=gamma, beta=0 * gamma)


FORWARD = """
def plain(x, gamma, beta, epsilon, ddof=0):
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, ddof=ddof, keepdims=True)
    y = (x - mean) / np.sqrt(variance + epsilon)
    return gamma * y + beta
"""
forward_pass = defined(FORWARD)

BATCH_NORM = Exercise(
    name="batch_norm",
    title="batch normalization and its long way back",
    solution="nn/layers/batch_normalization.py",
    hints=(
        "All axes but the last: tuple(range(x.ndim - 1)). The variance divides by M, as NumPy's var does by itself.",
        "beta touches every out_r of its channel with factor 1, gamma with factor y_r: two sums over the axes of step 1.",
        "The sum over q gives gamma / s · (dout_r - Σ_q dout_q / M - y_r · Σ_q dout_q y_q / M). You have both sums already.",
    ),
    tasks=(
        Task(
            batch_norm_forward,
            outputs=("out",),
            right=_right,
            cases=_cases,
            plain=FORWARD,
            mistakes="""
the mean is taken over the samples only; in images it runs over the pixels, too | tuple(range(x.ndim - 1)) | 0
the mean is taken over the channels; each channel has its own | tuple(range(x.ndim - 1)) | -1
the mean is taken over everything; each channel has its own | tuple(range(x.ndim - 1)) | None
the mean is taken over each sample; it should be over the batch | tuple(range(x.ndim - 1)) | tuple(range(1, x.ndim))
the variance is divided by M - 1; divide by M | ddof=0 | ddof=1
the root is missing: divide by √(σ² + epsilon) | np.sqrt(variance + epsilon) | (variance + epsilon)
epsilon is outside the root: it is √(σ² + epsilon) | np.sqrt(variance + epsilon) | (np.sqrt(variance) + epsilon)
epsilon is missing | variance + epsilon | variance
the mean is not subtracted | (x - mean) | x
the mean is subtracted twice | (x - mean) | (x - 2 * mean)
the variance is taken without the mean; it is the mean of (x - μ)²
    | x.var(axis=axes, ddof=ddof, keepdims=True) | (x**2).mean(axis=axes, keepdims=True)
gamma and beta are exchanged | gamma * y + beta | beta * y + gamma
beta is multiplied by gamma; it is added at the end | gamma * y + beta | gamma * (y + beta)
gamma and beta are missing | gamma * y + beta | y
beta is missing | gamma * y + beta | gamma * y
gamma is missing | gamma * y | y
""",
        ),
        Task(
            batch_norm_backward,
            outputs=("dx", "dgamma", "dbeta"),
            right=_gradients,
            cases=lambda: backward_cases(_cases(), forward_pass, np.array([1.0, 0.0]), without="beta")[1:],
            forward=lambda x, gamma, epsilon: forward_pass(x, gamma, 0 * gamma, epsilon),
            plain="""
def plain(dout, x, gamma, epsilon):
    axes = tuple(range(x.ndim - 1))
    M = x.size // len(gamma)
    s = np.sqrt(x.var(axis=axes) + epsilon)
    y = (x - x.mean(axis=axes)) / s
    dgamma, dbeta = (dout * y).sum(axis=axes), dout.sum(axis=axes)
    dx = gamma / s * (dout - dbeta / M - y * dgamma / M)
    return dx, dgamma, dbeta
""",
            mistakes="""
μ and σ² are taken as constants; x touches all outputs of its channel through them | - dbeta / M - y * dgamma / M |
the way through σ² is missing: the term - y_r · dgamma / M | - y * dgamma / M |
the way through μ is missing: the term - dbeta / M | - dbeta / M |
the sums are divided by N; in images there are M = N·H·W values of a channel | x.size // len(gamma) | len(x)
gamma is missing in dx | gamma / s | 1 / s
the division by s is missing in dx | gamma / s | gamma
dx is divided by s twice | gamma / s | gamma / s / s
epsilon is missing | + epsilon |
the variance is divided by M - 1; divide by M | x.var(axis=axes) | x.var(axis=axes, ddof=1)
M counts all values; only those of one channel count | // len(gamma) |
gamma is multiplied twice in dx | gamma / s | gamma**2 / s
the sign of y_r · dgamma / M is wrong; it is subtracted | - y * | + y *
the sign of dbeta / M is wrong; it is subtracted | dout - dbeta | dout + dbeta
dgamma takes dout alone; gamma's factor is y | return dx, dgamma | return dx, dbeta
dbeta is multiplied by gamma; beta's factor is 1 | return dx, dgamma, dbeta | return dx, dgamma, gamma * dbeta
the sums run over the samples only; in images they run over the pixels, too | tuple(range(x.ndim - 1)) | 0
dgamma takes dout alone; gamma's factor is y | (dout * y) | dout
dgamma is taken with x; gamma's factor is y, the normalized x | (dout * y) | (dout * x)
dgamma is taken with x; gamma's factor is y, the normalized x | return dx, dgamma | return dx, (dout * x).sum(axes)
dgamma is the mean over the channel's values; it should be the sum | return dx, dgamma | return dx, dgamma / M
dbeta is the mean over the channel's values; it should be the sum | return dx, dgamma, dbeta | return dx, dgamma, dbeta / M
the sum runs over the samples only; in images it runs over the pixels, too | return dx, dgamma | return dx, (dout * y).sum(axis=0)
the sum runs over the samples only; in images it runs over the pixels, too
    | return dx, dgamma, dbeta | return dx, dgamma, dout.sum(axis=0)
""",
        ),
    ),
)
