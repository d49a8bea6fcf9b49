"""Early stopping, checkpoints and changes of the learning rate, on given values instead of
trainings.
"""

import csv

import numpy as np
import pytest

import nn as keras
from nn.callbacks import (
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
)
from nn.errors import InputError
from nn.layers import Dense
from nn.models import load_model

X = np.random.default_rng(1).random((20, 3), np.float32)
Y = np.arange(20) % 2


def new_model():
    model = keras.Sequential([Dense(2, activation="softmax", input_shape=(3,))], seed=1)
    model.compile("sgd")
    return model


def after(callback, values, name="val_loss"):
    """Let a callback see an epoch for each value; its model, and the epochs until it stopped the
    training.
    """
    model = callback.model = new_model()
    callback.on_train_begin({})
    for epoch, value in enumerate(values):
        model.set_weights([array * 0 + epoch for array in model.get_weights()])
        callback.on_epoch_end(epoch, {name: value})
        if model.stop_training:
            break
    callback.on_train_end({})
    return model, epoch


@pytest.mark.parametrize(
    ("options", "values", "last"),
    [
        ({}, [3, 2, 2.5, 1], 2),
        ({"patience": 2}, [3, 2, 2.5, 1, 1, 1, 0], 5),
        ({"min_delta": 0.5}, [3, 2.6, 1], 1),
        ({"mode": "max"}, [1, 2, 1.5], 2),
        ({"monitor": "val_accuracy"}, [0.1, 0.2, 0.2, 0.3], 2),
        ({"monitor": "val_acc"}, [0.1, 0.2, 0.2, 0.3], 2),
        ({"baseline": 1.0}, [3, 2, 2, 0.5], 2),
        ({"start_from_epoch": 2}, [1, 2, 3, 2, 3], 4),
        ({"patience": 9}, [1, 2, 3], 2),
    ],
)
def test_early_stopping_ends_after_the_epoch_that_keras_ends_after(options, values, last):
    name = "val_accuracy" if "acc" in options.get("monitor", "") else "val_loss"
    model, epoch = after(EarlyStopping(**options), values, name)
    assert epoch == last
    assert model.stop_training == (options.get("patience") != 9)


@pytest.mark.parametrize(("restore", "kept"), [(True, 1.0), (False, 3.0)])
def test_early_stopping_restores_the_best_weights(restore, kept):
    model, _ = after(EarlyStopping(patience=2, restore_best_weights=restore), [3, 1, 2, 2])
    assert all((array == kept).all() for array in model.get_weights())


def test_missing_value_is_pointed_out():
    with pytest.warns(UserWarning, match="EarlyStopping does nothing: 'val_loss' is not among loss, accuracy"):
        new_model().fit(X, Y, verbose=0, callbacks=[EarlyStopping()])


def test_checkpoint_keeps_the_best(tmp_path):
    model, _ = after(ModelCheckpoint(tmp_path / "best.npz", save_best_only=True), [3, 1, 2])
    assert all((array == 1).all() for array in load_model(tmp_path / "best.npz").get_weights())
    after(ModelCheckpoint(str(tmp_path / "{epoch:02d}-{val_loss:.1f}.npz"), period=2, save_weights_only=True), [3, 1, 2, 5])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["02-1.0.npz", "04-5.0.npz", "best.npz"]
    model.load_weights(tmp_path / "04-5.0.npz")
    assert all((array == 3).all() for array in model.get_weights())


def test_rate_falls_on_a_plateau():
    callback = ReduceLROnPlateau(patience=2, factor=0.5, min_lr=0.003)
    model, _ = after(callback, [3, 3, 3])
    assert model.optimizer.learning_rate == pytest.approx(0.005)
    model, _ = after(callback, [3] * 9)
    assert model.optimizer.learning_rate == pytest.approx(0.003)
    model, _ = after(ReduceLROnPlateau(patience=1, factor=0.5, cooldown=2), [3, 3, 3, 3])
    assert model.optimizer.learning_rate == pytest.approx(0.0025)


