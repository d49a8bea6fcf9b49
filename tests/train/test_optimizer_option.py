"""python -m nn.train --optimizer: a name, a rate of its own, and the same bits after an
interruption.
"""

import json

import pytest
from short_training import at_batch, interrupt

from nn.io.archive import read_archive
from nn.train.recipe import BEST, CLASSIC, OPTIMIZERS, Recipe, decided_by, recipe_of

SHORT = ("--epochs", 2, "--batch-size", 64, "--no-augment")


def test_every_optimizer_has_its_rate_and_adadelta_the_recipes():
    assert recipe_of({}) == BEST
    assert recipe_of({"optimizer": "adadelta"}) == BEST
    for name, (title, rate) in OPTIMIZERS.items():
        recipe = recipe_of(decided_by({"optimizer": name}))
        assert (recipe.optimizer, recipe.learning_rate) == (name, rate)
        assert recipe.describe().startswith(f"{title}, one-cycle rate, mean {rate:g}, ")
    classic = recipe_of(decided_by({"optimizer": "adam", "classic": True}))
    assert (classic.learning_rate, classic.schedule) == (0.001, CLASSIC.schedule)
    assert recipe_of(decided_by({"optimizer": "adam", "learning_rate": 0.5})).learning_rate == 0.5
    assert recipe_of(decided_by({"classic": True})) == CLASSIC
    assert Recipe(**{"epochs": 3}).optimizer == "adadelta"


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_interrupted_and_resumed_ends_in_the_same_bits(train, tmp_path, monkeypatch, name):
    assert train("--optimizer", name, *SHORT).code == 0
    expected = (tmp_path / "mnist.npz").read_bytes()
    header, _ = read_archive(tmp_path / "mnist.npz", "numba-cnn model", 1)
    assert header["card"]["recipe"]["optimizer"] == name
    assert len(json.loads((tmp_path / "mnist.history.json").read_text())) == 2
    (tmp_path / "mnist.npz").unlink()
    with monkeypatch.context() as patch:
        at_batch(patch, 4, interrupt())
        assert train("--optimizer", name, *SHORT).code == 130
    ended = train("--resume")
    assert ended.code == 0
    assert (tmp_path / "mnist.npz").read_bytes() == expected


def test_another_optimizer_is_refused_with_those_there_are(train):
    ended = train("--optimizer", "lbfgs")
    assert ended.code == 2
    assert "adadelta" in ended.err
