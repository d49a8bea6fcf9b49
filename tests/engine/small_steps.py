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


# The parameters themselves, and zeros that are laid out once: of padding, of products without a
# bias, and of rows of filters that end in part of a vector.
LASTING = {"bias", "no_bias", "padded", "filters"}


def poison(plan):
    """NaN in every array that a batch must write before it reads it."""
    plan.images[...] = plan.targets[...] = plan.dscores[...] = np.nan
    plan.losses[...] = np.nan
    for operation in plan.operations:
        for name, array in vars(operation).items():
            if isinstance(array, np.ndarray) and array.dtype.kind == "f" and name not in LASTING:
                array[...] = np.nan
    plan.refresh()


def flat_weights(model):
    return np.concatenate([*map(np.ravel, model.get_weights())])
