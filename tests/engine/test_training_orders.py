"""Which samples, keys and rates each step of a training takes, from the beginning and when it is
resumed.
"""

from itertools import chain

import pytest
from recorded_steps import network, trainer_of

from nn.optimizers import SGD
from nn.optimizers.schedules import Cosine
from nn.training import Progress


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
