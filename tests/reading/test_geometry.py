"""The steps to MNIST's geometry, one by one on small pictures: box, width, square, level, rims,
centre.
"""

import numpy as np
import pytest

from nn.reading import geometry, ink_box, is_mnist, stroke_width, to_mnist


def bar(height, width, shape=(100, 100), top=10, left=10):
    ink = np.zeros(shape, np.float32)
    ink[top : top + height, left : left + width] = 1
    return ink


@pytest.mark.parametrize(
    ("profile", "box"),
    [
        ([0, 0, 1, 1, 1, 0], (2, 5)),
        ([0, 0.25, 1, 1, 0.125, 0], (1.75, 4.125)),
        ([0, 0.25, 0.75, 1, 0.625, 0.125, 0.0], (2, 4.75)),
        ([0.375, 0.0, 1, 0, 0.375], (2, 3)),
        ([1, 1, 0.25], (0, 2.25)),
        ([0.25, 1, 1], (0.75, 3)),
        ([1, 0.75, 0.75, 1], (0, 4)),
        ([0.75, 0.0, 0.0, 0.75], (0.25, 3.75)),
        ([0, 0.5, 1, 0.5, 0.25], (1.5, 3.75)),
        ([1], (0, 1)),
    ],
)
def test_ink_begins_and_ends_in_fractions_of_pixels(profile, box):
    """Its rim counts by its level; so does a faint pixel beside it, and nothing beyond that one."""
    across = np.zeros((7, len(profile)), np.float32)
    across[3:5] = profile
    first, last = 4 - max(profile), 4 + max(profile)
    assert ink_box(across) == (box[0], first, box[1], last)
    assert ink_box(across.T) == (first, box[0], last, box[1])


@pytest.mark.parametrize("shape", [(0, 7), (7, 0), (0, 0), (3, 4)])
def test_without_ink_there_is_no_box(shape):
    assert ink_box(np.full(shape, 0.49, np.float32)) is None


def test_half_of_full_ink_is_enough():
    assert ink_box(np.full((3, 4), 0.5, np.float32)) == (0.5, 0.5, 3.5, 2.5)


@pytest.mark.parametrize(("height", "width"), [(10, 10), (5, 80), (80, 5), (1, 1), (3, 1)])
@pytest.mark.parametrize("level", [1.0, 0.125])
def test_stroke_width_is_twice_the_area_over_the_outline_whatever_the_level(height, width, level):
    """The corner where both differences are taken at once is shorter by 2 - √2."""
    expected = 2 * height * width / (2 * (height + width) - 2 + np.sqrt(2))
    assert stroke_width(level * bar(height, width)) == pytest.approx(expected, rel=1e-6)
    assert stroke_width(level * np.ones((height, width), np.float32)) == pytest.approx(expected, rel=1e-6)


def test_soft_edges_are_as_wide_as_the_level_says():
    """A bar of 4 pixels with edges of a half is 5 wide; a blank picture has no stroke."""
    soft = bar(90, 6, top=5)
    soft[:, [10, 15]] *= 0.5
    assert stroke_width(soft) == pytest.approx(5, rel=0.06)
    assert stroke_width(np.zeros((4, 6), np.float32)) == 0


def ticks(first, last, middle):
    """Ink at a first and a last row, and twice in one between them."""
    ink = np.zeros((28, 28), np.float32)
    ink[[first, middle, last], 14] = 1
    ink[middle, 13] = 1
    return ink


@pytest.mark.parametrize(
    ("first", "last", "expected"), [(5, 22, False), (5, 23, True), (4, 23, True), (4, 24, True), (3, 24, False)]
)
def test_the_longer_side_of_mnist_is_20_pixels_or_one_more_or_less(first, last, expected):
    ink = ticks(first, last, 14)
    assert is_mnist(ink) == is_mnist(ink.T) == expected


