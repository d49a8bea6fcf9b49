"""The operations of a plan: a layer, or a few neighbours in one pass, on arrays that are laid out
once.

A batch is cut into chunks, and every array here holds the whole batch: an operation works on the
rows of one chunk, so that several threads can be in the same operation at once. Forward reads
`input` and writes `out`, backward reads `dout` and writes `dinput`; the `out` of an operation is
the `input` of the next, its `dout` the next one's `dinput`.

Some operations need the whole batch: all chunks meet there. Each chunk may first gather something
(`gather_forward`), then one thread does what concerns the batch (`forward_batch`), and the chunks
go on; likewise on the way back.

Summing the gradients and changing the weights comes after all chunks: `pieces` says in how many
independent pieces, `update` does one of them. Each sum has an order that depends on the shapes
alone, so the number of threads changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.engine.step import Step
from nn.kernels import elementwise
from nn.kernels.memory import aligned, flat
from nn.layers import Dropout, Layer
from nn.layers.stack import Keys, check_gradients, check_output

Kernels = Sequence[Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Chunking:
    """How a full batch is cut: `size` samples in a chunk, the last one may have fewer; `count`
    chunks.
    """

    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of the batch: its index, its rows, and the batch's random keys by layer name."""

    index: int
    rows: slice
    keys: Keys


class Operation:
    """The base: an operation without parameters whose arrays have the shape of its input.

    Attributes:
        layers: those that it stands for, in their order.
        forward_kernels, backward_kernels: the functions that do the work, for `print(plan)`.
        training: whether the plan trains; it sets this before anything else.
        goes_back: whether gradients come this far; not where no layer up to here learns.
        meets: whether all chunks meet before it goes on.
    """

    forward_kernels: Kernels = ()
    backward_kernels: Kernels = ()
    meets: bool = False

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers
        self.layer = layers[0]
        self.output_shape = layers[-1].output_shape
        self.input = self.out = self.dout = self.dinput = np.empty(0)
        self.training = self.goes_back = False

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Take the input array (batch, ...) and lay out what forward writes."""
        self.input = source
        self.out = aligned((len(source), *self.output_shape), source.dtype)
        return self.out

    def bind_backward(self, dout: NDArray, chunking: Chunking, needs_dinput: bool) -> NDArray:
        """Take the array of upstream gradients and lay out what backward writes (nothing where no
        layer before it learns).
        """
        self.dout, self.goes_back = dout, True
        self.dinput = aligned((len(self.input) if needs_dinput else 0, *self.input.shape[1:]), dout.dtype)
        return self.dinput

    def forward(self, chunk: Chunk) -> None:
        """`out` of the chunk's rows from `input`."""
        raise NotImplementedError

    def backward(self, chunk: Chunk) -> None:
        """`dinput` of the chunk's rows from `dout`, and the gradients that belong to the chunk."""
        raise NotImplementedError

    def gather_forward(self, chunk: Chunk) -> None:
        """What a chunk contributes before the chunks meet on the way forward."""

    def forward_batch(self, batch: Chunk) -> None:
        """What is done once, for the whole batch as one chunk, when they have met."""

    def gather_backward(self, chunk: Chunk) -> None:
        """As `gather_forward`, on the way back."""

    def backward_batch(self, batch: Chunk) -> None:
        """As `forward_batch`, on the way back."""

    def refresh(self) -> None:
        """Derive again what depends on the weights, after they were changed by other than
        `update`.
        """

    def pieces(self) -> int:
        """The number of independent pieces of `update`."""
        return 0

    def update(self, piece: int, step: Step, chunks: int) -> None:
        """Sum the gradients of one piece of the parameters over the batch's chunks, and change the
        parameters.
        """

    def describe(self) -> str:
        """What is computed, in a few words."""
        return "layer by layer"


class FlattenOperation(Operation):
    """Reads the same memory in another shape."""

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """The input itself."""
        self.input = source
        return source.reshape(len(source), *self.output_shape)

    def bind_backward(self, dout: NDArray, chunking: Chunking, needs_dinput: bool) -> NDArray:
        """The upstream gradient itself."""
        return dout.reshape(self.input.shape) if needs_dinput else dout

    def forward(self, chunk: Chunk) -> None:
        """Nothing to do."""

    def backward(self, chunk: Chunk) -> None:
        """Nothing to do."""

    def describe(self) -> str:
        """No work."""
        return "the same memory"


