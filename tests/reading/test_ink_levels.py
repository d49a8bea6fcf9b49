"""From paper to ink: how full a stroke is, what is too faint, and what is noise."""

import numpy as np
import pytest

from nn.reading.ink import _ink_on_light_paper, to_ink

UNEVEN = 0.0625


def photo(shape=(40, 48), level=0.75, noise=(0.0,)):
    """Paper whose border is too uneven for a drawing program; `noise` repeats from row to row."""
    grey = level + np.resize(np.array(noise), shape[0])[:, None] + np.zeros(shape)
    every_other = np.indices(shape).sum(axis=0) % 2 == 0
    every_other[1:-1, 1:-1] = False
    grey[every_other] -= UNEVEN
    return grey.astype(np.float32)


def inked(grey, *strokes):
    """The ink of paper with blocks of ink on it: (top, left, height, width, depth)."""
    grey = grey.copy()
    for top, left, height, width, depth in strokes:
        grey[top : top + height, left : left + width] -= depth
    return _ink_on_light_paper(grey)


def test_full_ink_on_even_paper_is_a_depth_that_nine_tenths_do_not_exceed():
    grey = np.ones((20, 20), np.float32)
    # Of these eleven depths nine tenths are up to 0.625. The next ones are half the largest, and do not count.
    grey[5, 5:14], grey[5, 14], grey[5, 15] = 0.5, 0.375, 0.25
    grey[8, 5:15] = 1 - 0.375
    ink = _ink_on_light_paper(grey)
    np.testing.assert_allclose(ink[5, 5:16], [0.8] * 9 + [1, 1], rtol=1e-6)
    np.testing.assert_allclose(ink[8, 5:15], 0.6, rtol=1e-6)
    assert ink[10:].max() == 0


@pytest.mark.parametrize(("depth", "some"), [(0.079, False), (0.081, True)])
@pytest.mark.parametrize("paper", [np.ones((40, 40), np.float32), photo()], ids=["even", "uneven"])
def test_faintest_stroke(paper, depth, some):
    grey = paper.copy()
    grey[10:20, 10:20] -= depth
    assert _ink_on_light_paper(grey).any() == some
    assert to_ink(grey).any() == some


def test_empty_picture_has_no_ink():
    assert to_ink(np.zeros((0, 7))).shape == (0, 7)


def test_single_dark_pixels_of_a_large_drawing_are_dust():
    grey = np.ones((60, 60), np.float32)
    grey[10:50:8, 10:50:8] = 0.5
    assert not _ink_on_light_paper(grey).any()
    grey[30:33, 20:23] = 0.5
    assert _ink_on_light_paper(grey).any()


def test_ink_on_uneven_paper_counts_from_a_twentieth_of_a_full_stroke():
    """Full is the median of what is deeper than half the deepest."""
    ink = inked(photo(), (10, 10, 2, 8, 0.5), (12, 10, 1, 4, 0.625), (18, 10, 2, 14, 0.3125), (30, 30, 1, 1, 0.025))
    np.testing.assert_array_equal(ink[10:12, 10:18], 1)
    np.testing.assert_array_equal(ink[12, 10:14], 1)
    np.testing.assert_allclose(ink[18:20, 10:24], (0.3125 - 0.025) / 0.475, rtol=1e-6)
    ink[10:20, 10:24] = 0
    assert not ink[4:-4, 4:-4].any()


def test_faint_ink_is_full_where_no_ink_is_darker():
    ink = inked(photo(), (8, 10, 6, 8, 0.25), (20, 10, 2, 20, 0.140625))
    np.testing.assert_array_equal(ink[8:14, 10:18], 1)
    np.testing.assert_allclose(ink[20:22, 10:30], (0.140625 - 0.0125) / 0.2375, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "stroke"), [((56, 150), (12, 50, 32, 40)), ((250, 240), (100, 100, 6, 40))], ids=["wide", "large"]
)
def test_ink_narrower_than_a_quarter_of_the_longer_side_is_full_throughout(shape, stroke):
    ink = inked(photo(shape), (*stroke, 0.4))
    top, left, height, width = stroke
    np.testing.assert_allclose(ink[top : top + height, left : left + width], 1, atol=0.01)


def test_strokes_in_the_shade_are_as_full_as_those_in_the_light():
    light = np.linspace(0.3, 0.9, 48)[None, :] * np.ones((40, 1))
    grey = light.copy()
    grey[8:32, 10:12] *= 0.5
    grey[8:32, 36:38] *= 0.5
    ink = _ink_on_light_paper(grey.astype(np.float32))
    for columns in (slice(10, 12), slice(36, 38)):
        np.testing.assert_allclose(ink[12:28, columns], 1, atol=0.05)
    assert ink[12:28, 14:34].max() == 0


