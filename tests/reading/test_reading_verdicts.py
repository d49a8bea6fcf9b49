"""What a reading believes and what it doubts, each rule from both sides: boxes, small pictures and
models made by hand.
"""

import numpy as np
import pytest
from drawings import ONE, SEVEN, TWO, draw

from nn.reading import recognition
from nn.reading.choice import MARGIN
from nn.reading.pieces import Box
from nn.reading.recognition import ReadDigit, Reading, is_sure, may_show_a_thing, read_images, read_number

THIN, SOME, BROAD = 2.9, 3.5, 4.3  # pens, in pixels of the box of 20 x 20


class Believing:
    """Gives every image the same probabilities, and counts how often it is asked."""

    def __init__(self, *probabilities, **card):
        self.card, self.calls = card, 0
        self.probabilities = np.zeros(10)
        self.probabilities[: len(probabilities)] = probabilities

    def predict(self, x):
        self.calls += 1
        assert x.shape[1:] == (28, 28, 1)
        return np.tile(self.probabilities, (len(x), 1))


UNDECIDED = [0.1] * 10


def a_digit(left, right, top=0, bottom=100, row=0):
    box = Box(left, top, right, bottom)
    some = np.ones((1, 1), np.float32)
    return ReadDigit(box, some, some, digit=1, probability=1.0, probabilities=some, verdict="sure", row=row)


def test_an_empty_reading_is_blank():
    assert (Reading(()).verdict, Reading(()).number) == ("blank", "")
    assert Reading((a_digit(0, 9), a_digit(20, 29), a_digit(0, 9, row=1))).number == "11 1"


@pytest.mark.parametrize(
    ("probability", "card", "expected"),
    [(0.8, {}, True), (0.79, {}, False), (0.6, {"sure_from": 0.6}, True), (0.7, {"sure_from": 0.75}, False)],
)
def test_a_digit_is_sure_from_the_probability_on_the_card(probability, card, expected):
    rows = np.array([[1 - probability, probability, 0], [0.4, 0.3, 0.3]])
    assert is_sure(Believing(**card), rows).tolist() == [expected, False]


@pytest.mark.parametrize("images", [np.zeros((28, 28)), np.zeros((3, 28, 28)), np.zeros((3, 28, 28, 1))])
def test_without_a_temperature_probabilities_stay_as_they_are(images):
    found = read_images(Believing(0.7, 0.2, 0.1), images)
    assert found.shape == (3 if images.ndim > 2 else 1, 10)
    np.testing.assert_allclose(found[:, :3], np.tile([0.7, 0.2, 0.1], (len(found), 1)), rtol=1e-5)


@pytest.mark.parametrize(
    ("probability", "margin", "is_thing", "expected"),
    [
        (0.9, MARGIN, False, None),
        (0.9, MARGIN - 0.01, False, "grouping"),
        (0.7, 0.0, True, "probability"),
        (0.9, 0.0, True, "grouping"),
        (0.9, np.inf, True, "picture"),
    ],
)
def test_the_weightiest_reason_for_doubt_is_told(probability, margin, is_thing, expected):
    probabilities = np.array([probability, 1 - probability])
    assert recognition._doubt(Believing(), probabilities, margin, is_thing=is_thing) == expected


@pytest.mark.parametrize(("gap", "doubt"), [(24, "grouping"), (10, None)])
def test_a_digit_that_may_be_two_is_unsure_whatever_the_network_says(gap, doubt):
    """Two frames: the network is certain of both as one digit, and knows nothing else."""

    class JoinedAlone(Believing):
        def predict(self, x):
            is_joined = (x.max(axis=(1, 3)) > 0.5).sum(axis=1) > 14
            return np.where(is_joined[:, None], np.eye(10)[4], np.full(10, 0.1))

    frame = [(0, 0), (48, 0), (48, 100), (0, 100), (0, 0)]
    (digit,) = read_number(JoinedAlone(), draw([frame, [(x + 60 + gap, y) for x, y in frame]], 60)).digits
    assert (digit.digit, digit.doubt) == (4, doubt)


TWO_DIGITS = (a_digit(0, 50), a_digit(100, 150, 20, 120))


