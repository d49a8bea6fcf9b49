"""A model file holds what `compile` has chosen and what the optimizer keeps: a loaded model goes on
to the same bits.
"""

import json

import numpy as np
import pytest
from tiny_models import same

from nn.errors import InputError
from nn.io import model_file
from nn.io.archive import read_archive, write_archive
from nn.layers import BatchNormalization, Dense
from nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from nn.models import Sequential, load_model
from nn.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, RMSprop, schedules
from nn.utils import to_categorical

RNG = np.random.default_rng(7)
X = RNG.random((24, 5), np.float32)
Y = np.arange(24) % 3
OPTIMIZERS = [
    Adadelta(0.7, rho=0.8, epsilon=1e-5),
    SGD(0.1, momentum=0.8, nesterov=True, weight_decay=0.01),
    RMSprop(0.01, rho=0.8, decay=0.01),
    Adam(0.01, amsgrad=True),
    AdamW(0.01, use_ema=True, ema_momentum=0.9),
    Adagrad(0.1),
    Adamax(0.01, beta_1=0.8),
    Nadam(0.01),
    Adam(schedules.Cosine(0.1, 20)),
    SGD(schedules.OneCycle(0.1, 20)),
    SGD(schedules.ExponentialDecay(0.1, 5, 0.5, staircase=True)),
    SGD(schedules.PiecewiseConstantDecay([2, 4], [0.1, 0.2, 0.3])),
]


def new_model(optimizer="sgd", loss="categorical_crossentropy", metrics=("accuracy",)):
    layers = [Dense(6, activation="relu", input_shape=(5,)), BatchNormalization(), Dense(3, activation="softmax")]
    model = Sequential(layers, seed=3)
    model.compile(optimizer, loss, metrics)
    return model


def fit(model, epochs=1):
    model.fit(X, Y, batch_size=8, epochs=epochs, verbose=0, seed=5)
    return model


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda each: f"{each.name}-{type(each.learning_rate).__name__}")
def test_a_loaded_model_goes_on_to_the_same_bits(tmp_path, optimizer):
    model = fit(new_model(optimizer))
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.optimizer.config() == optimizer.config()
    assert loaded.iterations == model.iterations == 3
    before = model.get_weights()[0]
    assert same(fit(model), fit(loaded))
    assert (model.get_weights()[0] != before).any()


@pytest.mark.parametrize(
    "loss",
    [
        CategoricalCrossentropy(label_smoothing=0.1),
        SparseCategoricalCrossentropy(from_logits=True),
        BinaryCrossentropy(),
        MeanSquaredError(),
        MeanAbsoluteError(),
    ],
    ids=lambda loss: loss.name,
)
def test_the_loss_and_the_name_of_the_accuracy_come_back(tmp_path, loss):
    model = new_model(loss=loss, metrics=["acc"])
    if loss.from_logits:
        model.pop()
        model.add(Dense(3))
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    assert type(loaded.loss) is type(loss)
    assert (loaded.loss.from_logits, loaded.loss.label_smoothing) == (loss.from_logits, loss.label_smoothing)
    labels = Y if isinstance(loss, CategoricalCrossentropy) else to_categorical(Y)
    assert loaded.evaluate(X, labels, return_dict=True) == model.evaluate(X, labels, return_dict=True)
    assert "acc" in loaded.evaluate(X, labels, return_dict=True)


class OwnLoss(MeanSquaredError):
    """A loss that no file can describe."""


@pytest.mark.parametrize("choice", [{"optimizer": SGD(lambda step: 0.1)}, {"loss": OwnLoss()}], ids=["schedule", "loss"])
def test_what_is_of_ones_own_making_is_not_kept(tmp_path, choice):
    new_model(**choice).save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    with pytest.raises(InputError, match="holds no optimizer"):
        fit(loaded)
    assert isinstance(loaded.loss, Loss)


