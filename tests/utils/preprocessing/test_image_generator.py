"""`ImageDataGenerator`, option by option: random numbers at the ends of their ranges make views that can be
predicted, and a plain loop says how a view is interpolated.
"""

from inspect import Parameter, signature

import numpy as np
import pytest
from nn.preprocessing.image import ArrayIterator, ImageDataGenerator

from nn.errors import InputError
from nn.utils.preprocessing.warp import random_transforms, warp

RNG = np.random.default_rng(11)
IMAGES = RNG.random((3, 4, 7, 2)).astype(np.float32)


class Ends:
    """In the place of a generator of random numbers: always the lower end of a range, or the upper one."""

    def __init__(self, end):
        self.end = end

    def uniform(self, low, high, shape):
        return np.full(shape, high if self.end == "high" else low)

    def random(self, shape):
        return np.full(shape, 0.99 if self.end == "high" else 0.0)


def view(image, end="high", **options):
    """The view of one image (H, W) with all random numbers at one end of their ranges."""
    return ImageDataGenerator(**options).views(np.asarray(image, float)[None, :, :, None], Ends(end))[0, :, :, 0]


def naive_warp(image, transform, fill_mode, cval):
    """Pixel by pixel: where it comes from, and the mean of four neighbours there, weighted by their nearness."""
    height, width, _ = image.shape
    out = np.empty_like(image)
    for i, j in np.ndindex(height, width):
        row, column = transform @ [i, j, 1]
        total = 0
        for y in (np.floor(row), np.floor(row) + 1):
            for x in (np.floor(column), np.floor(column) + 1):
                nearness = (1 - abs(row - y)) * (1 - abs(column - x))
                total = total + nearness * image[int(np.clip(y, 0, height - 1)), int(np.clip(x, 0, width - 1))]
        outside = not (0 <= row <= height - 1 and 0 <= column <= width - 1)
        out[i, j] = cval if outside and fill_mode == "constant" else total
    return out


@pytest.mark.parametrize("fill_mode", ["nearest", "constant"])
def test_views_are_interpolated_between_four_pixels(fill_mode):
    transforms = np.array(
        [
            [[1, 0, 0], [0, 1, 0]],  # nothing
            [[1, 0, 0.5], [0, 1, -0.25]],  # half a row down, a quarter of a column to the left
            [[0.8, -0.3, 1.1], [0.4, 1.2, -1.7]],
        ]
    )
    views = warp(IMAGES, transforms, fill_mode, 0.3)
    assert (views.dtype, views.shape) == (np.float32, IMAGES.shape)
    np.testing.assert_array_equal(views[0], IMAGES[0])
    for got, image, transform in zip(views, IMAGES, transforms, strict=True):
        np.testing.assert_allclose(got, naive_warp(image, transform, fill_mode, 0.3), rtol=0, atol=1e-6)


@pytest.mark.parametrize("move", [(-1, 0), (1, 0), (0, -1), (0, 1)])
def test_nothing_comes_in_from_outside_unless_told_otherwise(move):
    ones = np.ones((1, 4, 7, 1))
    transform = np.array([[[1, 0, move[0]], [0, 1, move[1]]]], float)
    assert (warp(ones, transform) == 1).all()
    black = warp(ones, transform, "constant")[0, :, :, 0]
    assert (black == 0).sum() == (7 if move[0] else 4)
    assert ((black == 0) | (black == 1)).all()


def test_each_image_has_a_transformation_of_its_own():
    transforms = random_transforms(50, (4, 7), (30, 2, 3, 20, 0.5, 1.5), np.random.default_rng(0))
    assert transforms.shape == (50, 2, 3)
    assert len(np.unique(transforms.reshape(50, -1), axis=0)) == 50
    views = warp(np.repeat(IMAGES[:1], 50, axis=0), transforms)
    np.testing.assert_array_equal(views[7], warp(IMAGES[:1], transforms[7:8])[0])


SQUARE = np.arange(25.0).reshape(5, 5)


def squares(rows):
    """`SQUARE` between its pixels, at these rows and the same columns."""
    rows = np.array(rows)
    return 5 * rows[:, None] + rows


