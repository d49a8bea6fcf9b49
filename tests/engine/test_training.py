"""The order of the samples, and training and predicting from several threads and processes at
once.
"""

import copy
import functools
import gc
import io
import itertools
import multiprocessing
import os
import threading
import weakref

import numpy as np
import pytest

from nn.callbacks import Callback, ProgressBar
from nn.datasets.sources import ScaledImages
from nn.engine import compiling
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential
from nn.optimizers import Adadelta
from nn.training import Trainer

RNG = np.random.default_rng(3)
X = RNG.random((70, 6, 6, 1), np.float32)
Y = RNG.integers(0, 4, 70)
pytestmark = pytest.mark.usefixtures("compiler")

PATIENCE = 120  # seconds until a test calls it a deadlock


def trained(threads=2):
    layers = [Conv2D(4, 3, activation="relu", input_shape=(6, 6, 1)), MaxPooling2D(), Flatten()]
    model = Sequential([*layers, Dropout(0.3), Dense(4, activation="softmax")], seed=1)
    model.compile(optimizer=Adadelta())
    model.fit(X, Y, batch_size=32, epochs=2, verbose=0, threads=threads)
    return model


def bits(model):
    return b"".join(array.tobytes() for array in model.get_weights()) + model.predict(X).tobytes()


@pytest.fixture(scope="module")
def expected():
    return bits(trained())


def put_bits(pipe):
    pipe.send_bytes(bits(trained()))
    pipe.close()


def orders(samples, epochs, shuffle=True):
    """The order in which a training sees its samples, a tuple for each epoch."""
    seen = []

    class Watched(ScaledImages):
        def fill(self, out, indices, epoch):
            seen.append((epoch, indices.tolist()))
            super().fill(out, indices, epoch)

    model = Sequential([Dense(2, activation="softmax", input_shape=(1,))])
    model.compile(optimizer=Adadelta())
    source = Watched(np.zeros((samples, 1), np.float32), np.zeros(samples, np.uint8), 1.0, 2)
    Trainer(model, source, batch_size=3, epochs=epochs, shuffle=shuffle, threads=1).run()
    return [tuple(itertools.chain(*(each for at, each in seen if at == epoch))) for epoch in range(epochs)]


def test_without_shuffling_every_epoch_has_the_order_of_the_data():
    assert orders(8, 2, shuffle=False) == [tuple(range(8))] * 2


def test_shuffling_takes_every_order_equally_often():
    # 24 orders of 4 samples, 40 epochs each; chi-squared with 23 degrees of freedom: mean 23,
    # standard deviation 6.8.
    found = orders(4, 960)
    counts = [found.count(order) for order in itertools.permutations(range(4))]
    assert sum(counts) == 960
    assert sum((count - 40) ** 2 / 40 for count in counts) < 23 + 5 * 6.8


def test_each_epoch_sees_each_sample_once_in_an_order_of_its_own():
    one, other = orders(100, 2)
    assert sorted(one) == sorted(other) == list(range(100))
    assert one != other


