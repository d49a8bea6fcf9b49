"""Where training images come from: stored, augmented or drawn on the fly, chunk by chunk.

A source is asked for samples by their index in the data set, not by their position in a batch.
What sample `index` looks like in `epoch` depends on the source's seed and on these two numbers
alone. So any thread may make any chunk, in any order, and a resumed training sees the same images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Protocol

import numpy as np

from nn.errors import InputError
from nn.utils import class_indices, one_hot

CLASSES = 10


class ImageSource(Protocol):
    """N samples with targets. `fill` is thread-safe and mostly releases the interpreter's lock."""

    def __len__(self) -> int:
        """N, the number of samples in an epoch."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C) of one image."""

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` (n,) int64 into `out` (n, H, W, C) float32, C-contiguous."""

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """What the network should answer for them: (n, 10) float32, each row a distribution."""


class ScaledImages:
    """The samples as they are, times `scale`. Bytes stay bytes until a batch is made.

    `images` (N, ...) of any numbers, where (N, H, W) are gray images (H, W, 1) unless
    `sample_shape` says otherwise; `labels` whole numbers (N,) or (N, 1) below `classes`, or
    distributions (N, classes), or with `any_targets` whatever numbers (N, classes) the loss takes.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        scale: float = 1 / 255,
        classes: int = CLASSES,
        *,
        sample_shape: tuple[int, ...] | None = None,
        any_targets: bool = False,
    ) -> None:
        images, labels = np.asarray(images), np.asarray(labels)
        if images.ndim < 2 or images.dtype.kind not in "buif":
            raise InputError(f"images: expected numbers of shape (N, ...), got {images.dtype} of shape {images.shape}")
        if labels.shape == (len(images), 1) and classes > 1:
            labels = labels[:, 0]
        if labels.shape not in ((len(images),), (len(images), classes)):
            raise InputError(f"labels: expected shape ({len(images)},) or ({len(images)}, {classes}), got {labels.shape}")
        if labels.ndim == 1:
            labels = class_indices(labels, classes, "labels")
        elif labels.dtype.kind not in "buif" or not np.isfinite(labels).all() or ((labels < 0).any() and not any_targets):
            raise InputError("labels: expected a finite share of at least 0 for every class, got negative or other values")
        if sample_shape is None:
            sample_shape = (*images.shape[1:], 1) if images.ndim == 3 else images.shape[1:]
        self._images = images.reshape(len(images), *sample_shape)
        self._labels = labels
        self._scale, self._classes = np.float32(scale), classes

    def __len__(self) -> int:
        return len(self._images)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self._images.shape[1:]

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` into `out` (n, ...). They are the same in every epoch."""
        np.multiply(self._images[indices], self._scale, out=out, casting="same_kind")

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, classes)."""
        if self._labels.ndim == 2:
            return self._labels[indices].astype(np.float32, copy=False)
        return one_hot(self._labels[indices], self._classes)


class InTurn:
    """`first` before epoch `change`, and `then`, of the same length and shape, from then on."""

    def __init__(self, first: ImageSource, then: ImageSource, change: int) -> None:
        if (len(first), first.image_shape) != (len(then), then.image_shape):
            found = [f"{len(source)} of {source.image_shape}" for source in (first, then)]
            raise InputError(f"sources: expected two of as many images of one shape, got {' and '.join(found)}")
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
    """Several sources one after the other: an epoch shows all samples of each."""

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
        """Each source needed, with which of `indices` it has and their indices in it."""
        for source, begin in zip(self._sources, self._begins, strict=True):
            rows = np.flatnonzero((indices >= begin) & (indices < begin + len(source)))
            if len(rows):
                yield source, rows, indices[rows] - begin

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write samples `indices` into `out` (n, H, W, C), each from its source."""
        for source, rows, own_indices in self._members(indices):
            if len(rows) == len(indices):
                source.fill(out, own_indices, epoch)
            else:
                images = np.empty((len(rows), *self.image_shape), np.float32)
                source.fill(images, own_indices, epoch)
                out[rows] = images

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10), each row from the source that made the image."""
        out = np.empty((len(indices), CLASSES), np.float32)
        for source, rows, own_indices in self._members(indices):
            out[rows] = source.targets(own_indices, epoch)
        return out


def plain_source(images: np.ndarray, labels: np.ndarray) -> ImageSource:
    """The images as they are; the pixels stay bytes until a batch is made."""
    return ScaledImages(images[..., None], labels)
