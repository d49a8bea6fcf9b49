"""Read a collection's four files, in parallel threads, and check that they belong together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.datasets.collection import Collection
from nn.datasets.idx import read_idx
from nn.datasets.locate import locate
from nn.datasets.sources import CLASSES
from nn.errors import InputError

Images: TypeAlias = npt.NDArray[np.uint8]  # (N, H, W), 0 background, 255 ink
Labels: TypeAlias = npt.NDArray[np.uint8]  # (N,), 0 to CLASSES - 1
Split: TypeAlias = tuple[Images, Labels]


def load(
    collection: Collection, data: str | os.PathLike[str] | None = None, mirrors: Sequence[str] | None = None
) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)) of the collection; `data` and `mirrors` as in `nn.datasets.locate.locate`.

    Raises:
        InputError: files are missing or bad, or they do not belong together (counts, image sizes, labels).
    """
    paths = locate(collection, data, mirrors)
    with ThreadPoolExecutor(len(paths)) as pool:
        x_train, y_train, x_test, y_test = pool.map(read_idx, paths)
    _check_split(x_train, y_train, paths[0], paths[1])
    _check_split(x_test, y_test, paths[2], paths[3])
    if x_test.shape[1:] != x_train.shape[1:]:
        raise InputError(f"{paths[2]}: expected images of {_size(x_train)} pixels, as in {paths[0]}, got {_size(x_test)}")
    return (x_train, y_train), (x_test, y_test)


def _check_split(images: npt.NDArray[Any], labels: npt.NDArray[Any], images_path: Path, labels_path: Path) -> None:
    """The training or the test split: images (N, H, W) and labels (N,), both uint8, N, H, W > 0, labels 0-9."""
    if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0:
        raise InputError(
            f"{images_path}: expected one or more images (number, height, width) of uint8, "
            f"got shape {images.shape} of {images.dtype}"
        )
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise InputError(f"{labels_path}: expected labels (number,) of uint8, got shape {labels.shape} of {labels.dtype}")
    if len(labels) != len(images):
        raise InputError(f"{labels_path}: expected {len(images)} labels, one for each image in {images_path}, got {len(labels)}")
    if labels.max() >= CLASSES:
        first = int(np.argmax(labels >= CLASSES))
        raise InputError(f"{labels_path}: expected labels from 0 to {CLASSES - 1}, got {labels[first]} at position {first}")


def _size(images: npt.NDArray[Any]) -> str:
    return f"{images.shape[1]} x {images.shape[2]}"
