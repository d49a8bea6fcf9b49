"""From brightness to paper: tables, dark paper, even paper, and paper in uneven light."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from nn.reading.ink import (
    EVEN,
    _between_modes,
    _border,
    _closing,
    _even_paper,
    _grain,
    _neighbourhood_sum,
    _paper_is_dark,
    _paper_level,
    _softened,
    _spread,
    _without_table,
)

BOTH = pytest.mark.parametrize("turn", [lambda grey: grey, lambda grey: 1 - grey], ids=["dark", "light"])


def test_border_is_the_outermost_rows_and_columns():
    grey = np.arange(12).reshape(3, 4)
    assert sorted(_border(grey)) == [0, 0, 1, 2, 3, 3, 4, 7, 8, 8, 9, 10, 11, 11]


def sheet(shape=(59, 140), frame=4, table=0.25, ring=1.0):
    """A white sheet with a black stroke, on a table that shows at all edges; the sheet's own edge
    may have another grey.
    """
    grey = np.full(shape, table)
    grey[frame:-frame, frame:-frame] = ring
    grey[12:-12, 12:-12] = 1
    grey[20:40, 20:24] = 0
    return grey


@BOTH
def test_table_becomes_paper_in_blocks_of_a_96th_of_the_picture_with_a_soft_edge_of_three_pixels(turn):
    grey = sheet()
    expected = grey.copy()
    expected[:7], expected[51:], expected[:, :7], expected[:, 133:] = (1.0,) * 4
    np.testing.assert_array_equal(_without_table(turn(grey)), turn(expected))
    grey[20:40, [6, 7, 132, 133]] = 0.875
    out = turn(_without_table(turn(grey)))
    assert (out[20:40, [7, 132]] == 0.875).all()
    assert (out[20:40, [6, 133]] > 0.9).all()


def test_paper_goes_on_beyond_the_sheet_as_bright_as_it_is_nearby():
    grey = sheet((60, 140))
    grey[4:-4, 4:70] = 0.75
    grey[20:40, 20:24] = 0
    out = _without_table(grey)
    assert (out[:, :55][grey[:, :55] != 0] == 0.75).all()
    assert (out[:, 85:] == 1).all()
    assert 0.75 < out[1, 70] < 1


@BOTH
@pytest.mark.parametrize(("table", "goes"), [(0.5, True), (0.9, False)])
def test_table_is_clearly_darker_or_lighter_than_the_sheet(table, goes, turn):
    grey = turn(sheet(table=table))
    assert np.array_equal(_without_table(grey), grey) != goes


def test_brightness_that_most_pixels_have_parts_table_from_sheet():
    """However dark the ink is: of a black stroke, a grey table and a white sheet, the table is next
    to the middle.
    """
    grey = sheet(table=0.6)
    assert 0.6 < _between_modes(grey) < 1
    assert not np.array_equal(_without_table(grey), grey)
    assert _between_modes(np.array([[0.0, 0.25, 0.75, 1.0]])) == pytest.approx(0.5, abs=0.02)


def exact(table=960, shape=(48, 50)):
    """A sheet on a table of so many pixels."""
    grey = np.zeros(shape)
    grey[6:42, 5:45] = 1
    grey[10, 10 : 10 + table - 960] = 0
    return grey


@pytest.mark.parametrize(
    ("grey", "goes"), [(exact(), True), (exact(961), False), (exact()[:47], False)], ids=["largest", "larger", "small picture"]
)
def test_sheet_fills_most_of_a_picture_of_48_pixels(grey, goes):
    assert np.array_equal(_without_table(grey), grey) != goes


@pytest.mark.parametrize(("soft", "goes"), [(4, True), (20, False)])
def test_a_shadow_with_a_soft_edge_is_no_table(soft, goes):
    light = np.clip((np.arange(140) - 75) / soft, 0, 1)
    grey = np.repeat([0.2 + 0.8 * light], 60, axis=0)
    grey[20:40, 100:104] = 0
    assert np.array_equal(_without_table(grey), grey) != goes


def test_table_that_shows_through_everywhere_is_left():
    grey = np.ones((96, 96))
    grey[::2], grey[:, [0, -1]] = 0, 0
    np.testing.assert_array_equal(_without_table(grey), grey)


def scene(base, border, shape=(50, 50), stroke=1.0, rows=20):
    """Paper with a lighter (or darker) stroke of two pixels and one black pixel; some pixels of the
    border, (count, grey), differ from it.
    """
    grey = np.full(shape, base)
    grey[:, ::2] += 4 / 255  # a camera's: not even
    count, other = border
    # The last columns of the border, one after the other, down the right edge and the left one.
    edge = [(row, column) for column in (shape[1] - 1, 0) for row in range(1, shape[0] - 1)]
    for row, column in edge[:count]:
        grey[row, column] = other
    grey[14 : 14 + rows, 20:22] = stroke
    grey[40, 40] = 0
    return grey


@pytest.mark.parametrize(
    ("grey", "dark"),
    [
        (scene(0.6, (0, 0)), False),
        (scene(0.4, (0, 0)), True),
        (scene(0.5, (0, 0)), False),
        (scene(0.6, (21, 0.3)), True),
        (scene(0.6, (18, 0.3)), False),
        (scene(0.6, (20, 0.9)), False),
        (scene(0.6, (22, 0.9)), True),
        (scene(0.75, (30, 0.5)), True),
        (np.maximum(scene(0.8, (30, 0.6)), 0.4), True),
    ],
    ids=[
        "light",
        "dark",
        "middle",
        "a tenth darker",
        "fewer darker",
        "a tenth lighter",
        "more lighter",
        "by a quarter",
        "of the contrast",
    ],
)
def test_paper_is_what_surrounds_the_drawing_if_nine_tenths_of_the_border_are_alike(grey, dark):
    """Else strokes that are lighter than their surroundings tell that paper is dark."""
    assert _paper_is_dark(grey) == dark


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_ink_is_what_departs_from_even_paper_also_where_it_touches_the_edge(level):
    grey = np.full((28, 28), level)
    grey[:20, 4:12] = level + 0.1
    assert _paper_is_dark(grey)
    assert not _paper_is_dark(1 - grey)


def test_typical_border_is_its_median():
    grey = np.full((50, 50), 0.6)
    grey[::2] += 4 / 255
    grey[0], grey[2:, 0] = 0.4, 0.4
    grey[20:30, 20:22], grey[40, 40] = 1, 0
    assert np.count_nonzero(_border(grey) == 0.4) == 101
    assert _paper_is_dark(grey)


@pytest.mark.parametrize(
    ("grey", "dark"),
    [
        (scene(0.6, (40, 0.3), stroke=0.0), False),
        (scene(0.6, (40, 0.3), stroke=1.0, rows=4), True),
        (np.repeat([[0.2] * 25 + [0.8] * 25], 50, axis=0), False),
    ],
    ids=["dark stroke", "small light stroke", "nothing departs"],
)
def test_ink_departs_from_its_surroundings_where_light_is_uneven(grey, dark):
    assert _paper_is_dark(grey) == dark


def test_few_light_strokes_outweigh_many_faint_dark_ones():
    grey = scene(0.6, (40, 0.3), rows=10)
    grey[4:46:4, 30:38] = 0.45
    assert _paper_is_dark(grey)


def test_texture_finer_than_a_block_does_not_depart():
    grey = np.full((60, 140), 0.6)
    grey[::2] += 4 / 255
    grey[1::3, 1::3] = 0.3
    grey[:, -1] = 0.2
    grey[30:36, 60:66] = 1
    assert _paper_is_dark(grey)


@pytest.mark.parametrize("shape", [(100, 300), (250, 120)])
def test_grain_is_the_standard_deviation_of_noise(shape):
    grey = np.random.default_rng(0).normal(0.5, 0.05, shape)
    assert _grain(grey) == pytest.approx(0.05, rel=0.03)


def test_grain_is_that_of_most_rows():
    grey = np.zeros((5, 300))
    grey[1:4, ::2] = 0.1
    assert _grain(grey) == pytest.approx(1.4826 * 0.1 / 2**0.5)
    assert _grain(grey[:, :2]) == pytest.approx(1.4826 * 0.1 / 2**0.5)
    assert _grain(grey[:, :1]) == 0


def drawn(border, paper):
    """White paper of 50 × 50 pixels, of which so many are white, and so many of the 200 of its border."""
    grey = np.ones((50, 50))
    edge = [(0, k) for k in range(1, 49)] + [(k, 0) for k in range(1, 49)]
    for row, column in edge[: 200 - border]:
        grey[row, column] = 0.5
    inner = grey[1:49, 1:49].reshape(-1)
    inner[: 2500 - paper - (200 - border)] = 0.5
    grey[1:49, 1:49] = inner.reshape(48, 48)
    return grey


@pytest.mark.parametrize(("border", "paper", "even"), [(150, 750, True), (149, 750, False), (150, 749, False), (200, 2500, True)])
def test_even_paper_is_along_three_quarters_of_the_border_and_over_three_tenths(border, paper, even):
    assert _even_paper(drawn(border, paper)) == (1 if even else None)


@pytest.mark.parametrize(("speckle", "even"), [(EVEN, True), (1.6 / 255, False)])
@pytest.mark.parametrize("part", [slice(0, None, 3), slice(1, -1)], ids=["border", "inside"])
def test_even_paper_differs_by_a_step_and_a_half(speckle, even, part):
    grey = np.zeros((50, 50), np.float32)
    grey[part, part] = speckle
    grey[1:-1, 0] = grey[0, 1:-1] = speckle if part == slice(0, None, 3) else 0
    assert _even_paper(grey) == (0 if even else None)


def test_softened_is_the_mean_of_nine():
    depth = np.random.default_rng(0).random((56, 60)).astype(np.float32)
    np.testing.assert_allclose(_softened(depth), uniform_filter(depth, 3, mode="nearest"), rtol=1e-5)
    for shape in ((55, 80), (80, 55)):
        small = np.ones(shape, np.float32)
        assert _softened(small) is small


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("width", "stays"), [(12, False), (13, True)])
def test_closing_fills_what_is_narrower_than_its_window(width, stays, turned):
    levels = np.full((40, 50), 0.8)
    levels[:, 15 : 15 + width] = 0.2
    levels = levels.T if turned else levels
    np.testing.assert_array_equal(_closing(levels), levels if stays else 0.8)


def test_closing_leaves_slopes_of_light_as_they_are():
    y, x = np.mgrid[0:40, 0:50]
    levels = (x + 2.0 * y) / 128
    np.testing.assert_allclose(_closing(levels), levels, atol=1e-12)


@pytest.mark.parametrize("step", [1, 2])
def test_level_of_paper_is_the_mean_of_the_blank_pixels_around(step):
    grey, blank = np.full((9, 20), 0.25, np.float32), np.zeros((9, 20), bool)
    blank[0, 0] = blank[4, 7] = blank[4, 8] = True
    grey[0, 0], grey[4, 7], grey[4, 8] = 0.5, 0.75, 0.5
    first = np.full((9, 20), 0.125, np.float32)
    expected = first.copy()
    expected[:3, :3] = 0.5
    expected[2:7, 5] = expected[2:7, 6:10] = 0.625
    expected[2:7, 5], expected[2:7, 10] = 0.75, 0.5
    expected[2:7, 6:10] = 0.625
    grown = [np.kron(each, np.ones((step, step), each.dtype)) for each in (grey, blank)]
    np.testing.assert_allclose(_paper_level(*grown, step, first), expected, rtol=1e-6)


def test_neighbourhood_is_five_by_five():
    values, expected = np.zeros((7, 9)), np.zeros((7, 9))
    values[3, 4], expected[1:6, 2:7] = 2, 2
    np.testing.assert_array_equal(_neighbourhood_sum(values), expected)


def test_blocks_are_spread_bilinearly():
    levels = np.array([[0.1, 0.5, 0.2], [0.7, 0.3, 0.9]])
    rows = np.array([np.interp((np.arange(12) + 0.5) / 4 - 0.5, np.arange(3), row) for row in levels])
    expected = np.array([np.interp((np.arange(8) + 0.5) / 4 - 0.5, np.arange(2), column) for column in rows.T]).T
    np.testing.assert_allclose(_spread(levels, 4, (7, 10)), expected[:7, :10], atol=1e-6)
