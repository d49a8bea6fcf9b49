"""The plan: how a batch goes through a model several times faster than layer by layer, decided
once.

The layers define the network (`nn/layers`); the plan is an optimization of them, and tests check
that it agrees to rounding. It joins neighbours that one kernel computes together (convolution,
bias, ReLU, pooling; product, bias, ReLU, dropout; softmax and cross-entropy), and lays out every
array that a batch needs, once. `print(plan)` says for each operation which layers it stands for,
and which functions compute its forward and its backward pass.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from nn.engine.batch_norm_operation import BatchNormOperation
from nn.engine.batch_norm_pool_operation import BatchNormPoolOperation
from nn.engine.conv_operation import ConvOperation, ConvPoolOperation
from nn.engine.dense_operation import DenseOperation
from nn.engine.head import Head
from nn.engine.operations import (
    Chunk,
    Chunking,
    DropoutOperation,
    FlattenOperation,
    Kernels,
    LayerOperation,
    Operation,
    ReLUOperation,
    WholeBatchOperation,
    needs_whole_batch,
)
from nn.engine.pool_operation import PoolOperation
from nn.kernels import elementwise
from nn.kernels.memory import aligned
from nn.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, ReLU, Reshape
from nn.layers.stack import Keys, with_activation
from nn.losses import Loss

# Samples in a chunk. It is part of the recipe: sums are taken chunk by chunk, so another size
# changes the last bits.
CHUNK = 32


@dataclass
class Phase:
    """What every chunk does before all of them have to meet again: operations, the loss,
    operations on the way back.

    `meeting` is done first, once, for the whole batch; `gather` last, by every chunk, for the next
    meeting.
    """

    meeting: Callable[[Chunk], None] = lambda batch: None
    forward: list[Operation] = field(default_factory=list)
    has_loss: bool = False
    backward: list[Operation] = field(default_factory=list)
    gather: Callable[[Chunk], None] = lambda chunk: None


class Plan:
    """Arrays and operations for batches of up to `batch_size` samples.

    Args:
        layers: built layers.
        batch_size: the most samples at once.
        dtype: of all arrays.
        loss: from which the gradients come, or which is evaluated.
        training: whether the plan trains; otherwise it predicts, and dropout is left out. Without
            it, a plan with a loss trains.
        fuse: False gives every layer an operation of its own, for comparison.
        chunk: the samples of a chunk.

    Attributes:
        operations: in the order of the forward pass.
        learning: those through which gradients go back: from the first with anything to learn.
        images, targets: of the batch, for the caller to fill.
        scores, output: what comes out, before and after a final softmax.
        losses, right: of each chunk: the sum of its losses, and how many answers are right.
        phases: the way of a chunk through a training step.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        batch_size: int,
        dtype: np.dtype,
        loss: Loss | None = None,
        *,
        fuse: bool = True,
        chunk: int = CHUNK,
        training: bool | None = None,
    ) -> None:
        training = loss is not None if training is None else training
        self.batch_size = batch_size
        self.chunk_size = chunk
        self.head = Head(layers, loss)
        self.operations = _operations(self.head.layers, training=training, fuse=fuse)
        self.learning: list[Operation] = []
        self.images = aligned((batch_size, *layers[0].input_shape), dtype)
        chunking = Chunking(chunk, self.chunk_count(batch_size))
        array = self.images
        for operation in self.operations:
            operation.training = training
            array = operation.bind_forward(array, chunking)
        self.scores = array
        self.output = aligned(array.shape, dtype)
        if training:
            self._bind_training(array, chunking)
        self.refresh()

    def _bind_training(self, scores: NDArray, chunking: Chunking) -> None:
        self.targets = aligned(scores.shape, scores.dtype)
        self.losses = np.zeros(chunking.count)
        self.right = np.zeros(chunking.count)
        self.dscores = aligned(scores.shape, scores.dtype)
        # Nothing below the first layer that learns needs a gradient.
        learns = (index for index, operation in enumerate(self.operations) if operation.pieces())
        self.learning = self.operations[next(learns, len(self.operations)) :]
        for before, operation in pairwise(self.operations):
            if isinstance(operation, BatchNormPoolOperation):
                operation.overwrites_input = type(before) is ConvOperation and not before.relu
        array = self.dscores
        for operation in reversed(self.learning):
            array = operation.bind_backward(array, chunking, needs_dinput=operation is not self.learning[0])
        self.phases = self._phases()

    def _phases(self) -> list[Phase]:
        """The way of a chunk, cut where an operation needs the whole batch: once forward, once
        backward.
        """
        phases = [Phase()]
        for operation in self.operations:
            if operation.meets:
                phases[-1].gather = operation.gather_forward
                phases.append(Phase(operation.forward_batch))
            phases[-1].forward.append(operation)
        phases[-1].has_loss = True
        for operation in reversed(self.learning):
            if operation.meets:
                phases[-1].gather = operation.gather_backward
                phases.append(Phase(operation.backward_batch))
            phases[-1].backward.append(operation)
        return phases

    def chunk_count(self, samples: int) -> int:
        """How many chunks a batch of `samples` is cut into."""
        return -(-samples // self.chunk_size)

    def chunks(self, samples: int, keys: Keys) -> list[Chunk]:
        """The chunks of a batch of `samples`."""
        begins = range(0, samples, self.chunk_size)
        return [Chunk(index, slice(begin, min(begin + self.chunk_size, samples)), keys) for index, begin in enumerate(begins)]

    def refresh(self) -> None:
        """Derive again what depends on the weights; needed when they were changed by other than
        the plan's operations.
        """
        for operation in self.operations:
            operation.refresh()

    def predict(self, samples: int) -> None:
        """`output` of the first `samples` images, at most a chunk, without dropout."""
        chunk = Chunk(0, slice(0, samples), {})
        for operation in self.operations:
            operation.forward(chunk)
        self.head.output(self.scores[:samples], self.output[:samples])

    def backward_from_loss(self, chunk: Chunk, samples: int, weights: NDArray | None = None) -> None:
        """The chunk's losses, and the gradient of the mean loss of a batch of `samples` for its
        scores.
        """
        rows = chunk.rows
        loss, right = self.head.losses(self.scores[rows], self.targets[rows], self.dscores[rows], samples, weights)
        self.losses[chunk.index], self.right[chunk.index] = loss, right

    def updates(self) -> list[tuple[Operation, int]]:
        """The independent pieces of changing the weights, each an operation and an index for its
        `update`.
        """
        return [(operation, piece) for operation in self.learning for piece in range(operation.pieces())]

    def _head_kernels(self) -> Kernels:
        loss = self.head.loss
        if loss is None:
            return [elementwise.softmax]
        if not self.head.joined:
            return [type(loss).of_outputs]
        return [elementwise.softmax_cross_entropy if loss.joined_with == "softmax" else type(loss).of_scores]

    def __str__(self) -> str:
        lines: list[str] = []
        for index, operation in enumerate(self.operations, 1):
            names = " + ".join(layer.name for layer in operation.layers)
            lines.append(f"{index}. {names}: {operation.describe()}")
            lines += _lines("forward ", operation.forward_kernels)
            if operation in self.learning:
                lines += _lines("backward", operation.backward_kernels)
        if str(self.head):
            lines.append(f"{len(self.operations) + 1}. {self.head}")
            lines += _lines("forward ", self._head_kernels())
        return "\n".join(lines)


def _lines(what: str, kernels: Kernels) -> list[str]:
    """A line for each function: where it is defined, and its name."""
    return [f"   {what}  {kernel.__module__.replace('.', '/')}.py  {kernel.__qualname__}" for kernel in kernels]


def _operations(layers: Sequence[Layer], *, training: bool, fuse: bool) -> list[Operation]:
    """An operation for each layer or group of layers."""
    operations: list[Operation] = []
    left = list(layers)
    while left:
        layer = left.pop(0)
        if isinstance(layer, Dropout) and not (training and layer.rate > 0):
            continue
        if fuse and (type(layer) is Dense or type(layer) is Conv2D):
            left[:0] = _activation_apart(layer, left)
            layer = left.pop(0)
        following = left[0] if left else None
        if type(layer) is BatchNormalization:
            relu = [left.pop(0)] if fuse and _is_relu(following) else []
            pool = left[0] if fuse and left else None
            if _is_2x2_pool(pool):
                operations.append(BatchNormPoolOperation(layer, relu, pool))
                left.pop(0)
            else:
                operations.append(BatchNormOperation(layer, relu))
        elif training and needs_whole_batch(layer):
            operations.append(WholeBatchOperation(layer))
        elif type(layer) in (Flatten, Reshape):
            operations.append(FlattenOperation(layer))
        elif type(layer) is Dropout:
            operations.append(DropoutOperation(layer))
        elif fuse and type(layer) is Dense:
            joins = training and layer.activation_name == "relu" and type(following) is Dropout and following.rate > 0
            operations.append(DenseOperation(layer, left.pop(0) if joins else None))  # type: ignore[arg-type]
        elif fuse and type(layer) is Conv2D:
            if layer.activation_name == "relu" and _is_2x2_pool(following):
                operations.append(ConvPoolOperation(layer, following))
                left.pop(0)
            else:
                operations.append(ConvOperation(layer))
        elif fuse and _is_relu(layer):
            operations.append(ReLUOperation(layer))
        elif fuse and type(layer) is MaxPooling2D and layer.padded_shape == layer.input_shape:
            operations.append(PoolOperation(layer))
        else:
            operations.append(LayerOperation(layer))
    return operations


def _activation_apart(layer: Dense | Conv2D, following: list[Layer]) -> list[Layer]:
    """The layer with ReLU or no activation, as its operation takes it, and the activation, if it
    has another, as a layer.

    ReLU that follows as a layer of its own is taken in.
    """
    if layer.activation_name == "linear" and following and _is_relu(following[0]):
        following.pop(0)
        return [with_activation(layer, "relu")]
    if layer.activation_name in ("linear", "relu"):
        return [layer]
    activation = copy.copy(layer.activation)
    activation.name = f"{layer.name}/{layer.activation_name}"
    activation.build(layer.output_shape, np.random.default_rng(0), np.float32)
    return [with_activation(layer, "linear"), activation]


def _is_relu(layer: Layer | None) -> bool:
    return type(layer) is ReLU or (type(layer) is Activation and layer.activation_name == "relu")


def _is_2x2_pool(layer: Layer | None) -> TypeGuard[MaxPooling2D]:
    return (
        type(layer) is MaxPooling2D
        and layer.pool_size == layer.strides == (2, 2)
        and (layer.padding == "valid" or (layer.input_shape[0] % 2 == 0 and layer.input_shape[1] % 2 == 0))
    )
