"""The steps of a plan: a layer, or a few that stand in a row, working on arrays that are laid out once.

A batch is cut into parts, and every array here holds the whole batch: a part works on its own rows, so several threads can be in
the same step at once. Forward reads `input` and writes `out`, backward reads `dout` and writes `dinput`; the `out` of a step is
the `input` of the next, its `dout` the next one's `dinput`.

What a batch as a whole has to do, summing gradients and changing weights, comes after all parts are through: `pieces` says in
how many independent pieces, `update` does one of them. Each sum has a fixed order, so the number of threads changes no bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.kernels import dense, elementwise, transposition
from nn.kernels.memory import aligned, flat
from nn.layers import Dense, Dropout, Layer
from nn.optimizers import Optimizer

# Samples in a part. It is part of the recipe: sums are taken part by part, so another size changes the last bits.
PART = 32
# The rows of a dense kernel that are updated in one piece. Between two kernels a thread needs Python's lock and may have to wait
# for it, so a few large pieces are faster than many small ones.
ROWS_IN_PIECE = 800
# Inputs from which on it pays to list the gradients that are not 0: the list is as long for few as for many.
MANY_INPUTS = 256

Slots = dict[str, tuple[NDArray, ...]]


class Part(NamedTuple):
    """A part of the batch: its number, its rows, and a random key for each random layer by name."""

    number: int
    rows: slice
    keys: dict[str, int]


class Change(NamedTuple):
    """What `update` needs to know: the samples and parts of this batch, the optimizer, its slots, its rate, and whether this is
    the first step of the training.
    """

    samples: int
    parts: int
    optimizer: Optimizer
    slots: Slots
    rate: float
    first: bool = False

    def apply(self, layer: Layer, name: str, gradient: NDArray, rows: slice = slice(None)) -> None:
        """Let the optimizer change the given rows of a parameter."""
        parameter = layer.parameters[name][rows]
        slots = tuple(slot[rows] for slot in self.slots[f"{layer.name}/{name}"])
        self.optimizer.update(parameter, gradient, slots, self.rate)
        if self.optimizer.use_ema:
            self.optimizer.average(parameter, slots[-1], self.first)


class Step:
    """The base: a step without parameters whose arrays have the shape of its input."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.output_shape = layer.output_shape
        self.input = self.out = self.dout = self.dinput = np.empty(0)
        self.training = False

    def bind_forward(self, source: NDArray, parts: int) -> NDArray:
        """Take the input array (batch, ...) and lay out what forward writes."""
        self.input = source
        self.out = aligned((len(source), *self.output_shape), source.dtype)
        return self.out

    def bind_backward(self, dout: NDArray, parts: int, needs_dinput: bool) -> NDArray:
        """Take the array of upstream gradients and lay out what backward writes (nothing where no layer before it learns)."""
        self.training = True
        self.dout = dout
        self.dinput = aligned((len(self.input) if needs_dinput else 0, *self.input.shape[1:]), dout.dtype)
        return self.dinput

    def forward(self, part: Part) -> None:
        """`out` of the part's rows from `input`."""
        raise NotImplementedError

    def backward(self, part: Part) -> None:
        """`dinput` of the part's rows from `dout`, and the gradients that belong to the part."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Bring what is derived from the weights up to date, after somebody else changed them."""

    def pieces(self) -> int:
        """The number of independent pieces of `update`."""
        return 0

    def update(self, piece: int, change: Change) -> None:
        """Sum the gradients of one piece of the parameters and change them."""

    def describe(self) -> str:
        """One line for the plan."""
        return f"{self.layer.name}: layer by layer"


class FlattenStep(Step):
    """Reads the same memory in another shape."""

    def bind_forward(self, source: NDArray, parts: int) -> NDArray:
        """The input itself."""
        self.input = source
        return source.reshape(len(source), *self.output_shape)

    def bind_backward(self, dout: NDArray, parts: int, needs_dinput: bool) -> NDArray:
        """The upstream gradient itself."""
        return dout.reshape(self.input.shape) if needs_dinput else dout

    def forward(self, part: Part) -> None:
        """Nothing to do."""

    def backward(self, part: Part) -> None:
        """Nothing to do."""

    def describe(self) -> str:
        """One line for the plan."""
        return f"{self.layer.name}: the same memory"


