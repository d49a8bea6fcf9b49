"""The values that a report shows, from the model's own passes and `nn.reading.calibration`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.datasets.sources import plain_source
from nn.layers import Layer
from nn.models import Sequential
from nn.reading.calibration import calibrated

CHUNK = 2_000


@dataclass(frozen=True)
class Findings:
    """How a model reads the test images.

    images, labels  (N, 28, 28) bytes and (N,)
    loss, accuracy  as `nn.evaluate` prints them
    plain           (N, K) the network's probabilities
    believed        (N, K) the same at the card's temperature, as the window shows them; `plain`
                    itself if the temperature is 1
    hidden          (N, D) the inputs of the last layer with weights
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
        """The indices of the images that are read wrong, the most confident mistakes first."""
        indices = np.flatnonzero(self.guesses != self.labels)
        return indices[np.argsort(-self.believed[indices].max(axis=1), kind="stable")]

    def confusion(self) -> NDArray[np.int64]:
        """(K, K): how many images with the row's label were read as the column's class."""
        classes = self.plain.shape[1]
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.labels, self.guesses), 1)
        return counts


def pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bytes (N, 28, 28) as the network's input: (N, 28, 28, 1) from 0 to 1."""
    return images[..., np.newaxis] * np.float32(1 / 255)


def examine(model: Sequential, test: Split, temperature: float) -> Findings:
    """Read all test images."""
    images, labels = test
    loss = model.evaluate(plain_source(images, labels), return_dict=True)["loss"]
    plain = _in_chunks(model, images)
    believed = plain if temperature == 1 else calibrated(plain, temperature)
    return Findings(
        images=images,
        labels=labels,
        loss=loss,
        accuracy=float((plain.argmax(axis=1) == labels).mean()),
        plain=plain,
        believed=believed,
        hidden=last_hidden(model, images),
        temperature=temperature,
    )


def last_hidden(model: Sequential, images: NDArray[np.uint8]) -> NDArray:
    """(N, D): the inputs of the last layer with weights, each sample as one vector."""
    last = max((index for index, layer in enumerate(model.layers) if layer.parameters), default=0)
    if last == 0:
        return pixels(images).reshape(len(images), -1)
    body = Sequential(dtype=model.dtype)
    body.layers = model.layers[:last]
    return _in_chunks(body, images).reshape(len(images), -1)


def _in_chunks(model: Sequential, images: NDArray[np.uint8]) -> NDArray:
    return np.concatenate([model.predict(pixels(images[first : first + CHUNK])) for first in range(0, len(images), CHUNK)])


def activations(model: Sequential, image: NDArray[np.uint8]) -> list[tuple[Layer, NDArray]]:
    """Every layer with its output for one image (28, 28), without the sample axis."""
    return [(layer, out[0]) for layer, out in model.outputs(pixels(image[np.newaxis]))]


def first_filters(model: Sequential) -> tuple[str, NDArray] | None:
    """The name of the first layer with weights, and its weights as pictures (F, height, width).

    A convolution's filters are summed over the input's channels. A dense layer's weights are laid
    out like the image that it reads. None if the weights do not belong to the pixels of the input.
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
    """The points (N, D) along their two directions of greatest variance, and the shares of both.

    These are the first two principal components. With the mean subtracted, X = U S Vᵀ; the first
    two columns of U S are the coordinates, and S² is proportional to the variances. The sign of
    each axis makes its largest entry in V positive, because the decomposition may return either.
    """
    centred = points.astype(np.float64) - points.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    u, s, vt = u[:, :2], np.append(s, [0, 0]), vt[:2]
    signs = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])
    coordinates = np.zeros((len(points), 2))
    coordinates[:, : len(vt)] = u * s[: len(vt)] * signs
    return coordinates, s[:2] ** 2 / max(float((s**2).sum()), np.finfo(float).tiny)
