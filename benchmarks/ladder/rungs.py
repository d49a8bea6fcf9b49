"""A ladder and its rungs, and the inputs that several ladders share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.kernels import conv, elementwise, pool
from nn.kernels.memory import aligned, aligned_copy

STRIDES, WINDOW = (1, 1), (2, 2)
Results = tuple[NDArray, ...]


@dataclass
class Rung:
    """One way to do the job.

    Attributes:
        name: its number in `nn/kernels/README.md` and what is new; without a number, a comparison.
        run: does the job.
        results: the arrays that `run` wrote.
        work: the share of the dense arithmetic that it really does.
        images: how many images it does, if not all.
    """

    name: str
    run: Callable[[], Any]
    results: Callable[[], Results]
    work: float = 1.0
    images: int = 0


@dataclass
class Ladder:
    """A job on `images` images with `flop` dense operations in all; the first rung defines the
    result.
    """

    name: str
    images: int
    flop: float
    rungs: list[Rung] = field(default_factory=list)


@dataclass
class Second:
    """The student's second convolution: inputs after ReLU, and as many positive outputs after
    pooling as on average in a training by the classic recipe.
    """

    images: int
    positive: float = 0.41

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        N = self.images
        self.x = aligned_copy(np.maximum(rng.standard_normal((N, 12, 12, 32), np.float32), 0))
        self.kernel = aligned_copy(rng.uniform(-0.083, 0.083, (3, 3, 32, 64)).astype(np.float32))
        self.bias = aligned((64,))
        z = self.convolved()
        highest = z.reshape(N, 5, 2, 5, 2, 64).max(axis=(2, 4))
        self.bias[:] = -np.quantile(highest, 1 - self.positive)
        self.out, self.winner = aligned((N, 5, 5, 64)), aligned((N, 5, 5, 64), np.uint8)
        conv.conv2d_relu_pool_forward(
            x=self.x, kernel=self.kernel, bias=self.bias, strides=STRIDES, out=self.out, winner=self.winner
        )
        self.dout = aligned_copy(rng.standard_normal(self.out.shape, np.float32))
        self.flop = 2.0 * N * 100 * 64 * 288

    def convolved(self) -> NDArray:
        """z (N, 10, 10, 64)."""
        z = aligned((self.images, 10, 10, 64))
        conv.conv2d_forward(x=self.x, kernel=self.kernel, bias=self.bias, strides=STRIDES, relu=False, out=z)
        return z

    def dz(self) -> NDArray:
        """The gradient before ReLU and pooling, as the separate layers compute it."""
        masked, spread = aligned(self.out.shape), aligned((self.images, 10, 10, 64))
        elementwise.relu_backward(self.dout.reshape(-1), self.out.reshape(-1), masked.reshape(-1))
        pool.maxpool2d_backward(masked, self.winner.astype(np.int32), WINDOW, WINDOW, spread)
        return spread
