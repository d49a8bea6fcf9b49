"""From the path of a pen to an image: fitted into the box, drawn, centred."""

import naive
import numpy as np
import pytest

from nn.kernels import pen
from nn.kernels.pen import capsule

fit, draw, centre = (getattr(each, "py_func", each) for each in (pen.fit, pen.draw, pen.centre))


def fitted(points, radius=1.0, widths=1.0):
    """The path in the box: points (n, 2) and radii (n,). What lies beyond its end does not matter and
    is left alone.
    """
    n, results = len(points), []
    for left_over in (-50.0, 50.0):
        x, y, r = np.full((3, n + 2), left_over)
        x[:n], y[:n] = np.transpose(points)
        r[:n] = widths
        fit(x, y, r, n, radius)
        assert {*x[n:], *y[n:], *r[n:]} == {left_over}
        results.append((np.stack([x, y], axis=1)[:n], r[:n]))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    return results[0]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # 18 pixels and a pen of radius 1: together the 20 of the box, which goes from 4 to 24.
        ([(0, 0), (2, 1)], [(5, 9.5), (23, 18.5)]),
        ([(0, 0), (1, 2)], [(9.5, 5), (18.5, 23)]),
        ([(-3, 6), (-1, 5), (-2, 5.5)], [(5, 18.5), (23, 9.5), (14, 14)]),
        ([(8, -3), (8, 1), (7, -1)], [(16.25, 5), (16.25, 23), (11.75, 14)]),
        ([(-1, 4), (-2, 2), (0, 3)], [(14, 23), (5, 5), (23, 14)]),
    ],
)
def test_the_longer_side_fills_the_box_and_the_aspect_is_kept(points, expected):
    np.testing.assert_allclose(fitted(points)[0], expected, atol=1e-12)


def test_a_broader_pen_leaves_less_room_for_its_path():
    points, radii = fitted([(0, 0), (1, 0)], radius=2.5, widths=[1, 0.5])
    np.testing.assert_allclose(points, [(6.5, 14), (21.5, 14)])
    np.testing.assert_allclose(radii, [2.5, 1.25])


@pytest.mark.parametrize("points", [[(0.25, 3)], [(0, 0), (0, 0)], [(0, 0), (1e-6, 0)]])
def test_a_point_becomes_a_dot_that_fills_the_box(points):
    where, radii = fitted(points)
    np.testing.assert_allclose(where, 14)
    np.testing.assert_allclose(radii, 10)


def test_what_is_longer_than_a_point_is_a_line():
    np.testing.assert_allclose(fitted([(0, 0), (1.1e-6, 0)])[0], [(5, 14), (23, 14)])


@pytest.mark.parametrize(
    ("start", "end", "radii"),
    [
        ((8.3, 9.1), (19.7, 17.4), (2, 2)),
        ((19.7, 17.4), (8.3, 9.1), (1.2, 2.9)),
        ((20.2, 6.4), (9.6, 18.8), (0.85, 2.6)),
        ((9.6, 18.8), (20.2, 6.4), (0.4, 0.4)),
        ((5.5, 13.1), (22.9, 13.1), (1, 3)),
        ((14.2, 4.9), (14.2, 23.3), (3, 0.5)),
        ((12.3, 15.8), (12.3, 15.8), (2.2, 2.2)),
        ((12.3, 15.8), (12.7, 15.8), (1, 2.2)),
        # Over the edges of the image, and beyond them.
        ((0.2, 0.4), (27.9, 27.7), (1.5, 2)),
        ((27.8, 0.3), (0.1, 27.9), (2, 1)),
        ((-2.0, 14.0), (30.0, 12.0), (1, 1)),
    ],
)
def test_a_pixel_is_as_dark_as_its_distance_from_the_line_says(start, end, radii):
    old = np.zeros((28, 28), np.float32)
    old[3:25:5, 2:26:3] = 0.6
    image = old.copy()
    capsule(image, start[0], y0=start[1], r0=float(radii[0]), x1=end[0], y1=end[1], r1=float(radii[1]))
    np.testing.assert_allclose(image, naive.capsule(old, start, end, *radii), atol=1e-6)


