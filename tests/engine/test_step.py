"""What a step takes from its source, and what it does with a gradient."""

import numpy as np
import pytest
from small_steps import ArraySource

from nn.engine.step import Step
from nn.layers import Dense
from nn.layers.regularizers import L2
from nn.optimizers import Optimizer
from nn.utils.weights import Weighted

INDICES = np.array([3, 0, 2])
RATE, NUMBER = 0.5, 7


class Views(ArraySource):
    """Every epoch has samples of its own."""

    def fill(self, out, indices, epoch):
        out[...] = 100 * epoch + self.x[indices]

    def targets(self, indices, epoch):
        return 100 * epoch + self.all_targets[indices]


class Noted(Optimizer):
    """Plain descent that keeps two arrays beside the average: the gradient, and the step's number."""

    slots = ("gradient", "number")

    def update(self, parameter, gradient, slots, rate, step=0):
        parameter -= rate * gradient
        slots[0][...], slots[1][...] = gradient, step


SOURCE = Views(np.arange(4.0)[:, None], 10 * np.arange(4.0)[:, None])


def step_over(source, model_slots=None, optimizer=None, number=NUMBER):
    return Step(
        source=source,
        indices=INDICES,
        epoch=2,
        keys={},
        optimizer=optimizer,
        slots=model_slots or {},
        rate=RATE,
        number=number,
    )


def layer_of(**options):
    layer = Dense(2, name="d", **options)
    layer.build((3,), np.random.default_rng(0), np.float64)
    layer.parameters["kernel"][...] = [[1, 2], [3, 4], [5, 6]]
    return layer


def updated(layer, optimizer, rows=slice(1, 3), gradient=((8.0, 4.0), (2.0, 6.0)), number=NUMBER):
    """The slots of the kernel after one update of some rows."""
    slots = tuple(np.zeros((3, 2)) for _ in optimizer.slots)
    step_over(SOURCE, {"d/kernel": slots}, optimizer, number).update(layer, "kernel", np.array(gradient), rows)
    return slots


def test_samples_and_targets_of_the_epoch_come_in_the_steps_order():
    step = step_over(SOURCE)
    assert len(step) == 3
    x, targets = np.zeros((3, 1)), np.zeros((3, 1))
    step.fill(x, targets)
    assert x.ravel().tolist() == [203, 200, 202]
    assert targets.ravel().tolist() == [230, 200, 220]


def test_some_rows_are_filled_and_the_others_left():
    x, targets = np.full((3, 1), -1.0), np.full((3, 1), -1.0)
    step_over(SOURCE).fill(x, targets, slice(1, 3))
    assert x.ravel().tolist() == [-1, 200, 202]
    assert targets.ravel().tolist() == [-1, 200, 220]


def test_weights_are_those_of_the_samples_or_none():
    assert step_over(SOURCE).weights() is None
    step = step_over(Weighted(SOURCE, np.array([1.0, 2.0, 3.0, 4.0])))
    assert step.weights().tolist() == [4, 1, 3]
    assert step.weights(slice(1, 3)).tolist() == [1, 3]


def test_an_update_changes_its_rows_at_the_steps_rate():
    layer = layer_of()
    gradient, number = updated(layer, Noted(1.0))
    assert layer.parameters["kernel"].tolist() == [[1, 2], [3 - 4, 4 - 2], [5 - 1, 6 - 3]]
    assert gradient.tolist() == [[0, 0], [8, 4], [2, 6]]
    assert number.tolist() == [[0, 0], [NUMBER] * 2, [NUMBER] * 2]


def test_without_rows_the_whole_parameter_changes():
    layer = layer_of()
    updated(layer, Noted(1.0), slice(None), np.ones((3, 2)))
    assert layer.parameters["kernel"].tolist() == [[0.5, 1.5], [2.5, 3.5], [4.5, 5.5]]


def test_a_frozen_layer_stays():
    layer = layer_of(trainable=False)
    slots = updated(layer, Noted(1.0))
    assert layer.parameters["kernel"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert not np.any(slots)


def test_a_regularizer_adds_its_gradient_at_the_weights_of_these_rows():
    # λ w² has the slope 2 λ w = w / 2.
    layer = layer_of(kernel_regularizer=L2(0.25))
    gradient, _ = updated(layer, Noted(1.0))
    assert gradient.tolist() == [[0, 0], [8 + 1.5, 4 + 2], [2 + 2.5, 6 + 3]]


@pytest.mark.parametrize(("number", "share"), [(0, 1.0), (NUMBER, 0.25)])
def test_the_average_of_the_new_weights_goes_to_the_last_slot(number, share):
    # It starts as the weights of step 0; from then on it moves a quarter of the way.
    layer = layer_of()
    gradient, numbers, average = updated(layer, Noted(1.0, use_ema=True, ema_momentum=0.75), number=number)
    np.testing.assert_allclose(average, share * np.array([[0, 0], [-1, 2], [4, 3]]), rtol=1e-12)
    assert gradient.tolist() == [[0, 0], [8, 4], [2, 6]]
    assert (numbers[1:] == number).all()


def test_without_an_average_the_slots_are_the_optimizers_own():
    layer, optimizer = layer_of(), Noted(1.0)
    optimizer.average = None  # cannot be called
    updated(layer, optimizer)