class DropoutOperation(Operation):
    """Dropout by itself; only training has it."""

    layer: Dropout
    forward_kernels = backward_kernels = (elementwise.dropout,)

    def forward(self, chunk: Chunk) -> None:
        """out = input · mask / (1 - rate)."""
        self._apply_mask(chunk, self.input, self.out)

    def backward(self, chunk: Chunk) -> None:
        """dinput = dout · mask / (1 - rate)."""
        if self.dinput.size:
            self._apply_mask(chunk, self.dout, self.dinput)

    def _apply_mask(self, chunk: Chunk, source: NDArray, target: NDArray) -> None:
        elementwise.dropout(
            x=flat(source[chunk.rows]),
            key=np.uint64(chunk.keys[self.layer.name]),
            rate=self.layer.rate,
            first=chunk.rows.start * source[0].size,
            out=flat(target[chunk.rows]),
        )

    def describe(self) -> str:
        """The mask is a function of key and index."""
        return "the mask drawn twice, never stored"


class ReLUOperation(Operation):
    """ReLU by itself."""

    backward_kernels = (elementwise.relu_backward,)

    def forward(self, chunk: Chunk) -> None:
        """out = max(0, input)."""
        np.maximum(self.input[chunk.rows], 0, out=self.out[chunk.rows])

    def backward(self, chunk: Chunk) -> None:
        """dinput = dout where out > 0."""
        if self.dinput.size:
            arrays = (array[chunk.rows] for array in (self.dout, self.out, self.dinput))
            elementwise.relu_backward(*map(flat, arrays))


class LayerOperation(Operation):
    """Any layer, through its own forward and backward pass, chunk by chunk."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.forward_kernels, self.backward_kernels = (type(layer).forward,), (type(layer).backward,)

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Also make room for the cache and the gradients of each chunk."""
        self.caches: list[Any] = [None] * chunking.count
        self.gradients: list[dict[str, NDArray]] = [{} for _ in range(chunking.count)]
        return super().bind_forward(source, chunking)

    def forward(self, chunk: Chunk) -> None:
        """The layer's forward pass; with a key if it is a random layer that trains."""
        key = chunk.keys.get(self.layer.name)
        out, self.caches[chunk.index] = self.layer.forward(self.input[chunk.rows], self.training, key)
        check_output(self.layer, out)
        self.out[chunk.rows] = out

    def backward(self, chunk: Chunk) -> None:
        """The layer's backward pass."""
        dx, self.gradients[chunk.index] = self.layer.backward(self.dout[chunk.rows], self.caches[chunk.index])
        check_gradients(self.layer, self.gradients[chunk.index])
        if self.dinput.size:
            self.dinput[chunk.rows] = dx

    def pieces(self) -> int:
        """One, if anything changes after the batch."""
        return 1 if self.layer.state or (self.layer.trainable and self.layer.parameters) else 0

    def update(self, piece: int, step: Step, chunks: int) -> None:
        """Sum the chunks' gradients in their order."""
        for name in self.layer.parameters if self.layer.trainable else ():
            total = self.gradients[0][name].astype(self.out.dtype)
            for gradients in self.gradients[1:chunks]:
                total += gradients[name]
            step.update(self.layer, name, np.ascontiguousarray(total))


class WholeBatchOperation(LayerOperation):
    """A layer whose training pass needs the whole batch: it runs once, when all chunks have met.

    These are layers with `whole_batch`, with state, which changes once a batch, and random layers
    of which nothing else is known: their random numbers must not depend on how the batch is cut.
    """

    meets = True

    def forward_batch(self, batch: Chunk) -> None:
        """The layer's forward pass, given the whole batch as one chunk."""
        super().forward(batch)

    def backward_batch(self, batch: Chunk) -> None:
        """The layer's backward pass, given the whole batch as one chunk."""
        super().backward(batch)

    def forward(self, chunk: Chunk) -> None:
        """Done for all chunks when they met."""

    def backward(self, chunk: Chunk) -> None:
        """Done for all chunks when they met."""

    def update(self, piece: int, step: Step, chunks: int) -> None:
        """The parameters, from the one gradient there is; then the state."""
        super().update(piece, step, 1)
        self.layer.update_state(self.caches[0])

    def describe(self) -> str:
        """It waits for all chunks."""
        return "layer by layer, on the whole batch"


def needs_whole_batch(layer: Layer) -> bool:
    """Whether a layer's training pass must see all samples of the batch at once."""
    return layer.whole_batch or bool(layer.state) or (layer.random and not isinstance(layer, Dropout))
