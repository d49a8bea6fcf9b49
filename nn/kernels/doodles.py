"""What is no digit: scribbles, signs, invented letters, digits run together or crossed
out, sketches, writing, filled shapes, noise.

A network that has seen only digits calls everything a digit. Shown these with "any of the ten,
equally" as the answer, it learns to be undecided where nothing can be decided (outlier exposure:
Hendrycks, Mazeika & Dietterich 2019).
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.counter import begin, between, normal, uniform
from nn.kernels.curve import MOST_POINTS, trace
from nn.kernels.jit import jit
from nn.kernels.pen import capsule, centre, draw, fit
from nn.kernels.simd import clear
from nn.kernels.sketches import hatching, letter, piece, sketch, writing
from nn.kernels.strokes import deform, pen_radius, pick, press, write

STREAM_DOODLE = np.int64(4)
KINDS = 13


@jit
def scribble(state: np.ndarray, fewest: int, x: np.ndarray, y: np.ndarray, r: np.ndarray, down: np.ndarray) -> int:
    """One to three strokes through `fewest` or more points anywhere, smooth or angular; the length
    of the path.
    """
    strokes = 1 + int(3.0 * uniform(state) * uniform(state))
    angular = between(state, -0.5, 1.0)
    n = 0
    for _ in range(strokes):
        count = max(3, (fewest + int(10.0 * uniform(state))) // strokes)
        points, corners = np.empty((count, 2), np.float64), np.zeros(count, np.uint8)
        for k in range(count):
            points[k, 0], points[k, 1] = uniform(state), uniform(state)
            corners[k] = 1 if uniform(state) < angular else 0
        n = trace(points, corners, first=0, last=count, per_piece=6, x=x, y=y, down=down, n=n)
    for k in range(n):
        r[k] = 1.0
    return n


@jit
def beside(x: np.ndarray, y: np.ndarray, a: int, n: int, gap: float) -> None:
    """Move points a .. n − 1 of a path to the right of points 0 .. a − 1, `gap` apart (negative:
    they overlap).
    """
    right, left = x[0], x[a]
    for k in range(a):
        right = max(right, x[k])
    for k in range(a, n):
        left = min(left, x[k])
    for k in range(a, n):
        x[k] += right - left + gap


@jit
def lines(state: np.ndarray, image: np.ndarray) -> None:
    """Many straight lines and dots."""
    radius = pen_radius(state)
    share_of_dots = uniform(state)
    for _ in range(3 + int(11.0 * uniform(state))):
        x0, y0 = between(state, 5.0, 23.0), between(state, 5.0, 23.0)
        x1, y1 = between(state, 5.0, 23.0), between(state, 5.0, 23.0)
        if uniform(state) < share_of_dots:
            x1, y1 = x0, y0
        capsule(image, x0, y0=y0, r0=radius, x1=x1, y1=y1, r1=radius)


@jit
def bumps(state: np.ndarray, out: np.ndarray, low: float, high: float, steps: int) -> None:
    """A curve (28,) that goes from one random height to the next in `steps` straight or smooth
    steps.
    """
    heights = np.empty(steps + 1, np.float64)
    for k in range(steps + 1):
        heights[k] = between(state, low, high)
    for j in range(28):
        position = j * steps / 28.0
        k = int(position)
        t = position - k
        if t < 1.0:
            t = t * t * (3.0 - 2.0 * t)
        out[j] = (1.0 - t) * heights[k] + t * heights[k + 1]


@jit
def silhouette(state: np.ndarray, image: np.ndarray) -> None:
    """A filled shape between two curves, symmetrical at times, at times parted in the middle, with
    stripes and shading.
    """
    upper, lower, tone = np.empty(28, np.float64), np.empty(28, np.float64), np.empty(28, np.float64)
    steps = 2 + int(7.0 * uniform(state))
    bumps(state, upper, 0.0, 12.0, steps)
    bumps(state, lower, 16.0, 28.0, steps)
    bumps(state, tone, 0.15, 1.0, 2 + int(6.0 * uniform(state)))
    symmetrical, across, parted = uniform(state) < 0.6, uniform(state) < 0.5, uniform(state) < 0.25
    begin_at, end_at = int(3.0 * uniform(state)), 28 - int(3.0 * uniform(state))
    level, stripes, grain = between(state, 0.3, 1.3), between(state, 0.0, 0.5), between(state, 0.0, 0.3)
    if uniform(state) < 0.3:
        level, stripes, grain = 3.0, 0.0, 0.0
    rate, opening = between(state, 0.3, 3.0), between(state, 1.0, 4.0)
    for j in range(begin_at, end_at):
        low, high = upper[j], lower[j]
        if symmetrical:
            high = 28.0 - low
        for i in range(28):
            ink = min(max(min(i + 0.5 - low, high - i - 0.5) + 0.5, 0.0), 1.0)
            if parted and abs(i - 13.5) < opening and j > begin_at + 6:
                ink = 0.0
            ink *= level * tone[i if symmetrical else j] * (1.0 - stripes * (0.5 + 0.5 * math.sin(rate * j)))
            ink = min(max(ink * (1.0 + grain * normal(state)), 0.0), 1.0)
            if across:
                image[i, j] = ink
            else:
                image[j, i] = ink


@jit
def noise(state: np.ndarray, image: np.ndarray) -> None:
    """Random pixels: few or many, hard or soft, single or smeared."""
    density, soft, smear = uniform(state), uniform(state), between(state, 0.0, 0.9)
    before = 0.0
    for i in range(28):
        for j in range(28):
            ink = 0.0
            if uniform(state) < density:
                ink = 1.0 if soft < 0.4 else uniform(state)
            before = smear * before + (1.0 - smear) * ink
            image[i, j] = min(before * (1.0 + smear), 1.0)


@jit
def draw_doodles(digits: tuple, signs: tuple, seed: int, epoch: int, indices: np.ndarray, out: np.ndarray) -> None:
    """Draw what is no digit as sample indices[k] into out[k]: (n, 28, 28, 1) float32 in [0, 1].

    `digits` and `signs`: points, corners, point_offsets, stroke_offsets, cumulative of the two
    sets of templates.
    """
    state = np.empty(2, np.uint64)
    x, y, r = np.empty(MOST_POINTS, np.float64), np.empty(MOST_POINTS, np.float64), np.empty(MOST_POINTS, np.float64)
    down = np.empty(MOST_POINTS, np.uint8)
    image = np.empty((28, 28), np.float32)
    for k in range(indices.shape[0]):
        begin(state, STREAM_DOODLE, seed, epoch, indices[k])
        clear(image, 0, image.size)
        kind = int(KINDS * uniform(state))
        n = 0
        if kind == 0:
            n = scribble(state, 6, x=x, y=y, r=r, down=down)
        elif kind in (1, 11):  # signs come twice as often as the others
            n = write_any(signs, state, x=x, y=y, r=r, down=down)
        elif kind == 2:
            a = write_any(digits, state, x=x, y=y, r=r, down=down)
            n = a + write_any(digits, state, x=x[a:], y=y[a:], r=r[a:], down=down[a:])
            beside(x, y, a, n, between(state, -0.25, 0.3))
        elif kind == 3:
            a = write_any(digits, state, x=x, y=y, r=r, down=down)
            n = a + scribble(state, 9, x=x[a:], y=y[a:], r=r[a:], down=down[a:])
        elif kind == 4:
            lines(state, image)
        elif kind == 5:
            silhouette(state, image)
        elif kind == 6:
            noise(state, image)
        else:
            n = sketched(kind, state, x=x, y=y, r=r, down=down)
        if n > 0:
            # A thin pen: what a thick one fills to the brim could as well be somebody's bold 8.
            fit(x, y, r, n, min(pen_radius(state), 1.3))
            draw(image, x, y, r, down=down, n=n)
        if n > 0 and uniform(state) < 0.06:
            image[:] = np.float32(1) - image
        if n > 0 or kind == 4:
            centre(image, out[k])
        else:
            out[k, :, :, 0] = image


@jit
def sketched(kind: int, state: np.ndarray, x: np.ndarray, y: np.ndarray, r: np.ndarray, down: np.ndarray) -> int:
    """A sketch (kinds 7, 8), writing (9), hatching (10), or a piece of one, or a letter (else), in a
    hand of its own; the length of the path.
    """
    if kind < 9:
        n = sketch(state, x, y, down)
    elif kind == 9:
        n = writing(state, x, y, down)
    elif kind == 10:
        n = hatching(state, x, y, down)
    else:
        n = letter(state, x, y, down)
    if kind < 11 and uniform(state) < 0.4:
        n = piece(state, x, y, down, n)
    deform(x, y, n, 1.0, state)
    press(x, y, r, n, state)
    return n


@jit
def write_any(templates: tuple, state: np.ndarray, x: np.ndarray, y: np.ndarray, r: np.ndarray, down: np.ndarray) -> int:
    """Write some template; the length of the path."""
    points, corners, point_offsets, stroke_offsets, cumulative = templates
    t = pick(cumulative, uniform(state))
    return write(
        points,
        corners,
        point_offsets=point_offsets,
        first_stroke=stroke_offsets[t],
        last_stroke=stroke_offsets[t + 1],
        state=state,
        x=x,
        y=y,
        r=r,
        down=down,
    )
