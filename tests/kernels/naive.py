"""The naive twins of the tuned convolutions: the equations as plain loops, one after another; and a
line with round ends, pixel by pixel.
"""

import math

import numpy as np

from nn.kernels import conv, conv_backward
from nn.kernels.pool import maxpool2d_backward, maxpool2d_forward


def naive_forward(x, kernel, bias, strides, out_shape):
    out = np.empty(out_shape, x.dtype)
    conv.conv2d_forward_naive(x, kernel, bias, strides, out)
    return out


def naive_backward(dout, x, kernel, strides):
    dx, dkernel, dbias = np.zeros_like(x), np.zeros_like(kernel), np.zeros(kernel.shape[3], x.dtype)
    conv_backward.conv2d_backward_naive(dout, x, kernel, strides, dx, dkernel, dbias)
    return dx, dkernel, dbias


def naive_fused(shape, x, kernel, bias):
    """Convolution, ReLU and 2x2 pooling one after another: z, out and winner."""
    z = naive_forward(x, kernel, bias, shape.strides, (shape.samples, *shape.size, shape.filters))
    active = np.maximum(z, 0)
    out = np.empty((shape.samples, shape.size[0] // 2, shape.size[1] // 2, shape.filters), x.dtype)
    winner = np.empty(out.shape, np.int32)
    maxpool2d_forward(active, (2, 2), (2, 2), out, winner)
    return z, out, winner


def naive_fused_backward(shape, dout, z, winner, x, kernel):
    dz = np.zeros_like(z)
    maxpool2d_backward(dout, winner, (2, 2), (2, 2), dz)
    dz *= z > 0
    return naive_backward(dz, x, kernel, shape.strides)


def clear_winners(z, winner, tolerance):
    """Where the greatest output of a window exceeds the others and 0 by so much that rounding
    cannot change the winner.
    """
    samples, rows, columns, filters = z.shape
    windows = z[:, : rows // 2 * 2, : columns // 2 * 2].reshape(samples, rows // 2, 2, columns // 2, 2, filters)
    ordered = np.sort(windows.transpose(0, 1, 3, 5, 2, 4).reshape(*winner.shape, 4), axis=-1)
    return (ordered[..., 3] > tolerance) & (ordered[..., 3] - ordered[..., 2] > 2 * tolerance)


def capsule(image, start, end, r0, r1):
    """`image` (28, 28) with a line from start to end, each (x, y), whose radius goes from r0 to r1:
    the coverage of every pixel by its distance from the nearest point of the line.
    """
    i, j = np.mgrid[0:28, 0:28] + 0.5
    pixels = np.stack([j, i], axis=-1)
    along, length2 = np.subtract(end, start), math.dist(start, end) ** 2
    t = np.clip((pixels - start) @ along / length2, 0, 1) if length2 else np.zeros((28, 28))
    distance = np.linalg.norm(pixels - (np.array(start) + t[..., None] * along), axis=-1)
    return np.maximum(image, np.clip(0.5 + r0 + t * (r1 - r0) - distance, 0, 1))
