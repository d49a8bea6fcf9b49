"""Reading numbers with a model that knows a few shapes by heart, and is undecided about all
others.
"""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from drawings import FOUR, ONE, SEVEN, TWO, draw

from nn.reading import to_mnist
from nn.reading.recognition import may_show_a_thing, read_images, read_number
from nn.reading.segmentation import take_apart

SHAPES = {1: ONE, 2: [TWO], 4: FOUR, 7: SEVEN}


class Prototypes:
    """p(digit) falls with the distance from its one known image; far from all of them every digit
    is as likely.
    """

    def __init__(self, **card):
        self.card = card
        self.calls = 0
        self.known = {digit: to_mnist(draw(strokes)) for digit, strokes in SHAPES.items()}

    def predict(self, x):
        self.calls += 1
        assert x.shape[1:] == (28, 28, 1)
        near = np.full((len(x), 10), 1e-3)
        for digit, image in self.known.items():
            distance = np.abs(x[..., 0] - image).sum(axis=(1, 2)) / image.sum()
            near[:, digit] += np.exp(-8 * np.maximum(distance - 0.15, 0))
        near += 0.02
        return (near / near.sum(axis=1, keepdims=True)).astype(np.float32)


def beside(*parts):
    ink = None
    for strokes, left in parts:
        ink = draw(strokes, left, 60, canvas=(300, 640), onto=ink)
    return ink


def test_blank_is_blank_and_asks_nobody():
    model = Prototypes()
    reading = read_number(model, np.zeros((200, 300), np.float32))
    assert (reading.verdict, reading.number, reading.digits) == ("blank", "", ())
    assert model.calls == 0


def test_one_digit():
    reading = read_number(Prototypes(), draw(SEVEN))
    assert reading.number == "7"
    assert reading.verdict == "sure"
    digit = reading.digits[0]
    assert digit.digit == 7
    assert digit.probability == pytest.approx(float(digit.probabilities[7]))
    assert digit.probabilities.shape == (10,)
    assert digit.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert digit.image.shape == (28, 28)
    json.dumps([digit.digit, digit.probability, digit.verdict, list(digit.box)])


def test_number_is_read_from_left_to_right_in_two_calls_at_most():
    model = Prototypes()
    reading = read_number(model, beside(([TWO], 20), (SEVEN, 160), (ONE, 310), (FOUR, 380)))
    assert reading.number == "2714"
    assert model.calls <= 2
    assert [d.box.left for d in reading.digits] == sorted(d.box.left for d in reading.digits)


def test_connected_ink_is_cut_up_only_where_that_could_change_the_reading():
    ink = draw([TWO], 30, 60, canvas=(300, 500))
    ink = draw(SEVEN, 104, 60, onto=ink, canvas=(300, 500))
    model = Prototypes()
    assert read_number(model, ink).number == "27"
    assert model.calls == 2
    asked = []

    def certain(x):
        asked.append(len(x))
        return np.tile(np.where(np.arange(10) == 3, 0.991, 0.001).astype(np.float32), (len(x), 1))

    model.predict = certain
    assert read_number(model, draw([TWO], 30, 60)).number == "3"
    assert asked == [1]


def test_a_picture_of_the_networks_size_holds_one_digit_where_all_is_connected():
    """A large zero of a thin pen, which two seams would cut into three parts."""
    ring = [(40 + 40 * np.cos(t), 40 + 40 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 60)]
    small = draw([ring], 4, 4, 0.25, 1, canvas=(28, 28))
    (row,) = take_apart(small)
    assert not row.may_touch
    (row,) = take_apart(draw([ring], 20, 20, canvas=(200, 200)))
    assert row.may_touch


def test_strokes_apart_are_one_digit_if_the_model_knows_it():
    angle, stem = [(60, 0), (0, 70), (62, 70)], [(90, 30), (90, 140)]
    model = Prototypes()
    model.known[4] = to_mnist(draw([angle, stem]))
    assert read_number(model, draw([angle, stem])).number == "4"


def test_a_flag_apart_is_no_digit_of_its_own():
    stem, flag = [(30, 0), (30, 140)], [(0, 36), (14, 18)]
    model = Prototypes()
    model.known[1] = to_mnist(draw([stem], pen=8))
    model.known[7] = to_mnist(draw([flag], pen=8))
    model.known[3] = to_mnist(draw([stem, flag], pen=8))
    assert len(read_number(model, draw([stem, flag], pen=8)).digits) == 1


