"""Lines under a number, told from the parts of digits; what belongs to other lines of writing."""

import numpy as np
import pytest
from rows import filled

from nn.reading.grouping import Component, without_other_lines, without_underlines


def block(left, top, right, bottom):
    """A filled rectangle."""
    mask = np.zeros((110, 200), bool)
    mask[top:bottom, left:right] = True
    return Component.of(mask)


def boxes(components):
    return [(each.left, each.top, each.right, each.bottom) for each in components]


# Two digits 40 high, and lines under them.
ONE, TWO = (20, 10, 40, 50), (50, 12, 70, 50)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        pytest.param([(16, 56, 74, 59)], 0, id="a line"),
        pytest.param([(16, 56, 74, 59), (18, 62, 76, 65)], 0, id="two lines"),
        pytest.param([(20, 56, 68, 60)], 0, id="as wide as 1.2 heights"),
        pytest.param([(21, 56, 68, 60)], 1, id="shorter"),
        pytest.param([(16, 56, 74, 76)], 1, id="too high for its width"),
        pytest.param([(16, 51, 74, 54)], 1, id="no air"),
        pytest.param([(16, 30, 74, 33)], 1, id="across"),
        pytest.param([(50, 56, 120, 59)], 0, id="under one of them"),
        pytest.param([(100, 56, 160, 59)], 1, id="beside"),
        pytest.param([(16, 2, 74, 5)], 1, id="over them"),
    ],
)
def test_lines_under_digits_are_left_out(lines, left):
    components = [block(*each) for each in (ONE, TWO, *lines)]
    assert boxes(without_underlines(components, 3.0)) == [ONE, TWO, *lines[:left]]


def test_a_line_between_two_rows_is_under_the_upper_one():
    lower = (30, 64, 50, 104)
    components = [block(*each) for each in (ONE, TWO, (16, 56, 74, 59), lower)]
    assert boxes(without_underlines(components, 3.0)) == [ONE, TWO, lower]


def test_bars_that_lie_over_one_another_are_no_underlined_digits():
    bars = [block(10, 10, 80, 14), block(10, 30, 80, 34)]
    assert without_underlines(bars, 4.0) == bars
    assert without_underlines(bars[:1], 4.0) == bars[:1]


def test_a_line_covers_what_it_lies_under():
    wide = (20, 10, 100, 50)
    assert boxes(without_underlines([block(*wide), block(20, 56, 84, 60)], 3.0)) == [wide]
    assert len(without_underlines([block(*wide), block(20, 56, 83, 60)], 3.0)) == 2


@pytest.mark.parametrize(
    ("box", "expected"),
    [((70, 100, 90, 119), True), ((70, 99, 90, 119), False), ((70, 100, 90, 118), False), ((70, 60, 90, 119), False)],
    ids=["below", "beside a digit", "not at the edge", "high"],
)
def test_a_cut_line_is_low_and_beyond_all_digits(box, expected):
    digits = [Component.of(filled((0, 40, 50, 100), (119, 200))), Component.of(filled((60, 40, 110, 100), (119, 200)))]
    low = Component.of(filled(box, (119, 200)))
    assert (low not in without_other_lines([*digits, low], 119, at_top=False, at_bottom=True)) is expected
    assert low in without_other_lines([*digits, low], 119, at_top=True, at_bottom=False)


@pytest.mark.parametrize(
    ("box", "expected"),
    [((70, 4, 90, 15), True), ((70, 4, 90, 16), False), ((70, 12, 90, 23), False), ((70, 50, 90, 61), False)],
    ids=["small print", "higher", "near a digit", "beside it"],
)
def test_small_print_away_from_all_digits_is_left_out(box, expected):
    digit, small = Component.of(filled((0, 40, 50, 100), (119, 200))), Component.of(filled(box, (119, 200)))
    assert (small not in without_other_lines([digit, small], 119, at_top=False, at_bottom=False)) is expected
