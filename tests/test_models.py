"""Sequential behaves as Keras' users expect, and says clearly what it cannot do."""

import io

import numpy as np
import pytest

from nn.callbacks import Callback
from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, Softmax
from nn.losses import categorical_crossentropy
from nn.models import Sequential, load_model
from nn.optimizers import SGD, Adadelta
from nn.recipes import student_network
from nn.training import Diverged
from nn.utils import to_categorical

RNG = np.random.default_rng(11)
X = RNG.random((75, 6, 6, 1), np.float32)
Y = RNG.integers(0, 4, 75)


def small_model(seed=0, dropout=0.3):
    model = Sequential(seed=seed)
    model.add(Conv2D(4, kernel_size=(3, 3), activation="relu", input_shape=(6, 6, 1)))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(5, activation="relu"))
    model.add(Dropout(dropout))
    model.add(Dense(4, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
    return model


def fitted(**options):
    model = small_model()
    history = model.fit(X, Y, **{"batch_size": 20, "epochs": 2, "verbose": 0, **options})
    return model, history


def bits(model):
    return [array.tobytes() for array in model.get_weights()]


# -- Building ------------------------------------------------------------------------------------------------------------------


def test_students_network_has_233162_parameters():
    out = io.StringIO()
    student_network().summary(file=out)
    assert "Total parameters: 233,162" in out.getvalue()
    for line in ("conv2d (Conv2D)", "(None, 24, 24, 32)", "832", "dense (Dense)", "204,928", "dropout_1 (Dropout)"):
        assert line in out.getvalue()


def test_layers_are_named_as_in_keras():
    assert [layer.name for layer in student_network().layers][:6] == [
        "conv2d",
        "max_pooling2d",
        "conv2d_1",
        "max_pooling2d_1",
        "flatten",
        "dense",
    ]


def test_weights_come_in_keras_order_and_layout():
    shapes = [array.shape for array in small_model().get_weights()]
    assert shapes == [(3, 3, 1, 4), (4,), (16, 5), (5,), (5, 4), (4,)]


def test_weights_are_copies_and_go_back():
    model, other = small_model(seed=1), small_model(seed=2)
    weights = model.get_weights()
    other.set_weights(weights)
    assert bits(other) == bits(model)
    weights[0][...] = 0
    assert bits(other) == bits(model)


def test_set_weights_takes_all_or_nothing():
    model = small_model()
    before = bits(model)
    weights = model.get_weights()
    for wrong, says in ((weights[:-1], "6 arrays"), ([*weights[:-1], np.zeros(5)], "dense_1/bias"), ([], "6 arrays")):
        with pytest.raises(InputError, match=says):
            model.set_weights(wrong)
        assert bits(model) == before


def test_model_without_input_shape_is_built_by_fit():
    model = Sequential([Flatten(), Dense(4, activation="softmax")])
    with pytest.raises(InputError, match="input shape"):
        model.get_weights()
    model.fit(X, Y, verbose=0)
    assert model.input_shape == (6, 6, 1)
    assert model.output_shape == (4,)


def test_what_cannot_be_added_is_refused_and_leaves_the_model_as_it_was():
    model = small_model()
    names = [layer.name for layer in model.layers]
    for wrong in (Conv2D(3, 3), Dense(3, name="dense"), "Dense", model.layers[0]):
        with pytest.raises(InputError, match=r"\w"):
            model.add(wrong)
        assert [layer.name for layer in model.layers] == names


def test_wrong_arguments_of_compile():
    model = small_model()
    for wrong in ({"loss": "mse"}, {"optimizer": "adam"}, {"optimizer": 3}, {"metrics": ["auc"]}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            model.compile(**wrong)


# -- Learning ------------------------------------------------------------------------------------------------------------------


def test_history_holds_a_value_an_epoch():
    _, history = fitted(epochs=3, validation_data=(X[:20], Y[:20]))
    assert history.epoch == [0, 1, 2]
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    assert all(len(values) == 3 for values in history.history.values())


def test_same_seed_same_bits():
    first, history = fitted(seed=4)
    second, again = fitted(seed=4)
    assert bits(first) == bits(second)
    assert history.history["loss"] == again.history["loss"]
    assert bits(fitted(seed=5)[0]) != bits(first)


@pytest.mark.parametrize("threads", [2, 3, 5])
@pytest.mark.parametrize("batch_size", [75, 64, 20, 1])
def test_number_of_threads_changes_no_bit(threads, batch_size):
    one, history = fitted(threads=1, batch_size=batch_size, epochs=1)
    many, again = fitted(threads=threads, batch_size=batch_size, epochs=1)
    assert bits(one) == bits(many)
    assert history.history["loss"] == again.history["loss"]
    assert one.evaluate(X, Y, threads=1) == many.evaluate(X, Y, threads=threads)


def test_one_hot_targets_and_labels_train_alike():
    labels, _ = fitted()
    model = small_model()
    model.fit(X, to_categorical(Y, 4), batch_size=20, epochs=2, verbose=0)
    assert bits(model) == bits(labels)


def test_batch_larger_than_the_data_is_all_of_it():
    assert bits(fitted(batch_size=75)[0]) == bits(fitted(batch_size=1000)[0])


def test_integers_and_missing_channel_axis_are_taken():
    model = Sequential([Flatten(input_shape=(6, 6, 1)), Dense(4, activation="softmax")])
    model.compile(optimizer="sgd")
    images = (X[..., 0] * 255).astype(np.uint8)
    assert model.predict(images).shape == (75, 4)
    assert np.allclose(model.predict(images), model.predict(images.astype(float)[..., None]), atol=1e-6)


@pytest.mark.usefixtures("compiler")
def test_it_learns():
    x = np.zeros((64, 6, 6, 1), np.float32)
    y = np.arange(64) % 4
    for sample, label in enumerate(y):
        x[sample, label, :, 0] = 1
    model = small_model(seed=2, dropout=0)
    model.fit(x, y, batch_size=16, epochs=60, verbose=0)
    assert model.evaluate(x, y)[1] == 1.0


def test_callbacks_see_every_event_in_order():
    class Witness(Callback):
        def __init__(self):
            self.seen = []

        def on_train_begin(self, logs):
            self.seen.append("begin")

        def on_epoch_begin(self, epoch, logs):
            self.seen.append(f"epoch {epoch}")

        def on_batch_end(self, batch, logs):
            self.seen.append(batch)

        def on_epoch_end(self, epoch, logs):
            self.seen.append(sorted(logs))

        def on_train_end(self, logs):
            self.seen.append("end")

    witness = Witness()
    fitted(batch_size=40, callbacks=[witness], validation_data=(X, Y))
    after = ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert witness.seen == ["begin", "epoch 0", 0, 1, after, "epoch 1", 0, 1, after, "end"]


def test_progress_goes_to_stdout_only_when_asked(capsys):
    fitted(verbose=0)
    assert capsys.readouterr().out == ""
    fitted(verbose=1)
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"y": Y[:-1]}, "75 inputs but 74 labels"),
        ({"y": None}, "labels are missing"),
        ({"y": Y + 1}, "labels"),
        ({"y": Y - 1}, "labels"),
        ({"y": Y + 0.5}, "whole numbers|labels"),
        ({"y": np.full((75, 3), 1 / 3)}, "labels"),
        ({"x": X[:, :5]}, r"\(75, 5, 6, 1\)"),
        ({"x": X.astype(complex)}, "real numbers"),
        ({"x": X.astype(str)}, "real numbers"),
        ({"x": np.where(X > 0.99, np.nan, X)}, "finite"),
        ({"x": np.where(X > 0.99, np.inf, X)}, "finite"),
        ({"x": X[:0], "y": Y[:0]}, "at least one sample"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"epochs": 0}, "epochs"),
        ({"threads": 0}, "threads"),
        ({"validation_data": (X[:, :5], Y)}, "validation_data"),
        ({"validation_data": (X, Y[:3])}, "validation_data"),
    ],
)
def test_fit_refuses_what_does_not_fit_before_it_trains(arguments, says):
    model = small_model()
    before = bits(model)
    with pytest.raises(InputError, match=says) as error:
        model.fit(**{"x": X, "y": Y, "verbose": 0, **arguments})
    assert "\n" not in str(error.value)
    assert bits(model) == before


