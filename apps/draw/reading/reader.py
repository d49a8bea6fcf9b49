"""How the window reads: the functions of `nn` that it calls, each imported when it is first
needed. No Pygame.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from PIL import Image

from apps.draw.drawing.canvas import READING_SCALE
from apps.draw.files.model_file import BUNDLED, ModelFile
from apps.draw.reading.recognizer import Reader, Strokes

VIEWS = tuple(
    (turn, right, down) for turn in (-6, -2, 2, 6) for right, down in ((0.6, 0.2), (-0.6, -0.2), (0.2, -0.6), (-0.2, 0.6))
)


def reader_of(model: ModelFile) -> Reader:
    """What reads with a model file."""
    return Reader(lambda: load(model), read, look_inside, look_again)


def bundled_reader() -> Reader:
    """What reads with the bundled model."""
    return reader_of(ModelFile(BUNDLED, "the bundled model", BUNDLED))


def load(model: ModelFile) -> Any:
    """The model in a file; if that is a damaged taught one, the model it was taught from.

    Raises:
        InputError: it cannot be loaded, or does not read digits.
    """
    from nn.errors import InputError
    from nn.pretrained import load_reader

    try:
        network, _ = load_reader(model.path)
    except InputError:
        if model.path == model.base:
            raise
        network, _ = load_reader(model.base)
    network.use_kernels = False  # read in plain NumPy until the kernels are compiled
    threading.Thread(target=network.warm_up, name="warm-up", daemon=True).start()
    return network


def read(model: Any, ink: np.ndarray, strokes: Strokes = ()) -> Any:
    """Read ink (H, W) with the model. `strokes` are the pen movements that drew it; there are none
    if part of it was opened, erased or changed in another way.
    """
    from nn.reading.recognition import read_number

    known = [
        (np.array(stroke.points) * READING_SCALE, READING_SCALE * stroke.width * max(stroke.pressures, default=1.0))
        for stroke in strokes
    ]
    return read_number(model, ink, strokes=known or None)


def look_inside(model: Any, image: np.ndarray) -> Any:
    """Follow an image (28, 28) through the model's layers."""
    from nn.inspection.stages import stages

    return stages(model.layers, image)


def look_again(model: Any, reading: Any) -> tuple[int, int]:
    """Read every digit in 16 views, slightly turned and moved; in how many views all digits are
    read as before, and how many.
    """
    from nn.reading.recognition import read_images

    same = np.ones(len(VIEWS), bool)
    for digit in reading.digits:
        views = np.stack([_view(digit.image, *view) for view in VIEWS])
        same &= read_images(model, views).argmax(axis=1) == digit.digit
    return int(same.sum()), len(VIEWS)


def _view(image: np.ndarray, turn: float, right: float, down: float) -> np.ndarray:
    """An image turned by degrees around its middle and moved by pixels."""
    middle, angle = (image.shape[0] - 1) / 2, math.radians(turn)
    cosine, sine = math.cos(angle), math.sin(angle)
    # Each output pixel takes the input pixel at the inverse of the movement.
    across = (cosine, sine, middle - cosine * (middle + right) - sine * (middle + down))
    along = (-sine, cosine, middle + sine * (middle + right) - cosine * (middle + down))
    turned = Image.fromarray(image.astype(np.float32)).transform(
        image.shape[::-1], Image.Transform.AFFINE, (*across, *along), Image.Resampling.BILINEAR
    )
    return np.asarray(turned)
