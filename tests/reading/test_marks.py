"""Which pieces between two digits are dots, commas, dashes or slashes, and what that costs: rows of filled
boxes, 100 pixels high, and strokes between them.
"""

import numpy as np
import pytest
from rows import believing, filled, row, row_of, sure

from nn.reading import choice
from nn.reading.choice import best_grouping, mark_cost, may_be_a_slash

H = 100


def slash(width, height=98, thick=3):
    """A falling stroke of that width and height between two boxes, as a row of three pieces."""
    mask = np.zeros((H, 300), bool)
    for i in range(height):
        column = 120 + round(i * (width - thick) / (height - 1))
        mask[i, column : column + thick] = True
    return row_of([filled((0, 0, 50, H), mask.shape), mask, filled((200, 0, 250, H), mask.shape)])


def between(box):
    """A box between two digits at columns 0 to 50 and 200 to 250."""
    return row((0, 0, 50, H), box, (200, 0, 250, H))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(between((120, 50, 150, 74)), True, id="a low dash"),
        pytest.param(between((120, 50, 150, 75)), False, id="higher than a quarter"),
        pytest.param(slash(60), True, id="a slash"),
        pytest.param(slash(60, 95), False, id="a slash that is too low"),
        pytest.param(slash(60, 96), True, id="a slash just high enough"),
        pytest.param(slash(45, 100), False, id="a stroke too steep for a slash"),
        pytest.param(slash(46, 100), True, id="a stroke just slanting enough"),
        pytest.param(between((120, 0, 180, H)), False, id="a block is not straight"),
        pytest.param(slash(60, 80), False, id="straight and low"),
    ],
)
def test_a_mark_is_low_or_a_slanting_straight_stroke(pieces, expected):
    assert (mark_cost(pieces, 1, 2) is not None) is expected


@pytest.mark.parametrize(
    ("span", "expected"), [((0, 1), False), ((1, 2), True), ((2, 3), True), ((3, 4), False), ((1, 3), False), ((0, 2), False)]
)
def test_only_a_single_piece_between_two_others_is_a_mark(span, expected):
    pieces = row((0, 90, 10, H), (20, 90, 30, H), (40, 90, 50, H), (60, 0, 70, H))
    assert (mark_cost(pieces, *span) is not None) is expected


def test_a_cut_off_part_is_no_mark():
    boxes = [(0, 0, 50, H), (50, 90, 70, H), (80, 0, 120, H)]
    assert mark_cost(row(*boxes), 1, 2) == choice.SMALL_MARK_COST
    assert mark_cost(row(*boxes, components=[0, 0, 1]), 1, 2) is None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(102, 200, True), (103, 200, False), (50, 108, True), (50, 107, False), (103, 107, False)],
)
def test_a_mark_lies_under_a_neighbour_by_a_fifth_of_its_width_at_most(before, after, expected):
    pieces = row((0, 0, before, H), (100, 90, 110, H), (after, 0, 250, H))
    assert (mark_cost(pieces, 1, 2) is not None) is expected


DASHED = row((0, 0, 50, H), (70, 50, 95, 60), (115, 0, 165, H))


def dashed(probability, others=()):
    """A 2, a dash that may be read as a 1, and a 7."""
    return best_grouping(DASHED, {(0, 1): sure(2), (1, 2): believing(1, probability), (2, 3): sure(7)} | dict(others))


def test_a_mark_costs_the_same_whatever_the_network_makes_of_it():
    for probability in (0.2, 0.9):
        found = dashed(probability)
        assert [each.is_mark for each in found.spans] == [False, True, False]
        assert found.score == pytest.approx(-choice.SMALL_MARK_COST)


@pytest.mark.parametrize(("log_probability", "expected"), [(-0.5, False), (-choice.MARK_COST, False), (-0.8, True)])
def test_a_slash_is_a_digit_where_that_reads_better_than_a_mark(log_probability, expected):
    probability = np.exp(log_probability)
    probability += np.spacing(probability) * (np.log(probability) < log_probability)
    found = best_grouping(slash(60), {(0, 1): sure(2), (1, 2): believing(1, probability), (2, 3): sure(7)})
    assert found.spans[1].is_mark is expected
    assert found.score == pytest.approx(max(log_probability, -choice.MARK_COST))


