import itertools

import numpy as np
import pytest

from apps.draw.drawing.raster import GrowingStroke, Raster, stamp, union
from apps.draw.drawing.strokes import Picture, Stroke


def supersampled(shape, points, radius, samples=16):
    """Coverage by counting samples inside of the union of capsules: slow and obvious."""
    height, width = shape
    y, x = ((np.arange(n * samples) + 0.5) / samples for n in (height, width))
    inside = np.zeros((height * samples, width * samples), dtype=bool)
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        dx, dy = bx - ax, by - ay
        length = max(dx * dx + dy * dy, 1e-12)
        t = np.clip(((x[None, :] - ax) * dx + (y[:, None] - ay) * dy) / length, 0, 1)
        inside |= (x[None, :] - ax - t * dx) ** 2 + (y[:, None] - ay - t * dy) ** 2 <= radius * radius
    return inside.reshape(height, samples, width, samples).mean(axis=(1, 3))


@pytest.mark.parametrize("seed", range(12))
def test_stamp_covers_as_many_samples_say(seed):
    rng = np.random.default_rng(seed)
    points = [tuple(p) for p in rng.uniform(5, 45, (3, 2))]
    radius = float(rng.uniform(1, 9))
    ink = np.zeros((50, 50), np.uint8)
    stamp(ink, (0, 0, 50, 50), points, radius)
    error = np.abs(ink / 255 - supersampled((50, 50), points, radius))
    assert error.max() < 0.5  # where two edges share a pixel, the maximum falls short of their union
    assert np.quantile(error, 0.99) < 0.08
    assert error.mean() < 0.006


def random_stroke(rng, erases=False):
    start = rng.uniform(0, 400, 2)
    points = start + np.cumsum(rng.normal(0, rng.uniform(2, 30), (rng.integers(1, 20), 2)), axis=0)
    return Stroke(tuple((float(x), float(y)) for x, y in points), float(rng.uniform(4, 40)), erases)


def drawn_live(raster, stroke):
    """The stroke point by point, every change of a pixel checked against the boxes the pen
    reports.
    """
    pen = GrowingStroke(raster, stroke.width, stroke.erases)
    for point in stroke.points:
        before = raster.ink.copy()
        left, top, right, bottom = pen.move(point)
        before[top:bottom, left:right] = raster.ink[top:bottom, left:right]
        np.testing.assert_array_equal(before, raster.ink)
    pen.finish()


@pytest.mark.parametrize("scale", [0.6, 1.0, 2.1])
def test_a_stroke_watched_point_by_point_equals_one_rendered_at_once(scale):
    rng = np.random.default_rng(5)
    strokes = [random_stroke(rng, erases=number % 3 == 2) for number in range(8)]
    live, afresh = Raster(scale), Raster(scale)
    for stroke in strokes:
        drawn_live(live, stroke)
    afresh.render(strokes)
    np.testing.assert_array_equal(live.ink, afresh.ink)


def test_a_dot_has_the_area_of_its_disc_at_every_scale():
    for scale in (0.5, 1, 2, 3):
        raster = Raster(scale)
        raster.render([Stroke(((320.3, 240.7),), 30.0)])
        assert raster.ink.sum() / 255 == pytest.approx(np.pi * (15 * scale) ** 2, rel=0.02)


def test_joints_are_as_dark_as_the_line():
    raster = Raster(1)
    raster.render([Stroke(tuple((100.0 + 7 * k, 100.0) for k in range(30)), 12.0)])
    assert (raster.ink[97:103, 100:300] == 255).all()


def test_a_smooth_stroke_passes_close_to_its_points():
    turns = np.linspace(0, 2 * np.pi, 40)
    circle = tuple((float(x), float(y)) for x, y in zip(320 + 150 * np.cos(turns), 240 + 150 * np.sin(turns), strict=True))
    raster = Raster(1)
    raster.render([Stroke(circle, 4.0)])
    y, x = np.nonzero(raster.ink > 128)
    distance = np.hypot(x + 0.5 - 320, y + 0.5 - 240)
    assert np.abs(distance - 150).max() < 3.5


def test_eraser_takes_away_what_it_covers_and_nothing_else():
    raster = Raster(1)
    raster.render([Stroke(((100.0, 100.0), (300.0, 100.0)), 20.0), Stroke(((200.0, 60.0), (200.0, 140.0)), 30.0, erases=True)])
    assert (raster.ink[:, 190:210] == 0).all()
    assert (raster.ink[95:105, 110:180] == 255).all()


@pytest.mark.parametrize("point", [(-500.0, -500.0), (10_000.0, 240.0), (640.0, 480.0), (-3.0, 240.0)])
def test_points_beyond_the_sheet_are_cut_off(point):
    raster = Raster(1)
    pen = GrowingStroke(raster, 20.0, erases=False)
    for place in ((320.0, 240.0), point, (320.0, 240.0)):
        left, top, right, bottom = pen.move(place)
        assert 0 <= left <= right <= 640
        assert 0 <= top <= bottom <= 480
    pen.finish()
    assert raster.ink[240, 320] == 255


@pytest.mark.parametrize("shape", [(28, 28), (1000, 30), (30, 1000), (1, 1)])
def test_a_picture_keeps_its_shape_in_the_middle(shape):
    raster = Raster(1)
    raster.render([Picture(np.full(shape, 255, np.uint8))])
    rows, columns = np.flatnonzero(raster.ink.max(axis=1)), np.flatnonzero(raster.ink.max(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    assert abs(height / width - shape[0] / shape[1]) <= 0.6 * shape[0] / shape[1] * max(1 / height, 1 / width) + 1e-9
    assert abs(rows[0] + rows[-1] + 1 - 480) <= 1
    assert abs(columns[0] + columns[-1] + 1 - 640) <= 1


def test_union_of_boxes_ignores_the_empty_one():
    assert union((0, 0, 0, 0), (3, 4, 5, 6)) == (3, 4, 5, 6)
    assert union((3, 4, 5, 6), (9, 9, 9, 12)) == (3, 4, 5, 6)
    assert union((3, 4, 5, 6), (1, 5, 4, 9)) == (1, 4, 5, 9)
