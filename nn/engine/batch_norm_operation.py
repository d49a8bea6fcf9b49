"""Batch normalization, alone or with the ReLU after it: chunk by chunk, with a meeting of all
chunks each way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.engine.operations import Chunk, Chunking, Kernels, Operation
from nn.engine.step import Step
from nn.kernels import batch_norm
from nn.kernels.memory import aligned
from nn.layers import BatchNormalization, Layer


class BatchNormOperation(Operation):
    """BatchNormalization in passes over one chunk at a time.

    Forward, each chunk finds its own mean and sum of squared deviations; when all have, these are joined in the chunks' order,
    and every chunk goes on. Backward, the same with Σ dout and Σ dout · y. A chunk's sums need no other chunk, and the order in
    which they are joined depends on the batch's size alone: the same bits for any number of threads.

    When predicting, or where the layer is frozen, the moving averages take the place of μ and σ²,
    and no chunk waits.
    """

    layer: BatchNormalization
    passes: Kernels = (batch_norm.normalize, batch_norm.input_gradient)

    def __init__(self, layer: BatchNormalization, relu: Sequence[Layer] = (), *following: Layer) -> None:
        super().__init__(layer, *relu, *following)
        self.with_relu = bool(relu)

    @property
    def meets(self) -> bool:  # type: ignore[override]
        """Whether it takes the statistics of the batch."""
        return self.training and self.layer.trainable

    def bind_forward(self, source: NDArray, chunking: Chunking) -> NDArray:
        """Also lay out the chunks' sums, the mean, the root √(σ² + ε) and the factors."""
        channels, dtype = source.shape[-1], source.dtype
        self.means, self.deviations = (aligned((chunking.count, channels), np.float64) for _ in range(2))
        self.mean, self.variance, self.root, self.factor, self.beta = (aligned((channels,), dtype) for _ in range(5))
        self.chunk_size = chunking.size
        self.pixels = int(np.prod(source.shape[1:-1]))
        gathering = [batch_norm.moments, batch_norm.join_moments] if self.meets else []
        self.forward_kernels = (*gathering, self.passes[0])
        return super().bind_forward(source, chunking)

    def bind_backward(self, dout: NDArray, chunking: Chunking, needs_dinput: bool) -> NDArray:
        """Also lay out the chunks' sums, and what the input's gradient is made of."""
        channels, dtype = dout.shape[-1], dout.dtype
        self.dgammas, self.dbetas = (aligned((chunking.count, channels), np.float64) for _ in range(2))
        self.dgamma, self.dbeta, self.slope, self.shift = (aligned((channels,), dtype) for _ in range(4))
        gathering = [batch_norm.gradient_sums, batch_norm.join_gradients] if self.meets else []
        self.backward_kernels = (*gathering, self.passes[1])
        return super().bind_backward(dout, chunking, needs_dinput)

    def refresh(self) -> None:
        """Where no batch decides: the statistics are the moving averages."""
        if not self.meets:
            self.mean[...], self.variance[...] = self.layer.state["moving_mean"], self.layer.state["moving_variance"]
            self._prepare()

    def gather_forward(self, chunk: Chunk) -> None:
        """The chunk's mean and deviations."""
        batch_norm.moments(self._rows(self.input, chunk), self.means[chunk.index], self.deviations[chunk.index])

    def forward_batch(self, batch: Chunk) -> None:
        """Join them."""
        batch_norm.join_moments(self._counts(batch), self.means, self.deviations, self.mean, self.variance)
        self._prepare()

    def _prepare(self) -> None:
        """Everything that depends on mean and variance."""
        self.root[...] = np.sqrt(self.variance + self.layer.epsilon)
        self.factor[...] = self.layer.gamma() / self.root
        self.beta[...] = self.layer.beta()

    def forward(self, chunk: Chunk) -> None:
        """out = γ (x - μ) / √(σ² + ε) + β, and ReLU."""
        batch_norm.normalize(
            x=self._rows(self.input, chunk),
            mean=self.mean,
            factor=self.factor,
            beta=self.beta,
            with_relu=self.with_relu,
            out=self._rows(self.out, chunk),
        )

    def gather_backward(self, chunk: Chunk) -> None:
        """The chunk's share of dγ and dβ."""
        batch_norm.gradient_sums(
            **self._backward_arrays(chunk, self.gradient_inputs()),
            root=self.root,
            dgamma=self.dgammas[chunk.index],
            dbeta=self.dbetas[chunk.index],
        )

    def backward_batch(self, batch: Chunk) -> None:
        """dγ and dβ, and from them what every input's gradient loses."""
        batch_norm.join_gradients(
            counts=self._counts(batch),
            dgammas=self.dgammas,
            dbetas=self.dbetas,
            factor=self.factor,
            root=self.root,
            dgamma=self.dgamma,
            dbeta=self.dbeta,
            slope=self.slope,
            shift=self.shift,
        )

    def backward(self, chunk: Chunk) -> None:
        """dinput = γ / s · (dout - dβ / M - y dγ / M); without the last two terms where no batch
        decided.
        """
        if self.dinput.size:
            dx = self._rows(self.dinput, chunk)
            arrays = self._backward_arrays(chunk, self.input)
            batch_norm.input_gradient(**arrays, factor=self.factor, slope=self.slope, shift=self.shift, dx=dx)

    def gradient_inputs(self) -> NDArray:
        """The input of each value that `dout` has a gradient for."""
        return self.input

    def _backward_arrays(self, chunk: Chunk, x: NDArray) -> dict[str, NDArray | bool]:
        arrays = {"dout": self.dout, "out": self.out, "x": x}
        rows = {name: self._rows(array, chunk) for name, array in arrays.items()}
        return {**rows, "mean": self.mean, "with_relu": self.with_relu}

    def _rows(self, array: NDArray, chunk: Chunk) -> NDArray:
        """The chunk's values as rows of channels."""
        return array[chunk.rows].reshape(-1, array.shape[-1], copy=False)

    def _counts(self, batch: Chunk) -> NDArray:
        """How many values of a channel each chunk of the batch has."""
        begins = np.arange(0, batch.rows.stop, self.chunk_size)
        samples = np.minimum(begins + self.chunk_size, batch.rows.stop) - begins
        return self.pixels * samples.astype(np.float64)

    def pieces(self) -> int:
        """One, where the batch decides."""
        return 1 if self.meets else 0

    def update(self, piece: int, step: Step, chunks: int) -> None:
        """γ and β, then the moving averages."""
        for name, gradient in (("gamma", self.dgamma), ("beta", self.dbeta)):
            if name in self.layer.parameters:
                step.update(self.layer, name, gradient)
        self.layer.move_averages(self.mean, self.variance)

    def describe(self) -> str:
        """What is joined, and when the chunks meet."""
        what = "normalized by the batch, whose chunks meet each way" if self.meets else "normalized by the moving averages"
        return f"{what}, and ReLU in one pass" if self.with_relu else what
