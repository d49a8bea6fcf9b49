"""What follows a network's last scores: its last activation, and the loss. Both engines, and
evaluation, use it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.kernels import elementwise
from nn.layers import Activation, Flatten, Layer
from nn.layers.stack import split_activation, with_activation
from nn.losses import Loss


class Head:
    """The last activation and the loss, joined where they belong together (`nn/losses` says why).

    Softmax is joined with the categorical cross-entropy, sigmoid with the binary one. A loss with
    `from_logits` adds the activation that is missing; where it is not missing, it is not added
    twice. Any other loss takes the network's output as it is. Without a loss, softmax is kept
    apart, so that the scores before it can be asked for.

    A loss takes the images that an autoencoder puts out as vectors: it is a mean over their pixels.

    Attributes:
        layers: the layers up to the scores.
        softmax: whether softmax turns the scores into the network's output.
        joined: whether the loss is computed from the scores.
        of_images: whether the loss is one of images; then the accuracy is that of their pixels.
    """

    def __init__(self, layers: Sequence[Layer], loss: Loss | None = None) -> None:
        self.loss = loss
        self.of_images = loss is not None and len(layers[-1].output_shape) > 1
        if self.of_images:
            layers = _with_flat_scores(layers)
        activation = "softmax" if loss is None else loss.joined_with
        self.layers, found = split_activation(layers, activation)
        self.softmax = found and activation == "softmax"
        self.joined = loss is not None and (found or loss.from_logits)
        if found and loss is not None and loss.from_logits:
            warnings.warn(f"from_logits=True, but the network ends in {activation}; it is applied once", stacklevel=2)

    def output(self, scores: NDArray, out: NDArray) -> None:
        """Write the network's output for scores (N, ...) into `out`."""
        if self.softmax:
            elementwise.softmax(scores, out)
        else:
            out[...] = scores

    def losses(
        self, scores: NDArray, targets: NDArray, dscores: NDArray, samples: int, weights: NDArray | None = None
    ) -> tuple[float, float]:
        """The sum of the losses of some samples of a batch, and how many of them are right.

        Writes the gradient of the batch's mean loss into `dscores`; `samples` is the number in the
        whole batch. With `weights` each sample's loss is multiplied by its own.
        """
        if weights is not None:
            return self._weighted(scores, targets, dscores, samples, weights)
        loss = self.loss
        assert loss is not None
        smoothed = loss.smoothed(targets)
        if self.joined and loss.joined_with == "softmax":
            return elementwise.softmax_cross_entropy(scores, smoothed, 1.0 / samples, dscores)
        mean, gradient = (loss.of_scores if self.joined else loss.of_outputs)(scores, smoothed)
        dscores[...] = gradient * (len(scores) / samples)
        return mean * len(scores), self._right(scores, targets)

    def _right(self, scores: NDArray, targets: NDArray) -> float:
        """How many answers are right: the greatest of several outputs is the target's, or, as in
        Keras, a single one is its target once it is rounded to 0 or 1. Of images, the share of
        pixels for which that holds.
        """
        middle = 0.0 if self.joined else 0.5
        if self.of_images:
            return float(((scores > middle) == targets).mean(axis=1).sum())
        if scores.shape[1] == 1:
            return int(((scores > middle) == targets).sum())
        return int((scores.argmax(axis=1) == targets.argmax(axis=1)).sum())

    def _weighted(
        self, scores: NDArray, targets: NDArray, dscores: NDArray, samples: int, weights: NDArray
    ) -> tuple[float, float]:
        """No sample's loss depends on another sample, so each gradient is multiplied like its loss."""
        assert self.loss is not None
        _, right = self.losses(scores, targets, dscores, samples)
        dscores *= weights[:, np.newaxis]
        each = self.loss.each_of_scores if self.joined else self.loss.each_of_outputs
        return float(weights @ each(scores, self.loss.smoothed(targets))), right

    def __str__(self) -> str:
        if self.loss is None:
            return "softmax" if self.softmax else ""
        return f"{self.loss.joined_with} and {self.loss.name} in one pass" if self.joined else self.loss.name


def _with_flat_scores(layers: Sequence[Layer]) -> list[Layer]:
    """The layers, then their images as vectors; the last activation, if there is one, after that."""
    last = layers[-1]
    activation = getattr(last, "activation_name", "linear")
    flatten, rng = Flatten(), np.random.default_rng(0)
    flatten.build(last.output_shape, rng, np.float32)
    if activation == "linear":
        return [*layers, flatten]
    end = Activation(activation)
    end.build(flatten.output_shape, rng, np.float32)
    return [*layers[:-1], with_activation(last, "linear"), flatten, end]
