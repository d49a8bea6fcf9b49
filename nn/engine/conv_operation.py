"""Where most of the time goes: a convolution with bias and ReLU, alone or joined with the 2x2
max-pooling after it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nn.engine.operations import Chunk, Chunking, Operation
from nn.engine.step import Step
from nn.kernels import conv, conv_backward, conv_pool_backward, elementwise, transposition, winograd, winograd3, winograd5
from nn.kernels.convolution import DIRECT, WINOGRAD3, WINOGRAD5, Convolution, clear_rounding, forward_algorithm, inside
from nn.kernels.memory import aligned, flat
from nn.layers import Conv2D, MaxPooling2D
from nn.layers.windows import padded_shape


class ConvOperation(Operation):
    """Conv2D with bias and ReLU (or none), by the algorithm that `nn.kernels.convolution` chooses
    for its shapes.
    """

    layer: Conv2D

    def __init__(self, layer: Conv2D, pool: MaxPooling2D | None = None) -> None:
        super().__init__(layer, *([pool] if pool else []))
        self.relu = layer.activation_name == "relu"
        self.padded_shape = padded_shape(layer.input_shape, layer.padding_sizes)
        self.kernel_shape = layer.parameters["kernel"].shape
        self.convolution = Convolution(self.padded_shape, self.kernel_shape, layer.strides)
        self.forward_kernels = self.convolution.forward_kernels
        self.backward_kernels = (*([elementwise.relu_backward] if self.relu else []), *self.convolution.backward_kernels)

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Also take the bias, and lay out the padded input if there is padding."""
        self.bias = self.layer.bias()
        has_padding = self.padded_shape != self.layer.input_shape
        self.padded = aligned((len(source), *self.padded_shape), source.dtype) if has_padding else source
        self.prepared_for = b""
        return super().bind_forward(source, chunking)

    def bind_backward(self, dout: NDArray, chunking: Chunking, needs_dinput: bool) -> NDArray:
        """Also lay out the gradients of each chunk and of the batch, and the padded dx."""
        kernel, bias = self.layer.parameters["kernel"], self.bias
        self.dkernels = aligned((chunking.count, *self.chunk_gradient_shape(needs_dinput)), kernel.dtype)
        self.dbiases = aligned((chunking.count, *bias.shape), kernel.dtype)
        self.dkernel, self.dbias = aligned(kernel.shape, kernel.dtype), aligned(bias.shape, kernel.dtype)
        result = super().bind_backward(dout, chunking, needs_dinput)
        # The kernel writes whole vectors. Where a row of a patch is not a whole number of them,
        # the last ones of a chunk reach into the next one's first image, and could race with its
        # writer. `gap` empty images keep the chunks apart.
        row = conv_backward.filters_shape(kernel.shape, kernel.dtype)[2]
        spill = row - kernel.shape[1] * kernel.shape[2] if needs_dinput else 0
        self.gap = -(-spill // math.prod(self.padded_shape))
        has_own = spill or (needs_dinput and self.padded is not self.input)
        room = (len(dout) + chunking.count * self.gap, *self.padded_shape)
        self.dpadded = aligned(room, dout.dtype) if has_own else result
        return result

    def chunk_gradient_shape(self, needs_dinput: bool) -> tuple[int, ...]:
        """The shape in which a chunk's gradient of the kernel is kept."""
        return self.kernel_shape

    def forward(self, chunk: Chunk) -> None:
        """out = activation(convolution(input) + bias)."""
        self.convolution.forward(x=self.padded_input(chunk), bias=self.bias, relu=self.relu, out=self.out[chunk.rows])

    def padded_input(self, chunk: Chunk) -> NDArray:
        """The chunk's images with their padding."""
        padded = self.padded[chunk.rows]
        if self.padded is not self.input:
            images = self.input[chunk.rows]
            inside(padded, self.layer.padding_sizes, images.shape)[...] = images
        return padded

    def backward(self, chunk: Chunk) -> None:
        """dinput, and the chunk's share of the gradients."""
        rows, needs_dinput = chunk.rows, self.dinput.size > 0
        shift = chunk.index * self.gap
        dpadded = self.dpadded[rows.start + shift : rows.stop + shift]
        self.padded_backward(chunk, needs_dinput, dpadded)
        if needs_dinput and self.dpadded is not self.dinput:
            self.dinput[rows] = inside(dpadded, self.layer.padding_sizes, self.dinput[rows].shape)

    def padded_backward(self, chunk: Chunk, needs_dinput: bool, dpadded: NDArray) -> None:
        """As `backward`, with the input gradient in the padded shape."""
        rows = chunk.rows
        if self.relu:  # in place: nobody else needs dout
            elementwise.relu_backward(flat(self.dout[rows]), flat(self.out[rows]), flat(self.dout[rows]))
        self.convolution.backward(
            dz=self.dout[rows],
            x=self.padded[rows],
            needs_dx=needs_dinput,
            dx=dpadded,
            dkernel=self.dkernels[chunk.index],
            dbias=self.dbiases[chunk.index],
        )

    def refresh(self) -> None:
        """Derive from the kernel what its algorithms need.

        A plan that predicts first looks whether a bit of the kernel has changed at all, which takes
        a tenth of the time.
        """
        kernel = self.layer.parameters["kernel"]
        if not self.training:
            bits = kernel.tobytes()
            if bits == self.prepared_for:
                return
            self.prepared_for = bits
        self.prepare(kernel)

    def prepare(self, kernel: NDArray) -> None:
        """For the passes of one kernel."""
        self.convolution.prepare_forward(kernel)
        if self.goes_back:
            self.convolution.prepare_backward(kernel)

    def pieces(self) -> int:
        """One, as a convolution has few weights; none if they are frozen."""
        return 1 if self.layer.trainable else 0

    def update(self, piece: int, step: Step, chunks: int) -> None:
        """Sum the chunks' gradients in their order, and change kernel and bias."""
        self.sum_kernel_gradients(self.dkernels[:chunks].reshape(chunks, -1))
        elementwise.sum_chunks(self.dbiases[:chunks], self.dbias)
        step.update(self.layer, "kernel", self.dkernel)
        if self.layer.use_bias:
            step.update(self.layer, "bias", self.dbias)
        self.refresh()

    def sum_kernel_gradients(self, gradients: NDArray) -> None:
        """dkernel from those of the chunks (chunks, size)."""
        elementwise.sum_chunks(gradients, flat(self.dkernel))

    def describe(self) -> str:
        """What is joined, and the algorithm."""
        joined = ["convolution", "bias"] + ["ReLU"] * self.relu
        return f"{', '.join(joined[:-1])} and {joined[-1]} in one pass ({self.convolution.forward_algorithm})"


class ConvPoolOperation(ConvOperation):
    """Conv2D with ReLU, and the 2x2 max-pooling after it, in one pass.

    Only the greatest of four outputs is kept, with its index. So on the way back at least three in
    four gradients before the pooling are zero. If an input gradient is needed, or the rows of a
    patch are long, the kernel finds those that are not zero and adds only these
    (`conv_pool_backward.filters_backward`). For a first layer with short rows a dense sum that
    leaves out blank rows is faster (`conv_pool_backward.kernel_backward`).
    """

    def __init__(self, layer: Conv2D, pool: MaxPooling2D) -> None:
        super().__init__(layer, pool)
        self.algorithm = forward_algorithm(self.padded_shape, self.kernel_shape, layer.strides, pooled=True)
        _, width, channels, _ = self.kernel_shape
        self.short_rows = width * channels < conv_pool_backward.SHORT_ROW
        self.forward_kernels = (_POOLED_FORWARD[self.algorithm],)

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Also lay out the winners of the pooling windows and the transformed kernel."""
        self.winner = aligned((len(source), *self.output_shape), np.uint8)
        if self.algorithm != DIRECT:
            self.transformed = aligned(winograd.transformed_shape(self.kernel_shape), source.dtype)
        return super().bind_forward(source, chunking)

    def bind_backward(self, dout: NDArray, chunking: Chunking, needs_dinput: bool) -> NDArray:
        """Also lay out the filters as the sparse kernel takes them, or the gradients before the
        pooling.
        """
        kernel = self.layer.parameters["kernel"]
        self.sparse = needs_dinput or not self.short_rows
        if self.sparse:
            shape = conv_backward.filters_shape(kernel.shape, kernel.dtype)
            self.filters, self.dfilter_sum = aligned(shape, kernel.dtype), aligned(shape, kernel.dtype)
            self.drows = aligned((*shape[1:], shape[0]), kernel.dtype)
        else:
            self.unpooled = aligned((chunking.count, *self.layer.output_shape), kernel.dtype)
        backward = conv_pool_backward.filters_backward if self.sparse else conv_pool_backward.kernel_backward
        self.backward_kernels = (backward,)
        return super().bind_backward(dout, chunking, needs_dinput)

    def chunk_gradient_shape(self, needs_dinput: bool) -> tuple[int, ...]:
        """In the layout of the filters, (F, KH, row), or of the kernel, (KH, KW·C, F)."""
        if self.sparse:
            return self.filters.shape
        height, width, channels, filters = self.kernel_shape
        return height, width * channels, filters

    def forward(self, chunk: Chunk) -> None:
        """out = pool(ReLU(convolution(input) + bias))."""
        x, out, winner = self.padded_input(chunk), self.out[chunk.rows], self.winner[chunk.rows]
        kernel, bias = self.layer.parameters["kernel"], self.bias
        if self.algorithm == DIRECT:
            conv.conv2d_relu_pool_forward(x=x, kernel=kernel, bias=bias, strides=self.layer.strides, out=out, winner=winner)
        else:
            _POOLED_FORWARD[self.algorithm](x, self.transformed, bias, out, winner)
            if self.training:  # a gradient depends on it, an answer does not
                clear_rounding(out, x, kernel, bias)

    def padded_backward(self, chunk: Chunk, needs_dinput: bool, dpadded: NDArray) -> None:
        """Back through pooling, ReLU and convolution."""
        rows, index = chunk.rows, chunk.index
        given = {"dout": self.dout[rows], "out": self.out[rows], "winner": self.winner[rows], "x": self.padded[rows]}
        strides, dbias = self.layer.strides, self.dbiases[index]
        if self.sparse:
            conv_pool_backward.filters_backward(
                **given,
                filters=self.filters,
                piece=conv_backward.piece_of(self.filters),
                strides=strides,
                needs_dx=needs_dinput,
                dx=dpadded,
                dfilters=self.dkernels[index],
                dbias=dbias,
            )
        else:
            dz = self.unpooled[index][np.newaxis]
            conv_pool_backward.kernel_backward(**given, strides=strides, dz=dz, dkernel=self.dkernels[index], dbias=dbias)

    def prepare(self, kernel: NDArray) -> None:
        """Lay the filters out one after another, and transform the kernel."""
        if self.goes_back and self.sparse:
            conv_backward.filters_from_kernel(kernel, self.filters)
        if self.algorithm != DIRECT:
            winograd.transform_kernel(kernel, self.transformed)

    def sum_kernel_gradients(self, gradients: NDArray) -> None:
        """Sum them in the layout of the filters, then transpose the sum to the layout of the
        kernel.
        """
        if not self.sparse:
            super().sum_kernel_gradients(gradients)
            return
        filters = self.layer.filters
        elementwise.sum_chunks(gradients, flat(self.dfilter_sum))
        transposition.transpose_rows(self.dfilter_sum.reshape(filters, -1), 0, filters, self.drows.reshape(-1, filters))
        self.dkernel[...] = self.drows[:, : self.dkernel[0, ..., 0].size].reshape(self.dkernel.shape)

    def describe(self) -> str:
        """What is joined, and the algorithm."""
        return f"convolution, bias, ReLU and 2x2 max-pooling in one pass ({self.algorithm})"


_POOLED_FORWARD = {
    WINOGRAD5: winograd5.conv2d_relu_pool_forward,
    WINOGRAD3: winograd3.conv2d_relu_pool_forward,
    DIRECT: conv.conv2d_relu_pool_forward,
}