@pytest.mark.parametrize(("length", "is_a_dot"), [(0.0, True), (1e-6, True), (1.1e-6, False), (0.4, False)])
def test_a_line_up_to_a_millionth_of_a_pixel_is_a_dot_of_its_first_radius(length, is_a_dot):
    image = np.zeros((28, 28), np.float32)
    capsule(image, 0.0, y0=15.8, r0=1.0, x1=length, y1=15.8, r1=3.0)
    dot = naive.capsule(0 * image, (0, 15.8), (0, 15.8), 1, 3)
    assert np.allclose(image, dot, atol=1e-5) == is_a_dot
    assert image[15, 0] > 0.7


def drawn(points, radii, down, after=1):
    """The image of a path; its arrays go on with leftovers, of a line with `after`."""
    x, y, r = np.full(len(points) + 2, 2.0), np.full(len(points) + 2, 26.0), np.full(len(points) + 2, 1.5)
    pen_down = np.full(len(points) + 2, after, np.uint8)
    x[: len(points)], y[: len(points)] = np.transpose(points)
    r[: len(points)], pen_down[: len(points)] = radii, down
    image = np.zeros((28, 28), np.float32)
    draw(image, x, y, r, down=pen_down, n=len(points))
    return image


PATH, RADII = [(5, 5), (12, 6), (20, 8), (8, 20), (16, 22), (23, 16)], [0.5, 1, 1.5, 0.7, 1.2, 2]


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize(
    ("down", "lines"),
    [
        ([0, 1, 1, 0, 1, 1], [(0, 1), (1, 2), (3, 4), (4, 5)]),
        ([0, 1, 0, 0, 1, 0], [(0, 1), (2, 2), (3, 4), (5, 5)]),
        ([0, 0, 1, 1, 0, 0], [(0, 0), (1, 2), (2, 3), (4, 4), (5, 5)]),
        # The first point has none before it, whatever is said of it.
        ([1, 1, 1, 1, 1, 1], [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
        ([1, 0, 1, 0, 1, 1], [(0, 0), (1, 2), (3, 4), (4, 5)]),
    ],
)
def test_lines_join_the_points_of_a_stroke_and_a_lone_point_is_a_dot(down, lines, after):
    expected = np.zeros((28, 28))
    for a, b in lines:
        expected = naive.capsule(expected, PATH[a], PATH[b], RADII[a], RADII[b])
    np.testing.assert_allclose(drawn(PATH, RADII, down, after), expected, atol=1e-6)


def centred(ink):
    """The image with the given ink, {(row, column): value}, centred: the same, of what is not 0."""
    image, out = np.zeros((28, 28), np.float32), np.full((28, 28, 1), 0.7, np.float32)
    for place, value in ink.items():
        image[place] = value
    centre(image, out)
    return {(int(i), int(j)): round(float(out[i, j, 0]), 4) for i, j in np.argwhere(out[..., 0])}


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        ({(14, 14): 1}, {(14, 14): 1}),
        ({(13, 16): 0.25}, {(14, 14): 0.25}),
        ({(16, 13): 1}, {(14, 14): 1}),
        # The middle is that of the mass: three parts of the four are in one place.
        ({(11, 11): 0.75, (15, 19): 0.25}, {(13, 12): 0.75, (17, 20): 0.25}),
        ({(12, 17): 0.5, (10, 21): 0.5}, {(15, 13): 0.5, (13, 17): 0.5}),
        # At most by the four pixels around the box, so that nothing in it is lost.
        ({(4, 23): 1}, {(8, 19): 1}),
        ({(23, 4): 1}, {(19, 8): 1}),
        ({(9, 19): 1}, {(13, 15): 1}),
        ({(19, 9): 1}, {(15, 13): 1}),
        ({(10, 18): 1}, {(14, 14): 1}),
        # Ink at the edges moves inwards, and outwards it is lost.
        ({(0, 0): 0.5, (24, 24): 0.5}, {(2, 2): 0.5, (26, 26): 0.5}),
        ({(27, 27): 0.5, (4, 4): 0.5}, {(25, 25): 0.5, (2, 2): 0.5}),
        ({(27, 14): 0.1, (9, 14): 0.9}, {(12, 14): 0.9}),
        ({(14, 0): 0.1, (14, 18): 0.9}, {(14, 16): 0.9}),
    ],
)
def test_the_centre_of_mass_comes_to_the_middle(ink, expected):
    assert centred(ink) == expected


def test_an_empty_image_stays_empty():
    assert centred({}) == {}
