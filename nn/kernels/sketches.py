"""What people sketch when they write no digit: outlines with details in them, letters of no
alphabet, lines of writing, hatching, and pieces of these.

The parts of a sketch are few and simple, and never so few that they might be a digit: a ring and a
line could be a 9. A letter has at least three strokes, and four if it is symmetrical.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.counter import between, normal, uniform
from nn.kernels.curve import MOST_POINTS, trace
from nn.kernels.jit import jit

MOST_CORNERS = 12


@jit
def outline(
    state: np.ndarray,
    middle: tuple[float, float],
    size: tuple[float, float],
    arc: float,
    x: np.ndarray,
    y: np.ndarray,
    down: np.ndarray,
    n: int,
) -> int:
    """Append a round or angular outline about `middle`, `arc` of the full turn long; the new
    length of the path.
    """
    count = 3 + int(6.0 * uniform(state))
    angular = 1 if uniform(state) < 0.5 else 0
    points, corners = np.empty((MOST_CORNERS, 2)), np.empty(MOST_CORNERS, np.uint8)
    angle, rough = between(state, 0.0, 6.2832), between(state, 0.0, 0.2)
    for k in range(count + 1):
        reach = 1.0 + rough * normal(state)
        points[k, 0] = middle[0] + size[0] * reach * math.cos(angle + 6.2832 * arc * k / count)
        points[k, 1] = middle[1] + size[1] * reach * math.sin(angle + 6.2832 * arc * k / count)
        corners[k] = angular
    if arc == 1.0:
        points[count, 0], points[count, 1] = points[0, 0], points[0, 1]
    return trace(points, corners, first=0, last=count + 1, per_piece=5, x=x, y=y, down=down, n=n)


@jit
def waves(
    state: np.ndarray,
    start: tuple[float, float],
    end: tuple[float, float],
    height: float,
    humps: int,
    x: np.ndarray,
    y: np.ndarray,
    down: np.ndarray,
    n: int,
) -> int:
    """Append a line from `start` to `end` that swings to both sides by `height`, in loops at
    times; none with 0 humps.
    """
    count = max(2, 4 * humps)
    points, corners = np.empty((count, 2)), np.zeros(count, np.uint8)
    loop, angular = between(state, -0.3, 1.0), between(state, -0.5, 1.0)
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.sqrt(dx * dx + dy * dy) + 1e-6
    for k in range(count):
        along = k / (count - 1.0)
        swing, turn = height * (1.0 + 0.3 * normal(state)), 1.5708 * k
        if humps == 0:
            swing = 0.0
        # A quarter of a turn each: up, forth, down, back.
        along += max(loop, 0.0) * swing / length * math.cos(turn)
        points[k, 0] = start[0] + dx * along - dy / length * swing * math.sin(turn)
        points[k, 1] = start[1] + dy * along + dx / length * swing * math.sin(turn)
        corners[k] = 1 if uniform(state) < angular else 0
    return trace(points, corners, first=0, last=count, per_piece=4, x=x, y=y, down=down, n=n)


@jit
def sketch(state: np.ndarray, x: np.ndarray, y: np.ndarray, down: np.ndarray) -> int:
    """A large outline with three or more details in it, on it or beside it, symmetrical at times;
    the length of the path.
    """
    width, height = between(state, 0.25, 0.6), between(state, 0.25, 0.6)
    n = outline(state, (0.5, 0.5), size=(width, height), arc=1.0, x=x, y=y, down=down, n=0)
    twice = 2 if uniform(state) < 0.4 else 1
    for _ in range(2 + twice + int(3.0 * uniform(state))):
        # Well inside or well outside: a ring whose details lie on its line is a 0.
        angle = between(state, 0.0, 6.2832)
        away = between(state, 0.0, 0.5) if uniform(state) < 0.6 else between(state, 1.0, 1.4)
        at_x, at_y = 0.5 + width * away * math.cos(angle), 0.5 + height * away * math.sin(angle)
        size = between(state, 0.08, 0.3)
        kind, first = uniform(state), n
        if kind < 0.35:
            n = outline(state, (at_x, at_y), size=(size, size * between(state, 0.6, 1.5)), arc=1.0, x=x, y=y, down=down, n=n)
        elif kind < 0.55:
            n = outline(state, (at_x, at_y), size=(size, size), arc=between(state, 0.3, 0.7), x=x, y=y, down=down, n=n)
        elif kind < 0.65:
            n = waves(state, (at_x, at_y), end=(at_x + 2.0 * size, at_y), height=0.4 * size, humps=3, x=x, y=y, down=down, n=n)
        else:
            angle += between(state, -1.0, 1.0)
            reach = 2.0 * size if kind < 0.9 else 0.05
            n = waves(
                state,
                (at_x, at_y),
                end=(at_x + reach * math.cos(angle), at_y + reach * math.sin(angle)),
                height=0.0,
                humps=0,
                x=x,
                y=y,
                down=down,
                n=n,
            )
        if twice == 2 and 2 * n - first <= MOST_POINTS:
            for k in range(first, n):
                x[n + k - first], y[n + k - first], down[n + k - first] = 1.0 - x[k], y[k], down[k]
            n += n - first
    return n


@jit
def letter(state: np.ndarray, x: np.ndarray, y: np.ndarray, down: np.ndarray) -> int:
    """A letter of no alphabet: strokes between the corners, the middles of the edges and the middle
    of its box, straight, bent or with a corner, symmetrical at times; the length of the path.
    """
    width = between(state, 0.4, 1.0)
    twice = uniform(state) < 0.35
    points, corners = np.empty((3, 2)), np.zeros(3, np.uint8)
    n = 0
    for _ in range(2 + int(2.0 * uniform(state)) if twice else 3 + int(2.5 * uniform(state))):
        here, there = int(9.0 * uniform(state)), int(8.0 * uniform(state))
        there += 1 if there >= here else 0
        points[0, 0], points[0, 1] = 0.5 * width * (here % 3), 0.5 * (here // 3)
        points[2, 0], points[2, 1] = 0.5 * width * (there % 3), 0.5 * (there // 3)
        bend, kind = 0.0, uniform(state)
        if kind > 0.55:
            bend = between(state, -0.5, 0.5)
        dx, dy = points[2, 0] - points[0, 0], points[2, 1] - points[0, 1]
        points[1, 0] = 0.5 * (points[0, 0] + points[2, 0]) - bend * dy
        points[1, 1] = 0.5 * (points[0, 1] + points[2, 1]) + bend * dx
        corners[1] = 1 if kind > 0.85 else 0
        first = n
        n = trace(points, corners, first=0, last=3, per_piece=6, x=x, y=y, down=down, n=n)
        if twice:
            for k in range(first, n):
                x[n + k - first], y[n + k - first], down[n + k - first] = width - x[k], y[k], down[k]
            n += n - first
    return n


@jit
def writing(state: np.ndarray, x: np.ndarray, y: np.ndarray, down: np.ndarray) -> int:
    """One to four lines of pretended writing; the length of the path."""
    rows = 1 + int(4.0 * uniform(state) * uniform(state))
    height, slope = between(state, 0.05, 0.15 if rows > 1 else 0.4), between(state, -0.1, 0.1)
    n = 0
    for row in range(rows):
        top, begins = row * 3.0 * height, between(state, 0.0, 0.1)
        ends = between(state, 0.7, 1.1)
        humps = 3 + int((6.0 if rows < 3 else 4.0) * uniform(state))
        n = waves(state, (begins, top), end=(ends, top + slope), height=height, humps=humps, x=x, y=y, down=down, n=n)
    return n


@jit
def hatching(state: np.ndarray, x: np.ndarray, y: np.ndarray, down: np.ndarray) -> int:
    """Parallel lines in two directions or three; the length of the path."""
    n = 0
    angle, messy = between(state, 0.0, 3.1416), between(state, 0.0, 0.08)
    for _ in range(2 + int(1.3 * uniform(state))):
        lines = 2 + int(4.0 * uniform(state))
        cos, sin = math.cos(angle), math.sin(angle)
        for k in range(lines):
            aside = (k - 0.5 * (lines - 1)) / lines + messy * normal(state)
            begins, ends = -0.5 + messy * normal(state), 0.5 + messy * normal(state)
            start = cos * begins - sin * aside, sin * begins + cos * aside
            end = cos * ends - sin * aside, sin * ends + cos * aside
            n = waves(state, start, end=end, height=0.0, humps=0, x=x, y=y, down=down, n=n)
        angle += between(state, 0.7, 2.2)
    return n


@jit
def piece(state: np.ndarray, x: np.ndarray, y: np.ndarray, down: np.ndarray, n: int) -> int:
    """Keep what lies in a part of a path's box, as taking a drawing apart may leave it, if that is
    still too much for a digit.

    Returns the new length of the path, the old one if too little would be left.
    """
    left, right, top, bottom = x[0], x[0], y[0], y[0]
    for k in range(n):
        left, right = min(left, x[k]), max(right, x[k])
        top, bottom = min(top, y[k]), max(bottom, y[k])
    share = between(state, 0.4, 0.8)
    low = left + (right - left) * (1.0 - share) * uniform(state)
    high = low + share * (right - left)
    length, kept, strokes, inside = 0.0, 0, 0, False
    for k in range(n):
        if low <= x[k] <= high:
            kept += 1
            strokes += 0 if inside and down[k] != 0 else 1
            if inside and down[k] != 0:
                length += math.sqrt((x[k] - x[k - 1]) ** 2 + (y[k] - y[k - 1]) ** 2)
        inside = low <= x[k] <= high
    if strokes < 4 or length < 4.0 * max(high - low, bottom - top):
        return n
    m, inside = 0, False
    for k in range(n):
        here = low <= x[k] <= high
        if here:
            joined = down[k] if inside else np.uint8(0)
            x[m], y[m], down[m] = x[k], y[k], joined
            m += 1
        inside = here
    return m