def test_diverging_training_stops_at_the_batch_and_names_the_layer():
    model = small_model()
    model.compile(optimizer=SGD(1e30))
    with pytest.raises(Diverged, match=r"epoch 1, batch [23].*layer (conv2d|dense)"):
        model.fit(X, Y, batch_size=20, epochs=5, verbose=0)


# -- Predicting ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 75])
def test_predictions_are_probabilities_and_do_not_depend_on_company(count):
    model, _ = fitted()
    found = model.predict(X[:count])
    assert found.shape == (count, 4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(found, model.predict(X)[:count], atol=1e-6)


def test_plain_numpy_and_kernels_agree():
    model, _ = fitted()
    kernels = model.predict(X)
    model.use_kernels = False
    np.testing.assert_allclose(model.predict(X), kernels, atol=1e-5)
    model.warm_up()
    assert model.use_kernels


def test_logits_are_the_scores_before_softmax():
    model, _ = fitted()
    for kernels in (True, False):
        model.use_kernels = kernels
        scores = model.logits(X).astype(np.float64)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), model.predict(X), atol=1e-5)


def test_evaluate_is_mean_loss_and_accuracy_of_predict(capsys):
    model, _ = fitted()
    loss, accuracy = model.evaluate(X, Y, verbose=1)
    probabilities = model.predict(X)
    assert accuracy == (probabilities.argmax(axis=1) == Y).mean()
    assert loss == pytest.approx(categorical_crossentropy(Y, probabilities).mean(), rel=1e-5)
    assert f"accuracy {accuracy:.4f}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (X[:, :4], "expected shape"),
        (X[0, 0], "expected shape"),
        (np.float32(3), "expected shape"),
        (X * np.nan, "finite"),
        ([["a"]], "expected"),
    ],
)
def test_predict_refuses_what_does_not_fit(x, says):
    with pytest.raises(InputError, match=says):
        small_model().predict(x)


