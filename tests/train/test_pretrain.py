"""Making the bundled weights, on a few images: the card must agree with the model."""

import numpy as np
import pytest

from nn.datasets import mnist
from nn.models import load_model
from nn.pretrained import __main__ as pretrain
from nn.reading.calibration import calibrated, expected_calibration_error, fit_temperature, sure_threshold


@pytest.fixture
def made(compiler, command, small_mnist, tmp_path, monkeypatch):
    """How the command ended, and its model, trained on 256 of the 320 images."""
    monkeypatch.setattr(pretrain, "TRAINED", 256)
    ended = command("nn.pretrained", "--data", small_mnist, "--epochs", 2, "--out", tmp_path / "model.npz")
    assert ended.code == 0, ended.err
    return ended, load_model(tmp_path / "model.npz")


def test_card_says_how_the_model_was_made_and_how_well_it_reads(made, small_mnist):
    ended, model = made
    (x_train, y_train), (x_test, y_test) = mnist.load_data(small_mnist)
    card = model.card
    assert (card["trained on"], card["recipe"]["epochs"], card["recipe"]["doodles"]) == (256, 2, pretrain.RECIPE.doodles)
    # The held-out images decide the temperature and the threshold, the test images nothing.
    held_out = model.predict(x_train[256:, ..., None] / np.float32(255))
    assert card["temperature"] == pytest.approx(fit_temperature(held_out, y_train[256:]), rel=1e-6)
    assert card["sure_from"] == pytest.approx(sure_threshold(calibrated(held_out, card["temperature"])), rel=1e-6)
    believed = calibrated(model.predict(x_test[..., None] / np.float32(255)), card["temperature"])
    right = believed.argmax(axis=1) == y_test
    assert card["test accuracy"] == right.mean()
    assert card["test digits called unsure"] == (believed.max(axis=1) < card["sure_from"]).mean()
    assert card["expected calibration error"] == pytest.approx(expected_calibration_error(believed, y_test), rel=1e-6)
    confusion = np.array(card["confusion"])
    assert confusion.sum(axis=1).tolist() == np.bincount(y_test, minlength=10).tolist()
    assert confusion.trace() == right.sum()
    assert f"test accuracy {right.mean():.4f}" in ended.out.splitlines()[-1]


def test_an_output_that_cannot_be_written_is_refused_before_training(command, small_mnist, tmp_path):
    ended = command("nn.pretrained", "--data", small_mnist, "--out", tmp_path / "missing" / "model.npz")
    assert ended.code == 2
    assert "--out" in ended.err
