"""Read a collection: four IDX files, in parallel threads, or one archive of Keras; and check that
the arrays belong together.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.datasets.collection import Collection
from nn.datasets.idx import read_idx
from nn.datasets.keras_file import read_keras_file
from nn.datasets.locate import keras_archive, locate
from nn.datasets.sources import CLASSES
from nn.errors import InputError
from nn.io.archive import KERAS_MEMBERS

Images: TypeAlias = npt.NDArray[np.uint8]  # (N, H, W), 0 background, 255 ink
Labels: TypeAlias = npt.NDArray[np.uint8]  # (N,), 0 to CLASSES - 1
Split: TypeAlias = tuple[Images, Labels]


def load(
    collection: Collection, data: str | os.PathLike[str] | None = None, mirrors: Sequence[str] | None = None
) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)) of the collection; `data` and `mirrors` as in
    `nn.datasets.locate.locate`.

    Raises:
        InputError: files are missing or bad, or they do not belong together (counts, image sizes,
            labels).
    """
    archive = None if data is None else keras_archive(collection, data)
    if archive is not None:
        x_train, y_train, x_test, y_test = read_keras_file(archive)
        names = [f"{archive} ({member.removesuffix('.npy')})" for member in KERAS_MEMBERS]
    else:
        names = [str(path) for path in locate(collection, data, mirrors)]
        with ThreadPoolExecutor(len(names)) as pool:
            x_train, y_train, x_test, y_test = pool.map(read_idx, names)
    _check_split(x_train, y_train, names[0], names[1])
    _check_split(x_test, y_test, names[2], names[3])
    if x_test.shape[1:] != x_train.shape[1:]:
        raise InputError(f"{names[2]}: expected images of {_size(x_train)} pixels, as in {names[0]}, got {_size(x_test)}")
    return (x_train, y_train), (x_test, y_test)


def _check_split(images: npt.NDArray[Any], labels: npt.NDArray[Any], images_name: str, labels_name: str) -> None:
    """The training or the test split: images (N, H, W) and labels (N,), both uint8, N, H, W > 0,
    labels 0-9.
    """
    if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0:
        raise InputError(
            f"{images_name}: expected one or more images (number, height, width) of uint8, "
            f"got shape {images.shape} of {images.dtype}"
        )
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise InputError(f"{labels_name}: expected labels (number,) of uint8, got shape {labels.shape} of {labels.dtype}")
    if len(labels) != len(images):
        raise InputError(f"{labels_name}: expected {len(images)} labels, one for each image in {images_name}, got {len(labels)}")
    if labels.max() >= CLASSES:
        first = int(np.argmax(labels >= CLASSES))
        raise InputError(f"{labels_name}: expected labels from 0 to {CLASSES - 1}, got {labels[first]} at position {first}")


def _size(images: npt.NDArray[Any]) -> str:
    return f"{images.shape[1]} x {images.shape[2]}"
