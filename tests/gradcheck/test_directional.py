"""All gradients at once: J v is exact, one wrong gradient among many is found, right ones pass."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.gradcheck import cases, check_directions, network
from nn.gradcheck.tangent import tangent, visits
from nn.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, ReLU, Tanh
from nn.layers.stack import Stack


class Cube(Layer):
    """out = x³."""

    def forward(self, x, training=False, rng=None):
        return x**3, x

    def backward(self, dout, cache):
        return dout * 3 * cache**2, {}


class Size(Layer):
    """out = |factor| x."""

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_parameter("factor", np.zeros(input_shape), dtype)

    def forward(self, x, training=False, rng=None):
        return x * np.abs(self.parameters["factor"]), x

    def backward(self, dout, cache):
        factor = self.parameters["factor"]
        return dout * np.abs(factor), {"factor": (dout * cache * np.sign(factor)).sum(axis=0)}


def small_network(seed=0):
    rng = np.random.default_rng(seed)
    layers = [Conv2D(4, 3, activation="relu", input_shape=(8, 8, 2)), MaxPooling2D(), Flatten(), Dense(9, activation="relu")]
    stack = Stack([*layers, Dropout(0.3), Dense(5)], seed=seed, dtype=np.float64)
    for array in stack.parameters().values():
        array += 0.1 * rng.standard_normal(array.shape)
    return stack


def rate_of(layer, x, direction):
    """The layer's output rate along a direction of its input, and the unclear values."""
    layer.build(np.shape(x)[1:], np.random.default_rng(0), np.float64)
    return tangent(visits(Stack([layer], dtype=np.float64), np.array(x), True, 0), {"x": np.array(direction)})


def fault(monkeypatch, kind, change):
    """Let the backward pass of a class of layers, or of a stack, return something else."""
    right = kind.backward

    def wrong(self, dout, cache):
        dx, gradients = right(self, dout, cache)
        return change(self, dx, {name: array.copy() for name, array in gradients.items()})

    monkeypatch.setattr(kind, "backward", wrong)


def test_the_tangent_of_a_smooth_layer_has_nine_digits():
    x, v = np.array([[0.5, -1.5, 2.0]]), np.array([[1.0, -2.0, 0.3]])
    rate, unclear = rate_of(Cube(), x, v)
    np.testing.assert_allclose(rate, 3 * x**2 * v, rtol=1e-9)
    assert unclear == 0


@pytest.mark.parametrize("distance", [1e-4, 2.5e-5, 1e-5, 1e-7, 1e-9])
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("direction", [-1.0, 1.0])
def test_a_kink_beside_the_point_spoils_nothing(distance, side, direction):
    rate, unclear = rate_of(ReLU(), [[side * distance, 1.0, -1.0]], [[direction, 1.0, 1.0]])
    np.testing.assert_allclose(rate, [[direction * (side > 0), 1.0, 0.0]], atol=1e-9)
    assert unclear == 0


def test_a_kink_at_the_point_or_on_both_sides_is_unclear():
    assert rate_of(ReLU(), [[0.0, 1.0]], [[1.0, 1.0]])[1] == 1
    # The greatest of (0, -1e-5 + 2t, -1e-5 - 2t) changes at t = ±5e-6.
    x, v = np.array([0.0, -1e-5, -1e-5, -9.0]), np.array([0.0, 2.0, -2.0, 0.0])
    assert rate_of(MaxPooling2D(), x.reshape(1, 2, 2, 1), v.reshape(1, 2, 2, 1))[1] == 1


def test_the_tangent_of_a_network_is_the_sum_over_its_weights_and_restores_them():
    stack = Stack([Dense(4, input_shape=(3,)), Tanh(), Dense(2)], dtype=np.float64)
    rng = np.random.default_rng(1)
    x, before = rng.standard_normal((2, 3)), {name: array.copy() for name, array in stack.parameters().items()}
    directions = {name: rng.standard_normal(array.shape) for name, array in before.items()}
    rate, _ = tangent(visits(stack, x, True, 0), directions)

    first, second = (before[f"{name}/kernel"] for name in ("dense", "dense_1"))
    hidden = np.tanh(x @ first + before["dense/bias"])
    dhidden = (1 - hidden**2) * (x @ directions["dense/kernel"] + directions["dense/bias"])
    expected = dhidden @ second + hidden @ directions["dense_1/kernel"] + directions["dense_1/bias"]
    np.testing.assert_allclose(rate, expected, rtol=1e-8)
    for name, array in stack.parameters().items():
        np.testing.assert_array_equal(array, before[name])
    assert not tangent(visits(stack, x, True, 0), {})[0].any()


@pytest.mark.parametrize(
    "case",
    [case for case in cases.CASES if case.check_all and case.layer != cases.NETWORK],
    ids=lambda case: f"{case.layer} {case.what}",
)
def test_every_layer_passes(case):
    report = case.run_directional(0)
    assert report.passed, "\n".join(report.lines())
    # The 4x4 kernel is wider than its image: one column of 12 weights only ever meets the padding.
    assert report.unseen == (12 if "wider than the image" in case.what else 0)


