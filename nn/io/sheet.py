"""Contact sheets: many small images in rows, to look at."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image

from nn.io.files import atomic_write

GAP = 2
PAPER = 40  # the brightness between the images


def save_sheet(path: str | os.PathLike[str], images: np.ndarray, zoom: int = 2) -> None:
    """Write images (rows, columns, H, W) in [0, 1] as one PNG, each pixel `zoom` wide."""
    rows, columns, height, width = images.shape
    canvas = np.full((rows, columns, height + GAP, width + GAP), PAPER, np.uint8)
    canvas[:, :, :height, :width] = np.clip(images * 255 + 0.5, 0, 255).astype(np.uint8)
    flat = canvas.transpose(0, 2, 1, 3).reshape(rows * (height + GAP), columns * (width + GAP))
    sheet = Image.fromarray(flat)
    with atomic_write(path) as file:
        sheet.resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.NEAREST).save(file, "PNG")
