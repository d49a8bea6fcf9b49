"""Printed lines: where they are found, and what is erased of them."""

import numpy as np
import pytest

from nn.reading.clutter import _erase, _lines, without_clutter


def wavering(shape, ends):
    """A line that wavers by a pixel to both sides, so that one straight path alone stays within a
    pixel of it.
    """
    (left, right), columns = ends, np.arange(shape[1])
    rows = left + np.round((right - left) * columns / (shape[1] - 1)).astype(int)
    ink = np.zeros(shape)
    ink[rows + np.array([-1, 0, 1])[columns % 3], columns] = 1
    return ink


def level(first, end, row=20, shape=(40, 100)):
    """A level line from one column to another."""
    ink = np.zeros(shape)
    ink[row, first:end] = 1
    return ink


@pytest.mark.parametrize("ends", [(20, 20), (20, 26), (26, 20), (1, 1), (38, 38), (1, 5), (38, 34)])
def test_line_is_found_where_it_meets_the_edges(ends):
    left, right = ends
    assert _lines(wavering((40, 100), ends)) == [(left + 0.5, right + 0.5)]


def test_line_of_a_large_picture_is_found_in_pixels():
    ink = np.kron(wavering((45, 150), (20, 26)), np.ones((2, 2)))
    assert _lines(ink) == [(41, 53)]


@pytest.mark.parametrize("row", [0, 1, 2, 20, 37, 38, 39])
def test_thin_line_is_found_within_a_pixel_even_at_the_rim(row):
    ((left, right),) = _lines(level(0, 100, row))
    assert abs(left - row - 0.5) <= 1
    assert abs(right - row - 0.5) <= 1


@pytest.mark.parametrize("ends", [(20, 27), (27, 20)])
def test_no_line_climbs_more_than_six_in_a_hundred(ends):
    assert all(abs(right - left) <= 6 for left, right in _lines(wavering((40, 100), ends)))


@pytest.mark.parametrize(("ink", "count"), [(0.12, 0), (0.13, 1)])
def test_faintest_line(ink, count):
    assert len(_lines(ink * level(0, 100))) == count


@pytest.mark.parametrize(("missing", "count"), [(20, 1), (21, 0)])
def test_line_covers_four_fifths_of_its_length(missing, count):
    ink = level(0, 100)
    ink[:, 40 : 40 + missing] = 0
    assert len(_lines(ink)) == count


@pytest.mark.parametrize(
    ("width", "first", "end", "count"),
    [(100, 3, 100, 1), (100, 4, 100, 0), (100, 0, 97, 1), (100, 0, 96, 0), (25, 0, 25, 1), (25, 1, 25, 0), (25, 0, 24, 0)],
)
def test_line_comes_within_a_twenty_fifth_of_both_edges(width, first, end, count):
    assert len(_lines(level(first, end, row=6, shape=(12, width)))) == count


def test_picture_that_is_mostly_ink_has_no_lines():
    ink = np.zeros((40, 100))
    ink[:20] = 1
    assert _lines(ink)
    ink[20, 0] = 1
    assert _lines(ink) == []


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ((23, 23), 1),
        ((24, 24), 2),
        ((17, 17), 1),
        ((16, 16), 2),
        ((23, 29), 1),
        ((24, 30), 2),
        ((29, 23), 1),
        ((30, 24), 2),
        ((17, 11), 1),
        ((16, 10), 2),
        ((11, 17), 1),
        ((10, 16), 2),
        ((26, 14), 1),
        ((14, 26), 1),
    ],
)
def test_lines_are_four_pixels_apart_at_both_ends_and_do_not_cross(other, count):
    # This one covers just enough, so that no path beside it does.
    ink = wavering((40, 200), other)
    ink[:, 80:120] = 0
    assert len(_lines(np.maximum(ink, wavering((40, 200), (20, 20))))) == count


def test_line_that_meets_a_climbing_one_at_its_end_is_the_same():
    assert len(_lines(np.maximum(wavering((40, 200), (20, 26)), 0.9 * level(0, 180, 26, (40, 200))))) == 1


def erased(ink, left, right=None):
    """The ink after a line is erased that was found at these rows."""
    out = ink.copy()
    _erase(ink, out, left, left if right is None else right)
    return out


def rows_left(ink, left):
    return np.flatnonzero(erased(ink, left).any(axis=1)).tolist()


def band(shape, first, end):
    """A level line from one row to another, from edge to edge."""
    ink = np.zeros(shape)
    ink[first:end] = 1
    return ink


def test_soft_edge_of_two_pixels_goes_with_the_line():
    ink = 0.1 * band((40, 100), 17, 24)
    ink[20] = 1
    assert rows_left(ink, 20.0) == [17, 23]