def test_negative_of_a_photo_has_the_same_ink():
    grey = np.linspace(0.3, 0.9, 48, dtype=np.float32)[None, :] * np.ones((40, 1), np.float32)
    grey[8:32, 22:24] *= 0.5
    grey = np.round(grey * 256) / 256
    assert to_ink(grey).any()
    np.testing.assert_array_equal(to_ink(1 - grey), to_ink(grey))


# Rows of paper that are lighter, darker and as they should be, in turn.
ROWS = (1 / 64, -1 / 64, 0.0)
# What the median of the differences tells of their noise. The paper of a small picture is the mean
# of five rows, from which they differ by 1.2, -1.2 and 0 times as much; of a large one, of fifteen.
SMALL, LARGE = 1.4826 * 1.2 / 64, 1.4826 / 64


@pytest.mark.parametrize(("grains", "some"), [(5, False), (7, True)])
def test_stroke_is_six_times_as_deep_as_noise(grains, some):
    ink = inked(photo(noise=ROWS), (18, 18, 4, 4, grains * SMALL))
    assert ink.any() == some
    assert not ink[:10].any()


@pytest.mark.parametrize(("grains", "some"), [(2.5, False), (4.2, True)])
def test_mark_is_three_times_as_deep_as_noise(grains, some):
    ink = inked(photo(noise=ROWS), (18, 18, 4, 4, 12 * SMALL), (30, 30, 1, 1, grains * SMALL))
    assert ink[18:22, 18:22].min() > 0.8
    assert ink[26:34, 26:34].any() == some


@pytest.mark.parametrize(("grains", "some"), [(4.4, False), (5.5, True)])
def test_patch_of_less_than_five_times_the_grain_is_paper(grains, some):
    grey = photo()
    grey[1:-1, 1:-1] += np.where(np.arange(46) % 2, 1, -1) / 128
    grain = 1.4826 * (2 / 128) / 2**0.5
    ink = inked(grey, (8, 8, 4, 4, 8 * grain), (20, 20, 11, 11, (grains - 0.2) * grain))
    assert ink[23:28, 23:28].all() == some
    assert ink[23:28, 23:28].any() == some


@pytest.mark.parametrize(("shape", "some"), [((102, 102), False), ((101, 120), False), ((100, 120), True), ((120, 100), True)])
def test_grain_of_noise_vanishes_in_the_mean_of_nine_from_a_hundred_pixels_on(shape, some):
    ink = inked(photo(shape, noise=ROWS), (30, 30, 12, 12, 12 * LARGE), (70, 70, 1, 1, 5 * LARGE))
    assert ink[32:40, 32:40].min() > 0.8
    assert ink[60:80, 60:80].any() == some


@pytest.mark.parametrize(("grains", "some"), [(2.0, False), (2.6, True)])
def test_stroke_of_a_large_picture_is_twice_as_deep_as_noise(grains, some):
    """The columns are noisy, and the stroke lowers the paper's level by a fifth of its depth."""
    amount = 1 / 24
    ink = inked(photo((102, 102), noise=(amount, -amount, 0)).T, (30, 40, 40, 3, grains * 1.4826 * amount))
    assert ink.any() == some


def test_stroke_hardly_deeper_than_noise_is_full_from_a_fiftieth_of_white_above_it():
    amount = 1 / 32
    depths = np.array([2.4, 2.5]) * 1.4826 * amount
    first, second = (inked(photo((60, 60), noise=(amount, -amount, 0)), (20, 20, 20, 8, depth)) for depth in depths)
    assert 0 < first[22, 24] < second[22, 24] < 1
    assert second[22, 24] - first[22, 24] == pytest.approx((depths[1] - depths[0]) * 50, rel=0.01)


def test_picture_without_noise_stays_sharp():
    ink = inked(photo((102, 120)), (30, 30, 12, 12, 0.5))
    assert set(np.unique(ink[10:-10, 10:-10])) == {0, 1}


@pytest.mark.parametrize(("grains", "some"), [(0.88, False), (1.15, True)])
def test_where_nine_are_averaged_noise_is_a_third(grains, some):
    """A spot of nine pixels lowers the paper's level, the mean of blocks of three by three pixels,
    by a little.
    """
    share = 1 - 9 / 225
    ink = inked(photo((120, 120), noise=ROWS), (30, 30, 12, 12, 9 * LARGE), (72, 72, 3, 3, grains / share * LARGE))
    assert ink[32:40, 32:40].min() > 0.8
    assert ink[65:80, 65:80].any() == some
