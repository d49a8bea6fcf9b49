"""Our Conv2D as a contender: calls of the layer itself, the batch shared out among the threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.conv_shapes import SHAPES, tensors
from benchmarks.machine import versions
from benchmarks.peers.contender import Call, Contender, Job
from nn.engine.executor import Executor
from nn.layers import Conv2D


class OurConv(Contender):
    """One thread runs one call on the whole batch; more run one each on an equal part of it."""

    def __init__(self, job: Job) -> None:
        super().__init__(job, versions(("numpy", "numba")))
        self.executor = Executor(job.threads)

    def calls(self, kind: str) -> dict[str, Call]:
        """Forward and backward for the shape with the number `kind`."""
        shape = SHAPES[int(kind)]
        x, dout, kernel = tensors(shape)
        layer = Conv2D(shape.F, (shape.KH, shape.KW), (shape.SH, shape.SW), shape.padding)
        layer.build(x.shape[1:], np.random.default_rng(0), np.float32)
        layer.parameters["kernel"][...] = kernel
        parts = np.array_split(np.arange(shape.N), min(self.job.threads, shape.N))
        rows = [slice(part[0], part[-1] + 1) for part in parts]
        outs: list[Any] = [layer.forward(x[part], True) for part in rows]
        grads: list[Any] = [None] * len(rows)

        def forward(number: int) -> None:
            outs[number] = layer.forward(x[rows[number]], True)

        def backward(number: int) -> None:
            grads[number] = layer.backward(dout[rows[number]], outs[number][1])

        return {
            "forward": lambda: self.executor.run(forward, len(rows)),
            "backward": lambda: self.executor.run(backward, len(rows)),
        }