def test_trainings_in_several_threads_do_not_disturb_each_other(expected):
    found = []
    threads = [threading.Thread(target=lambda: found.append(bits(trained())), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == [expected] * 4


def test_one_model_predicts_in_several_threads_at_once():
    model = trained()
    alone = [model.predict(X[:count]).tobytes() for count in (1, 5, 32, 70)]
    wrong = []

    def predict():
        for _ in range(20):
            for count, right in zip((1, 5, 32, 70), alone, strict=True):
                if model.predict(X[:count]).tobytes() != right:
                    wrong.append(count)

    threads = [threading.Thread(target=predict, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert not wrong


@pytest.mark.parametrize("method", sorted(set(multiprocessing.get_all_start_methods()) & {"fork", "spawn"}))
@pytest.mark.filterwarnings("ignore:This process")  # Python warns of forks beside threads; that is what is tried here
def test_training_in_another_process_gives_the_same_bits(expected, method):
    # The parent has trained before, so a fork inherits whatever its threads left behind.
    trained()
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=put_bits, args=(theirs,))
    process.start()
    try:
        assert ours.poll(PATIENCE), "no answer: a deadlock"
        assert ours.recv_bytes() == expected
        process.join(PATIENCE)
        assert process.exitcode == 0
    finally:
        process.kill()


def put_prediction(pipe, model):
    pipe.send_bytes(model.predict(X).tobytes())
    pipe.close()


@pytest.mark.parametrize("method", sorted(set(multiprocessing.get_all_start_methods()) & {"fork", "spawn"}))
@pytest.mark.filterwarnings("ignore:This process")
def test_model_can_be_handed_to_another_process(method):
    model = trained()
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=put_prediction, args=(theirs, model))
    process.start()
    try:
        assert ours.poll(PATIENCE), "no answer: a deadlock"
        assert ours.recv_bytes() == model.predict(X).tobytes()
    finally:
        process.kill()


def test_no_thread_and_no_file_stays_behind():
    trained()
    threads = threading.active_count()
    files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(5):
        trained(threads=4)
    assert threading.active_count() == threads
    assert not files or len(os.listdir("/proc/self/fd")) == files


def test_error_in_a_source_ends_the_training_with_that_error():
    class Broken(ScaledImages):
        def fill(self, out, indices, epoch):
            if 60 in indices:
                raise RuntimeError("no such image")
            super().fill(out, indices, epoch)

    model = trained()
    before = threading.active_count()
    with pytest.raises(RuntimeError, match="no such image"):
        Trainer(model, Broken(X, Y, 1.0, 4), batch_size=70, epochs=1, threads=3).run()
    assert threading.active_count() == before


def test_a_callback_after_a_batch_finds_the_next_step_in_the_progress():
    # A checkpoint that it writes goes on there, and does no step twice.
    found = []

    class Watch(Callback):
        def on_train_batch_end(self, batch, logs=None):
            progress = self.trainer.progress
            found.append((batch, progress.step, progress.seen))

    Trainer(trained(), ScaledImages(X, Y, 1.0, 4), batch_size=32, epochs=1, callbacks=[Watch()]).run()
    assert found == [(0, 1, 32), (1, 2, 64), (2, 3, 70)]


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_nothing_of_a_training_stays_in_memory(engine):
    # Not even until garbage is next collected: somebody may train one network after another.
    model = Sequential([Dense(2, activation="softmax", input_shape=(1,))])
    model.compile(optimizer=Adadelta())
    source = ScaledImages(np.zeros((8, 1), np.float32), np.zeros(8, np.uint8), 1.0, 2)
    kept = weakref.ref(source)
    gc.disable()
    try:
        Trainer(model, source, batch_size=4, epochs=1, engine=engine, callbacks=[ProgressBar(io.StringIO())]).run()
        del source
        assert kept() is None
    finally:
        gc.enable()


def test_a_callback_has_its_trainer_while_it_trains_and_can_be_copied_after_that():
    model = Sequential([Dense(2, activation="softmax", input_shape=(1,))])
    model.compile(optimizer=Adadelta())
    x, y = np.zeros((8, 1)), np.zeros(8, int)

    class Nested(Callback):
        seen = ()

        def on_epoch_end(self, epoch, logs):
            outer = self.trainer
            if outer.epochs == 2:
                model.fit(x, y, verbose=0, callbacks=[self])
            assert self.trainer is outer
            self.seen = (*self.seen, outer.epochs)

    callback = Nested()
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    assert callback.seen == (1, 2, 1, 2)
    assert callback.trainer is None
    assert copy.deepcopy(callback).seen == callback.seen


def test_what_compiled_is_not_kept_in_memory(monkeypatch):
    # Until garbage is next collected: a network of the warm-up would be there beside the real one.
    monkeypatch.setattr(compiling, "_is_beside", False)
    network = np.zeros(3)
    kept = weakref.ref(network)
    gc.disable()
    try:
        with compiling.compiled_beside(functools.partial(str, network)):
            pass
        del network
        assert kept() is None
    finally:
        gc.enable()
