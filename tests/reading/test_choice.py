"""Which runs of pieces may be digits, what speaks against each, and which grouping wins by how
much: rows of filled boxes, 100 pixels high, whose parts can be counted.
"""

import itertools

import numpy as np
import pytest
from rows import believing, row, sure

from nn.reading import choice
from nn.reading.choice import Grouping, best_grouping, possible_spans

H = 100


def upright(*columns, top=0, bottom=H):
    """Boxes of one height from pairs (left, right)."""
    return [(left, top, right, bottom) for left, right in columns]


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


def test_a_grouping_is_settled_if_a_cut_could_not_come_near_it():
    assert Grouping([], choice.MARGIN - choice.CUT_COST).is_settled
    assert not Grouping([], choice.MARGIN - choice.CUT_COST - 0.01).is_settled
