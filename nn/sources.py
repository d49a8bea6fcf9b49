"""Where training images come from: kept, augmented or drawn on the fly, a chunk of a batch at a time.

A source answers for sample numbers, not for positions in a batch: what sample `index` looks like in `epoch` depends on the
source's seed and those two numbers alone. So any thread may make any chunk, in any order, and a resumed run sees the same images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from nn.errors import InputError

CLASSES = 10


class ImageSource(Protocol):
    """N samples with targets. `fill` is thread-safe and spends its time outside the interpreter's lock."""

    def __len__(self) -> int:
        """N, the samples of an epoch."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of one image."""

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write the images of samples `indices` (n,) int64 into `out` (n, H, W, C) float32, C-contiguous."""

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """What the network should say about them: (n, 10) float32, each row a distribution."""


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Labels (n,) to (n, 10) float32."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


def check_images(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Check uint8 images (N, H, W) or (N, H, W, 1) and labels (N,) from 0 to 9; images come back as (N, H, W), contiguous."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim != 3 or images.dtype != np.uint8:
        raise InputError(f"images: expected uint8 of shape (N, H, W), got {images.dtype} of shape {images.shape}")
    if labels.shape != (len(images),) or labels.dtype.kind not in "ui":
        raise InputError(f"labels: expected {len(images)} integers, got shape {labels.shape} of {labels.dtype}")
    if len(labels) and (labels.min() < 0 or labels.max() >= CLASSES):
        raise InputError(f"labels: expected 0 to {CLASSES - 1}, got {labels.min()} to {labels.max()}")
    return np.ascontiguousarray(images), labels


class ScaledImages:
    """The images as they are, times `scale`; they stay bytes until a batch is made."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, scale: float = 1 / 255) -> None:
        self._images, self._labels = check_images(images, labels)
        self._scale = np.float32(scale)

    def __len__(self) -> int:
        return len(self._images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, 1)."""
        return (self._images.shape[1], self._images.shape[2], 1)

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` into `out` (n, H, W, 1); `epoch` changes nothing."""
        np.multiply(self._images[indices][..., None], self._scale, out=out)

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10), one 1 in each row."""
        return one_hot(self._labels[indices])


class Mixture:
    """Every sample comes from one of several sources, drawn anew each epoch with the given shares.

    As long as its first source: the others stand in for that one's samples. `shares` are those of the other sources.
    """

    def __init__(self, sources: Sequence[ImageSource], shares: Sequence[float], seed: int) -> None:
        if len(shares) != len(sources) - 1 or min(shares, default=0) < 0 or sum(shares) > 1:
            raise InputError(f"shares: expected {len(sources) - 1} parts of 1, one for each source but the first, got {list(shares)}")
        if len({source.image_shape for source in sources}) != 1:
            raise InputError(f"sources: expected images of one shape, got {[source.image_shape for source in sources]}")
        self._sources = list(sources)
        self._edges = np.cumsum([1 - sum(shares), *shares])[:-1]
        self._seed = seed

    def __len__(self) -> int:
        return len(self._sources[0])

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of all sources."""
        return self._sources[0].image_shape

    def _chosen(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """The number of the source of each sample: (n,)."""
        from nn.kernels.counter import uniforms

        draws = np.empty(len(indices))
        uniforms(self._seed, epoch, np.asarray(indices, np.int64), draws)
        return np.searchsorted(self._edges, draws, side="right")

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` into `out` (n, H, W, C), each from its source of this epoch."""
        chosen = self._chosen(indices, epoch)
        for k, source in enumerate(self._sources):
            mine = np.flatnonzero(chosen == k)
            if len(mine) == len(indices):
                source.fill(out, indices, epoch)
            elif len(mine):
                part = np.empty((len(mine), *self.image_shape), np.float32)
                source.fill(part, indices[mine], epoch)
                out[mine] = part

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10), each row from the source that made the image."""
        chosen = self._chosen(indices, epoch)
        out = np.empty((len(indices), CLASSES), np.float32)
        for k, source in enumerate(self._sources):
            mine = chosen == k
            if mine.any():
                out[mine] = source.targets(indices[mine], epoch)
        return out
