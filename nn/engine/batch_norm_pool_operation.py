"""Batch normalization joined with the 2x2 max-pooling after it: the normalized images, four times
as large as what is left of them, are never stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.engine.batch_norm_operation import BatchNormOperation
from nn.engine.operations import Chunk, Chunking
from nn.kernels import batch_norm
from nn.kernels.memory import aligned
from nn.layers import BatchNormalization, Layer, MaxPooling2D


class BatchNormPoolOperation(BatchNormOperation):
    """BatchNormalization, ReLU if there is one, and the maximum of each 2x2 window.

    Only a window's winner gets a gradient from above, so the sums over the batch on the way back
    need the winners' inputs alone (`best`). The input's gradient is still dense: every input has
    its share in mean and variance.
    """

    # Set by the plan.
    overwrites_input = False
    passes = (batch_norm.normalize_pool, batch_norm.input_gradient_pool)

    def __init__(self, layer: BatchNormalization, relu: Sequence[Layer], pool: MaxPooling2D) -> None:
        super().__init__(layer, relu, pool)

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Also lay out the winners and their inputs."""
        shape = (len(source), *self.output_shape)
        self.winner, self.best = aligned(shape, np.uint8), aligned(shape, source.dtype)
        return super().bind_forward(source, chunking)

    def bind_backward(self, dout: NDArray, chunking: Chunking, needs_dinput: bool) -> NDArray:
        """The input's gradient takes the place of the input, if nobody reads that again: half as
        many bytes have to pass through the caches.
        """
        super().bind_backward(dout, chunking, needs_dinput)
        if needs_dinput and self.overwrites_input:
            self.dinput = self.input
        return self.dinput

    def forward(self, chunk: Chunk) -> None:
        """out = max of the window of ReLU(γ (x - μ) / √(σ² + ε) + β)."""
        rows = chunk.rows
        batch_norm.normalize_pool(
            x=self.input[rows],
            mean=self.mean,
            factor=self.factor,
            beta=self.beta,
            with_relu=self.with_relu,
            out=self.out[rows],
            winner=self.winner[rows],
            best=self.best[rows],
        )

    def backward(self, chunk: Chunk) -> None:
        """dinput, as without pooling, from the gradients of the winners."""
        if self.dinput.size:
            rows = chunk.rows
            batch_norm.input_gradient_pool(
                dout=self.dout[rows],
                out=self.out[rows],
                winner=self.winner[rows],
                x=self.input[rows],
                mean=self.mean,
                factor=self.factor,
                slope=self.slope,
                shift=self.shift,
                with_relu=self.with_relu,
                dx=self.dinput[rows],
            )

    def gradient_inputs(self) -> NDArray:
        """The winners' inputs: nothing else has a gradient from above."""
        return self.best

    def describe(self) -> str:
        """What is joined besides."""
        return f"{super().describe()}, and the maximum of each window"
