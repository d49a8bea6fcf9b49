"""What follows a network's last scores: softmax where it ends in one, and the loss. Both engines, and evaluation, use it."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import NDArray

from nn.kernels import elementwise
from nn.layers import Layer
from nn.layers.stack import split_softmax
from nn.losses import CategoricalCrossentropy


class Head:
    """Softmax and loss, joined where the network ends in softmax (`nn.losses` says why).

    Attributes:
        layers: the layers up to the scores.
        softmax: whether softmax turns the scores into the network's output.
    """

    def __init__(self, layers: Sequence[Layer], loss: CategoricalCrossentropy | None = None) -> None:
        self.layers, self.softmax = split_softmax(layers)
        self.loss = loss

    def output(self, scores: NDArray, out: NDArray) -> None:
        """Write the network's output for scores (N, ...) into `out`."""
        if self.softmax:
            elementwise.softmax(scores, out)
        else:
            out[...] = scores

    def losses(
        self, scores: NDArray, targets: NDArray, dscores: NDArray, samples: int, weights: NDArray | None = None
    ) -> tuple[float, int]:
        """The sum of the losses of some samples of a batch, and how many of them are right.

        Writes the gradient of the batch's mean loss into `dscores`; `samples` is the number in the whole batch. With `weights`
        each sample's loss is multiplied by its own.
        """
        if weights is not None:
            return self._weighted(scores, targets, dscores, samples, weights)
        if self.softmax:
            return elementwise.softmax_cross_entropy(scores, targets, 1.0 / samples, dscores)
        assert self.loss is not None
        mean, cache = self.loss.forward(scores, targets)
        dscores[...] = self.loss.backward(cache) * (len(scores) / samples)
        right = scores.argmax(axis=1) == targets.argmax(axis=1)
        return mean * len(scores), int(right.sum())

    def _weighted(self, scores: NDArray, targets: NDArray, dscores: NDArray, samples: int, weights: NDArray) -> tuple[float, int]:
        """Sample by sample: a loss need not say what each of them costs, only what they cost together."""
        total, right = 0.0, 0
        for row, weight in enumerate(weights):
            one = slice(row, row + 1)
            loss, hits = self.losses(scores[one], targets[one], dscores[one], samples)
            dscores[one] *= weight
            total, right = total + float(weight) * loss, right + hits
        return total, right

    def __str__(self) -> str:
        if self.loss is None:
            return "softmax" if self.softmax else ""
        return f"softmax and {self.loss.name} in one pass" if self.softmax else self.loss.name
