import numpy as np

from apps.draw.drawing.canvas import Canvas
from apps.draw.drawing.strokes import Picture


def draw(canvas, *points, width=20.0, erases=False):
    canvas.begin(points[0], width, erases)
    for point in points[1:]:
        canvas.move(point)
    canvas.end()


def test_every_step_back_shows_exactly_what_was_there():
    canvas, pictures = Canvas(1.3), []
    steps = [
        lambda: draw(canvas, (100, 100), (200, 300), (50, 70)),
        lambda: draw(canvas, (120, 100), (130, 300), width=50, erases=True),
        lambda: canvas.open(Picture(np.full((20, 30), 200, np.uint8))),
        lambda: draw(canvas, (300, 300)),
        canvas.clear,
        lambda: draw(canvas, (10, 10), (600, 470)),
    ]
    for step in steps:
        pictures.append((canvas.screen.ink.copy(), canvas.reading.ink.copy()))
        step()
    last = canvas.screen.ink.copy()
    for screen, reading in reversed(pictures):
        assert canvas.undo()
        np.testing.assert_array_equal(canvas.screen.ink, screen)
        np.testing.assert_array_equal(canvas.reading.ink, reading)
    assert not canvas.undo()
    while canvas.redo():
        pass
    np.testing.assert_array_equal(canvas.screen.ink, last)


def test_undo_while_the_pen_is_down_takes_that_stroke_back():
    canvas = Canvas()
    canvas.begin((100, 100), 20, False)
    canvas.move((200, 200))
    assert canvas.undo()
    assert not canvas.is_drawing
    assert not canvas.has_ink
    assert canvas.redo()
    assert canvas.has_ink


def test_resizing_never_changes_what_the_network_sees():
    canvas = Canvas(1.0)
    draw(canvas, (100, 100), (200, 300), (50, 70))
    canvas.begin((300, 100), 20, False)
    canvas.move((310, 200))
    before, version = canvas.ink(), canvas.version
    for scale in (2.0, 0.7, 1.5):
        canvas.resize(scale)
        np.testing.assert_array_equal(canvas.ink(), before)
    assert canvas.version == version
    canvas.move((330, 300))
    canvas.end()
    fresh = Canvas(1.5)
    draw(fresh, (100, 100), (200, 300), (50, 70))
    draw(fresh, (300, 100), (310, 200), (330, 300))
    np.testing.assert_array_equal(canvas.screen.ink, fresh.screen.ink)
    np.testing.assert_array_equal(canvas.reading.ink, fresh.reading.ink)


def test_ink_is_full_where_the_pen_was_and_zero_elsewhere():
    canvas = Canvas(2.0)
    draw(canvas, (100, 100), (300, 100))
    ink = canvas.ink()
    assert ink.dtype == np.uint8
    assert ink.shape == (480, 640)
    assert ink[100, 200] == 255
    assert ink[300, 200] == 0


def test_clear_on_a_fresh_sheet_is_no_step():
    canvas = Canvas()
    assert not canvas.clear()
    assert not canvas.undo()


def test_version_counts_changes_of_ink_only():
    canvas = Canvas()
    canvas.begin((10, 10), 20, False)
    version = canvas.version
    canvas.move((10, 10))
    assert canvas.version == version
    canvas.move((30, 10))
    assert canvas.version > version


def test_long_drawings_are_undone_exactly_too():
    """Enough strokes for copies of the sheet to be kept, and to be dropped."""
    rng, canvas, pictures = np.random.default_rng(3), Canvas(0.5), []
    for number in range(18):
        pictures.append(canvas.reading.ink.copy())
        points = rng.uniform(50, 400, 2) + np.cumsum(rng.normal(0, 4, (30, 2)), axis=0)
        draw(canvas, *[(float(x), float(y)) for x, y in points], erases=number % 5 == 4)
        if number == 7:
            canvas.resize(0.8)
    last = canvas.screen.ink.copy()
    for picture in reversed(pictures):
        canvas.undo()
        np.testing.assert_array_equal(canvas.reading.ink, picture)
    while canvas.redo():
        pass
    np.testing.assert_array_equal(canvas.screen.ink, last)
