import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Activation, Conv2D, Dense, ReLU, Softmax
from nn.layers.activations import activation_named


def test_relu_hand_worked():
    out, cache = ReLU().forward(np.array([[-2.0, 0.0, 3.0]]))
    assert out.tolist() == [[0, 0, 3]]
    assert ReLU().backward(np.array([[5.0, 6.0, 7.0]]), cache)[0].tolist() == [[0, 0, 7]]


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_relu_at_zero_takes_the_slope_of_the_left(zero):
    _, cache = ReLU().forward(np.array([zero]))
    assert ReLU().backward(np.array([5.0]), cache)[0].tolist() == [0]


def test_relu_passes_a_broken_gradient_on_as_broken():
    _, cache = ReLU().forward(np.array([-1.0, 1.0]))
    assert np.isnan(ReLU().backward(np.array([np.nan, np.nan]), cache)[0]).all()


def test_softmax_hand_worked():
    # exp(0, ln 3) = (1, 3): p = (1/4, 3/4). dout = (1, 0): dx = (1/4 (1 - 1/4), 3/4 (0 - 1/4)).
    out, cache = Softmax().forward(np.log([[1.0, 3.0]]))
    np.testing.assert_allclose(out, [[0.25, 0.75]], rtol=1e-15)
    np.testing.assert_allclose(Softmax().backward(np.array([[1.0, 0.0]]), cache)[0], [[3 / 16, -3 / 16]], rtol=1e-15)


def test_softmax_takes_the_maximum_row_by_row():
    # With one maximum for the whole array the first row would underflow to 0 / 0.
    out, _ = Softmax().forward(np.array([[0.0, 0.0], [2000.0, 2000.0]]))
    assert out.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_softmax_finds_the_maximum_wherever_it_stands():
    out, _ = Softmax().forward(2000 * np.eye(4))
    assert out.tolist() == np.eye(4).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_extreme_scores_is_finite_and_sums_to_one(dtype):
    largest = np.finfo(dtype).max / 4
    x = np.array([[largest, -largest, 0], [-largest, -largest, -largest], [1e4, 1e4 + 1, -1e4], [0, 0, 1e-30]], dtype)
    out, cache = Softmax().forward(x)
    np.testing.assert_allclose(out.sum(axis=1), 1, rtol=1e-6)
    assert out[0].tolist() == [1, 0, 0]
    np.testing.assert_allclose(out[1], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(out[2, :2], 1 / (1 + np.exp([1, -1])), rtol=1e-6)
    assert np.isfinite(Softmax().backward(np.ones_like(x), cache)[0]).all()


def test_softmax_does_not_change_when_a_number_is_added_to_a_row():
    x = np.random.default_rng(0).standard_normal((4, 6))
    np.testing.assert_allclose(Softmax().forward(x + 123.0)[0], Softmax().forward(x)[0], rtol=1e-12)


def test_softmax_gradient_has_no_part_along_ones():
    # Raising all scores alike changes nothing, so the gradient must be orthogonal to (1, ..., 1).
    rng = np.random.default_rng(0)
    _, cache = Softmax().forward(rng.standard_normal((4, 6)))
    np.testing.assert_allclose(Softmax().backward(rng.standard_normal((4, 6)), cache)[0].sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize(("layer", "size"), [(Softmax(), 3), (Activation("softmax"), 3), (Conv2D(3, 2, activation="softmax"), 4)])
def test_softmax_of_images_is_refused(layer, size):
    with pytest.raises(InputError, match=r"softmax: expected samples of shape \(classes,\), got \(3, 3, 3\); Flatten"):
        layer.build((size, size, 3), np.random.default_rng(0), np.float32)
    with pytest.raises(InputError, match="softmax: expected samples"):
        Softmax().forward(np.zeros((2, 3, 3)))


def test_activation_inside_a_layer_is_the_layer_behind_it():
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((3, 5)), rng.standard_normal((3, 4))
    for name, layer in {"relu": ReLU(), "softmax": Softmax()}.items():
        joined, plain = Dense(4, activation=name), Dense(4)
        for dense in (joined, plain):
            dense.build((5,), np.random.default_rng(1), np.float64)
        out, cache = joined.forward(x)
        z, plain_cache = plain.forward(x)
        expected, layer_cache = layer.forward(z)
        np.testing.assert_array_equal(out, expected)
        dx, grads = joined.backward(dout, cache)
        expected_dx, expected_grads = plain.backward(layer.backward(dout, layer_cache)[0], plain_cache)
        np.testing.assert_array_equal(dx, expected_dx)
        np.testing.assert_array_equal(grads["kernel"], expected_grads["kernel"])


def test_activations_by_name():
    assert activation_named(None, "Dense")[0] == "linear"
    assert isinstance(activation_named("relu", "Dense")[1], ReLU)
    with pytest.raises(
        InputError, match="Dense: activation must be one of elu, gelu, leaky_relu, linear, relu, selu, sigmoid, silu, "
    ):
        activation_named("Relu", "Dense")


def test_a_function_is_an_activation_only_if_it_is_the_packages():
    from nn import activations

    def relu(x):
        return x

    assert activation_named(activations.relu, "Dense")[0] == "relu"
    with pytest.raises(InputError, match="Dense: activation must be one of"):
        activation_named(relu, "Dense")


def test_softmax_of_a_single_class_is_1():
    assert Softmax().forward(np.array([[3.0], [-4.0]]))[0].tolist() == [[1], [1]]
