import json
import re

import numpy as np
import pytest

from nn import recipes
from nn.layers import Dense, Flatten
from nn.models import Sequential


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A quick model: one dense layer, so that it runs without the compiler as well."""
    path = tmp_path_factory.mktemp("model") / "dense.npz"
    Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, activation="softmax")], seed=3).save(path)
    return path


@pytest.fixture
def evaluate(command, small_mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("nn.evaluate", "--data", small_mnist, *words)


def test_json_agrees_with_a_count_by_hand(evaluate, model, small_mnist):
    ended = evaluate(model, "--json")
    assert ended.code == 0
    found = json.loads(ended.out)
    _, (images, labels) = recipes.load_splits("mnist", str(small_mnist))
    network, _ = recipes.load_reader(model)
    probabilities = network.predict(images[..., None] / np.float32(255))
    guesses = probabilities.argmax(axis=1)
    counted = [[int(((labels == label) & (guesses == guess)).sum()) for guess in range(10)] for label in range(10)]
    assert found["confusion"] == counted
    assert found["images"] == 100
    assert found["accuracy"] == pytest.approx((guesses == labels).mean(), abs=1e-12)
    assert found["loss"] == pytest.approx(-np.log(probabilities[np.arange(100), labels]).mean(), rel=1e-5)
    assert (found["model"], found["dataset"]) == (str(model), "mnist")


def test_table_for_people(evaluate, model):
    ended = evaluate(model)
    found = json.loads(evaluate(model, "--json").out)
    rows = [line.split() for line in ended.out.splitlines() if re.match(r" +\d +", line)]
    assert [[int(cell.replace("·", "0")) for cell in row[1:11]] for row in rows] == found["confusion"]
    wrong = 100 - round(100 * found["accuracy"])
    assert f"accuracy {found['accuracy']:.4f}, loss {found['loss']:.4f}, {wrong} of 100 wrong" in ended.out


def test_own_model_is_the_default(evaluate, model, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(model.read_bytes())
    assert json.loads(evaluate("--json").out)["model"] == "mnist.npz"


def test_no_model_at_all(evaluate, monkeypatch, tmp_path):
    monkeypatch.setattr(recipes, "BUNDLED", tmp_path / "none.npz")
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
def test_model_for_other_images_is_refused(evaluate, tmp_path, layers, says):
    Sequential(layers).save(tmp_path / "other.npz")
    ended = evaluate("other.npz")
    assert ended.code == 2
    assert says in ended.err
    assert "other.npz" in ended.err


@pytest.mark.parametrize("words", [("none.npz",), (".",), ("--dataset", "cifar"), ("--data", "none"), ("--what",)])
def test_bad_input(evaluate, model, words):
    ended = evaluate(*words) if words[0] in ("none.npz", ".") else evaluate(model, *words)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert words[-1] in ended.err
