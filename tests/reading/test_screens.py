"""Patterns of dots instead of greys, and the bars of tools of a screenshot."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn.reading import to_ink
from nn.reading.screens import LEAST_SIDE, without_bars, without_dots

PAGE, BAR, INK, SWATCH = 1.0, 0.88, 0.0, 0.4


def page(height=200, width=260, bar=24, colour=BAR):
    """A page with a thick 1, and a bar of tools with three swatches along its lower edge."""
    grey = np.full((height, width), PAGE, np.float32)
    grey[40:140, 120:132] = INK
    if bar:
        grey[-bar:] = colour
        for left in (10, 40, 70):
            grey[height - bar + 6 : height - 6, left : left + 12] = SWATCH
    return grey


def dithered(width=300, height=220, paper=0.85):
    """A thick stroke on grey paper in black and white dots (Floyd and Steinberg's)."""
    image = Image.new("L", (width, height), round(255 * paper))
    ImageDraw.Draw(image).line([(145, 40), (145, 180)], fill=20, width=14)
    return np.asarray(image.convert("1"), np.float32)


def test_dots_become_greys_and_the_stroke_stays():
    grey = dithered()
    assert len(np.unique(grey)) == 2
    smooth = without_dots(grey)
    assert smooth[:, :40].std() < 0.25 * grey[:, :40].std()
    assert smooth[100:120, 143:147].max() < 0.2
    ink = to_ink(grey)
    assert ink[60:160, 142:148].min() > 0.5
    assert ink[:, :100].max() < 0.5
    assert ink[:, 200:].max() < 0.5


@pytest.mark.parametrize(
    "grey",
    [
        pytest.param(page(bar=0), id="black on white, no dots"),
        pytest.param(np.asarray(Image.fromarray(np.uint8(255 * dithered())).resize((50, 55))) / np.float32(255), id="small"),
        pytest.param(np.random.default_rng(0).random((120, 160)).astype(np.float32), id="many greys"),
    ],
)
def test_what_has_no_dots_stays_as_it_is(grey):
    assert without_dots(grey) is grey


@pytest.mark.parametrize("turns", range(4))
def test_a_bar_of_tools_along_any_edge_becomes_page(turns):
    clean = without_bars(np.rot90(page(), turns))
    np.testing.assert_array_equal(np.rot90(clean, -turns), np.where(np.arange(200)[:, None] < 176, page(), PAGE))


@pytest.mark.parametrize(
    ("bar", "colour"),
    [
        pytest.param(3, BAR, id="thin"),
        pytest.param(70, BAR, id="more than a third of the picture"),
        pytest.param(24, 0.3, id="nearer to the ink than to the page"),
    ],
)
def test_what_is_no_bar_of_tools_stays(bar, colour):
    grey = page(bar=0)
    grey[-bar:] = colour
    np.testing.assert_array_equal(without_bars(grey), grey)


def test_the_top_of_a_bold_7_is_no_bar():
    grey = np.full((100, 80), PAGE, np.float32)
    grey[:20] = grey[20:, 50:70] = INK
    np.testing.assert_array_equal(without_bars(grey), grey)


def test_a_small_picture_and_a_photo_keep_their_edges():
    small = page(LEAST_SIDE - 1, 100, 10)
    assert without_bars(small) is small
    photo = page() * np.random.default_rng(1).uniform(0.5, 1, (200, 260)).astype(np.float32)
    assert without_bars(photo) is photo
