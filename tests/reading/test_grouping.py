"""The rules by which ink hangs together, each from both sides of its line: specks, strokes over
one another, digits that lean, rows of writing.
"""

import numpy as np
import pytest

from nn.reading import grouping
from nn.reading.grouping import Component, connected, into_rows, stacked, without_specks

SHAPE = (110, 400)


def block(left, top, right, bottom):
    """A filled rectangle."""
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return Component.of(mask)


def box(component):
    return component.left, component.top, component.right, component.bottom


def boxes(components):
    return [box(each) for each in components]


def test_a_component_has_the_box_of_its_mask():
    mask = np.zeros((9, 12), bool)
    mask[2, 4] = mask[3, 7] = mask[6, 5] = mask[7, 9] = True
    component = Component.of(mask)
    assert box(component) == (4, 2, 10, 8)
    assert (component.width, component.height, component.extent) == (6, 6, 6)
    assert (block(3, 5, 10, 7).width, block(3, 5, 10, 7).height) == (7, 2)
    assert block(3, 5, 10, 7).extent == block(3, 5, 5, 12).extent == 7


def test_two_joined_cover_both():
    joined = block(3, 5, 6, 9).joined(block(1, 7, 4, 12))
    assert box(joined) == (1, 5, 6, 12)
    assert int(joined.mask.sum()) == 12 + 15 - 2
    assert box(block(1, 7, 4, 12).joined(block(3, 5, 6, 9))) == (1, 5, 6, 12)


def test_what_is_connected_is_found_with_its_box_the_most_ink_first():
    parts = [(3, 1, 7, 9), (20, 5, 50, 7), (60, 90, 70, 108), (390, 40, 400, 60)]
    found, specks = connected(np.logical_or.reduce([block(*each).mask for each in parts]), 1.0)
    assert boxes(found) == [(390, 40, 400, 60), (60, 90, 70, 108), (20, 5, 50, 7), (3, 1, 7, 9)]
    assert [int(each.mask.sum()) for each in found] == [200, 180, 60, 32]
    assert all((each.mask == block(*box(each)).mask).all() for each in found)
    assert specks == []


def test_boxes_do_not_depend_on_the_shape_of_the_picture():
    mask = np.zeros((400, 12), bool)
    mask[300:340, 2:5] = mask[10:50, 7:12] = True
    assert boxes(connected(mask, 1.0)[0]) == [(7, 10, 12, 50), (2, 300, 5, 340)]
    assert boxes(connected(mask.T, 1.0)[0]) == [(10, 7, 50, 12), (300, 2, 340, 5)]


def test_a_speck_with_more_ink_than_a_thin_line_is_still_a_speck():
    parts = [(0, 0, 20, 1), (0, 10, 8, 11), (30, 0, 33, 3)]
    found, specks = connected(np.logical_or.reduce([block(*each).mask for each in parts]), 2.0)
    assert boxes(found) == [(0, 0, 20, 1), (0, 10, 8, 11)]
    assert boxes(specks) == [(30, 0, 33, 3)]


def test_of_too_many_components_those_with_the_most_ink_are_kept():
    mask = np.zeros((12, 400), bool)
    heights = np.random.default_rng(0).permutation(np.repeat([8, 10], [12, 40]))
    for k, height in enumerate(heights):
        mask[:height, 3 * k] = True
    found, specks = connected(mask, 1.0)
    assert len(found) == grouping.MOST_COMPONENTS == 48
    assert sorted(each.height for each in found) == [8] * 8 + [10] * 40
    assert specks == []


@pytest.mark.parametrize(
    ("largest", "pen", "line"),
    [
        (100, 1.0, 12),  # 12 % of the largest
        (25, 0.5, 3),
        (100, 10.0, 18),  # 1.8 pens: a dot
        (100, 20.0, 30),  # at most 30 % of the largest
        (10, 20.0, 3),
        (50, 5.0, 9),
    ],
)
def test_a_speck_is_tiny_or_a_dot_of_the_pen_that_is_small_beside_the_largest(largest, pen, line):
    large, least, less = block(0, 0, largest, 1), block(200, 0, 201, line), block(210, 0, 210 + line - 1, 1)
    kept, specks = without_specks([less, large, least], pen)
    assert boxes(kept) == boxes([large, least])
    assert boxes(specks) == boxes([less])
    mask = large.mask | least.mask | less.mask
    for k, expected in enumerate(([large, least], [less])):
        assert sorted(boxes(connected(mask, pen)[k])) == sorted(boxes(expected))


def test_what_is_alone_is_no_speck_however_broad_the_pen():
    dot = block(5, 5, 8, 8)
    assert without_specks([dot], 30.0) == ([dot], [])


