"""Where training images come from: kept, augmented or drawn on the fly, a chunk of a batch at a time.

A source answers for sample numbers, not for positions in a batch: what sample `index` looks like in `epoch` depends on the
source's seed and those two numbers alone. So any thread may make any chunk, in any order, and a resumed run sees the same images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Protocol

import numpy as np

from nn.errors import InputError

CLASSES = 10


class ImageSource(Protocol):
    """N samples with targets. `fill` is thread-safe and spends its time outside the interpreter's lock."""

    def __len__(self) -> int:
        """N, the samples of an epoch."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C) of one image."""

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write the images of samples `indices` (n,) int64 into `out` (n, H, W, C) float32, C-contiguous."""

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """What the network should say about them: (n, 10) float32, each row a distribution."""


def one_hot(labels: np.ndarray, classes: int = CLASSES) -> np.ndarray:
    """Labels (n,) to (n, classes) float32."""
    return np.eye(classes, dtype=np.float32)[labels]


def check_images(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Check uint8 images (N, H, W) or (N, H, W, 1) and labels (N,) from 0 to 9; images come back as (N, H, W), contiguous."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim != 3 or images.dtype != np.uint8:
        raise InputError(f"images: expected uint8 of shape (N, H, W), got {images.dtype} of shape {images.shape}")
    if labels.shape != (len(images),):
        raise InputError(f"labels: expected {len(images)} of them, got shape {labels.shape}")
    _check_labels(labels, CLASSES)
    return np.ascontiguousarray(images), labels


def _check_labels(labels: np.ndarray, classes: int) -> None:
    if labels.dtype.kind not in "ui":
        raise InputError(f"labels: expected whole numbers, got {labels.dtype}")
    if len(labels) and (labels.min() < 0 or labels.max() >= classes):
        raise InputError(f"labels: expected 0 to {classes - 1}, got {labels.min()} to {labels.max()}")


class ScaledImages:
    """The samples as they are, times `scale`; bytes stay bytes until a batch is made.

    `images` (N, H, W) or (N, ...) of any numbers; `labels` whole numbers (N,) below `classes`, or distributions (N, classes).
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, scale: float = 1 / 255, classes: int = CLASSES) -> None:
        images, labels = np.asarray(images), np.asarray(labels)
        if images.ndim < 2 or images.dtype.kind not in "buif":
            raise InputError(f"images: expected numbers of shape (N, ...), got {images.dtype} of shape {images.shape}")
        if labels.shape not in ((len(images),), (len(images), classes)):
            raise InputError(f"labels: expected shape ({len(images)},) or ({len(images)}, {classes}), got {labels.shape}")
        if labels.ndim == 1:
            _check_labels(labels, classes)
        elif labels.dtype.kind not in "buif" or not np.isfinite(labels).all() or labels.min(initial=0) < 0:
            raise InputError("labels: expected shares of at least 0 for every class, got others")
        self._images = images[..., np.newaxis] if images.ndim == 3 else images
        self._labels = labels
        self._scale, self._classes = np.float32(scale), classes

    def __len__(self) -> int:
        return len(self._images)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self._images.shape[1:]

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` into `out` (n, ...); `epoch` changes nothing."""
        np.multiply(self._images[indices], self._scale, out=out, casting="same_kind")

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, classes)."""
        if self._labels.ndim == 2:
            return self._labels[indices].astype(np.float32, copy=False)
        return one_hot(self._labels[indices], self._classes)


class InTurn:
    """One source up to an epoch, another one of the same length and shape from then on."""

    def __init__(self, first: ImageSource, then: ImageSource, change: int) -> None:
        if (len(first), first.image_shape) != (len(then), then.image_shape):
            what = [f"{len(source)} of {source.image_shape}" for source in (first, then)]
            raise InputError(f"sources: expected as many images of one shape, got {' and '.join(what)}")
        self._first, self._then, self._change = first, then, change

    def _source(self, epoch: int) -> ImageSource:
        return self._first if epoch < self._change else self._then

    def __len__(self) -> int:
        return len(self._first)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C) of both."""
        return self._first.image_shape

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` into `out` (n, H, W, C)."""
        self._source(epoch).fill(out, indices, epoch)

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10)."""
        return self._source(epoch).targets(indices, epoch)


class Concatenation:
    """The samples of several sources, one source after another: an epoch shows all of each."""

    def __init__(self, sources: Sequence[ImageSource]) -> None:
        if len({source.image_shape for source in sources}) != 1:
            raise InputError(f"sources: expected images of one shape, got {[source.image_shape for source in sources]}")
        self._sources = list(sources)
        *self._begins, self._length = accumulate(map(len, sources), initial=0)

    def __len__(self) -> int:
        return self._length

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C) of all sources."""
        return self._sources[0].image_shape

    def _members(self, indices: np.ndarray) -> Iterator[tuple[ImageSource, np.ndarray, np.ndarray]]:
        """Each source that is asked, the positions in `indices` that are its own, and its own numbers for them."""
        for source, begin in zip(self._sources, self._begins, strict=True):
            places = np.flatnonzero((indices >= begin) & (indices < begin + len(source)))
            if len(places):
                yield source, places, indices[places] - begin

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` into `out` (n, H, W, C), each from its source."""
        for source, places, own in self._members(indices):
            if len(places) == len(indices):
                source.fill(out, own, epoch)
            else:
                part = np.empty((len(places), *self.image_shape), np.float32)
                source.fill(part, own, epoch)
                out[places] = part

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10), each row from the source that made the image."""
        out = np.empty((len(indices), CLASSES), np.float32)
        for source, places, own in self._members(indices):
            out[places] = source.targets(own, epoch)
        return out