WIDE = np.arange(8.0).reshape(2, 4)


@pytest.mark.parametrize(
    ("options", "image", "low", "high"),
    [
        ({"rotation_range": 90}, SQUARE, np.rot90(SQUARE, -1), np.rot90(SQUARE)),
        ({"width_shift_range": 1}, WIDE, WIDE[:, [0, 0, 1, 2]], WIDE[:, [1, 2, 3, 3]]),
        ({"width_shift_range": 0.5}, WIDE, WIDE[:, [0, 0, 0, 1]], WIDE[:, [2, 3, 3, 3]]),
        ({"width_shift_range": 2}, WIDE, WIDE[:, [0, 0, 0, 1]], WIDE[:, [2, 3, 3, 3]]),
        ({"height_shift_range": 0.5}, WIDE, WIDE[[0, 0]], WIDE[[1, 1]]),
        ({"height_shift_range": 1.0}, WIDE, WIDE[[0, 0]], WIDE[[1, 1]]),
        ({"zoom_range": 0.5}, SQUARE, squares([1, 1.5, 2, 2.5, 3]), squares([0, 0.5, 2, 3.5, 4])),
        ({"zoom_range": (2, 3)}, SQUARE, squares([0, 0, 2, 4, 4]), squares([0, 0, 2, 4, 4])),
        ({"zoom_range": [1, 2]}, SQUARE, SQUARE, squares([0, 0, 2, 4, 4])),
        ({"zoom_range": 1}, SQUARE, np.full((5, 5), 12), squares([0, 0, 2, 4, 4])),
        ({"horizontal_flip": True}, WIDE, WIDE[:, ::-1], WIDE),
        ({"vertical_flip": True}, WIDE, WIDE[::-1], WIDE),
        ({"width_shift_range": 1, "fill_mode": "constant", "cval": 9}, WIDE[:1], [[9, 0, 1, 2]], [[1, 2, 3, 9]]),
        ({"width_shift_range": 1, "fill_mode": "constant"}, WIDE[:1] + 1, [[0, 1, 2, 3]], [[2, 3, 4, 0]]),
        ({"rescale": 2}, WIDE, 2 * WIDE, 2 * WIDE),
    ],
    ids=str,
)  # fmt: skip
def test_views_at_the_ends_of_a_range(options, image, low, high):
    np.testing.assert_allclose(view(image, "low", **options), low, atol=1e-5)
    np.testing.assert_allclose(view(image, "high", **options), high, atol=1e-5)


def test_shear_turns_one_direction_and_not_the_other():
    """As in Keras: the step from row to row turns by 45 degrees, that from column to column stays."""
    matrix = random_transforms(1, (5, 5), (0, 0, 0, 45, 1, 1), Ends("high"))[0]
    half = np.sqrt(0.5)
    np.testing.assert_allclose(matrix[:, :2], [[half, 0], [-half, 1]], atol=1e-12)
    np.testing.assert_allclose(matrix @ [2, 2, 1], [2, 2], atol=1e-12)  # the middle stays
    other = random_transforms(1, (5, 5), (0, 0, 0, 45, 1, 1), Ends("low"))[0]
    np.testing.assert_allclose(other[:, :2], [[half, 0], [half, 1]], atol=1e-12)


def test_a_shift_below_one_is_a_share_of_the_size_of_its_own_direction():
    assert random_transforms(1, (8, 20), (0, 0.5, 0.25, 0, 1, 1), Ends("high"))[0, :, 2].tolist() == [4, 5]
    assert random_transforms(1, (8, 20), (0, 1, 3, 0, 1, 1), Ends("high"))[0, :, 2].tolist() == [1, 3]


@pytest.mark.parametrize("option", ["horizontal_flip", "vertical_flip"])
def test_about_half_of_the_images_are_mirrored_each_by_itself(option):
    images = np.repeat(IMAGES[:1], 400, axis=0)
    views = ImageDataGenerator(**{option: True}).views(images, np.random.default_rng(0))
    axis = 2 if option == "horizontal_flip" else 1
    mirrored = (views == np.flip(images, axis)).all(axis=(1, 2, 3))
    assert ((views == images).all(axis=(1, 2, 3)) ^ mirrored).all()
    assert 160 < mirrored.sum() < 240


