"""Seams through connected ink: masks drawn with letters, and a search through every seam there
is.
"""

import itertools

import numpy as np
import pytest
from rows import HIGH, bars

from nn.reading.seams import SIDEWAYS, crossed, find_seams, is_simple_stroke


def straight(*columns, height=HIGH):
    return [[column] * height for column in columns]


def seams(mask, tallest=HIGH, pen=2.0):
    return [seam.tolist() for seam in find_seams(mask, tallest, pen)]


def picture(text):
    """A mask from lines of `#` and `.`."""
    return np.array([[letter == "#" for letter in line] for line in text.split()])


def test_bars_with_a_bridge_are_parted_between_them_a_fifth_of_the_height_apart():
    assert seams(bars(10, 9)) == straight(3, 7)


@pytest.mark.parametrize(("gap", "expected"), [(6, (3, 7)), (5, ())])
def test_what_is_narrower_than_six_tenths_of_the_height_is_not_cut(gap, expected):
    assert seams(bars(gap, 9)) == straight(*expected)


@pytest.mark.parametrize(("pen", "expected"), [(5.0, (3, 7)), (5.1, ())])
def test_a_blotch_is_not_cut(pen, expected):
    assert seams(bars(10, 9), pen=pen) == straight(*expected)


def test_a_simple_stroke_is_not_cut():
    """The bars' feet are as short as a pen is wide."""
    mask = bars(14, 9)
    assert seams(mask)
    assert seams(mask[8:12], tallest=HIGH) == []


@pytest.mark.parametrize(("gap", "count"), [(10, 2), (14, 3), (15, 3), (24, 4)])
def test_there_are_two_seams_for_each_height_that_the_ink_is_wide_and_one_more(gap, count):
    found = seams(bars(gap, 9))
    assert found == straight(*range(3, 3 + 4 * count, 4))
    assert count - 1 <= 2 * (gap + 6) / HIGH < count