@pytest.mark.parametrize("digit", [2, 3])
def test_a_mark_that_may_belong_to_a_digit_is_an_alternative_only_if_that_changes_the_digit(digit):
    found = dashed(0.3, {(0, 2): believing(digit, 0.8)})
    assert [each.is_mark for each in found.spans] == [False, True, False]
    joined = best_grouping(DASHED, {(0, 2): believing(digit, 0.8), (2, 3): sure(7)}).score
    assert found.spans[0].margin == (np.inf if digit == 2 else pytest.approx(found.score - joined))


def rising(width, above=10, below=10, *, falls=False, thick=3):
    """A straight stroke between two boxes of 60 rows, 80 + above + below rows high, that reaches beyond
    theirs by so many.
    """
    height = 60 + above + below
    mask = np.zeros((100, 300), bool)
    for i in range(height):
        column = 120 + round((i if falls else height - 1 - i) * (width - thick) / (height - 1))
        mask[20 - above + i, column : column + thick] = True
    return row_of([filled((60, 20, 110, 80), mask.shape), mask, filled((200, 20, 250, 80), mask.shape)])


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(rising(30), 0.0, id="leaning, higher and lower than its neighbours"),
        pytest.param(rising(12), None, id="too steep"),
        pytest.param(rising(14), 0.0, id="steep, far beyond both"),
        pytest.param(rising(14, 10, 6), None, id="steep, not far enough below"),
        pytest.param(rising(20, 8, 1), 0.0, id="leaning, far enough in all"),
        pytest.param(rising(20, 7, 1), None, id="leaning, not far enough in all"),
        pytest.param(rising(20, 12, 0), None, id="leaning, not below"),
        pytest.param(rising(17, 8, 1), None, id="too steep to reach so little beyond"),
        pytest.param(rising(26, 6, -1), 0.0, id="slanting, beyond one of them in all"),
        pytest.param(rising(26, 3, 0), None, id="slanting, not far enough beyond"),
        pytest.param(rising(32, 20, -3), None, id="slanting, ends above the line"),
        pytest.param(rising(30, falls=True), None, id="the other way"),
        pytest.param(rising(40, falls=True), choice.MARK_COST, id="the other way, as slanting as a slash may be"),
        pytest.param(rising(30, thick=20), None, id="a block"),
    ],
)
def test_a_stroke_that_leans_and_reaches_beyond_its_neighbours_is_a_slash(pieces, expected):
    assert mark_cost(pieces, 1, 2) == expected


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(rising(22, 0, 0), True, id="leaning, as high as its neighbours"),
        pytest.param(rising(22, -10, -10), True, id="leaning, lower than its neighbours"),
        pytest.param(rising(12, -10, -10), False, id="steeper and lower"),
        pytest.param(rising(19, 0, -1), True, id="steeper, hardly lower"),
        pytest.param(rising(19, 0, -2), False, id="steeper, ends above the line"),
        pytest.param(rising(9, 0, 0), False, id="nearly upright"),
        pytest.param(rising(22, 0, 0, falls=True), False, id="the other way"),
        pytest.param(rising(30, 0, 0, thick=20), False, id="a block"),
    ],
)
def test_a_straight_stroke_that_leans_or_reaches_like_a_slash_may_be_one(pieces, expected):
    assert may_be_a_slash(pieces, 1, 2) == expected
    assert not may_be_a_slash(pieces, 0, 1)
    assert not may_be_a_slash(pieces, 2, 3)
    assert not may_be_a_slash(pieces, 0, 2)


def test_a_clear_slash_is_none_of_the_digits_however_sure_the_network_is():
    found = best_grouping(rising(30), {(0, 1): sure(2), (1, 2): sure(1), (2, 3): sure(7)})
    assert [each.is_mark for each in found.spans] == [False, True, False]
    assert found.score == 0


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param((120, 71, 130, 105), choice.SMALL_MARK_COST, id="a comma"),
        pytest.param((120, 66, 130, 105), choice.SMALL_MARK_COST, id="begins just low enough"),
        pytest.param((120, 65, 130, 104), None, id="begins too high"),
        pytest.param((120, 70, 130, 112), None, id="too high"),
        pytest.param((120, 70, 162, 105), None, id="too wide"),
    ],
)
def test_a_small_piece_near_the_line_is_a_comma(box, expected):
    assert mark_cost(between(box), 1, 2) == expected
