"""Sequential.fit learns, the same bits from the same seed, and refuses what does not fit before it
trains.
"""

import numpy as np
import pytest
from tiny_models import X, Y, bits, fitted, small_model

from nn.callbacks import Callback
from nn.errors import InputError
from nn.layers import Dense, Flatten, Layer, Softmax
from nn.models import Sequential
from nn.optimizers import SGD
from nn.training import Diverged
from nn.utils import to_categorical


def test_history_holds_a_value_an_epoch():
    _, history = fitted(epochs=3, validation_data=(X[:20], Y[:20]))
    assert history.epoch == [0, 1, 2]
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 3 for values in history.history.values())


def test_same_seed_same_bits():
    first, history = fitted(seed=4)
    second, again = fitted(seed=4)
    assert bits(first) == bits(second)
    assert history.history["loss"] == again.history["loss"]
    assert bits(fitted(seed=5)[0]) != bits(first)


@pytest.mark.parametrize("engine", ["layers", "fused"])
def test_one_epoch_three_times_is_three_epochs(engine):
    # Otherwise each call would see its samples in the same order and under the same masks.
    model = small_model()
    losses = [model.fit(X, Y, batch_size=20, epochs=1, verbose=0, engine=engine).history["loss"][0] for _ in range(3)]
    whole, history = fitted(batch_size=20, epochs=3, engine=engine)
    assert losses == history.history["loss"]
    assert bits(model) == bits(whole)


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
