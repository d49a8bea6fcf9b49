"""The curve through the points of a stroke, against another way to compute the same spline."""

import math

import numpy as np
import pytest

from nn.kernels.curve import MOST_POINTS, root_of_distance, tangents, trace

# A stroke in the middle of others, so that a wrong index meets wrong points.
POINTS = np.array(
    [[7, 9], [-5, 4], [0.5, -2], [1.5, 0.25], [2, 2], [4.5, 2.25], [5, -1], [3, -2.5], [11, 13], [-8, 17]], np.float64
)
FIRST, LAST = 2, 8
PER_PIECE = 4


def traced(corners=(), first=FIRST, last=LAST, per_piece=PER_PIECE, n=3):
    """The path through POINTS[first:last], after n points that were there before: (points, down)."""
    x, y, down = np.full(MOST_POINTS, -77.0), np.full(MOST_POINTS, -88.0), np.full(MOST_POINTS, 9, np.uint8)
    sharp = np.isin(np.arange(len(POINTS)), corners).astype(np.uint8)
    end = trace(POINTS, sharp, first=first, last=last, per_piece=per_piece, x=x, y=y, down=down, n=n)
    for before, value in ((x, -77), (y, -88), (down, 9)):
        assert (before[:n] == value).all()
        assert (before[end:] == value).all()
    return np.stack([x, y], axis=1)[n:end], down[n:end]


def barry_goldman(p, t):
    """The piece from p[1] to p[2] at 0 <= t <= 1: the pyramid of straight lines of Barry and Goldman
    (1988), with the square roots of the distances between the knots.
    """
    knots = np.cumsum([0, *(math.sqrt(math.dist(p[k], p[k + 1])) for k in range(3))])
    at = knots[1] + t * (knots[2] - knots[1])

    def line(left, right, a, b):
        return ((knots[b] - at) * left + (at - knots[a]) * right) / (knots[b] - knots[a])

    low, middle, high = (line(p[k], p[k + 1], k, k + 1) for k in range(3))
    return line(line(low, middle, 0, 2), line(middle, high, 1, 3), 1, 2)


@pytest.mark.parametrize(("a", "b"), [(1, 0), (0, 1), (1, 2), (2, 0)])
def test_knots_lie_apart_by_the_root_of_the_distance(a, b):
    points = np.array([[3, 5], [6, 9], [11, -3]], np.float64)
    assert root_of_distance(points, a, b) == pytest.approx(math.sqrt(math.dist(points[a], points[b])), abs=2e-6)


def test_knots_of_one_point_twice_are_not_the_same():
    assert root_of_distance(np.array([[3, 5], [3, 5]], np.float64), 0, 1) == pytest.approx(1e-6)


def test_inner_pieces_are_a_centripetal_catmull_rom_spline():
    path, _ = traced()
    for piece in range(1, LAST - FIRST - 2):
        for k in range(PER_PIECE + 1):
            expected = barry_goldman(POINTS[FIRST + piece - 1 : FIRST + piece + 3], k / PER_PIECE)
            np.testing.assert_allclose(path[piece * PER_PIECE + k], expected, atol=1e-5)


@pytest.mark.parametrize("per_piece", [1, 2, 5])
@pytest.mark.parametrize(("first", "last"), [(0, 10), (2, 8), (4, 6), (5, 6)])
def test_the_curve_goes_through_all_points_of_its_stroke_and_no_others(first, last, per_piece):
    path, down = traced(first=first, last=last, per_piece=per_piece)
    assert len(path) == 1 + (last - first - 1) * per_piece
    np.testing.assert_allclose(path[::per_piece], POINTS[first:last], atol=1e-12)
    assert down.tolist() == [0] + [1] * (len(path) - 1)


def bend(path, piece, t):
    """The second derivative at the beginning (0) or end (1) of a piece, which is a cubic: four of its
    points are enough.
    """
    cubic = np.polynomial.Polynomial.fit
    part = path[piece * PER_PIECE : (piece + 1) * PER_PIECE + 1]
    times = np.linspace(0, 1, PER_PIECE + 1)
    return np.array([cubic(times, part[:, axis], 3).deriv(2)(t) for axis in range(2)])


def slope(path, piece, t):
    """The first derivative there."""
    part = path[piece * PER_PIECE : (piece + 1) * PER_PIECE + 1]
    times = np.linspace(0, 1, PER_PIECE + 1)
    return np.array([np.polynomial.Polynomial.fit(times, part[:, axis], 3).deriv()(t) for axis in range(2)])


def test_the_curve_runs_out_straight_at_both_ends():
    path, _ = traced()
    last = LAST - FIRST - 2
    np.testing.assert_allclose(bend(path, 0, 0), 0, atol=1e-9)
    np.testing.assert_allclose(bend(path, last, 1), 0, atol=1e-9)
    # And only there.
    assert np.abs(bend(path, 0, 1)).max() > 0.3
    assert np.abs(bend(path, last, 0)).max() > 0.3


def test_the_direction_does_not_jump_between_pieces():
    path, _ = traced()
    for piece in range(LAST - FIRST - 2):
        before, after = slope(path, piece, 1), slope(path, piece + 1, 0)
        assert before @ after == pytest.approx(np.linalg.norm(before) * np.linalg.norm(after))


@pytest.mark.parametrize("corner", range(1, LAST - FIRST - 1))
def test_a_corner_parts_a_stroke_into_two_curves(corner):
    path, down = traced(corners=[FIRST + corner])
    halves = traced(last=FIRST + corner + 1)[0], traced(first=FIRST + corner)[0]
    np.testing.assert_allclose(path, np.concatenate([halves[0], halves[1][1:]]), atol=1e-12)
    assert down.tolist() == [0] + [1] * (len(path) - 1)


def test_between_two_corners_the_line_is_straight():
    path, _ = traced(corners=[4, 5])
    part = path[(4 - FIRST) * PER_PIECE : (5 - FIRST) * PER_PIECE + 1]
    np.testing.assert_allclose(part, np.linspace(POINTS[4], POINTS[5], PER_PIECE + 1), atol=1e-12)


@pytest.mark.parametrize(("starts", "ends"), [(True, True), (True, False), (False, True), (False, False)])
def test_tangents_depend_on_the_neighbours_that_count(starts, ends):
    plain, m = getattr(tangents, "py_func", tangents), np.full(4, np.nan)
    plain(POINTS, 4, starts, ends, m)
    for neighbour, counts in ((3, not starts), (6, not ends)):
        moved, other = POINTS.copy(), np.full(4, np.nan)
        moved[neighbour] += 1
        plain(moved, 4, starts, ends, other)
        assert (np.abs(other - m).max() > 0.01) == counts


def test_a_path_is_filled_to_its_last_point_and_no_further():
    full = traced(first=4, last=6, n=MOST_POINTS - PER_PIECE - 1)[0]
    assert len(full) == 1 + PER_PIECE
    # One point less, and the piece is left out whole.
    assert len(traced(first=4, last=6, n=MOST_POINTS - PER_PIECE)[0]) == 1
