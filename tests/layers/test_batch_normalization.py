"""Batch normalization by hand: training, inference, moving averages, frozen; and the fused kernels
against plain NumPy.
"""

import itertools
import re

import numpy as np
import pytest

from nn.engine.plan import Plan
from nn.errors import InputError
from nn.kernels import batch_norm, pool
from nn.kernels.memory import aligned_copy
from nn.layers import Activation, AveragePooling2D, BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D, ReLU
from nn.models import Sequential, load_model
from nn.optimizers import SGD

RNG = np.random.default_rng(6)


def built(shape=(2,), **options):
    layer = BatchNormalization(**options)
    layer.build(shape, np.random.default_rng(0), np.float64)
    return layer


def test_hand_worked_in_training():
    # Channel 0: (1, 5): mean 3, variance 4; channel 1: (2, 2): mean 2, variance 0. ε = 12: roots 4
    # and √12.
    layer = built(epsilon=12)
    layer.parameters["gamma"][:], layer.parameters["beta"][:] = (8, 5), (1, -1)
    out, cache = layer.forward(np.array([[1.0, 2.0], [5.0, 2.0]]), training=True)
    np.testing.assert_allclose(out, [[8 * -2 / 4 + 1, -1], [8 * 2 / 4 + 1, -1]], rtol=1e-15)
    dx, gradients = layer.backward(np.array([[1.0, 3.0], [0.0, 1.0]]), cache)
    np.testing.assert_allclose(gradients["beta"], [1, 4])
    np.testing.assert_allclose(gradients["gamma"], [-0.5, 0])
    # γ/s (dout - dβ/M - y dγ/M): 2 (1 - 1/2 - ½·½·½) and 5/√12 (3 - 2).
    np.testing.assert_allclose(dx, [[2 * (1 - 0.5 - 0.125), 5 / 12**0.5], [2 * (0 - 0.5 + 0.125), -5 / 12**0.5]], rtol=1e-14)


def test_moving_averages_follow_mean_and_biased_variance():
    layer = built((1,), momentum=0.75)
    assert layer.state["moving_mean"].tolist() == [0]
    assert layer.state["moving_variance"].tolist() == [1]
    x = np.array([[1.0], [5.0]])
    for mean, variance in ((0.75, 1.75), (1.3125, 2.3125)):
        _, cache = layer.forward(x, training=True)
        layer.update_state(cache)
        assert layer.state["moving_mean"].tolist() == [mean]
        assert layer.state["moving_variance"].tolist() == [variance]


def test_outside_of_training_the_averages_count_and_stay():
    layer = built((1,), epsilon=0.5)
    layer.state["moving_mean"][:], layer.state["moving_variance"][:] = 2, 3.5
    out, cache = layer.forward(np.array([[4.0], [0.0], [2.0]]))
    assert out.tolist() == [[1], [-1], [0]]
    layer.update_state(cache)
    assert (layer.state["moving_mean"][0], layer.state["moving_variance"][0]) == (2, 3.5)
    assert layer.backward(np.array([[2.0], [0.0], [4.0]]), cache)[0].tolist() == [[1], [0], [2]]


def test_a_frozen_layer_uses_its_averages_in_training_too_and_keeps_them():
    layer = built((3,), trainable=False)
    x = RNG.standard_normal((4, 3))
    out, cache = layer.forward(x, training=True)
    np.testing.assert_array_equal(out, layer.forward(x)[0])
    layer.update_state(cache)
    assert (layer.state["moving_mean"] == 0).all()


def test_without_center_and_scale_there_is_nothing_to_train():
    layer = built((3,), center=False, scale=False)
    assert not layer.parameters
    assert list(layer.state) == ["moving_mean", "moving_variance"]
    assert list(built((3,)).arrays()) == ["gamma", "beta", "moving_mean", "moving_variance"]
    out, _ = layer.forward(RNG.standard_normal((50, 3)), training=True)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-14)


