"""Photos of real paper: printed lines, rims and corners at the edge, shadows, strokes that fade."""

import numpy as np
import pytest
from drawings import FOUR, ONE, SEVEN, TWO, difference, draw
from PIL import Image, ImageDraw

from nn.reading import find_digits, to_ink, to_mnist
from nn.reading.clutter import without_clutter

CANVAS = (400, 800)


def three():
    ink = draw(SEVEN, 200, 120, canvas=CANVAS)
    ink = draw([TWO], 360, 120, canvas=CANVAS, onto=ink)
    return draw(FOUR, 520, 120, canvas=CANVAS, onto=ink)


def with_lines(ink, lines, width, shade=0.7):
    image = Image.new("L", ink.shape[::-1])
    for line in lines:
        ImageDraw.Draw(image).line(line, fill=255, width=width)
    return np.maximum(ink, shade * np.asarray(image, np.float32) / 255)


def assert_three_digits(ink):
    found = find_digits(ink)
    assert len(found) == 3
    for digit, strokes in zip(found, (SEVEN, [TWO], FOUR), strict=True):
        assert difference(digit.image, to_mnist(draw(strokes))) < 0.35


@pytest.mark.parametrize("shade", [0.25, 0.6, 1.0])
@pytest.mark.parametrize(
    "lines",
    [
        [(0, 200, 800, 203)],
        [(0, y, 800, y - 12) for y in (60, 165, 270, 375)],
        [(120, 0, 128, 400)],
        [(x, 0, x, 400) for x in range(45, 800, 120)],
    ],
    ids=["through the digits", "ruled, climbing", "margin", "upright"],
)
def test_printed_lines_are_not_ink(lines, shade):
    assert_three_digits(to_ink(0.9 - 0.7 * with_lines(three(), lines, 4, shade)))


def test_dash_and_lone_stroke_are_no_printed_lines():
    for strokes in ([[(0, 0), (0, 340)]], [[(-60, 100), (300, 100)]]):
        ink = draw(strokes, 70, 30)
        np.testing.assert_array_equal(without_clutter(ink), ink)
    tight = draw(ONE, 6, 6, 2.7, 10, canvas=(390, 60))
    np.testing.assert_array_equal(without_clutter(tight), tight)


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 350), (800, 372), (800, 400), (0, 400)],
        [(0, 0), (3, 0), (3, 400), (0, 400)],
        [(250, 400), (420, 300), (600, 400)],
        [(0, 0), (60, 0), (40, 400), (0, 400)],
    ],
    ids=["rim below", "thin strip", "corner reaching in", "rim at the left"],
)
@pytest.mark.parametrize("dark", [0.7, 0.4])
def test_what_reaches_in_from_the_edge_is_not_ink(corners, dark):
    grey = 0.9 - 0.7 * three()
    image = Image.new("1", CANVAS[::-1])
    ImageDraw.Draw(image).polygon(corners, fill=1)
    grey[np.asarray(image)] = 0.9 - dark
    assert_three_digits(to_ink(grey))


def test_wide_rim_whose_outermost_part_passes_for_paper_is_not_ink():
    y, x = np.mgrid[0:600, 0:800]
    grey = 0.88 - 0.16 * (x / 800 + y / 600) / 2 - 0.7 * np.pad(three(), ((100, 100), (0, 0)))
    grey[:, 740:] = 0.1
    grey += np.random.default_rng(0).normal(0, 0.01, grey.shape)
    assert_three_digits(to_ink(np.clip(grey, 0, 1).astype(np.float32)))


def test_digits_of_a_tight_crop_stay():
    ink = three()
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.5), np.flatnonzero(ink.max(axis=0) > 0.5)
    tight = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    np.testing.assert_array_equal(without_clutter(tight), tight)
    bar = draw(ONE, 6, 6, 1, 12, canvas=(152, 300))
    pair = draw(SEVEN, 120, 6, 1, 12, canvas=(152, 300), onto=bar)[:, :]
    np.testing.assert_array_equal(without_clutter(pair), pair)
    row = draw(ONE, 10, 0, 1, 12, canvas=(140, 900))
    for left in (200, 400, 600, 800):
        row = draw(SEVEN, left, 6, 0.8, 12, canvas=(140, 900), onto=row)
    cropped = row[6:130]
    np.testing.assert_array_equal(without_clutter(cropped), cropped)


@pytest.mark.parametrize("faintest", [0.2, 0.35])
@pytest.mark.parametrize("strokes", [SEVEN, [TWO], FOUR])
def test_stroke_that_fades_is_read_to_its_end(strokes, faintest):
    ink = draw(strokes)
    fading = np.clip(np.linspace(faintest - 0.35, 1.2, 400), faintest, 1)[:, None]
    assert difference(to_mnist(to_ink(0.9 - 0.6 * ink * fading)), to_mnist(ink)) < 0.3


def test_shadow_is_not_ink():
    ink = draw(SEVEN, 60, 60)
    y, x = np.mgrid[0:400, 0:400] / 400
    grey = (0.9 - 0.7 * ink) * np.where(x + y > 1.45, 0.6, 1.0)
    assert difference(find_digits(to_ink(grey))[0].image, to_mnist(ink)) < 0.3
    assert len(find_digits(to_ink(grey))) == 1