def test_a_line_may_have_mnists_geometry():
    assert is_mnist(bar(1, 20, (28, 28), 14, 4))
    assert is_mnist(bar(20, 1, (28, 28), 4, 14))


def test_blank_pictures_and_other_sizes_have_not():
    assert not is_mnist(np.zeros((28, 28), np.float32))
    assert not is_mnist(bar(20, 8, (28, 29), 4, 10))
    assert not is_mnist(bar(20, 8, (29, 28), 4, 10))
    assert not is_mnist(np.ones((28, 28), np.float32))


@pytest.mark.parametrize(
    ("first", "middle", "expected"),
    [(5, 14, True), (5, 15, False), (5, 16, False), (4, 14, True), (4, 13, False), (4, 11, False)],
)
def test_the_centre_of_mass_is_less_than_three_quarters_of_a_pixel_from_14(first, middle, expected):
    ink = ticks(first, first + 19, middle)
    off = (2 * first + 19 + 2 * middle) / 4 - 14
    assert (abs(off) < 0.75) == expected
    assert is_mnist(ink) == is_mnist(ink.T) == expected


@pytest.mark.parametrize(
    "corner",
    [(30, 20), (-7, 20), (30, -5), (-7, -5), (60, 20), (30, 50), (60, 50), (-3, 45), (55, -9)],
    ids=["inside", "left", "above", "left above", "right", "below", "right below", "left below", "right above"],
)
def test_a_square_as_large_as_wanted_is_copied_with_0_beyond_the_picture(corner):
    ink = np.random.default_rng(0).uniform(0.1, 1, (60, 70)).astype(np.float32)
    left, top = corner
    around = np.pad(ink, 100)[100 + top : 120 + top, 100 + left : 120 + left]
    np.testing.assert_array_equal(geometry._square(ink, (left, top, left + 20, top + 20), 20), around)
    wide, high = (left, top + 6, left + 20, top + 14), (left + 3, top, left + 17, top + 20)
    for box in (wide, high):
        np.testing.assert_array_equal(geometry._square(ink, box, 20), around)


def test_a_picture_smaller_than_the_square_lies_in_its_middle():
    ink = np.random.default_rng(0).uniform(0.1, 1, (6, 20)).astype(np.float32)
    np.testing.assert_array_equal(geometry._square(ink, (0, 0, 20, 6), 20), np.pad(ink, ((7, 7), (0, 0))))
    np.testing.assert_array_equal(geometry._square(ink.T, (0, 0, 6, 20), 20), np.pad(ink.T, ((0, 0), (7, 7))))


@pytest.mark.parametrize("top", [20, -5, 50])
def test_half_a_pixel_between_is_the_mean_of_its_neighbours(top):
    ink = np.random.default_rng(0).uniform(0, 1, (60, 70)).astype(np.float32)
    around = np.pad(ink, 20)
    means = (around[20 + top : 40 + top, 30:50] + around[20 + top : 40 + top, 31:51]) / 2
    box = (10.5, top, 30.5, top + 20)
    np.testing.assert_allclose(geometry._square(ink, box, 20), means, rtol=1e-6)
    box = (top, 10.5, top + 20, 30.5)
    np.testing.assert_allclose(geometry._square(ink.T, box, 20), means.T, rtol=1e-6)


def test_a_square_more_than_twice_as_large_is_averaged_and_a_smaller_one_smoothed():
    dot = np.zeros((60, 60), np.float32)
    dot[30, 30] = 1
    (row,) = np.flatnonzero(geometry._square(dot, (0, 0, 60, 60), 20).any(axis=1))
    assert row == 10
    assert geometry._square(dot, (0, 0, 60, 60), 20)[10, 10] == pytest.approx(1 / 9)
    assert np.count_nonzero(geometry._square(dot, (10, 10, 52, 52), 20)) == 1
    smooth = geometry._square(dot, (10, 10, 50, 50), 20)
    assert smooth[10, 9:12] == pytest.approx(np.array([3, 9, 0]) / 64)
    assert smooth.sum() == pytest.approx(1 / 4)


