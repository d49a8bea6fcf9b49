"""The ladders: each is one job done in several ways, from the textbook's loops to the finished
kernel.

The numbers are those of `nn/kernels/README.md`. A way without a number is there for comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.ladder.ladders_backward import backward, first_backward
from benchmarks.ladder.rungs import STRIDES, WINDOW, Ladder, Rung, Second
from nn.engine import numpy_inference
from nn.kernels import conv, dense, elementwise, ladder, pool, winograd, winograd3, winograd5
from nn.kernels.memory import aligned, aligned_copy
from nn.layers import Conv2D
from nn.losses import CategoricalCrossentropy


def all_ladders(images: int = 16) -> list[Ladder]:
    """All of them, with their inputs ready."""
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
    climb = Ladder("convolution", given.images, given.flop)
    layer = Conv2D(64, 3)
    layer.build(given.x.shape[1:], np.random.default_rng(0), np.float32)
    layer.parameters.update(kernel=given.kernel, bias=given.bias)

    def add(name: str, function: Callable[..., Any], images: int = given.images, **more: Any) -> None:
        out = aligned((images, 10, 10, 64))
        arrays = {"x": given.x[:images], "kernel": given.kernel, "bias": given.bias, "out": out}
        climb.rungs.append(Rung(name, lambda: function(strides=STRIDES, **arrays, **more), lambda: (out,), images=images))

    def by_patches(x: NDArray, out: NDArray, **_: Any) -> None:
        out[...] = numpy_inference.forward([layer], x)

    naive = conv.conv2d_forward_naive
    add("C1 the equation", naive)
    add("the equation in plain Python", getattr(naive, "py_func", naive), 1)
    add("patches and NumPy's matrix product", by_patches)
    add("C2 inner loop over neighbours", ladder.conv2d_neighbours)
    add("C3 sums in registers", ladder.conv2d_one_vector)
    add("C4 four outputs share the weights", conv.conv2d_forward, relu=False)
    return climb


def fused(given: Second) -> Ladder:
    """Convolution, ReLU and pooling."""
    climb = Ladder("convolution, ReLU, pooling", given.images, given.flop)
    inputs = {"x": given.x, "kernel": given.kernel, "bias": given.bias, "strides": STRIDES}
    z = aligned((given.images, 10, 10, 64))
    outs = [aligned(given.out.shape) for _ in range(3)]
    winners = [np.empty(given.out.shape, np.int32), *(aligned(given.out.shape, np.uint8) for _ in range(2))]
    u = winograd.transformed(given.kernel)

    def apart() -> None:
        conv.conv2d_forward(**inputs, relu=False, out=z)
        np.maximum(z, 0, out=z)
        pool.maxpool2d_forward(z, WINDOW, WINDOW, outs[0], winners[0])

    climb.rungs = [
        Rung("C4, then ReLU, then pooling", apart, lambda: (outs[0],)),
        Rung(
            "C5 in one pass",
            lambda: conv.conv2d_relu_pool_forward(**inputs, out=outs[1], winner=winners[1]),
            lambda: (outs[1],),
        ),
        Rung(
            "C6 with Winograd's algorithm",
            lambda: winograd3.conv2d_relu_pool_forward(given.x, u, given.bias, outs[2], winners[2]),
            lambda: (outs[2],),
            work=49 / 225,
        ),
    ]
    return climb


def first_layer(images: int) -> Ladder:
    """The first convolution with ReLU and pooling."""
    rng = np.random.default_rng(5)
    x = aligned_copy(rng.random((images, 28, 28, 1), np.float32))
    kernel, bias = aligned_copy(rng.uniform(-0.2, 0.2, (5, 5, 1, 32)).astype(np.float32)), aligned((32,))
    climb = Ladder("first layer: convolution, ReLU, pooling", images, 2.0 * images * 576 * 32 * 25)
    z, outs = aligned((images, 24, 24, 32)), [aligned((images, 12, 12, 32)) for _ in range(3)]
    winners = np.empty(outs[0].shape, np.int32), aligned(outs[0].shape, np.uint8)
    u = winograd.transformed(kernel)

    def textbook() -> None:
        conv.conv2d_forward_naive(x, kernel, bias, STRIDES, z)
        np.maximum(z, 0, out=z)
        pool.maxpool2d_forward(z, WINDOW, WINDOW, outs[0], winners[0])

    def one_pass() -> None:
        conv.conv2d_relu_pool_forward(x=x, kernel=kernel, bias=bias, strides=STRIDES, out=outs[1], winner=winners[1])

    def by_winograd() -> None:
        winograd5.conv2d_relu_pool_forward(x, u, bias, outs[2], winners[1])

    climb.rungs = [
        Rung("C1, then ReLU, then pooling", textbook, lambda: (outs[0],)),
        Rung("C5 in one pass", one_pass, lambda: (outs[1],)),
        Rung("C6 with Winograd's algorithm", by_winograd, lambda: (outs[2],), work=64 / 400),
    ]
    return climb


def product() -> Ladder:
    """The product of the first dense layer, a batch of 128."""
    rng = np.random.default_rng(2)
    a = aligned_copy(rng.standard_normal((128, 1600), np.float32))
    b, bias = aligned_copy(rng.standard_normal((1600, 128), np.float32)), aligned((128,))
    climb = Ladder("dense layer", 128, 2.0 * 128 * 1600 * 128)
    strided = {"a": a, "row_stride": 1600, "k_stride": 1, "K": 1600, "b": b, "bias": bias, "relu": False, "start": 0, "stop": 128}

    def add(name: str, function: Callable[[NDArray], Any]) -> None:
        out = aligned((128, 128))
        climb.rungs.append(Rung(name, lambda: function(out), lambda: (out,)))

    add("D1 the equation", lambda out: dense.matmul_naive(**strided, out=out))
    add("NumPy's matrix product", lambda out: np.matmul(a, b, out=out))
    add("D2 inner loop over neighbours", lambda out: ladder.matmul_neighbours(a, b, bias, out))
    add("D3 in blocks, sums in registers", lambda out: dense.matmul(**strided, out=out))
    return climb


def adadelta() -> Ladder:
    """One step of the optimizer for all weights of the student's network."""
    rng = np.random.default_rng(3)
    gradient = aligned_copy(rng.standard_normal(233_162, np.float32))
    climb = Ladder("Adadelta, all weights", 1, 0.0)
    constants = {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7}

    def add(name: str, function: Callable[..., Any]) -> None:
        arrays = [aligned(gradient.shape) for _ in range(3)]
        climb.rungs.append(Rung(name, lambda: function(*arrays), lambda: tuple(arrays[:1])))

    def by_arrays(weights: NDArray, squared_gradients: NDArray, squared_updates: NDArray) -> None:
        squared_gradients[...] = np.float32(0.95) * squared_gradients + np.float32(0.05) * gradient * gradient
        root = np.sqrt((squared_updates + np.float32(1e-7)) / (squared_gradients + np.float32(1e-7)))
        update = root * gradient
        squared_updates[...] = np.float32(0.95) * squared_updates + np.float32(0.05) * update * update
        weights -= update

    add("NumPy, array by array", by_arrays)
    add("in one pass", lambda w, s, u: elementwise.adadelta(w, gradient, s, u, **constants))
    return climb


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
