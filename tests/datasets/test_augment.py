"""Random views: each limit changes what its name says, and nothing else."""

import numpy as np
import pytest
from PIL import Image

from nn.datasets import augment
from nn.datasets.augment import AugmentedImages, Limits, main
from nn.datasets.collections import load_splits
from nn.errors import InputError
from nn.kernels.augment import bend, sample, splines, thicken
from nn.kernels.memory import aligned

NOTHING = Limits(rotation=0, scale=0, aspect=0, shear=0, shift=0, thickness=0, elastic=0)


def blob():
    """A soft blob off the middle, as uint8 (28, 28)."""
    i, j = np.mgrid[0:28, 0:28]
    return (255 * np.exp(-(((i - 12) / 3.0) ** 2) - ((j - 16) / 5.0) ** 2)).astype(np.uint8)


def views(limits, count=200, image=None):
    images = np.repeat((blob() if image is None else image)[None], count, axis=0)
    out = np.empty((count, 28, 28, 1), np.float32)
    AugmentedImages(images, np.zeros(count, np.uint8), seed=5, limits=limits).fill(out, np.arange(count), 0)
    return out[..., 0]


def centres(images):
    mass = images.sum(axis=(1, 2))
    return (images.sum(axis=2) @ np.arange(28) / mass, images.sum(axis=1) @ np.arange(28) / mass)


def limited(**changes):
    return Limits(**{**vars(NOTHING), **changes})


def test_limits_of_zero_leave_the_image_unchanged():
    np.testing.assert_allclose(views(NOTHING, 2)[0], blob() / np.float32(255), atol=1e-6)


def test_shift_moves_the_centre_within_its_limit():
    images = views(limited(shift=2.0))
    here = centres(blob()[None] / 255.0)
    for moved, start in zip(centres(images), here, strict=True):
        assert np.abs(moved - start).max() < 2.05
        assert np.abs(moved - start).max() > 1.5
        assert abs(np.mean(moved - start)) < 0.3
    np.testing.assert_allclose(images.sum(axis=(1, 2)), blob().sum() / 255, rtol=0.02)


def test_scale_changes_the_area():
    areas = views(limited(scale=0.2)).sum(axis=(1, 2)) / (blob().sum() / 255)
    assert areas.max() < np.exp(0.4) * 1.05
    assert areas.min() > np.exp(-0.4) * 0.95
    assert areas.max() / areas.min() > 1.7


def test_rotation_turns_about_the_middle():
    images = views(limited(rotation=30.0))
    y, x = centres(images)
    start_y, start_x = (float(c[0]) for c in centres(blob()[None] / 255.0))
    turned = np.degrees(np.arctan2(y - 13.5, x - 13.5) - np.arctan2(start_y - 13.5, start_x - 13.5))
    assert np.abs(turned).max() < 31
    assert np.abs(turned).max() > 25
    np.testing.assert_allclose(np.hypot(y - 13.5, x - 13.5), np.hypot(start_y - 13.5, start_x - 13.5), atol=0.2)


def test_thickness_goes_both_ways():
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:16] = 255
    ink = views(limited(thickness=0.8), image=image).sum(axis=(1, 2)) / (image.sum() / 255)
    assert ink.min() < 0.6
    assert ink.max() > 1.4


def test_elastic_moves_images_but_not_their_mean():
    images = views(limited(elastic=2.0), 400)
    y, x = centres(images)
    assert y.std() > 0.3
    start_y, start_x = (float(c[0]) for c in centres(blob()[None] / 255.0))
    assert abs(y.mean() - start_y) < 0.25
    assert abs(x.mean() - start_x) < 0.25


