"""Random views of tiny images against their formulas, computed naively in float64."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from nn.kernels.augment import MARGIN, STREAM_VIEW, augment, bend, draw_affine, sample, splines, thicken
from nn.kernels.counter import begin, between
from nn.kernels.memory import aligned, aligned_copy

LIMITS = np.array([0.6, 0.3, 0.5, 0.4, 1.5, 0.7, 0.8])
SPACING = 2.0
BELL = BSpline.basis_element([0, 1, 2, 3, 4], extrapolate=False)


def naive_splines(spacing, knots, n):
    """(knots, n): spline k is a bell that begins three knots before k and ends one after it."""
    places = np.arange(n) / spacing - np.arange(knots)[:, None]
    return np.nan_to_num(BELL(places + 3))


def naive_thicken(source, amount):
    """The extreme of the pixel and its four neighbours, mixed in by |amount|; all but the rim."""
    here = source[1:-1, 1:-1]
    cross = np.stack([here, source[:-2, 1:-1], source[2:, 1:-1], source[1:-1, :-2], source[1:-1, 2:]])
    extreme = cross.max(axis=0) if amount > 0 else cross.min(axis=0)
    return (1 - abs(amount)) * here + abs(amount) * extreme


def naive_sample(source, a, shift, bends):
    """Backward mapping; each pixel of the source counts by how near it is, in both directions."""
    size = np.array(bends.shape[1:])
    centre = ((size - 1) / 2)[:, None, None]
    v, u = np.tensordot(a, np.indices(size) - centre, 1) + centre + np.reshape(shift, (2, 1, 1)) + bends
    rows, columns = (np.arange(length) - MARGIN for length in source.shape)
    near_rows, near_columns = (np.maximum(0, 1 - abs(at[..., None] - places)) for at, places in ((v, rows), (u, columns)))
    return np.einsum("ijp,ijq,pq->ij", near_rows, near_columns, source)


def affine(rotation, scale, aspect, shear):
    """Stretch the axes, turn them, then move each row sideways in proportion to its distance."""
    turn = np.array([[np.cos(rotation), -np.sin(rotation)], [np.sin(rotation), np.cos(rotation)]])
    # The logarithm of height / width is `aspect`, half of it from each side.
    stretch = np.diag(np.exp([scale + aspect / 2, scale - aspect / 2]))
    return np.array([[1, 0], [shear, 1]]) @ turn @ stretch


def naive_view(image, limits, epoch, index):
    state = np.empty(2, np.uint64)
    begin(state, STREAM_VIEW, 11, epoch, index)
    *parts, down, across, thickness = (between(state, -limit, limit) for limit in limits[[0, 1, 2, 3, 4, 4, 5]])
    source = naive_thicken(np.pad(image / 255.0, MARGIN + 1), thickness)
    bends = np.zeros((2, *image.shape))
    if limits[6] > 0:
        deviation = limits[6] * between(state, 0.0, 1.0)
        splines = [naive_splines(SPACING, int((length - 1) / SPACING) + 4, length) for length in image.shape]
        # A draw in ± √3 has the variance 1, and the spline keeps 151/315 of it along each axis.
        reach = deviation * np.sqrt(3) / (151 / 315)
        grid = [[[between(state, -reach, reach) for _ in splines[1]] for _ in splines[0]] for _ in range(2)]
        bends = splines[0].T @ np.array(grid) @ splines[1]
    return naive_sample(source, affine(*parts), (down, across), bends)


def some_images(height, width):
    """Three images (3, H, W) of random bytes."""
    return np.random.default_rng(0).integers(0, 256, (3, height, width)).astype(np.uint8)


def views(images, limits, indices, epoch=0):
    out = np.full((len(indices), *images.shape[1:], 1), np.nan, np.float32)
    augment(images, limits, spacing=SPACING, seed=11, epoch=epoch, indices=np.array(indices), out=out)
    return out[..., 0]


@pytest.mark.parametrize("epoch", range(8))
@pytest.mark.parametrize("size", [(5, 7), (7, 5), (3, 41)])
def test_a_view_is_thickened_turned_stretched_sheared_and_shifted(size, epoch):
    images, limits = some_images(*size), LIMITS * (np.arange(7) < 6)
    expected = [naive_view(images[index], limits, epoch, index) for index in (2, 0)]
    np.testing.assert_allclose(views(images, limits, [2, 0], epoch), expected, atol=1e-4)


@pytest.mark.parametrize("size", [(5, 7), (7, 5), (3, 41)])
def test_an_elastic_view_is_moved_by_splines_over_random_knots(size):
    images = some_images(*size)
    expected = [naive_view(images[index], LIMITS, 4, index) for index in (1, 1, 2)]
    np.testing.assert_allclose(views(images, LIMITS, [1, 1, 2], epoch=4), expected, atol=0.02)  # 0.48 is not quite 151/315


def test_what_memory_held_before_does_not_matter():
    images = some_images(4, 5)
    # As large as the images with their rims, and as the displacements, which then take their place.
    freed = [np.full(size, np.nan, np.float32) for size in (10 * 11, 2 * 4 * 5) for _ in range(6)]
    del freed
    np.testing.assert_allclose(views(images, np.zeros(7), [0, 1, 2]), images / 255, atol=1e-6)


def test_the_affine_map_has_its_parts_in_the_order_of_the_limits():
    a, shift, limits = np.empty((2, 2)), np.empty(2), LIMITS[:5]
    for seed in range(5):
        ours, theirs = np.full(2, seed, np.uint64), np.full(2, seed, np.uint64)
        draw_affine(limits, ours, a, shift)
        parts = [between(theirs, -limit, limit) for limit in limits[[0, 1, 2, 3, 4, 4]]]
        np.testing.assert_allclose(a, affine(*parts[:4]), atol=1e-12)
        np.testing.assert_allclose(shift, parts[4:], atol=1e-12)


@pytest.mark.parametrize("amount", [1.0, 0.25, 0.0, -0.25, -1.0])
@pytest.mark.parametrize("seed", range(3))
def test_thicken_mixes_in_the_extreme_of_a_cross(amount, seed):
    source = np.random.default_rng(seed).random((5, 8)).astype(np.float32)
    out = np.full((5, 8), np.nan, np.float32)
    thicken(source, amount, out)
    np.testing.assert_allclose(out[1:-1, 1:-1], naive_thicken(source.astype(np.float64), amount), atol=1e-6)


@pytest.mark.parametrize(("spacing", "knots", "n"), [(2.5, 7, 9), (3.0, 6, 7), (7.0, 5, 9)])
def test_splines_are_bells_over_four_knots(spacing, knots, n):
    out = np.full((knots, n), np.nan, np.float32)
    splines(spacing, out)
    np.testing.assert_allclose(out, naive_splines(spacing, knots, n), atol=1e-6)


def test_the_last_point_may_lie_on_the_last_knot():
    out = np.full((4, 8), np.nan, np.float32)
    splines(7.0, out)
    np.testing.assert_allclose(out[:, 7], [0, 1 / 6, 4 / 6, 1 / 6], atol=1e-6)


@pytest.mark.parametrize("width", [5, 41])
def test_bend_is_the_sum_of_the_splines_times_their_draws(width):
    rng = np.random.default_rng(width)
    down, across, grid = (rng.normal(size=shape).astype(np.float32) for shape in ((4, 6), (3, width), (2, 4, 3)))
    out = aligned((2, 6, width), np.float32)
    out[...] = np.nan
    bend(grid, down, aligned_copy(across), out)
    np.testing.assert_allclose(out, down.T @ grid @ across, atol=1e-5)


def test_a_knot_for_each_pixel_gives_each_pixel_its_draw():
    grid = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    out = np.empty((2, 3, 4), np.float32)
    bend(grid, np.eye(3, dtype=np.float32), aligned_copy(np.eye(4, dtype=np.float32)), out)
    np.testing.assert_array_equal(out, grid)


@pytest.mark.parametrize("seed", range(4))
def test_sample_is_bilinear_and_zero_outside(seed):
    rng = np.random.default_rng(seed)
    source = np.pad(rng.random((4, 6)), ((2, 4), (2, 4))).astype(np.float32)
    a, shift = np.eye(2) + rng.normal(size=(2, 2)) / 2, rng.normal(size=2) * 2
    bends, out = rng.normal(size=(2, 4, 6)).astype(np.float32), np.full((4, 6, 1), np.nan, np.float32)
    sample(source, a, shift, bends, out)
    np.testing.assert_allclose(out[..., 0], naive_sample(source, a, shift, bends), atol=1e-5)


def test_ink_that_was_thickened_over_the_edge_fades_within_a_pixel():
    source = np.zeros((9, 9), np.float32)
    source[1:5, 1:5] = 1  # row and column 1 lie outside the image, whose first pixel is 2, 2
    out = np.empty((3, 3, 1), np.float32)
    sample(source, np.eye(2), np.array([-1.75, 0.0]), np.zeros((2, 3, 3), np.float32), out)
    np.testing.assert_allclose(out[:, 0, 0], [0.25, 1, 1])
    sample(source, np.eye(2), np.array([0.0, -1.75]), np.zeros((2, 3, 3), np.float32), out)
    np.testing.assert_allclose(out[0, :, 0], [0.25, 1, 1])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("way", [1, -1])
def test_thickened_ink_ends_one_pixel_outside_of_every_edge(axis, way):
    ink, thicker = np.zeros((12, 12), np.float32), np.zeros((12, 12), np.float32)
    ink[2:8, 2:8] = 1
    thicken(ink, 0.5, thicker)
    out = np.empty((6, 6, 1), np.float32)
    sample(thicker, np.eye(2), 4.0 * way * np.eye(2)[axis], np.zeros((2, 6, 6), np.float32), out)
    profile = np.moveaxis(out[..., 0], axis, 0)[::way, 3]
    np.testing.assert_array_equal(profile, [1, 1, 0.5, 0, 0, 0])
