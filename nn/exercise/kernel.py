"""Exercise `kernel`: the convolution and its gradients, compiled."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import Exercise, Wrong, random_case
from nn.exercise.convolution import BACKWARD_MISTAKES, CONV2D, CONV2D_BACKWARD, FORWARD_MISTAKES

FASTER = 30
INTERPRETED = 3.0  # times as fast: below this, the loops are those of Python
SPEED_SHAPES = {"x": (8, 14, 14, 4), "kernel": (3, 3, 4, 8), "bias": (8,)}


def conv2d_into(x: NDArray, kernel: NDArray, bias: NDArray, out: NDArray) -> None:
    """The convolution of the exercise `conv2d`, compiled by Numba, at least 30 times as fast as its
    four loops. Numba likes plain loops over single numbers: there will be seven of them.

    Shapes: x (N, H, W, C), kernel (KH, KW, C, F), bias (F,), out (N, H-KH+1, W-KW+1, F). It writes
    into out, whatever that held before, and returns nothing.
    """
    # Step 1: @numba.njit above `def`, and four loops over the shape of out.
    # Step 2: three loops more, and the sum in a variable.
    # Step 3: which loop is the innermost? Neighbours in memory are read fastest.
    raise NotImplementedError


def conv2d_backward_into(dout: NDArray, x: NDArray, kernel: NDArray, dx: NDArray, dkernel: NDArray, dbias: NDArray) -> None:
    """The gradients of the exercise `conv2d_backward`, in the same way.

    Shapes as there. It writes into dx, dkernel and dbias, whatever these held before, and returns
    nothing.
    """
    raise NotImplementedError


# What the arrays hold before a compiled kernel writes into them.
BEFORE = 7.0
INTO_MISTAKES = """
out is added to what it held before; write the sum into it | return out | return out + 7.0
out is not written to | return out | return 0 * out + 7.0
"""
BACKWARD_INTO_MISTAKES = """
it is added to what dx held before; begin with zeros | return dx | return dx + 7.0
it is added to what dkernel held before; begin with zeros | dkernel, dbias | dkernel + 7.0, dbias
it is added to what dbias held before; begin with zeros | dkernel, dbias | dkernel, dbias + 7.0
"""


def _returning(*shapes: Callable[..., tuple[int, ...]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Turns a function that writes into its last arguments into one that returns these."""

    def adapt(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: NDArray) -> Any:
            outputs = tuple(np.full(shape(*arguments), BEFORE) for shape in shapes)
            function(*arguments, *outputs)
            return outputs

        return call

    return adapt


def _out_shape(x: NDArray, kernel: NDArray, bias: NDArray) -> tuple[int, ...]:
    return len(x), x.shape[1] - kernel.shape[0] + 1, x.shape[2] - kernel.shape[1] + 1, len(bias)


def four_loops(x: NDArray, kernel: NDArray, bias: NDArray) -> NDArray:
    """What a compiled kernel must be faster than: four loops of Python, each patch by NumPy."""
    out = np.empty(_out_shape(x, kernel, bias))
    KH, KW = kernel.shape[:2]
    for n, i, j, f in np.ndindex(out.shape):
        out[n, i, j, f] = (x[n, i : i + KH, j : j + KW] * kernel[..., f]).sum() + bias[f]
    return out


def _check_speed(functions: Mapping[str, Callable[..., Any]]) -> str:
    """How many times as fast as the four loops the student's kernel is, by the time that this thread has run."""
    function, arguments = functions["conv2d_into"], random_case("", SPEED_SHAPES).arguments

    def seconds(call: Callable[..., Any], runs: int) -> float:
        begun = time.thread_time()
        for _ in range(runs):
            call(**arguments)
        return (time.thread_time() - begun) / runs

    times = min(seconds(four_loops, 1) for _ in range(3)) / min(seconds(function, 10) for _ in range(3))
    if times < FASTER:
        compiled = "is @numba.njit in the line above def?" if times < INTERPRETED else "which loop is the innermost (--hint 3)?"
        raise Wrong(f"it is {times:.1f} times as fast as four loops of Python, and should be {FASTER} times as fast; {compiled}")
    return f"{times:.0f} times as fast as four loops of Python"


KERNEL = Exercise(
    name="kernel",
    title=f"the convolution and its gradients in Numba, {FASTER} times as fast",
    solution="nn/kernels/conv.py, and nn/kernels/README.md",
    hints=(
        "Write @numba.njit in the line above def. Inside, range(out.shape[0]) and x[n, i + ki, j + kj, c] are compiled to machine"
        " code; a slice such as x[n, i : i + KH] would make a new object each time.",
        "total = bias[f], then total += x[...] * kernel[...] in the three loops, then out[n, i, j, f] = total.",
        "kernel[ki, kj, c, f] and kernel[ki, kj, c, f + 1] are neighbours in memory. With f as the innermost loop, and out as the"
        " place of the sums, the compiler can take several filters at once.",
    ),
    imports="import numba\nfrom numpy.typing import NDArray",
    seconds=60.0,
    tasks=(
        replace(
            CONV2D.tasks[0],
            stub=conv2d_into,
            mistakes=INTO_MISTAKES + FORWARD_MISTAKES,
            adapt=_returning(_out_shape),
            check=_check_speed,
        ),
        replace(
            CONV2D_BACKWARD.tasks[0],
            stub=conv2d_backward_into,
            mistakes=BACKWARD_INTO_MISTAKES + BACKWARD_MISTAKES,
            forward=None,
            adapt=_returning(
                lambda dout, x, kernel: x.shape,
                lambda dout, x, kernel: kernel.shape,
                lambda dout, x, kernel: kernel.shape[3:],
            ),
        ),
    ),
)