def test_a_dot_smaller_than_its_pixel_fills_the_square_with_it():
    dot = np.zeros((9, 9), np.float32)
    dot[4, 4] = 1
    seen = geometry._square(dot, (4.25, 4.25, 4.75, 4.75), 20)
    np.testing.assert_array_equal(seen, 1)


def levels(*values):
    return np.array(values, np.float32)[None]


def test_faint_strokes_are_raised_until_their_upper_quartile_is_full_ink():
    faint = levels(0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.44, 0.5, 0.52, 0.56)
    expected = np.minimum(faint / np.float32(0.5), 1)
    np.testing.assert_array_equal(geometry._saturated(faint), expected)
    np.testing.assert_array_equal(geometry._saturated(faint[:, ::-1]), expected[:, ::-1])


def test_ink_up_to_three_tenths_of_the_fullest_does_not_count():
    third = float(np.float32(0.3) * np.float32(0.5))
    assert geometry._saturated(levels(0.5, *[third] * 9)).tolist() == pytest.approx(np.array([[1, *[0.3] * 9]]))
    assert geometry._saturated(levels(0.5, *[0.16] * 9)).tolist() == [[1] * 10]


@pytest.mark.parametrize(("level", "raised"), [(0.88, True), (0.92, False)])
def test_strokes_of_nine_tenths_are_full_enough(level, raised):
    stroke = levels(level, level, level, level / 2)
    expected = levels(1, 1, 1, 0.5) if raised else stroke
    np.testing.assert_allclose(geometry._saturated(stroke), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("width", "wanted"),
    [(0.5, 2.0), (1.5, 2.0), (1.99, 2.0), (3.41, 3.4), (5.0, 3.4), (7.0, 3.4)],
)
def test_moved_rims_give_the_width_of_mnist_after_scaling_back(monkeypatch, width, wanted):
    """The rims on both sides move, and with them those at the ends of the longer side of 80."""
    monkeypatch.setattr(geometry, "stroke_width", lambda fine: 4 * width)
    change = geometry._wanted_change(np.zeros((80, 80), np.float32))
    assert (4 * width + 2 * change) / (80 + 2 * change) == pytest.approx(wanted / 20)


@pytest.mark.parametrize("width", [2.0, 2.7, 3.4, 7.01, 12.0])
def test_widths_of_mnist_and_blotches_stay(monkeypatch, width):
    monkeypatch.setattr(geometry, "stroke_width", lambda fine: 4 * width)
    assert geometry._wanted_change(np.zeros((80, 80), np.float32)) == 0


def test_thickening_moves_each_rim_outwards_beyond_the_picture():
    for change in (0.5, 1, 2.5, 6):
        thick = geometry._thickened(np.ones((30, 10), np.float32), change)
        box = ink_box(thick)
        assert (box[2] - box[0], box[3] - box[1]) == pytest.approx((10 + 2 * change, 30 + 2 * change))
        assert thick.max() == 1


def test_thinning_moves_each_rim_inwards_also_at_the_edge_of_the_picture():
    for change in (-0.5, -1, -2.5, -4):
        thin = geometry._thickened(np.ones((30, 10), np.float32), change)
        box = ink_box(thin)
        assert (box[2] - box[0], box[3] - box[1]) == pytest.approx((10 + 2 * change, 30 + 2 * change))
        assert (thin.min(), thin.max()) == (0, 1)


@pytest.mark.parametrize("radius", [1, 1.5, 2.25, 4])
def test_a_point_becomes_a_disc_with_a_soft_rim(radius):
    point = np.zeros((11, 15), np.float32)
    point[5, 7] = 1
    disc = geometry._dilated(point, radius)
    rows, columns = np.indices(point.shape)
    distance = np.hypot(rows - 5, columns - 7)
    assert (disc[distance <= radius] == 1).all()
    assert (disc[distance >= radius + 1] == 0).all()
    rim = (distance > radius) & (distance < radius + 1)
    np.testing.assert_allclose(disc[rim], 1 - (distance[rim] - radius), rtol=1e-6)


