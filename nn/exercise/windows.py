"""Exercises `strides` and `maxpool`: where windows stand, and what they send back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, backward_cases, passes, random_case
from nn.layers import Conv2D, MaxPooling2D
from nn.layers.windows import window_geometry

Strides = tuple[int, int]


def padding(size: int, window: int, stride: int) -> tuple[int, int]:
    """How many zeros `same` padding puts before and after one axis of an image.

    There are to be ⌈size / stride⌉ positions of the window. Between the first and the last lie
    (positions - 1) · stride steps; what the axis lacks for that is added, half before and half
    after. If it is odd, the one more goes after the end.

    Example: padding(6, 3, 2) is (0, 1), padding(5, 3, 1) is (1, 1).
    """
    # Step 1: the number of positions, then how many pixels they need in all, then the two halves.
    raise NotImplementedError


def same_forward(x: NDArray, kernel: NDArray, bias: NDArray, strides: tuple[int, int]) -> NDArray:
    """A convolution with strides, and with zeros around the image.

    Shapes: x (N, H, W, C), kernel (KH, KW, C, F), bias (F,), strides (SH, SW); returns out (N,
    ⌈H/SH⌉, ⌈W/SW⌉, F). With p for x and its padding:

        out[n,i,j,f] = bias[f] + Σ_{ki,kj,c} p[n, i·SH + ki, j·SW + kj, c] · kernel[ki,kj,c,f]

    Example: one row of pixels x = (1, 2, 3), the kernel (10, 1, 100), the bias 0 and strides (1, 2)
    give out = (201, 23): the padded row is (0, 1, 2, 3, 0).
    """
    # Step 2: pad both axes (np.pad), then the loops of the exercise conv2d, with strides.
    raise NotImplementedError


def same_backward(dout: NDArray, x: NDArray, kernel: NDArray, strides: tuple[int, int]) -> tuple[NDArray, NDArray, NDArray]:
    """The gradients of the same convolution.

    Shapes: dout (N, ⌈H/SH⌉, ⌈W/SW⌉, F), x (N, H, W, C), kernel (KH, KW, C, F); returns dx like x,
    dkernel like kernel, dbias (F,).
    """
    # Step 3: the gradient for the padded image, of which dx is the inner part.
    raise NotImplementedError


def maxpool_forward(x: NDArray, size: int, stride: int) -> NDArray:
    """Max-pooling: the greatest value of each window, channel by channel.

    Shapes: x (N, H, W, C); returns out (N, OH, OW, C) with OH = ⌊(H - size) / stride⌋ + 1: what does
    not fill a window is left out.

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


def _padding_right(size: int, window: int, stride: int) -> Outputs:
    return window_geometry(size, window, stride, "same")[1:]


def _padding_cases() -> list[Case]:
    sizes = ((6, 3, 2), (5, 3, 1), (7, 4, 1), (7, 4, 3), (8, 2, 2), (5, 1, 3), (28, 5, 3))
    return [Case(f"padding{each}", dict(zip(("size", "window", "stride"), each, strict=True))) for each in sizes]


def _same_right(x: NDArray, kernel: NDArray, bias: NDArray, strides: Strides) -> Outputs:
    return passes(Conv2D(kernel.shape[3], kernel.shape[:2], strides, "same"), x, kernel=kernel, bias=bias)


def _same_gradients(dout: NDArray, x: NDArray, kernel: NDArray, strides: Strides) -> Outputs:
    layer = Conv2D(kernel.shape[3], kernel.shape[:2], strides, "same")
    return passes(layer, x, dout, kernel=kernel, bias=np.zeros(kernel.shape[3]))


