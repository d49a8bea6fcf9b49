"""Sources of training images: a sample never depends on order, chunk or thread."""

import threading

import numpy as np
import pytest

from nn.datasets.augment import AugmentedImages, Limits
from nn.datasets.sources import Concatenation, InTurn, ScaledImages
from nn.errors import InputError
from nn.strokes import Doodles, SyntheticDigits
from nn.train.recipe import Recipe
from nn.train.setup import training_source
from nn.utils import one_hot

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (50, 28, 28), dtype=np.uint8)
LABELS = RNG.integers(0, 10, 50).astype(np.uint8)


def sources():
    augmented = AugmentedImages(IMAGES, LABELS, seed=3)
    return {
        "scaled": ScaledImages(IMAGES[..., None], LABELS),
        "augmented": augmented,
        "stiff": AugmentedImages(IMAGES, LABELS, seed=3, limits=Limits(elastic=0.0)),
        "strokes": SyntheticDigits(3, 50),
        "doodles": Doodles(3, 50),
        "concatenation": Concatenation([ScaledImages(IMAGES[:20], LABELS[:20]), SyntheticDigits(3, 20), Doodles(3, 10)]),
    }


def filled(source, indices, epoch=0):
    out = np.full((len(indices), *source.image_shape), np.nan, np.float32)
    source.fill(out, np.asarray(indices, np.int64), epoch)
    return out


@pytest.mark.parametrize("name", sources())
def test_images_are_complete_and_between_0_and_1(name):
    images = filled(sources()[name], range(50))
    assert images.shape == (50, 28, 28, 1)
    assert np.isfinite(images).all()
    assert images.min() >= 0
    assert images.max() <= 1
    assert len(sources()[name]) == 50


@pytest.mark.parametrize("name", sources())
def test_a_sample_does_not_depend_on_order_or_neighbours(name):
    source = sources()[name]
    whole = filled(source, range(50), epoch=2)
    order = RNG.permutation(50)
    np.testing.assert_array_equal(filled(source, order, epoch=2), whole[order])
    np.testing.assert_array_equal(filled(source, [17], epoch=2)[0], whole[17])
    np.testing.assert_array_equal(filled(sources()[name], [17], epoch=2)[0], whole[17])
    targets = source.targets(np.arange(50), 2)
    np.testing.assert_array_equal(source.targets(order, 2), targets[order])


@pytest.mark.parametrize("name", ["augmented", "strokes", "doodles"])
def test_every_epoch_shows_something_new(name):
    source = sources()[name]
    first, second = filled(source, range(50), 0), filled(source, range(50), 1)
    assert (np.abs(first - second).max(axis=(1, 2, 3)) > 0.1).mean() > 0.9


@pytest.mark.parametrize("name", sources())
def test_targets_are_distributions(name):
    targets = sources()[name].targets(np.arange(50), 1)
    assert targets.shape == (50, 10)
    assert targets.dtype == np.float32
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)