@pytest.mark.parametrize("radius", [0, 0.5, 2, 2.75])
def test_dilation_is_the_largest_covered_level_around_a_pixel(radius):
    picture = np.random.default_rng(0).uniform(0, 1, (6, 9)).astype(np.float32)
    rows, columns = np.indices((12, 15)) - 3
    beyond = picture[rows.clip(0, 5), columns.clip(0, 8)]  # its edges are repeated
    expected = [
        [(beyond * np.clip(radius + 1 - np.hypot(rows - i, columns - j), 0, 1)).max() for j in range(9)] for i in range(6)
    ]
    np.testing.assert_allclose(geometry._dilated(picture, radius), expected, rtol=1e-6)


def test_the_centre_of_mass_is_the_mean_row_and_column_weighted_by_ink():
    picture = np.zeros((4, 9), np.float32)
    picture[1, 2], picture[3, 8] = 0.75, 0.25
    assert geometry._centre_of_mass(picture) == (1.5, 3.5)


def test_the_centre_of_mass_comes_to_14_14_in_whole_pixels():
    small = np.zeros((20, 20), np.float32)
    small[0, 3] = small[19, 3] = small[12, 8] = 1  # the centre is at 31/3, 14/3
    out = geometry._centred(small)
    assert [each.tolist() for each in np.nonzero(out)] == [[4, 16, 23], [11, 16, 11]]
    np.testing.assert_array_equal(geometry._centred(small.T), out.T)


def test_digits_with_a_heavy_end_stay_whole_within_the_picture():
    small = np.zeros((20, 20), np.float32)
    small[:3, :2] = small[19, 19] = 1
    out = geometry._centred(small)
    np.testing.assert_array_equal(out[8:, 8:], small)
    assert out.sum() == small.sum()
    out = geometry._centred(small[::-1, ::-1])
    np.testing.assert_array_equal(out[:20, :20], small[::-1, ::-1])


def haloed(long, left, top, *, turned):
    """A stroke with a faint halo of 8 pixels on each side."""
    ink = np.zeros((300, 300), np.float32)
    ink[top : top + long, left : left + 20] = 0.2
    ink[top : top + long, left + 8 : left + 12] = 1
    return ink.T if turned else ink


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("left", "top"), [(10, 210), (210, 10), (210, 210)])
def test_only_digits_smaller_than_40_pixels_lose_their_faint_rims(left, top, turned):
    for long, kept in ((30, False), (39, False), (40, True), (60, True)):
        image = to_mnist(haloed(long, left, top, turned=turned))
        assert (np.count_nonzero((image > 0.15) & (image < 0.25)) >= 40) == kept


def test_a_digit_of_the_right_width_is_not_resampled_twice():
    """At three times its size every pixel is the mean of nine."""
    ink = np.zeros((90, 90), np.float32)
    ink[10:70, 30:38] = 1
    ink[10:18, 30:60] = 1
    image = to_mnist(ink)
    means = ink[10:70, 15:75].reshape(20, 3, 20, 3).mean(axis=(1, 3))
    assert image.sum() == pytest.approx(means.sum())
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    inner = np.flatnonzero(means.any(axis=0))
    np.testing.assert_allclose(
        image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], means[:, inner[0] : inner[-1] + 1], atol=1e-6
    )


def test_a_small_digit_keeps_its_area_and_looks_as_if_drawn_large():
    ink = np.zeros((30, 30), np.float32)
    ink[3:27, 10:13] = 1
    ink[3:6, 10:22] = 1
    small, large = to_mnist(ink), to_mnist(np.kron(ink, np.ones((4, 4), np.float32)))
    assert small.sum() == pytest.approx(ink.sum() * (20 / 24) ** 2, rel=0.01)
    assert np.abs(small - large).sum() < 0.05 * large.sum()
