"""A training of a moment, which a test can stop at any batch, and all that a checkpoint keeps of it."""

from dataclasses import replace

import numpy as np

from nn.callbacks import Callback
from nn.datasets.sources import ScaledImages
from nn.layers import Dense, Dropout
from nn.models import Sequential
from nn.optimizers import Adadelta
from nn.training import Trainer

RNG = np.random.default_rng(5)
X = RNG.random((50, 6), np.float32)
Y = RNG.integers(0, 3, 50)


class StopAfter(Callback):
    """Asks for an end after so many batches, and remembers the steps."""

    def __init__(self, batches=None):
        self.left = batches
        self.seen = []

    def on_batch_end(self, batch, logs):
        self.seen.append((self.trainer.progress.epoch, batch))
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                self.trainer.stop_requested = True


def new_trainer(optimizer=None, callbacks=(), epochs=3, layers=None):
    model = Sequential(
        layers or [Dense(8, activation="relu", input_shape=(6,)), Dropout(0.4), Dense(3, activation="softmax")], seed=1
    )
    model.compile(optimizer=optimizer or Adadelta())
    data = ScaledImages(X, Y, scale=1.0, classes=3)
    return Trainer(model, data, batch_size=16, epochs=epochs, seed=2, validation=data, callbacks=callbacks, threads=1)


def state(trainer):
    progress = replace(trainer.progress, seconds=0.0)
    history = [{**entry, "seconds": 0.0} for entry in progress.history]
    weights = [array.tobytes() for array in trainer.model.get_weights()]
    slots = [array.tobytes() for arrays in trainer.model.slots().values() for array in arrays]
    return weights, slots, replace(progress, history=history)
