"""PyTorch's convolution and matrix product as contenders."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch.nn import functional

from benchmarks.peers.contender import Call, Contender, Job
from benchmarks.peers.conv_shapes import PRODUCTS, SHAPES, ConvShape, tensors


class TorchConv(Contender):
    """PyTorch's convolution in both memory formats; the faster one counts."""

    def __init__(self, job: Job) -> None:
        super().__init__(job, {"torch": torch.__version__})
        torch.set_num_threads(job.threads)
        torch.set_flush_denormal(True)

    def calls(self, kind: str) -> dict[str, Call]:
        """Forward and backward for the shape with the index `kind`, in each memory format."""
        calls: dict[str, Call] = {}
        for name, layout in (("channels_last", torch.channels_last), ("contiguous", torch.contiguous_format)):
            calls |= {f"{way}, {name}": call for way, call in ways(SHAPES[int(kind)], layout).items()}
        return calls


def ways(shape: ConvShape, layout: torch.memory_format) -> dict[str, Call]:
    """One forward and one backward call on the same arrays as ours, in the given memory format."""
    arrays = tensors(shape)
    x, dout, weight = (
        torch.from_numpy(np.ascontiguousarray(array.transpose(order))).to(memory_format=layout)
        for array, order in zip(arrays, ((0, 3, 1, 2), (0, 3, 1, 2), (3, 2, 0, 1)), strict=True)
    )
    inputs = [x.requires_grad_(), weight.requires_grad_(), torch.zeros(shape.F, requires_grad=True)]

    def forward() -> torch.Tensor:
        left, right, above, below = shape.zeros()
        padding = (above, left)
        padded = inputs[0]
        if (left, above) != (right, below):
            padded, padding = functional.pad(padded, shape.zeros()), (0, 0)
        return functional.conv2d(padded, inputs[1], inputs[2], (shape.SH, shape.SW), padding)

    out = forward()
    return {"forward": forward, "backward": lambda: torch.autograd.grad(out, inputs, dout, retain_graph=True)}


class TorchProduct(Contender):
    """PyTorch's matrix product."""

    def __init__(self, job: Job) -> None:
        super().__init__(job, {"torch": torch.__version__})
        torch.set_num_threads(job.threads)

    def calls(self, kind: str) -> dict[str, Call]:
        """One product of each size."""
        ways: dict[str, Call] = {}
        for rows, inner, columns in PRODUCTS:
            a, b, out = torch.rand(rows, inner), torch.rand(inner, columns), torch.empty(rows, columns)
            ways[f"torch: {rows} x {inner} x {columns}"] = partial(torch.mm, a, b, out=out)
        return ways
