"""Our Conv2D as a contender: the layer is called directly, and the threads share the batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.machine import versions
from benchmarks.peers.contender import Call, Contender, Job
from benchmarks.peers.conv_shapes import SHAPES, tensors
from nn.engine.executor import Executor
from nn.layers import Conv2D


class OurConv(Contender):
    """One thread makes one call on the whole batch; several make one call each on equal chunks of
    it.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job, versions(("numpy", "numba")))
        self.executor = Executor(job.threads)

    def calls(self, kind: str) -> dict[str, Call]:
        """Forward and backward for the shape with the index `kind`."""
        shape = SHAPES[int(kind)]
        x, dout, kernel = tensors(shape)
        layer = Conv2D(shape.F, (shape.KH, shape.KW), (shape.SH, shape.SW), shape.padding)
        layer.build(x.shape[1:], np.random.default_rng(0), np.float32)
        layer.parameters["kernel"][...] = kernel
        chunks = np.array_split(np.arange(shape.N), min(self.job.threads, shape.N))
        rows = [slice(chunk[0], chunk[-1] + 1) for chunk in chunks]
        outs: list[Any] = [layer.forward(x[mine], training=True) for mine in rows]
        grads: list[Any] = [None] * len(rows)

        def forward(chunk: int) -> None:
            outs[chunk] = layer.forward(x[rows[chunk]], training=True)

        def backward(chunk: int) -> None:
            grads[chunk] = layer.backward(dout[rows[chunk]], outs[chunk][1])

        return {
            "forward": lambda: self.executor.run(forward, len(rows)),
            "backward": lambda: self.executor.run(backward, len(rows)),
        }