def test_digits_that_touch_are_parted_if_the_model_knows_the_parts():
    touching = beside(([TWO], 30), ([[(0, 138), (0, 0)]], 122))
    assert read_number(Prototypes(), touching).number == "21"


def test_what_is_no_digit_is_unsure_and_so_is_its_number():
    scribble = [[(0, 0), (90, 10), (10, 60), (95, 70), (0, 120), (90, 130)]]
    assert read_number(Prototypes(), draw(scribble)).verdict == "unsure"
    both = read_number(Prototypes(), beside((SEVEN, 40), (scribble, 240)))
    assert [d.verdict for d in both.digits] == ["sure", "unsure"]
    assert both.verdict == "unsure"


def test_card_sets_temperature_and_the_line_of_doubt():
    images = to_mnist(draw(SEVEN))[None]
    plain = read_images(Prototypes(), images)[0, 7]
    assert read_images(Prototypes(temperature=3.0), images)[0, 7] < plain
    assert read_images(Prototypes(temperature=3.0), images, temperature=1.0)[0, 7] == plain
    assert read_number(Prototypes(sure_from=0.999), draw(SEVEN)).verdict == "unsure"
    assert read_number(Prototypes(sure_from=0.1), draw(SEVEN)).verdict == "sure"


def ring(width, height, points=24):
    angles = np.linspace(0, 2 * np.pi, points)
    return [(width / 2 * (1 + np.cos(a)), height / 2 * (1 + np.sin(a))) for a in angles]


def test_a_flat_digit_is_read_whole_however_wide_it_is():
    flat = [ring(230, 110)]
    model = Prototypes()
    model.known[0] = to_mnist(draw(flat, 60))
    assert read_number(model, draw(flat, 60)).number == "0"


def test_halves_that_resemble_digits_do_not_part_a_ring_that_is_one():
    both = [ring(110, 130)]
    model = Prototypes()
    left, right = to_mnist(draw(both)[:, :135]), to_mnist(draw(both)[:, 135:])
    model.known |= {0: to_mnist(draw(both)), 6: left, 3: right}
    assert read_number(model, draw(both)).number == "0"


def test_strokes_of_different_height_are_rather_one_digit():
    angle, stem = [(60, 0), (0, 90), (70, 90)], [(100, 60), (100, 150)]
    model = Prototypes()
    model.known |= {4: to_mnist(draw([angle, stem])), 6: to_mnist(draw([angle]))}
    assert read_number(model, draw([angle, stem])).number == "4"


def test_a_grouping_hardly_better_than_another_is_unsure_and_says_so():
    angle, stem = [(60, 0), (0, 90), (70, 90)], [(100, 0), (100, 140)]
    model = Prototypes(sure_from=0.5)
    model.known = {4: to_mnist(draw([angle, stem]))}
    assert read_number(model, draw([angle, stem])).verdict == "sure"
    model.known |= {6: to_mnist(draw([angle])), 1: to_mnist(draw([stem]))}
    reading = read_number(model, draw([angle, stem]))
    assert reading.verdict == "unsure"
    assert "grouping" in {digit.doubt for digit in reading.digits}


@pytest.mark.parametrize("size", [0.4, 0.5, 0.7])
def test_a_small_digit_beside_a_large_one_is_not_swallowed(size):
    ink = draw([TWO], 30, 40, canvas=(300, 500))
    ink = draw(SEVEN, 160, 40 + 140 * (1 - size), size, max(4, round(12 * size)), canvas=(300, 500), onto=ink)
    reading = read_number(Prototypes(), ink)
    assert reading.number == "27"
    assert reading.verdict == "sure"


def test_rows_are_read_one_after_the_other():
    ink = draw([TWO], 60, 20, 0.9, canvas=(400, 400))
    ink = draw(ONE, 200, 20, 0.9, canvas=(400, 400), onto=ink)
    ink = draw(SEVEN, 90, 220, 0.9, canvas=(400, 400), onto=ink)
    reading = read_number(Prototypes(), ink)
    assert reading.number == "21 7"
    assert [digit.row for digit in reading.digits] == [0, 0, 1]


