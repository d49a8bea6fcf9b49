"""Pictures as arrays: checked, and made smaller."""

from __future__ import annotations

import numpy as np

from nn.errors import InputError


def as_picture(values: np.ndarray, argument: str) -> np.ndarray:
    """Check a picture and return it as float32 in [0, 1] (uint8 is divided by 255); anything not
    finite becomes 0.
    """
    values = np.asarray(values)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2 or values.dtype.kind not in "buif":
        raise InputError(f"{argument}: expected an array (H, W) of numbers, got shape {values.shape} of {values.dtype}")
    if values.dtype == np.uint8:
        return values.astype(np.float32) / 255
    values = values.astype(np.float32)
    if not np.isfinite(values).all():
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(values, 0.0, 1.0)


def framed(picture: np.ndarray, margin: int) -> np.ndarray:
    """The picture (H, W) with `margin` rows and columns of 0 around it. (`np.pad` takes longer to
    begin than this takes altogether.)
    """
    height, width = picture.shape
    out = np.zeros((height + 2 * margin, width + 2 * margin), picture.dtype)
    out[margin : margin + height, margin : margin + width] = picture
    return out


def extents(mask: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    """The first row of a mask (H, W) that holds anything, and one past the last; then its columns."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def block_reduce(picture: np.ndarray, step: int, combine: np.ufunc) -> np.ndarray:
    """Combine every step × step block (the last ones with what there is): (H, W) -> (⌈H/step⌉,
    ⌈W/step⌉).
    """
    if step > 1:
        for _ in range(2):  # rows, then (transposed) columns: long vector operations instead of many small reductions
            whole = picture.shape[0] // step * step
            out = picture[0:whole:step].copy()
            for k in range(1, step):
                combine(out, picture[k:whole:step], out=out)
            if whole < picture.shape[0]:
                out = np.concatenate([out, combine.reduce(picture[whole:], axis=0, keepdims=True)])
            picture = np.ascontiguousarray(out.T)
    return picture