@pytest.mark.parametrize(
    ("speck", "expected"),
    [
        pytest.param((70, 90, 76, 96), True, id="a point"),
        pytest.param((50, 90, 100, 96), True, id="from one to the other"),
        pytest.param((49, 90, 60, 96), False, id="under the left one"),
        pytest.param((90, 90, 101, 96), False, id="under the right one"),
        pytest.param((160, 90, 166, 96), False, id="after both"),
        pytest.param((70, 0, 76, 6), True, id="as high as the higher"),
        pytest.param((70, -1, 76, 5), False, id="above both"),
        pytest.param((70, 120, 76, 126), True, id="at the foot of the lower"),
        pytest.param((70, 121, 76, 127), False, id="below both"),
        pytest.param((70, 90, 75, 92), True, id="as large as a point must be"),
        pytest.param((70, 90, 72, 95), True, id="the same, upright"),
        pytest.param((70, 90, 74, 94), False, id="dirt"),
    ],
)
def test_a_speck_between_two_digits_is_a_mark(speck, expected):
    assert recognition._is_between(Box(*speck), TWO_DIGITS) is expected


def test_a_speck_needs_neighbours_in_one_row():
    point = Box(70, 90, 76, 96)
    assert recognition._is_between(point, (a_digit(-90, -60), *TWO_DIGITS))
    assert not recognition._is_between(point, (a_digit(0, 50), a_digit(100, 150, row=1)))
    assert not recognition._is_between(point, (a_digit(0, 50),))


@pytest.mark.parametrize(("size", "expected"), [(5, True), (4, False)])
@pytest.mark.parametrize("tall", [0, 1])
def test_a_point_is_measured_by_the_higher_neighbour(size, expected, tall):
    digits = (a_digit(0, 50, 0 if tall == 0 else 60), a_digit(100, 150, 0 if tall == 1 else 60))
    assert recognition._is_between(Box(70, 90, 70 + size, 92), digits) is expected


def three(*marks):
    """A 2, a 7 and a 1, with further ink: pairs of a stroke and a pen."""
    ink = draw([TWO], 20, 60, canvas=(300, 640))
    ink = draw(SEVEN, 250, 60, canvas=(300, 640), onto=ink)
    ink = draw(ONE, 450, 60, canvas=(300, 640), onto=ink)
    for stroke, pen in marks:
        ink = draw([stroke], 0, 60, pen=pen, canvas=(300, 640), onto=ink)
    return ink


def test_dashes_and_points_are_told_of_whichever_was_found_as_what():
    """The dash is a piece of the row, the point a speck; another speck lies apart."""
    dash, point, dirt = [(160, 70), (200, 70)], [(390, 136)], [(600, 20)]
    reading = read_number(Believing(*UNDECIDED), three((dash, 12), (point, 10), (dirt, 10)))
    assert len(reading.digits) == 3
    dash_box, point_box = reading.marks
    assert dash_box.left < 160 < 200 < dash_box.right
    assert point_box.left < 390 < point_box.right
    assert len(read_number(Believing(*UNDECIDED), three((point, 10))).marks) == 1


def test_digits_carry_what_the_network_saw_and_said():
    probabilities = [0.02, 0.9, 0.08]
    ink = draw(SEVEN)
    (digit,) = read_number(Believing(*probabilities), ink).digits
    assert (digit.digit, digit.verdict, digit.doubt, digit.row) == (1, "sure", None, 0)
    np.testing.assert_allclose(digit.probabilities[:3], probabilities, rtol=1e-5)
    assert digit.image.shape == (28, 28)
    assert digit.ink.shape == (digit.box.height, digit.box.width)


def test_ink_without_seams_is_not_read_twice():
    model = Believing(*UNDECIDED)
    read_number(model, draw(ONE))
    assert model.calls == 1


def test_a_picture_of_the_networks_size_is_not_cut_up():
    """Two bars with a bridge, undecided: in a larger picture they are cut, and read again."""
    small = np.zeros((28, 28), np.float32)
    small[4:22, [3, 4, 22, 23]] = 1
    small[12, 3:23] = 1
    for ink, calls in ((small, 1), (np.pad(small, 20), 2)):
        model = Believing(*UNDECIDED)
        assert not may_show_a_thing(ink)
        read_number(model, ink)
        assert model.calls == calls


def picture(top, left, bottom, right, level=1.0):
    """28 x 28 with a frame of ink from (top, left) to (bottom, right), the last ones included."""
    ink = np.zeros((28, 28), np.float32)
    ink[[top, bottom], left : right + 1] = level
    ink[top : bottom + 1, [left, right]] = level
    return ink


@pytest.fixture
def pen_of(monkeypatch):
    """Sets the width of the pen that is measured in any picture."""
    return lambda width: monkeypatch.setattr(recognition, "stroke_width", lambda ink: width)


