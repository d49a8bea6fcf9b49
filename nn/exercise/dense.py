"""Exercises `dense`, `dense_backward` and `relu`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, backward_cases, defined, passes, random_case
from nn.exercise.diagnosis import Answer, same
from nn.layers import Dense, ReLU


def dense_forward(x: NDArray, kernel: NDArray, bias: NDArray) -> NDArray:
    """Every output is a weighted sum of all inputs.

    Shapes: x (N, I), kernel (I, O), bias (O,); returns out (N, O).

        out[n,o] = bias[o] + Σ_i x[n,i] · kernel[i,o]

    Example: x = ((1, 2),), kernel = ((3, 4), (5, 6)), bias = (10, 20) gives out = ((23, 36),).
    """
    # Step 1: the sum over i for one n and one o.
    # Step 2: the same for all n and o at once.
    # Step 3: the bias, once for each output of each sample.
    raise NotImplementedError


def dense_backward(dout: NDArray, x: NDArray, kernel: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """The gradients of a dense layer. For each variable ask: which outputs does it touch, and with
    what factor? Its gradient is the sum of dout times factor over these outputs.

    Shapes: dout (N, O), x (N, I), kernel (I, O); returns dx (N, I), dkernel (I, O), dbias (O,).

        out[n,o] = bias[o] + Σ_i x[n,i] · kernel[i,o],    dout[n,o] = ∂loss/∂out[n,o]

    Example: x = ((1, 2),), kernel = ((3, 4), (5, 6)) and dout = ((1, -1),) give dx = ((-1, -1),),
    dkernel = ((1, -1), (2, -2)), dbias = (1, -1).
    """
    # Step 1: dbias[o]. Which out[n,o] does bias[o] touch?
    # Step 2: dkernel[i,o]. Which out[n,o] does it touch, and what stands beside it there?
    # Step 3: dx[n,i]. The same question; now the sum runs over o.
    raise NotImplementedError


def relu_forward(x: NDArray) -> NDArray:
    """The rectifier: what is below 0 becomes 0.

    Shapes: x of any shape; returns out of the same.

        out = max(0, x)

    Example: x = ((-2, 0, 3),) gives out = ((0, 0, 3),).
    """
    # Step 1: max(0, x), element by element.
    raise NotImplementedError


def relu_backward(dout: NDArray, x: NDArray) -> NDArray:
    """The gradient of the rectifier. At x = 0 any slope from 0 to 1 would do; take 0.

    Shapes: dout and x of one shape; returns dx of the same.

    Example: x = ((-2, 0, 3),) and dout = ((5, -6, -7),) give dx = ((0, 0, -7),).
    """
    # Step 2: the slope of max(0, x), for each element of x.
    # Step 3: the chain rule.
    raise NotImplementedError


def _dense_right(x: NDArray, kernel: NDArray, bias: NDArray) -> Outputs:
    return passes(Dense(len(bias)), x, kernel=kernel, bias=bias)


def _dense_gradients(dout: NDArray, x: NDArray, kernel: NDArray) -> Outputs:
    return passes(Dense(kernel.shape[1]), x, dout, kernel=kernel, bias=np.zeros(kernel.shape[1]))


def _dense_cases() -> list[Case]:
    first = {"x": np.array([[1.0, 2.0]]), "kernel": np.array([[3.0, 4.0], [5.0, 6.0]]), "bias": np.array([10.0, 20.0])}
    square = random_case("the case of three samples, inputs and outputs", {"x": (3, 3), "kernel": (3, 3), "bias": (3,)})
    other = random_case("the case of 4 samples, 3 inputs and 2 outputs", {"x": (4, 3), "kernel": (3, 2), "bias": (2,)})
    return [Case(EXAMPLE, first), square, other]


def _relu_cases() -> list[Case]:
    zeros = {"x": np.random.default_rng(0).integers(-1, 2, (4, 5)) + 0.0}
    first = Case(EXAMPLE, {"x": np.array([[-2.0, 0.0, 3.0]])})
    return [first, Case("the case of many zeros", zeros), random_case("the case of random numbers", {"x": (3, 2, 4)})]


def _leak_or_limit(answers: Sequence[Answer]) -> str:
    """The sentence for a slope below 0, or a greatest value, of the student's choice."""
    if any(np.shape(answer.got[0]) != answer.right[0].shape for answer in answers):
        return ""
    x = np.concatenate([answer.case.arguments["x"].ravel() for answer in answers])
    out = np.concatenate([np.ravel(answer.got[0]) for answer in answers])
    slope, limit = (out[x < 0] / x[x < 0]).mean(), out.max()
    if 0 < slope < 1 and same(out, np.where(x < 0, slope * x, x)):
        return f"values below 0 pass, multiplied by {slope:.6g}; they should become 0"
    if 0 < limit < x.max() and same(out, np.clip(x, 0, limit)):
        return f"values above {limit:.6g} are cut off; only those below 0 should be"
    return ""