def test_splines_reproduce_a_constant_and_a_slope():
    values = np.empty((8, 28), np.float32)
    splines(7.0, values)
    assert (np.count_nonzero(values, axis=0) <= 4).all()
    np.testing.assert_allclose(values.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose((np.arange(8) - 1) @ values, np.arange(28) / 7, atol=1e-5)


def test_bend_is_the_sum_of_the_splines_times_their_draws():
    down, across = np.empty((8, 28), np.float32), aligned((7, 20), np.float32)
    splines(7.0, down)
    splines(6.0, across)
    grid = np.random.default_rng(0).normal(size=(2, 8, 7)).astype(np.float32)
    out = np.empty((2, 28, 20), np.float32)
    bend(grid, down, across, out)
    np.testing.assert_allclose(out, down.T @ grid @ across, atol=1e-5)


def test_elastic_displacement_has_the_requested_standard_deviation():
    """The values of a ramp show how far it was moved.

    The deviation is uniform up to the limit, so the mean square is limit² / 3.
    """
    ramp = np.tile(np.linspace(0, 252, 28).astype(np.uint8), (28, 1))
    moved = (views(limited(elastic=1.5), 2000, image=ramp) - ramp / np.float32(255))[:, 10:18, 10:18] * (255 * 27 / 252)
    assert moved.std() == pytest.approx(1.5 / np.sqrt(3), rel=0.06)


def naive_sample(source, a, shift):
    """Backward mapping and bilinear interpolation, pixel by pixel, written as the formula."""
    out = np.zeros((28, 28))
    for i in range(28):
        for j in range(28):
            v, u = a @ np.array([i - 13.5, j - 13.5]) + 13.5 + shift
            for p in range(28):
                for q in (int(np.floor(u)), int(np.floor(u)) + 1):
                    if 0 <= q < 28:
                        out[i, j] += max(0, 1 - abs(v - p)) * max(0, 1 - abs(u - q)) * source[p, q]
    return out


def test_sample_is_bilinear_backward_mapping():
    rng = np.random.default_rng(0)
    source = rng.random((28, 28)).astype(np.float32)
    padded = np.zeros((34, 34), np.float32)
    padded[2:30, 2:30] = source
    out = np.empty((28, 28, 1), np.float32)
    a, shift = np.array([[0.9, 0.2], [-0.3, 1.2]]), np.array([1.3, -2.6])
    sample(padded, a, shift, np.zeros((2, 28, 28), np.float32), out)
    np.testing.assert_allclose(out[..., 0], naive_sample(source, a, shift), atol=1e-4)


def test_thicken_is_dilation_and_erosion_by_a_cross():
    rng = np.random.default_rng(1)
    source = np.zeros((12, 12), np.float32)
    source[2:10, 2:10] = rng.random((8, 8))
    neighbours = np.stack([np.roll(source, step, axis) for step in (-1, 1) for axis in (0, 1)] + [source])
    for amount, expected in ((1.0, neighbours.max(axis=0)), (-1.0, neighbours.min(axis=0)), (0.0, source)):
        out = np.zeros_like(source)
        thicken(source, amount, out)
        np.testing.assert_allclose(out[1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-6)


def test_a_limit_may_be_zero_and_the_others_as_large_as_they_are_said_to_be():
    widest = Limits(thickness=1, smoothness=1)
    assert (widest.thickness, widest.smoothness) == (1, 1)
    for name in set(vars(widest)) - {"smoothness"}:
        assert Limits(**{name: 0.0}).as_array().tolist().count(0.0) == 1


@pytest.mark.parametrize("images", [blob()[None], blob()[None, ..., None]], ids=["gray", "with a channel"])
def test_images_may_have_a_channel_axis(images):
    source = AugmentedImages(images, np.array([7]), seed=0, limits=NOTHING)
    out = np.empty((1, *source.image_shape), np.float32)
    source.fill(out, np.arange(1), 0)
    np.testing.assert_allclose(out[0, ..., 0], blob() / np.float32(255), atol=1e-6)


def test_images_need_not_be_square():
    images = np.zeros((2, 10, 14), np.uint8)
    images[0, 3:6, 4:11] = 200
    source = AugmentedImages(images, np.array([7, 1]), seed=0, limits=NOTHING)
    assert source.image_shape == (10, 14, 1)
    out = np.empty((2, 10, 14, 1), np.float32)
    source.fill(out, np.arange(2), 0)
    np.testing.assert_allclose(out[..., 0], images / np.float32(255), atol=1e-6)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28, 3), (1, 1, 28, 28, 1)])
def test_images_of_other_dimensions_are_refused(shape):
    with pytest.raises(InputError, match=r"images: expected uint8 of shape \(N, H, W\)"):
        AugmentedImages(np.zeros(shape, np.uint8), np.zeros(shape[0], int), seed=0)


# -- The contact sheet -----------------------------------------------------------------------------


def test_a_sheet_has_the_originals_above_eleven_epochs_of_views(small_mnist):
    (images, labels), _ = load_splits("mnist", str(small_mnist))
    sheet = augment._views(str(small_mnist), 3, Limits())
    assert sheet.shape == (12, 20, 28, 28)
    np.testing.assert_array_equal(sheet[0], images[:20] / np.float32(255))
    source = AugmentedImages(images, labels, seed=3)
    out = np.empty((20, 28, 28, 1), np.float32)
    for epoch in range(11):
        source.fill(out, np.arange(20), epoch)
        np.testing.assert_array_equal(sheet[1 + epoch], out[..., 0])


@pytest.fixture
def asked(monkeypatch):
    """What is asked of `_views` by a command, which then writes blank images."""
    found = []

    def views(*asked):
        found.append(asked)
        return np.zeros((12, 20, 28, 28), np.float32)

    monkeypatch.setattr(augment, "_views", views)
    return found


def test_contact_sheet_is_an_image(tmp_path, asked, capsys):
    out = tmp_path / "sheet.png"
    assert main(["--out", str(out), "--data", "folder"]) == 0
    assert asked == [("folder", 0, Limits())]
    assert capsys.readouterr().out.startswith(f"written: {out}, 20 training images")
    with Image.open(out) as sheet:
        assert sheet.size == (20 * 30 * 2, 12 * 30 * 2)


def test_seed_and_limits_of_the_sheet_may_be_given(tmp_path, asked):
    for seed in (0, 4):
        assert main(["--out", str(tmp_path / "sheet.png"), "--seed", str(seed), "--rotation", "30"]) == 0
    assert asked == [(None, seed, Limits(rotation=30)) for seed in (0, 4)]


def test_a_sheet_that_cannot_be_written_is_found_before_its_views_are_made(tmp_path, asked):
    with pytest.raises(InputError, match="--out"):
        main(["--out", str(tmp_path / "missing" / "sheet.png")])
    assert not asked
