"""MNIST for all contenders: the same bytes from disk, in memory as bytes or as floats."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.contender import Job
from nn.datasets import mnist


class Data(NamedTuple):
    """Images (N, 28, 28) uint8 and labels (N,) uint8."""

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]


def load(limit: int | None = None, folder: str | os.PathLike[str] | None = None) -> Data:
    """The data set, with only the first `limit` training images if a limit is given."""
    (x_train, y_train), (x_test, y_test) = mnist.load_data(folder)
    return Data(x_train[:limit], y_train[:limit], x_test, y_test)


def floats(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 28, 28, 1) float32 in [0, 1]."""
    return images[..., None].astype(np.float32) / np.float32(255)


def resized(images: NDArray[Any], size: int) -> NDArray[Any]:
    """Images of another size, made by repeating or skipping pixels; good enough, as only time is
    measured with them.
    """
    index = np.arange(size) * images.shape[1] // size
    return np.ascontiguousarray(images[:, index][:, :, index])


def prepared(images: NDArray[np.uint8], job: Job) -> NDArray[np.float32]:
    """The images of a race, (N, size, size, channels) float32 in [0, 1]."""
    images = resized(images, job.size)
    return coloured(images) if job.what.channels == 3 else floats(images)


def coloured(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Each digit in a colour of its own on paper of another: (N, H, W, 3), no pixel of which is 0."""
    ink, paper = np.random.default_rng(0).uniform(0.1, 1, (2, len(images), 1, 1, 3)).astype(np.float32)
    share = floats(images)
    return share * ink + (1 - share) * paper