def _same_cases() -> list[Case]:
    row = {"x": np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1), "kernel": np.array([10.0, 1.0, 100.0]).reshape(1, 3, 1, 1)}
    cases = [Case(EXAMPLE, {**row, "bias": np.zeros(1), "strides": (1, 2)})]
    for title, image, kernel, strides in (
        ("the case of stride 1", (2, 4, 5, 2), (5, 5, 2, 3), (1, 1)),
        ("the case of stride 2, where the padding is odd", (3, 6, 6, 1), (3, 3, 1, 2), (2, 2)),
        ("the case of a 4x3 kernel and strides (2, 3)", (4, 7, 8, 2), (4, 3, 2, 2), (2, 3)),
    ):
        cases.append(random_case(title, {"x": image, "kernel": kernel, "bias": kernel[3:]}, strides=strides))
    return cases


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


GEOMETRY = """
    (SH, SW), (KH, KW), (H, W) = strides, kernel.shape[:2], x.shape[1:3]
    OH, OW = -(-H // SH), -(-W // SW)
    rows, columns = max((OH - 1) * SH + KH - H, 0), max((OW - 1) * SW + KW - W, 0)
    above, left = rows // 2, columns // 2
    padded = np.pad(x, ((0, 0), (above, KH + SH), (left, KW + SW), (0, 0)))
"""