DENSE_PLAIN = "def plain(x, kernel, bias):\n    return x @ kernel + bias"
DENSE_FORWARD = defined(DENSE_PLAIN)

DENSE = Exercise(
    name="dense",
    title="a dense layer, forward",
    solution="nn/layers/dense.py",
    hints=(
        "Write two loops, over n and o, and inside them (x[n] * kernel[:, o]).sum(). That is already right.",
        "A matrix product is this very sum: (A @ B)[n,o] = Σ_i A[n,i] · B[i,o]. What are A and B here?",
        "bias has the shape (O,), out (N, O). NumPy adds a vector to every row of a matrix by itself.",
    ),
    tasks=(
        Task(
            dense_forward,
            outputs=("out",),
            right=_dense_right,
            cases=_dense_cases,
            plain=DENSE_PLAIN,
            mistakes="""
the bias is missing | + bias |
the bias is added twice | + bias | + 2 * bias
the bias is subtracted | + bias | - bias
every output gets the bias of the first | + bias | + bias[0]
the bias is added once for each input; add it after the sum | + bias | + len(kernel) * bias
the kernel is transposed: kernel[i,o] leads from input i to output o | @ kernel | @ kernel.T
each input overwrites the sum; add up over i | x @ kernel | x[:, -1:] * kernel[-1]
the product is taken element by element; the sum over i is missing: x @ kernel | @ | *
the last input is left out of the sum | x @ kernel | x[:, :-1] @ kernel[:-1]
the first input is left out of the sum | x @ kernel | x[:, 1:] @ kernel[1:]
outputs below 0 are cut off; that is the exercise relu | x @ kernel + bias | np.maximum(x @ kernel + bias, 0)
every sample is computed from the first sample | x @ | x[[0] * len(x)] @
the mean over i is taken; it should be the sum | @ kernel | @ kernel / len(kernel)
the bias is added along the samples, not along the outputs | + bias | + bias[:, None]
""",
        ),
    ),
)

