"""Digits crossed out, written over and ringed, each from both sides."""

import numpy as np
import pytest
from drawings import SEVEN, TWO, draw

from nn.reading import to_mnist
from nn.reading.corrections import COVERED, _line_through, are_crossed_out, is_corrected

THREE = [(5, 10), (40, 0), (70, 25), (35, 60), (75, 95), (45, 138), (0, 125)]
RING = [(50 + 75 * float(np.cos(a)), 70 + 110 * float(np.sin(a))) for a in np.linspace(0, 2 * np.pi, 40)]


def mnist(*strokes):
    return to_mnist(draw(strokes, left=150, top=130, pen=10))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param([(-40, 72), (120, 60)], True, id="through the middle"),
        pytest.param([(-40, 20), (120, 10)], False, id="a flat top"),
        pytest.param([(-40, 132), (120, 128)], False, id="a flat foot"),
        pytest.param([(0, 72), (120, 60)], False, id="from within"),
        pytest.param([(-40, 125), (120, 10)], False, id="steep"),
    ],
)
def test_a_flat_line_through_the_middle_of_a_three_crosses_it_out(line, expected):
    assert is_corrected(mnist(THREE, line), 3) is expected
    assert not is_corrected(mnist(THREE), 3)


def test_a_seven_has_a_bar():
    image = mnist(*SEVEN, [(-40, 70), (120, 66)])
    assert not is_corrected(image, 7)
    assert not is_corrected(np.zeros((28, 28)), 3)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [(THREE, True), (TWO, True), ([(20, 140), (80, 0)], False), ([(50, 60), (50, 64)], False)],
    ids=["a three", "a two", "the bar of a zero", "a dot"],
)
def test_a_ring_around_another_digit_is_no_zero(inside, expected):
    assert is_corrected(mnist(RING, inside), 0) is expected
    assert not is_corrected(mnist(RING), 0)


@pytest.mark.parametrize(("areas", "expected"), [(3, False), (4, True)])
def test_no_digit_encloses_four_areas(areas, expected):
    image = np.zeros((28, 28), np.float32)
    image[4:24, 8:20] = 1
    for k in range(areas):
        image[5 + 5 * k : 8 + 5 * k, 11:17] = 0
    assert is_corrected(image, 8) is expected
    image[5:8, 11:17], image[6, 13] = 1, 0  # of one pixel
    assert not is_corrected(image, 8)


@pytest.mark.parametrize(("rise", "expected"), [(0, True), (100, True), (200, True), (300, False)])
def test_a_line_through_several_digits_may_climb(rise, expected):
    ink = draw([[(0, 200 - rise / 2), (300, 200 + rise / 2)]], top=0, left=40, pen=6) > 0.5
    ink |= draw([TWO, [(x + 120, y) for x, y in TWO]], left=90, top=130, pen=6) > 0.5
    ink = ink[np.ix_(ink.any(axis=1), ink.any(axis=0))]
    assert are_crossed_out(ink, 6.0) is expected


def test_a_line_sticks_out_by_a_part_of_the_height():
    ink = np.zeros((100, 220), bool)
    ink[:, 10:210], ink[48:52] = True, True
    assert are_crossed_out(ink, 4.0)
    assert not are_crossed_out(ink[:, 3:], 4.0)


def lined(first=6, last=34, rise=0, covered=40):
    """A block of ink in 40 columns, with a line of two pixels through row 10 or, halfway, through it."""
    ink = np.zeros((21, 40), bool)
    ink[1:20, first:last] = True
    columns = np.arange(covered)
    rows = np.floor(10 + rise * (columns - 20) / 40).astype(int)
    ink[rows, columns] = ink[rows + 1, columns] = True
    return ink


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        (lined(), 10),
        (lined(rise=10), 10),
        (lined(rise=-10), 10),
        (lined(first=5), None),
        (lined(last=35), None),
    ],
    ids=["level", "falling", "rising", "short on the left", "short on the right"],
)
def test_the_row_of_a_line_halfway(ink, expected):
    found = _line_through(ink, 2.0, 0.5, 6)
    assert found == (None if expected is None else pytest.approx(expected, abs=1))


@pytest.mark.parametrize(("missing", "expected"), [(2, True), (3, False)])
def test_a_line_may_miss_some_columns(missing, expected):
    ink = np.zeros((9, 50), bool)
    ink[4, missing:] = ink[0, 0] = True
    assert COVERED * 50 == 48
    assert (_line_through(ink, 9.0, 0.0, 3) is not None) is expected


@pytest.mark.parametrize(("away", "expected"), [(3, True), (4, False)])
def test_a_line_is_as_thick_as_the_pen_where_it_sticks_out(away, expected):
    ink = lined()
    ink[10 + away, 2] = True
    assert (_line_through(ink, 2.5, 0.0, 6) is not None) is expected
