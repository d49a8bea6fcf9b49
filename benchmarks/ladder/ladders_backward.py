"""The ladders of the backward passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.ladder import kernels as ladder_kernels
from benchmarks.ladder.rungs import STRIDES, WINDOW, Ladder, Rung, Second
from nn.kernels import conv, conv_backward, conv_pool_backward, elementwise, pool
from nn.kernels.memory import aligned, aligned_copy


def backward(given: Second) -> Ladder:
    """All three gradients of the convolution, from the gradient behind ReLU and pooling."""
    ladder = Ladder("backward of the convolution", given.images, 2 * given.flop)
    dz = given.dz()
    share = float((dz != 0).mean())
    packed = aligned_copy(given.kernel.transpose(3, 0, 1, 2).reshape(64, 3, 96))
    filters = aligned(conv_backward.filters_shape(given.kernel.shape, np.float32))
    conv_backward.filters_from_kernel(given.kernel, filters)

    def add(name: str, function: Callable[[NDArray, NDArray, NDArray], Any], shape: tuple[int, ...], work: float) -> None:
        dx, dkernel, dbias = aligned(given.x.shape), aligned(shape), aligned((64,))

        def run() -> None:
            for array in (dx, dkernel, dbias):
                array[...] = 0
            function(dx, dkernel, dbias)

        ladder.rungs.append(Rung(name, run, lambda: (dx, _as_kernel(dkernel), dbias), work=work))

    def apart(dx: NDArray, dkernel: NDArray, dbias: NDArray) -> None:
        conv_backward.conv2d_backward(given.dz(), given.x, filters, STRIDES, True, dx, dkernel, dbias)

    def lists(dx: NDArray, dfilters: NDArray, dbias: NDArray) -> None:
        behind = given.dout, given.out, given.winner, given.x
        conv_pool_backward.filters_backward(*behind, filters, STRIDES, (10, 10), True, dx, dfilters, dbias)

    kernel_shape, filters_shape = given.kernel.shape, filters.shape
    add(
        "the equations",
        lambda *out: conv_backward.conv2d_backward_naive(dz, given.x, given.kernel, STRIDES, *out),
        kernel_shape,
        1,
    )
    add(
        "zeros skipped",
        lambda *out: ladder_kernels.backward_skipping_zeros(dz, given.x, given.kernel, STRIDES, *out),
        kernel_shape,
        share,
    )
    add(
        "filters one after another",
        lambda *out: ladder_kernels.backward_by_filters(dz, given.x, packed, STRIDES, *out),
        packed.shape,
        share,
    )
    add("dense, sums in registers; ReLU and pooling before", apart, (3, 96, 64), 1)
    add("what is not zero listed, six vectors in registers", lists, filters_shape, share)
    return ladder


def _as_kernel(gradient: NDArray) -> NDArray:
    """(3, 3, 32, 64) from any of the layouts."""
    if gradient.shape[0] == 64:
        return gradient[:, :, :96].reshape(64, 3, 3, 32).transpose(1, 2, 3, 0)
    return gradient.reshape(3, 3, 32, 64)


def first_backward(images: int) -> Ladder:
    """The first convolution's weight gradient: one channel, images that are mostly blank, no gradient for the input."""
    rng = np.random.default_rng(1)
    row, column = np.mgrid[:28, :28]
    ink = (row - 14) ** 2 / 81 + (column - 14) ** 2 / 36 < 1
    x = aligned_copy((rng.random((images, 28, 28, 1)) * ink[..., None]).astype(np.float32))
    kernel, bias = aligned_copy(rng.uniform(-0.2, 0.2, (5, 5, 1, 32)).astype(np.float32)), aligned((32,))
    out, winner = aligned((images, 12, 12, 32)), aligned((images, 12, 12, 32), np.uint8)
    conv.conv2d_relu_pool_forward(x, kernel, bias, STRIDES, out, winner)
    dout, dz, dx = aligned_copy(rng.standard_normal(out.shape, np.float32)), aligned((images, 24, 24, 32)), aligned(x.shape)
    masked, unpooled = aligned(out.shape), aligned((1, 24, 24, 32))
    elementwise.relu_backward(dout.reshape(-1), out.reshape(-1), masked.reshape(-1))
    pool.maxpool2d_backward(masked, winner.astype(np.int32), WINDOW, WINDOW, dz)
    ladder = Ladder("first layer: backward", images, 2.0 * images * 576 * 32 * 25)

    def add(name: str, function: Callable[[NDArray, NDArray], Any], shape: tuple[int, ...], work: float = 1.0) -> None:
        dkernel, dbias = aligned(shape), aligned((32,))

        def run() -> None:
            dkernel[...], dbias[...] = 0, 0
            function(dkernel, dbias)

        ladder.rungs.append(Rung(name, run, lambda: (dkernel.reshape(5, 5, 1, 32), dbias), work=work))

    behind = dout, out, winner, x
    add("the equations", lambda *grads: conv_backward.conv2d_backward_naive(dz, x, kernel, STRIDES, dx, *grads), kernel.shape)
    add(
        "zeros skipped",
        lambda *grads: ladder_kernels.backward_skipping_zeros(dz, x, kernel, STRIDES, dx, *grads),
        kernel.shape,
        float((dz != 0).mean()),
    )
    add(
        "sums in registers, blank pixels left out",
        lambda *grads: conv_pool_backward.kernel_backward(*behind, STRIDES, unpooled, *grads),
        (5, 5, 32),
        _share_with_ink(x),
    )
    return ladder


def _share_with_ink(x: NDArray) -> float:
    """The part of all meetings of a kernel row (5 wide) with an image row that lie between the row's first and last ink."""
    places = np.arange(24)
    columns = np.arange(28)
    kept = []
    for ink in x[..., 0] > 0:
        first = np.where(ink, columns, 28).min(axis=1)
        last = np.where(ink, columns, -1).max(axis=1)
        meets = (places >= first[:, None] - 4) & (places <= last[:, None]) & ink.any(axis=1)[:, None]
        kept.append(np.lib.stride_tricks.sliding_window_view(meets.mean(axis=1), 24).mean())
    return float(np.mean(kept))
