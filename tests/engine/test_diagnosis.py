"""Why a loss is not finite: the images, a layer's weights or its outputs, in this order."""

import numpy as np
import pytest

from nn.engine import diagnosis
from nn.engine.step import Step
from nn.layers import Dense, Flatten
from nn.layers.stack import Stack
from nn.optimizers import SGD


class Source:
    """Three pictures (2, 3, 1) for each epoch."""

    def __init__(self):
        self.pictures = np.ones((2, 3, 2, 3, 1), np.float32)

    def fill(self, out, indices, epoch):
        out[...] = self.pictures[epoch][indices]


def stack():
    return Stack([Flatten(input_shape=(2, 3, 1)), Dense(4), Dense(2)])


def explained(layers, source=None, indices=(0, 2), epoch=1):
    source = source or Source()
    optimizer = SGD()
    step = Step(source, np.array(indices), epoch, keys={}, optimizer=optimizer, slots={}, rate=0.1, number=0)
    return diagnosis.of_batch(layers, step)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_images_that_are_not_finite_are_named_if_they_are_in_the_batch(value):
    source = Source()
    source.pictures[1, 2, 0, 1] = value
    assert explained(stack(), source) == ": the images of this batch hold NaN or infinity"
    everything_finite = explained(stack())
    assert explained(stack(), source, indices=(0, 1)) == everything_finite
    assert explained(stack(), source, epoch=0) == everything_finite


@pytest.mark.parametrize("name", ["kernel", "bias"])
def test_the_first_layer_whose_weights_are_not_finite_is_named(name):
    layers = stack()
    layers.layers[1].parameters[name][0] = np.nan
    layers.layers[2].parameters[name][0] = np.nan
    assert explained(layers).startswith(": the weights of layer dense are not finite; the weights are those of the batch before")
    assert diagnosis.of_weights(layers) == ": the weights of layer dense are not finite; try a smaller learning rate"


def test_a_layer_whose_output_is_too_large_is_named_before_later_weights():
    layers = stack()
    layers.layers[1].parameters["kernel"][...] = 3e38
    layers.layers[2].parameters["kernel"][...] = np.inf
    with np.errstate(over="ignore"):
        assert explained(layers).startswith(": the output of layer dense is not finite; the weights are those")


def test_where_all_is_finite_only_the_advice_is_left():
    assert explained(stack()) == "; the weights are those of the batch before; try a smaller learning rate"
    assert diagnosis.of_weights(stack()) == ": its scores are too large; try a smaller learning rate"
