"""`EarlyStopping` and `ReduceLROnPlateau` on given values, epoch by epoch."""

import warnings
from inspect import signature

import numpy as np
import pytest
from given_values import begun, epochs, new_model, weight

import nn as keras
from nn.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from nn.errors import InputError
from nn.utils.keras_monitors import Monitor


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (EarlyStopping, {"monitor": "val_loss", "mode": "auto"}),
        (ModelCheckpoint, {"monitor": "val_loss", "mode": "auto", "save_freq": "epoch", "period": 1}),
        (
            ReduceLROnPlateau,
            {"monitor": "val_loss", "mode": "auto", "factor": 0.1, "patience": 10, "min_delta": 1e-4},
        ),
    ],
)
def test_defaults_are_those_of_keras(kind, expected):
    """All others are off."""
    defaults = {name: each.default for name, each in signature(kind).parameters.items() if name != "filepath"}
    assert {name: value for name, value in defaults.items() if value not in (0, None)} == expected


@pytest.mark.parametrize(
    ("monitor", "mode", "better", "worse"),
    [
        ("val_loss", "auto", 0.74, 0.76),  # from 1.0, by a quarter
        ("val_loss", "min", 0.74, 0.76),
        ("val_accuracy", "auto", 1.26, 1.24),
        ("acc", "auto", 1.26, 1.24),
        ("loss", "max", 1.26, 1.24),
        ("accuracy", "min", 0.74, 0.76),
    ],
)
def test_a_value_is_better_by_more_than_the_least_gain(monitor, mode, better, worse):
    for delta in (0.25, -0.25):
        watch = Monitor(monitor, mode, delta)
        assert watch.is_better(better, 1.0)
        assert not watch.is_better(worse, 1.0)
        assert not watch.is_better(1.0, 1.0)
        assert watch.is_better(1e9 if better > 1 else 1.0, watch.worst) != watch.is_better(watch.worst, 1.0)


def test_without_a_least_gain_any_gain_counts():
    assert Monitor("loss", "auto").is_better(0.999999, 1.0)
    assert not Monitor("loss", "auto").is_better(1.0, 1.0)
    assert Monitor("accuracy", "auto").is_better(1e-9, Monitor("accuracy", "auto").worst)


@pytest.mark.parametrize(
    ("monitor", "logs", "value"),
    [
        ("acc", {"loss": 1, "accuracy": 2}, 2),
        ("accuracy", {"loss": 1, "sparse_categorical_accuracy": 2, "val_accuracy": 3}, 2),
        ("val_acc", {"accuracy": 2, "val_accuracy": 3}, 3),
        ("val_categorical_accuracy", {"accuracy": 2, "val_acc": 3}, 3),
        ("acc", {"accuracy": 2, "acc": 3}, 3),  # its own name first
        ("accuracy", {"accuracy": 2, "acc": 3}, 2),
        ("val_loss", {"loss": 1, "val_loss": 4}, 4),
    ],
)
def test_each_name_of_the_accuracy_finds_it(monitor, logs, value):
    assert Monitor(monitor, "auto").value(logs) == value


@pytest.mark.parametrize("monitor", ["val_loss", "val_acc", "mae"])
def test_a_missing_value_is_pointed_out_once(monitor):
    watch = Monitor(monitor, "auto")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert [watch.value({"loss": 1, "accuracy": 2}) for _ in range(3)] == [None] * 3
    assert [str(each.message) for each in said] == [f"Monitor does nothing: {monitor!r} is not among loss, accuracy"]


@pytest.mark.parametrize(
    ("options", "values", "stopped"),
    [
        ({"patience": 1}, [3, 3], 1),
        ({"patience": 1}, [3, 2, 2], 2),
        ({"patience": 2}, [3, 4, 2, 3, 2, 0], 4),  # the gain at epoch 2 begins the count again
        ({"patience": 2}, [3, 4, 4], 2),
        ({"baseline": 2.5, "patience": 2}, [4, 3, 2.9, 1], None),  # better than ever, so it goes on
        ({"baseline": 2.5, "patience": 2}, [4, 3, 3.5, 1], 2),
        ({"baseline": 2.5, "patience": 2}, [4, 3, 2, 3, 1], None),  # beaten at epoch 2, so the count begins again
        ({"baseline": 4.0, "patience": 2}, [3.5, 3.6, 3.7], 2),
        ({"start_from_epoch": 1}, [1, 2, 3], 2),
        ({"start_from_epoch": 1}, [1, 2, 1], None),
        ({}, [float("nan")], None),  # not in the first epoch
        ({}, [float("nan")] * 2, 1),
        ({"baseline": 0.5}, [1], None),
    ],
)
def test_early_stopping_counts_the_epochs_without_a_gain(options, values, stopped):
    callback = begun(EarlyStopping(**options))
    epochs(callback, values)
    assert callback.model.stop_training == (stopped is not None)
    assert callback.stopped_epoch == (stopped or 0)


