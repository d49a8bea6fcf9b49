"""`use_ema`: the moving average of the weights, kept beside them and in their place when the
training is over.
"""

import numpy as np
import pytest

from nn.callbacks import Callback
from nn.layers import Conv2D, Dense, Dropout, Flatten
from nn.models import Sequential
from nn.optimizers import SGD, Adadelta
from nn.train.recipe import BEST, CLASSIC
from nn.train.setup import AVERAGED, trainer_for

RNG = np.random.default_rng(5)
X = RNG.random((70, 6, 6, 1), np.float32)
Y = RNG.integers(0, 4, 70)
MOMENTUM = 0.75
pytestmark = pytest.mark.usefixtures("compiler")


class Averaging(Callback):
    """Looks at the weights after every step and averages them in float64; may stop the training."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.last = self.average = None
        self.steps = 0

    def on_train_batch_end(self, batch, logs):
        self.last = [array.astype(np.float64) for array in self.model.get_weights()]
        if self.average is None:
            self.average = self.last
        else:
            pairs = zip(self.average, self.last, strict=True)
            self.average = [MOMENTUM * average + (1 - MOMENTUM) * weight for average, weight in pairs]
        self.steps += 1
        if self.steps == self.stop_after:
            self.model.stop_training = True


def network():
    layers = [Conv2D(4, 3, activation="relu", input_shape=(6, 6, 1)), Flatten(), Dropout(0.3), Dense(4, activation="softmax")]
    return Sequential(layers, seed=1)


def trained(optimizer, watching, **options):
    model = network()
    model.compile(optimizer=optimizer)
    history = model.fit(X, Y, batch_size=32, epochs=2, verbose=0, callbacks=[watching], validation_data=(X, Y), **options)
    return model, history.history


def assert_weights(model, expected):
    for array, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(array, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", [Adadelta, SGD])
@pytest.mark.parametrize("threads", [1, 2])
def test_the_average_takes_the_weights_place_after_the_last_epoch(kind, threads):
    watching = Averaging()
    model, history = trained(kind(0.5, use_ema=True, ema_momentum=MOMENTUM), watching, threads=threads)
    assert_weights(model, watching.average)
    assert watching.steps == 6
    # The last validation is of the weights that are kept; with dropout off, so it can be had
    # again.
    assert [history["val_loss"][-1], history["val_accuracy"][-1]] == model.evaluate(X, Y)


def test_training_itself_is_not_touched():
    without, having = Averaging(), Averaging()
    trained(Adadelta(), without)
    model, _ = trained(Adadelta(use_ema=True), having)
    assert np.array_equal(np.concatenate([*map(np.ravel, without.last)]), np.concatenate([*map(np.ravel, having.last)]))
    assert any((array != last).any() for array, last in zip(model.get_weights(), having.last, strict=True))


def test_a_callback_that_stops_early_gets_the_average_too():
    watching = Averaging(stop_after=4)
    model, _ = trained(Adadelta(use_ema=True, ema_momentum=MOMENTUM), watching)
    assert watching.steps == 4
    assert_weights(model, watching.average)


def test_an_interrupted_training_keeps_the_weights_to_go_on_with():
    class Interrupted(Averaging):
        def on_train_batch_end(self, batch, logs):
            super().on_train_batch_end(batch, logs)
            self.trainer.stop_requested = self.steps == 4

    watching = Interrupted()
    model, _ = trained(Adadelta(use_ema=True, ema_momentum=MOMENTUM), watching)
    assert watching.steps == 4
    assert_weights(model, watching.last)


def test_a_second_fit_continues_the_average_as_in_keras():
    watching = Averaging()
    model, _ = trained(Adadelta(use_ema=True, ema_momentum=MOMENTUM), watching)
    assert model.iterations == watching.steps
    model.fit(X, Y, batch_size=32, epochs=1, verbose=0, callbacks=[watching])
    assert_weights(model, watching.average)


def test_the_classic_recipe_reaches_back_a_tenth_of_the_training():
    train = test = np.zeros((320, 28, 28), np.uint8), np.zeros(320, np.uint8)
    optimizer = trainer_for(CLASSIC, train, test).model.optimizer
    steps = 10 * 3
    # A moving average with momentum m weighs the step k ago with (1 - m) m^k: k is m / (1 - m) in
    # the mean.
    assert optimizer.ema_momentum / (1 - optimizer.ema_momentum) == pytest.approx(AVERAGED * steps)
    assert optimizer.use_ema
    assert not trainer_for(BEST, train, test).model.optimizer.use_ema