@pytest.mark.parametrize("shared", [4, 5, 6])
def test_strokes_over_one_another_are_one_digit_from_half_of_the_narrower_on(shared):
    """A hat of ten columns above a body of forty."""
    body, hat = block(50, 20, 90, 60), block(90 - shared, 0, 100 - shared, 10)
    for both in ([body, hat], [hat, body]):
        assert len(stacked(both)) == (1 if shared >= 5 else 2)
    body, hat = block(50, 20, 90, 60), block(40 + shared, 0, 50 + shared, 10)
    assert len(stacked([body, hat])) == (1 if shared >= 5 else 2)


def test_strokes_are_joined_until_none_are_left_over_one_another():
    """Each lies over the next one only."""
    steps = [block(0, 0, 10, 10), block(5, 20, 25, 30), block(10, 40, 55, 50), block(30, 60, 70, 70)]
    apart = block(100, 0, 110, 70)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]):
        found = stacked([*(steps[k] for k in order[:2]), apart, *(steps[k] for k in order[2:])])
        assert sorted(boxes(found)) == [(0, 0, 70, 70), (100, 0, 110, 70)]
        assert int(min(found, key=lambda each: each.left).mask.sum()) == 100 + 200 + 450 + 400


def test_a_later_pair_is_joined_though_the_first_stroke_stands_alone():
    found = stacked([block(0, 0, 10, 70), block(50, 0, 90, 10), block(200, 0, 210, 70), block(60, 30, 80, 70)])
    assert boxes(found) == [(0, 0, 10, 70), (50, 0, 90, 70), (200, 0, 210, 70)]


def leaning(top, left, height, width=2, slope=1):
    """A stroke that moves by `slope` columns a row, `width` columns wide."""
    mask = np.zeros(SHAPE, bool)
    for row in range(height):
        mask[top + row, left + slope * row : left + slope * row + width] = True
    return Component.of(mask)


@pytest.mark.parametrize("slope", [1, -1])
@pytest.mark.parametrize("apart", [2, 3, 12])
def test_strokes_that_lean_side_by_side_are_two_digits_even_if_they_are_only_just_apart(apart, slope):
    one, other = leaning(5, 100, 40, slope=slope), leaning(5, 100 + apart, 40, slope=slope)
    assert len(stacked([one, other])) == len(stacked([other, one])) == 2


def test_strokes_that_share_a_pixel_or_cross_are_one_digit():
    one = leaning(5, 100, 40)
    for other in (leaning(5, 101, 40), leaning(5, 140, 40, slope=-1), leaning(5, 105, 40, slope=0)):
        assert len(stacked([one, other])) == len(stacked([other, one])) == 1


@pytest.mark.parametrize("shared", [11, 12, 13])
def test_strokes_that_lean_are_two_digits_if_they_share_three_fifths_of_the_shorter_height(shared):
    """A tall one of forty rows, and one of twenty left of its lower or right of its upper end."""
    tall = leaning(20, 100, 40)
    for short in (leaning(60 - shared, 137 - shared, 20), leaning(shared, 83 + shared, 20)):
        assert len(stacked([tall, short])) == len(stacked([short, tall])) == (2 if shared >= 12 else 1)


@pytest.mark.parametrize("height", [13, 14, 15])
def test_a_stroke_lower_than_a_third_of_the_tallest_is_part_of_the_digit_that_it_leans_on(height):
    """The line is at 35 % of the tallest of all: of forty rows."""
    tall, low = leaning(0, 100, 40, width=30), leaning(10, 141, height)
    assert len(stacked([tall, low])) == len(stacked([low, tall])) == (2 if height >= 14 else 1)
    taller = block(300, 0, 310, 60)
    assert len(stacked([tall, low, taller])) == 2


def test_strokes_without_a_row_in_common_are_not_side_by_side():
    """Both have gaps: the box of each holds all the rows of the other."""
    left, right = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    left[10:50:2, 20:24] = True
    right[11:51:2, 22:30] = True
    assert len(stacked([Component.of(left), Component.of(right)])) == 1
    right[10, 26:30] = True
    assert len(stacked([Component.of(left), Component.of(right)])) == 2


def test_side_by_side_means_in_every_row_that_both_reach():
    left, right = leaning(5, 100, 40), leaning(5, 103, 40)
    right.mask[30, 100:103] = True
    assert len(stacked([left, right])) == len(stacked([right, left])) == 1


def test_digits_of_the_same_heights_are_one_row_and_rows_come_from_top_to_bottom():
    upper, lower = [block(10, 0, 20, 30), block(30, 5, 45, 32)], [block(15, 60, 25, 90), block(40, 58, 50, 91)]
    expected = [boxes(upper), boxes(lower)]
    assert [boxes(row) for row in into_rows(upper + lower)] == expected
    assert [boxes(row) for row in into_rows(lower + upper)] == expected


def test_rows_are_sorted_by_their_middles_not_by_height_or_number():
    many, tall = [block(20 * k, 0, 20 * k + 10, 25) for k in range(5)], block(30, 40, 50, 108)
    assert [boxes(row) for row in into_rows([tall, *many])] == [boxes(many), boxes([tall])]


