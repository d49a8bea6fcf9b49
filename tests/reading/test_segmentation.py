"""A drawing taken apart, to the pixel: bars whose boxes can be counted, and strokes of the pen
beside discs drawn one by one.
"""

import itertools

import numpy as np
import pytest
from rows import HIGH, bars, row_of

from nn.reading.pieces import Grid
from nn.reading.segmentation import COARSE, INK, MOST_PIECES, MOST_STROKES, _drawn, cut_up, find_digits, take_apart


def ink_of(*boxes, shape=(100, 120), level=1.0):
    """Ink (H, W) of filled boxes (left, top, right, bottom)."""
    ink = np.zeros(shape, np.float32)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = level
    return ink


def placed(mask, left=5, top=3, shape=(60, 400)):
    """A mask within a larger one."""
    out = np.zeros(shape, bool)
    out[top : top + len(mask), left : left + mask.shape[1]] = mask
    return out


BAR = (40, 10, 51, 31)


def test_a_bar_is_one_piece_with_its_own_box():
    (row,) = take_apart(ink_of(BAR))
    assert (row.boxes, row.grid) == ([BAR], Grid(1, 10, 40))
    assert row.may_touch


def test_a_line_of_one_pixels_height_is_a_piece():
    (row,) = take_apart(ink_of((7, 30, 90, 31)))
    assert row.boxes == [(7, 30, 90, 31)]


@pytest.mark.parametrize(("level", "count"), [(INK, 1), (INK - 0.01, 0)])
def test_ink_counts_from_about_a_third(level, count):
    assert len(take_apart(ink_of(BAR, level=level))) == count


def test_faint_ink_beside_a_bar_is_not_part_of_it():
    (row,) = take_apart(np.maximum(ink_of(BAR), ink_of((30, 0, 60, 40), level=INK - 0.01)))
    assert (row.boxes, row.grid) == ([BAR], Grid(1, 10, 40))


@pytest.mark.parametrize("shape", [(0, 0), (0, 7), (7, 0), (28, 28), (5, 9)])
def test_a_drawing_without_ink_has_no_rows(shape):
    assert take_apart(np.zeros(shape, np.float32)) == []
    assert find_digits(np.zeros(shape, np.float32)) == []


@pytest.mark.parametrize(
    ("height", "width", "step"),
    [(20, 8, 1), (239, 8, 1), (240, 8, 2), (8, 479, 1), (8, 480, 2), (400, 100, 2), (401, 100, 3), (200, 500, 2)],
)
def test_the_mask_has_about_160_rows_or_320_columns(height, width, step):
    assert COARSE == 160
    (row,) = take_apart(ink_of((30, 20, 30 + width, 20 + height), shape=(500, 600)))
    assert row.grid == Grid(step, 20, 30)


def test_an_image_in_mnists_geometry_is_one_digit_as_it_stands():
    ink = ink_of((12, 4, 17, 14), (12, 15, 17, 24), shape=(28, 28))
    (row,) = take_apart(ink)
    assert (row.boxes, row.grid) == ([(0, 0, 28, 28)], Grid(1, 0, 0))
    np.testing.assert_array_equal(row.digit(0, 1).image, ink)
    assert not row.may_touch


@pytest.mark.parametrize(("shape", "expected"), [((28, 28), False), ((28, 60), True), ((60, 28), True), ((29, 10), True)])
def test_only_a_picture_of_the_networks_size_cannot_hold_digits_that_touch(shape, expected):
    (row,) = take_apart(ink_of((2, 3, 6, 20), shape=shape))
    assert row.may_touch is expected


def test_specks_are_told_once_with_the_first_row():
    bars_of = [(20, 10, 26, 60), (50, 10, 56, 60), (20, 120, 26, 170), (50, 120, 56, 170)]
    first, second = take_apart(ink_of(*bars_of, (38, 30, 40, 32), shape=(200, 120)))
    assert first.specks == ((38, 30, 40, 32),)
    assert second.specks == ()


def test_of_many_pieces_the_largest_are_kept():
    tall = [(8 * k, 10, 8 * k + 4, 50) for k in range(MOST_PIECES)]
    low = [(8 * MOST_PIECES + 8 * k, 20, 8 * MOST_PIECES + 8 * k + 4, 50) for k in range(3)]
    (row,) = take_apart(ink_of(*low, *tall, shape=(60, 240)))
    assert row.boxes == tall


