"""The ladders: one job each, done in several ways from the textbook's loops to the finished kernel, all with the same result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.ladder import kernels as ladder_kernels
from benchmarks.ladder.ladders_backward import backward, first_backward
from benchmarks.ladder.rungs import STRIDES, WINDOW, Ladder, Rung, Second
from nn.engine import numpy_inference
from nn.kernels import conv, dense, elementwise, pool, winograd, winograd3, winograd5
from nn.kernels.memory import aligned, aligned_copy
from nn.layers import Conv2D
from nn.losses import CategoricalCrossentropy


def all_ladders(images: int = 16) -> list[Ladder]:
    """Each with its inputs ready."""
    second = Second(images)
    return [
        convolution(second),
        fused(second),
        backward(second),
        first_layer(images),
        first_backward(images),
        product(),
        adadelta(),
        loss(),
    ]


def convolution(given: Second) -> Ladder:
    """The convolution by itself."""
    ladder = Ladder("convolution", given.images, given.flop)
    arguments = given.x, given.kernel, given.bias, STRIDES
    layer = Conv2D(64, 3)
    layer.build(given.x.shape[1:], np.random.default_rng(0), np.float32)
    layer.parameters.update(kernel=given.kernel, bias=given.bias)

    def add(name: str, function: Callable[..., Any], images: int = given.images, *more: Any) -> None:
        out = aligned((images, 10, 10, 64))
        inputs = given.x[:images], *arguments[1:], *more
        ladder.rungs.append(Rung(name, lambda: function(*inputs, out), lambda: (out,), images=images))

    def by_patches(x: NDArray, kernel: NDArray, bias: NDArray, strides: tuple[int, int], out: NDArray) -> None:
        out[...] = numpy_inference.forward([layer], x)

    add("the equation, Numba", conv.conv2d_forward_naive)
    add("the equation, plain Python", getattr(conv.conv2d_forward_naive, "py_func", conv.conv2d_forward_naive), 1)
    add("patches and NumPy's matrix product", by_patches)
    add("inner loop over neighbours", ladder_kernels.conv_contiguous)
    add("sums in registers", ladder_kernels.conv_one_vector)
    add("four outputs share the weights", conv.conv2d_forward, given.images, False)
    return ladder


def fused(given: Second) -> Ladder:
    """Convolution, ReLU and pooling."""
    ladder = Ladder("convolution, ReLU, pooling", given.images, given.flop)
    z = aligned((given.images, 10, 10, 64))
    outs = [aligned(given.out.shape) for _ in range(3)]
    winners = [np.empty(given.out.shape, np.int32), *(aligned(given.out.shape, np.uint8) for _ in range(2))]
    u = winograd.transformed(given.kernel)

    def apart() -> None:
        conv.conv2d_forward(given.x, given.kernel, given.bias, STRIDES, False, z)
        np.maximum(z, 0, out=z)
        pool.maxpool2d_forward(z, WINDOW, WINDOW, outs[0], winners[0])

    ladder.rungs = [
        Rung("one after another", apart, lambda: (outs[0],)),
        Rung(
            "in one pass",
            lambda: conv.conv2d_relu_pool_forward(given.x, given.kernel, given.bias, STRIDES, outs[1], winners[1]),
            lambda: (outs[1],),
        ),
        Rung(
            "in one pass, Winograd's products",
            lambda: winograd3.conv2d_relu_pool_forward(given.x, u, given.bias, outs[2], winners[2]),
            lambda: (outs[2],),
            work=49 / 225,
        ),
    ]
    return ladder


def first_layer(images: int) -> Ladder:
    """The first convolution with ReLU and pooling."""
    rng = np.random.default_rng(5)
    x = aligned_copy(rng.random((images, 28, 28, 1), np.float32))
    kernel, bias = aligned_copy(rng.uniform(-0.2, 0.2, (5, 5, 1, 32)).astype(np.float32)), aligned((32,))
    ladder = Ladder("first layer: convolution, ReLU, pooling", images, 2.0 * images * 576 * 32 * 25)
    z, outs = aligned((images, 24, 24, 32)), [aligned((images, 12, 12, 32)) for _ in range(3)]
    winners = np.empty(outs[0].shape, np.int32), aligned(outs[0].shape, np.uint8)
    u = winograd.transformed(kernel)

    def textbook() -> None:
        conv.conv2d_forward_naive(x, kernel, bias, STRIDES, z)
        np.maximum(z, 0, out=z)
        pool.maxpool2d_forward(z, WINDOW, WINDOW, outs[0], winners[0])

    def one_pass() -> None:
        conv.conv2d_relu_pool_forward(x, kernel, bias, STRIDES, outs[1], winners[1])

    def by_winograd() -> None:
        winograd5.conv2d_relu_pool_forward(x, u, bias, outs[2], winners[1])

    ladder.rungs = [
        Rung("the equations, one after another", textbook, lambda: (outs[0],)),
        Rung("in one pass", one_pass, lambda: (outs[1],)),
        Rung("in one pass, Winograd's products", by_winograd, lambda: (outs[2],), work=64 / 400),
    ]
    return ladder


def product() -> Ladder:
    """The product of the first dense layer, a batch of 128."""
    rng = np.random.default_rng(2)
    a = aligned_copy(rng.standard_normal((128, 1600), np.float32))
    b, bias = aligned_copy(rng.standard_normal((1600, 128), np.float32)), aligned((128,))
    ladder = Ladder("dense layer", 128, 2.0 * 128 * 1600 * 128)

    def add(name: str, function: Callable[[NDArray], Any]) -> None:
        out = aligned((128, 128))
        ladder.rungs.append(Rung(name, lambda: function(out), lambda: (out,)))

    add("the equation", lambda out: dense.matmul_naive(a, 1600, 1, 1600, b, bias, False, out, 0, 128))
    add("inner loop over neighbours", lambda out: ladder_kernels.matmul_contiguous(a, b, bias, out))
    add("NumPy's matrix product", lambda out: np.matmul(a, b, out=out))
    add("in blocks, sums in registers", lambda out: dense.matmul(a, 1600, 1, 1600, b, bias, False, out, 0, 128))
    return ladder


def adadelta() -> Ladder:
    """One step of the optimizer for all weights of the student's network."""
    rng = np.random.default_rng(3)
    gradient = aligned_copy(rng.standard_normal(233_162, np.float32))
    ladder = Ladder("Adadelta, all weights", 1, 0.0)

    def add(name: str, function: Callable[..., Any]) -> None:
        arrays = [aligned(gradient.shape) for _ in range(3)]
        ladder.rungs.append(Rung(name, lambda: function(*arrays), lambda: tuple(arrays[:1])))

    def by_arrays(weights: NDArray, squared_gradients: NDArray, squared_updates: NDArray) -> None:
        squared_gradients[...] = np.float32(0.95) * squared_gradients + np.float32(0.05) * gradient * gradient
        root = np.sqrt((squared_updates + np.float32(1e-7)) / (squared_gradients + np.float32(1e-7)))
        update = root * gradient
        squared_updates[...] = np.float32(0.95) * squared_updates + np.float32(0.05) * update * update
        weights -= update

    add("NumPy, array by array", by_arrays)
    add("one pass", lambda w, s, u: elementwise.adadelta(w, gradient, s, u, 1.0, 0.95, 1e-7))
    return ladder


def loss() -> Ladder:
    """Softmax, cross-entropy and their gradient, a batch of 128."""
    rng = np.random.default_rng(4)
    logits = aligned_copy(rng.standard_normal((128, 10), np.float32))
    targets = aligned_copy(np.eye(10, dtype=np.float32)[rng.integers(0, 10, 128)])
    probabilities, apart, joined = aligned(logits.shape), aligned(logits.shape), aligned(logits.shape)

    def one_after_another() -> None:
        elementwise.softmax(logits, probabilities)
        CategoricalCrossentropy().forward(probabilities, targets)
        apart[...] = (probabilities - targets) / 128

    return Ladder("softmax and cross-entropy", 128, 0.0, [
        Rung("one after another", one_after_another, lambda: (apart,)),
        Rung("in one pass", lambda: elementwise.softmax_cross_entropy(logits, targets, 1 / 128, joined), lambda: (joined,)),
    ])  # fmt: skip
