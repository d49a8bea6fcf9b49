"""Models of one's own in the page: each reads there as in Python, whatever layers it has."""

import re
from pathlib import Path

import numpy as np
import pytest
from agreement import compare, rendered_strokes, test_images
from small_model import small_network

from nn.export import html
from nn.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalMaxPooling2D,
    LeakyReLU,
    MaxPooling2D,
    Reshape,
    ZeroPadding2D,
)
from nn.losses import SparseCategoricalCrossentropy
from nn.models import Sequential, load_model
from nn.pretrained import load_reader
from nn.utils import to_categorical


def read_again(model, drawings, browser, path):
    """Compare a model's page with the model."""
    browser.open(path)
    agreeing, apart = compare(browser, model, drawings)
    return agreeing == len(drawings) and apart < 1e-3


def some_drawings():
    return test_images(40) + rendered_strokes(10)


def test_a_model_of_ones_own_just_trained_is_the_one_in_the_page(browser, command, tmp_path):
    from nn.datasets import mnist

    (images, labels), _ = mnist.load_data()
    network = small_network()
    network.fit(images[:600, ..., None] / np.float32(255), labels[:600], epochs=2, verbose=0)
    network.card = {"temperature": 1.3, "sure_from": 0.5, "test accuracy": 0.8}
    network.save(tmp_path / "own <b>&.npz")
    ended = command("nn.export", tmp_path / "own <b>&.npz", "--html", tmp_path / "own.html")
    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"written: .*own\.html, 0\.\d\d MB\n", ended.out)
    model = load_model(tmp_path / "own <b>&.npz")
    model.use_kernels = False
    assert read_again(model, some_drawings(), browser, tmp_path / "own.html")
    assert browser.complaints() == []
    assert browser.evaluate("document.querySelector('.model').textContent") == "own <b>&.npz"
    assert "80.00 %" in browser.evaluate("document.querySelector('#about').textContent")


def test_after_a_lesson_in_the_window_the_taught_model_is_in_the_page(browser, command, model, compiler, tmp_path):
    from apps.draw.files.model_file import taught_file
    from apps.draw.teaching.kept_drawings import Kept
    from apps.draw.teaching.training import find_replay_data, teach

    lesson = [Kept(Path(), 7, rendered.astype(np.float32)) for rendered in np.eye(28)[None]]
    taught = teach(load_reader(model)[0], lesson, find_replay_data(None), samples=640)
    path = taught_file(tmp_path, model)
    taught.save(path)
    ended = command("nn.export", path, "--html", tmp_path / "taught.html")
    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"taught-[0-9a-f]{12}\.npz", path.name)
    reader = load_model(path)
    reader.use_kernels = False
    assert read_again(reader, some_drawings(), browser, tmp_path / "taught.html")
    assert not read_again(load_model(model), some_drawings(), browser, tmp_path / "taught.html")


def test_a_model_without_a_convolution_has_a_page_without_maps(browser, command, tmp_path):
    Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, activation="softmax")]).save(tmp_path / "flat.npz")
    assert command("nn.export", tmp_path / "flat.npz", "--html", tmp_path / "flat.html").code == 0
    assert read_again(load_model(tmp_path / "flat.npz"), some_drawings(), browser, tmp_path / "flat.html")
    assert browser.evaluate("document.querySelector('#maps-card').hidden")
    assert browser.complaints() == []


LENET = [
    Conv2D(6, 5, padding="same", use_bias=False, input_shape=(28, 28, 1)),
    BatchNormalization(momentum=0.5),
    Activation("tanh"),
    AveragePooling2D(2),
    ZeroPadding2D(((1, 0), (0, 1))),
    Conv2D(16, 5, activation="leaky_relu"),
    MaxPooling2D(3, strides=2, padding="same"),
    Flatten(),
    Dense(84, activation="gelu"),
    Dense(10, activation="softmax"),
]
GLOBAL = [
    Reshape((28, 28, 1), input_shape=(28, 28)),
    Conv2D(12, 5, strides=2),
    BatchNormalization(momentum=0.5, scale=False),
    LeakyReLU(0.1),
    AveragePooling2D((3, 2), strides=2, padding="same"),
    Conv2D(16, 3, activation="elu"),
    GlobalMaxPooling2D(),
    Dense(10),
]
ROWS = [
    Dense(30, activation="silu", input_shape=(784,)),
    BatchNormalization(momentum=0.5),
    Dropout(0.1),
    Dense(20, activation="softplus"),
    Dense(10, activation="sigmoid"),
]


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        (LENET, "sparse_categorical_crossentropy"),
        (GLOBAL, SparseCategoricalCrossentropy(from_logits=True)),
        (ROWS, "binary_crossentropy"),
    ],
    ids=["LeNet with normalization", "of matrices, scores", "of rows, sigmoids"],
)
def test_a_model_of_other_layers_reads_the_same_in_the_page(browser, command, compiler, tmp_path, layers, loss):
    from nn.datasets import mnist

    (images, labels), _ = mnist.load_data()
    network = Sequential([type(layer)(**layer.config(), input_shape=layer.given_input_shape) for layer in layers], seed=1)
    x = images[:3000].reshape(-1, *network.input_shape) / np.float32(255)
    network.compile("adam", loss)
    network.fit(x, labels[:3000] if layers is not ROWS else to_categorical(labels[:3000], 10), epochs=2, verbose=0)
    network.save(tmp_path / "own.npz")
    ended = command("nn.export", tmp_path / "own.npz", "--html", tmp_path / "own.html")
    assert (ended.code, ended.err) == (0, "")
    model, _ = load_reader(tmp_path / "own.npz")
    model.use_kernels = False
    right = model.predict(images[:500, ..., None] / np.float32(255)).argmax(axis=1) == labels[:500]
    assert right.mean() > 0.7
    assert read_again(model, some_drawings(), browser, tmp_path / "own.html")
    assert browser.complaints() == []


def large_model():
    return Sequential([Flatten(input_shape=(28, 28, 1)), Dense(400, activation="relu"), Dense(10, activation="softmax")], seed=1)


def test_a_large_model_is_kept_in_half_precision_if_that_changes_no_answer(browser, compiler, tmp_path):
    model = large_model()
    content = html.page(model, "large")
    assert len(content) <= html.MOST_BYTES
    assert b'"precision": "half"' in content
    (tmp_path / "large.html").write_bytes(content)
    assert read_again(model, some_drawings(), browser, tmp_path / "large.html")


def test_a_large_model_that_half_precision_would_change_stays_as_it_is(compiler):
    model = large_model()
    model.layers[1].parameters["kernel"][0, 0] = 1e9
    assert b'"precision": "single"' in html.page(model, "large")
