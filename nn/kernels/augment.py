"""Random views of an image, in one pass from the bytes of the data set to the floats of a batch.

Each pixel of the new image asks where it came from (backward mapping, so that there are no holes):

    (v, u) = A · (i − c, j − c) + c + shift + bend(i, j)
    out[i, j] = source at (v, u), bilinear between its four neighbours, 0 outside

A is rotation, scale and shear; `bend` is the elastic deformation of Simard, Steinkraus & Platt
2003: random displacements, smoothed so that neighbours move together. They smooth a field of one
uniform draw per pixel with a Gaussian. Here fewer draws on a coarse grid are joined by cubic
B-splines, which cost a hundredth; with knots h apart, their bell has the standard deviation h /
√3.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.counter import begin, between, uniform
from nn.kernels.jit import jit
from nn.kernels.simd import clear, lanes, load, splat, store_first, zeros

STREAM_VIEW = np.int64(3)
MARGIN = 2  # zeros around the source, so that sampling at its edge needs no branches


@jit(inline=True)
def thicken(source: np.ndarray, amount: float, out: np.ndarray) -> None:
    """Move from the image to its dilation (amount > 0) or erosion (< 0) by a cross of five pixels,
    by |amount| ≤ 1.
    """
    height, width = source.shape
    share = np.float32(abs(amount))
    for i in range(1, height - 1):
        if amount > 0:
            for j in range(1, width - 1):
                here = source[i, j]
                extreme = max(max(source[i - 1, j], source[i + 1, j]), max(source[i, j - 1], source[i, j + 1]))
                out[i, j] = here + share * (max(extreme, here) - here)
        else:
            for j in range(1, width - 1):
                here = source[i, j]
                extreme = min(min(source[i - 1, j], source[i + 1, j]), min(source[i, j - 1], source[i, j + 1]))
                out[i, j] = here + share * (min(extreme, here) - here)


@jit
def splines(spacing: float, out: np.ndarray) -> None:
    """The cubic B-splines out (knots, n), whose knots are `spacing` apart, at 0, 1, ..., n - 1;
    four overlap at each point.
    """
    clear(out, 0, out.size)
    knots = out.shape[0]
    for i in range(out.shape[1]):
        first = min(int(i / spacing), knots - 4)
        t = i / spacing - first
        out[first, i] = (1.0 - t) ** 3 / 6.0
        out[first + 1, i] = (3.0 * t**3 - 6.0 * t**2 + 4.0) / 6.0
        out[first + 2, i] = (-3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0) / 6.0
        out[first + 3, i] = t**3 / 6.0


@jit(inline=True)
def bend(grid: np.ndarray, down: np.ndarray, across: np.ndarray, out: np.ndarray) -> None:
    """The smooth displacement out (2, H, W) from the draws on a grid (2, K, L): down (K, H) and
    across (L, W) are `splines`.

    A vector of a row is summed in registers; the last one reads up to a vector past the end of
    `across`.
    """
    knots, height = down.shape
    width, L = out.shape[2], lanes(out)
    row = np.empty(across.shape[0], np.float32)
    for axis in range(2):
        for i in range(height):
            clear(row, 0, row.size)
            for a in range(knots):
                weight = down[a, i]
                if weight != 0:
                    for b in range(row.shape[0]):
                        row[b] += weight * grid[axis, a, b]
            for j in range(0, width, L):
                total = zeros(out)
                for b in range(row.shape[0]):
                    total = total + splat(row, b) * load(across, b * width + j)
                store_first(out, (axis * height + i) * width + j, min(L, width - j), total)


@jit(inline=True)
def sample(source: np.ndarray, a: np.ndarray, shift: np.ndarray, bends: np.ndarray, out: np.ndarray) -> None:
    """Look up out (H, W, 1) in `source` (H + 6, W + 6, the image with a rim of zeros): a is A (2,
    2), shift (2,).

    One loop finds where each pixel of a row comes from, another reads what is there: both are
    simple enough for the compiler to turn them into vectors.
    """
    height, width = out.shape[0], out.shape[1]
    centre_i, centre_j = np.float32((height - 1) / 2.0), np.float32((width - 1) / 2.0)
    zero, one, rim = np.float32(0), np.float32(1), np.float32(MARGIN)
    # Thickened ink reaches one pixel past the image; beyond that is zero.
    last_v, last_u = np.float32(height + MARGIN + 1), np.float32(width + MARGIN + 1)
    a00, a01, a10, a11 = np.float32(a[0, 0]), np.float32(a[0, 1]), np.float32(a[1, 0]), np.float32(a[1, 1])
    shift_v, shift_u = np.float32(shift[0]), np.float32(shift[1])
    pixels, row_step = source.reshape(-1), source.shape[1]
    corner = np.empty(width, np.int32)
    t, s = np.empty(width, np.float32), np.empty(width, np.float32)
    for i in range(height):
        di = np.float32(i) - centre_i
        start_v, start_u = a00 * di + centre_i + shift_v + rim, a10 * di + centre_j + shift_u + rim
        for j in range(width):
            dj = np.float32(j) - centre_j
            v = min(max(start_v + a01 * dj + bends[0, i, j], zero), last_v)
            u = min(max(start_u + a11 * dj + bends[1, i, j], zero), last_u)
            top, left = np.int32(v), np.int32(u)
            corner[j] = top * np.int32(row_step) + left
            t[j], s[j] = v - np.float32(top), u - np.float32(left)
        for j in range(width):
            p = corner[j]
            above = (one - s[j]) * pixels[p] + s[j] * pixels[p + 1]
            below = (one - s[j]) * pixels[p + row_step] + s[j] * pixels[p + row_step + 1]
            out[i, j, 0] = (one - t[j]) * above + t[j] * below


@jit(inline=True)
def draw_affine(limits: np.ndarray, state: np.ndarray, a: np.ndarray, shift: np.ndarray) -> None:
    """A random A and shift within limits: rotation (radians), scale, aspect, shear, shift
    (pixels); each uniform in ± limit.
    """
    angle = between(state, -limits[0], limits[0])
    scale = math.exp(between(state, -limits[1], limits[1]))
    aspect = math.exp(0.5 * between(state, -limits[2], limits[2]))
    shear = between(state, -limits[3], limits[3])
    shift[0], shift[1] = between(state, -limits[4], limits[4]), between(state, -limits[4], limits[4])
    cos, sin = math.cos(angle), math.sin(angle)
    rows, columns = scale * aspect, scale / aspect
    a[0, 0], a[0, 1] = cos * rows, -sin * columns
    a[1, 0], a[1, 1] = sin * rows + shear * cos * rows, cos * columns - shear * sin * columns


@jit
def augment(
    images: np.ndarray, limits: np.ndarray, spacing: float, seed: int, epoch: int, indices: np.ndarray, out: np.ndarray
) -> None:
    """A random view of images[indices[k]] into out[k].

    images (N, H, W) uint8, out (n, H, W, 1) float32 in [0, 1]. The seven `limits` are the five of
    `draw_affine`, the thickness (as a share of a pixel) and the standard deviation, in pixels, of
    the elastic displacement. Its knots are `spacing` pixels apart.
    """
    height, width = images.shape[1], images.shape[2]
    state = np.empty(2, np.uint64)
    a, shift = np.empty((2, 2), np.float64), np.empty(2, np.float64)
    source = np.empty((height + 2 * MARGIN + 2, width + 2 * MARGIN + 2), np.float32)
    thicker = np.empty(source.shape, np.float32)
    clear(source, 0, source.size)
    clear(thicker, 0, thicker.size)
    down = np.empty((int(height / spacing) + 4, height), np.float32)
    knots = int(width / spacing) + 4
    # A vector may be read past its end.
    across = np.empty((knots + lanes(source) // width + 1, width), np.float32)[:knots]
    splines(spacing, down)
    splines(spacing, across)
    grid = np.empty((2, down.shape[0], across.shape[0]), np.float32)
    bends = np.empty((2, height, width), np.float32)
    clear(bends, 0, bends.size)
    for k in range(indices.shape[0]):
        begin(state, STREAM_VIEW, seed, epoch, indices[k])
        image = images[indices[k]]
        for i in range(height):
            for j in range(width):
                source[i + MARGIN, j + MARGIN] = np.float32(image[i, j]) * np.float32(1 / 255)
        draw_affine(limits, state, a, shift)
        thicken(source, between(state, -limits[5], limits[5]), thicker)
        if limits[6] > 0.0:
            # Uniform draws in ±√3 have the variance 1, of which a cubic B-spline keeps (151/315)².
            reach = limits[6] * uniform(state) / 0.48 * math.sqrt(3.0)
            for axis in range(2):
                for p in range(grid.shape[1]):
                    for q in range(grid.shape[2]):
                        grid[axis, p, q] = between(state, -reach, reach)
            bend(grid, down, across, bends)
        sample(thicker, a, shift, bends, out[k])