def test_without_options_an_image_stays_as_it_is():
    image = np.arange(24, dtype=np.uint8).reshape(3, 4, 2)
    same = ImageDataGenerator().random_transform(image)
    assert same.dtype == np.uint8
    np.testing.assert_array_equal(same, image)
    np.testing.assert_array_equal(ImageDataGenerator().standardize(image), image)


def test_images_are_normalized_each_by_itself():
    image = IMAGES[0]
    centred = ImageDataGenerator(samplewise_center=True).standardize(image)
    np.testing.assert_allclose(centred, image - image.mean(), atol=1e-6)
    scaled = ImageDataGenerator(samplewise_std_normalization=True).standardize(image)
    np.testing.assert_allclose(scaled, image / image.std(), rtol=1e-4)
    both = ImageDataGenerator(samplewise_center=True, samplewise_std_normalization=True)
    views = both.views(IMAGES, np.random.default_rng(0))
    np.testing.assert_allclose(views.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(views.std(axis=(1, 2, 3)), 1, atol=1e-4)


def test_images_are_normalized_by_the_channels_of_those_given_to_fit():
    channels = np.stack([np.arange(24.0).reshape(2, 3, 4), 100 - 3 * np.arange(24.0).reshape(2, 3, 4)], axis=-1)
    mean, std = np.array([11.5, 65.5]), np.sqrt((24**2 - 1) / 12) * np.array([1, 3])
    for options, expected in (
        ({"featurewise_center": True}, channels[0] - mean),
        ({"featurewise_std_normalization": True}, (channels[0] - mean) / std),
        ({"featurewise_center": True, "featurewise_std_normalization": True}, (channels[0] - mean) / std),
    ):
        generator = ImageDataGenerator(**options)
        for by_hand in (None, mean):  # a mean alone is not enough
            generator.mean = by_hand
            with pytest.raises(InputError, match="need fit"):
                generator.standardize(channels[0])
        generator.fit(channels)
        np.testing.assert_allclose(generator.standardize(channels[0]), expected, rtol=1e-5, atol=1e-5)
    with pytest.raises(InputError, match="augment"):
        ImageDataGenerator().fit(channels, augment=True)


def test_an_image_of_one_value_is_divided_by_no_zero():
    """As in Keras, by 1e-6 then."""
    blank = np.full((3, 4, 1), 2.0)
    np.testing.assert_allclose(ImageDataGenerator(samplewise_std_normalization=True).standardize(blank), 2e6, rtol=1e-6)
    generator = ImageDataGenerator(featurewise_std_normalization=True)
    generator.fit(blank[None])
    np.testing.assert_allclose(generator.standardize(blank + 1), 1e6, rtol=1e-6)


def test_defaults_are_those_of_keras():
    defaults = {name: each.default for name, each in signature(ImageDataGenerator.__init__).parameters.items()}
    assert {name: value for name, value in defaults.items() if value not in (0, None, Parameter.empty)} == {
        "fill_mode": "nearest"
    }
    flow = signature(ImageDataGenerator.flow).parameters
    assert (flow["batch_size"].default, flow["shuffle"].default) == (32, True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"validation_split": 1}, "validation_split"),
        ({"validation_split": -0.1}, "validation_split"),
        ({"rotation_range": -1}, "rotation_range"),
        ({"rotation_range": "5"}, "rotation_range"),
        ({"width_shift_range": float("nan")}, "width_shift_range"),
        ({"height_shift_range": float("inf")}, "height_shift_range"),
        ({"shear_range": -0.5}, "shear_range"),
        ({"zoom_range": 1.5}, "the lowest zoom"),
        ({"zoom_range": (-0.1, 2)}, "the lowest zoom"),
    ],
)
def test_ranges_are_numbers_from_zero_on(options, says):
    with pytest.raises(InputError, match=f"{says} .*got"):
        ImageDataGenerator(**options)


