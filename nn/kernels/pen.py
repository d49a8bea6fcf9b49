"""Pen paths to images in MNIST's geometry: fit, draw, centre.

A path is points x, y (n,) with radius r (n,) and `down` (n,): 0 where the pen was set down anew, 1
where it came drawing from the point before. Pixel (i, j) of an image is the square [j, j + 1] ×
[i, i + 1].
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.jit import jit

SIDE = 28
BOX = 20
CENTRE = 14


@jit(inline=True)
def fit(x: np.ndarray, y: np.ndarray, r: np.ndarray, n: int, radius: float) -> None:
    """Scale and shift a path, in place, so that its ink fills the 20 × 20 box in the middle of 28
    × 28, aspect kept.

    The pen's radius, `radius` pixels on average and r[k] times that at point k, is part of the
    ink; r becomes pixels.
    """
    left, right, top, bottom = x[0], x[0], y[0], y[0]
    for k in range(n):
        left, right = min(left, x[k]), max(right, x[k])
        top, bottom = min(top, y[k]), max(bottom, y[k])
    longer = max(right - left, bottom - top)
    scale = (BOX - 2.0 * radius) / longer if longer > 1e-6 else 0.0
    if scale == 0.0:
        radius = BOX / 2.0
    middle_x, middle_y = (left + right) / 2.0, (top + bottom) / 2.0
    for k in range(n):
        x[k] = (x[k] - middle_x) * scale + CENTRE
        y[k] = (y[k] - middle_y) * scale + CENTRE
        r[k] *= radius


@jit
def capsule(image: np.ndarray, x0: float, y0: float, r0: float, x1: float, y1: float, r1: float) -> None:
    """Draw a line with round ends, its radius going from r0 to r1, into `image` (28, 28): the
    maximum of old and new ink.

    Coverage of a pixel is ½ + radius − distance of its middle from the line, cut off at 0 and 1:
    an edge one pixel soft, as the mean over a pixel's square would make it.
    """
    dx, dy = x1 - x0, y1 - y0
    length2 = dx * dx + dy * dy
    per_length2 = 1.0 / length2 if length2 > 1e-12 else 0.0
    reach = max(r0, r1) + 0.5
    first_i, last_i = max(0, int(min(y0, y1) - reach)), min(SIDE - 1, int(max(y0, y1) + reach))
    first_j, last_j = max(0, int(min(x0, x1) - reach)), min(SIDE - 1, int(max(x0, x1) + reach))
    for i in range(first_i, last_i + 1):
        py = i + 0.5 - y0
        for j in range(first_j, last_j + 1):
            px = j + 0.5 - x0
            t = min(max((px * dx + py * dy) * per_length2, 0.0), 1.0)
            radius = r0 + t * (r1 - r0)
            ex, ey = px - t * dx, py - t * dy
            distance2 = ex * ex + ey * ey
            if distance2 < (radius + 0.5) * (radius + 0.5):
                ink = min(0.5 + radius - math.sqrt(distance2), 1.0)
                if ink > image[i, j]:
                    image[i, j] = ink


@jit(inline=True)
def draw(image: np.ndarray, x: np.ndarray, y: np.ndarray, r: np.ndarray, down: np.ndarray, n: int) -> None:
    """Draw a path into `image` (28, 28)."""
    for k in range(n):
        if down[k] != 0 and k > 0:
            capsule(image, x[k - 1], y0=y[k - 1], r0=r[k - 1], x1=x[k], y1=y[k], r1=r[k])
        elif k + 1 == n or down[k + 1] == 0:
            capsule(image, x[k], y0=y[k], r0=r[k], x1=x[k], y1=y[k], r1=r[k])


@jit(inline=True)
def centre(image: np.ndarray, out: np.ndarray) -> None:
    """Copy `image` (28, 28) into `out` (28, 28, 1), moved by whole pixels so that its centre of
    mass comes to index 14, 14.

    What was inside the 20 × 20 box in the middle stays inside the image.
    """
    total, sum_i, sum_j = 0.0, 0.0, 0.0
    for i in range(SIDE):
        for j in range(SIDE):
            total += image[i, j]
            sum_i += i * image[i, j]
            sum_j += j * image[i, j]
    margin = (SIDE - BOX) // 2
    shift_i, shift_j = 0, 0
    if total > 0.0:
        shift_i = min(max(round(CENTRE - sum_i / total), -margin), margin)
        shift_j = min(max(round(CENTRE - sum_j / total), -margin), margin)
    for i in range(SIDE):
        for j in range(SIDE):
            from_i, from_j = i - shift_i, j - shift_j
            if 0 <= from_i < SIDE and 0 <= from_j < SIDE:
                out[i, j, 0] = image[from_i, from_j]
            else:
                out[i, j, 0] = 0.0
