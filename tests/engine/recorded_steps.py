"""Trainings whose engine only writes down its steps, with a clock of its own."""

import numpy as np

from nn.datasets.sources import ScaledImages
from nn.layers import Dense, Dropout
from nn.models import Sequential
from nn.optimizers import SGD
from nn.training import Trainer

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


def source_of(samples):
    return ScaledImages(np.zeros((samples, 3), np.float32), np.zeros(samples, np.uint8), 1.0, 2)


def network(optimizer=None, **options):
    model = Sequential([Dropout(0.5, input_shape=(3,)), Dense(2, activation="softmax", **options)])
    model.compile(optimizer=optimizer or SGD())
    return model


def trainer_of(samples=10, batch_size=4, epochs=2, model=None, **options):
    return Trainer(model or network(), source_of(samples), batch_size=batch_size, epochs=epochs, **options)
