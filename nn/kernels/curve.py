"""The smooth curve through the points of a stroke: a centripetal Catmull–Rom spline, whose pieces
are Hermite's cubics.
"""

from __future__ import annotations

import math

import numpy as np

from nn.kernels.jit import jit

MOST_POINTS = 1024  # of a path


@jit
def root_of_distance(points: np.ndarray, a: int, b: int) -> float:
    """√|b − a|: the knot spacing of a centripetal spline, which neither loops nor overshoots
    (Yuksel et al. 2011).
    """
    return math.sqrt(math.sqrt((points[b, 0] - points[a, 0]) ** 2 + (points[b, 1] - points[a, 1]) ** 2)) + 1e-6


@jit(inline=True)
def tangents(points: np.ndarray, a: int, starts: bool, ends: bool, m: np.ndarray) -> None:
    """Tangents of the piece from point a to a + 1 into m (4,): x and y at the beginning, x and y
    at the end.

    `starts` and `ends` say that the curve begins or ends there (or turns sharply): the neighbour
    beyond does not count.
    """
    here = root_of_distance(points, a, a + 1)
    for axis in range(2):
        slope = (points[a + 1, axis] - points[a, axis]) / here
        m[axis], m[2 + axis] = slope, slope
        if not starts:
            before = root_of_distance(points, a - 1, a)
            m[axis] += (points[a, axis] - points[a - 1, axis]) / before
            m[axis] -= (points[a + 1, axis] - points[a - 1, axis]) / (before + here)
        if not ends:
            after = root_of_distance(points, a + 1, a + 2)
            m[2 + axis] += (points[a + 2, axis] - points[a + 1, axis]) / after
            m[2 + axis] -= (points[a + 2, axis] - points[a, axis]) / (here + after)
        m[axis] *= here
        m[2 + axis] *= here
        if starts and not ends:
            m[axis] = 1.5 * (points[a + 1, axis] - points[a, axis]) - 0.5 * m[2 + axis]
        if ends and not starts:
            m[2 + axis] = 1.5 * (points[a + 1, axis] - points[a, axis]) - 0.5 * m[axis]


@jit
def trace(
    points: np.ndarray,
    corners: np.ndarray,
    first: int,
    last: int,
    per_piece: int,
    x: np.ndarray,
    y: np.ndarray,
    down: np.ndarray,
    n: int,
) -> int:
    """Append the curve through points[first:last] to a path of n points, `per_piece` points a
    piece; the new length.
    """
    m = np.empty(4, np.float64)
    x[n], y[n], down[n] = points[first, 0], points[first, 1], 0
    n += 1
    for a in range(first, last - 1):
        if n + per_piece > MOST_POINTS:
            break
        tangents(points, a, a == first or corners[a] != 0, a + 2 == last or corners[a + 1] != 0, m)
        for k in range(1, per_piece + 1):
            t = k / per_piece
            # Hermite's cubic: h00 p0 + h10 m0 + h01 p1 + h11 m1.
            h01 = t * t * (3.0 - 2.0 * t)
            h10 = t * (1.0 - t) * (1.0 - t)
            h11 = t * t * (t - 1.0)
            x[n] = (1.0 - h01) * points[a, 0] + h10 * m[0] + h01 * points[a + 1, 0] + h11 * m[2]
            y[n] = (1.0 - h01) * points[a, 1] + h10 * m[1] + h01 * points[a + 1, 1] + h11 * m[3]
            down[n] = 1
            n += 1
    return n
