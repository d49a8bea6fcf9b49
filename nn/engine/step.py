"""One training step in data: which samples it takes, which random keys, and how the weights
change. Both engines work from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.sources import ImageSource
from nn.layers import Layer
from nn.layers.stack import Keys
from nn.optimizers import Optimizer
from nn.utils.weights import weights_of

Slots = dict[str, tuple[NDArray, ...]]


@dataclass(frozen=True)
class Step:
    """A batch, and what becomes of its gradients.

    Attributes:
        source: where the samples come from.
        indices: (N,) the samples of the batch, in order.
        epoch: which a source that varies its samples needs to know.
        keys: a random key for each random layer, by name.
        optimizer: which changes the weights, with
        slots: its arrays for each parameter, "layer/parameter".
        rate: its learning rate in this step.
        number: of the step, counted from 0 since the slots were zeros.
    """

    source: ImageSource
    indices: NDArray[np.int64]
    epoch: int
    keys: Keys
    optimizer: Optimizer
    slots: Slots
    rate: float
    number: int

    def __len__(self) -> int:
        return len(self.indices)

    def fill(self, x: NDArray, targets: NDArray, rows: slice = slice(None)) -> None:
        """Write the batch's samples and targets into the given rows of two arrays of the whole
        batch.
        """
        indices = self.indices[rows]
        self.source.fill(x[rows], indices, self.epoch)
        targets[rows] = self.source.targets(indices, self.epoch)

    def weights(self, rows: slice = slice(None)) -> NDArray | None:
        """How much each of the given rows' samples counts in the loss; None where all count alike."""
        return weights_of(self.source, self.indices[rows])

    def update(self, layer: Layer, name: str, gradient: NDArray, rows: slice = slice(None)) -> None:
        """Let the optimizer change the given rows of a parameter, unless it is frozen; `gradient`
        is that of these rows.
        """
        if not layer.trainable:
            return
        parameter = layer.parameters[name][rows]
        if name in layer.regularizers:
            gradient = gradient + layer.regularizers[name].gradient(parameter)
        slots = tuple(slot[rows] for slot in self.slots[f"{layer.name}/{name}"])
        self.optimizer.update(parameter, gradient, slots, self.rate, self.number)
        if self.optimizer.use_ema:
            self.optimizer.average(parameter, slots[-1], self.number)
