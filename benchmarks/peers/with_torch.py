"""PyTorch as a contender: at its best, and as users write it.

At its best means all images in one float tensor, batches by `index_select` (no DataLoader),
channels_last, subnormal values flushed to zero, and gradients set to None. `torch-compile` also
calls `torch.compile`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.peers import data
from benchmarks.peers.contender import Call, Contender, Job
from benchmarks.peers.network import (
    ADAM_RATE,
    EPSILON,
    LEARNING_RATE,
    MOMENTUM,
    RHO,
    VARIANCE_EPSILON,
    one_cycle,
    with_activations,
)

PREDICTION_BATCH = 500


class Torch(Contender):
    """The tuned loop."""

    compiled = False

    def __init__(self, job: Job) -> None:
        super().__init__(job, {"torch": torch.__version__})
        torch.set_num_threads(job.threads)
        torch.set_flush_denormal(True)
        torch.manual_seed(job.seed)
        images = data.load(job.limit, job.data)
        self.x = self._tensor(images.x_train)
        self.y = torch.from_numpy(images.y_train.astype(np.int64))
        self.x_test = self._tensor(images.x_test)
        self.y_test = torch.from_numpy(images.y_test.astype(np.int64))
        self.model: Any = build(job).to(memory_format=torch.channels_last)
        parameters = self.model.parameters()
        if job.what.optimizer == "adam":
            self.optimizer: Any = torch.optim.Adam(parameters, lr=ADAM_RATE, eps=EPSILON)
        else:
            self.optimizer = torch.optim.Adadelta(parameters, lr=LEARNING_RATE, rho=RHO, eps=EPSILON)
        self.schedule: Any = None
        if job.cycle:
            steps = -(-len(self.x) // job.batch_size)
            rate = partial(_share_of_cycle, steps)
            self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, rate)
        self.loss = nn.CrossEntropyLoss()
        if self.compiled:
            self.model = torch.compile(self.model)
            self.epoch(0)

    def _tensor(self, images: np.ndarray) -> torch.Tensor:
        """(N, C, H, W) float32 in [0, 1]."""
        pixels = np.ascontiguousarray(data.prepared(images, self.job).transpose(0, 3, 1, 2))
        return torch.from_numpy(pixels).to(memory_format=torch.channels_last)

    def epoch(self, index: int) -> None:
        """One pass in a random order."""
        self.model.train()
        order = torch.randperm(len(self.x), generator=torch.Generator().manual_seed(1000 * self.job.seed + index))
        for batch in order.split(self.job.batch_size):
            self._step(self.x.index_select(0, batch), self.y.index_select(0, batch))

    def _step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model(x), y).backward()
        self.optimizer.step()
        if self.schedule:
            self.schedule.step()

    @torch.inference_mode()
    def accuracy(self) -> float:
        """In batches, without gradients."""
        return float((self._logits().argmax(1) == self.y_test).double().mean())

    @torch.inference_mode()
    def _logits(self, batch_size: int = PREDICTION_BATCH) -> torch.Tensor:
        self.model.eval()
        return torch.cat([self.model(x) for x in self.x_test.split(batch_size)])

    @torch.inference_mode()
    def _probabilities(self, batch_size: int) -> torch.Tensor:
        return self._logits(batch_size).softmax(1)

    def calls(self, kind: str) -> dict[str, Call]:
        """All test images in batches of several sizes; one image through the model and through a
        frozen TorchScript trace.
        """
        if kind == "all":
            sizes = (100, PREDICTION_BATCH, 2500)
            return {f"inference_mode, batches of {size}": partial(self._probabilities, size) for size in sizes}
        self.model.eval()
        image = self.x_test[:1].clone()
        traced = torch.jit.freeze(torch.jit.trace(self.model, image))

        @torch.inference_mode()
        def plain() -> Any:
            return self.model(image).softmax(1)

        @torch.inference_mode()
        def frozen() -> Any:
            return traced(image).softmax(1)

        return {"inference_mode": plain, "inference_mode, frozen trace": frozen}


class CompiledTorch(Torch):
    """The tuned loop, with a model from `torch.compile`."""

    compiled = True


class PlainTorch(Torch):
    """As users write it: a DataLoader over a TensorDataset, the default memory format."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        torch.set_flush_denormal(False)
        self.model = self.model.to(memory_format=torch.contiguous_format)
        dataset = torch.utils.data.TensorDataset(self.x.contiguous(), self.y)
        self.loader = torch.utils.data.DataLoader(dataset, batch_size=job.batch_size, shuffle=True)

    def epoch(self, index: int) -> None:
        """One pass over the loader."""
        self.model.train()
        for x, y in self.loader:
            self._step(x, y)


def _share_of_cycle(steps: int, step: int) -> float:
    """The rate at a step of the first epoch, in terms of the optimizer's own."""
    return float(one_cycle((step + 0.5) / steps)) / LEARNING_RATE


def build(job: Job) -> nn.Sequential:
    """The network without its softmax (PyTorch's loss includes it), with Keras' first weights:
    Glorot-uniform, biases zero.
    """
    layers: list[nn.Module] = []
    channels, height = job.what.channels, job.size
    for kind, *values in with_activations(job.network):
        if kind == "conv":
            layers.append(nn.Conv2d(channels, values[0], values[1]))
            channels, height = values[0], height - values[1] + 1
        elif kind == "pool":
            layers, height = [*layers, nn.MaxPool2d(2)], height // 2
        elif kind == "flatten":
            layers, channels, height = [*layers, nn.Flatten()], channels * height * height, 0
        elif kind == "dropout":
            layers.append(nn.Dropout(values[0]))
        elif kind == "dense":
            layers, channels = [*layers, nn.Linear(channels, values[0])], values[0]
        elif kind == "norm":
            normalization = nn.BatchNorm2d if height else nn.BatchNorm1d
            layers.append(normalization(channels, eps=VARIANCE_EPSILON, momentum=1 - MOMENTUM))
        elif kind == "relu":
            layers.append(nn.ReLU())
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)
