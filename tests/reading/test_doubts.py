"""What is doubted for its shape and place, whatever the network thinks of it, each rule from both sides."""

import numpy as np
import pytest
from drawings import ONE, SEVEN, TWO, draw
from rows import filled, row, row_of

from nn.reading import doubts
from nn.reading.doubts import doubtful, is_cut_off
from nn.reading.grouping import Component
from nn.reading.pieces import Box
from nn.reading.recognition import read_number


@pytest.mark.parametrize(
    ("boxes", "span", "expected"),
    [
        pytest.param([(0, 0, 40, 100), (80, 0, 125, 100)], (0, 2), False, id="as wide as a sure digit may be"),
        pytest.param([(0, 0, 40, 100), (80, 0, 126, 100)], (0, 2), True, id="wider"),
        pytest.param([(0, 0, 200, 100)], (0, 1), False, id="wide, but one piece"),
        pytest.param([(0, 0, 10, 100), (20, 0, 220, 100)], (1, 2), False, id="one piece, the second"),
        pytest.param([(0, 0, 10, 50), (20, 0, 30, 50), (80, 0, 90, 70)], (1, 3), False, id="narrow"),
        pytest.param([(0, 0, 10, 100), (20, 20, 60, 60), (70, 20, 90, 60)], (1, 3), True, id="low and wide"),
    ],
)
def test_a_wide_digit_of_several_pieces_may_be_two(boxes, span, expected):
    assert doubts._may_be_two(row(*boxes), span) == expected


def doubted(*boxes, read=(5, 5), **options):
    pieces = row(*boxes, **options)
    return doubtful(pieces, [((k, k + 1), digit) for k, digit in zip(range(len(pieces)), read, strict=False)])


@pytest.mark.parametrize(
    ("small", "expected"),
    [
        pytest.param((60, 30, 100, 70), True, id="an exponent"),
        pytest.param((60, 10, 100, 79), True, id="just above"),
        pytest.param((60, 10, 100, 80), False, id="as low as a digit in a row that climbs"),
        pytest.param((60, 0, 100, 80), False, id="nearly as high"),
        pytest.param((60, 60, 100, 110), False, id="on the line"),
    ],
)
def test_a_small_digit_above_the_foot_of_the_one_before_is_doubted(small, expected):
    assert doubted((0, 10, 50, 110), small) == ({(1, 2)} if expected else set())


def test_the_height_of_an_exponent_is_less_than_four_fifths():
    assert doubted((0, 80, 50, 180), (60, 60, 100, 139)) == {(1, 2)}
    assert doubted((0, 80, 50, 180), (60, 59, 100, 139)) == set()


@pytest.mark.parametrize(("height", "expected"), [(39, True), (40, False)])
def test_a_digit_much_lower_than_the_highest_is_doubted(height, expected):
    assert doubted((0, 0, 50, 100), (60, 100 - height, 80, 100)) == ({(1, 2)} if expected else set())


@pytest.mark.parametrize(
    ("read", "components", "expected"),
    [
        ((1, 1), (0, 0), {(0, 1), (1, 2)}),
        ((1, 1), (0, 1), set()),
        ((1, 4), (0, 0), set()),
        ((1, 1, 1), (0, 1, 1), {(1, 2), (2, 3)}),
    ],
    ids=["two strokes of a letter", "two ones", "touching digits", "beside a one"],
)
def test_ones_that_were_cut_apart_are_doubted(read, components, expected):
    boxes = [(30 * k, 0, 30 * k + 10, 100) for k in range(len(read))]
    assert doubted(*boxes, read=read, components=components) == expected


def bracket(bow, *, flag=0):
    """A 5 and an upright stroke three pixels wide that bows to the right, with a flag on its left."""
    mask = np.zeros((100, 160), bool)
    mask[:, :50] = True
    middles = np.rint(100 + bow * (1 - (np.linspace(-1, 1, 100)) ** 2)).astype(int)
    for row_, middle in enumerate(middles):
        mask[row_, middle - 1 : middle + 2] = True
    mask[:4, 100 - flag : 100] = True
    places = np.arange(160)
    return row_of([mask & (places < 70), mask & (places >= 70)])


@pytest.mark.parametrize(
    ("pieces", "read", "expected"),
    [
        (bracket(9), (5, 1), True),
        (bracket(4), (5, 1), False),
        (bracket(-9), (5, 1), False),
        (bracket(9, flag=9), (5, 1), False),
        (bracket(9), (5, 7), False),
        (bracket(9), (1, 5), False),
    ],
    ids=["a bracket", "a one", "bowed to the left", "a one with a flag", "a seven", "in front"],
)
def test_a_bowed_one_behind_others_may_be_a_bracket(pieces, read, expected):
    spans = [((0, 1), read[0]), ((1, 2), read[1])]
    assert doubtful(pieces, spans) == ({(1, 2)} if expected else set())
    assert doubtful(pieces, spans[1:]) == set()


