"""Exercise `maxpool`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, backward_cases, defined, passes, random_case
from nn.layers import MaxPooling2D


def maxpool_forward(x: NDArray, size: int, stride: int) -> NDArray:
    """Max-pooling: the greatest value of each window, channel by channel.

    Shapes: x (N, H, W, C); returns out (N, OH, OW, C) with OH = ⌊(H - size) / stride⌋ + 1: what
    does not fill a window is left out.

        out[n,i,j,c] = max_{a,b < size} x[n, i·stride + a, j·stride + b, c]

    Example: x = ((1, 5), (5, 2)), size 2 gives out = 5.
    """
    # Step 1: the shape of out, and the window of x that each of its entries looks at.
    raise NotImplementedError


def maxpool_backward(dout: NDArray, x: NDArray, size: int, stride: int) -> NDArray:
    """The gradient of max-pooling. Only the greatest value of a window has touched the output. Of
    several equal ones, the first in reading order takes all.

    Shapes: dout (N, OH, OW, C), x (N, H, W, C); returns dx like x.

    Example: x = ((1, 5), (5, 2)), size 2 and dout = 7 give dx = ((0, 7), (0, 0)).
    """
    # Step 2: in each window, the place of its first maximum.
    # Step 3: dout goes to that place. With a stride below the size, windows overlap.
    raise NotImplementedError


def _pool_right(x: NDArray, size: int, stride: int) -> Outputs:
    return passes(MaxPooling2D(size, stride), x)


def _pool_cases() -> list[Case]:
    first = {"x": np.array([1.0, 5.0, 5.0, 2.0]).reshape(1, 2, 2, 1), "size": 2, "stride": 2}
    ties = {"x": np.random.default_rng(0).integers(-1, 2, (2, 5, 6, 2)) + 0.0, "size": 2, "stride": 2}
    return [
        Case(EXAMPLE, first),
        random_case("the case of windows of 2x2", {"x": (2, 4, 6, 3)}, size=2, stride=2),
        Case("the case of many equal values", ties, note="only windows with equal values are wrong: the first maximum wins"),
        random_case("the case of images with a remainder", {"x": (4, 5, 7, 1)}, size=2, stride=2),
        random_case("the case of overlapping windows", {"x": (3, 5, 5, 2)}, size=3, stride=1),
    ]


FORWARD = """
def plain(x, size, stride):
    N, H, W, C = x.shape
    out = np.zeros((N, (H - size) // stride + 1, (W - size) // stride + 1, C))
    for n, i, j, c in np.ndindex(out.shape):
        row, column = i * stride, j * stride
        window = x[n, row : row + size, column : column + size, c]
        out[n, i, j, c] = window.max()
    return out
"""
forward_pass = defined(FORWARD)

MAXPOOL = Exercise(
    name="maxpool",
    title="max-pooling, and who gets the gradient when values are equal",
    solution="nn/layers/pooling.py and nn/kernels/pool.py",
    hints=(
        "Four loops, over n, i, j and c; the window is x[n, i·stride : i·stride + size, j·stride : ..., c], and .max() is its"
        " greatest value.",
        "window.argmax() counts through the window in reading order and gives the first of equal values. divmod(k, size) is"
        " (row, column).",
        "dx begins as zeros. With overlapping windows one input may win several times: it gets the sum (+=).",
    ),
    tasks=(
        Task(
            maxpool_forward,
            outputs=("out",),
            right=_pool_right,
            cases=_pool_cases,
            plain=FORWARD,
            mistakes="""
the mean of each window is taken; it should be the greatest value | window.max | window.mean
the smallest value of each window is taken | window.max | window.min
the sum of each window is taken; it should be the greatest value | window.max | window.sum
the greatest value is taken over all channels; each has its own | column + size, c] | column + size]
the greatest absolute value is taken | window.max | np.abs(window).max
values below 0 lose against a 0: start with the first value, or with -infinity | max() | max(initial=0)
windows begin at i and j; they should begin at i·stride and j·stride | i * stride, j * stride | i, j
the stride is forgotten | i * stride, j * stride | i, j | (H - size) // stride | H - size | (W - size) // stride | W - size
the number of windows is H // size; it should be (H - size) // stride + 1
    | (H - size) // stride + 1, (W - size) // stride + 1 | H // size, W // size
the stride is always the size | N, H, | stride = size; N, H,
""",
        ),
        Task(
            maxpool_backward,
            outputs=("dx",),
            right=lambda dout, x, size, stride: passes(MaxPooling2D(size, stride), x, dout),
            cases=lambda: backward_cases(_pool_cases(), forward_pass, np.array([7.0])),
            forward=forward_pass,
            plain="""
def plain(dout, x, size, stride):
    dx = np.zeros_like(x)
    for n, i, j, c in np.ndindex(dout.shape):
        row, column = i * stride, j * stride
        place = n, slice(row, row + size), slice(column, column + size), c
        window = x[place]
        wins = (np.arange(size * size) == window.argmax()).reshape(size, size)
        dx[place] += dout[n, i, j, c] * wins
    return dx
""",
            mistakes="""
the gradient of a tie goes to all; only the first maximum in reading order gets it | * wins | * (window == window.max())
the gradient of a tie is divided among all; the first in reading order gets all of it
    | * wins | * (window == window.max()) / (window == window.max()).sum()
the gradient of a tie goes to the last maximum; it should go to the first
    | window.argmax() | size * size - 1 - window[::-1, ::-1].argmax()
the gradient of a tie goes to the first maximum column by column; it should be row by row
    | window.argmax()).reshape(size, size) | window.T.argmax()).reshape(size, size).T
the gradient goes to the smallest value; only the greatest should get it | argmax | argmin
the gradient goes to the greatest absolute value | window.argmax | np.abs(window).argmax
row and column are exchanged within the window: divmod(k, size) is (row, column)
    | .reshape(size, size) | .reshape(size, size).T
the stride is forgotten: the window of dout[n,i,j] begins at i·stride, j·stride | i * stride, j * stride | i, j
an input that wins two windows gets only one gradient; add up
    | dx[place] += dout[n, i, j, c] * wins | dx[place] = np.where(wins, dout[n, i, j, c], dx[place])
every input of a window gets the gradient; only the greatest should | * wins |
the gradient is spread evenly, as for a mean; only the greatest should get it | * wins | / size**2
dout is multiplied by the greatest value; the factor is 1 | * wins | * wins * window
this is where the maxima are; dout is missing | dout[n, i, j, c] * wins | wins
each window overwrites what others have sent; add up | dx[place] += | dx[place] =
""",
        ),
    ),
)
