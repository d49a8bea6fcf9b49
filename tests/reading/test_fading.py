"""Faint strokes: which of them are brought to full ink, and how full they become."""

import numpy as np
import pytest

from nn.reading.fading import _extents, _local_peaks, _peaks, evened

TURNS = pytest.mark.parametrize(
    "turn",
    [lambda a: a, lambda a: a[::-1], lambda a: a.T, lambda a: a[::-1].T],
    ids=["top", "bottom", "left", "right"],
)


def picture(*strokes, shape=(60, 80)):
    """Strokes two pixels wide, level, by row, first column, length and ink."""
    ink = np.zeros(shape, np.float32)
    for row, column, length, value in strokes:
        ink[row : row + 2, column : column + length] = value
    return ink


def assert_evened(ink, *rows, turn=lambda a: a):
    """The strokes at these rows become full, and everything else stays."""
    expected = ink.copy()
    for row in rows:
        expected[row : row + 2] = expected[row : row + 2] > 0
    np.testing.assert_allclose(evened(turn(ink)), turn(expected), rtol=1e-6)


@TURNS
def test_soft_edge_of_a_pixel_grows_with_its_stroke(turn):
    ink = picture((20, 20, 30, 0.5))
    stroke, ink[17:25, 17:53] = ink > 0, 0.1
    ink[stroke] = 0.5
    expected = ink.copy()
    expected[19:23, 20:50] = expected[20:22, 19:51] = 0.2
    expected[stroke] = 1
    np.testing.assert_allclose(evened(turn(ink)), turn(expected), rtol=1e-6)


@pytest.mark.parametrize("shape", [(120, 300), (119, 299)])
def test_large_picture_is_evened_in_coarse_pixels(shape):
    large, expected = (
        np.kron(picture((20, 20, 30, ink), shape=(60, 150)), np.ones((2, 2), np.float32))[: shape[0], : shape[1]]
        for ink in (0.5, 1)
    )
    large[38, 40:100], expected[38:40, 40:100] = 0.1, 0.2
    large[39, 40:100] = 0.1
    large[37, 40:100] = expected[37, 40:100] = 0.1
    np.testing.assert_allclose(evened(large), expected, rtol=1e-6)


@pytest.mark.parametrize(("shape", "even"), [((56, 80), True), ((55, 80), False), ((80, 55), False), ((80, 56), True)])
def test_small_pictures_stay_as_they_are(shape, even):
    assert_evened(picture((20, 10, 30, 0.5), shape=shape), *([20] if even else []))


@pytest.mark.parametrize("ink", [picture(), picture((20, 10, 30, 1)), picture((20, 10, 30, 0.8))], ids=["none", "full", "enough"])
def test_picture_that_needs_no_help_comes_back(ink):
    assert evened(ink) is ink


@pytest.mark.parametrize(("faint", "even"), [(0.79, True), (0.3, True), (0.29, False)])
def test_faintest_stroke_that_is_evened(faint, even):
    assert_evened(picture((20, 10, 40, 1), (40, 10, 40, faint)), *([40] if even else []))


@pytest.mark.parametrize(("length", "even"), [(10, True), (9, False)])
def test_short_strokes_stay_faint(length, even):
    assert_evened(picture((20, 10, 40, 1), (40, 10, length, 0.5)), *([40] if even else []))


@pytest.mark.parametrize(("faint", "even"), [(0.49, True), (0.5, False)])
def test_short_is_by_the_longest_that_is_half_as_dark_as_the_darkest(faint, even):
    ink = picture((20, 10, 40, 1), (30, 10, 60, faint), (40, 10, 10, 0.4))
    assert_evened(ink, *([30, 40] if even else [30]))


@TURNS
@pytest.mark.parametrize("row", [0, 1])
def test_what_reaches_the_edge_stays_faint(row, turn):
    """And its neighbour on the page does not."""
    ink = picture((30, 20, 30, 0.5))
    ink[row, 20:50] = 0.5
    assert_evened(ink, *([30] if row == 0 else [row, 30]), turn=turn)


@pytest.mark.parametrize(("faint", "grows"), [(0.15, True), (0.149, False)])
def test_faintest_end_of_a_stroke_that_grows_with_it(faint, grows):
    ink = picture((20, 20, 20, 0.4), (20, 40, 6, faint))
    assert (evened(ink)[20, 43] > 0.2) == grows


def test_no_ink_is_more_than_full():
    ink = picture((20, 8, 20, 0.3), (20, 28, 20, 0.7))
    out = evened(ink)
    assert out.max() == 1
    assert out[20:22, 8:48].min() == 1


def test_extent_is_the_longer_side():
    labels = np.zeros((9, 12), int)
    labels[1:4, 2:7] = 1
    labels[2, 7] = 1
    labels[5:9, 3:5] = 2
    labels[5, 11] = 3
    assert _extents(labels).tolist() == [6, 4, 1]
    assert _extents(np.zeros((9, 12), int)).size == 0


def test_peak_is_the_most_ink_of_a_component():
    labels = np.zeros((5, 6), int)
    labels[0, :3], labels[3, 2:] = 1, 2
    coarse = np.full((5, 6), 0.9, np.float32)
    coarse[0, :3], coarse[3, 2:] = (0.25, 0.5, 0.125), (0.75, 0.25, 0.25, 0.5)
    assert _peaks(labels, coarse).tolist() == [0.5, 0.75]
    assert _peaks(np.zeros((5, 6), int), coarse).size == 0


@pytest.mark.parametrize(("shape", "size"), [((24, 20), 1), ((46, 30), 2), ((47, 31), 2), ((30, 49), 3)])
def test_ink_around_is_the_median_of_the_blocks_with_ink_or_the_block_itself(shape, size):
    # Three blocks in a row, a fourth diagonally, a fifth alone in the corner.
    blocks = np.zeros((24, 24), np.float32)
    blocks[4, 5:8] = 0.25, 0.75, 0.5
    blocks[5, 8] = 0.375
    blocks[0, 0] = 0.125
    expected = blocks.copy()
    expected[4, 5:8] = 0.5, 0.75, 0.5
    expected[5, 8] = 0.4375
    ink, expected = (np.kron(each, np.ones((size, size)))[: shape[0], : shape[1]] for each in (blocks, expected))
    ink[4 * size + size - 1, 5 * size] = 0.25
    np.testing.assert_array_equal(_local_peaks(ink), expected)


def test_ink_of_a_block_is_the_most_of_its_pixels():
    ink = np.zeros((48, 40), np.float32)
    ink[10, 21] = 0.5
    ink[11, 20] = 0.25
    expected = np.zeros((48, 40))
    expected[10:12, 20:22] = 0.5
    np.testing.assert_array_equal(_local_peaks(ink), expected)
