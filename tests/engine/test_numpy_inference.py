"""The forward pass in plain NumPy is the layers' own, whatever the shapes."""

import numpy as np
import pytest

from nn.engine import numpy_inference
from nn.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    ReLU,
    Reshape,
    Sigmoid,
    Softmax,
)
from nn.layers.stack import Stack

RNG = np.random.default_rng(8)
CASES = {
    "convolution": ((6, 9, 3), [Conv2D(4, (2, 3))]),
    "one filter": ((5, 4, 2), [Conv2D(1, (2, 3))]),
    "strides": ((9, 8, 2), [Conv2D(3, (3, 2), strides=(2, 3), activation="relu")]),
    "padding": ((5, 8, 2), [Conv2D(3, (2, 4), padding="same", activation="tanh")]),
    "padding and strides": ((7, 6, 1), [Conv2D(2, (4, 3), strides=(3, 2), padding="same")]),
    "no bias": ((5, 5, 2), [Conv2D(3, 3, use_bias=False), Flatten(), Dense(4, use_bias=False)]),
    "pooling": ((6, 9, 3), [MaxPooling2D((2, 3))]),
    "overlapping pooling": ((7, 9, 2), [MaxPooling2D((3, 2), strides=(2, 1))]),
    "padded pooling": ((7, 5, 2), [MaxPooling2D((3, 2), strides=(2, 3), padding="same")]),
    "scores": ((7,), [Dense(5)]),
    "probabilities": ((7,), [Dense(5, activation="softmax")]),
    "softmax": ((7,), [Dense(5), Softmax()]),
    "activations": ((7,), [Dense(9), ReLU(), Dense(6, activation="relu"), Activation("softmax")]),
    "other activations": ((7,), [Dense(9), Activation("relu"), Dense(6, activation="sigmoid"), Activation("tanh"), Sigmoid()]),
    "other layers": ((4, 4, 2), [AveragePooling2D(), BatchNormalization(), Reshape((2, 4)), Dropout(0.5)]),
}


def filled(shape, layers):
    """A stack with arrays that are all different from zero, and inputs of both signs."""
    stack = Stack(layers, seed=2)
    stack.build(shape)
    for array in stack.arrays().values():
        array[...] = RNG.uniform(0.2, 1.0, array.shape) * RNG.choice([-1, 1], array.shape)
        if array.ndim == 1 and any(isinstance(layer, BatchNormalization) for layer in layers):
            np.abs(array, out=array)  # a variance among them
    return stack, RNG.normal(-0.5, 1.0, (3, *shape)).astype(np.float32)


@pytest.mark.parametrize(("shape", "layers"), CASES.values(), ids=CASES)
def test_it_computes_what_the_layers_compute(shape, layers):
    stack, x = filled(shape, layers)
    before = x.copy()
    found, expected = numpy_inference.forward(stack.layers, x), stack.forward(x)[0]
    assert found.shape == expected.shape == (3, *stack.output_shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(x, before)


def test_scores_of_any_size_become_probabilities():
    scores = np.array([[1e4, 1e4, -1e4], [-2e4, -2e4, -2e4], [0.0, np.log(2), -np.inf]], np.float32)
    expected = [[0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3], [1 / 3, 2 / 3, 0]]
    np.testing.assert_allclose(numpy_inference.forward([Softmax()], scores), expected, rtol=1e-6)


def test_weights_that_are_too_large_give_no_warning(recwarn):
    stack, x = filled((4,), [Dense(3), Dense(2, activation="softmax")])
    for array in stack.arrays().values():
        array[...] = 3e38
    assert not np.isfinite(numpy_inference.forward(stack.layers, x)).any()
    assert not recwarn.list