def test_a_seam_goes_where_the_ink_is_cheapest():
    """A wedge that grows thicker to the right."""
    mask = bars(10)
    for k in range(10):
        mask[9 - k : 10 + k // 2, 3 + k] = True
    assert seams(mask)[0][9] == 3
    assert len(seams(mask)) == 1


def test_ink_in_the_middle_row_counts_once():
    """Two gaps with a bridge each, the first of them in the middle: both cost the same, so the
    first comes first.
    """
    mask = bars(5, (9, 0, 2), (12, 3, 5), widths=(3, 4))
    mask[:, 5] = True
    assert seams(mask) == straight(3, 7)


@pytest.mark.parametrize(("rows", "is_cut"), [((9,), True), ((5, 14), True), ((4, 9, 15), False)])
def test_a_seam_goes_through_two_strokes_at_most(rows, is_cut):
    assert bool(seams(bars(10, *rows))) == is_cut


def block_and_stroke(block, bridge, stroke):
    """A block of so many pixels, a bridge of one row, and an upright stroke one column wide."""
    whole = -(-block // 12)
    mask = np.zeros((12, whole + bridge + 1), bool)
    mask[:, :whole] = True
    mask[: 12 * whole - block, 0] = False
    mask[5, whole:] = True
    mask[:stroke, -1] = True
    assert mask.sum() == block + bridge + stroke == 100
    return mask


@pytest.mark.parametrize(("block", "expected"), [(90, []), (89, straight(8, height=12))])
def test_more_than_a_tenth_of_the_ink_lies_right_of_a_seam(block, expected):
    assert seams(block_and_stroke(block, 1, 99 - block), tallest=12) == expected


@pytest.mark.parametrize(("stroke", "expected"), [(10, 2), (11, 1)])
def test_more_than_a_tenth_of_the_ink_lies_left_of_a_seam(stroke, expected):
    """Of three that cost the same, the first that leaves enough."""
    mask = block_and_stroke(97 - stroke, 3, stroke)[:, ::-1]
    assert seams(mask, tallest=12)[0] == [expected] * 12


def every_seam(mask):
    """All seams (n, h) of a small mask, and what each costs."""
    height, width = mask.shape
    moves = np.array(list(itertools.product((-1, 0, 1), repeat=height - 1)))
    ways = np.concatenate([np.zeros((len(moves), 1), int), np.cumsum(moves, axis=1)], axis=1)
    all_ways = (ways[None] + np.arange(width)[:, None, None]).reshape(-1, height)
    inside = all_ways[((all_ways >= 0) & (all_ways < width)).all(axis=1)]
    cost = mask[np.arange(height), inside].sum(axis=1) + SIDEWAYS * np.abs(np.diff(inside, axis=1)).sum(axis=1)
    return inside, cost


@pytest.mark.parametrize("seed", range(30))
def test_no_seam_through_the_same_pixel_of_the_middle_row_is_cheaper(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((7, 8)) < 0.45
    mask[3] |= rng.random(8) < 0.5
    mask |= ~mask.any(axis=1, keepdims=True)
    inside, cost = every_seam(mask)
    for seam in find_seams(mask, 3, 0.1):
        assert np.abs(np.diff(seam)).max() <= 1
        own = mask[np.arange(7), seam].sum() + SIDEWAYS * np.abs(np.diff(seam)).sum()
        assert own == pytest.approx(cost[inside[:, 3] == seam[3]].min())


def test_a_seam_climbs_along_the_white_between_two_leaning_strokes():
    mask = picture(
        """
        ....##....##
        ...##....##.
        ..##....##..
        .########...
        ##....##....
        #....##.....
        """
    )
    found = find_seams(mask, 6, 1.0)
    assert any(mask[np.arange(6), seam].sum() == 1 and seam[0] >= 6 and seam[5] <= 4 for seam in found)


def test_of_two_ways_that_cost_the_same_the_left_is_taken():
    mask = picture(
        """
        ##.#.##
        ##.#.##
        ###.###
        #######
        ###.###
        ##.#.##
        ##.#.##
        """
    )
    assert [2, 2, 3, 3, 3, 2, 2] in seams(mask, tallest=7, pen=0.5)


def test_seams_do_not_cross():
    rng = np.random.default_rng(0)
    for _ in range(10):
        found = find_seams(rng.random((12, 30)) < 0.4, 12, 0.5)
        assert all((a <= b).all() for a, b in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("seam", "expected"),
    [([3, 3, 3, 3, 3, 3], 2), ([2, 2, 2, 2, 2, 2], 2), ([1, 1, 1, 1, 1, 1], 0), ([5, 4, 3, 3, 3, 3], 2), ([4, 4, 4, 4, 4, 3], 1)],
)
def test_a_seam_crosses_the_strokes_that_have_ink_on_both_of_its_sides(seam, expected):
    mask = picture(
        """
        .....#
        ..##.#
        .###.#
        .#....
        .##...
        ..##.#
        """
    )
    assert crossed(mask, np.array(seam)) == expected


def test_a_stroke_at_the_top_is_crossed_once_however_thick_it_is():
    mask = picture("## ## .. ##")
    assert crossed(mask, np.array([1, 1, 1, 1])) == 2
    assert crossed(mask[:2], np.array([1, 1])) == 1
    assert crossed(mask[2:], np.array([1, 1])) == 1


def columns(*lengths, height=8, first=0):
    """One run of ink in each column."""
    mask = np.zeros((height, len(lengths)), bool)
    for k, length in enumerate(lengths):
        mask[first : first + length, k] = True
    return mask


@pytest.mark.parametrize("first", [0, 2])
@pytest.mark.parametrize(("long", "expected"), [(3, True), (4, False)])
def test_a_stroke_is_simple_if_seventeen_of_twenty_columns_have_one_short_run(long, expected, first):
    assert is_simple_stroke(columns(*[5] * (20 - long), *[6] * long, first=first), 2.0) is expected


def test_a_column_with_two_runs_is_not_simple():
    mask = columns(*[2] * 20)
    assert is_simple_stroke(mask, 2.0)
    mask[4] = True
    assert not is_simple_stroke(mask, 2.0)
    mask[3] = mask[2] = True
    assert is_simple_stroke(mask, 2.0)


@pytest.mark.parametrize(("pen", "expected"), [(1.0, False), (2.0, True), (1.9, False)])
def test_a_run_is_short_up_to_two_and_a_half_pens(pen, expected):
    assert is_simple_stroke(columns(*[5] * 4), pen) is expected


def test_ink_of_a_single_row_can_be_cut_anywhere():
    assert seams(np.ones((1, 12), bool), tallest=10, pen=0.1) == [[2], [4], [6]]