def test_initializers_and_regularizers_are_obeyed():
    layer = built((3,), gamma_initializer="zeros", moving_variance_initializer="zeros", beta_regularizer="l2")
    assert (layer.parameters["gamma"] == 0).all()
    assert (layer.state["moving_variance"] == 0).all()
    layer.parameters["beta"][:] = 10
    assert layer.penalty() == pytest.approx(3.0)
    again = BatchNormalization(**layer.config())
    assert again.config() == layer.config()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"momentum": 1}, "momentum must be at least 0 and below 1, got 1"),
        ({"momentum": -0.1}, "momentum"),
        ({"momentum": "high"}, "momentum"),
        ({"epsilon": 0}, "epsilon must be a number above 0, got 0"),
        ({"epsilon": "small"}, "epsilon"),
        ({"axis": 1}, r"axis must be -1 or 3, the last axis of samples of shape \(4, 4, 2\), got 1"),
        ({"renorm": True}, "there is no argument 'renorm', only axis, momentum"),
    ],
)
def test_wrong_arguments_are_named(options, said):
    with pytest.raises(InputError, match=said):
        built((4, 4, 2), **options)
    built((4, 4, 2), axis=3)
    built((4, 4, 2), axis=[3])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_moments_are_exact_far_from_zero(dtype, offset):
    x = (RNG.standard_normal((500, 7)) + offset).astype(dtype)
    mean, deviations = np.full((2, 7), np.nan)
    batch_norm.moments(x, mean, deviations)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(mean, wide.mean(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(deviations, ((wide - wide.mean(axis=0)) ** 2).sum(axis=0), rtol=1e-11)


def test_chunks_of_any_size_are_joined_as_if_they_were_one():
    x, gradients = RNG.standard_normal((2, 23, 3)) + 50
    cuts = (0, 9, 10, 23)
    counts, (means, deviations) = np.diff(cuts).astype(np.float64), np.full((2, 5, 3), np.nan)
    for k, (begin, end) in enumerate(itertools.pairwise(cuts)):
        batch_norm.moments(x[begin:end], means[k], deviations[k])
    mean, variance = np.empty((2, 3))
    batch_norm.join_moments(counts, means, deviations, mean, variance)
    np.testing.assert_allclose([mean, variance], [x.mean(axis=0), x.var(axis=0)], rtol=1e-12)

    root, factor = np.sqrt(variance), np.array([1.0, -2.0, 0.5])
    sums = np.full((2, 5, 3), np.nan)
    for k, (begin, end) in enumerate(itertools.pairwise(cuts)):
        sums[:, k] = gradients[begin:end].sum(axis=0), (gradients[begin:end] ** 2).sum(axis=0)
    dgamma, dbeta, slope, shift = np.empty((4, 3))
    batch_norm.join_gradients(counts, sums[0], sums[1], factor, root, dgamma, dbeta, slope, shift)
    np.testing.assert_allclose([dgamma, dbeta], [gradients.sum(axis=0), (gradients**2).sum(axis=0)], rtol=1e-12)
    np.testing.assert_allclose(slope, factor * dgamma / (23 * root), rtol=1e-12)
    np.testing.assert_allclose(shift, factor * dbeta / 23, rtol=1e-12)


def test_a_variance_that_rounding_made_negative_is_zero_and_not_a_number_stays():
    mean, variance = np.empty((2, 3))
    batch_norm.join_moments(np.array([2.0]), np.zeros((1, 3)), np.array([[-1e-20, 0.5, np.nan]]), mean, variance)
    assert variance[:2].tolist() == [0, 0.25]
    assert np.isnan(variance[2])


@pytest.mark.parametrize("with_relu", [True, False])
def test_kernels_are_the_equations(with_relu):
    x, dout = RNG.standard_normal((2, 9, 5))
    mean, root, gamma, beta = x.mean(axis=0), x.std(axis=0) + 0.1, RNG.standard_normal(5), RNG.standard_normal(5)
    out, dx, (dgamma, dbeta) = np.full_like(x, np.nan), np.full_like(x, np.nan), np.full((2, 5), np.nan)
    batch_norm.normalize(x, mean, gamma / root, beta, with_relu, out)
    y = (x - mean) / root
    expected = gamma * y + beta
    np.testing.assert_allclose(out, np.maximum(expected, 0) if with_relu else expected, rtol=1e-12, atol=1e-14)
    batch_norm.gradient_sums(dout, out, x, mean, root, with_relu, dgamma, dbeta)
    dy = dout * (expected > 0) if with_relu else dout
    np.testing.assert_allclose(dbeta, dy.sum(axis=0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dgamma, (dy * y).sum(axis=0), rtol=1e-12, atol=1e-14)
    slope, shift = RNG.standard_normal((2, 5))
    batch_norm.input_gradient(dout, out, x, mean, gamma / root, slope, shift, with_relu, dx)
    np.testing.assert_allclose(dx, gamma / root * dy - slope * (x - mean) - shift, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("with_relu", [True, False])
@pytest.mark.parametrize("shape", [(2, 4, 6, 3), (1, 5, 7, 16), (3, 3, 2, 37)])
def test_joined_with_pooling_the_kernels_do_what_one_after_the_other_does(shape, with_relu, dtype):
    N, H, W, C = shape
    # Few different values, so that some windows have several winners; a factor below 0 turns the
    # order round.
    x, dout = aligned_copy(RNG.integers(-3, 4, shape), dtype), aligned_copy(RNG.standard_normal((N, H // 2, W // 2, C)), dtype)
    mean, beta, slope, shift = (aligned_copy(values, dtype) for values in RNG.standard_normal((4, C)))
    factor = aligned_copy(RNG.choice([-2, 0, 0.5], C), dtype)
    normal, dy, expected = np.empty_like(x), np.zeros_like(x), np.empty_like(x)
    batch_norm.normalize(x.reshape(-1, C), mean, factor, beta, with_relu, normal.reshape(-1, C))
    greatest, places = np.empty_like(dout), np.empty(dout.shape, np.int32)
    pool.maxpool2d_forward(normal, (2, 2), (2, 2), greatest, places)

    out, winner, best, dx = aligned_copy(dout), aligned_copy(places, np.uint8), aligned_copy(dout), aligned_copy(x)
    batch_norm.normalize_pool(x, mean, factor, beta, with_relu, out, winner, best)
    np.testing.assert_allclose(out, greatest, rtol=1e-6, atol=1e-6)
    passes = greatest > 0 if with_relu else np.ones_like(greatest, bool)
    assert passes.any()
    np.testing.assert_array_equal(winner[passes], places[passes])
    n, i, j, c = np.indices(dout.shape)
    np.testing.assert_array_equal(best[passes], x[n, 2 * i + places // 2, 2 * j + places % 2, c][passes])

    pool.maxpool2d_backward(dout, places, (2, 2), (2, 2), dy)
    rows = (array.reshape(-1, C) for array in (dy, normal, x))
    batch_norm.input_gradient(*rows, mean, factor, slope, shift, with_relu, expected.reshape(-1, C))
    batch_norm.input_gradient_pool(dout, out, winner, x, mean, factor, slope, shift, with_relu, dx)
    np.testing.assert_allclose(dx, expected, rtol=1e-5, atol=1e-5)


def test_joined_with_pooling_not_a_number_wins():
    x = aligned_copy(np.array([1.0, np.nan, 3.0, 2.0]).reshape(1, 2, 2, 1))
    out, winner, best = (
        aligned_copy(np.zeros((1, 1, 1, 1))),
        aligned_copy(np.zeros((1, 1, 1, 1)), np.uint8),
        np.zeros((1, 1, 1, 1)),
    )
    batch_norm.normalize_pool(x, *(aligned_copy(np.full(1, value)) for value in (0.0, 1.0, 0.0)), True, out, winner, best)
    assert np.isnan(out).all()
    assert winner.item() == 1


def test_the_arguments_that_are_not_given_are_those_of_keras():
    config = built((3,)).config()
    assert (config["axis"], config["momentum"], config["epsilon"], config["center"], config["scale"]) == (
        -1,
        0.99,
        1e-3,
        True,
        True,
    )
    assert built((3,), momentum=0).config()["momentum"] == 0
    assert list(built((3,), center=False).parameters) == ["gamma"]
    assert list(built((3,), scale=False).parameters) == ["beta"]


def test_not_a_number_passes_relu():
    out = np.empty((1, 1))
    batch_norm.normalize(np.array([[-np.inf]]), np.zeros(1), np.ones(1), np.zeros(1), True, out)
    assert np.isnan(out).all()


def test_the_plan_joins_relu_and_says_that_the_chunks_meet():
    model = Sequential([Dense(4, input_shape=(3,)), BatchNormalization(), ReLU(), BatchNormalization(trainable=False), Dense(2)])
    text = str(Plan(model.layers, 64, model.dtype, model.loss))
    assert "batch_normalization + re_lu: normalized by the batch, whose chunks meet each way, and ReLU in one pass" in text
    assert "batch_normalization_1: normalized by the moving averages" in text
    names = re.findall(r"nn/kernels/batch_norm.py  (\w+)", text)
    meeting = ["moments", "join_moments", "normalize", "gradient_sums", "join_gradients", "input_gradient"]
    assert names == [*meeting, "normalize", "input_gradient"]
    assert len(Plan(model.layers, 64, model.dtype, model.loss).phases) == 3
    assert len(Plan(model.layers, 64, model.dtype).operations) == 4


def test_the_plan_joins_the_usual_pooling_and_no_other():
    def operations(*following):
        model = Sequential([Conv2D(4, 3, input_shape=(9, 9, 1)), BatchNormalization(), *following, Flatten(), Dense(2)])
        return str(Plan(model.layers, 64, model.dtype, model.loss))

    joined = operations(ReLU(), MaxPooling2D())
    assert "batch_normalization + re_lu + max_pooling2d: normalized by the batch, whose chunks meet each way" in joined
    assert "and ReLU in one pass, and the maximum of each window" in joined
    names = re.findall(r"nn/kernels/batch_norm.py  (\w+)", joined)
    assert names == ["moments", "join_moments", "normalize_pool", "gradient_sums", "join_gradients", "input_gradient_pool"]
    assert "batch_normalization + max_pooling2d: " in operations(MaxPooling2D(2))
    for other in (MaxPooling2D(3), MaxPooling2D(2, 1), MaxPooling2D(padding="same"), AveragePooling2D()):
        assert "input_gradient_pool" not in operations(ReLU(), other)


def test_a_frozen_layer_keeps_its_averages_bit_for_bit_in_a_training():
    model = Sequential([Dense(4, input_shape=(3,)), BatchNormalization(trainable=False), Dense(2, activation="softmax")])
    state = model.layers[1].state
    state["moving_mean"][:], state["moving_variance"][:] = RNG.random((2, 4))
    before = {name: array.copy() for name, array in state.items()}
    model.fit(RNG.standard_normal((40, 3)), RNG.integers(2, size=40), epochs=2, verbose=0)
    for name, array in before.items():
        np.testing.assert_array_equal(state[name], array)


def test_a_batch_smaller_than_the_plan_counts_only_its_own_samples():
    model = Sequential([BatchNormalization(input_shape=(3,)), Dense(2, activation="softmax")], dtype=np.float64)
    model.compile(optimizer=SGD(0.1))
    x = RNG.standard_normal((75, 3))
    model.fit(x, RNG.integers(2, size=75), batch_size=64, epochs=1, shuffle=False, verbose=0)
    expected = 0.0
    for part in (x[:64], x[64:]):
        expected = 0.99 * expected + 0.01 * part.mean(axis=0)
    np.testing.assert_allclose(model.layers[0].state["moving_mean"], expected, rtol=1e-12)


def test_a_trained_model_is_saved_and_predicts_the_same(tmp_path):
    model = Sequential(
        [Flatten(input_shape=(3, 1, 1)), Dense(6), BatchNormalization(), Activation("relu"), Dense(2, activation="softmax")]
    )
    x = RNG.standard_normal((40, 3, 1, 1)).astype(np.float32)
    model.fit(x, RNG.integers(2, size=40), epochs=3, verbose=0)
    before = model.predict(x)
    model.save(tmp_path / "m.npz")
    again = load_model(tmp_path / "m.npz")
    np.testing.assert_array_equal(again.predict(x), before)
    again.use_kernels = False
    np.testing.assert_allclose(again.predict(x), before, rtol=0, atol=1e-6)
    assert (again.layers[2].state["moving_mean"] != 0).any()


@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3)])
def test_gradients_of_each_channel_add_up_to_zero(shape):
    # Moving all values of a channel alike changes nothing that is normalized.
    layer, rng = BatchNormalization(), np.random.default_rng(0)
    layer.build(shape, rng, np.float64)
    out, cache = layer.forward(rng.standard_normal((6, *shape)), training=True)
    dx, _ = layer.backward(rng.standard_normal(out.shape), cache)
    np.testing.assert_allclose(dx.sum(axis=tuple(range(len(shape)))), 0, atol=1e-12)