@pytest.mark.parametrize(("row", "untouched"), [(0, slice(36, 40)), (39, slice(0, 4))])
def test_line_along_the_rim_is_erased_and_nothing_at_the_other_rim(row, untouched):
    ink = 0.5 * level(0, 100, row)
    ink[untouched] = 0.1
    out = erased(ink, float(row))
    assert not out[row].any()
    np.testing.assert_array_equal(out[untouched], ink[untouched])


@pytest.mark.parametrize(("shape", "most"), [((60, 100), 4), ((60, 600), 5), ((1024, 100), 8), ((60, 1024), 8)])
@pytest.mark.parametrize("side", [-1, 1])
def test_line_lies_within_two_coarse_pixels_of_where_it_was_found(shape, most, side):
    columns = np.arange(shape[1])
    path = np.round(10 + 20 * columns / (shape[1] - 1)).astype(int)
    for off, gone in ((most, True), (most + 1, False)):
        ink = np.zeros(shape)
        ink[path + side * off, columns] = 1
        assert erased(ink, 10.0, 30.0).any() != gone


@pytest.mark.parametrize(("width", "thickness", "reach"), [(200, 4, 8), (300, 6, 10)])
@pytest.mark.parametrize("side", [-1, 1])
def test_nothing_farther_away_than_the_reach_is_erased(width, thickness, reach, side):
    ink = np.zeros((60, width))
    for off in range(1, 20):
        ink[30 + side * off] = 1 if 4 <= off < 4 + thickness else 0.1 if off >= 4 + thickness else 0
    left = np.abs(np.array(rows_left(ink, 30.0)) - 30)
    assert sorted(left) == list(range(reach + 1, 20))


@pytest.mark.parametrize(("ink", "gone"), [(0.12, True), (0.119, False), (0.3, True)])
def test_what_is_fainter_than_any_line_stays(ink, gone):
    assert erased(ink * level(0, 100), 20.0).any() != gone


@pytest.mark.parametrize(("width", "gone"), [(90, True), (89, False)])
def test_line_is_forty_five_times_as_long_as_thick(width, gone):
    assert erased(band((40, width), 20, 22), 20.0).any() != gone


def test_ink_of_half_the_strength_is_edge_and_not_line():
    ink = 0.5 * band((40, 100), 19, 23)
    ink[20:22] = 1
    assert not erased(ink, 20.0).any()


@pytest.mark.parametrize(("thickness", "gone"), [(7, True), (8, False)])
def test_stroke_across_a_line_stays_if_thicker_by_a_half(thickness, gone):
    ink = band((60, 270), 28, 33)
    ink[28 : 28 + thickness, 100:110] = 1
    out = erased(ink, 30.0)
    assert out[:, 100:110].any() != gone
    assert not out[:, :100].any()


def test_thickness_at_the_limit_is_still_the_line():
    """Half of it is two thick and half three, so that the limit is 1.4 · 2.5 + 0.5 = 4."""
    ink = band((40, 120), 20, 22)
    ink[22, :60] = 1
    ink[22:24, 30] = 1
    assert not erased(ink, 20.0).any()


def test_stroke_that_comes_down_to_a_line_stays():
    ink = band((60, 180), 25, 29)
    ink[:25, 50:60] = 1
    out = erased(ink, 30.0)
    np.testing.assert_array_equal(out[:, 50:60], ink[:, 50:60])
    assert not out[:, :50].any()


def test_stroke_beside_a_gap_of_the_line_stays():
    ink = level(0, 100)
    ink[:, 50:60] = 0
    ink[12:14, 50:60] = 1
    out = erased(ink, 20.0)
    assert not out[20].any()
    np.testing.assert_array_equal(out[12:14], ink[12:14])


def lined(shape, dot):
    """A picture with a line from left to right, and a dot away from it."""
    ink = np.zeros(shape, np.float32)
    ink[10] = 1
    ink[30:40, 30:40] = dot
    return ink


@pytest.mark.parametrize(("shape", "clean"), [((56, 100), True), ((55, 100), False), ((100, 55), False), ((300, 56), True)])
def test_small_pictures_have_no_printed_lines(shape, clean):
    ink = lined(shape, 1)
    np.testing.assert_array_equal(without_clutter(ink), np.where(np.arange(shape[0])[:, None] == 10, 0, ink) if clean else ink)


@pytest.mark.parametrize(("dot", "clean"), [(0.5, True), (0.49, False)])
def test_line_with_hardly_any_other_ink_was_written(dot, clean):
    ink = lined((60, 100), dot)
    assert without_clutter(ink)[10].any() != clean


def test_lines_from_top_to_bottom_go_too():
    ink = lined((60, 100), 1)
    assert not without_clutter(ink.T)[:, 10].any()
    np.testing.assert_array_equal(without_clutter(np.zeros((60, 100), np.float32)), 0)