@pytest.mark.parametrize("kernels", [True, False])
def test_output_that_is_no_number_is_told(kernels, recwarn):
    model = small_model()
    model.set_weights([np.full_like(weight, 1e30) for weight in model.get_weights()])
    model.use_kernels = kernels
    with pytest.raises(InputError, match="too large"):
        model.predict(X)
    assert not recwarn.list


def test_softmax_may_be_a_layer_of_its_own():
    joined = Sequential([Flatten(input_shape=(6, 6, 1)), Dense(4, activation="softmax")], seed=5)
    apart = Sequential([Flatten(input_shape=(6, 6, 1)), Dense(4), Softmax()], seed=5)
    for model in (joined, apart):
        model.compile()
        model.fit(X, Y, batch_size=20, epochs=2, verbose=0)
    assert bits(joined) == bits(apart)


def test_layer_of_ones_own_trains_in_a_model():
    class Scale(Layer):
        def build(self, input_shape, rng, dtype):
            super().build(input_shape, rng, dtype)
            self.add_parameter("factor", np.ones(input_shape[-1]), dtype)

        def forward(self, x, training=False, rng=None):
            return x * self.parameters["factor"], x

        def backward(self, dout, cache):
            return dout * self.parameters["factor"], {"factor": (dout * cache).sum(axis=0)}

    model = Sequential([Flatten(input_shape=(6, 6, 1)), Scale(), Dense(4, activation="softmax")])
    model.compile()
    before = model.get_weights()
    model.fit(X, Y, batch_size=20, epochs=1, verbose=0)
    assert all((mine != theirs).any() for mine, theirs in zip(model.get_weights(), before, strict=True))


def test_saved_and_loaded_model_predicts_the_same_bits(tmp_path):
    model, _ = fitted()
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    assert bits(loaded) == bits(model)
    assert loaded.predict(X).tobytes() == model.predict(X).tobytes()