@pytest.mark.parametrize(
    "mark", [[(0, 70), (34, 70)], [(8, 136), (10, 138)], [(60, -16), (-28, 160)]], ids=["dash", "dot", "slash"]
)
def test_marks_between_digits_are_left_out_and_told_of(mark):
    ink = draw([TWO], 20, 60, canvas=(300, 640))
    ink = draw(SEVEN, 250, 60, canvas=(300, 640), onto=ink)
    ink = draw([mark], 155, 60, canvas=(300, 640), onto=ink)
    reading = read_number(Prototypes(), ink)
    assert reading.number == "27"
    assert len(reading.marks) == 1


def test_overlapping_digits_are_read_by_their_strokes():
    two, seven = np.add(TWO, (60, 60)), [np.add(stroke, (140, 60)) for stroke in SEVEN]
    strokes = [two, *seven]
    ink = draw([stroke.tolist() for stroke in strokes], 0, 0)
    reading = read_number(Prototypes(), ink, strokes=[(stroke, 12.0) for stroke in strokes])
    assert (reading.number, reading.verdict) == ("27", "sure")


def paint(left, top):
    """A 7 as a drawing program saves it: 28 x 28, away from the middle."""
    return draw(SEVEN, left, top, 0.13, 2, canvas=(28, 28))


@pytest.mark.parametrize(("left", "top"), [(2, 3), (13, 2), (3, 7)])
def test_small_drawing_away_from_the_middle_is_sure(left, top):
    ink = paint(left, top)
    model = Prototypes()
    model.known = {7: to_mnist(ink)}
    reading = read_number(model, ink)
    assert (reading.number, reading.verdict) == ("7", "sure")


def test_small_picture_of_a_thing_is_sure_only_as_it_stands():
    """A trouser: broad, grey, as high as the picture; cropped, it might be a digit."""
    thing = np.zeros((28, 28), np.float32)
    thing[:, 8:20] = 0.6
    thing[10:, 13:15] = 0
    thing[0, 8:20] = 1
    model = Prototypes()
    model.known = {1: to_mnist(np.pad(thing, 1))}
    assert read_number(model, np.pad(thing, 1)).verdict == "sure"
    reading = read_number(model, thing)
    assert (reading.number, reading.verdict, reading.digits[0].doubt) == ("1", "unsure", "picture")


def test_a_drawing_is_told_from_a_thing_by_the_whole_picture():
    assert not may_show_a_thing(paint(2, 3))
    assert not may_show_a_thing(draw([TWO], 3, 5, 0.12, 2, canvas=(28, 28)))
    assert may_show_a_thing(np.pad(np.full((24, 14), 0.6, np.float32), ((2, 2), (7, 7))))
    assert may_show_a_thing(np.pad(np.full((20, 14), 0.6, np.float32), ((4, 4), (7, 7))))
    # Soft and small: a pencil's digit, while clothes fill the picture.
    assert not may_show_a_thing(0.6 * draw([TWO], 3, 5, 0.12, 2, canvas=(28, 28)))


@pytest.mark.parametrize(("width", "doubt"), [(46, None), (52, None), (54, "picture"), (58, "picture")])
def test_a_blotch_is_never_sure(width, doubt):
    """Bars 100 pixels high: in the box of 20 x 20 they are 5.2, 5.7, 7.1 and 7.4 pixels wide."""
    certain = SimpleNamespace(card={}, predict=lambda x: np.tile(np.eye(10, dtype=np.float32)[1], (len(x), 1)))
    ink = np.zeros((140, 140), np.float32)
    ink[20:120, 40 : 40 + width] = 1
    (digit,) = read_number(certain, ink).digits
    assert digit.doubt == doubt


@pytest.mark.parametrize(("height", "doubt"), [(42, None), (36, "grouping")])
def test_a_digit_much_lower_than_the_one_beside_it_is_unsure(height, doubt):
    """Bars, all of which are surely 1; the second may be a small sign."""
    certain = SimpleNamespace(card={}, predict=lambda x: np.tile(np.eye(10, dtype=np.float32)[1], (len(x), 1)))
    ink = np.zeros((140, 240), np.float32)
    ink[20:120, 40:52] = 1
    ink[120 - height : 120, 140:148] = 1
    first, second = read_number(certain, ink).digits
    assert (first.doubt, second.doubt) == (None, doubt)
