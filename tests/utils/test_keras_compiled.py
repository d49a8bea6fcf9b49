"""What `compile` has chosen, in Keras' words: written, and read from each version's."""

import json

import pytest

from nn.io.compiled import Compiled
from nn.losses import CategoricalCrossentropy, MeanSquaredError
from nn.optimizers import SGD, Adam, RMSprop
from nn.optimizers.schedules import Cosine, ExponentialDecay
from nn.utils.keras_compiled import choices_from, choices_of_config, written


def choice(optimizer=None, loss=None, metrics=("accuracy",)):
    return Compiled(optimizer or SGD(0.25, momentum=0.5), loss or MeanSquaredError(), list(metrics))


def test_choices_are_written_as_keras_3_writes_them():
    found = written(choice(loss=CategoricalCrossentropy(label_smoothing=0.125)))
    assert found.keys() == {
        "optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile",
    }  # fmt: skip
    assert (found["metrics"], found["run_eagerly"], found["steps_per_execution"], found["jit_compile"]) == (
        ["accuracy"],
        False,
        1,
        False,
    )
    optimizer, loss = found["optimizer"], found["loss"]
    assert (optimizer["module"], optimizer["class_name"], optimizer["registered_name"]) == ("keras.optimizers", "SGD", None)
    assert (optimizer["config"]["learning_rate"], optimizer["config"]["momentum"]) == (0.25, 0.5)
    assert "decay" not in optimizer["config"]
    assert loss == {
        "module": "keras.losses",
        "class_name": "CategoricalCrossentropy",
        "config": {"label_smoothing": 0.125},
        "registered_name": None,
    }
    assert written(choice(metrics=()))["metrics"] is None


def test_a_schedule_of_keras_is_an_object_and_ours_is_left_out():
    found = written(choice(RMSprop(ExponentialDecay(0.25, 5, 0.5))))["optimizer"]["config"]["learning_rate"]
    assert (found["module"], found["class_name"]) == ("keras.optimizers.schedules", "ExponentialDecay")
    assert {name: found["config"][name] for name in ("initial_learning_rate", "decay_steps", "decay_rate")} == {
        "initial_learning_rate": 0.25,
        "decay_steps": 5,
        "decay_rate": 0.5,
    }
    assert "schedule" not in found["config"]
    assert written(choice(SGD(Cosine(0.25, 10)))) is None


def test_what_is_of_ones_own_is_not_written():
    class Mine(SGD):
        """An optimizer of one's own."""

    assert written(None) is None
    assert written(choice(Mine(0.25))) is None


@pytest.mark.parametrize(
    "choices", [choice(), choice(Adam(0.5, beta_1=0.75)), choice(RMSprop(ExponentialDecay(0.25, 5, 0.5)), metrics=())]
)
def test_what_is_written_is_read_again(choices):
    for text in (json.dumps(written(choices)), json.dumps(written(choices)).encode(), written(choices)):
        found = choices_from(text)
        assert (found.optimizer.config(), type(found.loss), found.metrics) == (
            choices.optimizer.config(),
            type(choices.loss),
            choices.metrics,
        )
    assert choices_of_config(json.dumps({"compile_config": written(choices)}).encode()).metrics == choices.metrics


def entry(optimizer=None, loss="mse", key="optimizer", **more):
    return {key: optimizer or {"class_name": "SGD", "config": {"learning_rate": 0.25}}, "loss": loss, **more}


@pytest.mark.parametrize("key", ["optimizer", "optimizer_config"])
@pytest.mark.parametrize("name", ["SGD", "Custom>SGD", "Package>Custom>SGD"])
def test_optimizers_are_found_under_each_versions_key_and_name(key, name):
    found = choices_from(entry({"class_name": name, "config": {"learning_rate": 0.25, "name": "SGD", "momentum": 0.5}}, key=key))
    assert (type(found.optimizer), found.optimizer.learning_rate, found.optimizer.config()["momentum"]) == (SGD, 0.25, 0.5)
    assert type(choices_from(entry("sgd", key=key)).optimizer) is SGD


@pytest.mark.parametrize(
    "loss",
    [
        "categorical_crossentropy",
        {"class_name": "CategoricalCrossentropy", "config": {"name": "c", "from_logits": False, "axis": -1}},
        {"class_name": "Custom>CategoricalCrossentropy", "config": {}},
        {"class_name": "function", "config": "categorical_crossentropy"},
    ],
)
def test_losses_are_found_as_names_classes_and_functions(loss):
    assert type(choices_from(entry(loss=loss)).loss) is CategoricalCrossentropy


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        (None, []),
        ([], []),
        ("accuracy", ["accuracy"]),
        (["acc", "mae"], ["acc"]),
        ([[{"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": "f"}}]], ["accuracy"]),
        ([{"class_name": "Mean", "config": None}, "acc"], ["acc"]),
    ],
)
def test_the_accuracy_is_found_among_the_metrics_however_deep(metrics, names):
    assert choices_from(entry(metrics=metrics)).metrics == names


@pytest.mark.parametrize(
    ("name", "value"), [("jit_compile", True), ("is_legacy_optimizer", False), ("ema_overwrite_frequency", None)]
)
def test_settings_that_ask_for_nothing_are_passed_over(name, value):
    found = choices_from(entry({"class_name": "Adam", "config": {"learning_rate": 0.25, name: value, "clipvalue": None}}))
    assert found.optimizer.learning_rate == 0.25


@pytest.mark.parametrize(
    "given",
    [
        entry({"class_name": "Lion", "config": {}}),
        entry({"class_name": "SGD", "config": {"centered": True}}),
        entry({"class_name": "SGD", "config": {"learning_rate": "fast"}}),
        entry({"class_name": "SGD", "config": {"learning_rate": {"class_name": "Mine", "config": {}}}}),
        entry(loss={"class_name": "Huber", "config": {}}),
        entry(loss={"class_name": "MeanSquaredError", "config": {"reduction": "sum"}}),
        entry(loss=None),
        {"loss": "mse"},
        "{",
        None,
        3,
    ],
)
def test_choices_that_are_not_known_are_none(given):
    assert choices_from(given) is None


@pytest.mark.parametrize("text", [b"{", b"3", b"{}", b'{"compile_config": null}'])
def test_an_archive_without_choices_has_none(text):
    assert choices_of_config(text) is None
