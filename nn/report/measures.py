"""The numbers of a report. All come from `nn`: the model's own passes, `nn.reading.calibration`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.layers import Layer
from nn.models import Sequential
from nn.reading.calibration import calibrated
from nn.recipes import plain_source

CHUNK = 2_000


@dataclass(frozen=True)
class Findings:
    """How a model reads the test images.

    images         (N, 28, 28) bytes, labels (N,)
    loss, accuracy as `nn.evaluate` prints them
    plain          (N, K) the network's probabilities
    believed       (N, K) the same at the card's temperature, as the window shows them; `plain` itself where there is none
    hidden         (N, D) what the last layer with weights is given
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    loss: float
    accuracy: float
    plain: NDArray
    believed: NDArray
    hidden: NDArray
    temperature: float

    @property
    def guesses(self) -> NDArray[np.int64]:
        """(N,): the most probable class of each image."""
        return self.plain.argmax(axis=1)

    @property
    def wrong(self) -> NDArray[np.int64]:
        """The numbers of the images that are read wrong, the surest mistakes first."""
        numbers = np.flatnonzero(self.guesses != self.labels)
        return numbers[np.argsort(-self.believed[numbers].max(axis=1), kind="stable")]

    def confusion(self) -> NDArray[np.int64]:
        """(K, K): how many images with this label (row) were read as that class (column)."""
        classes = self.plain.shape[1]
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.labels, self.guesses), 1)
        return counts


def pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 28, 28) bytes as the network takes them: (N, 28, 28, 1) from 0 to 1."""
    return images[..., np.newaxis] * np.float32(1 / 255)


def examine(model: Sequential, test: Split, temperature: float) -> Findings:
    """Read all test images."""
    images, labels = test
    loss, accuracy = model.evaluate(plain_source(images, labels))
    plain = _in_chunks(model, images)
    believed = plain if temperature == 1 else calibrated(plain, temperature)
    return Findings(images, labels, loss, accuracy, plain, believed, last_hidden(model, images), temperature)


def last_hidden(model: Sequential, images: NDArray[np.uint8]) -> NDArray:
    """(N, D): what the last layer with weights is given, each sample as one vector."""
    last = max((number for number, layer in enumerate(model.layers) if layer.parameters), default=0)
    if last == 0:
        return pixels(images).reshape(len(images), -1)
    body = Sequential(dtype=model.dtype)
    body.layers = model.layers[:last]
    return _in_chunks(body, images).reshape(len(images), -1)


def _in_chunks(model: Sequential, images: NDArray[np.uint8]) -> NDArray:
    return np.concatenate([model.predict(pixels(images[first : first + CHUNK])) for first in range(0, len(images), CHUNK)])


def activations(model: Sequential, image: NDArray[np.uint8]) -> list[tuple[Layer, NDArray]]:
    """What every layer makes of one image (28, 28): (layer, its output without the sample axis), by a plain forward pass."""
    x = pixels(image[np.newaxis])
    found: list[tuple[Layer, NDArray]] = []
    for layer in model.layers:
        x = layer.forward(x)[0]
        found.append((layer, x[0]))
    return found


def first_filters(model: Sequential) -> tuple[str, NDArray] | None:
    """The name of the first layer with weights, and what each of its units looks for, as pictures (F, height, width).

    A convolution's filters are summed over the input's channels; a dense layer's weights are laid out like the image it reads.
    None if that is no picture.
    """
    for layer in model.layers:
        if "kernel" in layer.parameters:
            kernel = layer.parameters["kernel"]
            if kernel.ndim == 4:
                return layer.name, kernel.sum(axis=2).transpose(2, 0, 1)
            height, width, channels = model.input_shape
            if kernel.shape[0] == height * width * channels:
                return layer.name, kernel.reshape(height, width, channels, -1).sum(axis=2).transpose(2, 0, 1)
            return None
    return None


def plane(points: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points (N, D) seen from where they lie widest apart: (N, 2), and the shares of their variance that the two axes keep.

    Principal components: with the mean taken off, X = U S Vᵀ; the first two columns of U S are the coordinates along the two
    directions of greatest variance, and S² are proportional to the variances. Each axis points to where its largest entry
    in V is positive, so that the picture does not depend on the sign that the decomposition happens to choose.
    """
    centred = points.astype(np.float64) - points.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    u, s, vt = u[:, :2], np.append(s, [0, 0]), vt[:2]
    signs = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])
    coordinates = np.zeros((len(points), 2))
    coordinates[:, : len(vt)] = u * s[: len(vt)] * signs
    return coordinates, s[:2] ** 2 / max(float((s**2).sum()), np.finfo(float).tiny)
