"""Steps on arrays, for tests of both engines."""

import numpy as np

from nn.engine.step import Step


class ArraySource:
    """The rows of two arrays; `before` is called with the indices of every fill."""

    def __init__(self, x, targets, before=lambda out, indices: None):
        self.x, self.all_targets, self.before = x, targets, before

    def __len__(self):
        return len(self.x)

    @property
    def image_shape(self):
        return self.x.shape[1:]

    def fill(self, out, indices, epoch):
        out[...] = self.x[indices]
        self.before(out, indices)

    def targets(self, indices, epoch):
        return self.all_targets[indices]


def step_of(model, source, *, rate=1.0, keys=None, number=0):
    """One step of a compiled model over all samples of a source, in their order."""
    return Step(
        source=source,
        indices=np.arange(len(source)),
        epoch=0,
        keys=model.random_keys(3) if keys is None else keys,
        optimizer=model.optimizer,
        slots=model.slots(),
        rate=rate,
        number=number,
    )


def flat_weights(model):
    return np.concatenate([*map(np.ravel, model.get_weights())])