def test_two_digits_that_were_joined_are_doubted():
    assert doubtful(row((0, 0, 40, 100), (80, 0, 126, 100)), [((0, 2), 5)]) == {(0, 2)}


def struck(over, digits=2, *, apart=0):
    """Frames with a line through all of them that sticks out on both sides; so many more before
    it, which are not connected with it.
    """
    mask = np.zeros((100, 80 * (apart + digits) - 20 + 2 * over), bool)
    places = np.arange(mask.shape[1])
    for left in 80 * np.arange(apart + digits) + over:
        mask[:, left : left + 60] = True
        mask[5:-5, left + 5 : left + 55] = False
    mask[48:52, 80 * apart :] = True
    ends = [*(80 * np.arange(1, apart + digits) + over - 10), len(places)]
    masks = [mask & (places >= first) & (places < last) for first, last in zip([0, *ends], ends, strict=False)]
    return row_of(masks, [*range(1, apart + 1), *[0] * digits], pen=5.0)


@pytest.mark.parametrize(("over", "expected"), [(12, True), (7, False)])
@pytest.mark.parametrize("digits", [2, 3])
def test_a_line_through_neighbours_that_sticks_out_crosses_them_out(over, digits, expected):
    read = [((k, k + 1), 0) for k in range(digits)]
    assert doubtful(struck(over, digits), read) == ({span for span, _ in read} if expected else set())


def test_what_is_apart_from_digits_that_are_crossed_out_is_not():
    assert doubtful(struck(12, apart=1), [((k, k + 1), 0) for k in range(3)]) == {(1, 2), (2, 3)}


def test_a_single_digit_with_a_line_across_is_left_to_the_rules_for_its_shape():
    assert doubtful(struck(12, 1), [((0, 1), 4)]) == set()


def test_digits_apart_are_not_crossed_out_by_what_they_have_in_a_line():
    assert doubted((0, 0, 50, 100), (60, 0, 110, 100)) == set()


def picture(box, shape=(120, 200), pen=10.0):
    pieces = row_of([filled(box, shape)], pen=pen)
    return is_cut_off(pieces, Box(*box))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 20, 40, 100), True),
        ((20, 0, 60, 100), True),
        ((160, 20, 200, 100), True),
        ((20, 20, 60, 120), True),
        ((20, 20, 60, 100), False),
        ((0, 20, 40, 25), False),
        ((0, 20, 40, 26), True),
        ((0, 0, 200, 120), False),
    ],
    ids=["left", "above", "right", "below", "inside", "a thin line only", "a pen's", "cropped on all sides"],
)
def test_a_digit_that_a_stroke_joins_to_the_edge_of_the_picture_is_cut_off(box, expected):
    assert picture(box) is expected


@pytest.mark.parametrize("turns", range(4))
def test_only_the_outermost_pixels_are_at_the_edge(turns):
    mask = np.zeros((120, 200), bool)
    mask[1:90, 60:100], mask[0, 60:65] = True, True
    mask = np.rot90(mask, turns)
    box = Component.of(mask)
    assert not is_cut_off(row_of([mask], pen=10.0), Box(box.left, box.top, box.right, box.bottom))


def test_small_pictures_are_drawn_in_up_to_the_edge():
    assert picture((0, 20, 40, 80), (100, 100))
    assert not picture((0, 20, 40, 80), (99, 100))


class Certain:
    """Takes everything for a 7."""

    def __init__(self):
        self.card = {}

    def predict(self, x):
        return np.tile(np.eye(10)[7], (len(x), 1))


def test_a_cut_digit_is_unsure_in_a_picture_but_not_in_the_window():
    ink = draw(SEVEN, left=-30)
    (digit,) = read_number(Certain(), ink).digits
    assert digit.doubt == "picture"
    strokes = [(np.array([(x - 30, y + 60) for x, y in stroke], float), 12.0) for stroke in SEVEN]
    (digit,) = read_number(Certain(), ink, strokes=strokes).digits
    assert digit.doubt is None


def test_what_an_edge_shows_of_another_line_is_left_out():
    ink = draw([TWO], top=60)
    for left in (60, 160, 240):
        ink = draw(ONE, left=left, top=380, onto=ink)
    (digit,) = read_number(Certain(), ink).digits
    assert digit.box.bottom < 220
    (digit,) = read_number(Certain(), ink[::-1]).digits
    assert digit.box.top > 180
