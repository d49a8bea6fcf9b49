"""Exercises `conv2d` and `conv2d_backward`: the convolution and its gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, backward_cases, defined, passes, random_case
from nn.layers import Conv2D


def conv2d_forward(x: NDArray, kernel: NDArray, bias: NDArray) -> NDArray:
    """A convolution as four loops: over the samples, the rows, the columns and the filters of out.
    As everywhere in deep learning, the kernel is not flipped.

    Shapes: x (N, H, W, C), kernel (KH, KW, C, F), bias (F,); returns out (N, H-KH+1, W-KW+1, F).

        out[n,i,j,f] = bias[f] + Σ_{ki,kj,c} x[n, i+ki, j+kj, c] · kernel[ki,kj,c,f]

    Example: one row of pixels x = (1, 2, 3), the kernel (10, 1) and the bias 0.5 give
    out = (12.5, 23.5).
    """
    # Step 1: an empty out. How many positions has a kernel of KH rows in an image of H rows?
    # Step 2: four loops, and in them the patch of x that out[n,i,j,f] looks at.
    # Step 3: out[n,i,j,f] from the patch, the filter f and its bias.
    raise NotImplementedError


def conv2d_backward(dout: NDArray, x: NDArray, kernel: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """The three gradients of a convolution. For each variable ask: which outputs does it touch, and
    with what factor?

    Shapes: dout (N, OH, OW, F), x (N, H, W, C), kernel (KH, KW, C, F); returns dx like x, dkernel
    like kernel, dbias (F,).

        out[n,i,j,f] = bias[f] + Σ_{ki,kj,c} x[n, i+ki, j+kj, c] · kernel[ki,kj,c,f]

    Example: x = (1, 2, 3), the kernel (10, 1) and dout = (1, 2) give dx = (10, 21, 2), dkernel =
    (5, 8) and dbias = 3.
    """
    # Step 1: dbias[f]. Which outputs does bias[f] touch?
    # Step 2: four loops over dout, as on the way forward. Each dout[n,i,j,f] adds something to dkernel.
    # Step 3: in the same loops, it adds something to dx.
    raise NotImplementedError


def _forward_cases() -> list[Case]:
    row = {"x": np.array([1.0, 2.0, 3.0]), "kernel": np.array([10.0, 1.0]), "bias": np.array([0.5])}
    shapes = {"x": (1, 1, 3, 1), "kernel": (1, 2, 1, 1), "bias": (1,)}
    cases = [Case(EXAMPLE, {name: array.reshape(shapes[name]) for name, array in row.items()})]
    for title, image, kernel in (
        ("the case of one gray image and a 2x2 kernel", (1, 4, 4, 1), (2, 2, 1, 1)),
        ("the case of two filters", (3, 4, 4, 1), (3, 3, 1, 2)),
        ("the case of four colour images and a 2x3 kernel", (4, 5, 6, 3), (2, 3, 3, 2)),
    ):
        cases.append(random_case(title, {"x": image, "kernel": kernel, "bias": kernel[3:]}))
    return cases


def _backward_cases() -> list[Case]:
    return backward_cases(_forward_cases(), forward_pass, np.array([1.0, 2.0]), without="bias")


def _right(x: NDArray, kernel: NDArray, bias: NDArray) -> Outputs:
    return passes(Conv2D(kernel.shape[3], kernel.shape[:2]), x, kernel=kernel, bias=bias)


def _gradients(dout: NDArray, x: NDArray, kernel: NDArray) -> Outputs:
    return passes(Conv2D(kernel.shape[3], kernel.shape[:2]), x, dout, kernel=kernel, bias=np.zeros(kernel.shape[3]))


FORWARD = """
def plain(x, kernel, bias):
    KH, KW, C, F = kernel.shape
    OH, OW = x.shape[1] - KH + 1, x.shape[2] - KW + 1
    out = np.zeros((len(x), OH, OW, F))
    for i, j in np.ndindex(OH, OW):
        patch = x[:, i : i + KH, j : j + KW]
        out[:, i, j] = np.tensordot(patch, kernel, 3) + bias
    return out
