"""A dense layer in one pass: product, bias, ReLU and the dropout after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.engine.operations import Chunk, Chunking, Operation
from nn.engine.step import Step
from nn.kernels import dense, elementwise, transposition
from nn.kernels.memory import aligned, flat
from nn.layers import Dense, Dropout

# The rows of a dense kernel that are updated in one piece. Between two kernels a thread needs
# Python's lock and may have to wait for it, so a few large pieces are faster than many small ones.
ROWS_IN_PIECE = 800
# With fewer inputs, listing the gradients that are not 0 costs more than it saves: the list takes
# as long for few as for many.
MANY_INPUTS = 256


class DenseOperation(Operation):
    """Dense with bias and ReLU (or none), and dropout where it follows ReLU.

    The weight gradient is one product over the whole batch. Behind ReLU and dropout most of dz is
    zero; if there are many inputs, only the rest is multiplied (`dense.sparse_matmul`).
    """

    layer: Dense

    def __init__(self, layer: Dense, dropout: Dropout | None = None) -> None:
        super().__init__(layer, *([dropout] if dropout else []))
        self.relu = layer.activation_name == "relu"
        self.dropout = dropout
        self.rate = dropout.rate if dropout else 0.0
        self.sparse = self.relu and layer.input_shape[0] >= MANY_INPUTS
        self.forward_kernels = (dense.forward,)
        self.backward_kernels = (
            (dense.list_nonzeros, dense.sparse_matmul)
            if self.sparse
            else (*([elementwise.relu_dropout_backward] if self.relu else []), dense.matmul)
        )

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Also take the bias, and lay out one of zeros for the two products that have none."""
        self.bias = self.layer.bias()
        self.no_bias = np.zeros(max(self.layer.parameters["kernel"].shape), source.dtype)
        return super().bind_forward(source, chunking)

    def bind_backward(self, dout: NDArray, chunking: Chunking, needs_dinput: bool) -> NDArray:
        """Also lay out the gradients, the transposed kernel for the input gradient, and the lists.

        dz takes the place of dout, which nobody else needs.
        """
        kernel = self.layer.parameters["kernel"]
        self.dkernel = aligned(kernel.shape, kernel.dtype)
        self.dbias = aligned((kernel.shape[1],), kernel.dtype)
        self.transposed = aligned((kernel.shape[1], kernel.shape[0]), kernel.dtype)
        if self.sparse:
            units = self.layer.units
            self.by_sample = _lists(chunking.count, chunking.size, units, kernel.dtype)
            self.by_unit = _lists(chunking.count, units, chunking.size, kernel.dtype)
            self.blocks = aligned((self.pieces(), units * ROWS_IN_PIECE), kernel.dtype)
        return super().bind_backward(dout, chunking, needs_dinput)

    def forward(self, chunk: Chunk) -> None:
        """out = dropout(activation(input · kernel + bias))."""
        dense.forward(
            x=self.input,
            kernel=self.layer.parameters["kernel"],
            bias=self.bias,
            relu=self.relu,
            key=np.uint64(chunk.keys[self.dropout.name] if self.dropout else 0),
            rate=self.rate,
            out=self.out,
            start=chunk.rows.start,
            stop=chunk.rows.stop,
        )

    def backward(self, chunk: Chunk) -> None:
        """dinput = dz · kernelᵀ."""
        rows = chunk.rows
        if self.sparse:
            self._sparse_backward(chunk)
            return
        if self.relu:
            elementwise.relu_dropout_backward(flat(self.dout[rows]), flat(self.out[rows]), self.rate, flat(self.dout[rows]))
        if self.dinput.size:
            units = self.layer.units
            dense.matmul(
                a=self.dout,
                row_stride=units,
                k_stride=1,
                K=units,
                b=self.transposed,
                bias=self.no_bias,
                relu=False,
                out=self.dinput,
                start=rows.start,
                stop=rows.stop,
            )

    def _sparse_backward(self, chunk: Chunk) -> None:
        """List what is not zero in dz, by sample and by unit; the product takes only that."""
        rows, index = chunk.rows, chunk.index
        dense.list_nonzeros(
            dout=self.dout[rows],
            out=self.out[rows],
            rate=self.rate,
            first_row=rows.start,
            dz=self.dout[rows],
            by_row=tuple(each[index] for each in self.by_sample),
            by_column=tuple(each[index] for each in self.by_unit),
        )
        if self.dinput.size:
            lists = tuple(each[index : index + 1] for each in self.by_sample)
            dense.sparse_matmul(lists, self.transposed, 0, self.dinput[rows])

    def refresh(self) -> None:
        """Transpose the kernel."""
        kernel = self.layer.parameters["kernel"]
        if self.goes_back:
            transposition.transpose_rows(kernel, 0, len(kernel), self.transposed)

    def pieces(self) -> int:
        """Blocks of the kernel's rows, unless they are frozen."""
        return 0 if not self.layer.trainable else -(-self.layer.input_shape[0] // ROWS_IN_PIECE)

    def update(self, piece: int, step: Step, chunks: int) -> None:
        """dkernel = inputᵀ · dz for a block of rows; the first piece also does the bias."""
        kernel = self.layer.parameters["kernel"]
        rows = slice(piece * ROWS_IN_PIECE, min((piece + 1) * ROWS_IN_PIECE, len(kernel)))
        self._kernel_gradient(piece, rows, len(step), chunks)
        step.update(self.layer, "kernel", self.dkernel[rows], rows)
        if self.dinput.size:
            transposition.transpose_rows(kernel, rows.start, rows.stop, self.transposed)
        if piece == 0 and self.layer.use_bias:
            elementwise.column_sums(self.dout[: len(step)], self.dbias)
            step.update(self.layer, "bias", self.dbias)

    def _kernel_gradient(self, piece: int, rows: slice, samples: int, chunks: int) -> None:
        """The given rows of dkernel."""
        if not self.sparse:
            dense.matmul(
                a=self.input,
                row_stride=1,
                k_stride=len(self.dkernel),
                K=samples,
                b=self.dout,
                bias=self.no_bias,
                relu=False,
                out=self.dkernel,
                start=rows.start,
                stop=rows.stop,
            )
            return
        units, count = self.layer.units, rows.stop - rows.start
        block = self.blocks[piece, : units * count].reshape(units, count)
        dense.sparse_matmul(tuple(each[:chunks] for each in self.by_unit), self.input, rows.start, block)
        transposition.transpose_rows(block, 0, units, self.dkernel[rows])

    def describe(self) -> str:
        """What is joined."""
        joined = ["product", "bias"] + ["ReLU"] * self.relu + ["dropout"] * (self.dropout is not None)
        return f"{', '.join(joined[:-1])} and {joined[-1]} in one pass"


def _lists(chunks: int, rows: int, most: int, dtype: np.dtype) -> tuple[NDArray, NDArray, NDArray]:
    """Room for what `dense.list_nonzeros` finds in each chunk: lengths, indices and values of at
    most `most` entries a row.
    """
    shape = (chunks, rows, most)
    return np.zeros((chunks, rows), np.int32), np.zeros(shape, np.int32), aligned(shape, dtype)