@pytest.mark.parametrize("shape", [(27, 28), (28, 27), (28, 29), (29, 28), (29, 29), (56, 56)])
def test_only_a_picture_of_the_networks_size_may_show_a_thing(shape, pen_of):
    pen_of(99.0)
    assert may_show_a_thing(np.ones((28, 28)))
    assert may_show_a_thing(np.ones(shape)) is False


@pytest.mark.parametrize("level", [0.0, 0.1])
def test_a_blank_picture_shows_nothing(level, pen_of):
    pen_of(99.0)
    assert may_show_a_thing(np.full((28, 28), level)) is False


@pytest.mark.parametrize(
    ("pen", "small", "large"), [(4.2, False, False), (BROAD, False, True), (7.0, False, True), (7.1, True, True)]
)
@pytest.mark.parametrize("is_high", [True, False])
def test_a_broad_pen_draws_no_digit_of_24_pixels_and_a_blotch_none_at_all(pen, small, large, is_high, pen_of):
    pen_of(pen)
    for size, expected in ((23, small), (24, large)):
        ink = picture(2, 3, 1 + size, 12)
        assert may_show_a_thing(ink if is_high else ink.T) is expected


def test_faint_pixels_make_a_picture_no_larger(pen_of):
    pen_of(BROAD)
    ink = picture(2, 3, 24, 12)
    ink[25, 5] = 0.15
    assert not may_show_a_thing(ink)
    ink[25, 5] = 0.16
    assert may_show_a_thing(ink)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        pytest.param((0, 5, 27, 20), True, id="from the top to the bottom"),
        pytest.param((5, 0, 20, 27), True, id="from the left to the right"),
        pytest.param((1, 5, 27, 20), False, id="not to the top"),
        pytest.param((0, 5, 26, 20), False, id="not to the bottom"),
        pytest.param((5, 1, 20, 27), False, id="not to the left"),
        pytest.param((5, 0, 20, 26), False, id="not to the right"),
        pytest.param((0, 0, 26, 26), False, id="to the top and the left"),
        pytest.param((1, 1, 27, 27), False, id="to the bottom and the right"),
        pytest.param((0, 1, 26, 27), False, id="to the top and the right"),
        pytest.param((1, 0, 27, 26), False, id="to the bottom and the left"),
    ],
)
def test_what_reaches_from_edge_to_edge_is_a_thing_unless_its_pen_is_thin(edges, expected, pen_of):
    for pen, if_at_edges in ((THIN, False), (3.0, False), (3.1, True), (SOME, True)):
        pen_of(pen)
        assert may_show_a_thing(picture(*edges)) is (expected and if_at_edges)


@pytest.mark.parametrize(("edge", "other"), [(0, 27), (27, 0)])
@pytest.mark.parametrize("is_upright", [True, False])
def test_faint_pixels_do_not_reach_an_edge(edge, other, is_upright, pen_of):
    pen_of(SOME)
    ink = picture(1, 5, 26, 20)
    ink[other, 7] = 1
    for level, expected in ((0.15, False), (0.16, True)):
        ink[edge, 7] = level
        assert may_show_a_thing(ink if is_upright else ink.T) is expected


@pytest.mark.parametrize(("grey", "expected"), [(7, False), (8, True)])
@pytest.mark.parametrize("full", [0.75, 1.0])
def test_a_large_picture_is_a_thing_if_seven_tenths_of_its_ink_is_grey(grey, expected, full, pen_of):
    """Ten pixels, of which so many are grey, and more that are too faint to count."""
    pen_of(THIN)
    ink = np.zeros((28, 28), np.float32)
    ink[2, :10] = full
    ink[2, :grey] = 0.74
    ink[2, 9], ink[25, 9] = 0, full
    ink[4, :20] = 0.15
    assert (ink > 0.15).sum() == 10
    assert may_show_a_thing(ink) is expected
    assert not may_show_a_thing(np.roll(ink[::-1][:20], 3, axis=1))


def test_a_thing_is_read_surely_if_the_network_is_sure_of_the_whole_picture(pen_of):
    pen_of(BROAD)
    ink = picture(0, 8, 27, 19)
    (digit,) = read_number(Believing(0.9, 0.1), ink).digits
    assert digit.doubt is None

    class SureOfWhatIsCropped(Believing):
        def predict(self, x):
            self.calls += 1
            return np.eye(10)[:1] if self.calls > 1 else np.full((1, 10), 0.1)

    model = SureOfWhatIsCropped()
    (digit,) = read_number(model, ink).digits
    assert (digit.doubt, model.calls) == ("picture", 2)
