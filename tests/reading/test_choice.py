"""Which runs of pieces may be digits, what speaks against each, and which grouping wins by how
much: rows of filled boxes, 100 pixels high, whose parts can be counted.
"""

import itertools

import numpy as np
import pytest
from rows import filled, row, row_of

from nn.reading import choice
from nn.reading.choice import Grouping, best_grouping, mark_cost, possible_spans

H = 100


def upright(*columns, top=0, bottom=H):
    """Boxes of one height from pairs (left, right)."""
    return [(left, top, right, bottom) for left, right in columns]


def sure(digit):
    return np.eye(10)[digit]


def believing(digit, probability):
    """The probability of one digit; nine others share the rest."""
    return np.where(np.arange(10) == digit, probability, (1 - probability) / 9)


def cost(pieces, *spans):
    """What a grouping costs that the network is certain of."""
    return -best_grouping(pieces, {span: sure(k) for k, span in enumerate(spans)}).score


@pytest.mark.parametrize(("gap", "may_be_joined"), [(40, True), (41, False)])
def test_a_digit_has_no_wider_gap_than_four_tenths_of_the_height(gap, may_be_joined):
    assert ((0, 2) in possible_spans(row(*upright((0, 10), (10 + gap, 20 + gap))))) == may_be_joined


def test_the_widest_gap_counts_wherever_it_is():
    pieces = row(*upright((0, 10), (20, 30), (80, 90)))
    assert possible_spans(pieces) == [(0, 1), (0, 2), (1, 2), (2, 3)]


@pytest.mark.parametrize(("width", "may_be_joined"), [(150, True), (151, False)])
def test_pieces_apart_are_one_digit_up_to_one_and_a_half_times_its_height(width, may_be_joined):
    assert ((0, 2) in possible_spans(row(*upright((0, 60), (90, width))))) == may_be_joined


@pytest.mark.parametrize(("width", "may_be_joined"), [(250, True), (251, False)])
def test_all_that_is_connected_may_be_wider(width, may_be_joined):
    boxes = upright((0, 100), (100, 200), (200, width))
    assert ((0, 3) in possible_spans(row(*boxes, components=[0, 0, 0]))) == may_be_joined


def test_a_part_of_what_is_connected_may_not():
    boxes = upright((0, 80), (80, 160), (160, 240))
    assert (0, 2) not in possible_spans(row(*boxes, components=[0, 0, 0]))
    assert (0, 3) not in possible_spans(row(*boxes, components=[0, 0, 1]))
    assert (0, 2) in possible_spans(row(*boxes, components=[0, 0, 1]))


def test_a_single_piece_may_be_a_digit_whatever_its_width():
    assert possible_spans(row((0, 0, 400, H))) == [(0, 1)]


def test_a_digit_has_at_most_sixteen_pieces():
    pieces = row(*upright(*((4 * k, 4 * k + 4) for k in range(18))), components=[0] * 18)
    spans = possible_spans(pieces)
    assert max(last - first for first, last in spans) == 16
    assert {(0, 16), (1, 17), (2, 18)} <= set(spans)
    assert len(spans) == 16 * 3 + sum(range(16))


def test_an_upright_digit_costs_nothing():
    assert cost(row((0, 0, 95, H)), (0, 1)) == 0


@pytest.mark.parametrize(("gap", "heights"), [(30, 0.3), (0, 0.0), (-10, 0.0)])
def test_joining_low_pieces_costs_more_the_further_they_are_apart(gap, heights):
    tall, low = [(0, 0, 20, H)], upright((40, 60), (60 + gap, 80 + gap), top=66)
    pieces = row(*tall, *low)
    apart = cost(row(*tall, (40, 66, 80 + gap, H)), (0, 1), (1, 2))
    joined = cost(pieces, (0, 1), (1, 3))
    assert joined - apart == pytest.approx(choice.JOIN_COST + choice.JOIN_COST_PER_GAP * heights)


@pytest.mark.parametrize(("height", "extra"), [(34, 0), (35, choice.TALL_JOIN_COST)])
@pytest.mark.parametrize("is_first", [True, False])
def test_joining_two_that_could_be_digits_by_their_height_costs_more(height, extra, is_first):
    tops = (H - height, 0) if is_first else (0, H - height)
    pieces = row((0, tops[0], 20, H), (20, tops[1], 40, H))
    assert cost(pieces, (0, 2)) == pytest.approx(choice.JOIN_COST + extra)


def test_only_the_two_that_are_joined_count():
    pieces = row((0, 80, 20, H), *upright((20, 40), (40, 60)))
    joining = cost(pieces, (0, 1), (1, 3)) - cost(pieces, (0, 1), (1, 2), (2, 3))
    assert joining == pytest.approx(choice.JOIN_COST + choice.TALL_JOIN_COST)


def test_every_join_is_paid_for():
    pieces = row(*upright((0, 10), (10, 20), (20, 30), (30, 40)))
    assert cost(pieces, (0, 4)) == pytest.approx(3 * cost(pieces, (0, 2), (2, 3), (3, 4)))


@pytest.mark.parametrize("crossed", [1, 2, 3])
def test_a_cut_costs_more_for_every_further_stroke_that_it_goes_through(crossed):
    pieces = row(*upright((0, 40), (40, 80)), components=[0, 0], crossed=crossed)
    assert cost(pieces, (0, 2)) == 0
    expected = choice.CUT_COST + (crossed - 1) * choice.CUT_COST_PER_STROKE
    assert cost(pieces, (0, 1), (1, 2)) == pytest.approx(expected)


