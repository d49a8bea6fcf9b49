"""The plan: how a batch goes through a model, decided once for its shapes.

Layers stay what they are to a reader, one after another. The plan joins neighbours that one kernel can do together
(convolution, bias, ReLU, pooling; product, bias, ReLU; softmax and cross-entropy), lays out every array that a batch needs,
once, and walks through the steps. `print(plan)` shows it. A test proves that joined and single steps agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from nn.engine.conv_operation import ConvStep
from nn.engine.operations import PART, DenseStep, DropoutStep, FlattenStep, LayerStep, Part, Step
from nn.kernels import elementwise
from nn.kernels.memory import aligned
from nn.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, Softmax
from nn.losses import CategoricalCrossentropy


class Plan:
    """Arrays and steps for batches of up to `batch_size` samples.

    Args:
        layers: built layers.
        batch_size: the most samples at once.
        dtype: of all arrays.
        loss: with a loss the plan trains, without one it predicts (random layers are then left out).
        fuse: False runs every layer by itself, for comparison.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        batch_size: int,
        dtype: np.dtype,
        loss: CategoricalCrossentropy | None = None,
        fuse: bool = True,
    ) -> None:
        self.batch_size = batch_size
        self.loss = loss
        self.softmax_last = _ends_in_softmax(layers)
        self.steps = _steps(layers, loss is not None, fuse)
        parts = self.parts(batch_size)
        self.images = aligned((batch_size, *layers[0].input_shape), dtype)
        array = self.images
        for step in self.steps:
            array = step.bind_forward(array, parts)
        # The logits where the network ends in softmax, else its output.
        self.scores = array
        self.probabilities = aligned(array.shape, dtype)
        if loss is not None:
            self._bind_loss(array, parts)
        self.refresh()

    def _bind_loss(self, scores: NDArray, parts: int) -> None:
        self.targets = aligned(scores.shape, scores.dtype)
        self.losses = np.zeros(parts)
        self.right = np.zeros(parts, np.int64)
        self.dscores = aligned(scores.shape, scores.dtype)
        # Below the first layer that learns there is nothing to carry a gradient to.
        first = next((number for number, step in enumerate(self.steps) if step.layer.parameters), len(self.steps))
        self.learning_steps = self.steps[first:]
        array = self.dscores
        for step in reversed(self.learning_steps):
            array = step.bind_backward(array, parts, needs_dinput=step is not self.learning_steps[0])

    def __str__(self) -> str:
        lines = [f"{number}. {step.describe()}" for number, step in enumerate(self.steps, 1)]
        head = "softmax" if self.softmax_last else ""
        if self.loss is not None:
            head = f"{head} and {self.loss.name} in one pass" if head else self.loss.name
        return "\n".join([*lines, f"{len(lines) + 1}. {head}"] if head else lines)

    @staticmethod
    def parts(samples: int) -> int:
        """How many parts a batch of `samples` is cut into."""
        return -(-samples // PART)

    @staticmethod
    def rows(number: int, samples: int) -> slice:
        """The rows of part `number`."""
        return slice(number * PART, min((number + 1) * PART, samples))

    def refresh(self) -> None:
        """Bring what is derived from the weights up to date; needed when they were changed by other than `update`."""
        for step in self.steps:
            step.refresh()

    def predict_part(self, rows: slice) -> None:
        """`probabilities` of the given rows from `images`."""
        part = Part(rows.start // PART, rows, {})
        for step in self.steps:
            step.forward(part)
        if self.softmax_last:
            elementwise.softmax(self.scores[rows], self.probabilities[rows])
        else:
            self.probabilities[rows] = self.scores[rows]

    def score(self, rows: slice, targets: NDArray, loss: CategoricalCrossentropy) -> tuple[float, int]:
        """The sum of the losses and the number of right answers of rows that were predicted."""
        targets = targets.astype(self.scores.dtype, copy=False)
        if self.softmax_last:
            return elementwise.softmax_cross_entropy(self.scores[rows], targets, 1.0, np.empty_like(targets))
        mean, _ = loss.forward(self.scores[rows], targets)
        return mean * len(targets), int((self.scores[rows].argmax(axis=1) == targets.argmax(axis=1)).sum())

    def train_part(self, part: Part, samples: int, passed: Callable[[Step], None] = lambda step: None) -> None:
        """Forward, loss and backward for one part of a batch of `samples`; calls `passed` after each step on the way back."""
        for step in self.steps:
            step.forward(part)
        self._loss_part(part, samples)
        for step in reversed(self.learning_steps):
            step.backward(part)
            passed(step)

    def _loss_part(self, part: Part, samples: int) -> None:
        rows = part.rows
        scores, targets, dscores = self.scores[rows], self.targets[rows], self.dscores[rows]
        if self.softmax_last:
            loss, right = elementwise.softmax_cross_entropy(scores, targets, 1.0 / samples, dscores)
        else:
            assert self.loss is not None
            mean, cache = self.loss.forward(scores, targets)
            dscores[...] = self.loss.backward(cache) * (len(scores) / samples)
            loss, right = mean * len(scores), (scores.argmax(axis=1) == targets.argmax(axis=1)).sum()
        self.losses[part.number] = loss
        self.right[part.number] = right

    def updates(self) -> list[tuple[Step, int]]:
        """The independent pieces of changing the weights, each a step and a number for its `update`."""
        return [(step, piece) for step in self.learning_steps for piece in range(step.pieces())]


def _ends_in_softmax(layers: Sequence[Layer]) -> bool:
    last = layers[-1]
    return isinstance(last, Softmax) or (isinstance(last, Dense) and last.activation_name == "softmax")


def _steps(layers: Sequence[Layer], training: bool, fuse: bool) -> list[Step]:
    """One step for each layer or group of layers; the final softmax is left to the plan."""
    steps: list[Step] = []
    left = list(layers)
    if isinstance(left[-1], Softmax):
        left.pop()
    while left:
        layer = left.pop(0)
        final_softmax = not left and isinstance(layer, Dense) and layer.activation_name == "softmax"
        if isinstance(layer, Dropout) and not (training and _drops(layer)):
            continue
        if isinstance(layer, Flatten):
            steps.append(FlattenStep(layer))
        elif isinstance(layer, Dense) and (final_softmax or (fuse and layer.activation_name in ("linear", "relu"))):
            relu = layer.activation_name == "relu"
            dropout = left[0] if training and fuse and relu and left and _drops(left[0]) else None
            if dropout:
                left.pop(0)
            steps.append(DenseStep(layer, relu, dropout))
        elif isinstance(layer, Dropout):
            steps.append(DropoutStep(layer))
        elif fuse and isinstance(layer, Conv2D) and layer.activation_name in ("linear", "relu"):
            joined = left.pop(0) if left and layer.activation_name == "relu" and _is_2x2_pool(left[0]) else None
            steps.append(ConvStep(layer, layer.activation_name == "relu", joined))
        else:
            steps.append(LayerStep(layer))
    return steps


def _drops(layer: Layer) -> TypeGuard[Dropout]:
    return isinstance(layer, Dropout) and layer.rate > 0


def _is_2x2_pool(layer: Layer) -> bool:
    return (
        isinstance(layer, MaxPooling2D)
        and layer.pool_size == layer.strides == (2, 2)
        and (layer.padding == "valid" or (layer.input_shape[0] % 2 == 0 and layer.input_shape[1] % 2 == 0))
    )
