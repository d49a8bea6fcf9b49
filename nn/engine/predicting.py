"""A stack of layers that answers: in fused kernels, or in plain NumPy where there is no time to
compile them.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.datasets.arguments import array_of, check_images, finite
from nn.engine import numpy_inference
from nn.engine.inference import for_each_chunk
from nn.engine.plan import CHUNK, Plan
from nn.engine.trainable import TrainableStack
from nn.layers import Layer
from nn.layers.stack import split_softmax


class PredictingStack(TrainableStack):
    """A stack that predicts; it may be asked from several threads at once.

    Attributes:
        use_kernels: False predicts in plain NumPy, for when there is no time to wait for the
            compiler (see `warm_up`).
    """

    def __init__(self, layers: Sequence[Layer] = (), *, seed: int = 0, dtype: DTypeLike = np.float32) -> None:
        self.use_kernels = True
        self._local = threading.local()
        super().__init__(layers, seed=seed, dtype=dtype)

    def __getstate__(self) -> dict[str, Any]:
        """For copies and for other processes: everything but what belongs to this process'
        threads.
        """
        return {name: value for name, value in vars(self).items() if name != "_local"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "_local": threading.local()})

    def logits(self, x: ArrayLike, *, threads: int | None = None) -> NDArray:
        """The scores (N, K) before the final softmax."""
        return finite(self._predict(x, threads, logits=True))

    def warm_up(self) -> None:
        """Load or compile the kernels that `predict` needs, then use them. Meant for a background
        thread.
        """
        self._run_kernels(np.zeros((1, *self.input_shape), self.dtype), None, False)
        self.use_kernels = True

    def _predict(self, x: ArrayLike, threads: int | None, logits: bool) -> NDArray:
        images = array_of(x, "x")
        shape = self.input_shape
        check_images(images, shape, "x")
        images = images.reshape(len(images), *shape)
        if self.use_kernels:
            return self._run_kernels(images, threads, logits)
        layers = split_softmax(self.layers)[0] if logits else self.layers
        return numpy_inference.forward(layers, np.asarray(images, self.dtype))

    def _run_kernels(self, images: NDArray, threads: int | None, logits: bool) -> NDArray:
        size = len(images)
        if size <= CHUNK:
            plan = self._small_plan()
            plan.refresh()
            plan.images[:size] = images
            plan.predict(size)
            return (plan.scores if logits else plan.output)[:size].copy()
        result = np.empty((size, *self.output_shape), self.dtype)

        def predict(plan: Plan, rows: slice) -> None:
            samples = rows.stop - rows.start
            plan.images[:samples] = images[rows]
            plan.predict(samples)
            result[rows] = (plan.scores if logits else plan.output)[:samples]

        for_each_chunk(self.layers, self.dtype, size, threads, predict)
        return result

    def _small_plan(self) -> Plan:
        """The plan for a few samples, one for each thread that calls, kept for the next time."""
        key = tuple(map(id, self.layers))
        if getattr(self._local, "key", None) != key:
            self._local.plan = Plan(self.layers, CHUNK, self.dtype)
            self._local.key = key
        return self._local.plan
