"""A batch as tasks: weights change as soon as no part needs them, in any order, and not at all if anything went wrong."""

import threading
import time

import numpy as np
import pytest

from nn.engine.batch import Batch
from nn.engine.executor import Executor
from nn.engine.operations import PART, Change, Part
from nn.engine.plan import Plan
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential
from nn.optimizers import Adadelta

SAMPLES = 3 * PART + 5
PATIENCE = 60  # seconds until a test calls it a deadlock
RNG = np.random.default_rng(7)
X = RNG.random((SAMPLES, 8, 8, 1), np.float32)
TARGETS = np.eye(3, dtype=np.float32)[RNG.integers(3, size=SAMPLES)]
pytestmark = pytest.mark.usefixtures("compiler")


def prepared(fill=None):
    """A model, and its first batch."""
    layers = [Conv2D(32, 3, activation="relu", input_shape=(8, 8, 1)), MaxPooling2D(), Flatten(), Dense(150, activation="relu")]
    model = Sequential([*layers, Dropout(0.3), Dense(3, activation="softmax")], seed=1)
    model.compile(optimizer=Adadelta())
    plan = Plan(model.layers, SAMPLES, model.dtype, model.loss)

    def fill_part(part):
        plan.images[part.rows] = X[part.rows]
        plan.targets[part.rows] = TARGETS[part.rows]
        if fill:
            fill(plan, part)

    parts = [Part(number, plan.rows(number, SAMPLES), {"dropout": 3 + number}) for number in range(plan.parts(SAMPLES))]
    return model, Batch(plan, parts, fill_part, Change(SAMPLES, len(parts), model.optimizer, model.slots(), 1.0))


def weights_after(executor, fill=None):
    model, batch = prepared(fill)
    executor.run(batch.do, len(batch), batch.give_up)
    return np.concatenate([*map(np.ravel, model.get_weights())])


@pytest.fixture(scope="module")
def untrained():
    return np.concatenate([*map(np.ravel, prepared()[0].get_weights())])


@pytest.fixture(scope="module")
def expected(compiler):
    """By one thread, all parts first."""
    with Executor(1) as executor:
        return weights_after(executor)


def test_any_number_of_threads_gives_the_same_bits(expected, untrained):
    assert (expected != untrained).mean() > 0.5  # the others stand behind a ReLU that no sample has passed
    for threads in (2, 3, 8):
        with Executor(threads) as executor:
            for _ in range(20):
                assert np.array_equal(weights_after(executor), expected)


def test_the_last_layers_change_while_a_part_is_still_on_its_way_back(expected):
    model, batch = prepared()
    convolution = batch.plan.learning_steps[0]
    held, go_on = threading.Event(), threading.Event()
    backward = convolution.backward

    def slow(part):
        if part.number == 3:
            held.set()
            assert go_on.wait(PATIENCE)
        backward(part)

    convolution.backward = slow
    before = [array.copy() for array in model.get_weights()]
    with Executor(2) as executor:
        running = threading.Thread(target=executor.run, args=(batch.do, len(batch), batch.give_up))
        running.start()
        assert held.wait(PATIENCE)
        # The other thread does every piece but the convolution's, which it waits for.
        deadline = time.monotonic() + PATIENCE
        while any((now == then).all() for now, then in zip(model.get_weights()[2:], before[2:], strict=True)):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        assert all((now == then).all() for now, then in zip(model.get_weights()[:2], before[:2], strict=True))
        go_on.set()
        running.join(PATIENCE)
        assert not running.is_alive()
    assert np.array_equal(np.concatenate([*map(np.ravel, model.get_weights())]), expected)


def test_what_everybody_would_wait_for_comes_first_as_soon_as_it_can_be_done():
    _, batch = prepared()
    done = []
    for step in batch.plan.learning_steps:
        step.update = lambda piece, change, step=step: done.append((step, piece))
    for number in range(len(batch)):
        batch.do(number)
    assert done == batch.pieces
    assert done[0][0] is batch.plan.learning_steps[0]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("number", range(4))
def test_a_part_that_fails_ends_the_batch_and_leaves_the_weights(threads, number, untrained):
    def fail(plan, part):
        if part.number == number:
            raise LookupError(f"no images for part {number}")

    model, batch = prepared(fail)
    with Executor(threads) as executor, pytest.raises(LookupError, match=f"no images for part {number}"):
        executor.run(batch.do, len(batch), batch.give_up)
    assert np.array_equal(np.concatenate([*map(np.ravel, model.get_weights())]), untrained)


def test_a_part_that_was_never_begun_holds_nobody_up(untrained):
    # A second Ctrl-C may strike the main thread when it has taken a number and not yet begun.
    model, batch = prepared()
    taken, begun = threading.Event(), threading.Event()

    def do(number):
        if threading.current_thread() is threading.main_thread():
            taken.set()
            assert begun.wait(PATIENCE)
            raise KeyboardInterrupt
        assert taken.wait(PATIENCE)  # else the other thread might do all before the main thread comes
        begun.set()
        batch.do(number)

    with Executor(2) as executor, pytest.raises(KeyboardInterrupt):
        executor.run(do, len(batch), batch.give_up)
    assert np.array_equal(np.concatenate([*map(np.ravel, model.get_weights())]), untrained)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("number", range(4))
def test_a_loss_that_is_not_finite_changes_no_weight(threads, number, untrained):
    def spoil(plan, part):
        if part.number == number:
            plan.images[part.rows] = np.nan

    model, batch = prepared(spoil)
    with Executor(threads) as executor:
        executor.run(batch.do, len(batch), batch.give_up)
    assert not np.isfinite(batch.loss())
    assert np.array_equal(np.concatenate([*map(np.ravel, model.get_weights())]), untrained)
