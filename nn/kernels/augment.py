"""Random views of an image, in one pass from the bytes of the data set to the floats of a batch.

Each pixel of the new image asks where it came from (backward mapping, so that there are no holes):

    (v, u) = A · (i − c, j − c) + c + shift + bend(i, j)
    out[i, j] = source at (v, u), bilinear between its four neighbours, 0 outside

A is rotation, scale and shear; `bend` is the elastic deformation of Simard, Steinkraus & Platt 2003: random displacements,
smoothed so that neighbours move together. They smooth a field of one draw a pixel with a Gaussian; here few draws on a coarse
grid are joined by cubic B-splines, whose bell with knots h apart has the standard deviation h / √3, and costs a hundredth.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.counter import begin, between, normal, uniform
from nn.kernels.jit import kernel

STREAM_VIEW = np.int64(3)
MARGIN = 2  # zeros around the source, so that sampling at its rim needs no questions


@kernel
def thicken(source: np.ndarray, amount: float, out: np.ndarray) -> None:
    """Move from the image to its dilation (amount > 0) or erosion (< 0) by a cross of five pixels, by |amount| ≤ 1."""
    height, width = source.shape
    share = np.float32(abs(amount))
    for i in range(1, height - 1):
        for j in range(1, width - 1):
            here = source[i, j]
            if amount > 0:
                extreme = max(max(source[i - 1, j], source[i + 1, j]), max(source[i, j - 1], source[i, j + 1]))
                out[i, j] = here + share * max(extreme - here, np.float32(0))
            else:
                extreme = min(min(source[i - 1, j], source[i + 1, j]), min(source[i, j - 1], source[i, j + 1]))
                out[i, j] = here + share * min(extreme - here, np.float32(0))


@kernel(inline=True)
def spline_weights(position: float, knots: int, weights: np.ndarray) -> int:
    """The four cubic B-splines that reach `position` (in knots): their values into weights (4,), and the first one's number."""
    first = min(max(int(position), 0), knots - 4)
    t = position - first
    weights[0] = (1.0 - t) ** 3 / 6.0
    weights[1] = (3.0 * t**3 - 6.0 * t**2 + 4.0) / 6.0
    weights[2] = (-3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0) / 6.0
    weights[3] = t**3 / 6.0
    return first


@kernel
def bend(grid: np.ndarray, spacing: float, out: np.ndarray) -> None:
    """The smooth displacement out (H, W, 2) float32 of every pixel from the draws on a grid (K, L, 2), knots `spacing` apart."""
    weights = np.empty(4, np.float64)
    row = np.empty((grid.shape[1], 2), np.float64)
    for i in range(out.shape[0]):
        first = spline_weights(i / spacing, grid.shape[0], weights)
        for b in range(grid.shape[1]):
            for axis in range(2):
                row[b, axis] = 0.0
                for a in range(4):
                    row[b, axis] += weights[a] * grid[first + a, b, axis]
        for j in range(out.shape[1]):
            first = spline_weights(j / spacing, grid.shape[1], weights)
            for axis in range(2):
                value = 0.0
                for b in range(4):
                    value += weights[b] * row[first + b, axis]
                out[i, j, axis] = value