def test_early_stopping_knows_its_best_epoch_and_forgets_it_before_the_next_training():
    callback = EarlyStopping(patience=3, restore_best_weights=True)
    assert (callback.best, callback.best_epoch, callback.stopped_epoch, callback.wait) == (np.inf, 0, 0, 0)
    begun(callback)
    epochs(callback, [3, 2, 1.5, 4, 5])
    assert (callback.best, callback.best_epoch, callback.wait) == (1.5, 2, 2)
    callback.on_train_end({})
    assert weight(callback.model) == 2
    begun(callback)
    assert (callback.best, callback.best_epoch, callback.stopped_epoch, callback.wait) == (np.inf, 0, 0, 0)
    assert callback.best_weights is None
    epochs(callback, [9, 10, 10, 10])
    assert (callback.best, callback.stopped_epoch) == (9, 3)


def test_without_any_gain_the_first_epoch_is_the_best():
    callback = begun(EarlyStopping(patience=9, start_from_epoch=1, restore_best_weights=True))
    epochs(callback, [1.0, float("nan"), float("nan")])
    callback.on_train_end({})
    assert (callback.best_epoch, weight(callback.model)) == (1, 1)


@pytest.mark.parametrize(
    ("verbose", "values", "says"), [(1, [1, 2], "Epoch 2: early stopping\n"), (1, [2, 1], ""), (0, [1, 2], "")]
)
def test_early_stopping_says_so_if_asked(verbose, values, says, capsys):
    callback = begun(EarlyStopping(verbose=verbose))
    epochs(callback, values)
    callback.on_train_end({})
    assert capsys.readouterr().out == says


@pytest.mark.parametrize(
    ("options", "values", "falls"),
    [
        ({"patience": 1}, [3, 3, 3], [1, 2]),
        ({"patience": 2}, [3, 3, 3, 3, 3], [2, 4]),
        ({"patience": 2}, [3, 3, 2, 2, 2], [4]),
        ({"patience": 2, "cooldown": 1}, [3, 3, 3, 3, 3], [2, 4]),  # as in Keras, its last epoch counts again
        ({"patience": 2, "cooldown": 2}, [3, 3, 3, 3, 3, 3, 3], [2, 5]),
        ({"patience": 1, "cooldown": 3}, [3] * 8, [1, 4, 7]),
        ({"patience": 1, "cooldown": 2}, [3, 3, 1, 2, 2], [1, 3, ]),  # a gain while resting is a gain
        ({"patience": 1}, [3, 2.9999], [1]),  # a gain below 0.0001 counts for nothing
        ({"patience": 1}, [3, 2.9998], []),
        ({"patience": 1, "min_delta": 0}, [3, 2.9999], []),
        ({"patience": 1, "epsilon": 0.5}, [3, 2.6], [1]),
        ({"patience": 1, "mode": "max"}, [3, 2, 4], [1]),
        ({}, [3] * 11, [10]),
    ],
)  # fmt: skip
def test_the_rate_falls_after_the_epochs_of_keras(options, values, falls):
    callback = begun(ReduceLROnPlateau(factor=0.5, **options))
    rates = epochs(callback, values)
    expected = [0.01 * 0.5 ** sum(fall <= epoch for fall in falls) for epoch in range(len(values))]
    assert rates == pytest.approx(expected)


def test_the_rate_falls_to_a_tenth_and_never_below_the_least_one(capsys):
    callback = begun(ReduceLROnPlateau(patience=1, min_lr=0.0002, verbose=1))
    assert epochs(callback, [1] * 5) == pytest.approx([0.01, 0.001, 0.0002, 0.0002, 0.0002])
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 2: learning rate 0.01 -> 0.001",
        "Epoch 3: learning rate 0.001 -> 0.0002",
    ]
    epochs(begun(ReduceLROnPlateau(patience=1)), [1, 1])
    assert capsys.readouterr().out == ""


def test_a_plateau_is_forgotten_before_the_next_training():
    callback = ReduceLROnPlateau(patience=2, cooldown=5, factor=0.5)
    assert (callback.best, callback.wait, callback.resting) == (np.inf, 0, 0)
    epochs(begun(callback), [1, 1, 1])
    assert callback.resting == 5
    assert epochs(begun(callback), [2, 2, 2]) == pytest.approx([0.01, 0.01, 0.005])


@pytest.mark.parametrize("factor", [0, 1, -0.5, 1.5])
def test_a_factor_makes_the_rate_smaller_and_keeps_its_sign(factor):
    with pytest.raises(InputError, match="factor between 0 and 1"):
        ReduceLROnPlateau(factor=factor)


def test_a_schedule_has_no_rate_to_lower():
    callback = ReduceLROnPlateau(patience=1)
    callback.model = new_model()
    callback.model.compile(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10)))
    callback.on_epoch_end(0, {"val_loss": 1})
    with pytest.raises(InputError, match="ReduceLROnPlateau: expected an optimizer with a constant learning rate"):
        callback.on_epoch_end(1, {"val_loss": 1})
