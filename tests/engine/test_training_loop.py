"""The loop by itself, around an engine that only writes down its steps: what it counts, in which
order it calls, and what a resumed training takes over.
"""

import contextlib
import math
from dataclasses import replace

import numpy as np
import pytest
from recorded_steps import SECONDS_OF_A_STEP, SECONDS_OF_AN_EVALUATION, network, source_of, trainer_of

from nn import training
from nn.callbacks import Callback, ProgressBar
from nn.engine import inference
from nn.engine.fused import FusedEngine
from nn.engine.textbook import TextbookEngine
from nn.errors import Diverged, InputError
from nn.layers import Dense, Dropout
from nn.models import Sequential
from nn.optimizers import SGD, Adadelta
from nn.training import Progress

# -- Sums and means --------------------------------------------------------------------------------


@pytest.mark.parametrize("seen", [1, 2, 7])
def test_means_are_sums_divided_by_the_samples_seen(seen):
    assert Progress(loss_sum=3.0 * seen, right=0.5 * seen, seen=seen).logs() == {"loss": 3.0, "accuracy": 0.5}


def test_means_of_nothing_are_zero():
    assert Progress().logs() == {"loss": 0.0, "accuracy": 0.0}


def test_an_epoch_is_its_samples_however_the_batches_divide_them(recorder):
    # Batches of 4, 4 and 2 samples: 2 + 2 + 1 right answers, and losses of 3 for each sample but in
    # the first batch.
    recorder.losses = {1: 4.0}
    trainer = trainer_of(epochs=1)
    history = trainer.run()
    assert [len(step) for step in recorder.steps] == [4, 4, 2]
    assert history.history == {"loss": [(4 + 6 * 3) / 10], "accuracy": [0.5]}
    assert recorder.closed


def test_a_penalty_counts_for_every_sample_and_once_in_a_validation(recorder):
    model = network(kernel_regularizer="l2")
    penalty = model.penalty()
    assert penalty > 0
    history = trainer_of(model=model, validation=source_of(2)).run().history
    assert history["loss"] == pytest.approx([3 + penalty] * 2, rel=1e-12)
    assert history["val_loss"] == pytest.approx([0.5 + penalty] * 2, rel=1e-12)
    assert history["val_accuracy"] == [0.25] * 2


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_evaluation_adds_the_penalty_to_the_loss(engine):
    model = network(kernel_regularizer="l2")
    plain = Sequential([Dropout(0.5, input_shape=(3,)), Dense(2, activation="softmax")])
    plain.compile(optimizer=SGD())
    plain.set_weights(model.get_weights())
    loss, accuracy = training.evaluate(plain, source_of(5), engine=engine)
    assert loss == pytest.approx(math.log(2))  # zeros: both classes are as likely
    assert training.evaluate(model, source_of(5), engine=engine) == pytest.approx((loss + model.penalty(), accuracy), rel=1e-6)


# -- Time ------------------------------------------------------------------------------------------


def test_an_epoch_takes_the_time_of_its_steps_and_of_its_validation(recorder):
    history = trainer_of(validation=source_of(2)).run()
    assert history.seconds == [3 * SECONDS_OF_A_STEP + SECONDS_OF_AN_EVALUATION] * 2


def test_a_resumed_epoch_adds_to_the_time_it_took_before(recorder):
    trainer = trainer_of(epochs=1)
    trainer.progress = Progress(0, 1, seconds=100.0, seen=4)
    assert trainer.run().seconds == [100 + 2 * SECONDS_OF_A_STEP]


# -- Beginning and ending --------------------------------------------------------------------------


def test_there_are_as_many_batches_as_the_samples_need():
    for samples, batch_size, expected in ((10, 4, 3), (8, 4, 2), (3, 4, 1), (4, 1, 4)):
        trainer = trainer_of(samples, batch_size)
        assert (trainer.steps_in_epoch, trainer.batch_size) == (expected, min(samples, batch_size))


def test_a_resumed_training_returns_the_whole_history(recorder):
    first = trainer_of(epochs=1)
    first.run()
    second = trainer_of(epochs=3, model=first.model)
    second.progress = replace(first.progress)
    history = second.run()
    assert history.epoch == [0, 1, 2]
    assert [entry["epoch"] for entry in second.progress.history] == [1, 2, 3]
    assert len(recorder.steps) == 9
    assert len(second.progress.norms) == 3


class Witness(Callback):
    """Writes down every event with its number, and what it is told."""

    def __init__(self):
        self.seen = []

    def __getattribute__(self, name):
        if not name.startswith("on_"):
            return super().__getattribute__(name)
        return lambda *arguments: self.seen.append((name.removeprefix("on_"), *arguments))


