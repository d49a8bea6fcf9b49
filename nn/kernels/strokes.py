"""A template to a path, as some hand might write it.

What varies, in this order: the template's points (jitter, proportions), the curve through them
(centripetal Catmull–Rom), where it begins and ends, how densely the hand was sampled, tremor,
bends, slant, aspect and turn, hooks, gaps, strokes that stay joined, and the pen (width, pressure,
a broad nib). Lengths are in heights of the digit.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.counter import begin, between, normal, normal_within, uniform
from nn.kernels.curve import MOST_POINTS, trace
from nn.kernels.jit import jit
from nn.kernels.pen import capsule, centre, draw, fit
from nn.kernels.simd import clear

STREAM_TEMPLATE, STREAM_STYLE = np.int64(1), np.int64(2)


@jit
def pick(cumulative: np.ndarray, u: float) -> int:
    """The first k with u < cumulative[k] (binary search)."""
    low, high = 0, cumulative.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if u < cumulative[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@jit
def pick_templates(cumulative: np.ndarray, seed: int, epoch: int, indices: np.ndarray, out: np.ndarray) -> None:
    """Which template each sample (n,) is drawn from: out (n,) int64."""
    state = np.empty(2, np.uint64)
    for k in range(indices.shape[0]):
        begin(state, STREAM_TEMPLATE, seed, epoch, indices[k])
        out[k] = pick(cumulative, uniform(state))


@jit(inline=True)
def jitter(points: np.ndarray, first: int, last: int, wildness: float, state: np.ndarray, out: np.ndarray) -> None:
    """Copy the points of a template with other proportions (powers of x and y) and every point a
    little elsewhere.
    """
    left, right = points[first, 0], points[first, 0]
    for k in range(first, last):
        left, right = min(left, points[k, 0]), max(right, points[k, 0])
    width = max(right - left, 0.2)
    power_x = math.exp(0.14 * wildness * normal_within(state, 2.0))
    power_y = math.exp(0.16 * wildness * normal_within(state, 2.0))
    for k in range(first, last):
        u, v = (points[k, 0] - left) / width, points[k, 1]
        if 0.0 < u < 1.0:
            u = u**power_x
        if 0.0 < v < 1.0:
            v = v**power_y
        out[k - first, 0] = u * width + 0.022 * wildness * normal_within(state, 2.5)
        out[k - first, 1] = v + 0.022 * wildness * normal_within(state, 2.5)


@jit(inline=True)
def smooth(x: np.ndarray, y: np.ndarray, down: np.ndarray, n: int, passes: int) -> None:
    """Round the corners of a path: each inner point moves to ¼, ½, ¼ of its neighbours and itself,
    `passes` times.
    """
    for _ in range(passes):
        before_x, before_y = x[0], y[0]
        for k in range(1, n - 1):
            here_x, here_y = x[k], y[k]
            if down[k] != 0 and down[k + 1] != 0:
                x[k] = 0.25 * before_x + 0.5 * here_x + 0.25 * x[k + 1]
                y[k] = 0.25 * before_y + 0.5 * here_y + 0.25 * y[k + 1]
            before_x, before_y = here_x, here_y


@jit(inline=True)
def deform(x: np.ndarray, y: np.ndarray, n: int, wildness: float, state: np.ndarray) -> None:
    """Tremor (a trembling that lasts a few points), bends (slow sines), then aspect, slant and
    turn.
    """
    tremor = 0.0
    if uniform(state) < 0.5:
        tremor = 0.012 * wildness * uniform(state) * uniform(state)
    bend_x, bend_y = 0.02 * wildness * normal(state), 0.02 * wildness * normal(state)
    rate_x, rate_y = between(state, 2.0, 7.0), between(state, 2.0, 7.0)
    phase_x, phase_y = between(state, 0.0, 6.2832), between(state, 0.0, 6.2832)
    aspect = math.exp(0.02 + 0.2 * normal_within(state, 2.2))
    slant = 0.08 + 0.2 * normal_within(state, 2.2)
    turn = 0.09 * normal_within(state, 2.5)
    cos, sin = math.cos(turn), math.sin(turn)
    shake_x, shake_y = 0.0, 0.0
    for k in range(n):
        if tremor > 0.0:
            shake_x = 0.5 * shake_x + tremor * normal(state)
            shake_y = 0.5 * shake_y + tremor * normal(state)
        px = x[k] + shake_x + bend_x * math.sin(rate_x * y[k] + phase_x)
        py = y[k] + shake_y + bend_y * math.sin(rate_y * x[k] + phase_y)
        px = aspect * px - slant * py
        x[k], y[k] = cos * px - sin * py, sin * px + cos * py


@jit(inline=True)
def press(x: np.ndarray, y: np.ndarray, r: np.ndarray, n: int, state: np.ndarray) -> None:
    """How wide the line is along the path, 1 on average: a pressure that drifts, and at times a
    nib broader one way.
    """
    drift, nib, angle = 0.0, 0.0, 0.0
    if uniform(state) < 0.5:
        drift = between(state, -0.25, 0.25)
    if uniform(state) < 0.25:
        nib, angle = between(state, 0.0, 0.35), between(state, 0.0, math.pi)
    cos, sin = math.cos(2.0 * angle), math.sin(2.0 * angle)
    for k in range(n):
        r[k] = 1.0 + drift * (2.0 * k / n - 1.0)
        if nib > 0.0 and k > 0:
            dx, dy = x[k] - x[k - 1], y[k] - y[k - 1]
            length2 = dx * dx + dy * dy + 1e-9
            r[k] *= 1.0 + nib * (((dx * dx - dy * dy) * cos + 2.0 * dx * dy * sin) / length2)


@jit(inline=True)
def mishaps(x: np.ndarray, y: np.ndarray, down: np.ndarray, n: int, wildness: float, state: np.ndarray) -> int:
    """Strokes joined, broken, cut short or ending in a hook; the new length of the path."""
    if uniform(state) < 0.07:
        for k in range(1, n):
            down[k] = 1
    if uniform(state) < 0.06 and n > 12:
        gap = 2 + int(uniform(state) * 0.08 * n)
        at = 3 + int(uniform(state) * (n - gap - 6))
        for k in range(at, n - gap):
            x[k], y[k], down[k] = x[k + gap], y[k + gap], down[k + gap]
        n -= gap
        down[at] = 0
    cut = int(0.07 * n * uniform(state) * uniform(state))
    n -= cut
    cut = int(0.07 * n * uniform(state) * uniform(state))
    if cut > 0:
        for k in range(n - cut):
            x[k], y[k], down[k] = x[k + cut], y[k + cut], down[k + cut]
        n -= cut
        down[0] = 0
    if uniform(state) < 0.08 * wildness and n < MOST_POINTS:
        angle, length = between(state, 0.0, 6.2832), between(state, 0.02, 0.09)
        x[n], y[n], down[n] = x[n - 1] + length * math.cos(angle), y[n - 1] + length * math.sin(angle), 1
        n += 1
    return n


@jit(inline=True)
def write(
    points: np.ndarray,
    corners: np.ndarray,
    point_offsets: np.ndarray,
    first_stroke: int,
    last_stroke: int,
    state: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    r: np.ndarray,
    down: np.ndarray,
) -> int:
    """Write strokes first_stroke .. last_stroke − 1 with a hand of its own; the length of the
    path.
    """
    first, last = point_offsets[first_stroke], point_offsets[last_stroke]
    wildness = math.exp(0.4 * normal_within(state, 2.0))
    control = np.empty((last - first, 2), np.float64)
    jitter(points, first, last=last, wildness=wildness, state=state, out=control)
    per_piece = 2 + int(5.0 * uniform(state))
    n = np.int64(0)
    for s in range(first_stroke, last_stroke):
        n = trace(
            control,
            corners[first:last],
            first=point_offsets[s] - first,
            last=point_offsets[s + 1] - first,
            per_piece=per_piece,
            x=x,
            y=y,
            down=down,
            n=n,
        )
    if uniform(state) < 0.4:
        smooth(x, y, down, n, 1 + int(3.0 * uniform(state)))
    n = mishaps(x, y, down=down, n=n, wildness=wildness, state=state)
    deform(x, y, n, wildness, state)
    press(x, y, r, n, state)
    return n


@jit(inline=True)
def pen_radius(state: np.ndarray) -> float:
    """In pixels of the 20 × 20 box: a little more varied than MNIST's, as preprocessing leaves it."""
    return min(max(1.3 * math.exp(0.25 * normal(state)), 0.85), 2.6)