def test_digits_are_what_is_connected_or_lies_over_one_another():
    boxes = [(10, 10, 20, 60), (30, 10, 40, 60), (50, 10, 60, 60)]
    hat = (26, 2, 44, 6)
    digits = find_digits(ink_of(*boxes, hat))
    assert [digit.box for digit in digits] == [boxes[0], (26, 2, 44, 60), boxes[2]]
    below = find_digits(ink_of(*boxes, (10, 120, 20, 170), (30, 120, 40, 170), shape=(200, 120)))
    assert [digit.box for digit in below] == [*boxes, (10, 120, 20, 170), (30, 120, 40, 170)]


@pytest.mark.parametrize(("bridges", "strokes"), [((9,), 1), ((5, 14), 2)])
def test_a_piece_is_cut_at_its_seams_and_nothing_gets_lost(bridges, strokes):
    mask = placed(bars(10, *bridges))
    parts = cut_up(row_of([mask], pen=2.0)).pieces
    top, bottom = 3 + bridges[0], 4 + bridges[-1]
    expected = [(5, 3, 8, 23), (8, top, 12, bottom), (12, 3, 21, 23)]
    assert cut_up(row_of([mask], pen=2.0)).boxes == expected
    np.testing.assert_array_equal(sum(each.mask.astype(int) for each in parts), mask.astype(int))
    assert [(each.component, each.part, each.crossed, each.pen) for each in parts] == [
        (0, 0, 0, 2.0),
        (0, 1, strokes, 2.0),
        (0, 2, strokes, 2.0),
    ]


def test_the_rest_of_the_row_stays():
    masks = [placed(bars(10, 9)), placed(np.ones((HIGH, 4), bool), left=40)]
    row = cut_up(row_of(masks, pen=2.0))
    assert row.boxes[-1] == (40, 3, 44, 23)
    assert [each.component for each in row.pieces] == [0, 0, 0, 1]


@pytest.mark.parametrize(("height", "count"), [(26, 4), (27, 2)])
def test_how_wide_a_piece_must_be_depends_on_the_tallest_of_the_row(height, count):
    masks = [placed(bars(10, 9)), placed(np.ones((height, 4), bool), left=40)]
    assert len(cut_up(row_of(masks, pen=2.0))) == count


def blocks(count, width):
    return [placed(np.ones((HIGH, width), bool), left=40 + 10 * k) for k in range(count)]


@pytest.mark.parametrize(
    ("others", "count"),
    [(blocks(MOST_PIECES - 1, 8), MOST_PIECES + 2), (blocks(MOST_PIECES, 8), MOST_PIECES + 1), (blocks(MOST_PIECES, 4), 27)],
    ids=["a small one is cut", "a small one is not cut beyond the limit", "the largest is cut first"],
)
def test_beyond_some_number_of_pieces_nothing_is_cut(others, count):
    assert len(cut_up(row_of([placed(bars(10, 9)), *others], pen=2.0))) == count


def line(x, top=10, bottom=80):
    """A stroke straight down the middles of a column's pixels."""
    return np.array([(x + 0.5, top + 0.5), (x + 0.5, bottom - 0.5)])


def test_what_each_stroke_drew_stays_together_and_apart_from_the_others():
    ink = ink_of((20, 10, 23, 80), (60, 10, 63, 80))
    (row,) = take_apart(ink, [(line(61), 3.0), (line(21), 3.0)])
    assert row.boxes == [(20, 10, 23, 80), (60, 10, 63, 80)]
    assert not row.may_touch
    np.testing.assert_array_equal(row.inked, ink[10:80, 20:63] > 0)


@pytest.mark.parametrize(("count", "is_known"), [(MOST_STROKES, True), (MOST_STROKES + 1, False)])
def test_too_many_strokes_are_a_picture(count, is_known):
    (row,) = take_apart(ink_of((20, 10, 23, 80)), [(line(21), 3.0)] * count)
    assert row.may_touch is not is_known


@pytest.mark.parametrize(("stray", "is_known"), [(2, True), (3, False)])
def test_strokes_must_account_for_98_of_100_pixels(stray, is_known):
    ink = ink_of((10, 50, 110 - stray, 51), (10, 90, 10 + stray, 91))
    assert ink.sum() == 100
    stroke = np.array([(10.5, 50.5), (109.5 - stray, 50.5)])
    (row,) = take_apart(ink, [(stroke, 1.0)])
    assert row.may_touch is not is_known
    assert row.boxes[0] == (10, 50, 110 - stray, 51)


SHAPE = (40, 60)


