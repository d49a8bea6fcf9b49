"""The step that takes most of the time: a convolution, its bias and ReLU, and the 2x2 max-pooling behind it, in one pass."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nn.engine.operations import Change, Part, Step
from nn.kernels import conv, conv_backward, conv_pool_backward, elementwise, transposition, winograd, winograd3, winograd5
from nn.kernels.memory import aligned, flat
from nn.kernels.simd import VECTOR_BYTES
from nn.layers import Conv2D, Layer


class ConvStep(Step):
    """Conv2D with bias and ReLU (or none), and 2x2 max-pooling where it follows, in one pass."""

    layer: Conv2D

    def __init__(self, layer: Conv2D, relu: bool, pool: Layer | None) -> None:
        super().__init__(layer)
        self.relu = relu
        self.pool = pool
        self.winograd3 = layer.takes_winograd()
        self.winograd5 = pool is not None and layer.is_five_by_five_on_gray()
        self.conv_shape = layer.output_shape
        self.output_shape = pool.output_shape if pool else layer.output_shape

    def bind_forward(self, source: NDArray, parts: int) -> NDArray:
        """Also the framed input where there is padding, the winners of the pooling windows, and the transformed kernel."""
        framed = self.layer.framed_shape() != self.layer.input_shape
        self.framed = aligned((len(source), *self.layer.framed_shape()), source.dtype) if framed else source
        self.winner = aligned((len(source), *self.output_shape), np.uint8) if self.pool else np.empty(0)
        self.transformed_kernel = np.empty(0)
        if self.winograd3 or self.winograd5:
            self.transformed = aligned(winograd.transformed_shape(self.layer.parameters["kernel"].shape), source.dtype)
        return super().bind_forward(source, parts)

    def bind_backward(self, dout: NDArray, parts: int, needs_dinput: bool) -> NDArray:
        """Also, for each part, gradients in the layout of the filters or of the kernel, and the filters themselves."""
        kernel, bias = self.layer.parameters["kernel"], self.layer.parameters["bias"]
        height, width, channels, filters = kernel.shape
        short_row = width * channels < conv_pool_backward.SHORT_ROW
        self.sparse = self.pool is not None and (needs_dinput or not short_row)
        shape = conv_backward.filters_shape(kernel.shape, kernel.dtype)
        self.filters = aligned(shape, kernel.dtype)
        self.dfilters = aligned((parts, *(shape if self.sparse else (height, width * channels, filters))), kernel.dtype)
        self.unpooled = aligned((parts if self.pool and not self.sparse else 0, *self.conv_shape), kernel.dtype)
        self.dfilter_sum, self.drows = (aligned(each, kernel.dtype) for each in (shape, (*shape[1:], filters)))
        self.dbiases = aligned((parts, filters), kernel.dtype)
        self.dkernel = aligned(kernel.shape, kernel.dtype)
        self.dbias = aligned(bias.shape, kernel.dtype)
        self.dz = aligned(dout.shape, dout.dtype) if self.relu and not self.pool else dout
        result = super().bind_backward(dout, parts, needs_dinput)
        # The kernel writes whole vectors. Where a row of a patch is no whole number of them, the last ones reach behind the last
        # image of a part (unchanged values, but at the wrong time): so many images lie empty between the parts.
        lanes = VECTOR_BYTES // dout.itemsize
        spills = needs_dinput and width * channels % lanes > 0
        self.gap = -(-lanes // math.prod(self.layer.framed_shape())) if spills else 0
        own = spills or (needs_dinput and self.framed is not self.input)
        room = (len(dout) + parts * self.gap, *self.layer.framed_shape())
        self.dframed = aligned(room, dout.dtype) if own else result
        return result

    def forward(self, part: Part) -> None:
        """out = pool(activation(convolution(input) + bias))."""
        kernel, bias = self.layer.parameters["kernel"], self.layer.parameters["bias"]
        x, out, strides = self.framed[part.rows], self.out[part.rows], self.layer.strides
        if self.framed is not self.input:
            self.layer.inside_frame(x)[...] = self.input[part.rows]
        if self.winograd5:
            winograd5.conv2d_relu_pool_forward(x, self.transformed, bias, out, self.winner[part.rows])
        elif self.winograd3 and self.pool:
            winograd3.conv2d_relu_pool_forward(x, self.transformed, bias, out, self.winner[part.rows])
        elif self.winograd3:
            winograd3.conv2d_forward(x, self.transformed, bias, self.relu, out)
        elif self.pool:
            conv.conv2d_relu_pool_forward(x, kernel, bias, strides, out, self.winner[part.rows])
        else:
            conv.conv2d_forward(x, kernel, bias, strides, self.relu, out)

    def backward(self, part: Part) -> None:
        """dinput, and this part's share of the gradients."""
        rows, needs_dinput = part.rows, self.dinput.size > 0
        shift = part.number * self.gap
        dframed = self.dframed[rows.start + shift : rows.stop + shift]
        dfilters, dbias = self.dfilters[part.number], self.dbiases[part.number]
        strides, x, dout = self.layer.strides, self.framed[rows], self.dout[rows]
        if self.pool:
            behind, size = (dout, self.out[rows], self.winner[rows], x), self.conv_shape[:2]
            if self.sparse:
                conv_pool_backward.filters_backward(*behind, self.filters, strides, size, needs_dinput, dframed, dfilters, dbias)
            else:
                unpooled = self.unpooled[part.number : part.number + 1]
                conv_pool_backward.kernel_backward(*behind, strides, unpooled, dfilters, dbias)
        else:
            if self.relu:
                elementwise.relu_backward(flat(dout), flat(self.out[rows]), flat(self.dz[rows]))
            conv_backward.conv2d_backward(self.dz[rows], x, self.filters, strides, needs_dinput, dframed, dfilters, dbias)
        if needs_dinput and self.dframed is not self.dinput:
            self.dinput[rows] = self.layer.inside_frame(dframed)

    def refresh(self) -> None:
        """Lay the filters out one after another, and transform the kernel.

        A plan that predicts looks first whether the kernel has changed at all, which takes a tenth of the time.
        """
        kernel = self.layer.parameters["kernel"]
        if self.training:
            conv_backward.filters_from_kernel(kernel, self.filters)
        elif np.array_equal(kernel, self.transformed_kernel):
            return
        else:
            self.transformed_kernel = kernel.copy()
        if self.winograd3 or self.winograd5:
            winograd.transform_kernel(kernel, self.transformed)

    def pieces(self) -> int:
        """One: a convolution has few weights."""
        return 1

    def update(self, piece: int, change: Change) -> None:
        """Sum the parts' gradients, in the order of the parts, and change kernel and bias."""
        parts = self.dfilters[: change.parts]
        if self.sparse:
            # In the filters' layout, then in the kernel's.
            filters = self.layer.filters
            elementwise.sum_chunks(parts.reshape(len(parts), -1), flat(self.dfilter_sum))
            transposition.transpose_rows(self.dfilter_sum.reshape(filters, -1), 0, filters, self.drows.reshape(-1, filters))
            self.dkernel[...] = self.drows[:, : self.dkernel[0, ..., 0].size].reshape(self.dkernel.shape)
        else:
            elementwise.sum_chunks(parts.reshape(len(parts), -1), flat(self.dkernel))
        elementwise.sum_chunks(self.dbiases[: change.parts], self.dbias)
        change.apply(self.layer, "kernel", self.dkernel)
        change.apply(self.layer, "bias", self.dbias)
        self.refresh()

    def describe(self) -> str:
        """One line for the plan."""
        fused = ["Winograd's convolution" if self.winograd3 or self.winograd5 else "convolution", "bias"]
        fused += ["ReLU"] * self.relu + ["2x2 max-pooling"] * (self.pool is not None)
        names = self.layer.name + (f" + {self.pool.name}" if self.pool else "")
        return f"{names}: {', '.join(fused[:-1])} and {fused[-1]} in one pass"
