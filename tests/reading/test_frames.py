"""What was drawn around the digits, and what lies around the sheet: frames, circles, corners of dark
objects, tables.
"""

import numpy as np
import pytest
from drawings import FOUR, SEVEN, TWO, difference, draw
from PIL import Image, ImageDraw

from nn.reading import find_digits, read_image, to_ink, to_mnist
from nn.reading.clutter import _is_corner, _is_lined, _runs, _without_forms, _without_frame
from nn.reading.ink import _is_hole, _is_sheet, _without_table

CANVAS = (400, 800)


def three():
    ink = draw(SEVEN, 200, 120, canvas=CANVAS)
    ink = draw([TWO], 360, 120, canvas=CANVAS, onto=ink)
    return draw(FOUR, 520, 120, canvas=CANVAS, onto=ink)


def assert_three_digits(ink):
    found = find_digits(ink)
    assert len(found) == 3
    for digit, strokes in zip(found, (SEVEN, [TWO], FOUR), strict=True):
        assert difference(digit.image, to_mnist(draw(strokes))) < 0.35


def painted(ink, shape, corners, **style):
    """Ink with a shape of ImageDraw's on top."""
    image = Image.fromarray((255 * ink).astype(np.uint8))
    getattr(ImageDraw.Draw(image), shape)(corners, **style)
    return np.asarray(image, np.float32) / 255


@pytest.mark.parametrize(
    ("shape", "corners"),
    [
        ("rectangle", (120, 60, 700, 340)),
        ("rectangle", (165, 85, 660, 310)),
        ("ellipse", (60, 10, 760, 390)),
        ("polygon", [(100, 80), (715, 50), (720, 345), (90, 330)]),
    ],
)
@pytest.mark.parametrize("width", [2, 10])
def test_a_frame_or_a_circle_around_the_digits_is_not_ink(shape, corners, width):
    assert_three_digits(to_ink(0.9 - 0.7 * painted(three(), shape, corners, outline=255, width=width)))


@pytest.mark.parametrize(
    "strokes",
    [
        pytest.param(
            [[(10, 0), (0, 50), (10, 100), (60, 100), (70, 50), (60, 0), (10, 0)], [(20, 80), (50, 20)]], id="crossed zero"
        ),
        pytest.param([[(0, 0), (0, 100), (100, 100)], [(40, 10), (90, 20), (60, 60)]], id="open angle"),
        pytest.param([[(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]], id="nothing inside"),
        pytest.param([[(0, 50), (100, 50)], [(20, 80), (50, 90), (60, 70)]], id="a line above"),
    ],
)
def test_a_crossed_ring_and_what_is_not_closed_are_no_frames(strokes):
    ink = draw(strokes, 60, 60)
    np.testing.assert_array_equal(_without_frame(ink), ink)


def boxed(gap=0, inner=(20, 20), height=60, shape=(100, 100)):
    """A frame of two pixels, its left side open for `gap` rows from the inner figure's top on, and in it
    an L of strokes three pixels wide.
    """
    ink = np.zeros(shape)
    ink[5 : 5 + 90, 5:95] = 1
    ink[7:93, 7:93] = 0
    top, left = inner
    ink[top : top + height, left : left + 3] = 1
    ink[top + height - 3 : top + height, left : left + 50] = 1
    ink[top : top + gap, 5:7] = 0
    return ink


@pytest.mark.parametrize(
    ("ink", "goes"),
    [
        (boxed(), True),
        (boxed(gap=6), True),
        (boxed(gap=7), False),
        (boxed(height=18), True),
        (boxed(height=17), False),
    ],
    ids=["closed", "open by a tenth", "open by more", "a fifth as high", "lower"],
)
def test_a_frame_is_met_along_nine_tenths_of_each_side(ink, goes):
    expected = ink.copy()
    if goes:
        expected[:, :8], expected[:, 92:], expected[:8], expected[92:] = 0, 0, 0, 0
    np.testing.assert_array_equal(_without_frame(ink), expected)


def corner(height, width, share=1.0, shape=(100, 120)):
    """A block in the upper left corner; only a share of its rows is filled beyond its first column."""
    mask = np.zeros(shape, bool)
    mask[:height, 0] = True
    mask[: round(share * height), :width] = True
    return mask


@pytest.mark.parametrize("turn", [lambda a: a, lambda a: a[::-1], lambda a: a[:, ::-1], lambda a: a[::-1, ::-1]])
@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (corner(40, 48), True),
        (corner(41, 48), False),
        (corner(40, 49), False),
        (corner(40, 48, 0.35), True),
        (corner(40, 48, 0.3), False),
    ],
    ids=["largest", "higher", "wider", "thinly filled", "too thinly filled"],
)
def test_a_corner_is_small_and_filled(mask, expected, turn):
    assert _is_corner(turn(mask)) is expected


