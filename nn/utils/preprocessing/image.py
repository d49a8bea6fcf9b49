"""Pictures and arrays, as `keras.preprocessing.image` has them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.errors import InputError
from nn.utils.channels import is_first
from nn.utils.keras_names import getter
from nn.utils.preprocessing.generator import ArrayIterator, ImageDataGenerator

__all__ = ["ArrayIterator", "ImageDataGenerator", "array_to_img", "img_to_array", "load_img", "save_img"]

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")


def load_img(
    path: str | os.PathLike[str],
    grayscale: bool = False,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
) -> Any:
    """The picture in a file as a Pillow image, resized to `target_size` (height, width) if there
    is one.
    """
    from PIL import Image, UnidentifiedImageError

    mode = "grayscale" if grayscale else color_mode
    if mode not in MODES:
        raise InputError(f"load_img: expected color_mode to be one of {', '.join(MODES)}, got {color_mode!r}")
    if interpolation not in INTERPOLATIONS:
        raise InputError(f"load_img: expected interpolation to be one of {', '.join(INTERPOLATIONS)}, got {interpolation!r}")
    try:
        with Image.open(path) as file:
            image = file.convert(MODES[mode])
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: expected a picture, got something else ({error})") from error
    if target_size is None:
        return image
    height, width = target_size
    return image.resize((width, height), Image.Resampling[interpolation.upper()])


def img_to_array(img: Any, data_format: str | None = None, dtype: DTypeLike = "float32") -> NDArray:
    """A picture (H, W) or (H, W, C) as an array (H, W, C); its values stay as they are, 0 to 255."""
    _check_format(data_format, "img_to_array")
    array = np.asarray(img, np.dtype(dtype or "float32"))
    if array.ndim not in (2, 3):
        raise InputError(f"img_to_array: expected a picture of shape (height, width) or with channels, got {array.shape}")
    return array if array.ndim == 3 else array[..., None]


def array_to_img(x: ArrayLike, data_format: str | None = None, scale: bool = True, dtype: DTypeLike = "float32") -> Any:
    """An array (H, W, C) with one, three or four channels as a Pillow image.

    `scale` stretches its values to 0 ... 255, as Keras does.
    """
    from PIL import Image

    _check_format(data_format, "array_to_img")
    array = np.asarray(x, np.dtype(dtype or "float32"))
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise InputError(f"array_to_img: expected shape (height, width, 1, 3 or 4), got {array.shape}")
    if scale:
        array = array - array.min()
        array = array / (array.max() or 1) * 255
    pixels = array.clip(0, 255).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def save_img(path: str | os.PathLike[str], x: ArrayLike, data_format: str | None = None, scale: bool = True) -> None:
    """Write an array as a picture; the ending of the name says in which format."""
    array_to_img(x, data_format, scale).save(path)


def _check_format(data_format: str | None, function: str) -> None:
    if is_first(data_format, function):
        raise InputError(f"{function}: images with channels first are not supported; expected data_format 'channels_last'")


__getattr__ = getter("nn.preprocessing.image")
