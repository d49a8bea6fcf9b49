"""Image files to brightness: every colour mode, transparency, 16 bits, the camera's orientation; bounded in size."""

from __future__ import annotations

import os
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from nn.errors import InputError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
# Refused before any pixel is decoded, so that a small file cannot ask for more than 200 MB: as large as a phone's photo, which
# is a JPEG (or several in one: MPO) and decoded at a part of its size, or a screen of 3840 x 2160 pixels, which some decoders
# hold several times.
MAX_PIXELS = {"JPEG": 25_000_000, "MPO": 25_000_000}
MAX_PIXELS_OTHERS = 9_000_000
MAX_SIDE = 30_000  # every row costs memory of its own
LONGEST_SIDE = 1024  # larger pictures are reduced to this: a digit over a tenth of it still has five pixels for one of MNIST's

_READING_ERRORS = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an image file as brightness: (H, W) float32 in [0, 1], 0 black, 1 white, the longest side at most 1024.

    Transparency is paper: under dark ink it turns white, under light ink black.

    Raises:
        InputError: the file is missing, unreadable, empty, foreign, damaged or too large (over 25 million
            pixels for a JPEG in grey or colour, 9 million for others).
    """
    name = Path(path)
    if os.path.exists(name) and not os.path.isfile(name):
        raise InputError(f"{name}: expected an image file, got a {'folder' if os.path.isdir(name) else 'device or pipe'}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(name, formats=FORMATS) as image:
                _check_size(name, image)
                image.draft("L", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at the size that is needed
                ImageOps.exif_transpose(image, in_place=True)
                return _brightness(image)
    except InputError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise InputError(f"{name}: expected at most {MAX_PIXELS_OTHERS:,} pixels, got a larger image") from error
    except _READING_ERRORS as error:
        raise InputError(f"{name}: expected an image ({', '.join(FORMATS)}), got {_reason(name, error)}") from error


def _check_size(name: Path, image: Image.Image) -> None:
    width, height = image.size
    most = MAX_PIXELS_OTHERS if image.mode == "CMYK" else MAX_PIXELS.get(image.format or "", MAX_PIXELS_OTHERS)
    if width * height > most or max(width, height) > MAX_SIDE:
        raise InputError(f"{name}: expected at most {most:,} pixels, and {MAX_SIDE:,} a side, got {width} x {height}")
    if min(width, height) < 1:
        raise InputError(f"{name}: expected an image, got one without pixels")


def _reason(name: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "a file that may not be read"
    try:
        if name.stat().st_size == 0:
            return "an empty file"
    except OSError:
        return "a file that cannot be read"
    if isinstance(error, UnidentifiedImageError):
        return "something else"
    return f"a damaged file ({str(error).strip() or type(error).__name__})"


def _brightness(image: Image.Image) -> np.ndarray:
    """(H, W) float32 in [0, 1] of an opened image of any mode."""
    if image.mode.startswith("I;16"):
        grey = np.asarray(image, dtype=np.float32) / 65535
        return _reduced(Image.fromarray(grey))
    if image.mode in ("I", "F"):
        return _reduced(Image.fromarray(_into_unit_range(np.asarray(image, dtype=np.float32))))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
        grey = np.asarray(image.convert("RGB").convert("L"), dtype=np.float32) / 255
        return _on_paper(grey, np.asarray(image.getchannel("A"), dtype=np.float32) / 255)
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    return _reduced(image.convert("L")) / np.float32(255)


def _into_unit_range(values: np.ndarray) -> np.ndarray:
    """Integers of unknown depth, or floats: 8 bits, 16 bits, already in [0, 1], else the span that occurs."""
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    for ceiling in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= ceiling:
            return values / np.float32(ceiling)
    return ((values - low) / (high - low)).astype(np.float32)


def _reduced(image: Image.Image) -> np.ndarray:
    if max(image.size) > LONGEST_SIDE:
        image = image.copy()
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return np.array(image, dtype=np.float32)


def _on_paper(grey: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay a picture with opacity `alpha` on paper: if mostly opaque, on its own paper; else on what shows its ink best."""
    covered = float(alpha.mean())
    if covered == 0:
        return np.ones_like(grey)
    if covered > 0.5:
        paper = float(np.median(grey[alpha > 0.5]))
    else:
        paper = 1.0 if float((grey * alpha).mean()) / covered < 0.5 else 0.0
    return (grey * alpha + np.float32(paper) * (1 - alpha)).astype(np.float32)