def test_a_corner_lies_along_two_edges():
    triangle = np.tri(30, dtype=bool)[::-1]
    mask = np.zeros((100, 120), bool)
    mask[:30, :30] = triangle
    assert _is_corner(mask)
    assert not _is_corner(np.roll(mask, 1, axis=0))
    assert not _is_corner(np.roll(mask, 1, axis=1))
    block = np.ones((30, 30), bool)
    block[0, 7:] = block[7:, 0] = False  # less than a quarter of its sides lies along the edges
    mask[:30, :30] = block
    assert not _is_corner(mask)


@pytest.mark.parametrize("tip", [(150, 120), (90, 150), (200, 60)])
def test_the_corner_of_a_dark_object_is_not_ink(tip):
    grey = 0.9 - 0.7 * three()
    image = Image.new("1", CANVAS[::-1])
    ImageDraw.Draw(image).polygon([(0, 0), (tip[0], 0), (0, tip[1])], fill=1)
    grey[np.asarray(image)] = 0.15
    assert_three_digits(to_ink(grey))


@pytest.mark.parametrize("light", [False, True], ids=["light sheet", "dark sheet"])
@pytest.mark.parametrize("corners", [(130, 70, 690, 330), (100, 40, 720, 399), (150, 80, 660, 310)])
def test_a_sheet_that_fills_less_than_the_table_is_read(corners, light):
    """Its edge is soft, and it is darker towards one side."""
    sheet = np.asarray(Image.new("L", CANVAS[::-1]))
    sheet = painted(sheet / 255, "rectangle", corners, fill=255)
    soft = (sheet + np.roll(sheet, 1, 0) + np.roll(sheet, 1, 1)) / 3
    grey = 0.1 + soft * (np.linspace(0.8, 0.65, 800) - 0.7 * three() * sheet)
    assert_three_digits(to_ink(np.clip(1 - grey if light else grey, 0, 1).astype(np.float32)))


@pytest.mark.parametrize("hole", [(40, 30, 80, 90), (55, 15, 62, 105)], ids=["bold zero", "slender zero"])
def test_a_bold_digit_is_no_sheet(hole):
    grey = np.ones((120, 120), np.float32)
    grey[4:116, 4:116] = 0
    left, top, right, bottom = hole
    grey[top:bottom, left:right] = 1
    np.testing.assert_array_equal(_without_table(grey), grey)


def written(rows=20, columns=50, side=60):
    """A square sheet and a cross of single pixels on it, as masks."""
    sheet, writing = np.zeros((100, 100), bool), np.zeros((100, 100), bool)
    sheet[20 : 20 + side, 20 : 20 + side] = True
    writing[30, 22 : 22 + columns] = writing[30 : 30 + rows, 40] = True
    return sheet, writing


def test_a_sheet_is_large_fills_its_box_and_is_written_on():
    sheet, writing = written()
    assert _is_sheet(sheet, writing)
    assert _is_sheet(written(side=45)[0], writing)
    assert not _is_sheet(written(side=44)[0], writing)
    assert _is_sheet(sheet, written(1, 20)[1])
    assert not _is_sheet(sheet, written(1, 19)[1])
    for missing, expected in ((9, True), (10, False)):
        torn = sheet.copy()
        torn[21 : 21 + missing, 20:79] = False
        assert _is_sheet(torn, writing) is expected