def test_schedule_of_the_epoch_and_of_the_rate():
    rates = []
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(watch.model.optimizer.learning_rate))
    new_model().fit(X, Y, epochs=3, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1)), watch])
    assert rates == pytest.approx([0.1, 0.05, 0.1 / 3])
    rates.clear()
    new_model().fit(X, Y, epochs=3, verbose=0, callbacks=[LearningRateScheduler(lambda epoch, rate: rate / 2), watch])
    assert rates == pytest.approx([0.005, 0.0025, 0.00125])


def test_log_has_a_line_for_each_epoch(tmp_path):
    for append in (False, True):
        history = new_model().fit(X, Y, epochs=2, verbose=0, callbacks=[CSVLogger(tmp_path / "log.csv", append=append)])
    lines = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert [line["epoch"] for line in lines] == ["0", "1", "0", "1"]
    assert [float(line["loss"]) for line in lines[2:]] == history.history["loss"]


def test_log_is_begun_anew_unless_it_is_to_go_on(tmp_path):
    for _ in range(2):
        new_model().fit(X, Y, verbose=0, callbacks=[CSVLogger(tmp_path / "log.csv", separator=";")])
    header, line = (tmp_path / "log.csv").read_text().splitlines()
    assert header == "epoch;accuracy;loss"
    assert line.split(";")[0] == "0"
    (tmp_path / "empty.csv").touch()
    new_model().fit(X, Y, verbose=0, callbacks=[CSVLogger(tmp_path / "empty.csv", append=True)])
    assert (tmp_path / "empty.csv").read_text().startswith("epoch,accuracy,loss")


def test_log_is_in_the_file_after_each_epoch_and_closed_in_the_end(tmp_path):
    lines, path = [], tmp_path / "log.csv"
    logger = CSVLogger(path)
    logger.on_epoch_end(0, {"loss": 1})  # before the training there is no file
    logger.on_train_end({})
    logger.on_train_begin({})
    file = logger.file
    for epoch in range(2):
        logger.on_epoch_end(epoch, {"loss": 1 / (epoch + 1)})
        lines.append(len(path.read_text().splitlines()))
    assert lines == [2, 3]
    logger.on_train_end({})
    assert (file.closed, logger.file) == (True, None)
    assert path.read_text().splitlines() == ["epoch,loss", "0,1.0", "1,0.5"]


@pytest.mark.parametrize(
    ("verbose", "says"), [({}, ""), ({"verbose": 1}, "Epoch 1: learning rate 0.25\nEpoch 2: learning rate 0.5\n")]
)
def test_new_rates_are_printed_if_asked(verbose, says, capsys):
    callback = LearningRateScheduler(lambda epoch: 0.25 * (epoch + 1), **verbose)
    callback.model = new_model()
    for epoch in range(2):
        callback.on_epoch_begin(epoch, {})
    assert capsys.readouterr().out == says
    assert callback.model.optimizer.learning_rate == 0.5


def test_tensorboard_says_that_it_writes_nothing(capsys):
    new_model().fit(X, Y, verbose=0, callbacks=[TensorBoard(log_dir="logs", update_freq="epoch")])
    assert "no event files" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: EarlyStopping(mode="up"), "mode"),
        (lambda: ModelCheckpoint("m.npz", save_freq=0), "save_freq"),
        (lambda: ModelCheckpoint("m.npz", period=0), "period"),
        (lambda: ReduceLROnPlateau(factor=2), "factor"),
        (lambda: LearningRateScheduler(0.1), "function"),
        (lambda: LambdaCallback(on_test_batch_begin=print), "on_test_batch_begin"),
        (lambda: after(ModelCheckpoint("{nope}.npz"), [1]), "nope"),
    ],
)
def test_what_is_not_supported_is_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()