DENSE_BACKWARD = Exercise(
    name="dense_backward",
    title="a dense layer, backward",
    solution="nn/layers/dense.py",
    hints=(
        "bias[o] is added to out[n,o] of every sample n, with factor 1. So sum dout over the samples.",
        "kernel[i,o] touches out[n,o] of every n, with factor x[n,i]: a sum over n of x[n,i] · dout[n,o]. Which transpose makes"
        " this a matrix product? The shapes (I, N) and (N, O) give (I, O).",
        "x[n,i] touches out[n,o] for every o, with factor kernel[i,o]: a sum over o. The shapes (N, O) and (O, I) give (N, I).",
    ),
    tasks=(
        Task(
            dense_backward,
            outputs=("dx", "dkernel", "dbias"),
            right=_dense_gradients,
            cases=lambda: backward_cases(_dense_cases(), DENSE_FORWARD, np.array([1.0, -1.0]), without="bias"),
            forward=lambda x, kernel: x @ kernel,
            plain="def plain(dout, x, kernel):\n    return dout @ kernel.T, x.T @ dout, dout.sum(axis=0)",
            mistakes="""
the kernel is not transposed in dx: the sum must run over o | kernel.T | kernel.reshape(kernel.shape[1], -1)
the gradient is taken from the first sample alone; sum over the batch | x.T @ dout | x[:1].T @ dout[:1]
the gradient is taken from the last sample alone; add up over the batch | x.T @ dout | x[-1:].T @ dout[-1:]
the gradient is taken from the first sample alone; sum over the batch | dout.sum(axis=0) | dout[0]
the gradient is taken from the last sample alone; add up over the batch | dout.sum(axis=0) | dout[-1]
dbias is summed over the outputs; it should be over the samples | axis=0 | axis=1
dbias is summed over everything; each output has its own | dout.sum(axis=0) | dout.sum()
dbias is summed over everything; each output has its own | dout.sum(axis=0) | dout.sum() + 0 * dout[0]
dbias is not summed over the samples | .sum(axis=0) |
dkernel takes x without the gradient that arrives | x.T @ dout | x.T @ np.ones_like(dout)
x and dout are summed over the samples before they are multiplied; sum their products
    | x.T @ dout | np.outer(x.sum(0), dout.sum(0))
x is not transposed in dkernel: the sum must run over the samples | x.T @ dout | x @ dout
the kernel is not transposed in dx: the sum must run over the outputs | dout @ kernel.T | dout @ kernel
""",
        ),
    ),
)

RELU = Exercise(
    name="relu",
    title="ReLU, forward and backward",
    solution="nn/layers/activations.py",
    hints=(
        "np.maximum compares two arrays (or an array and a number) element by element. np.max is something else.",
        "The slope is 1 where x > 0 and 0 elsewhere: x > 0 is an array of True and False, and these count as 1 and 0.",
        "Each input touches one output only, with its slope as factor: dx is a product, element by element.",
    ),
    tasks=(
        Task(
            relu_forward,
            outputs=("out",),
            right=lambda x: passes(ReLU(), x),
            cases=_relu_cases,
            plain="def plain(x):\n    return np.maximum(x, 0)",
            explain=_leak_or_limit,
            mistakes="""
negative values are mirrored, as an absolute value; they should become 0 | np.maximum(x, 0) | np.abs(x)
the smaller of 0 and x is taken; it should be the greater | maximum | minimum
positive values are replaced by 1; they should stay as they are | np.maximum(x, 0) | (x > 0) + 0.0
nothing is cut off | np.maximum(x, 0) | x
this is the softplus, a smooth function; ReLU has a kink at 0 | np.maximum(x, 0) | np.log1p(np.exp(x))
""",
        ),
        Task(
            relu_backward,
            outputs=("dx",),
            right=lambda dout, x: passes(ReLU(), x, dout),
            cases=lambda: backward_cases(_relu_cases(), lambda x: x, np.array([5.0, -6.0, -7.0])),
            forward=lambda x: np.maximum(x, 0),
            plain="def plain(dout, x):\n    return dout * (x > 0)",
            mistakes="""
the gradient passes at x = 0; the slope there is to be 0 | > | >=
half of the gradient passes at x = 0; the slope there is to be 0 | (x > 0) | ((x > 0) + 0.5 * (x == 0))
the slope is taken from the sign of dout; it depends on that of x | x > 0 | dout > 0
negative gradients are stopped; the slope depends on x alone | dout * | np.maximum(dout, 0) *
this is the slope; the chain rule multiplies it by dout | dout * (x > 0) | (x > 0) + 0.0
dout is multiplied by x; the factor is the slope, 0 or 1 | (x > 0) | np.maximum(x, 0)
the gradient passes everywhere; it should where x > 0 | * (x > 0) |
the gradient passes where x < 0; it should where x > 0 | > | <
""",
        ),
    ),
)
