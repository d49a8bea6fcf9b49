"""A stack of layers that can be trained: with a loss, an optimizer, and what the optimizer keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn.engine.step import Slots
from nn.errors import InputError
from nn.io.compiled import Compiled
from nn.kernels.memory import aligned, aligned_copy
from nn.layers import Layer
from nn.layers.arguments import Shape
from nn.layers.stack import Stack
from nn.losses import CategoricalCrossentropy, Loss
from nn.optimizers import Adadelta, Optimizer


class TrainableStack(Stack):
    """A stack of layers with a loss, an optimizer, and what the optimizer keeps.

    Attributes:
        loss, optimizer, metrics: chosen by `compile`.
        iterations: the steps that the optimizer has done, over all trainings since then.
        stop_training: a callback may set it, as in Keras, to end the training after this step.
    """

    def __init__(self, layers: Sequence[Layer] = (), *, seed: int = 0, dtype: DTypeLike = np.float32) -> None:
        self.loss: Loss = CategoricalCrossentropy()
        self.optimizer: Optimizer = Adadelta()
        self.metrics: list[str] = []
        self._compiled = self.knows_loss = True
        self.iterations = 0
        self.stop_training = False
        self._slots: Slots = {}
        super().__init__(layers, seed=seed, dtype=dtype)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._slots = {name: tuple(map(aligned_copy, slots)) for name, slots in self._slots.items()}

    def build(self, input_shape: Shape) -> None:
        """Give all layers their shapes and initial weights, from the shape of one sample."""
        super().build(input_shape)
        self.forget_steps()

    def choices(self) -> Compiled:
        """What `compile` has chosen, and what the optimizer keeps."""
        slots = self._slots if self._slots.keys() == self.parameters().keys() else {}
        return Compiled(self.optimizer, self.loss, self.metrics, self.iterations, slots)

    def restore(self, choices: Compiled | None, path: Any) -> None:
        """Go on from what a file holds; from nothing, where there is none."""
        self._compiled = self.knows_loss = choices is not None
        if choices is None:
            return
        if choices.slots and choices.slots.keys() != self.parameters().keys():
            raise InputError(f"{path}: the optimizer's arrays are not those of the trained parameters")
        self.optimizer, self.loss, self.metrics = choices.optimizer, choices.loss, choices.metrics
        self._slots = {name: tuple(aligned_copy(slot, self.dtype) for slot in slots) for name, slots in choices.slots.items()}
        self.iterations = choices.iterations

    def _shapes(self) -> list[Shape]:
        """The shapes of the parameters for which the optimizer keeps arrays."""
        return [arrays[0].shape if arrays else () for arrays in self._slots.values()]

    def forget_steps(self) -> None:
        """Begin with the optimizer's arrays at zero."""
        self._slots, self.iterations = {}, 0

    def slots(self) -> Slots:
        """The optimizer's arrays for each parameter, "layer/parameter"; kept from one training to
        the next.
        """
        parameters = self.parameters()
        if self._slots.keys() != parameters.keys() and self._shapes() == [array.shape for array in parameters.values()]:
            # Layers that have joined another model may have got other numbers there.
            self._slots = dict(zip(parameters, self._slots.values(), strict=True))
        if self._slots.keys() != parameters.keys():
            self._slots = {
                name: tuple(aligned(array.shape, array.dtype) for _ in self.optimizer.slots) for name, array in parameters.items()
            }
        return self._slots