@pytest.mark.parametrize("name", ["conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"])
def test_one_wrong_entry_is_found_and_named(name, monkeypatch):
    rng = np.random.default_rng(len(name))
    stack = small_network()
    out, caches = stack.forward(rng.standard_normal((32, 8, 8, 2)))
    gradient = stack.backward(rng.standard_normal(out.shape), caches)[1][name]
    index = tuple(rng.choice(np.argwhere(np.abs(gradient) > 0.01 * np.abs(gradient).max())).tolist())

    def change(self, dx, gradients):
        gradients[name][index] *= 1.001
        return dx, gradients

    fault(monkeypatch, Stack, change)
    report = check_directions(stack)
    assert not report.passed
    assert report.wrong == [name]
    assert (report.entry.tensor, report.entry.index, report.entry.alone) == (name, index, True)
    assert report.entry.analytic == pytest.approx(1.001 * report.entry.numeric, rel=1e-6)
    assert str(report.entry) in "\n".join(report.lines())


def test_a_wholly_wrong_tensor_is_not_called_a_single_entry(monkeypatch):
    fault(monkeypatch, Dense, lambda self, dx, gradients: (dx, gradients | {"kernel": 2 * gradients["kernel"]}))
    report = check_directions(small_network())
    assert report.wrong == ["dense/kernel", "dense_1/kernel"]
    assert report.entry.tensor == "dense_1/kernel"
    assert not report.entry.alone
    assert report.entry.analytic == pytest.approx(2 * report.entry.numeric, rel=1e-6)


def test_a_wrong_dx_is_traced_to_the_layers_after_the_last_wrong_tensor(monkeypatch):
    fault(monkeypatch, MaxPooling2D, lambda self, dx, gradients: (1.01 * dx, gradients))
    report = check_directions(small_network())
    assert report.wrong == ["x", "conv2d/kernel", "conv2d/bias"]
    text = " ".join(report.lines())
    assert "All tensors up to conv2d/bias are wrong, and none after it." in text
    assert "The backward pass of conv2d, or the dx of a later layer, may be the cause." in text


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_a_gradient_that_is_nan_infinite_or_missing_is_found(value, monkeypatch):
    def change(self, dx, gradients):
        gradients["kernel"][2, 3] = value
        return dx, gradients

    fault(monkeypatch, Dense, change)
    report = check_directions(Dense(6), (5,))
    assert not report.passed
    assert report.entry.index == (2, 3)


def test_weights_without_a_gradient_count_as_unseen():
    layer = Dense(3)
    layer.build((4,), np.random.default_rng(0), np.float64)
    stack = Stack([layer, ReLU()], dtype=np.float64)
    layer.parameters["bias"][1] = -100.0
    report = check_directions(stack)
    assert report.passed
    assert (report.unseen, report.weights) == (5, 15)
    assert "in any one of 10 of 15 weights would show" in report.lines()[-1]


def test_a_point_that_always_lies_at_a_kink_is_reported():
    layer = Size()
    layer.build((4,), np.random.default_rng(0), np.float64)
    report = check_directions(layer, batch=3)
    assert not report.passed
    assert report.complaints == ["12 values lie at a kink, at each of 5 random points; compare entry by entry instead"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"network": Dense(3)}, "input_shape: expected the shape of one sample"),
        ({"network": Dense, "input_shape": (4,)}, "network: expected a Stack or an instance"),
        ({"network": Stack([])}, "network: expected a Stack or an instance"),
        ({"network": Stack([Dense(2, input_shape=(3,))])}, "expected float64 for gradient checks, but dense/kernel is float32"),
        ({"network": Dense(3), "input_shape": (4,), "batch": 0}, "batch: expected at least 1, got 0"),
        ({"network": Dense(3), "input_shape": (4,), "rounds": 0}, "rounds: expected at least 1, got 0"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        check_directions(**arguments)


@pytest.mark.usefixtures("compiler")
def test_one_of_233162_gradients_is_found(monkeypatch):
    assert (right := network.check_all(3)).passed
    assert right.weights == 233_162
    assert right.unseen < 50

    def change(self, dx, gradients):
        gradients["conv2d_1/kernel"][1, 2, 30, 50] *= 1.001
        return dx, gradients

    fault(monkeypatch, Stack, change)
    report = network.check_all(3)
    assert report.wrong == ["conv2d_1/kernel"]
    assert str(report.entry) == "conv2d_1/kernel[1, 2, 30, 50]"
    assert report.entry.alone


def test_a_layer_without_weights_says_what_was_compared():
    report = check_directions(ReLU(), (4,))
    assert report.passed
    assert report.lines()[-1].strip() == "there are no weights; only the gradient for x was compared"
