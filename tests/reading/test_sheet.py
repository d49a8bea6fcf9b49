"""The picture of the steps of a reading: what is where, in which colour."""

import numpy as np
import pytest

from nn.reading.pieces import Box
from nn.reading.recognition import ReadDigit, Reading
from nn.reading.sheet import GAP, HEIGHT, MARK, PAPER, SURE, UNSURE, steps_sheet


def digit(box, verdict="sure", shade=0.0):
    image = np.full((28, 28), shade, np.float32)
    probabilities = np.eye(10)[7]
    return ReadDigit(box, image, image, digit=7, probability=1.0, probabilities=probabilities, verdict=verdict)


def sheet(grey, ink, *digits, marks=()):
    """The sheet as an array (H, W, 3)."""
    return np.asarray(steps_sheet(grey, ink, Reading(digits, marks))).astype(int)


def panels(pixels, *widths):
    """The panels of a sheet, and whether all around them is paper."""
    around, found, left = pixels.copy(), [], GAP
    for width in widths:
        window = slice(GAP, GAP + HEIGHT), slice(left, left + width)
        found.append(pixels[window])
        around[window] = PAPER
        left += width + GAP
    assert pixels.shape == (HEIGHT + 2 * GAP, left, 3)
    assert (around == PAPER).all()
    return found


BLANK = np.zeros((140, 70), np.float32)


def test_brightness_ink_and_digits_stand_side_by_side_on_paper():
    grey = np.ones((140, 100), np.float32)
    seen, ink, first, second = panels(
        sheet(grey, BLANK, digit(Box(0, 0, 9, 9), shade=0.5), digit(Box(20, 0, 29, 9), shade=1.0)), 200, 140, 280, 280
    )
    assert (seen == 255).all()
    assert (ink[100:] == 0).all()
    assert (first[100:] == 127).all()
    assert (second[100:] == 255).all()


@pytest.mark.parametrize(
    ("shape", "width"), [((28, 28), 280), ((560, 280), 140), ((280, 30), 30), ((1000, 1), 1), ((10, 15), 420)]
)
def test_every_picture_is_as_high_as_the_sheet_and_keeps_its_proportions(shape, width):
    seen, _ = panels(sheet(np.ones(shape, np.float32), BLANK), width, 140)
    assert (seen == 255).all()


def test_small_pictures_show_their_pixels_and_large_ones_are_averaged():
    pair = np.zeros((14, 14), np.float32)
    pair[:, 7:] = 1
    seen, _ = panels(sheet(pair, BLANK), 280, 140)
    assert (seen[:, :140] == 0).all()
    assert (seen[:, 140:] == 255).all()
    chessboard = (np.indices((560, 560)).sum(axis=0) % 2).astype(np.float32)
    seen, _ = panels(sheet(chessboard, BLANK), 280, 140)
    assert np.abs(seen - 127).max() <= 1


@pytest.mark.parametrize(("verdict", "colour", "other"), [("sure", SURE, UNSURE), ("unsure", UNSURE, SURE)])
def test_a_frame_around_each_digit_shows_the_verdict(verdict, colour, other):
    box = Box(10, 20, 40, 90)
    _, ink, _ = panels(sheet(BLANK, BLANK, digit(box, verdict)), 140, 140, 280)
    rows, columns = np.nonzero((ink == colour).all(axis=2))
    # The ink is shown twice as large.
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (20, 40, 80, 180)
    assert not (ink[44:176, 24:76] == colour).all(axis=2).any()
    assert not (ink == other).all(axis=2).any()


@pytest.mark.parametrize(("verdict", "colour"), [("sure", SURE), ("unsure", UNSURE)])
def test_a_caption_in_its_upper_left_corner_says_what_a_digit_was_read_as(verdict, colour):
    _, _, seen = panels(sheet(BLANK, BLANK, digit(Box(10, 20, 40, 90), verdict)), 140, 140, 280)
    # The rims of letters are mixed with the black below them.
    shares = seen.sum(axis=2) / sum(colour)
    rows, columns = np.nonzero(shares > 0)
    assert shares.max() == pytest.approx(1, abs=0.1)
    # It is read on a page that shows the sheet a quarter as large, and it covers no ink.
    assert np.ptp(rows) > 25
    margin = HEIGHT * 4 / 28  # above the digit
    assert 0 < rows.min() < rows.max() < margin
    assert 0 < columns.min() < columns.max() < 2 * margin


def test_a_doubtful_digit_has_a_question_mark():
    widths = []
    for verdict in ("sure", "unsure"):
        _, _, seen = panels(sheet(BLANK, BLANK, digit(Box(10, 20, 40, 90), verdict)), 140, 140, 280)
        widths.append(np.ptp(np.nonzero(seen.any(axis=2))[1]))
    assert widths[1] > 1.5 * widths[0]


def test_a_mark_has_a_grey_frame():
    _, ink = panels(sheet(BLANK, BLANK, marks=(Box(30, 60, 40, 65),)), 140, 140)
    rows, columns = np.nonzero((ink == MARK).all(axis=2))
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (60, 120, 80, 130)
    assert not ink[122:128, 62:78].any()
