"""`python -m nn.export`: what it writes, and what it refuses in one sentence without leaving
anything behind.
"""

import contextlib
import errno
import re
import sys

import numpy as np
import pytest
from agreement import compare
from small_model import small_network

from nn.export import __main__ as export
from nn.export import html
from nn.export.__main__ import FORMATS
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
    from agreement import rendered_strokes, test_images

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


def digits_of(path):
    Sequential([Conv2D(2, 3, input_shape=(9, 9, 1)), Flatten(), Dense(10, activation="softmax")]).save(path)


def with_card(card):
    def save(path):
        network = small_network()
        network.card = card
        network.save(path)

    return save


BAD = {
    "foreign": (lambda path: path.write_text("no model"), "expected a numba-cnn model file"),
    "missing": (lambda path: None, "cannot be read"),
    "no 28 x 28 reader": (digits_of, r"expected a model from \(28, 28, 1\)"),
    "clothes": (with_card({"recipe": {"dataset": "fashion-mnist"}}), "expected a model that reads digits, got one trained on"),
    "a card's temperature": (with_card({"temperature": 0}), "expected the card's temperature to be a number above 0, got 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_model_that_cannot_be_a_page_is_refused_in_one_sentence(command, tmp_path, name):
    make, message = BAD[name]
    make(tmp_path / "bad.npz")
    ended = command("nn.export", tmp_path / "bad.npz", "--html", tmp_path / "out.html")
    assert ended.code == 2
    assert re.search(message, ended.err)
    assert ended.err.count("\n") == 1
    assert not list(tmp_path.glob("*out*"))


def test_a_layer_that_the_page_cannot_run_is_refused():
    network = Sequential([Conv2D(10, 28, activation="softmax", input_shape=(28, 28, 1)), Flatten()])
    with pytest.raises(ValueError, match=r"m: expected the softmax of vectors, got that of samples of shape \(1, 1, 10\)"):
        html.page(network, "m")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected --html FILE, --onnx FILE or --keras FILE, got none of them"),
        (("--html", "no/such/folder.html"), "--html: cannot write no/such/folder.html"),
        (("--html", "."), "--html: expected a file name, got the folder"),
        (("--html", "same", "--onnx", "./same"), "--onnx: expected a file of its own, got ./same"),
        (("--html", "small.npz"), "--html: expected a file of its own, got small.npz, which is the model"),
        (("--keras", "small.npz"), "--keras: expected a file of its own, got small.npz, which is the model"),
        (("--keras", "model.npy"), "--keras: expected a name that ends in .keras or .h5, as whole models have, got model.npy"),
        (("--keras", "model.weights.h5"), "--keras: expected a name that ends in .keras or .h5, as whole models have"),
        (("--html", "a.html", "--keras", "no/such/folder.keras"), "--keras: cannot write no/such/folder.keras"),
    ],
    ids=["nothing", "no folder", "folder", "twice", "the model", "the model, Keras", "no ending", "weights", "one of two"],
)
def test_a_place_that_cannot_be_written_is_refused_in_one_sentence(command, model, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    ended = command("nn.export", model.name, *words)
    assert ended.code == 2
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("onnx", '--onnx needs the package onnx, which is not installed: pip install "numba-cnn[onnx]"'),
        ("h5py", 'Keras files need h5py, which is not installed: pip install "numba-cnn[keras-files]"'),
    ],
)
def test_nothing_is_written_if_one_of_three_files_cannot_be_made(command, model, tmp_path, monkeypatch, missing, sentence):
    monkeypatch.setitem(sys.modules, missing, None)
    for other in {"onnx", "h5py"} - {missing}:
        pytest.importorskip(other)
    ended = command("nn.export", model, *(word for kind in FORMATS for word in (f"--{kind}", tmp_path / f"a.{kind}")))
    assert ended.code == 2
    assert ended.err.endswith(f": {sentence}\n")
    assert ended.err.count("\n") == 1
    assert not list(tmp_path.glob("*a.*"))


def test_nothing_is_written_if_the_disk_is_full_at_the_second_file(command, model, tmp_path, monkeypatch):
    pytest.importorskip("h5py", reason="needs the extra 'keras-files'")
    real = export.atomic_write

    @contextlib.contextmanager
    def on_a_full_disk(path):
        with real(path) as file:
            if str(path).endswith(".keras"):
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            yield file

    monkeypatch.setattr(export, "atomic_write", on_a_full_disk)
    (tmp_path / "a.html").write_text("the old one")
    ended = command("nn.export", model, "--html", tmp_path / "a.html", "--keras", tmp_path / "a.keras")
    assert ended.code == 2
    assert ended.err.endswith("a.keras: No space left on device\n")
    assert ended.out == ""
    assert (tmp_path / "a.html").read_text() == "the old one"
    assert [path.name for path in tmp_path.glob("*a.*")] == ["a.html"]


@pytest.mark.parametrize("ending", ["keras", "h5", "HDF5"])
def test_a_keras_file_holds_the_same_model(command, model, tmp_path, ending):
    pytest.importorskip("h5py", reason="needs the extra 'keras-files'")
    ended = command("nn.export", model, "--keras", tmp_path / f"a.{ending}", "--html", tmp_path / "a.html")
    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"written: .*a\.html, .* MB\nwritten: .*a\.\w+, 0\.\d\d MB\n", ended.out)
    ours, theirs = load_model(model), load_model(tmp_path / f"a.{ending}")
    assert [type(layer) for layer in theirs.layers] == [type(layer) for layer in ours.layers]
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    again = command("nn.export", tmp_path / f"a.{ending}", "--html", tmp_path / "again.html")
    assert (again.code, again.err) == (0, "")


def test_a_keras_file_of_a_model_that_reads_no_images_is_written(command, tmp_path):
    """As with ONNX, the model may have any shape, and is written as it is."""
    pytest.importorskip("h5py", reason="needs the extra 'keras-files'")
    Sequential([Dense(3, input_shape=(5,))]).save(tmp_path / "small.npz")
    assert command("nn.export", tmp_path / "small.npz", "--keras", tmp_path / "small.keras").code == 0
    assert load_model(tmp_path / "small.keras").input_shape == (5,)


def test_every_name_in_the_pages_script_is_defined_once():
    """The files are joined into one scope."""
    names = re.findall(r"^(?:const|let|class|function|async function) (\w+)", html.program(), re.MULTILINE)
    assert len(names) == len(set(names))
    assert not re.search(r"^(?:import|export) ", html.program(), re.MULTILINE)
