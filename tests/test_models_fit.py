"""Sequential.fit learns, the same bits from the same seed, and refuses what does not fit before it
trains.
"""

import io
import sys

import numpy as np
import pytest
from tiny_models import X, Y, bits, fitted, small_model

from nn.callbacks import Callback
from nn.errors import InputError
from nn.layers import Dense, Flatten, Layer, Rescaling, Softmax
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


def flat_model(*first, **options):
    model = Sequential([*first, Flatten(), Dense(4, activation="softmax")], **options)
    model.compile(optimizer="sgd")
    return model


def trained(**options):
    """The bits of a small model after `fit`."""
    model = small_model()
    model.fit(X, Y, **{"verbose": 0, **options})
    return bits(model)


def test_fit_alone_is_one_shuffled_epoch_in_batches_of_32(capsys):
    model = small_model()
    history = model.fit(X, Y)
    assert history.epoch == [0]
    assert list(history.history) == ["loss", "accuracy"]
    assert bits(model) == trained(batch_size=32, epochs=1, shuffle=True, initial_epoch=0, validation_split=0.0, seed=0)
    assert bits(model) != trained(batch_size=33)
    assert bits(model) != trained(shuffle=False)
    assert bits(model) != trained(seed=1)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("options", "bar"), [({}, True), ({"verbose": "auto"}, True), ({"verbose": 2}, False)])
def test_a_terminal_shows_a_bar_unless_only_the_line_is_asked_for(monkeypatch, options, bar):
    monkeypatch.setattr("sys.stdout", Terminal())
    model = small_model()
    model.fit(X, Y, **options)
    assert ("images" in sys.stdout.getvalue()) == bar
    assert "loss" in sys.stdout.getvalue()


def test_a_training_that_was_ended_goes_on_with_the_next_fit():
    model = small_model()
    model.stop_training = True
    model.fit(X, Y, batch_size=32, verbose=0)
    assert bits(model) == trained()


def batches():
    while True:
        yield X[:20], to_categorical(Y[:20], 4)


@pytest.mark.parametrize("unused", [{"y": Y}, {"batch_size": 20}, {"validation_split": 0.2}, {"sample_weight": np.ones(75)}])
def test_what_goes_with_arrays_is_refused_with_a_generator(unused):
    with pytest.raises(InputError, match=f"fit: {next(iter(unused))} goes with arrays only"):
        small_model().fit(batches(), steps_per_epoch=2, verbose=0, **unused)


def test_what_goes_with_a_generator_is_refused_with_arrays():
    with pytest.raises(InputError, match="fit: steps_per_epoch goes with a generator only"):
        small_model().fit(X, Y, steps_per_epoch=2, verbose=0)
    with pytest.raises(InputError, match="evaluate: steps goes with a generator only"):
        small_model().evaluate(X, Y, steps=2)


def test_a_generator_needs_no_validation_split():
    history = small_model().fit(batches(), steps_per_epoch=2, verbose=0)
    assert history.params["samples"] == 40


def test_the_end_of_the_samples_is_held_out_with_its_weights():
    weights = np.linspace(0.5, 2, 75)
    model, same = small_model(), small_model()
    history = model.fit(X, Y, verbose=0, validation_split=0.2, sample_weight=weights)
    again = same.fit(X[:60], Y[:60], verbose=0, validation_data=(X[60:], Y[60:], weights[60:]), sample_weight=weights[:60])
    assert bits(model) == bits(same)
    assert history.history == again.history
    unweighted = small_model().fit(X, Y, verbose=0, validation_split=0.2)
    plain = small_model().fit(X[:60], Y[:60], verbose=0, validation_data=(X[60:], Y[60:]))
    assert unweighted.history == plain.history != history.history


def test_data_for_the_validation_take_the_place_of_a_split():
    both, data = small_model(), small_model()
    history = both.fit(X, Y, verbose=0, validation_split=0.2, validation_data=(X[:10], Y[:10]))
    assert data.fit(X, Y, verbose=0, validation_data=(X[:10], Y[:10])).history == history.history
    assert bits(both) == bits(data) == trained()


@pytest.mark.parametrize(
    ("images", "layers", "warned"),
    [
        (X, [], False),
        (100 * X, [], False),
        ((X > 0.5).astype(np.uint8), [], False),
        (2 * (X > 0.5).astype(np.uint8), [], True),
        ((255 * X).astype(np.uint8), [], True),
        ((255 * X).astype(np.uint8), [Rescaling(1 / 255)], False),
    ],
    ids=["shares", "large", "bits", "two", "pixels", "rescaled"],
)
def test_whole_pixels_are_noticed_unless_the_model_scales_them(images, layers, warned, recwarn):
    flat_model(*layers).fit(images, Y, verbose=0)
    assert [str(warning.message)[:25] for warning in recwarn] == ["fit: x holds whole number"] * warned
    assert {warning.filename for warning in recwarn} <= {__file__}  # the line that called `fit`


def test_a_list_of_samples_is_no_array_of_pixels(recwarn):
    flat_model().fit((255 * X[:8]).astype(np.uint8).tolist(), Y[:8], verbose=0)
    assert not recwarn.list
