"""The loop by itself, around an engine that only writes down its steps: what it counts, in which
order it calls, and what a resumed training takes over.
"""

import contextlib
import math
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from nn import training
from nn.callbacks import Callback, ProgressBar
from nn.datasets.sources import ScaledImages
from nn.engine import inference
from nn.engine.fused import FusedEngine
from nn.engine.textbook import TextbookEngine
from nn.errors import Diverged, InputError
from nn.layers import Dense, Dropout
from nn.models import Sequential
from nn.optimizers import SGD, Adadelta
from nn.optimizers.schedules import Cosine
from nn.training import Progress, Trainer

SECONDS_OF_A_STEP, SECONDS_OF_AN_EVALUATION = 2.0, 5.0


class Clock:
    """Time that passes only while the engine works."""

    now = 1000.0

    def perf_counter(self):
        return self.now


class Recorder:
    """An engine that keeps its steps, trains nothing and always answers the same."""

    def __init__(self, clock):
        self.clock, self.steps, self.closed = clock, [], False
        self.losses, self.evaluated = {}, (0.5, 0.25)

    def train(self, step):
        self.clock.now += SECONDS_OF_A_STEP
        self.steps.append(step)
        assert len(self.steps) < 1000, "an endless training"
        return self.losses.get(len(self.steps), 3.0 * len(step)), len(step) // 2

    def evaluate(self, source):
        self.clock.now += SECONDS_OF_AN_EVALUATION
        return self.evaluated

    def close(self):
        self.closed = True


@pytest.fixture
def recorder(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(training, "time", clock)
    recorder = Recorder(clock)
    monkeypatch.setattr(training, "engine_for", lambda *_: recorder)
    return recorder


def source_of(samples):
    return ScaledImages(np.zeros((samples, 3), np.float32), np.zeros(samples, np.uint8), 1.0, 2)


def network(optimizer=None, **options):
    model = Sequential([Dropout(0.5, input_shape=(3,)), Dense(2, activation="softmax", **options)])
    model.compile(optimizer=optimizer or SGD())
    return model


def trainer_of(samples=10, batch_size=4, epochs=2, model=None, **options):
    return Trainer(model or network(), source_of(samples), batch_size=batch_size, epochs=epochs, **options)


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


# -- Orders, keys and rates ------------------------------------------------------------------------


def seen_by(recorder, **options):
    """For each step: samples, keys, rate, number."""
    return seen_in(recorder, trainer_of(**options))


def seen_in(recorder, trainer):
    recorder.steps = []
    trainer.run()
    return [(step.indices.tolist(), dict(step.keys), step.rate, step.number) for step in recorder.steps]


def orders(steps):
    return [samples for samples, *_ in steps]


def keys(steps):
    return [each["dropout"] for _, each, *_ in steps]


def test_samples_are_shuffled_with_seed_zero_unless_said_otherwise(recorder):
    whole = seen_by(recorder)
    assert whole == seen_by(recorder, shuffle=True, seed=0, initial_epoch=0)
    assert orders(seen_by(recorder, shuffle=False)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] * 2
    other = seen_by(recorder, seed=1)
    assert orders(whole) != orders(other)
    assert not set(keys(whole)) & set(keys(other))


def test_every_epoch_has_an_order_and_every_step_a_key_of_its_own(recorder):
    whole = seen_by(recorder, epochs=5)
    epochs = [[*chain(*orders(whole)[begin : begin + 3])] for begin in range(0, 15, 3)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 5
    assert len({tuple(epoch) for epoch in epochs}) == 5
    assert len(set(keys(whole))) == 15


@pytest.mark.parametrize("batch_size", [3, 4, 10, 100])
def test_epochs_before_the_first_count_as_done_but_their_steps_do_not(recorder, batch_size):
    whole = seen_by(recorder, batch_size=batch_size, epochs=4)
    late = seen_by(recorder, batch_size=batch_size, epochs=4, initial_epoch=2)
    half = len(whole) // 2
    assert [step[:2] for step in late] == [step[:2] for step in whole[half:]]
    assert [step[3] for step in late] == list(range(half))


@pytest.mark.parametrize("batch_size", [3, 4, 10, 100])
def test_a_training_after_a_training_takes_the_orders_and_keys_of_a_longer_one(recorder, batch_size):
    whole = seen_by(recorder, batch_size=batch_size, epochs=3)
    model = network()
    parts = [seen_by(recorder, batch_size=batch_size, epochs=1, model=model) for _ in range(3)]
    assert [step for part in parts for step in part] == whole
    assert model.iterations == len(whole)


@pytest.mark.parametrize("done", [0, 1, 63, 64, 65, 128, 149])
def test_each_step_left_has_the_keys_it_has_in_the_whole_epoch(done):
    # They are drawn for 64 steps at a time.
    def keys_from(begin):
        trainer = trainer_of(samples=150, batch_size=1)
        trainer._epochs_before = 2
        trainer.progress = Progress(1, begin)
        return [dict(each) for each in trainer._keys()]

    whole = keys_from(0)
    assert len(whole) == len({each["dropout"] for each in whole}) == 150
    assert keys_from(done) == whole[done:]


def test_the_rate_is_that_of_the_number_of_steps_done(recorder):
    schedule = Cosine(1.0, 6)
    steps = seen_by(recorder, model=network(SGD(schedule)))
    assert [rate for *_, rate, _ in steps] == [schedule(number) for number in range(6)]


@pytest.mark.parametrize("done", range(9))
def test_a_resumed_training_takes_the_steps_that_are_left(recorder, done):
    def trainer():
        return trainer_of(epochs=3, model=network(SGD(Cosine(1.0, 9))))

    resumed = trainer()
    resumed.model.iterations = done
    resumed.progress = Progress(done // 3, done % 3)
    assert seen_in(recorder, resumed) == seen_in(recorder, trainer())[done:]
    assert resumed.model.iterations == 9


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
