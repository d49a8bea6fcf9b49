"""Reading numbers with a model that knows a few shapes by heart, and is undecided about all others."""

import json

import numpy as np
import pytest
from drawings import FOUR, ONE, SEVEN, TWO, draw

from nn.reading import to_mnist
from nn.reading.recognition import read_images, read_number

SHAPES = {1: ONE, 2: [TWO], 4: FOUR, 7: SEVEN}


class Prototypes:
    """p(digit) falls with the distance from its one known image; far from all of them every digit is as likely."""

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


def test_number_is_read_from_left_to_right_in_one_call():
    model = Prototypes()
    reading = read_number(model, beside(([TWO], 20), (SEVEN, 160), (ONE, 310), (FOUR, 380)))
    assert reading.number == "2714"
    assert model.calls == 1
    assert [d.box.left for d in reading.digits] == sorted(d.box.left for d in reading.digits)


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


def test_pieces_of_connected_ink_have_to_be_surer_than_others():
    touching = beside(([TWO], 30), ([[(0, 138), (0, 0)]], 122))
    doubting = Prototypes(temperature=0.7, sure_from=0.5)
    reading = read_number(doubting, touching)
    assert reading.number == "21"
    assert all(0.5 <= d.probability < 0.9 for d in reading.digits)
    assert reading.verdict == "unsure"
    assert read_number(doubting, beside(([TWO], 30))).verdict == "sure"


def test_picture_of_the_networks_own_size_is_sure_only_if_it_is_as_it_stands():
    small = np.zeros((28, 28), np.float32)
    small[2:16, 3:17] = to_mnist(draw(SEVEN))[4:24:1, 4:24][3:17, 3:17]
    image = to_mnist(small)
    model = Prototypes()
    model.known = {7: image}
    assert read_number(model, np.pad(small, 1)).verdict == "sure"
    reading = read_number(model, small)
    assert (reading.number, reading.verdict) == ("7", "unsure")
    assert read_number(model, image).verdict == "sure"
