"""What an optimizer is where nothing is said: Keras' defaults, its arrays, its first step."""

import inspect

import numpy as np
import pytest

from nn.errors import InputError
from nn.optimizers import OPTIMIZERS, Adagrad, Adam, Adamax, AdamW, Nadam, RMSprop

BETAS = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}


@pytest.mark.parametrize(
    ("kind", "constants"),
    [
        (RMSprop, {"rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}),
        (Adagrad, {"initial_accumulator_value": 0.1, "epsilon": 1e-7}),
        (Adam, {**BETAS, "amsgrad": False}),
        (AdamW, {**BETAS, "amsgrad": False, "weight_decay": 0.004}),
        (Adamax, BETAS),
        (Nadam, BETAS),
    ],
)
def test_defaults_are_those_of_keras(kind, constants):
    config = kind().config()
    assert {name: config[name] for name in constants} == constants
    assert config["learning_rate"] == kind().learning_rate == 0.001


def test_an_optimizer_keeps_the_arrays_that_its_equations_need():
    assert RMSprop().slots == RMSprop(momentum=0).slots == ("mean_squares",)
    assert RMSprop(momentum=0.5).slots == ("mean_squares", "velocity")
    assert RMSprop(centered=True, momentum=0.5).slots == ("mean_squares", "means", "velocity")
    assert Adam().slots == AdamW().slots == ("means", "mean_squares")
    assert Adam(amsgrad=True).slots == ("means", "mean_squares", "largest_squares")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_without_a_number_is_the_first(name):
    assert inspect.signature(OPTIMIZERS[name].update).parameters["step"].default == 0
    changed = []
    for number in ((), (0,)):
        optimizer, w = OPTIMIZERS[name](), np.array([1.0, -2.0])
        optimizer.update(w, np.array([0.5, 3.0]), tuple(np.zeros(2) for _ in optimizer.slots), 0.1, *number)
        changed.append(w.tolist())
    assert changed[0] == changed[1]


def test_adagrad_begins_with_any_sum_of_squares_from_0_on():
    assert Adagrad(initial_accumulator_value=0).initial_accumulator_value == 0.0
    for wrong in (-0.01, np.inf, np.nan):
        with pytest.raises(InputError, match="Adagrad: initial_accumulator_value must be a number of at least 0"):
            Adagrad(initial_accumulator_value=wrong)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (Adam(), {"means": 0.2, "mean_squares": 0.004}),
        (Adam(amsgrad=True), {"means": 0.2, "mean_squares": 0.004, "largest_squares": 0.004}),
        (Adamax(), {"means": 0.2, "largest": 2.0}),
        (Nadam(), {"means": 0.2, "mean_squares": 0.004}),
        (RMSprop(), {"mean_squares": 0.4}),
        (RMSprop(centered=True, momentum=0.5), {"mean_squares": 0.4, "means": 0.2, "velocity": 0.01 * 2 / np.sqrt(0.36 + 1e-7)}),
        (Adagrad(), {"summed_squares": 4.0}),
    ],
    ids=["adam", "amsgrad", "adamax", "nadam", "rmsprop", "rmsprop-centered", "adagrad"],
)
def test_after_a_step_the_arrays_hold_what_their_names_say(optimizer, expected):
    # The gradient is 2: means of 0.1 · 2, mean squares of 0.001 · 4 (RMSprop: 0.1 · 4).
    slots = tuple(np.zeros(1) for _ in optimizer.slots)
    optimizer.update(np.zeros(1), np.array([2.0]), slots, 0.01)
    assert {name: slot[0] for name, slot in zip(optimizer.slots, slots, strict=True)} == pytest.approx(expected, rel=1e-12)
