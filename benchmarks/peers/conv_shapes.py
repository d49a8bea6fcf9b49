"""The sizes that are compared, twenty convolutions and three matrix products, and the arrays that
all contenders get.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class ConvShape(NamedTuple):
    """N images (H, W, C), a kernel (KH, KW), F filters, strides, "valid" or "same" padding."""

    name: str
    N: int
    H: int
    W: int
    C: int
    KH: int
    KW: int
    F: int
    SH: int = 1
    SW: int = 1
    padding: str = "valid"

    def out_size(self) -> tuple[int, int]:
        """(OH, OW)."""
        if self.padding == "same":
            return -(-self.H // self.SH), -(-self.W // self.SW)
        return (self.H - self.KH) // self.SH + 1, (self.W - self.KW) // self.SW + 1

    def zeros(self) -> tuple[int, int, int, int]:
        """The padding as (left, right, above, below): Keras' rule, in the order of PyTorch's
        `pad`.
        """
        rows, columns = self.out_size()
        down = max((rows - 1) * self.SH + self.KH - self.H, 0) if self.padding == "same" else 0
        across = max((columns - 1) * self.SW + self.KW - self.W, 0) if self.padding == "same" else 0
        return across // 2, across - across // 2, down // 2, down - down // 2

    def flop(self) -> int:
        """Floating-point operations of the forward pass; the backward pass has twice as many."""
        rows, columns = self.out_size()
        return 2 * self.N * rows * columns * self.F * self.KH * self.KW * self.C


def conv_shape(
    name: str,
    images: tuple[int, int, int, int],
    kernel: tuple[int, int],
    filters: int,
    *,
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
) -> ConvShape:
    """A shape from (N, H, W, C), (KH, KW), F and, where they are not the usual ones, strides and
    padding.
    """
    return ConvShape._make((name, *images, *kernel, filters, *strides, padding))


SHAPES = (
    conv_shape("the student's first", (128, 28, 28, 1), (5, 5), 32),
    conv_shape("the student's second", (128, 12, 12, 32), (3, 3), 64),
    conv_shape("one sample", (1, 28, 28, 1), (5, 5), 32),
    conv_shape("odd batch, odd width", (37, 27, 19, 3), (3, 3), 24),
    conv_shape("LeNet's first", (128, 32, 32, 1), (5, 5), 6),
    conv_shape("LeNet's second", (128, 14, 14, 6), (5, 5), 16),
    conv_shape("colour, same padding", (64, 32, 32, 3), (3, 3), 32, padding="same"),
    conv_shape("VGG-like, same padding", (32, 32, 32, 32), (3, 3), 64, padding="same"),
    conv_shape("stride 2, same padding", (64, 28, 28, 16), (3, 3), 32, strides=(2, 2), padding="same"),
    conv_shape("stride 2, 5x5", (64, 28, 28, 1), (5, 5), 32, strides=(2, 2)),
    conv_shape("unequal strides", (64, 20, 30, 8), (3, 5), 16, strides=(1, 2)),
    conv_shape("stride 3", (64, 33, 33, 4), (3, 3), 16, strides=(3, 3)),
    conv_shape("1x1", (64, 14, 14, 64), (1, 1), 32),
    conv_shape("1x1 to few", (64, 14, 14, 32), (1, 1), 8),
    conv_shape("row kernel 1x7", (64, 17, 17, 16), (1, 7), 16),
    conv_shape("7x7, stride 2", (16, 56, 56, 3), (7, 7), 32, strides=(2, 2), padding="same"),
    conv_shape("odd channels 5 to 13", (64, 15, 15, 5), (3, 3), 13),
    conv_shape("even kernel 4x4", (64, 16, 16, 16), (4, 4), 48),
    conv_shape("many channels", (32, 8, 8, 128), (3, 3), 128, padding="same"),
    conv_shape("kernel as large as the image", (128, 7, 7, 16), (7, 7), 64),
)

# Matrix products (rows, inner length, columns). The first two are limited by arithmetic alone; the
# third is the first dense layer of the student's network.
PRODUCTS = ((1024, 1024, 1024), (2048, 2048, 2048), (2048, 1600, 128))


def tensors(shape: ConvShape) -> tuple[NDArray, NDArray, NDArray]:
    """x (N, H, W, C), a dense dout (N, OH, OW, F) and the kernel (KH, KW, C, F)."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((shape.N, shape.H, shape.W, shape.C), np.float32)
    dout = rng.standard_normal((shape.N, *shape.out_size(), shape.F), np.float32)
    return x, dout, np.float32(0.1) * rng.standard_normal((shape.KH, shape.KW, shape.C, shape.F), np.float32)
