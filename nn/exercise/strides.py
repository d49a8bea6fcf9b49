"""Exercise `strides`: where windows stand, and what they send back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, backward_cases, defined, passes, random_case
from nn.layers import Conv2D
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

    Example: one row of pixels x = (1, 2, 3), the kernel (10, 1, 100), the bias 0 and strides (1,
    2) give out = (201, 23): the padded row is (0, 1, 2, 3, 0).
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


GEOMETRY = """
    (SH, SW), (KH, KW), (H, W) = strides, kernel.shape[:2], x.shape[1:3]
    OH, OW = -(-H // SH), -(-W // SW)
    rows, columns = max((OH - 1) * SH + KH - H, 0), max((OW - 1) * SW + KW - W, 0)
    above, left = rows // 2, columns // 2
    padded = np.pad(x, ((0, 0), (above, KH + SH), (left, KW + SW), (0, 0)))
"""
FORWARD = f"""
def plain(x, kernel, bias, strides):{GEOMETRY}
    out = np.zeros((len(x), OH, OW, len(bias)))
    for i, j in np.ndindex(OH, OW):
        patch = padded[:, i * SH : i * SH + KH, j * SW : j * SW + KW]
        out[:, i, j] = np.tensordot(patch, kernel, 3) + bias
    return out
"""
forward_pass = defined(FORWARD)

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
the odd zero goes before the image; it should go after the end
    | total // 2, total - total // 2 | total - total // 2, total // 2
the stride is forgotten: that is the padding for stride 1 | (positions - 1) * stride + window - size | window - 1
half of the window is put on both sides, whatever the stride | // 2, total - total // | * 0 + window // 2, window //
the number of positions is one too many where nothing is left over | -(-size // stride) | size // stride + 1
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
            plain=FORWARD,
            mistakes="""
the odd zero of the padding goes before the image | rows // 2, columns // 2 | (rows + 1) // 2, (columns + 1) // 2
the padding is that of stride 1 | rows // 2, columns // 2 | (KH - 1) // 2, (KW - 1) // 2
half of the window is put before, whatever the stride | rows // 2, columns // 2 | KH // 2, KW // 2
the padding repeats the edge of the image; it should be zeros | np.pad(x, | np.pad(mode="edge", array=x, pad_width=
the padding of the rows and that of the columns are exchanged
    | (above, KH + SH), (left, KW + SW) | (left, KH + SH), (above, KW + SW)
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
            cases=lambda: backward_cases(_same_cases(), forward_pass, np.array([1.0, 2.0]), without="bias"),
            forward=lambda x, kernel, strides: forward_pass(x, kernel, np.zeros(kernel.shape[3]), strides),
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
the padding is cut off by `above : -below`, which is empty where below is 0: write above : above + H
    | above : above + H, left : left + W
    | above : above + H if rows > above else 0, left : left + W if columns > left else 0
the padding is cut off one too early: dx begins at row `above` of the padded gradient | above : above + H, left : left + W
    | max(above - 1, 0) :, max(left - 1, 0) : | return dx | return dx[:, :H, :W]
the padding is cut off one too late: dx begins at row `above` of the padded gradient
    | above : above + H, left : left + W | above + 1 : above + 1 + H, left + 1 : left + 1 + W
the padding is not cut off at the beginning: dx begins at row `above` of the padded gradient
    | above : above + H, left : left + W | :H, :W
the padding after the end is cut off at the beginning; cut off `above` and `left` there
    | above : above + H, left : left + W | rows - above : rows - above + H, columns - left : columns - left + W
`above` and `left` are exchanged where the padding is cut off
    | above : above + H, left : left + W | left : left + H, above : above + W
dx has the padding still around it; cut it off | above : above + H, left : left + W | : rows + H, : columns + W
the filter is flipped | * kernel[..., f] | * kernel[::-1, ::-1, :, f]
the filter is flipped in dkernel | dx, dkernel | dx, dkernel[::-1, ::-1]
dkernel takes x; it is the padded image that the kernel has seen | * padded[patch] | * x[patch]
dbias is the mean over samples and pixels; it should be the sum | dout.sum | dout.mean
patches overwrite each other in dx; add up instead | dpadded[patch] += | dpadded[patch] =
the strides are exchanged: SH is for rows, SW for columns
    | slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW) | slice(i * SW, i * SW + KH), slice(j * SH, j * SH + KW)
the stride is forgotten: dout[i,j] goes to the window that begins at i·SH, j·SW
    | slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW) | slice(i, i + KH), slice(j, j + KW)
""",
        ),
    ),
)
