"""Threads hand a batch's work over to each other: every order in which they can, tried one by one,
with arrays that hold NaN wherever this batch has not written yet.
"""

import itertools

import numpy as np
import pytest
from schedules import schedules
from small_steps import ArraySource, flat_weights, poison, step_of

from nn.engine import batch as batches
from nn.engine.batch import Batch
from nn.engine.plan import Plan
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential
from nn.optimizers import SGD

RNG = np.random.default_rng(7)
SAMPLES = 5
X = RNG.random((SAMPLES, 6, 6, 1), np.float32)
TARGETS = np.eye(3, dtype=np.float32)[RNG.integers(3, size=SAMPLES)]
MODELS = {
    "convolution and dense layers": lambda: [
        *(Conv2D(2, 3, activation="relu"), MaxPooling2D(), Flatten()),
        *(Dense(70, activation="relu"), Dropout(0.3), Dense(3, activation="softmax")),
    ],
    "batch normalization": lambda: [Flatten(), Dense(4), BatchNormalization(), Dense(3, activation="softmax")],
}


class Run:
    """A small model and its plan, for one batch after another."""

    def __init__(self, name, monkeypatch):
        self.model = Sequential(MODELS[name](), seed=1)
        self.model.build(X.shape[1:])
        self.model.compile()
        self.start = self.model.get_weights()
        self.plan = Plan(self.model.layers, SAMPLES, self.model.dtype, self.model.loss, chunk=3)
        self.schedule = None
        monkeypatch.setattr(batches, "_Gate", self._gate())
        for operation, what in itertools.product(self.plan.operations, ("forward", "backward", "update")):
            monkeypatch.setattr(operation, what, self._stopping(getattr(operation, what)))
        for phase in self.plan.phases:
            phase.meeting, phase.gather = self._stopping(phase.meeting), self._stopping(phase.gather)

    def _stopping(self, function):
        def stopping(*arguments):
            self.point()
            return function(*arguments)

        return stopping

    def point(self, *ready):
        if self.schedule:
            self.schedule.point(*ready)

    def _gate(self):
        run = self

        class Gate(batches._Gate):
            def arrive(self):
                run.point()
                return super().arrive()

            def open(self):
                run.point()
                super().open()

            def wait(self):
                run.point(self.is_open)
                super().wait()

        return Gate

    def batch(self, schedule, threads, before=lambda out, indices: None):
        """Train one batch from the same start; the weights and state after it."""
        self.model.set_weights(self.start)
        self.model.compile(optimizer=SGD(0.5, momentum=0.9))
        poison(self.plan)
        self.schedule = schedule
        batch = Batch(self.plan, step_of(self.model, ArraySource(X, TARGETS, before)))
        indices = itertools.count()

        def take():
            try:
                while (index := next(indices)) < len(batch):
                    self.point()
                    batch.do(index)
            except BaseException:
                batch.abort()
                raise

        if schedule:
            schedule.run([take] * threads)
        else:
            take()
        self.schedule = None
        return flat_weights(self.model)


@pytest.mark.parametrize(("threads", "preemptions"), [(2, 2), (3, 1)])
@pytest.mark.parametrize("name", MODELS)
def test_every_order_of_the_tasks_gives_the_same_bits(name, threads, preemptions, monkeypatch):
    run = Run(name, monkeypatch)
    expected = run.batch(None, 1)
    assert np.isfinite(expected).all()
    count = 0
    for schedule in schedules(preemptions):
        found = run.batch(schedule, threads)
        assert not schedule.errors, (schedule.taken, schedule.errors)
        assert np.array_equal(found, expected), schedule.taken
        count += 1
    assert count > 100


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("name", MODELS)
def test_in_every_order_a_failure_leaves_the_weights_and_ends_all_threads(name, rows, monkeypatch):
    def fail(out, indices):
        if indices[0] == rows:
            raise LookupError("no image")

    run = Run(name, monkeypatch)
    for schedule in schedules(1):
        found = run.batch(schedule, 2, fail)
        assert [str(error) for error in schedule.errors] == ["no image"], schedule.taken
        assert np.array_equal(found, np.concatenate([*map(np.ravel, run.start)])), schedule.taken