@jit
def draw_digits(
    points: np.ndarray,
    corners: np.ndarray,
    point_offsets: np.ndarray,
    stroke_offsets: np.ndarray,
    chosen: np.ndarray,
    seed: int,
    epoch: int,
    indices: np.ndarray,
    out: np.ndarray,
) -> None:
    """Draw sample indices[k] of an epoch from template chosen[k] into out[k]: (n, 28, 28, 1)
    float32 in [0, 1].
    """
    state = np.empty(2, np.uint64)
    x, y, r = np.empty(MOST_POINTS, np.float64), np.empty(MOST_POINTS, np.float64), np.empty(MOST_POINTS, np.float64)
    down = np.empty(MOST_POINTS, np.uint8)
    image = np.empty((28, 28), np.float32)
    for k in range(indices.shape[0]):
        begin(state, STREAM_STYLE, seed, epoch, indices[k])
        strokes = stroke_offsets[chosen[k]], stroke_offsets[chosen[k] + 1]
        n = write(
            points,
            corners,
            point_offsets=point_offsets,
            first_stroke=strokes[0],
            last_stroke=strokes[1],
            state=state,
            x=x,
            y=y,
            r=r,
            down=down,
        )
        radius = pen_radius(state)
        fit(x, y, r, n, radius)
        clear(image, 0, image.size)
        draw(image, x, y, r, down=down, n=n)
        if uniform(state) < 0.03:
            dot_x, dot_y, size = between(state, 4.0, 24.0), between(state, 4.0, 24.0), radius * between(state, 0.6, 1.1)
            capsule(image, dot_x, y0=dot_y, r0=size, x1=dot_x, y1=dot_y, r1=size)
        centre(image, out[k])