def test_every_event_comes_in_its_place_with_the_means_so_far(recorder):
    witness = Witness()
    trainer_of(samples=5, epochs=1, validation=source_of(2), callbacks=[witness]).run()
    nothing, first, whole = ({"loss": loss, "accuracy": accuracy} for loss, accuracy in ((0, 0), (3, 0.5), (3, 0.4)))
    tested = {"loss": 0.5, "accuracy": 0.25}
    assert witness.seen == [
        ("train_begin", nothing),
        ("epoch_begin", 0, nothing),
        ("train_batch_begin", 0, nothing),
        ("train_batch_end", 0, first),
        ("train_batch_begin", 1, first),
        ("train_batch_end", 1, whole),
        ("test_begin", {}),
        ("test_end", tested),
        ("epoch_end", 0, {**whole, "val_loss": 0.5, "val_accuracy": 0.25}),
        ("train_end", nothing),
    ]


@pytest.mark.parametrize("who", ["trainer", "model"])
def test_the_training_stops_after_the_batch_in_which_it_is_asked_to(recorder, who):
    class Stop(Callback):
        def on_batch_end(self, batch, logs):
            if len(recorder.steps) == 4:
                if who == "trainer":
                    self.trainer.stop_requested = True
                else:
                    self.model.stop_training = True

    trainer = trainer_of(epochs=3, callbacks=[Stop()])
    history = trainer.run()
    assert len(recorder.steps) == 4
    assert (trainer.progress.epoch, trainer.progress.step) == (1, 1)
    assert history.epoch == [0]


def test_a_loss_that_is_no_number_ends_the_training_and_says_where(recorder):
    recorder.losses = {5: math.nan}
    trainer = trainer_of()
    with pytest.raises(Diverged, match="the loss became nan in epoch 2, batch 2"):
        trainer.run()
    assert (trainer.progress.seen, trainer.model.iterations) == (4, 4)
    assert recorder.closed


def test_a_validation_loss_that_is_no_number_ends_the_training(recorder):
    recorder.evaluated = (math.inf, 0.0)
    with pytest.raises(Diverged, match="the validation loss became inf after epoch 1"):
        trainer_of(validation=source_of(2)).run()


# -- Engines ---------------------------------------------------------------------------------------


def test_an_engine_goes_by_its_name():
    model = network()
    for name, kind in (("fused", FusedEngine), ("layers", TextbookEngine)):
        with contextlib.closing(training.engine_for(model, name, 4, 1)) as engine:
            assert type(engine) is kind
    for use in (lambda: training.engine_for(model, "fast", 4, 1), lambda: training.evaluate(model, source_of(2), engine="fast")):
        with pytest.raises(InputError, match="engine: expected one of fused, layers, got 'fast'"):
            use()


def test_the_textbook_engine_evaluates_with_the_layers(monkeypatch):
    called = []
    monkeypatch.setattr(inference, "evaluate", lambda *_: called.append("fused") or (0.0, 0.0))
    training.evaluate(network(), source_of(2), engine="layers")
    assert not called
    training.evaluate(network(), source_of(2))
    assert called == ["fused"]


@pytest.mark.parametrize(("engine", "expected"), [("fused", 1), ("layers", 0)])
@pytest.mark.parametrize("bar", [True, False])
def test_only_the_first_step_of_the_fused_engine_may_compile_and_a_bar_reports_it(
    recorder, monkeypatch, engine, expected, bar, capsys
):
    reports = []

    @contextlib.contextmanager
    def first_step(model, *, reported):
        assert not recorder.steps
        reports.append(reported)
        yield

    monkeypatch.setattr(training, "first_step", first_step)
    trainer_of(engine=engine, callbacks=[ProgressBar(), Callback()] if bar else [Callback()]).run()
    assert reports == [bar] * expected


def test_the_average_of_the_weights_replaces_them_only_at_the_end(recorder):
    model = network(Adadelta(use_ema=True))
    seen = []

    class Watch(Callback):
        def on_epoch_end(self, epoch, logs):
            seen.append(model.get_weights()[0].copy())

    before = model.get_weights()[0]
    for slots in model.slots().values():
        slots[-1][...] = 7.0
    trainer_of(model=model, epochs=3, callbacks=[Watch()]).run()
    for found, expected in zip(seen, (before, before, np.full_like(before, 7)), strict=True):
        np.testing.assert_array_equal(found, expected)
