"""The textbook engine: a training step as four calls. Slow and clear; what a learner changes in
`nn/layers` is what trains.

    model.fit(x, y, engine="layers")            python -m nn.train --engine layers

The fused engine (`nn/engine/fused.py`) computes the same, to rounding, several times faster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.sources import ImageSource
from nn.engine.head import Head
from nn.engine.step import Step
from nn.kernels.memory import aligned
from nn.layers import Layer
from nn.layers.base import Gradients
from nn.layers.stack import Stack
from nn.losses import Loss
from nn.utils.weights import weights_of

# Samples that go through the layers together when a model is evaluated.
EVALUATED = 500


class TextbookEngine:
    """Trains layer by layer, the whole batch at a time, in one thread.

    Args:
        layers: built layers.
        dtype: of all arrays.
        loss: which training minimises.
    """

    def __init__(self, layers: Sequence[Layer], dtype: np.dtype, loss: Loss) -> None:
        self.head = Head(layers, loss)
        self.stack = Stack(self.head.layers, dtype=dtype)
        self.input_shape, self.output_shape = layers[0].input_shape, (math.prod(layers[-1].output_shape),)

    def train(self, step: Step) -> tuple[float, float]:
        """One training step; the sum of the losses and the number of right answers. A loss that is
        not finite changes nothing.
        """
        x, targets = self._arrays(len(step))
        step.fill(x, targets)

        scores, caches = self.stack.forward(x, training=True, rng=step.keys)
        loss, right, dscores = self._loss(scores, targets, step.weights())
        if np.isfinite(loss):
            _, gradients = self.stack.backward(dscores, caches)
            self._update(step, gradients, caches)
        return loss, right

    def _loss(self, scores: NDArray, targets: NDArray, weights: NDArray | None = None) -> tuple[float, float, NDArray]:
        """The sum of the losses, the right answers, and the gradient of the mean loss for the
        scores.
        """
        scores, dscores = np.ascontiguousarray(scores), np.empty_like(scores, order="C")
        loss, right = self.head.losses(scores, targets, dscores, len(scores), weights)
        return loss, right, dscores

    def _update(self, step: Step, gradients: Gradients, caches: Sequence[Any]) -> None:
        """Every parameter by its gradient, then every layer's state."""
        for layer, cache in zip(self.stack.layers, caches, strict=True):
            for name, array in layer.parameters.items():
                step.update(layer, name, np.ascontiguousarray(gradients[f"{layer.name}/{name}"], array.dtype))
            layer.update_state(cache)

    def evaluate(self, source: ImageSource) -> tuple[float, float]:
        """The mean loss and the accuracy on all samples of a source."""
        losses, hits = [], 0.0
        for begin in range(0, len(source), EVALUATED):
            indices = np.arange(begin, min(begin + EVALUATED, len(source)))
            x, targets = self._arrays(len(indices))
            source.fill(x, indices, 0)
            targets[...] = source.targets(indices, 0)
            scores, _ = self.stack.forward(x)
            loss, right, _ = self._loss(scores, targets, weights_of(source, indices))
            losses.append(loss)
            hits += right
        return math.fsum(losses) / len(source), hits / len(source)

    def close(self) -> None:
        """Nothing is held."""

    def _arrays(self, samples: int) -> tuple[NDArray, NDArray]:
        dtype = self.stack.dtype
        return aligned((samples, *self.input_shape), dtype), aligned((samples, *self.output_shape), dtype)
