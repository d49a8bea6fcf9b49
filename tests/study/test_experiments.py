"""What the pages of docs/study.md say of their experiments is so."""

import doctest

import numpy as np
import pytest

from nn.datasets import mnist
from nn.layers import Conv2D, MaxPooling2D
from nn.models import Sequential, load_model
from nn.optimizers import SGD, Adadelta, Adam, RMSprop
from nn.pretrained import BUNDLED
from nn.report.measures import pixels
from nn.study import answers, depth, descent, fields, finder, inputs, overfitting, tables, windows

pytestmark = pytest.mark.usefixtures("compiler")


@pytest.fixture(scope="module")
def splits(compiler):
    return mnist.load_data()


@pytest.fixture(scope="module")
def bundled(compiler):
    return load_model(BUNDLED)


@pytest.fixture(scope="module")
def digits(splits):
    """One test image of each digit, as the network sees it: (10, 28, 28)."""
    images, labels = splits[1]
    return pixels(images[[int(np.flatnonzero(labels == digit)[0]) for digit in range(10)]])[..., 0]


def test_table_is_as_in_its_example():
    assert doctest.testmod(tables) == (0, 1)


def test_convolution_is_a_product_with_the_rows_of_its_windows():
    rng = np.random.default_rng(3)
    image, kernel = rng.random((9, 7)), rng.standard_normal((4, 4))
    layer = Conv2D(1, 4)
    layer.build((9, 7, 1), rng, np.float64)
    layer.parameters["kernel"][..., 0, 0] = kernel
    product = (windows.rows_of_windows(image, 4) @ kernel.ravel()).reshape(6, 4)
    np.testing.assert_allclose(product, layer.forward(image[None, ..., None])[0][0, ..., 0], rtol=1e-12, atol=1e-12)


