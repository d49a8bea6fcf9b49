"""The loss of each sample, at the limits of what a probability is, and of images."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    mean_absolute_error,
    mean_squared_error,
)

RNG = np.random.default_rng(6)
P, T = RNG.uniform(0.1, 0.9, (2, 3, 4)), RNG.uniform(0, 1, (2, 3, 4))


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (binary_crossentropy, -(T * np.log(P) + (1 - T) * np.log(1 - P))),
        (mean_squared_error, (P - T) ** 2),
        (mean_absolute_error, abs(P - T)),
        (lambda t, p: BinaryCrossentropy().each_of_scores(np.log(p / (1 - p)), t), -(T * np.log(P) + (1 - T) * np.log(1 - P))),
    ],
    ids=["binary", "squared", "absolute", "scores"],
)
def test_of_images_the_functions_take_the_mean_over_the_last_axis_as_keras_does(function, value):
    np.testing.assert_allclose(function(T, P), value.mean(axis=2), rtol=1e-12)


def test_each_sample_of_the_categorical_loss():
    loss = CategoricalCrossentropy()
    scores, targets = RNG.standard_normal((5, 3)), RNG.random((5, 3))
    odds = np.exp(scores)
    expected = -(targets * np.log(odds / odds.sum(axis=1)[:, None])).sum(axis=1)
    np.testing.assert_allclose(loss.each_of_scores(scores, targets), expected, rtol=1e-12)
    np.testing.assert_allclose(loss.each_of_outputs(odds, targets), expected, rtol=1e-12)
    assert loss.each_of_scores(np.array([[2000.0, 0.0]]), np.array([[0.0, 1.0]])) == 2000
    assert loss.with_softmax(scores, targets)[0] == pytest.approx(expected.mean(), rel=1e-12)


def test_of_images_the_categorical_loss_is_that_of_each_pixel():
    loss = CategoricalCrossentropy()
    share = P / P.sum(axis=2)[..., None]
    expected = -(T * np.log(share)).sum(axis=2)
    np.testing.assert_allclose(loss.each(share, T), expected, rtol=1e-12)
    np.testing.assert_allclose(loss.each_of_outputs(P, T), expected, rtol=1e-12)
    np.testing.assert_allclose(loss.each_of_scores(np.log(P), T), expected, rtol=1e-12)


def test_class_indices_are_for_probabilities_unless_scores_are_announced():
    assert SparseCategoricalCrossentropy()([1], np.array([[0.25, 0.75]])) == pytest.approx(-np.log(0.75))
    assert SparseCategoricalCrossentropy(True)([1], np.log([[1.0, 3.0]])) == pytest.approx(-np.log(0.75))


@pytest.mark.parametrize(("p", "t"), [(1.0, 0.0), (0.0, 1.0)])
def test_a_certain_wrong_answer_of_a_sigmoid_costs_sixteen_and_has_no_slope(p, t):
    loss = BinaryCrossentropy()
    value, gradient = loss.of_outputs(np.array([[p]]), np.array([[t]]))
    assert value == pytest.approx(-np.log(1e-7), rel=1e-6)
    assert gradient.tolist() == [[0]]


def test_probabilities_go_up_to_1_and_a_rounding_error():
    loss = BinaryCrossentropy()
    for p in (0.0, 1.0, 1 + 1e-6):
        assert np.isfinite(loss.of_outputs(np.array([[p]]), np.array([[1.0]]))[0])
    for p in (-1e-9, 1 + 2e-6):
        with pytest.raises(InputError, match="outside of 0 to 1"):
            loss.of_outputs(np.array([[p]]), np.array([[1.0]]))


def test_targets_of_a_sigmoid_go_from_0_to_1():
    loss = BinaryCrossentropy()
    assert loss.labels_of(np.array([0.0, 0.5, 1.0]), 1, "y").tolist() == [[0], [0.5], [1]]
    assert loss.labels_of(np.zeros((0, 2)), 2, "y").shape == (0, 2)
    for wrong in (-1e-9, 1 + 1e-9):
        with pytest.raises(InputError, match="y: expected targets from 0 to 1"):
            loss.labels_of(np.array([0.5, wrong]), 1, "y")
