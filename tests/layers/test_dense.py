import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Dense


def test_hand_worked():
    # x = (1, 2), kernel = (3 4; 5 6), bias = (10, -20): z = (3 + 10 + 10, 4 + 12 - 20) = (23, -4)
    layer = Dense(2)
    layer.build((2,), np.random.default_rng(0), np.float64)
    layer.parameters["kernel"][...] = [[3, 4], [5, 6]]
    layer.parameters["bias"][...] = [10, -20]
    out, cache = layer.forward(np.array([[1.0, 2.0], [0.0, 1.0]]))
    assert out.tolist() == [[23, -4], [15, -14]]
    # dout = (1, 2; 3, 4): dbias = (4, 6); dkernel = xᵀ dout = (1·1 + 0·3, 1·2 + 0·4; 2·1 + 1·3,
    # 2·2 + 1·4) dx = dout kernelᵀ = (1·3 + 2·4, 1·5 + 2·6; 3·3 + 4·4, 3·5 + 4·6)
    dx, grads = layer.backward(np.array([[1.0, 2.0], [3.0, 4.0]]), cache)
    assert grads["bias"].tolist() == [4, 6]
    assert grads["kernel"].tolist() == [[1, 2], [5, 8]]
    assert dx.tolist() == [[11, 17], [25, 39]]


def test_hand_worked_relu_stops_the_gradient_of_negative_sums():
    layer = Dense(2, activation="relu")
    layer.build((1,), np.random.default_rng(0), np.float64)
    layer.parameters["kernel"][...] = [[1, -1]]
    out, cache = layer.forward(np.array([[2.0]]))
    assert out.tolist() == [[2, 0]]
    dx, grads = layer.backward(np.array([[3.0, 5.0]]), cache)
    assert (dx.tolist(), grads["kernel"].tolist(), grads["bias"].tolist()) == ([[3]], [[6, 0]], [3, 0])


@pytest.mark.parametrize(("samples", "inputs", "outputs"), [(1, 1, 1), (5, 63, 33), (6, 64, 32), (7, 65, 31), (3, 200, 10)])
def test_agrees_with_matrix_products(samples, inputs, outputs):
    rng = np.random.default_rng(0)
    layer = Dense(outputs)
    layer.build((inputs,), rng, np.float64)
    layer.parameters["bias"][...] = rng.standard_normal(outputs)
    x, dout = rng.standard_normal((samples, inputs)), rng.standard_normal((samples, outputs))
    out, cache = layer.forward(x)
    dx, grads = layer.backward(dout, cache)
    np.testing.assert_allclose(out, x @ layer.parameters["kernel"] + layer.parameters["bias"], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dx, dout @ layer.parameters["kernel"].T, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads["kernel"], x.T @ dout, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads["bias"], dout.sum(axis=0), rtol=1e-12, atol=1e-12)


def test_images_are_refused_with_advice():
    with pytest.raises(InputError, match="Flatten"):
        Dense(3).compute_output_shape((4, 4, 1))


@pytest.mark.parametrize("units", [0, -1, 1.5, "many", (3, 4), None])
def test_wrong_units_are_refused(units):
    with pytest.raises(InputError, match="units"):
        Dense(units)


def test_kernel_starts_glorot_uniform_and_bias_zero():
    layer = Dense(40)
    layer.build((60,), np.random.default_rng(0), np.float32)
    limit = np.sqrt(6 / 100)
    assert 0.95 * limit < np.abs(layer.parameters["kernel"]).max() <= limit
    assert not layer.parameters["bias"].any()
    assert layer.parameters["kernel"].dtype == np.float32
    assert layer.config() == {"name": "", "units": 40, "activation": "linear"}
