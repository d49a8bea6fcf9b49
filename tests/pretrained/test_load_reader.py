"""Whatever shape a script gives its samples, and whether its model ends in scores or in
probabilities: a loaded reader takes images and gives probabilities.
"""

import json

import numpy as np
import pytest
from scipy.special import softmax

from nn.errors import InputError
from nn.layers import Activation, Conv2D, Dense, Flatten, Reshape
from nn.models import Sequential
from nn.pretrained import load_reader

IMAGES = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)


def saved(folder, *layers):
    model = Sequential(layers, seed=5)
    model.card = {"temperature": 1.2}
    model.save(folder / "own.npz")
    model.use_kernels = False
    return model, folder / "own.npz"


SHAPES = {
    "a matrix, flattened": [Flatten(input_shape=(28, 28)), Dense(10, activation="softmax", name="input_0")],
    "a matrix, made an image": [
        Reshape((28, 28, 1), input_shape=(28, 28)),
        Conv2D(2, 5, strides=4),
        Flatten(),
        Dense(10, activation="softmax"),
    ],
    "a vector": [Dense(12, activation="relu", input_shape=(784,)), Dense(10), Activation("softmax")],
    "a vector, made an image": [
        Reshape((28, 28, 1), input_shape=(784,)),
        Conv2D(2, 5, strides=4),
        Flatten(),
        Dense(10, activation="softmax"),
    ],
    "a matrix with an activation first": [Activation("tanh", input_shape=(28, 28)), Flatten(), Dense(10, activation="softmax")],
    "outputs of a sigmoid": [Flatten(input_shape=(28, 28, 1)), Dense(10, activation="sigmoid")],
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_model_for_other_samples_reads_images_as_it_reads_those(tmp_path, name):
    model, path = saved(tmp_path, *SHAPES[name])
    reader, chosen = load_reader(path)
    reader.use_kernels = False
    assert (reader.input_shape, reader.card, chosen) == ((28, 28, 1), model.card, path)
    np.testing.assert_array_equal(reader.predict(IMAGES), model.predict(IMAGES.reshape(-1, *model.input_shape)))


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28)])
def test_scores_become_probabilities(tmp_path, shape):
    model, path = saved(tmp_path, Flatten(input_shape=shape), Dense(10))
    reader, _ = load_reader(path)
    reader.use_kernels = False
    scores = model.predict(IMAGES.reshape(-1, *shape))
    np.testing.assert_allclose(reader.predict(IMAGES), softmax(scores, axis=1), rtol=1e-5)


@pytest.mark.parametrize("shape", [(28, 56), (1, 28, 28), (32, 32, 3)])
def test_a_model_for_other_images_is_refused(tmp_path, shape):
    _, path = saved(tmp_path, Flatten(input_shape=shape), Dense(10))
    expected = r"own\.npz: expected a model from \(28, 28, 1\), \(28, 28\) or \(784,\) to \(10,\), got one from "
    with pytest.raises(InputError, match=expected):
        load_reader(path)


def test_a_model_of_matrices_is_evaluated_and_predicts(command, small_mnist, tmp_path):
    """As most scripts for beginners have it, with scores at the end."""
    from nn.datasets import mnist

    _, (x_test, y_test) = mnist.load_data(small_mnist)
    model, path = saved(tmp_path, Flatten(input_shape=(28, 28)), Dense(16, activation="relu"), Dense(10))
    ended = command("nn.evaluate", path, "--data", small_mnist, "--json")
    assert (ended.code, ended.err) == (0, "")
    result = json.loads(ended.out)
    scores = model.predict(x_test / np.float32(255))
    assert result["accuracy"] == pytest.approx((scores.argmax(axis=1) == y_test).mean())
    assert result["loss"] == pytest.approx(-np.log(softmax(scores, axis=1)[np.arange(100), y_test]).mean(), rel=1e-4)


def test_a_model_of_clothes_reads_no_digits(tmp_path):
    model, path = saved(tmp_path, Flatten(input_shape=(28, 28)), Dense(10, activation="softmax"))
    model.card = {"recipe": {"dataset": "fashion-mnist"}}
    model.save(path)
    with pytest.raises(InputError, match=r"own\.npz: expected a model that reads digits, got one trained on 'fashion-mnist'"):
        load_reader(path)
    assert load_reader(path, any_classes=True)[0].predict(IMAGES).shape == (3, 10)
