"""Affine transformations of a batch of images, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FILL_MODES = ("nearest", "constant")


def random_transforms(
    count: int, size: tuple[int, ...], ranges: tuple[float, ...], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Matrices (count, 2, 3) that take a pixel (row, column) of a view to where it comes from in
    the image.

    `ranges` are rotation and shear in degrees, shifts, and zoom as in `ImageDataGenerator`:
    (rotation, height shift, width shift, shear, lowest zoom, highest zoom). As in Keras the
    product is rotation · shift · shear · zoom, about the middle of the image.
    """
    rotation, rows, columns, shear, low, high = ranges
    angle = np.radians(rng.uniform(-rotation, rotation, count))
    lean = np.radians(rng.uniform(-shear, shear, count))
    shift = np.stack([_shift(rows, size[0], count, rng), _shift(columns, size[1], count, rng)], axis=1)
    zoom = rng.uniform(low, high, (count, 2))
    turn = np.stack([np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)], axis=1).reshape(count, 2, 2)
    sheared = np.stack([np.cos(lean), np.zeros(count), -np.sin(lean), np.ones(count)], axis=1).reshape(count, 2, 2)
    matrix = (turn @ sheared) * zoom[:, None, :]
    middle = (np.array(size) - 1) / 2
    offset = middle + np.einsum("nij,nj->ni", turn, shift) - matrix @ middle
    return np.concatenate([matrix, offset[:, :, None]], axis=2)


def _shift(limit: float, size: int, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Below 1 the limit is a share of the size, from 1 on pixels."""
    return rng.uniform(-limit, limit, count) * (size if limit < 1 else 1)


def warp(images: NDArray, transforms: NDArray, fill_mode: str = "nearest", cval: float = 0.0) -> NDArray[np.float32]:
    """Views of images (n, H, W, C), with linear interpolation between four pixels.

    A shift by one column, with the edge repeated:

        >>> shift = np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]])
        >>> warp(np.arange(3.0).reshape(1, 1, 3, 1), shift).ravel().tolist()
        [1.0, 2.0, 2.0]
    """
    _, height, width, _ = images.shape
    grid = np.stack([*np.indices((height, width)), np.ones((height, width))]).reshape(3, -1)
    rows, columns = np.moveaxis(transforms @ grid, 1, 0)
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]

    def pixels(row: NDArray, column: NDArray) -> NDArray:
        row, column = row.clip(0, height - 1).astype(np.intp), column.clip(0, width - 1).astype(np.intp)
        return np.asarray(images[np.arange(len(images))[:, None], row, column])

    upper = pixels(top, left) * (1 - right) + pixels(top, left + 1) * right
    lower = pixels(top + 1, left) * (1 - right) + pixels(top + 1, left + 1) * right
    views = upper * (1 - down) + lower * down
    if fill_mode == "constant":
        inside = (rows >= 0) & (rows <= height - 1) & (columns >= 0) & (columns <= width - 1)
        views = np.where(inside[..., None], views, cval)
    return views.reshape(images.shape).astype(np.float32)