@pytest.mark.parametrize(("saving", "loading"), [({"include_optimizer": False}, {}), ({}, {"compile": False})])
def test_the_optimizer_can_be_left_out(tmp_path, saving, loading):
    model = fit(new_model("adam"))
    model.save(tmp_path / "m.npz", **saving)
    loaded = load_model(tmp_path / "m.npz", **loading)
    with pytest.raises(InputError, match=r"holds no optimizer; call compile"):
        fit(loaded)
    if loading:
        with pytest.raises(InputError, match=r"evaluate: .* call compile"):
            loaded.evaluate(X, Y)
    loaded.compile("sgd", "mse")
    loaded.evaluate(X, to_categorical(Y))
    names = set(np.load(tmp_path / "m.npz").files)
    assert any(name.startswith("optimizer/") for name in names) == (not saving)


def test_files_from_before_it_was_kept_are_read(tmp_path):
    model = fit(new_model("adam"))
    model_file.save(model, tmp_path / "m.npz", {})
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.evaluate(X, Y) == model.evaluate(X, Y)
    with pytest.raises(InputError, match="call compile"):
        fit(loaded)


def set_in(path, value):
    """A change of a header, at a path of names."""

    def change(header, arrays):
        for name in path[:-1]:
            header = header[name]
        header[path[-1]] = value

    return change


def removed(header, arrays):
    del arrays["optimizer/means/dense/kernel"]


def foreign(header, arrays):
    arrays["optimizer/means/nothing/kernel"] = arrays["optimizer/mean_squares/nothing/kernel"] = np.zeros(2, np.float32)


def of_state(header, arrays):
    """Arrays for what no optimizer changes."""
    for kind in ("means", "mean_squares"):
        arrays[f"optimizer/{kind}/batch_normalization/moving_mean"] = np.zeros(6, np.float32)


def reshaped(header, arrays):
    arrays["optimizer/means/dense/bias"] = np.zeros(7, np.float32)


def infinite(header, arrays):
    arrays["optimizer/means/dense/bias"] = np.full(6, np.inf, np.float32)


@pytest.mark.parametrize(
    "change",
    [
        set_in(["compiled"], 3),
        set_in(["compiled"], {}),
        set_in(["compiled", "metrics"], ["auc"]),
        set_in(["compiled", "metrics"], "accuracy"),
        set_in(["compiled", "iterations"], -1),
        set_in(["compiled", "iterations"], 2**70),
        set_in(["compiled", "iterations"], 1.5),
        set_in(["compiled", "optimizer"], "adam"),
        set_in(["compiled", "optimizer", "name"], "lion"),
        set_in(["compiled", "optimizer", "name"], ["adam"]),
        set_in(["compiled", "optimizer", "name"], "sgd"),
        set_in(["compiled", "optimizer", "learning_rate"], -1),
        set_in(["compiled", "optimizer", "learning_rate"], "fast"),
        set_in(["compiled", "optimizer", "learning_rate"], {"schedule": "open"}),
        set_in(["compiled", "optimizer", "learning_rate"], {"schedule": "Cosine", "peak": 1.0}),
        set_in(["compiled", "optimizer", "learning_rate"], {"schedule": "Cosine", "peak": {}, "steps": 2}),
        set_in(["compiled", "optimizer", "beta_1"], 2),
        set_in(["compiled", "optimizer", "power"], 2),
        set_in(["compiled", "loss", "name"], "hinge"),
        set_in(["compiled", "loss", "label_smoothing"], 2),
        removed,
        foreign,
        of_state,
        reshaped,
        infinite,
    ],
)
def test_damaged_choices_are_refused_in_a_sentence(tmp_path, change):
    path = tmp_path / "m.npz"
    fit(new_model("adam")).save(path)
    header, arrays = read_archive(path, model_file.FORMAT, model_file.VERSION)
    header = json.loads(json.dumps(header))
    change(header, arrays)
    write_archive(path, header, arrays)
    with pytest.raises(InputError) as error:
        load_model(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600
