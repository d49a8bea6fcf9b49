"""Every loss with every end of a network, in both engines; and what does not fit is refused before
it does harm.
"""

import numpy as np
import pytest

from nn.callbacks import EarlyStopping, LambdaCallback
from nn.errors import InputError
from nn.layers import Activation, Dense, Layer, Sigmoid
from nn.losses import BinaryCrossentropy, CategoricalCrossentropy, MeanAbsoluteError, SparseCategoricalCrossentropy
from nn.models import Sequential
from nn.optimizers import SGD

RNG = np.random.default_rng(2)
X = RNG.random((75, 6))
Y = RNG.integers(3, size=75)
ONE_HOT = np.eye(3)[Y]


class OwnSoftmax(Layer):
    """Of which the engines know nothing."""

    def forward(self, x, training=False, rng=None):
        e = np.exp(x)
        out = e / e.sum(axis=1, keepdims=True)
        return out, out

    def backward(self, dout, cache):
        return cache * (dout - (dout * cache).sum(axis=1, keepdims=True)), {}


CASES = {
    "softmax": ([Dense(3, activation="softmax")], "categorical_crossentropy", Y),
    "softmax as a layer of its own": ([Dense(3), Activation("softmax")], "sparse_categorical_crossentropy", Y[:, None]),
    "scores": ([Dense(3)], SparseCategoricalCrossentropy(from_logits=True), Y),
    "smoothed": ([Dense(3)], CategoricalCrossentropy(True, label_smoothing=0.2), ONE_HOT),
    "sigmoids for classes": ([Dense(3, activation="sigmoid")], "sparse_categorical_crossentropy", Y.astype(float)),
    "a softmax of one's own": ([Dense(3), OwnSoftmax()], "categorical_crossentropy", ONE_HOT),
    "binary": ([Dense(1, activation="sigmoid")], "binary_crossentropy", (Y > 0).astype(int)),
    "binary, a layer of its own": ([Dense(1), Sigmoid()], "binary_crossentropy", (Y > 0)[:, None]),
    "binary scores": ([Dense(1)], BinaryCrossentropy(from_logits=True), (Y > 0).astype(float)),
    "binary, three questions, smoothed": ([Dense(3, activation="sigmoid")], BinaryCrossentropy(label_smoothing=0.1), ONE_HOT),
    "binary, softmax": ([Dense(3, activation="softmax")], "binary_crossentropy", ONE_HOT),
    "squares of a softmax": ([Dense(3, activation="softmax")], "mse", ONE_HOT),
    "regression": ([Dense(1)], "mean_squared_error", 4 * X[:, 0] - 2),
    "absolute": ([Dense(2, activation="tanh")], "mae", X[:, :2] - 0.5),
}


def trained(layers, loss, y, engine, **options):
    model = Sequential(
        [Dense(5, activation="tanh"), *[type(layer)(**{**layer.config(), "name": None}) for layer in layers]], dtype=np.float64
    )
    model.compile(loss=loss, optimizer=SGD(0.1, 0.9), metrics=["accuracy"])
    history = model.fit(X, y, epochs=3, batch_size=40, verbose=0, validation_data=(X, y), engine=engine, **options).history
    return model, {name: values for name, values in history.items() if name != "seconds"}


@pytest.mark.parametrize(("layers", "loss", "y"), CASES.values(), ids=CASES)
def test_both_engines_agree_and_the_loss_falls(layers, loss, y):
    fused, history = trained(layers, loss, y, "fused")
    plain, plain_history = trained(layers, loss, y, "layers")
    for array, expected in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-10)
    for name, values in history.items():
        assert values == pytest.approx(plain_history[name], rel=1e-9), name
    assert history["loss"][-1] < history["loss"][0]
    assert fused.evaluate(X, y) == pytest.approx([history["val_loss"][-1], history["val_accuracy"][-1]], rel=1e-12)
    assert fused.evaluate(X, y, engine="layers") == pytest.approx(fused.evaluate(X, y), rel=1e-12)


@pytest.mark.parametrize("name", ["binary", "binary scores"])
def test_accuracy_of_one_output_is_the_side_of_one_half(name):
    layers, loss, y = CASES[name]
    model, history = trained(layers, loss, y, "fused")
    output = model.predict(X)[:, 0]
    middle = 0.0 if name == "binary scores" else 0.5
    assert history["val_accuracy"][-1] == np.mean((output > middle) == (y > 0.5))


def regression(loss="mse", **options):
    model = Sequential([Dense(1, input_shape=X.shape[1:])])
    model.compile("sgd", loss, **options)
    return model


class OwnLoss(MeanAbsoluteError):
    name = "own"


@pytest.mark.parametrize("engine", ["fused", "layers"])
@pytest.mark.parametrize("loss", ["mse", "mae", OwnLoss()])
def test_a_regression_keeps_no_accuracy_unless_it_is_asked_for(loss, engine, capsys):
    y = 4 * X[:, 0] + 3
    model = regression(loss)
    history = model.fit(X, y, epochs=1, validation_data=(X, y), engine=engine).history
    assert set(history) == {"loss", "val_loss"}
    assert "accuracy" not in history
    found = model.evaluate(X, y, engine=engine, verbose=1)
    assert found == pytest.approx(history["val_loss"][-1])
    assert model.evaluate(X, y, return_dict=True) == {"loss": pytest.approx(found)}
    assert model.test_on_batch(X, y) == pytest.approx(found)
    assert model.train_on_batch(X, y) == pytest.approx(found)
    assert "acc" not in capsys.readouterr().out
    asked = regression(loss, metrics=["acc"])
    assert set(asked.fit(X, y, verbose=0, engine=engine).history) == {"loss", "acc"}
    assert asked.evaluate(X, y)[1] == 0


def test_callbacks_of_a_regression_see_no_accuracy():
    y = 4 * X[:, 0] + 3
    seen = []
    watch = LambdaCallback(
        on_batch_end=lambda batch, logs: seen.append(set(logs)), on_epoch_end=lambda epoch, logs: seen.append(set(logs))
    )
    with pytest.warns(UserWarning, match="EarlyStopping does nothing: 'val_accuracy' is not among loss, val_loss"):
        regression().fit(X, y, len(X), validation_data=(X, y), callbacks=[watch, EarlyStopping("val_accuracy")], verbose=0)
    assert seen == [{"loss"}, {"loss", "val_loss"}]


@pytest.mark.parametrize("engine", ["fused", "layers"])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"])
def test_a_network_without_its_last_activation_is_refused_with_what_to_do(engine, loss):
    y = ONE_HOT if loss == "binary_crossentropy" else Y
    with pytest.raises(InputError, match=r"takes probabilities.*let the network end in activation=.*from_logits=True"):
        trained([Dense(3)], loss, y, engine)


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_softmax_before_a_loss_of_scores_is_applied_once_with_a_warning(engine):
    with pytest.warns(UserWarning, match="from_logits=True, but the network ends in softmax; it is applied once"):
        model, _ = trained([Dense(3, activation="softmax")], SparseCategoricalCrossentropy(from_logits=True), Y, engine)
    expected, _ = trained([Dense(3, activation="softmax")], "sparse_categorical_crossentropy", Y, engine)
    for array, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("name", ["scores", "binary", "regression"])
def test_any_number_of_threads_gives_the_same_bits(name):
    first, history = trained(*CASES[name], "fused", threads=1)
    for threads in (2, 5):
        model, other = trained(*CASES[name], "fused", threads=threads)
        assert other == history
        for array, expected in zip(model.get_weights(), first.get_weights(), strict=True):
            np.testing.assert_array_equal(array, expected)