def test_a_row_may_climb_from_neighbour_to_neighbour():
    stairs = [block(30 * k, 80 - 15 * k, 30 * k + 20, 105 - 15 * k) for k in range(5)]
    for order in ([0, 1, 2, 3, 4], [4, 2, 0, 1, 3], [0, 4, 1, 3, 2]):
        (row,) = into_rows([stairs[k] for k in order])
        assert sorted(boxes(row)) == sorted(boxes(stairs))


@pytest.mark.parametrize("shared", [2, 3, 4])
def test_neighbours_are_in_a_row_from_three_tenths_of_the_lower_height_on(shared):
    low, high = block(0, 20, 10, 30), block(12, 20 + shared - 20, 22, 20 + shared)
    for both in ([low, high], [high, low]):
        assert len(into_rows(both)) == (1 if shared >= 3 else 2)
    low, high = block(0, 20, 10, 30), block(12, 30 - shared, 22, 50 - shared)
    assert len(into_rows([low, high])) == (1 if shared >= 3 else 2)


@pytest.mark.parametrize(("gap", "least"), [(39, 3), (40, 3), (41, 6)])
def test_digits_further_apart_than_two_heights_must_share_more_of_them(gap, least):
    """Heights of ten and twenty."""
    for shared in (least - 1, least):
        left = block(0, 40, 10, 60)
        for top in (60 - shared, 40 + shared - 10):
            right = block(10 + gap, top, 20 + gap, top + 10)
            for both in ([left, right], [right, left]):
                assert len(into_rows(both)) == (1 if shared == least else 2)


@pytest.mark.parametrize("gap", [2, 3, 4])
def test_parts_of_a_broken_digit_are_nearer_than_six_hundredths_of_both(gap):
    upper, lower = block(0, 0, 30, 20), block(5, 20 + gap, 25, 20 + gap + 30)
    for both in ([upper, lower], [lower, upper]):
        assert len(into_rows(both)) == (1 if gap <= 3 else 2)


@pytest.mark.parametrize("shared", [2, 3, 4])
def test_parts_of_a_broken_digit_lie_over_one_another_by_three_tenths_of_the_narrower(shared):
    upper = block(20, 0, 50, 25)
    for left in (50 - shared, 20 + shared - 10):
        lower = block(left, 26, left + 10, 51)
        for both in ([upper, lower], [lower, upper]):
            assert len(into_rows(both)) == (1 if shared >= 3 else 2)


@pytest.mark.parametrize(("top", "other"), [(0, 31), (31, 0)])
def test_a_digit_close_to_one_of_a_row_is_no_part_of_it(top, other):
    """Only two that stand alone may be the halves of a broken digit."""
    pair, alone = [block(0, top, 20, top + 30), block(30, top, 50, top + 30)], block(0, other, 20, other + 30)
    assert sorted(len(row) for row in into_rows([*pair, alone])) == [1, 2]


@pytest.mark.parametrize("height", [5, 6, 7])
def test_what_is_lower_than_three_tenths_of_the_tallest_makes_no_row_of_its_own(height):
    tall, low = block(0, 0, 10, 20), block(0, 60, 10, 60 + height)
    rows = into_rows([low, tall])
    assert [boxes(row) for row in rows] == ([boxes([tall]), boxes([low])] if height >= 6 else [boxes([tall, low])])


@pytest.mark.parametrize(
    ("mark", "row"),
    [
        ((40, 38, 60, 40), 0),
        ((40, 62, 60, 64), 1),
        ((220, 49, 240, 51), 1),  # right of both rows, nearer to the end of the lower
        ((330, 45, 340, 47), 0),  # one distance across, another down
        ((55, 20, 60, 24), 0),  # within the upper row's last digit
    ],
)
def test_a_mark_belongs_to_the_row_with_the_digit_nearest_to_it(mark, row):
    upper, lower = [block(0, 0, 20, 30), block(50, 0, 70, 30)], [block(0, 70, 20, 100), block(180, 70, 200, 100)]
    if mark[0] == 330:
        upper = [block(0, 0, 20, 30), block(300, 0, 320, 30)]
    rows = into_rows([*upper, block(*mark), *lower])
    assert [len(each) for each in rows] == ([3, 2] if row == 0 else [2, 3])
    assert box(rows[row][-1]) == mark


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((110, 50, 120, 60), 0),
        ((95, 55, 115, 90), 0),
        ((133, 50, 140, 60), 13 - 10),
        ((50, 50, 93, 60), 7),
        ((100, 75, 110, 80), 5),
        ((100, 20, 110, 44), 6),
        ((133, 74, 140, 80), 5),
        ((88, 10, 97, 46), 5),
    ],
)
def test_the_distance_of_two_boxes_is_that_of_their_nearest_points(other, expected):
    one, other = block(100, 50, 130, 70), block(*other)
    assert grouping._distance(one, other) == grouping._distance(other, one) == expected