@kernel
def sample(source: np.ndarray, a: np.ndarray, shift: np.ndarray, bends: np.ndarray, bent: bool, out: np.ndarray) -> None:
    """Look up out (H, W, 1) in `source` (H + 4, W + 4, the image with a rim of zeros): a is A (2, 2), shift (2,)."""
    height, width = out.shape[0], out.shape[1]
    centre_i, centre_j = np.float32((height - 1) / 2.0), np.float32((width - 1) / 2.0)
    zero, one, rim = np.float32(0), np.float32(1), np.float32(MARGIN)
    last_v, last_u = np.float32(height + MARGIN), np.float32(width + MARGIN)
    a00, a01, a10, a11 = np.float32(a[0, 0]), np.float32(a[0, 1]), np.float32(a[1, 0]), np.float32(a[1, 1])
    shift_v, shift_u = np.float32(shift[0]), np.float32(shift[1])
    for i in range(height):
        di = np.float32(i) - centre_i
        start_v, start_u = a00 * di + centre_i + shift_v + rim, a10 * di + centre_j + shift_u + rim
        for j in range(width):
            dj = np.float32(j) - centre_j
            v, u = start_v + a01 * dj, start_u + a11 * dj
            if bent:
                v += bends[i, j, 0]
                u += bends[i, j, 1]
            v, u = min(max(v, zero), last_v), min(max(u, zero), last_u)
            top, left = int(v), int(u)
            t, s = v - np.float32(top), u - np.float32(left)
            above = (one - s) * source[top, left] + s * source[top, left + 1]
            below = (one - s) * source[top + 1, left] + s * source[top + 1, left + 1]
            out[i, j, 0] = (one - t) * above + t * below


@kernel(inline=True)
def draw_affine(limits: np.ndarray, state: np.ndarray, a: np.ndarray, shift: np.ndarray) -> None:
    """A random A and shift within limits: rotation (radians), scale, aspect, shear, shift (pixels); each uniform in ± limit."""
    angle = between(state, -limits[0], limits[0])
    scale = math.exp(between(state, -limits[1], limits[1]))
    aspect = math.exp(0.5 * between(state, -limits[2], limits[2]))
    shear = between(state, -limits[3], limits[3])
    shift[0], shift[1] = between(state, -limits[4], limits[4]), between(state, -limits[4], limits[4])
    cos, sin = math.cos(angle), math.sin(angle)
    rows, columns = scale * aspect, scale / aspect
    a[0, 0], a[0, 1] = cos * rows, -sin * columns
    a[1, 0], a[1, 1] = sin * rows + shear * cos * rows, cos * columns - shear * sin * columns


@kernel
def augment(
    images: np.ndarray, limits: np.ndarray, spacing: float, seed: int, epoch: int, indices: np.ndarray, out: np.ndarray
) -> None:
    """A random view of images[indices[k]] into out[k].

    images (N, H, W) uint8, out (n, H, W, 1) float32 in [0, 1]; limits (7,) as in `draw_affine`, then thickness (share of one
    pixel of rim), then the standard deviation in pixels of the elastic displacement, whose knots are `spacing` pixels apart.
    """
    height, width = images.shape[1], images.shape[2]
    state = np.empty(3, np.int64)
    a, shift = np.empty((2, 2), np.float64), np.empty(2, np.float64)
    source = np.zeros((height + 2 * MARGIN + 2, width + 2 * MARGIN + 2), np.float32)
    thicker = np.zeros(source.shape, np.float32)
    bent = limits[6] > 0.0
    grid = np.zeros((int(height / spacing) + 4, int(width / spacing) + 4, 2), np.float64)
    bends = np.zeros((height, width, 2), np.float32)
    for k in range(indices.shape[0]):
        begin(state, STREAM_VIEW, seed, epoch, indices[k])
        image = images[indices[k]]
        for i in range(height):
            for j in range(width):
                source[i + MARGIN, j + MARGIN] = np.float32(image[i, j]) * np.float32(1 / 255)
        draw_affine(limits, state, a, shift)
        amount = between(state, -limits[5], limits[5])
        if bent:
            # A cubic B-spline of independent draws keeps (151/315)² of their variance: undone here.
            strength = limits[6] * uniform(state) / 0.48
            for p in range(grid.shape[0]):
                for q in range(grid.shape[1]):
                    grid[p, q, 0], grid[p, q, 1] = strength * normal(state), strength * normal(state)
            bend(grid, spacing, bends)
        if limits[5] > 0.0:
            thicken(source, amount, thicker)
            sample(thicker, a, shift, bends, bent, out[k])
        else:
            sample(source, a, shift, bends, bent, out[k])
