"""Our own network as a contender: through the public `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from benchmarks.machine import versions
from benchmarks.peers import data
from benchmarks.peers.contender import Call, Contender, Job
from benchmarks.peers.network import ADAM_RATE, EPSILON, LEARNING_RATE, MOMENTUM, RHO, VARIANCE_EPSILON, Network, with_activations
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, ReLU
from nn.models import Sequential
from nn.optimizers import Adadelta, Adam
from nn.train.recipe import BEST, CLASSIC, FAST
from nn.train.setup import rate_of, training_source


class Ours(Contender):
    """Trains on floats in memory, like the peers."""

    def __init__(self, job: Job) -> None:
        super().__init__(job, versions(("numpy", "numba")))
        images = data.load(job.limit, job.data)
        self.x, self.y = data.prepared(images.x_train, job), images.y_train
        self.x_test, self.y_test = data.prepared(images.x_test, job), images.y_test
        self.model = build(job)

    def epoch(self, index: int) -> None:
        """One call of `fit`."""
        seed = 1000 * self.job.seed + index
        self.model.fit(self.x, self.y, batch_size=self.job.batch_size, verbose=0, seed=seed, threads=self.job.threads)

    def accuracy(self) -> float:
        """Through `evaluate`."""
        return self.model.evaluate(self.x_test, self.y_test, threads=self.job.threads)[1]

    def digest(self) -> str:
        """SHA-256 of the weights."""
        return hashlib.sha256(b"".join(array.tobytes() for array in self.model.get_weights())).hexdigest()

    def calls(self, kind: str) -> dict[str, Call]:
        """`predict` is our only way."""
        if kind == "all":
            return {"predict": lambda: self.model.predict(self.x_test, threads=self.job.threads)}
        image = self.x_test[:1]
        return {"predict": lambda: self.model.predict(image)}


class OursClassic(Ours):
    """Trains on a recipe's images, as `python -m nn.train --classic` does: bytes in memory."""

    recipe = CLASSIC

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        images = data.load(job.limit, job.data)
        self.source = training_source(replace(self.recipe, seed=job.seed), images.x_train, images.y_train)

    def epoch(self, index: int) -> None:
        """One call of `fit`. Every call sees the views of epoch 0, which changes no duration."""
        self.model.fit(self.source, batch_size=self.job.batch_size, verbose=0, seed=index, threads=self.job.threads)


class OursAugmented(OursClassic):
    """Trains on images that are rotated, scaled, sheared and shifted on the fly."""

    recipe = replace(BEST, strokes=0.0, doodles=0.0)


class OursDefault(OursClassic):
    """Trains on all that `python -m nn.train` shows by default."""

    recipe = BEST


class OursFast(OursClassic):
    """Trains as `python -m nn.train --fast` does."""

    recipe = FAST

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        steps = -(-len(self.source) // job.batch_size)
        self.model.compile(optimizer=Adadelta(rate_of(self.recipe, steps), RHO, EPSILON))


def build(job: Job) -> Sequential:
    """The compiled model."""
    model = Sequential(list(_layers(job.network)), seed=job.seed)
    model.build((job.size, job.size, job.what.channels))
    adam = job.what.optimizer == "adam"
    model.compile(optimizer=Adam(ADAM_RATE, epsilon=EPSILON) if adam else Adadelta(LEARNING_RATE, RHO, EPSILON))
    return model


def _layers(network: Network) -> Iterator[Layer]:
    for (kind, *values), (following, *_) in pairwise([*with_activations(network), ("end",)]):
        activation = following if following in ("relu", "softmax") else None
        match kind:
            case "conv":
                yield Conv2D(values[0], values[1], activation=activation)
            case "dense":
                yield Dense(values[0], activation=activation)
            case "norm":
                yield BatchNormalization(momentum=MOMENTUM, epsilon=VARIANCE_EPSILON)
                yield ReLU()
            case "pool":
                yield MaxPooling2D(2)
            case "flatten":
                yield Flatten()
            case "dropout":
                yield Dropout(values[0])