def test_threads_get_the_same_images():
    source = sources()["concatenation"]
    whole, out = filled(source, range(50)), np.empty((50, 28, 28, 1), np.float32)
    chunks = [np.arange(k, 50, 5) for k in range(5)]

    def work(chunk):
        out[chunk] = filled(source, chunk)

    threads = [threading.Thread(target=work, args=(chunk,)) for chunk in chunks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(out, whole)


def test_concatenation_shows_all_of_every_source_with_its_targets():
    plain, doodles = ScaledImages(IMAGES, LABELS), Doodles(0, 20)
    both = Concatenation([plain, doodles])
    assert len(both) == len(plain) + 20
    indices = np.array([3, len(plain) + 19, 0, len(plain)])
    images, targets = filled(both, indices), both.targets(indices, 0)
    np.testing.assert_array_equal(images[[0, 2]], filled(plain, [3, 0]))
    np.testing.assert_array_equal(images[[1, 3]], filled(doodles, [19, 0]))
    np.testing.assert_array_equal(targets[[0, 2]], plain.targets(np.array([3, 0]), 0))
    np.testing.assert_allclose(targets[[1, 3]], 0.1)


def test_in_turn_switches_to_the_second_source_at_its_epoch():
    plain, views = ScaledImages(IMAGES, LABELS), AugmentedImages(IMAGES, LABELS, seed=3)
    source = InTurn(views, plain, 2)
    for epoch, expected in ((0, views), (1, views), (2, plain), (3, plain)):
        np.testing.assert_array_equal(filled(source, range(50), epoch), filled(expected, range(50), epoch))
        np.testing.assert_array_equal(source.targets(np.arange(50), epoch), one_hot(LABELS, 10))


@pytest.mark.parametrize(("epochs", "plain"), [(1, 0), (4, 0), (10, 1), (80, 8)])
def test_a_recipe_ends_with_unchanged_images(epochs, plain):
    recipe = Recipe(epochs=epochs, strokes=0.0, plain=0.1)
    source = training_source(recipe, IMAGES, LABELS)
    unchanged = filled(ScaledImages(IMAGES, LABELS), range(50))
    same = [np.array_equal(filled(source, range(50), epoch), unchanged) for epoch in range(epochs)]
    assert same == [False] * (epochs - plain) + [True] * plain


def test_bytes_become_shares_of_255_and_gray_images_get_a_channel():
    source = ScaledImages(IMAGES, LABELS)
    assert source.image_shape == (28, 28, 1)
    np.testing.assert_array_equal(filled(source, range(50))[..., 0], IMAGES * np.float32(1 / 255))


def test_the_shape_of_a_sample_may_be_given():
    # Three dimensions are gray images, unless they are said to be rows of something else.
    rows = RNG.random((4, 5, 6))
    assert ScaledImages(rows, np.zeros(4), 1.0).image_shape == (5, 6, 1)
    source = ScaledImages(rows, np.zeros(4), 1.0, sample_shape=(5, 6))
    assert source.image_shape == (5, 6)
    np.testing.assert_allclose(filled(source, [3, 0]), rows[[3, 0]], rtol=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_labels_may_be_a_column(classes):
    # As Keras' data sets have them.
    source = ScaledImages(np.zeros((4, 2)), np.array([[1], [0], [0], [1]]), classes=classes)
    np.testing.assert_array_equal(source.targets(np.arange(4), 0), np.eye(classes)[[1, 0, 0, 1]])


def test_a_column_for_one_output_is_its_targets():
    shares = np.array([[0.25], [1.0], [0.0]])
    np.testing.assert_array_equal(ScaledImages(np.zeros((3, 2)), shares, classes=1).targets(np.arange(3), 0), shares)


def test_targets_of_a_regression_may_be_negative_but_must_be_numbers():
    numbers = np.array([[-2.0, 3.0], [0.5, -0.5], [0.0, 0.0]])
    source = ScaledImages(np.zeros((3, 2)), numbers, classes=2, any_targets=True)
    targets = source.targets(np.arange(3), 0)
    np.testing.assert_array_equal(targets, numbers)
    assert targets.dtype == np.float32
    for wrong in (np.full((3, 2), np.nan), np.full((3, 2), np.inf), np.full((3, 2), "a")):
        with pytest.raises(InputError, match="labels: expected a finite share"):
            ScaledImages(np.zeros((3, 2)), wrong, classes=2, any_targets=True)


def test_a_source_without_samples_is_empty():
    for labels in (np.zeros(0, int), np.zeros((0, 3))):
        source = ScaledImages(np.zeros((0, 2)), labels, classes=3)
        assert (len(source), source.targets(np.arange(0), 0).shape) == (0, (0, 3))


def test_one_source_may_be_concatenated():
    one = ScaledImages(IMAGES, LABELS)
    both = Concatenation([one])
    assert (len(both), both.image_shape) == (50, (28, 28, 1))
    np.testing.assert_array_equal(filled(both, [7, 3]), filled(one, [7, 3]))
    np.testing.assert_array_equal(both.targets(np.array([7, 3]), 0), one.targets(np.array([7, 3]), 0))


def test_scaled_images_take_any_shape_and_soft_labels():
    images, soft = RNG.random((6, 5)), RNG.random((6, 3)).astype(np.float32)
    source = ScaledImages(images, soft, scale=2.0, classes=3)
    assert source.image_shape == (5,)
    np.testing.assert_allclose(filled(source, [4, 1]), 2 * images[[4, 1]], rtol=1e-6)
    np.testing.assert_array_equal(source.targets(np.array([4, 1]), 0), soft[[4, 1]])


def test_labels_may_be_whole_numbers_of_any_type():
    for labels in (np.array([2, 0], np.uint8), np.array([2, 0]), np.array([2.0, 0.0])):
        assert ScaledImages(np.zeros((2, 4)), labels, classes=3).targets(np.arange(2), 0).tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ScaledImages(np.zeros(3), np.zeros(3, int)), r"images: expected numbers of shape \(N, ...\)"),
        (lambda: ScaledImages(np.full((3, 2), "a"), np.zeros(3, int)), r"images: expected numbers of shape \(N, ...\), got <U1"),
        (lambda: ScaledImages(np.zeros((3, 2)), np.zeros(4, int)), r"labels: expected shape \(3,\)"),
        (lambda: ScaledImages(np.zeros((1, 2)), np.array([10])), "labels: expected values from 0 to 9, got 10 to 10"),
        (lambda: ScaledImages(np.zeros((1, 2)), np.array([0.5])), "labels: expected whole numbers as labels, got 0.5"),
        (lambda: AugmentedImages(np.zeros((3, 28, 28)), LABELS[:3], 0), "images: expected uint8"),
        (lambda: ScaledImages(np.zeros((1, 2)), np.array(["a"])), "labels: expected whole numbers as labels, got <U1"),
        (
            lambda: ScaledImages(np.zeros((1, 2)), np.array([[0.5, -0.5]]), classes=2),
            "labels: expected a finite share of at least 0",
        ),
        (lambda: AugmentedImages(IMAGES, LABELS[:3], 0), "labels: expected 50"),
        (lambda: AugmentedImages(IMAGES, LABELS + 5, 0), "labels: expected values from 0 to 9, got 5 to 14"),
        (lambda: Concatenation([Doodles(0, 5), ScaledImages(np.zeros((2, 3)), np.zeros(2, int))]), "one shape"),
        (lambda: InTurn(ScaledImages(IMAGES, LABELS), Doodles(0, 5), 1), r"got 50 of \(28, 28, 1\) and 5 of \(28, 28, 1\)$"),
        (lambda: Doodles(0, 0), "length: expected at least 1"),
        (lambda: Limits(rotation=-1), "rotation: expected a finite number of at least 0, got -1"),
        (lambda: Limits(thickness=2), "thickness: expected at most 1, got 2"),
        (lambda: Limits(smoothness=0.5), "smoothness: expected at least 1 pixel, got 0.5"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
