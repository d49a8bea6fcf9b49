"""python -m nn.evaluate: its counts, its table, its default model, and input that it refuses."""

import json
import re

import numpy as np
import pytest

from nn import pretrained
from nn.datasets.collections import load_splits
from nn.layers import Dense, Flatten
from nn.models import Sequential


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A quick model: one dense layer, which also runs without the compiler."""
    path = tmp_path_factory.mktemp("model") / "dense.npz"
    Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, activation="softmax")], seed=3).save(path)
    return path


@pytest.fixture
def evaluate(command, small_mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("nn.evaluate", "--data", small_mnist, *words)


def test_json_agrees_with_an_independent_count(evaluate, model, small_mnist):
    ended = evaluate(model, "--json")
    assert ended.code == 0
    result = json.loads(ended.out)
    _, (images, labels) = load_splits("mnist", str(small_mnist))
    network, _ = pretrained.load_reader(model)
    probabilities = network.predict(images[..., None] / np.float32(255))
    guesses = probabilities.argmax(axis=1)
    counted = [[int(((labels == label) & (guesses == guess)).sum()) for guess in range(10)] for label in range(10)]
    assert result["confusion"] == counted
    assert result["images"] == 100
    assert result["accuracy"] == pytest.approx((guesses == labels).mean(), abs=1e-12)
    assert result["loss"] == pytest.approx(-np.log(probabilities[np.arange(100), labels]).mean(), rel=1e-5)
    assert (result["model"], result["dataset"]) == (str(model), "mnist")


def test_a_network_trained_by_squares_is_measured_like_any_other(evaluate, model, tmp_path):
    network, _ = pretrained.load_reader(model)
    network.compile("sgd", "mse")
    network.save(tmp_path / "squares.npz")
    expected, found = json.loads(evaluate(model, "--json").out), json.loads(evaluate("squares.npz", "--json").out)
    assert (found["accuracy"], found["confusion"]) == (expected["accuracy"], expected["confusion"])
    assert found["loss"] < 0.5 < expected["loss"]


def test_a_model_of_clothes_reads_clothes_unless_told_otherwise(evaluate, model, tmp_path):
    network, _ = pretrained.load_reader(model)
    network.card = {"recipe": {"dataset": "fashion-mnist"}}
    network.save(tmp_path / "clothes.npz")
    assert json.loads(evaluate("clothes.npz", "--json").out)["dataset"] == "fashion-mnist"
    ended = evaluate("clothes.npz", "--dataset", "mnist", "--json")
    assert json.loads(ended.out)["dataset"] == "mnist"
    assert ended.err.startswith("note: clothes.npz was trained on fashion-mnist")


def test_table_shows_the_same_counts_as_the_json(evaluate, model):
    ended = evaluate(model)
    result = json.loads(evaluate(model, "--json").out)
    rows = [line.split() for line in ended.out.splitlines() if re.match(r" +\d +", line)]
    assert [[int(cell.replace("·", "0")) for cell in row[1:11]] for row in rows] == result["confusion"]
    wrong = 100 - round(100 * result["accuracy"])
    assert f"accuracy {result['accuracy']:.4f}, loss {result['loss']:.4f}, {wrong} of 100 wrong" in ended.out


def test_a_keras_file_that_holds_no_loss_is_measured_by_cross_entropy(evaluate, model, tmp_path, command):
    pytest.importorskip("h5py")
    assert command("nn.export", model, "--keras", tmp_path / "dense.keras").code == 0
    ours, theirs = (json.loads(evaluate(path, "--json").out) for path in (model, tmp_path / "dense.keras"))
    assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-6)
    assert theirs["confusion"] == ours["confusion"]


def test_own_model_is_the_default(evaluate, model, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(model.read_bytes())
    assert json.loads(evaluate("--json").out)["model"] == "mnist.npz"


def test_without_any_model_it_says_how_to_train_one(evaluate, monkeypatch, tmp_path):
    monkeypatch.setattr(pretrained, "BUNDLED", tmp_path / "none.npz")
    ended = evaluate()
    assert ended.code == 2
    assert "python -m nn.train" in ended.err


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([Flatten(input_shape=(8, 8, 1)), Dense(10, activation="softmax")], "(8, 8, 1)"),
        ([Flatten(input_shape=(28, 28, 1)), Dense(3, activation="softmax")], "(3,)"),
    ],
)
def test_model_for_other_images_or_classes_is_refused(evaluate, tmp_path, layers, says):
    Sequential(layers).save(tmp_path / "other.npz")
    ended = evaluate("other.npz")
    assert ended.code == 2
    assert says in ended.err
    assert "other.npz" in ended.err


@pytest.mark.parametrize("words", [("none.npz",), (".",), ("--dataset", "cifar"), ("--data", "none"), ("--what",)])
def test_bad_input_is_refused_in_one_sentence(evaluate, model, words):
    ended = evaluate(*words) if words[0] in ("none.npz", ".") else evaluate(model, *words)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert words[-1] in ended.err
