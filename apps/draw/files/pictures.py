"""Pictures in and out: a file becomes ink on the sheet, the sheet becomes a PNG. No Pygame."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from apps.draw.drawing.raster import Raster
from apps.draw.drawing.strokes import Item, Picture
from nn.errors import InputError
from nn.io.files import atomic_write, reserve

SAVED_SCALE = 2.0  # pixels to a sheet unit: 1280 × 960


def open_picture(path: str | os.PathLike[str]) -> Picture:
    """Read an image file, whatever its paper and polarity, as ink.

    Raises:
        InputError: missing, no image, or an image without any ink.
    """
    from nn.reading import read_image, to_ink

    ink = to_ink(read_image(path))
    if not ink.any():
        raise InputError(f"{Path(path).name}: expected a drawing, got a picture without ink")
    return Picture(np.round(ink * 255).astype(np.uint8))


def save_drawing(items: Iterable[Item], folder: Path) -> Path:
    """Write the sheet, black on white, as the first drawing-N.png that is free; returns its path.

    Raises:
        OSError: the folder cannot be written.
    """
    raster = Raster(SAVED_SCALE)
    raster.render(items)
    path = reserve(folder / f"drawing-{number}.png" for number in itertools.count(1))
    try:
        with atomic_write(path) as file:
            Image.fromarray(255 - raster.ink).save(file, format="PNG", optimize=True)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        raise
    return path