def test_batches_have_labels_and_weights_in_that_order():
    labels, weights = np.arange(3), np.array([0.5, 1, 2])
    flow = ImageDataGenerator().flow(IMAGES, labels, 2, False, weights)
    first, second = next(flow), next(flow)
    assert [part.tolist() for part in first[1:]] == [[0, 1], [0.5, 1]]
    assert [part.tolist() for part in second[1:]] == [[2], [2]]
    np.testing.assert_array_equal(second[0], IMAGES[2:])
    np.testing.assert_array_equal(next(flow)[0], IMAGES[:2])  # around again
    flow.reset()
    np.testing.assert_array_equal(flow.next()[0], IMAGES[:2])
    assert flow.batch_index == 1


@pytest.mark.parametrize(("taken", "begins"), [(0, 0), (1, 3), (3, 3), (4, 6)])
def test_a_round_begins_where_the_images_begin(taken, begins):
    flow = ImageDataGenerator().flow(np.zeros((5, 1, 1, 1)), np.arange(5), batch_size=2, shuffle=False)
    assert [next(flow)[1].tolist() for _ in range(taken)] == [[0, 1], [2, 3], [4], [0, 1]][:taken]
    flow.begin_round()
    assert flow.batch_index == begins


def test_without_labels_a_batch_is_its_images():
    flow = ImageDataGenerator().flow(IMAGES, shuffle=False)
    assert (len(flow), iter(flow)) == (1, flow)
    np.testing.assert_array_equal(next(flow), IMAGES)


def test_batches_are_shuffled_and_repeat_unless_told_otherwise():
    numbers = np.arange(40)
    images = np.zeros((40, 1, 1, 1))
    first = ImageDataGenerator().flow(images, numbers, batch_size=40)[0][1]
    assert sorted(first) == numbers.tolist() != first.tolist()
    for same in (
        ImageDataGenerator().flow(images, numbers, 40, seed=0),
        ArrayIterator(ImageDataGenerator(), [images, numbers], 40),
    ):
        assert same[0][1].tolist() == first.tolist()
    assert ImageDataGenerator().flow(images, numbers, 40, seed=1)[0][1].tolist() != first.tolist()
    assert [len(each) for each in ImageDataGenerator().flow(images, numbers)[0]] == [32, 32]


@pytest.mark.parametrize(
    ("share", "subset", "taken"),
    [(0.4, "validation", [0, 1]), (0.4, "training", [2, 3, 4]), (0.4, None, [0, 1, 2, 3, 4]), (0.99, "training", [4])],
)  # fmt: skip
def test_a_share_for_validation_is_cut_from_the_beginning(share, subset, taken):
    generator = ImageDataGenerator(validation_split=share)
    numbers = np.arange(5)
    flow = generator.flow(np.zeros((5, 2, 2, 1)), numbers, shuffle=False, sample_weight=numbers / 2, subset=subset)
    _, labels, weights = flow[0]
    assert labels.tolist() == taken
    assert weights.tolist() == (np.array(taken) / 2).tolist()


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda flow: flow(IMAGES, [1, 2]), "as many labels as images"),
        (lambda flow: flow(IMAGES, [1, 2, 3], sample_weight=[1]), "as many labels as images"),
        (lambda flow: flow(IMAGES, subset="test"), "subset"),
        (lambda flow: flow(IMAGES, batch_size=0), "batch_size of at least 1"),
        (lambda flow: flow(IMAGES, batch_size=2.0), "batch_size of at least 1"),
        (lambda flow: flow(IMAGES[:0]), "expected images"),
        (lambda flow: flow(IMAGES, subset="validation"), "expected images"),  # no share was set
        (lambda flow: flow(IMAGES[0]), "shape"),
        (lambda flow: flow(IMAGES.astype(complex)), "shape"),
    ],
)
def test_what_makes_no_batches_is_refused(act, says):
    with pytest.raises(InputError, match=says):
        act(ImageDataGenerator().flow)


def test_batches_of_one_image_and_of_whole_numbers():
    flow = ImageDataGenerator().flow(np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1), batch_size=1, shuffle=False)
    assert (len(flow), flow[1].dtype, flow[1].ravel().tolist()) == (2, np.float32, [3, 4, 5])