def discs(centres, radius, shape=SHAPE):
    """The pixels that lie within a radius of some pixel (x, y)."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.logical_or.reduce([np.hypot(x - a, y - b) <= radius for a, b in centres])


def drawn(pixels, pen):
    """The mask of a stroke through the middles of pixels (x, y)."""
    return _drawn(np.asarray(pixels, float) + 0.5, pen, Grid(1, 0, 0), SHAPE)


@pytest.mark.parametrize("pen", [2, 4, 6])
def test_a_dot_is_a_disc_of_the_pens_radius_and_a_pixel_wherever_the_picture_ends(pen):
    for x in (30, 0, 59, -1, -4, 63, 64, 65, 66, 68, 70, -9, -60, 130, 600):
        for y in (20, 0, 39, -1, -3, -4, 41, 42, 43, 44, 45, 50, -9, -50, 90, 400):
            np.testing.assert_array_equal(drawn([(x, y)], pen), discs([(x, y)], pen / 2 + 1), err_msg=f"at {x}, {y}")


@pytest.mark.parametrize(
    ("pixels", "through"),
    [
        ([(10, 20), (30, 20)], [(x, 20) for x in range(10, 31)]),
        ([(30, 20), (10, 20)], [(x, 20) for x in range(10, 31)]),
        ([(50, 5), (50, 30)], [(50, y) for y in range(5, 31)]),
        ([(10, 5), (30, 25)], [(10 + k, 5 + k) for k in range(21)]),
        ([(10, 10), (11, 10), (11, 30)], [(10, 10), *((11, y) for y in range(10, 31))]),
        ([(10, 10), (10, 10)], [(10, 10)]),
        ([(10, 10), (30, 10), (30, 10)], [(x, 10) for x in range(10, 31)]),
        ([(10, 10), (20, 10), (30, 10), (30, 30)], [*((x, 10) for x in range(10, 31)), *((30, y) for y in range(10, 31))]),
        ([(10, 20), (29.98, 20), (30.02, 20.2)], [(x, 20) for x in range(10, 31)]),
    ],
    ids=["right", "left", "down", "slanting", "a corner at once", "a dot twice", "an end twice", "a corner", "a last small step"],
)
def test_a_thin_stroke_is_a_disc_at_each_pixel_of_its_way(pixels, through):
    np.testing.assert_array_equal(drawn(pixels, 2), discs(through, 2))


def test_the_last_point_counts_however_near_it_is():
    before, last = (30.45, 20), (30.6, 20)
    np.testing.assert_array_equal(drawn([(10, 20), before, last], 2), discs([(x, 20) for x in range(10, 32)], 2))


def test_many_points_close_together_are_no_shortcut():
    """A corner, drawn in steps of a sixth of the radius."""
    pixels = [(x, 8) for x in range(10, 41)] + [(40, y) for y in range(9, 33)]
    way = discs(pixels, 6)
    mask = drawn(pixels, 10)
    assert (way & ~mask).sum() <= 0.02 * way.sum()
    assert not (mask & ~way).any()


@pytest.mark.parametrize("seed", range(5))
def test_a_stroke_of_any_form_keeps_its_width_but_for_a_pixel(seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform((-10, -10), (70, 50), (6, 2))
    radius = rng.uniform(1.5, 6)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.0
    fine = np.concatenate([np.linspace(a, b, 100) for a, b in itertools.pairwise(points)])
    distance = np.min([np.hypot(x - a, y - b) for a, b in fine], axis=0)
    mask = drawn(points, 2 * (radius - 1))
    assert mask[distance <= radius - 1].all()
    assert not mask[distance > radius + 0.8].any()


def test_a_stroke_lies_on_the_grid():
    """Blocks of 2 x 2 pixels from row 7 and column 3 on: the pen is four blocks wide."""
    points = [(3 + 2 * 10.5, 7 + 2 * 20.5), (3 + 2 * 30.5, 7 + 2 * 20.5)]
    mask = _drawn(np.array(points[:1]), 8.0, Grid(2, 7, 3), SHAPE)
    np.testing.assert_array_equal(mask, discs([(10, 20)], 3))
    mask = _drawn(np.array(points), 4.0, Grid(2, 7, 3), SHAPE)
    np.testing.assert_array_equal(mask, discs([(x, 20) for x in range(10, 31)], 2))


def test_a_stroke_without_points_draws_nothing():
    assert not _drawn(np.zeros((0, 2)), 4.0, Grid(1, 0, 0), SHAPE).any()
