"""The norms that a training writes down: those of the arrays themselves, in the card of the model."""

import numpy as np
import pytest

from nn.datasets.sources import ScaledImages
from nn.errors import InputError
from nn.io.archive import read_archive, write_archive
from nn.layers import Dense
from nn.models import Sequential, load_model
from nn.optimizers import SGD, Adadelta
from nn.optimizers.norms import norms_of
from nn.train import checkpoint
from nn.training import Trainer

RNG = np.random.default_rng(4)
DATA = ScaledImages(RNG.random((40, 6), np.float32), RNG.integers(0, 3, 40), scale=1.0, classes=3)


def trainer(optimizer, epochs=2):
    model = Sequential([Dense(5, activation="relu", input_shape=(6,)), Dense(3, activation="softmax")], seed=1)
    model.compile(optimizer=optimizer)
    return Trainer(model, DATA, batch_size=16, epochs=epochs)


def test_norms_are_the_lengths_of_the_arrays():
    training = trainer(Adadelta())
    training.run()
    model = training.model
    assert len(training.progress.norms) == 2
    last = training.progress.norms[-1]
    assert last == norms_of(model.parameters(), model.slots(), model.optimizer)
    assert list(last) == ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]
    for name, (weights, gradients, updates) in last.items():
        layer, _, parameter = name.partition("/")
        array = next(each for each in model.layers if each.name == layer).parameters[parameter]
        squared_gradients, squared_updates = model.slots()[name]
        assert weights == pytest.approx(np.linalg.norm(array.astype(float)), rel=1e-5)
        assert gradients == pytest.approx(np.sqrt(squared_gradients.astype(float).sum()), rel=1e-5)
        assert updates == pytest.approx(np.sqrt(squared_updates.astype(float).sum()), rel=1e-5)


def test_steady_gradient_is_found_again():
    model = Sequential([Dense(3, input_shape=(2,))])
    model.compile(optimizer=Adadelta())
    gradient = RNG.normal(size=(2, 3)).astype(np.float32)
    for _ in range(200):
        model.optimizer.update(model.layers[0].parameters["kernel"], gradient, model.slots()["dense/kernel"], 1.0)
    assert norms_of(model.parameters(), model.slots(), model.optimizer)["dense/kernel"][1] == pytest.approx(
        np.linalg.norm(gradient), rel=1e-3
    )


def test_plain_gradient_descent_keeps_only_the_weights():
    training = trainer(SGD())
    training.run()
    assert all(len(norms) == 1 for norms in training.progress.norms[-1].values())


def test_training_writes_them_into_the_card(compiler, command, small_mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("nn.train", "--data", small_mnist, "--classic", "--epochs", 2, "--batch-size", 64).code == 0
    model = load_model("mnist.npz")
    assert len(model.card["norms"]) == 2
    kernel = model.layers[0].parameters["kernel"]
    assert model.card["norms"][-1]["conv2d/kernel"][0] == pytest.approx(np.linalg.norm(kernel.astype(float)), rel=1e-5)


@pytest.fixture
def written(tmp_path):
    training = trainer(Adadelta(), epochs=1)
    training.run()
    checkpoint.save(tmp_path / "c.npz", training, {})
    return tmp_path / "c.npz"


def change_progress(path, change):
    header, arrays = read_archive(path, checkpoint.FORMAT, checkpoint.VERSION)
    change(header["progress"])
    write_archive(path, header, arrays)


def test_checkpoint_of_an_older_version_has_none_and_goes_on(written):
    change_progress(written, lambda progress: progress.pop("norms"))
    found = checkpoint.load(written)
    assert found.progress.norms == []
    training = trainer(Adadelta(), epochs=2)
    found.restore(training)
    training.run()
    assert len(training.progress.norms) == 1


@pytest.mark.parametrize("norms", [None, {}, [1], [{"a": 1}], [{"a": ["x"]}], [{"a": [True]}], [{}, {}]])
def test_checkpoint_with_other_norms_is_refused(written, norms):
    change_progress(written, lambda progress: progress.update(norms=norms))
    with pytest.raises(InputError, match="does not make sense"):
        checkpoint.load(written)