class DropoutStep(Step):
    """Dropout; only training has it."""

    layer: Dropout

    def forward(self, part: Part) -> None:
        """out = input · mask / (1 - rate)."""
        key = np.uint64(part.keys[self.layer.name])
        first = part.rows.start * self.out[0].size
        elementwise.dropout(flat(self.input[part.rows]), key, self.layer.rate, flat(self.out[part.rows]), first)

    def backward(self, part: Part) -> None:
        """dinput = dout · mask / (1 - rate)."""
        if self.dinput.size:
            key = np.uint64(part.keys[self.layer.name])
            first = part.rows.start * self.out[0].size
            elementwise.dropout(flat(self.dout[part.rows]), key, self.layer.rate, flat(self.dinput[part.rows]), first)

    def describe(self) -> str:
        """One line for the plan."""
        return f"{self.layer.name}: mask drawn twice, never stored"


class DenseStep(Step):
    """Dense with bias and ReLU (or none), and dropout where it follows ReLU, in one pass.

    Its weight gradient is one product over the whole batch. Behind ReLU most of dz is zeros; if there are many inputs, only the
    others are multiplied (`dense.sparse_matmul`).
    """

    layer: Dense

    def __init__(self, layer: Dense, relu: bool, dropout: Dropout | None = None) -> None:
        super().__init__(layer)
        self.relu = relu
        self.dropout = dropout
        self.rate = dropout.rate if dropout else 0.0

    def bind_forward(self, source: NDArray, parts: int) -> NDArray:
        """Also a bias of zeros, for the two products that have none."""
        self.no_bias = np.zeros(max(self.layer.parameters["kernel"].shape), source.dtype)
        return super().bind_forward(source, parts)

    def bind_backward(self, dout: NDArray, parts: int, needs_dinput: bool) -> NDArray:
        """Also dz, the gradients, the transposed kernel that the input gradient is a product with, and room to list dz in."""
        kernel = self.layer.parameters["kernel"]
        self.dz = aligned(dout.shape, dout.dtype) if self.relu else dout
        self.dkernel = aligned(kernel.shape, kernel.dtype)
        self.dbias = aligned((kernel.shape[1],), kernel.dtype)
        self.transposed = aligned((kernel.shape[1], kernel.shape[0]), kernel.dtype)
        self.sparse = self.relu and len(kernel) >= MANY_INPUTS
        if self.sparse:
            units = self.layer.units
            self.by_sample = _lists(parts, PART, units, kernel.dtype)
            self.by_unit = _lists(parts, units, PART, kernel.dtype)
            self.blocks = aligned((self.pieces(), units * ROWS_IN_PIECE), kernel.dtype)
        return super().bind_backward(dout, parts, needs_dinput)

    def forward(self, part: Part) -> None:
        """out = dropout(activation(input · kernel + bias))."""
        kernel, bias = self.layer.parameters["kernel"], self.layer.parameters["bias"]
        key = np.uint64(part.keys[self.dropout.name] if self.dropout else 0)
        dense.forward(self.input, kernel, bias, self.relu, key, self.rate, self.out, part.rows.start, part.rows.stop)

    def backward(self, part: Part) -> None:
        """dinput = dz · kernelᵀ."""
        rows, units = part.rows, self.layer.units
        if self.sparse:
            by_row, by_column = (tuple(each[part.number] for each in lists) for lists in (self.by_sample, self.by_unit))
            dense.list_nonzeros(self.dout[rows], self.out[rows], self.rate, rows.start, self.dz[rows], by_row, by_column)
            if self.dinput.size:
                dense.sparse_matmul(tuple(each[None] for each in by_row), self.transposed, 0, self.dinput[rows])
            return
        if self.relu:
            elementwise.relu_dropout_backward(flat(self.dout[rows]), flat(self.out[rows]), self.rate, flat(self.dz[rows]))
        if self.dinput.size:
            dense.matmul(self.dz, units, 1, units, self.transposed, self.no_bias, False, self.dinput, rows.start, rows.stop)

    def refresh(self) -> None:
        """Transpose the kernel."""
        kernel = self.layer.parameters["kernel"]
        if self.training:
            transposition.transpose_rows(kernel, 0, len(kernel), self.transposed)

    def pieces(self) -> int:
        """Blocks of the kernel's rows."""
        return -(-len(self.dkernel) // ROWS_IN_PIECE)

    def update(self, piece: int, change: Change) -> None:
        """dkernel = inputᵀ · dz for a block of rows; the first piece also does the bias."""
        kernel = self.layer.parameters["kernel"]
        inputs = kernel.shape[0]
        rows = slice(piece * ROWS_IN_PIECE, min((piece + 1) * ROWS_IN_PIECE, inputs))
        if self.sparse:
            units, count = self.layer.units, rows.stop - rows.start
            block = self.blocks[piece, : units * count].reshape(units, count)
            dense.sparse_matmul(tuple(each[: change.parts] for each in self.by_unit), self.input, rows.start, block)
            transposition.transpose_rows(block, 0, units, self.dkernel[rows])
        else:
            dense.matmul(self.input, 1, inputs, change.samples, self.dz, self.no_bias, False, self.dkernel, rows.start, rows.stop)
        change.apply(self.layer, "kernel", self.dkernel[rows], rows)
        if self.dinput.size:
            transposition.transpose_rows(kernel, rows.start, rows.stop, self.transposed)
        if piece == 0:
            elementwise.column_sums(self.dz[: change.samples], self.dbias)
            change.apply(self.layer, "bias", self.dbias)

    def describe(self) -> str:
        """One line for the plan."""
        joined = ["product", "bias"] + ["ReLU"] * self.relu + ["dropout"] * (self.dropout is not None)
        names = self.layer.name + (f" + {self.dropout.name}" if self.dropout else "")
        return f"{names}: {', '.join(joined[:-1])} and {joined[-1]} in one pass"


def _lists(parts: int, rows: int, most: int, dtype: np.dtype) -> tuple[NDArray, NDArray, NDArray]:
    """Room for what `dense.list_nonzeros` finds in each part: lengths, places and values of at most `most` entries a row."""
    shape = (parts, rows, most)
    return np.zeros((parts, rows), np.int32), np.zeros(shape, np.int32), aligned(shape, dtype)


class LayerStep(Step):
    """Any layer at all, through its own forward and backward, part by part."""

    def bind_forward(self, source: NDArray, parts: int) -> NDArray:
        """Also a cache for each part."""
        self.caches: list[Any] = [None] * parts
        self.grads: list[dict[str, NDArray]] = [{} for _ in range(parts)]
        return super().bind_forward(source, parts)

    def forward(self, part: Part) -> None:
        """The layer's forward pass."""
        rng: np.random.Generator | None = None
        if self.training and self.layer.random:
            key = part.keys[self.layer.name]
            rng = np.random.default_rng(key)
        out, self.caches[part.number] = self.layer.forward(self.input[part.rows], self.training, rng)
        self.out[part.rows] = out

    def backward(self, part: Part) -> None:
        """The layer's backward pass."""
        dx, self.grads[part.number] = self.layer.backward(self.dout[part.rows], self.caches[part.number])
        self.caches[part.number] = None
        if self.dinput.size:
            self.dinput[part.rows] = dx

    def pieces(self) -> int:
        """One, if there is anything to learn."""
        return 1 if self.layer.parameters else 0

    def update(self, piece: int, change: Change) -> None:
        """Sum the parts' gradients in their order."""
        for name in self.layer.parameters:
            total = self.grads[0][name].astype(self.out.dtype)
            for grads in self.grads[1 : change.parts]:
                total += grads[name]
            change.apply(self.layer, name, np.ascontiguousarray(total))
