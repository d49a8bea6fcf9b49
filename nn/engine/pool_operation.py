"""Max-pooling by itself; `conv_operation.py` joins the usual one with a convolution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nn.engine.operations import Chunk, Chunking, Operation
from nn.kernels import pool
from nn.kernels.memory import aligned
from nn.layers import MaxPooling2D


class PoolOperation(Operation):
    """Max-pooling by itself, where no padding has to be added."""

    layer: MaxPooling2D

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Also lay out the winners."""
        bytes_suffice = math.prod(self.layer.pool_size) <= pool.MOST_PLACES
        self.apart = self.layer.pool_size == self.layer.strides and bytes_suffice
        self.forward_kernels = (pool.maxpool2d_forward_vectors if bytes_suffice else pool.maxpool2d_forward,)
        self.backward_kernels = (pool.maxpool2d_backward_vectors if self.apart else pool.maxpool2d_backward,)
        self.winner = aligned((len(source), *self.output_shape), np.uint8 if bytes_suffice else np.int32)
        return super().bind_forward(source, chunking)

    def forward(self, chunk: Chunk) -> None:
        """The greatest value of each window."""
        x, out, winner = self.input[chunk.rows], self.out[chunk.rows], self.winner[chunk.rows]
        self.forward_kernels[0](x, self.layer.pool_size, self.layer.strides, out, winner)

    def backward(self, chunk: Chunk) -> None:
        """dinput from the winners."""
        if self.dinput.size:
            dx, dout, winner = self.dinput[chunk.rows], self.dout[chunk.rows], self.winner[chunk.rows]
            if not self.apart:
                dx[...] = 0
            self.backward_kernels[0](dout, winner, self.layer.pool_size, self.layer.strides, dx)
