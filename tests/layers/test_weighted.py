"""What layers with weights are told: bias or none, frozen or not, initializers and regularizers;
all is obeyed, and saved.
"""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D
from nn.layers.initializers import Constant
from nn.layers.regularizers import L1, L1L2, L2, Regularizer, regularizer_named
from nn.models import Sequential, load_model
from nn.optimizers import SGD

RNG = np.random.default_rng(8)
X = RNG.random((40, 6, 6, 1), np.float32)
Y = RNG.integers(0, 3, 40)


def model_of(*, seed=1, **options):
    layers = [
        Conv2D(4, 3, activation="relu", input_shape=(6, 6, 1), **options),
        MaxPooling2D(),
        Flatten(),
        Dense(5, activation="relu", **options),
        Dense(3, activation="softmax"),
    ]
    model = Sequential(layers, seed=seed)
    model.compile(optimizer=SGD(0.1, 0.9))
    return model


def weights(model):
    return {name: array.copy() for name, array in model.arrays().items()}


@pytest.mark.parametrize("engine", ["fused", "layers"])
@pytest.mark.parametrize("frozen", [[0], [3], [0, 3], [4], [0, 3, 4]])
def test_frozen_layers_stay_as_they_are_and_the_others_learn(engine, frozen):
    model = model_of()
    for index in frozen:
        model.layers[index].trainable = False
    before = weights(model)
    model.fit(X, Y, epochs=2, verbose=0, engine=engine)
    for index, layer in enumerate(model.layers):
        for name, array in layer.arrays().items():
            assert np.array_equal(array, before[f"{layer.name}/{name}"]) == (index in frozen), (index, name)


def test_a_layer_that_is_thawed_learns_in_the_next_training():
    model = model_of()
    model.layers[0].trainable = False
    model.fit(X, Y, verbose=0)
    before = weights(model)
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert (model.layers[0].parameters["kernel"] != before["conv2d/kernel"]).any()


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_the_penalty_is_part_of_the_loss_that_is_reported(engine):
    plain, regularized = model_of(), model_of(kernel_regularizer=L2(0.5))
    regularized.set_weights(plain.get_weights())
    kernels = [regularized.layers[index].parameters["kernel"].astype(float) for index in (0, 3)]
    penalty = 0.5 * sum((kernel**2).sum() for kernel in kernels)
    assert regularized.penalty() == pytest.approx(penalty, rel=1e-12)
    assert regularized.evaluate(X, Y, engine=engine)[0] == pytest.approx(plain.evaluate(X, Y)[0] + penalty, rel=1e-6)
    histories = [model.fit(X, Y, batch_size=40, verbose=0, engine=engine).history for model in (plain, regularized)]
    assert histories[1]["loss"][0] == pytest.approx(histories[0]["loss"][0] + penalty, rel=1e-6)


def test_the_gradient_of_the_penalty_reaches_the_weights():
    # No gradient but the penalty's: with the images at 0 and a frozen rest, w ← w - η (l1 sign w +
    # 2 l2 w).
    model = Sequential([Dense(3, activation="softmax", kernel_regularizer=L1L2(0.1, 0.2), input_shape=(2,))], dtype=np.float64)
    model.compile(optimizer=SGD(0.5))
    model.layers[0].parameters["kernel"][...] = [[1, -2, 3], [0, 4, -5]]
    model.fit(np.zeros((4, 2)), np.zeros(4, int), batch_size=4, verbose=0)
    w = np.array([[1, -2, 3], [0, 4, -5]])
    np.testing.assert_allclose(model.layers[0].parameters["kernel"], w - 0.5 * (0.1 * np.sign(w) + 0.4 * w), rtol=1e-12)


def test_what_was_told_is_saved(tmp_path):
    options = {"use_bias": False, "kernel_initializer": Constant(0.5), "kernel_regularizer": "l1_l2", "trainable": False}
    model = model_of(**options)
    assert [list(layer.parameters) for layer in (model.layers[0], model.layers[3])] == [["kernel"], ["kernel"]]
    assert (model.layers[0].parameters["kernel"] == 0.5).all()
    model.save(tmp_path / "m.npz")
    again = load_model(tmp_path / "m.npz")
    assert [layer.config() for layer in again.layers] == [layer.config() for layer in model.layers]
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    again.use_kernels = False
    np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=0, atol=1e-6)


def test_defaults_are_not_written():
    assert Dense(3, name="d").config() == {"name": "d", "activation": "linear", "units": 3}
    assert Dropout(0.5, name="d").config() == {"name": "d", "rate": 0.5}


def test_unknown_arguments_are_named_with_those_there_are():
    with pytest.raises(
        InputError, match=r"Dense: there is no argument 'activity_regularizer', only units, activation, .*trainable"
    ):
        Dense(3, activity_regularizer="l2")
    with pytest.raises(InputError, match="Layer: there is no argument 'dtype'"):
        Layer(dtype="float64")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Conv2D(3, 3, data_format="NCHW"), "Conv2D: data_format must be 'channels_last' or 'channels_first'"),
        (lambda: Conv2D(3, 3, 1, "valid", "channels_first"), "Conv2D: expected data_format 'channels_first' by its name"),
        (lambda: Conv2D(3, 3, dilation_rate=2), "dilation_rate of 1"),
        (lambda: Conv2D(4, 3, groups=2), "one group"),
        (lambda: MaxPooling2D(data_format=1), "MaxPooling2D: data_format"),
        (lambda: Dense(3, kernel_regularizer="ridge"), "Dense: a regularizer must be 'l1', 'l2', 'l1_l2'"),
        (lambda: L2(-1), "L2: l2 must be a number of at least 0, got -1"),
        (lambda: L1("much"), "L1: l1 must be"),
        (lambda: regularizer_named({"l1": 0.1}, "Dense"), "a regularizer must be"),
    ],
)
def test_what_is_not_there_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_regularizers_by_name_object_and_config():
    assert (L1().l1, L1().l2, L2().l1, L2().l2, L1L2().l1, L1L2().l2) == (0.01, 0, 0, 0.01, 0, 0)
    assert regularizer_named(None, "Dense") is None
    for given, expected in (("l1", (0.01, 0)), ("L2", (0, 0.01)), ("l1_l2", (0.01, 0.01)), ({"l1": 1.0, "l2": 2.0}, (1, 2))):
        found = regularizer_named(given, "Dense")
        assert isinstance(found, Regularizer)
        assert (found.l1, found.l2) == expected


def test_a_penalty_and_its_gradient_by_hand():
    # w = (3, -1, 0): R = 0.1 · 4 + 0.01 · 10, and the gradient 0.1 sign w + 0.02 w.
    w = np.array([3.0, -1.0, 0.0])
    assert L1L2(0.1, 0.01)(w) == pytest.approx(0.5, rel=1e-12)
    np.testing.assert_allclose(L1L2(0.1, 0.01).gradient(w), [0.16, -0.12, 0], rtol=1e-12)
    found = regularizer_named("l1l2", "Dense")
    assert (found.l1, found.l2) == (0.01, 0.01)
    for wrong in (3, {"l1": 0.1, "l3": 0.1}):
        with pytest.raises(InputError, match="Dense: a regularizer must be"):
            regularizer_named(wrong, "Dense")
    with pytest.raises(InputError, match="L1L2: l2 must be a number of at least 0"):
        L1L2(0.1, np.inf)