def test_a_hole_fills_its_box_and_is_large():
    sheet, _ = written()
    hole = np.zeros_like(sheet)
    hole[30:42, 30:42] = True
    assert not _is_hole(hole, sheet)  # four in a hundred
    hole[30, 42] = True
    assert _is_hole(hole, sheet)
    hole[30:49, 30] = True  # 152 of 247
    assert _is_hole(hole, sheet)
    hole[30:50, 30] = True  # 153 of 260
    assert not _is_hole(hole, sheet)


@pytest.mark.parametrize(
    "colours", [((64, 224, 208), (238, 130, 238)), ((255, 140, 0), (70, 130, 255)), ((0, 0, 0), (255, 255, 255))]
)
def test_ink_and_paper_may_differ_in_colour_alone(colours, tmp_path):
    ink, paper = np.array(colours)
    share = three()[..., None]
    Image.fromarray((share * ink + (1 - share) * paper).astype(np.uint8)).save(tmp_path / "picture.png")
    assert_three_digits(to_ink(read_image(tmp_path / "picture.png")))


def test_a_line_that_is_not_quite_level_goes_where_it_climbs_to_the_next_row():
    ink = three()
    for column in range(800):
        row = 50 + column // 80
        ink[row : row + (2 if column % 80 > 30 else 1), column] = 0.8
    assert_three_digits(to_ink(0.9 - 0.7 * ink))


def test_a_line_that_vanishes_when_it_shrinks_is_blank():
    """At one half of full ink a line has no width."""
    ink = np.zeros((320, 120), np.float32)
    ink[10:310, 60] = 0.5
    assert not to_mnist(ink).any()


FORMS = {
    "cells": [(120, 80, 700, 80), (120, 320, 700, 320), *[(x, 80, x, 320) for x in (120, 330, 488, 700)]],
    "an open side": [(120, 70, 700, 70), (700, 70, 700, 330), (120, 330, 700, 330), (120, 250, 120, 330)],
    "a comb": [(140, 310, 690, 310), *[(x, 260, x, 310) for x in (140, 324, 507, 690)]],
}


@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("width", [2, 8])
def test_a_form_around_or_under_the_digits_is_not_ink(lines, width):
    ink = three()
    for line in lines:
        ink = painted(ink, "line", line, fill=255, width=width)
    assert_three_digits(to_ink(0.9 - 0.7 * ink))


def test_a_form_that_touches_a_digit_stays():
    ink = painted(three(), "line", (140, 232, 690, 232), fill=255, width=4)
    np.testing.assert_array_equal(_without_forms(ink), ink)


def test_what_is_not_much_wider_than_all_else_is_high_is_no_form():
    two = draw([TWO], 300, 120, canvas=CANVAS)
    height = np.ptp(np.flatnonzero(two.any(axis=1)))
    for times, stays in ((1.05, True), (1.4, False)):
        ink = painted(two, "line", (200, 390, 200 + times * height, 390), fill=255, width=4)
        assert bool(_without_forms(ink)[390, 270]) == stays
    alone = painted(np.zeros(CANVAS, np.float32), "line", (200, 300, 400, 300), fill=255, width=4)
    np.testing.assert_array_equal(_without_forms(alone), alone)


def test_runs_are_counted_row_by_row():
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    assert _runs(mask).tolist() == [[2, 2, 0, 1], [0, 0, 0, 0], [4, 4, 4, 4]]


def test_lines_are_level_or_upright():
    mask = np.zeros((40, 100), bool)
    mask[5, 10:90] = mask[5:35, 10] = True
    assert _is_lined(mask)
    mask[np.arange(5, 35), np.arange(20, 50)] = True
    assert not _is_lined(mask)
