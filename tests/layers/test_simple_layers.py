"""Layers without kernels of their own: values from Python's `math`, gradients as measured slopes."""

import math

import numpy as np
import pytest

from nn.layers import (
    ELU,
    GELU,
    SELU,
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LeakyReLU,
    Rescaling,
    Reshape,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    ZeroPadding2D,
)

RNG = np.random.default_rng(13)
POINTS = [-40.0, -3.0, -0.75, -0.01, 0.0, 0.01, 0.5, 1.0, 2.5, 40.0]


def logistic(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize(
    ("layer", "value"),
    [
        (LeakyReLU(0.1), lambda x: max(x, 0.1 * x)),
        (ELU(0.7), lambda x: x if x > 0 else 0.7 * (math.exp(x) - 1)),
        (SELU(), lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1))),
        (GELU(), lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
        (Sigmoid(), logistic),
        (Tanh(), math.tanh),
        (Softplus(), lambda x: math.log(1 + math.exp(x))),
        (SiLU(), lambda x: x * logistic(x)),
        (Rescaling(0.5, offset=-1), lambda x: x / 2 - 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_those_of_the_definition(layer, value):
    x = np.array([POINTS])
    expected = [value(point) for point in POINTS]
    np.testing.assert_allclose(layer.forward(x)[0][0], expected, rtol=1e-12, atol=1e-15)
    out, _ = layer.forward(x.astype(np.float32))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "layer", [Sigmoid(), Softplus(), SiLU(), Tanh(), ELU(), SELU(), GELU()], ids=lambda layer: type(layer).__name__
)
def test_large_numbers_do_no_harm(layer):
    with np.errstate(over="raise", invalid="raise"):
        out, cache = layer.forward(np.array([[-1000.0, 1000.0]]))
        dx, _ = layer.backward(np.ones((1, 2)), cache)
    assert np.isfinite(out).all()
    assert np.isfinite(dx).all()


SHAPES = {
    "leaky": (LeakyReLU(0.1), (3, 4)),
    "elu": (ELU(0.7), (3, 4)),
    "selu": (SELU(), (3, 4)),
    "gelu": (GELU(), (3, 4)),
    "sigmoid": (Sigmoid(), (3, 4)),
    "tanh": (Tanh(), (3, 4)),
    "softplus": (Softplus(), (3, 4)),
    "silu": (SiLU(), (3, 4)),
    "rescaling": (Rescaling(0.5, offset=-1), (3, 4)),
    "reshape": (Reshape((2, -1)), (3, 4)),
    "zero-padding": (ZeroPadding2D(((1, 2), (0, 3))), (3, 2, 2)),
    "average": (AveragePooling2D((2, 3)), (5, 6, 2)),
    "average-overlapping": (AveragePooling2D(3, (2, 1)), (7, 6, 1)),
    "average-strides": (AveragePooling2D(2, (2, 3)), (9, 11, 1)),
    "average-one-stride": (AveragePooling2D((2, 3), (1, 2)), (6, 9, 1)),
    "average-same": (AveragePooling2D((2, 3), 2, "same"), (5, 4, 2)),
    "global-average": (GlobalAveragePooling2D(), (3, 4, 2)),
    "global-average-keepdims": (GlobalAveragePooling2D(keepdims=True), (3, 4, 2)),
    "global-max": (GlobalMaxPooling2D(), (3, 4, 2)),
    "global-max-keepdims": (GlobalMaxPooling2D(keepdims=True), (3, 4, 2)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_gradients_are_slopes_and_shapes_are_announced(name):
    layer, shape = SHAPES[name]
    layer.build(shape, RNG, np.float64)
    x = RNG.permutation(2 * math.prod(shape)).reshape(2, *shape) / 10 - 1.23  # no two values are close
    kept = x.copy()
    out, cache = layer.forward(x, training=True)
    dout = RNG.standard_normal(out.shape)
    dx, gradients = layer.backward(np.asfortranarray(dout), cache)
    np.testing.assert_array_equal(x, kept)
    assert (out.shape, dx.shape, gradients) == ((2, *layer.output_shape), x.shape, {})
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[index] = 1e-6
        slopes[index] = ((layer.forward(x + change)[0] - layer.forward(x - change)[0]) * dout).sum() / 2e-6
    np.testing.assert_allclose(dx, slopes, atol=1e-7)
    again = type(layer)(**layer.config())
    again.build(shape, RNG, np.float64)
    np.testing.assert_array_equal(again.forward(x)[0], out)


@pytest.mark.parametrize("keepdims", [False, True])
def test_pooling_over_the_whole_image(keepdims):
    x = RNG.random((2, 3, 4, 5))
    shape = (2, 1, 1, 5) if keepdims else (2, 5)
    for kind, value in ((GlobalAveragePooling2D, x.mean(axis=(1, 2))), (GlobalMaxPooling2D, x.max(axis=(1, 2)))):
        np.testing.assert_allclose(kind(keepdims=keepdims).forward(x)[0], value.reshape(shape))
        assert kind().compute_output_shape((3, 4, 5)) == (5,)


def test_an_average_leaves_out_the_padding():
    layer = AveragePooling2D(2, 2, "same")
    layer.build((3, 3, 1), RNG, np.float64)
    out, _ = layer.forward(np.arange(1.0, 10).reshape(1, 3, 3, 1))
    assert out[0, :, :, 0].tolist() == [[3, 4.5], [7.5, 9]]  # of (1, 2, 4, 5), (3, 6), (7, 8) and 9
