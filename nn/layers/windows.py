"""Where a sliding window stands: the geometry that convolution and pooling share."""

from __future__ import annotations

from nn.layers.arguments import Shape

Padding = tuple[tuple[int, int], tuple[int, int]]  # (rows above, below), (columns left, right)


def window_geometry(size: int, window: int, stride: int, padding: str) -> tuple[int, int, int]:
    """One axis of a sliding window: (number of positions, padding before, padding after), as Keras
    defines them.

    valid: ⌊(size - window) / stride⌋ + 1 positions, no padding. same: ⌈size / stride⌉ positions;
    the padding that this takes is split evenly, and an odd element goes after the end.

        >>> window_geometry(7, 3, 2, "valid"), window_geometry(6, 3, 2, "same")
        ((3, 0, 0), (3, 0, 1))
    """
    if padding == "valid":
        return (size - window) // stride + 1 if size >= window else 0, 0, 0
    positions = -(-size // stride)
    total = max((positions - 1) * stride + window - size, 0)
    return positions, total // 2, total - total // 2


def output_size(image: Shape, window: tuple[int, int], strides: tuple[int, int], padding: str) -> tuple[int, int]:
    """(OH, OW), the window's positions on an image (H, W, ...); 0 along an axis where it does not
    fit.
    """
    rows, columns = (window_geometry(image[axis], window[axis], strides[axis], padding)[0] for axis in (0, 1))
    return rows, columns


def padding_sizes(image: Shape, window: tuple[int, int], strides: tuple[int, int], padding: str) -> Padding:
    """How much is added around an image (H, W, ...)."""
    rows, columns = (window_geometry(image[axis], window[axis], strides[axis], padding)[1:] for axis in (0, 1))
    return (rows[0], rows[1]), (columns[0], columns[1])


def padded_shape(image: Shape, padding: Padding) -> tuple[int, int, int]:
    """The shape of an image (H, W, C) with its padding."""
    (above, below), (left, right) = padding
    return image[0] + above + below, image[1] + left + right, image[2]
