"""A batch as tasks: weights change as soon as no chunk needs them, in any order, and not at all if
anything went wrong.
"""

import threading
import time

import numpy as np
import pytest
from small_steps import ArraySource, flat_weights, step_of

from nn.engine.batch import Batch
from nn.engine.executor import Executor
from nn.engine.operations import Chunk
from nn.engine.plan import CHUNK, Plan
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential
from nn.optimizers import Adadelta

SAMPLES = 3 * CHUNK + 5
PATIENCE = 60  # seconds until a test calls it a deadlock
RNG = np.random.default_rng(7)
X = RNG.random((SAMPLES, 8, 8, 1), np.float32)
TARGETS = np.eye(3, dtype=np.float32)[RNG.integers(3, size=SAMPLES)]
pytestmark = pytest.mark.usefixtures("compiler")


def prepared(before=lambda out, indices: None):
    """A model, and its first batch."""
    layers = [Conv2D(32, 3, activation="relu", input_shape=(8, 8, 1)), MaxPooling2D(), Flatten(), Dense(150, activation="relu")]
    model = Sequential([*layers, Dropout(0.3), Dense(3, activation="softmax")], seed=1)
    model.compile(optimizer=Adadelta())
    plan = Plan(model.layers, SAMPLES, model.dtype, model.loss)
    return model, Batch(plan, step_of(model, ArraySource(X, TARGETS, before)))


def weights_after(executor):
    model, batch = prepared()
    executor.run(batch.do, len(batch), batch.abort)
    return flat_weights(model)


@pytest.fixture(scope="module")
def untrained():
    return flat_weights(prepared()[0])


@pytest.fixture(scope="module")
def expected(compiler):
    """By one thread, all chunks first."""
    with Executor(1) as executor:
        return weights_after(executor)


def test_any_number_of_threads_gives_the_same_bits(expected, untrained):
    assert (expected != untrained).mean() > 0.5  # the others stand behind a ReLU that no sample has passed
    for threads in (2, 3, 8):
        with Executor(threads) as executor:
            for _ in range(20):
                assert np.array_equal(weights_after(executor), expected)


def test_the_last_layers_change_while_a_chunk_is_still_on_its_way_back(expected):
    model, batch = prepared()
    convolution = batch.plan.learning[0]
    held, go_on = threading.Event(), threading.Event()
    backward = convolution.backward

    def slow(chunk):
        if chunk.index == 3:
            held.set()
            assert go_on.wait(PATIENCE)
        backward(chunk)

    convolution.backward = slow
    before = [array.copy() for array in model.get_weights()]
    with Executor(2) as executor:
        running = threading.Thread(target=executor.run, args=(batch.do, len(batch), batch.abort))
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
    assert np.array_equal(flat_weights(model), expected)


def test_the_first_layers_pieces_come_first_as_soon_as_they_can_be_done():
    _, batch = prepared()
    done = []
    for operation in batch.plan.learning:
        operation.update = lambda piece, step, chunks, operation=operation: done.append((operation, piece))
    for index in range(len(batch)):
        batch.do(index)
    assert done == batch.pieces
    assert done[0][0] is batch.plan.learning[0]


def test_where_chunks_meet_the_whole_batch_is_one_chunk_each_way():
    model = Sequential([Flatten(), BatchNormalization(), Dense(3, activation="softmax")], seed=1)
    model.build(X.shape[1:])
    model.compile()
    plan, met = Plan(model.layers, 4 * CHUNK, model.dtype, model.loss), []
    for phase in plan.phases:
        phase.meeting = lambda batch, meeting=phase.meeting: (met.append(batch), meeting(batch))
    keys = {"any": 1}
    batch = Batch(plan, step_of(model, ArraySource(X, TARGETS), keys=keys))
    for index in range(len(batch)):
        batch.do(index)
    assert met == [Chunk(0, slice(0, SAMPLES), keys)] * 2


def test_a_thread_that_comes_before_any_piece_can_be_done_waits_for_the_first_that_will_be():
    # That is the last layer's: gradients come to it first.
    _, batch = prepared()
    *earlier, last = batch.plan.learning
    done, waited_for = [], threading.Event()
    for operation in batch.plan.learning:
        operation.update = lambda *_, operation=operation: (done.append(operation), waited_for.set())
    early = threading.Thread(target=batch.do, args=(len(batch) - 1,), daemon=True)
    early.start()
    backward = earlier[0].backward

    def last_chunks(chunk):
        if chunk.index == len(batch.chunks) - 1:
            assert waited_for.wait(PATIENCE)
        backward(chunk)

    earlier[0].backward = last_chunks
    for index in range(len(batch.chunks)):
        batch.do(index)
    early.join(PATIENCE)
    assert done == [last]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("index", range(4))
def test_a_chunk_that_fails_ends_the_batch_and_leaves_the_weights(threads, index, untrained):
    def fail(out, indices):
        if indices[0] == index * CHUNK:
            raise LookupError(f"no images for chunk {index}")

    model, batch = prepared(fail)
    with Executor(threads) as executor, pytest.raises(LookupError, match=f"no images for chunk {index}"):
        executor.run(batch.do, len(batch), batch.abort)
    assert np.array_equal(flat_weights(model), untrained)


def test_a_chunk_that_was_never_begun_does_not_block_the_others(untrained):
    # A second Ctrl-C may strike the main thread when it has taken an index and not yet begun.
    model, batch = prepared()
    taken, begun = threading.Event(), threading.Event()

    def do(index):
        if threading.current_thread() is threading.main_thread():
            taken.set()
            assert begun.wait(PATIENCE)
            raise KeyboardInterrupt
        assert taken.wait(PATIENCE)  # else the other thread might do all before the main thread comes
        begun.set()
        batch.do(index)

    with Executor(2) as executor, pytest.raises(KeyboardInterrupt):
        executor.run(do, len(batch), batch.abort)
    assert np.array_equal(flat_weights(model), untrained)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("index", range(4))
def test_a_loss_that_is_not_finite_changes_no_weight(threads, index, untrained):
    def spoil(out, indices):
        if indices[0] == index * CHUNK:
            out[...] = np.nan

    model, batch = prepared(spoil)
    with Executor(threads) as executor:
        executor.run(batch.do, len(batch), batch.abort)
    assert not np.isfinite(batch.loss())
    assert np.array_equal(flat_weights(model), untrained)