"""
forward_pass = defined(FORWARD)
FORWARD_MISTAKES = """
the kernel is flipped; x[n, i+ki, j+kj] belongs to kernel[ki,kj] | patch, kernel | patch, kernel[::-1, ::-1]
the kernel is flipped along one axis | patch, kernel | patch, kernel[::-1]
the kernel is flipped along one axis | patch, kernel | patch, kernel[:, ::-1]
the kernel's rows and columns are exchanged | patch, kernel | patch, kernel.transpose(1, 0, 2, 3)
the kernel's rows and columns are exchanged
    | np.tensordot(patch, kernel, 3) | (patch[..., None] * kernel.transpose(1, 0, 2, 3)).sum((1, 2, 3))
KH and KW are exchanged in the patch: it has KH rows and KW columns
    | np.tensordot(patch, kernel, 3) | (x[:, i : i + KW, j : j + KH, :, None] * kernel).sum((1, 2, 3))
the greatest product is taken; it should be the sum
    | np.tensordot(patch, kernel, 3) | (patch[..., None] * kernel).max((1, 2, 3))
the height and the width of out are exchanged | OH, OW, F)) | OW, OH, F))
the bias is missing | + bias |
the bias is added once for each weight; add it once for each output | + bias | + KH * KW * C * bias
the bias is added once for each channel; add it once for each output | + bias | + C * bias
every filter gets the bias of the first | + bias | + bias[0]
only the first channel is summed; the sum runs over c too | patch, kernel | patch[..., :1], kernel[:, :, :1]
each channel overwrites the sum; add up | patch, kernel | patch[..., -1:], kernel[:, :, -1:]
each weight overwrites the sum; add up | patch, kernel | patch[:, -1:, -1:, -1:], kernel[-1:, -1:, -1:]
the channels of the kernel run backwards | patch, kernel | patch, kernel[:, :, ::-1]
the first filter is used for all | patch, kernel | patch, kernel[..., :1]
the mean over the patch is taken; it should be the sum | patch, kernel, 3) | patch, kernel, 3) / (KH * KW * C)
the last row and column are left out: there are H-KH+1 positions | - KH + 1 | - KH | - KW + 1 | - KW
the last row and column stay 0: there are H-KH+1 positions | ndindex(OH, OW) | ndindex(OH - 1, OW - 1)
the last row stays 0: there are H-KH+1 positions | ndindex(OH, OW) | ndindex(OH - 1, OW)
the last column stays 0: there are W-KW+1 positions | ndindex(OH, OW) | ndindex(OH, OW - 1)
every sample is computed from the first image | x[:, i | x[:1, i
"""

BACKWARD = """
def plain(dout, x, kernel):
    KH, KW = kernel.shape[:2]
    dx, dkernel = np.zeros_like(x), np.zeros_like(kernel)
    for n, i, j, f in np.ndindex(dout.shape):
        patch = n, slice(i, i + KH), slice(j, j + KW)
        dkernel[..., f] += dout[n, i, j, f] * x[patch]
        dx[patch] += dout[n, i, j, f] * kernel[..., f]
    dbias = dout.sum(axis=(0, 1, 2))
    return dx, dkernel, dbias
"""
BACKWARD_MISTAKES = """
the filter is flipped: dout[i,j] · kernel[ki,kj] goes to dx[i+ki, j+kj] | * kernel[..., f] | * kernel[::-1, ::-1, :, f]
the filter is flipped along one axis in dx | * kernel[..., f] | * kernel[::-1, :, :, f]
the filter is flipped along one axis in dx | * kernel[..., f] | * kernel[:, ::-1, :, f]
dx takes x; its factor is the kernel | * kernel[..., f] | * x[patch]
the filter is flipped: dkernel[ki,kj] belongs to x[i+ki, j+kj] | return dx, dkernel | return dx, dkernel[::-1, ::-1]
patches overwrite each other in dx; add up instead | dx[patch] += | dx[patch] =
the gradient of every sample goes to the first in dx | dx[patch] += | dx[(0, *patch[1:])] +=
the last row of dout is left out | KH, KW = | dout = dout.copy(); dout[:, -1] = 0; KH, KW =
the last column of dout is left out | KH, KW = | dout = dout.copy(); dout[:, :, -1] = 0; KH, KW =
the last row and column of dout are left out | KH, KW = | dout = dout.copy(); dout[:, -1] = dout[:, :, -1] = 0; KH, KW =
each output overwrites dkernel; add up instead | dkernel[..., f] += | dkernel[..., f] =
the gradient is taken from the first sample alone; sum over the batch | * x[patch] | * x[patch] * (n == 0)
the gradient is taken from the last sample alone; add up over the batch | * x[patch] | * x[patch] * (n == len(x) - 1)
the gradient is taken from the first sample alone; sum over the batch | dout.sum(axis=(0, 1, 2)) | dout[0].sum((0, 1))
the gradient is taken from the last sample alone; add up over the batch | dout.sum(axis=(0, 1, 2)) | dout[-1].sum((0, 1))
dbias is the mean over the pixels; it should be the sum | dout.sum(axis=(0, 1, 2)) | dout.sum(0).mean((0, 1))
dbias is the mean over samples and pixels; it should be the sum | dout.sum | dout.mean
dbias is summed over everything; each filter has its own | dout.sum(axis=(0, 1, 2)) | dout.sum()
dbias is summed over everything; each filter has its own | dout.sum(axis=(0, 1, 2)) | dout.sum() + 0 * dout[0, 0, 0]
each output overwrites dbias; add up instead | dout.sum(axis=(0, 1, 2)) | dout[-1, -1, -1]
dbias is not summed over all pixels | axis=(0, 1, 2) | axis=(0, 1)
dbias is not summed over the pixels | axis=(0, 1, 2) | axis=0
dbias is not summed over the samples | axis=(0, 1, 2) | axis=(1, 2)
dkernel is the mean over the pixels; it should be the sum | * x[patch] | * x[patch] / dout[0, ..., 0].size
dkernel takes x without the gradient that arrives | dout[n, i, j, f] * x[patch] | x[patch]
dkernel takes the first channel of x for all | * x[patch] | * x[patch][..., :1]
only the first filter sends its gradient back to dx; sum over f | * kernel[..., f] | * kernel[..., f] * (f == 0)
dx takes the first filter for all | * kernel[..., f] | * kernel[..., 0]
each filter overwrites dx; sum over f | * kernel[..., f] | * kernel[..., f] * (f == dout.shape[3] - 1)
"""

CONV2D = Exercise(
    name="conv2d",
    title="a convolution as four loops",
    solution="conv2d_forward_naive in nn/kernels/conv.py",
    hints=(
        "In one row of 3 pixels a kernel of 2 fits at 0 and at 1: 3 - 2 + 1 positions. np.zeros makes the array. (np.empty does,"
        " too, but with arbitrary values in it: out[...] += adds to these.)",
        "The patch is a slice of x[n]: rows from i up to, without, i + KH, columns likewise, all channels: shape (KH, KW, C).",
        "The filter kernel[:, :, :, f] has the same shape as the patch. Multiply, sum, add bias[f].",
    ),
    tasks=(Task(conv2d_forward, ("out",), _right, _forward_cases, plain=FORWARD, mistakes=FORWARD_MISTAKES),),
)

CONV2D_BACKWARD = Exercise(
    name="conv2d_backward",
    title="the three gradients of a convolution",
    solution="conv2d_backward_naive in nn/kernels/conv_backward.py",
    hints=(
        "bias[f] is added to out[n,i,j,f] for all n, i and j: a sum over three axes.",
        "out[n,i,j,f] was the sum of patch times filter. So filter f gets the patch times dout[n,i,j,f], added (+=) to what the"
        " other outputs have sent.",
        "And the patch gets the filter times dout[n,i,j,f]. Patches overlap: add to dx, which begins as zeros.",
    ),
    tasks=(
        Task(
            conv2d_backward,
            outputs=("dx", "dkernel", "dbias"),
            right=_gradients,
            cases=_backward_cases,
            plain=BACKWARD,
            mistakes=BACKWARD_MISTAKES,
            forward=lambda x, kernel: forward_pass(x, kernel, np.zeros(kernel.shape[3])),
        ),
    ),
)