NETWORKS = {
    "strides": [Conv2D(8, 3, strides=2, input_shape=(17, 17, 1)), Conv2D(8, 3)],
    "padding": [Conv2D(16, 5, padding="same", input_shape=(12, 12, 1)), MaxPooling2D(2), Conv2D(16, 3, padding="same")],
    "overlapping pools": [Conv2D(16, 2, input_shape=(14, 14, 2)), MaxPooling2D(3, strides=2), Conv2D(16, 2, strides=2)],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_receptive_field_by_arithmetic_is_the_one_that_is_measured(name):
    layers = Sequential(NETWORKS[name]).layers
    field, (height, width, _) = fields.fields_of(layers)[-1], layers[0].input_shape
    rows, columns, _ = layers[-1].output_shape
    for cell in ((0, 0), (rows // 2, columns // 2), (rows - 1, columns - 1)):
        expected = np.zeros((height, width), bool)
        expected[slice(*field.of(cell[0], height)), slice(*field.of(cell[1], width))] = True
        np.testing.assert_array_equal(fields.measured_field(layers, cell, tries=8), expected)


def test_receptive_fields_of_the_students_network(bundled):
    found = [(field.size, field.jump) for field in fields.fields_of(bundled.layers)]
    assert found == [(5, 1), (6, 2), (10, 2), (12, 4)]


def test_the_slope_is_largest_in_the_middle_of_the_field(bundled, digits):
    slope = fields.mean_slope(bundled.layers[:4], (2, 2), digits[..., None])
    first, last = fields.fields_of(bundled.layers)[-1].of(2, 28)
    field = slope[first:last, first:last]
    # Outside of it there are rounding errors of Winograd's tiles.
    assert field.sum() == pytest.approx(slope.sum(), rel=fields.ROUNDING)
    assert field[3:9, 3:9].sum() > 0.4 * slope.sum()  # a quarter of its pixels


def test_plain_descent_in_the_valley_is_the_product_of_its_factors():
    path = descent.walk(SGD(0.03), 0.03)
    factors = 1 - 0.03 * np.array([1, descent.STEEP])
    np.testing.assert_allclose(path[20], np.array(descent.START) * factors**20, rtol=1e-12)


def test_every_other_optimizer_ends_lower_in_the_valley_than_plain_descent():
    ends = {name: descent.height(descent.best_walk(maker)[1][-1]) for name, (maker, _) in descent.METHODS.items()}
    assert max(ends, key=ends.get) == "SGD"
    assert ends["momentum 0.9"] < ends["SGD"] / 2


def test_adadelta_hardly_moves_in_fifty_steps_at_a_rate_of_one():
    assert np.abs(descent.walk(Adadelta(1.0), 1.0)[-1] - descent.START).max() < 0.1


def test_steps_of_rmsprop_and_adam_do_not_depend_on_the_steepness():
    for optimizer in (RMSprop(), Adam()):
        first = np.abs(descent.walk(optimizer, 0.1)[1] - descent.START)
        assert first[0] == pytest.approx(first[1], rel=1e-6)


def test_rising_schedule_ends_where_it_should():
    schedule = finder.Rising(1e-3, 10.0, 5)
    assert [schedule(step) for step in range(5)] == pytest.approx([1e-3, 1e-2, 1e-1, 1, 10])


@pytest.mark.parametrize("maker", [SGD, Adam])
def test_the_suggested_rate_beats_much_smaller_and_much_larger_ones(splits, maker):
    rate = finder.suggestion(*finder.rising_losses(splits[0], maker))
    found, *others = (finder.loss_after_training(*splits, maker(rate * factor)) for factor in (1, 1 / 30, 300))
    assert found < 0.8
    assert found < 0.6 * min(others)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_batch_normalization_keeps_signals_and_gradients_whatever_the_weights(factor):
    signals, slopes = depth.sizes_at_depth(factor, normalized=True)
    assert all(0.65 < size < 0.75 for size in signals[1:])  # half of a normal variable: √½
    assert 1 < slopes[0] / slopes[-1] < 20


def test_signals_and_gradients_of_plain_layers_vanish_or_explode():
    for factor, low, high in ((0.5, 0, 1e-5), (2.0, 20, np.inf)):
        signals, slopes = depth.sizes_at_depth(factor, normalized=False)
        assert low < signals[-1] / signals[0] < high
        assert low < slopes[0] / slopes[-1] < high


def test_deep_network_learns_with_batch_normalization_only(splits):
    plain, _ = depth.losses_at_depth(splits[0], 0.5, normalized=False)
    normalized, diverged = depth.losses_at_depth(splits[0], 0.5, normalized=True)
    assert not diverged
    assert np.mean(plain[-25:]) > 2.2
    assert np.mean(normalized[-25:]) < 0.7
    assert depth.losses_at_depth(splits[0], 2.0, normalized=False)[1]


def test_without_a_remedy_the_test_loss_rises_while_the_training_loss_falls(splits):
    nothing = np.array(overfitting.small_data_training(*splits, overfitting.Remedy(), 0))
    assert nothing[-1, 0] < 0.01
    assert nothing[-1, 1] > 1.15 * nothing[:, 1].min()
    for remedy in (overfitting.Remedy(l2=overfitting.PENALTY), overfitting.Remedy(dropout=overfitting.SHARE)):
        mended = np.array(overfitting.small_data_training(*splits, remedy, 0))
        assert mended[-1, 0] > nothing[-1, 0]
        assert mended[-1, 1] < nothing[-1, 1]


def test_ink_that_the_maps_name_counts_more_than_random_ink(bundled, digits):
    lost = {name: answers.deletion_curves(bundled, digits, method)[:, 2].mean() for name, method in answers.METHODS.items()}
    at_random = answers.deletion_curves(bundled, digits, answers._at_random)[:, 2].mean()
    assert max(lost.values()) < at_random
    assert min(lost, key=lost.get) == "integrated gradients"


def test_an_image_may_be_liked_better_than_any_digit(bundled, digits):
    blot = digits.mean(axis=0)
    for digit in (2, 8):
        made = inputs.climb(bundled, blot, digit)
        assert made.min() >= 0
        assert made.max() <= 1
        assert inputs.evidence_of(bundled, made, digit) > inputs.evidence_of(bundled, digits[digit], digit) + 5


@pytest.mark.parametrize(("source", "target"), inputs.PAIRS)
def test_fooling_image_is_called_the_target_and_is_nearer_than_what_a_pen_could_do(bundled, digits, source, target):
    image = digits[source]
    assert bundled.predict(image[None, ..., None]).argmax() == source
    fooled, drawn = inputs.fool(bundled, image, target), inputs.what_if(bundled, image, target).image
    assert fooled.min() >= 0
    assert fooled.max() <= 1
    assert bundled.predict(fooled[None, ..., None])[0, target] > 0.89
    assert np.linalg.norm(fooled - image) < np.linalg.norm(drawn - image)


def test_what_a_pen_changes_is_read_the_same_when_it_is_turned_more_often_than_what_fools(bundled, digits):
    same = {"fooled": 0, "drawn": 0}
    for source, target in inputs.PAIRS:
        made = {
            "fooled": inputs.fool(bundled, digits[source], target),
            "drawn": inputs.what_if(bundled, digits[source], target).image,
        }
        for name, image in made.items():
            same[name] += int(inputs._measures(bundled, image - digits[source], image, target)[-1][0])
    assert same["fooled"] < same["drawn"]
    assert same["drawn"] >= 0.9 * len(inputs.PAIRS) * len(inputs.TURNS)


def test_turning_by_a_right_angle_moves_whole_pixels(splits):
    images = splits[1][0][:3]
    np.testing.assert_array_equal(answers.turned(images, 0), images)
    np.testing.assert_array_equal(answers.turned(images, 90), np.rot90(images, axes=(1, 2)))


def test_turned_digits_are_read_less_and_a_six_upside_down_is_a_nine(bundled, splits):
    images, labels = splits[1][0][:300], splits[1][1][:300]
    right = {
        angle: (bundled.predict(pixels(answers.turned(images, angle))).argmax(axis=1) == labels).mean() for angle in (0, 15, 90)
    }
    assert right[0] > 0.98
    assert right[15] > 0.95
    assert right[90] < 0.3
    sixes = bundled.predict(pixels(answers.turned(images[labels == 6], 180))).argmax(axis=1)
    assert (sixes == 9).mean() > 0.8
