"""The ladders of the backward passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.ladder.rungs import STRIDES, WINDOW, Ladder, Rung, Second
from nn.kernels import conv, conv_backward, conv_pool_backward, elementwise, ladder, pool
from nn.kernels.memory import aligned, aligned_copy


def backward(given: Second) -> Ladder:
    """All three gradients of the convolution, from the gradient after ReLU and pooling."""
    climb = Ladder("backward of the convolution", given.images, 2 * given.flop)
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

        climb.rungs.append(Rung(name, run, lambda: (dx, _as_kernel(dkernel), dbias), work=work))

    def apart(dx: NDArray, dkernel: NDArray, dbias: NDArray) -> None:
        conv_backward.conv2d_backward(
            dz=given.dz(), x=given.x, filters=filters, strides=STRIDES, needs_dx=True, dx=dx, dkernel=dkernel, dbias=dbias
        )

    def lists(dx: NDArray, dfilters: NDArray, dbias: NDArray) -> None:
        conv_pool_backward.filters_backward(
            dout=given.dout,
            out=given.out,
            winner=given.winner,
            x=given.x,
            filters=filters,
            piece=conv_backward.piece_of(filters),
            strides=STRIDES,
            needs_dx=True,
            dx=dx,
            dfilters=dfilters,
            dbias=dbias,
        )

    inputs, kernel_shape = (dz, given.x, given.kernel, STRIDES), given.kernel.shape
    add("B1 the equations", lambda *out: conv_backward.conv2d_backward_naive(*inputs, *out), kernel_shape, 1)
    add("B2 zeros skipped", lambda *out: ladder.conv2d_backward_skipping_zeros(*inputs, *out), kernel_shape, share)
    add(
        "B3 filters one after another",
        lambda *out: ladder.conv2d_backward_by_filters(dz, given.x, packed, STRIDES, *out),
        packed.shape,
        share,
    )
    add("B4 dense, sums in registers; pooling and ReLU before it", apart, (3, 96, 64), 1)
    add("B5 nonzero gradients only, a piece of a row in registers", lists, filters.shape, share)
    return climb


def _as_kernel(gradient: NDArray) -> NDArray:
    """(3, 3, 32, 64) from any of the layouts."""
    if gradient.shape[0] == 64:
        return gradient[:, :, :96].reshape(64, 3, 3, 32).transpose(1, 2, 3, 0)
    return gradient.reshape(3, 3, 32, 64)


def first_backward(images: int) -> Ladder:
    """The first convolution's weight gradient: one channel, mostly blank images, no gradient for
    the input.
    """
    rng = np.random.default_rng(1)
    row, column = np.mgrid[:28, :28]
    ink = (row - 14) ** 2 / 81 + (column - 14) ** 2 / 36 < 1
    x = aligned_copy((rng.random((images, 28, 28, 1)) * ink[..., None]).astype(np.float32))
    kernel, bias = aligned_copy(rng.uniform(-0.2, 0.2, (5, 5, 1, 32)).astype(np.float32)), aligned((32,))
    out, winner = aligned((images, 12, 12, 32)), aligned((images, 12, 12, 32), np.uint8)
    conv.conv2d_relu_pool_forward(x=x, kernel=kernel, bias=bias, strides=STRIDES, out=out, winner=winner)
    dout, dz, dx = aligned_copy(rng.standard_normal(out.shape, np.float32)), aligned((images, 24, 24, 32)), aligned(x.shape)
    masked, unpooled = aligned(out.shape), aligned((1, 24, 24, 32))
    elementwise.relu_backward(dout.reshape(-1), out.reshape(-1), masked.reshape(-1))
    pool.maxpool2d_backward(masked, winner.astype(np.int32), WINDOW, WINDOW, dz)
    climb = Ladder("first layer: backward", images, 2.0 * images * 576 * 32 * 25)

    def add(name: str, function: Callable[[NDArray, NDArray], Any], shape: tuple[int, ...], work: float = 1.0) -> None:
        dkernel, dbias = aligned(shape), aligned((32,))

        def run() -> None:
            dkernel[...], dbias[...] = 0, 0
            function(dkernel, dbias)

        climb.rungs.append(Rung(name, run, lambda: (dkernel.reshape(5, 5, 1, 32), dbias), work=work))

    def without_blanks(dkernel: NDArray, dbias: NDArray) -> None:
        conv_pool_backward.kernel_backward(
            dout=dout, out=out, winner=winner, x=x, strides=STRIDES, dz=unpooled, dkernel=dkernel, dbias=dbias
        )

    inputs, nonzero = (dz, x, kernel, STRIDES, dx), float((dz != 0).mean())
    add("B1 the equations", lambda *out: conv_backward.conv2d_backward_naive(*inputs, *out), kernel.shape)
    add("B2 zeros skipped", lambda *out: ladder.conv2d_backward_skipping_zeros(*inputs, *out), kernel.shape, nonzero)
    add("B6 sums in registers, blank pixels left out", without_blanks, (5, 5, 32), _share_with_ink(x))
    return climb


def _share_with_ink(x: NDArray) -> float:
    """The share of a kernel row's positions (5 wide) in the image rows that lie between the row's
    first and last ink.
    """
    positions = np.arange(24)
    columns = np.arange(28)
    kept = []
    for ink in x[..., 0] > 0:
        first = np.where(ink, columns, 28).min(axis=1)
        last = np.where(ink, columns, -1).max(axis=1)
        meets = (positions >= first[:, None] - 4) & (positions <= last[:, None]) & ink.any(axis=1)[:, None]
        kept.append(np.lib.stride_tricks.sliding_window_view(meets.mean(axis=1), 24).mean())
    return float(np.mean(kept))
