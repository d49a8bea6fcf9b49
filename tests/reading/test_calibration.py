"""Temperature, calibration error and the line of doubt, on distributions whose truth is known."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.reading.calibration import calibrated, expected_calibration_error, fit_temperature, reliability, sure_threshold

RNG = np.random.default_rng(0)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def honest(count=20_000):
    """Probabilities (N, 10) and labels drawn from them."""
    probabilities = softmax(RNG.normal(0, 2.5, (count, 10)))
    labels = (probabilities.cumsum(axis=1) < RNG.random((count, 1))).sum(axis=1)
    return probabilities, np.minimum(labels, 9)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_temperature_is_recovered(temperature):
    probabilities, labels = honest()
    distorted = calibrated(probabilities, 1 / temperature)
    assert fit_temperature(distorted, labels) == pytest.approx(temperature, rel=0.05)


def test_calibrated_keeps_the_order_and_the_sum():
    probabilities, _ = honest(100)
    sharp = calibrated(probabilities, 0.5)
    np.testing.assert_array_equal(sharp.argsort(axis=1), probabilities.argsort(axis=1))
    np.testing.assert_allclose(sharp.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(calibrated(probabilities, 1.0), probabilities, rtol=1e-5)
    assert (sharp.max(axis=1) > probabilities.max(axis=1)).all()


def test_certainty_stays_finite():
    assert np.isfinite(calibrated(np.eye(10), 0.3)).all()


def test_a_tie_stays_a_tie_at_any_temperature():
    for temperature in (0.001, 1.0, 1000.0):
        np.testing.assert_array_equal(calibrated(np.full((1, 2), 0.5), temperature), [[0.5, 0.5]])


def test_answers_that_are_all_right_or_all_wrong_lead_to_the_bounds_of_the_search():
    probabilities = np.tile([0.6, 0.4], (3, 1))
    assert fit_temperature(probabilities, np.array([0, 0, 0])) == pytest.approx(0.2, rel=1e-6)
    assert fit_temperature(probabilities, np.array([1, 1, 1])) == pytest.approx(5.0, rel=1e-7)


def test_honest_probabilities_have_almost_no_calibration_error():
    probabilities, labels = honest()
    assert expected_calibration_error(probabilities, labels) < 0.012


def test_boasting_is_measured():
    probabilities = np.tile([0.9, 0.1], (1000, 1))
    labels = (np.arange(1000) % 2).astype(int)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(0.4)
    assert reliability(probabilities, labels) == [(pytest.approx(0.9), 0.5, 1.0)]


def test_a_probability_of_one_belongs_to_the_last_bin():
    labels = np.array([0, 1, 0])
    assert reliability(np.eye(2)[labels], labels) == [(1.0, 1.0, 1.0)]
    assert expected_calibration_error(np.eye(2)[labels], 1 - labels) == 1.0


def test_confidences_that_are_apart_are_compared_with_the_accuracy_apart():
    confidences = np.array([0.55, 0.9, 0.9, 0.99])
    found = reliability(np.stack([confidences, 1 - confidences], axis=1), np.array([1, 0, 1, 0]))
    assert found == [(0.55, 0.0, 0.25), (0.9, 0.5, 0.5), (0.99, 1.0, 0.25)]


def test_threshold_doubts_the_share_that_was_asked_for():
    probabilities, _ = honest()
    threshold = sure_threshold(probabilities, 0.02)
    assert (probabilities.max(axis=1) < threshold).mean() == pytest.approx(0.02, abs=0.001)
    assert (probabilities.max(axis=1) < sure_threshold(probabilities)).mean() == pytest.approx(0.012, abs=0.001)


def test_who_doubts_nothing_gets_the_least_confidence_as_the_threshold():
    assert sure_threshold(np.array([[0.7, 0.3], [0.2, 0.8], [0.9, 0.1]]), 0.0) == 0.7


@pytest.mark.parametrize(
    "call",
    [
        lambda: calibrated(np.eye(2), 0.0),
        lambda: fit_temperature(np.zeros((0, 10)), np.zeros(0, int)),
        lambda: expected_calibration_error(np.eye(3), np.zeros(2, int)),
        lambda: sure_threshold(np.eye(3), 1.0),
    ],
)
def test_what_does_not_fit_is_refused(call):
    with pytest.raises(InputError):
        call()