STRIDES = Exercise(
    name="strides",
    title="stride and padding, and the way back through both",
    solution="nn/layers/windows.py and nn/layers/conv2d.py",
    hints=(
        "⌈a / b⌉ is -(-a // b). The positions need (positions - 1) · stride + window pixels; what is missing is that minus size,"
        " and at least 0.",
        "np.pad(x, ((0, 0), (above, below), (left, right), (0, 0))). Position (i, j) begins at row i·SH, column j·SW of the"
        " padded image; i counts positions, not rows.",
        "Work with padded x and a dpadded of its shape, as in conv2d_backward. Then dx begins at row `above` and has H rows:"
        " dpadded[:, above : above + H, ...].",
    ),
    tasks=(
        Task(
            padding,
            outputs=("before", "after"),
            right=_padding_right,
            cases=_padding_cases,
            plain="""
def plain(size, window, stride):
    positions = -(-size // stride)
    total = max((positions - 1) * stride + window - size, 0)
    return total // 2, total - total // 2
""",
            mistakes="""
the odd zero goes before the image; it should go after the end | return total | return (total + 1)
the stride is forgotten: that is the padding for stride 1 | (positions - 1) * stride + window - size | window - 1
half of the window is put on both sides, whatever the stride | // 2, total - total // | * 0 + window // 2, window //
the number of positions is rounded down; it is ⌈size / stride⌉ | -(-size // stride) | size // stride
where nothing is missing, the padding is 0; it cannot be negative | max( | min(10**9, | , 0) | )
between the first and the last position lie positions - 1 steps | (positions - 1) | positions
all zeros go after the end; half of them belong before | total // 2, total - total // 2 | 0, total
""",
        ),
        Task(
            same_forward,
            outputs=("out",),
            right=_same_right,
            cases=_same_cases,
            plain=f"""
def plain(x, kernel, bias, strides):{GEOMETRY}
    out = np.zeros((len(x), OH, OW, len(bias)))
    for i, j in np.ndindex(OH, OW):
        patch = padded[:, i * SH : i * SH + KH, j * SW : j * SW + KW]
        out[:, i, j] = np.tensordot(patch, kernel, 3) + bias
    return out
""",
            mistakes="""
the odd zero of the padding goes before the image | rows // 2, columns // 2 | (rows + 1) // 2, (columns + 1) // 2
the padding is that of stride 1 | rows // 2, columns // 2 | (KH - 1) // 2, (KW - 1) // 2
half of the window is put before, whatever the stride | rows // 2, columns // 2 | KH // 2, KW // 2
all padding is after the end | rows // 2, columns // 2 | 0, 0
all padding is before the image | rows // 2, columns // 2 | rows, columns
the strides are exchanged: SH is for rows, SW for columns | (SH, SW), (KH | (SW, SH), (KH
the strides are exchanged: SH is for rows, SW for columns
    | i * SH : i * SH + KH, j * SW : j * SW + KW | i * SW : i * SW + KH, j * SH : j * SH + KW
the stride is forgotten: position i begins at row i·SH | i * SH : i * SH + KH, j * SW : j * SW + KW | i : i + KH, j : j + KW
the bias is missing | + bias |
the kernel is flipped | patch, kernel | patch, kernel[::-1, ::-1]
""",
        ),
        Task(
            same_backward,
            outputs=("dx", "dkernel", "dbias"),
            right=_same_gradients,
            cases=lambda: backward_cases(_same_cases(), _same_right, np.array([1.0, 2.0]), without="bias"),
            forward=lambda x, kernel, strides: _same_right(x, kernel, np.zeros(kernel.shape[3]), strides)[0],
            plain=f"""
def plain(dout, x, kernel, strides):{GEOMETRY}
    dpadded, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
    for n, i, j, f in np.ndindex(dout.shape):
        patch = n, slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW)
        dkernel[..., f] += dout[n, i, j, f] * padded[patch]
        dpadded[patch] += dout[n, i, j, f] * kernel[..., f]
    dx = dpadded[:, above : above + H, left : left + W]
    return dx, dkernel, dout.sum(axis=(0, 1, 2))
""",
            mistakes="""
the padding is cut off one too early: dx begins at row `above` of the padded gradient | above : above + H, left : left + W
    | max(above - 1, 0) :, max(left - 1, 0) : | return dx | return dx[:, :H, :W]
the padding is cut off one too late: dx begins at row `above` of the padded gradient
    | above : above + H, left : left + W | above + 1 : above + 1 + H, left + 1 : left + 1 + W
the padding is not cut off at the beginning: dx begins at row `above` of the padded gradient
    | above : above + H, left : left + W | :H, :W
dx has the padding still around it; cut it off | above : above + H, left : left + W | : rows + H, : columns + W
the filter is flipped | * kernel[..., f] | * kernel[::-1, ::-1, :, f]
the filter is flipped in dkernel | dx, dkernel | dx, dkernel[::-1, ::-1]
patches overwrite each other in dx; add up instead | dpadded[patch] += | dpadded[patch] =
the strides are exchanged: SH is for rows, SW for columns
    | slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW) | slice(i * SW, i * SW + KH), slice(j * SH, j * SH + KW)
""",
        ),
    ),
)

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
            plain="""
def plain(x, size, stride):
    N, H, W, C = x.shape
    out = np.zeros((N, (H - size) // stride + 1, (W - size) // stride + 1, C))
    for n, i, j, c in np.ndindex(out.shape):
        row, column = i * stride, j * stride
        window = x[n, row : row + size, column : column + size, c]
        out[n, i, j, c] = window.max()
    return out
""",
            mistakes="""
the mean of each window is taken; it should be the greatest value | window.max | window.mean
the smallest value of each window is taken | window.max | window.min
the sum of each window is taken; it should be the greatest value | window.max | window.sum
the greatest value is taken over all channels; each has its own | column + size, c] | column + size]
the greatest absolute value is taken | window.max | np.abs(window).max
values below 0 lose against a 0: start with the first value, or with -infinity | max() | max(initial=0)
windows begin at i and j; they should begin at i·stride and j·stride | i * stride, j * stride | i, j
the stride is forgotten | i * stride, j * stride | i, j | (H - size) // stride | H - size | (W - size) // stride | W - size
the stride is always the size | N, H, | stride = size; N, H,
""",
        ),
        Task(
            maxpool_backward,
            outputs=("dx",),
            right=lambda dout, x, size, stride: passes(MaxPooling2D(size, stride), x, dout),
            cases=lambda: backward_cases(_pool_cases(), _pool_right, np.array([7.0])),
            forward=lambda x, size, stride: _pool_right(x, size, stride)[0],
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