def test_a_cut_and_a_join_are_both_paid_for():
    pieces = row(*upright((0, 40), (40, 60), (70, 80)), components=[0, 0, 1])
    expected = choice.CUT_COST + choice.JOIN_COST + 0.1 * choice.JOIN_COST_PER_GAP + choice.TALL_JOIN_COST
    assert cost(pieces, (0, 1), (1, 3)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("width", "expected"),
    [(95, 0), (105, 0.1 * choice.WIDE_COST), (145, 0.5 * choice.WIDE_COST), (300, choice.MOST_FOR_WIDTH)],
)
def test_a_wide_digit_costs_more_up_to_a_limit(width, expected):
    assert cost(row((0, 0, width, H)), (0, 1)) == pytest.approx(expected)


@pytest.mark.parametrize(("height", "below"), [(50, 0), (40, 0.1), (20, 0.3)])
def test_a_digit_of_less_than_half_the_height_costs_more(height, below):
    pieces = row((0, 0, 20, H), (20, H - height, 30, H))
    assert cost(pieces, (0, 1), (1, 2)) == pytest.approx(below * choice.SMALL_COST)


@pytest.mark.parametrize(
    ("other", "uneven", "lower"),
    [
        pytest.param((60, 0, 110, 100), 0, 0, id="level"),
        pytest.param((60, 0, 110, 95), 0, 0, id="a little higher"),
        pytest.param((60, 0, 110, 85), 0, 0, id="higher by just what is allowed"),
        pytest.param((60, 0, 110, 70), 0.15, 0, id="its foot is high"),
        pytest.param((60, 20, 110, 100), 0, 0, id="small on the line"),
        pytest.param((60, 30, 110, 105), 0, 0, id="small and a little lower"),
        pytest.param((60, 30, 110, 120), 0.05, 0.12, id="lower as a whole"),
        pytest.param((60, 20, 110, 114), 0, 0.06, id="lower as a whole, but hardly"),
        pytest.param((60, 5, 110, 104), 0, 0, id="lower by less than counts"),
    ],
)
def test_neighbours_stand_on_one_line_and_none_hangs_lower(other, uneven, lower):
    pieces = row((0, 0, 50, H), other)
    assert cost(pieces, (0, 1), (1, 2)) == pytest.approx(choice.UNEVEN_COST * uneven + choice.LOWER_COST * lower)


def test_the_line_is_measured_by_the_tallest_piece():
    pieces = row((0, 0, 50, 80), (60, 5, 110, 105))
    assert cost(pieces, (0, 1), (1, 2)) == pytest.approx(choice.UNEVEN_COST * (0.25 - choice.LEVEL))


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


def tilings(end):
    """All ways to part `end` pieces into runs."""
    for count in range(end):
        for inner in itertools.combinations(range(1, end), count):
            ends = [0, *inner, end]
            yield tuple(itertools.pairwise(ends))


def some_row(rng):
    """A row of four or five boxes, some of them connected, none of which could be a mark."""
    count = int(rng.integers(4, 6))
    lefts = 30 * np.arange(count) + rng.integers(0, 8, count)
    tops, bottoms = rng.integers(0, 40, count), rng.integers(90, 130, count)
    boxes = [(int(a), int(b), int(a) + 25, int(c)) for a, b, c in zip(lefts, tops, bottoms, strict=True)]
    return row(*boxes, components=np.cumsum(rng.random(count) < 0.6).tolist(), crossed=2)


@pytest.mark.parametrize("seed", range(12))
def test_of_all_groupings_the_best_is_taken_and_its_margin_is_that_over_the_best_other(seed):
    rng = np.random.default_rng(seed)
    pieces = some_row(rng)
    end = len(pieces)
    spans = [(first, last) for first in range(end) for last in range(first + 1, end + 1)]
    believed = {span: believing(rng.integers(3), rng.uniform(0.4, 1)) for span in spans}
    digits = {span: int(each.argmax()) for span, each in believed.items()}
    scores = {each: best_grouping(pieces, {span: believed[span] for span in each}).score for each in tilings(end)}
    best = max(scores, key=scores.get)
    found = best_grouping(pieces, believed)
    assert found.score == pytest.approx(scores[best])
    assert tuple(each.span for each in found.spans) == best
    for each in found.spans:
        others = [
            score
            for tiling, score in scores.items()
            if any(a < each.span[1] and each.span[0] < b and digits[a, b] != digits[each.span] for a, b in tiling)
        ]
        assert each.margin == pytest.approx(scores[best] - max(others, default=-np.inf))
        assert not each.is_mark


def test_a_digit_without_alternative_has_an_endless_margin():
    assert best_grouping(row((0, 0, 50, H)), {(0, 1): believing(3, 0.5)}).spans[0].margin == np.inf


def test_the_same_digit_with_and_without_a_piece_is_no_alternative():
    pieces = row(*upright((0, 40), (50, 55)))
    believed = {(0, 1): believing(1, 0.9), (1, 2): believing(1, 0.2), (0, 2): believing(1, 0.9)}
    (only,) = best_grouping(pieces, believed).spans
    assert only.span == (0, 2)
    assert only.margin == np.inf


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
        pytest.param(rising(25), None, id="too steep"),
        pytest.param(rising(28, 10, 5), 0.0, id="steep, far enough below"),
        pytest.param(rising(27, 10, 4), None, id="steep, not far enough below"),
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


def test_a_grouping_is_settled_if_a_cut_could_not_come_near_it():
    assert Grouping([], choice.MARGIN - choice.CUT_COST).is_settled
    assert not Grouping([], choice.MARGIN - choice.CUT_COST - 0.01).is_settled
