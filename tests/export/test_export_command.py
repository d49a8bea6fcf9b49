"""`python -m nn.export`: what it writes, and what it refuses in one sentence without leaving
anything behind.
"""

import contextlib
import errno
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from small_model import small_network

from nn.export import __main__ as export
from nn.export import html
from nn.export.__main__ import FORMATS
from nn.layers import (
    Conv2D,
    Dense,
    Flatten,
)
from nn.models import Sequential, load_model


def digits_of(path):
    Sequential([Conv2D(2, 3, input_shape=(9, 9, 1)), Flatten(), Dense(10, activation="softmax")]).save(path)


def with_card(card):
    def save(path):
        network = small_network()
        network.card = card
        network.save(path)

    return save


def with_too_large_weights(path):
    model = Sequential([Flatten(input_shape=(28, 28)), Dense(10, activation="softmax")], seed=1)
    model.layers[1].parameters["kernel"][...] = 3e38
    model.save(path)


BAD = {
    "too large weights": (with_too_large_weights, r"bad\.npz: predict: the output is not finite"),
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


@pytest.mark.parametrize("option", ["onnx", "keras"])
def test_a_layers_name_that_is_no_text_is_refused_in_one_sentence(command, tmp_path, option):
    for package in ("onnx", "h5py"):
        pytest.importorskip(package)
    Sequential([Flatten(input_shape=(3, 1), name="a\ud800"), Dense(2)]).save(tmp_path / "m.npz")
    ended = command("nn.export", tmp_path / "m.npz", f"--{option}", tmp_path / f"out.{option}")
    assert ended.code == 2
    assert re.search(r"m\.npz: expected names of layers that are text, got 'a\\ud800.*'\n$", ended.err)
    assert ended.err.count("\n") == 1
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
def test_the_name_of_a_models_file_need_not_be_text(command, model, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xff.npz"))
    path.write_bytes(model.read_bytes())
    assert command("nn.export", path, "--html", tmp_path / "a.html").code == 0
    assert "<title>" in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected --html FILE, --onnx FILE or --keras FILE, got none of them"),
        (("--html", "no/such/folder.html"), "--html: cannot write no/such/folder.html"),
        (("--html", ""), "--html: expected a file name, got an empty one"),
        (("--html", "."), "--html: expected a file name, got the folder"),
        (("--html", "same", "--onnx", "./same"), "--onnx: expected a file of its own, got ./same"),
        (("--html", "small.npz"), "--html: expected a file of its own, got small.npz, which is the model"),
        (("--keras", "small.npz"), "--keras: expected a file of its own, got small.npz, which is the model"),
        (("--keras", "model.npy"), "--keras: expected a name that ends in .keras or .h5, as whole models have, got model.npy"),
        (("--keras", "model.weights.h5"), "--keras: expected a name that ends in .keras or .h5, as whole models have"),
        (("--html", "a.html", "--keras", "no/such/folder.keras"), "--keras: cannot write no/such/folder.keras"),
    ],
    ids=["none", "no folder", "no name", "folder", "twice", "model", "model, Keras", "no ending", "weights", "one of two"],
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
