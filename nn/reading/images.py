"""Image files to brightness: every colour mode, transparency, 16 bits, the camera's orientation;
bounded in size.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import struct
import sys
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError, features

from nn.errors import InputError

HEIC_PACKAGE = "pillow-heif"  # reads phones' HEIC files where it is installed
with contextlib.suppress(ImportError):
    importlib.import_module("pillow_heif").register_heif_opener()

HAS_AVIF = "avif" in features.modules and features.check("avif")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", *(("AVIF",) if HAS_AVIF else ()))
PLUGINS = ("HEIF",) if "pillow_heif" in sys.modules else ()
# Refused before any pixel is decoded, so that a small file cannot ask for more than 200 MB. A
# JPEG is decoded at a part of its size, but one that is progressive, or comes in several scans,
# keeps all its coefficients in memory until the end. Phones' photos have 12 or 50 million pixels.
# Some of the other decoders hold a picture several times.
MAX_PIXELS = {"JPEG": 120_000_000, "MPO": 120_000_000, "PNG": 13_000_000, "HEIF": 13_000_000}
MAX_PIXELS_OTHERS = 9_000_000
MAX_COEFFICIENTS = 75_000_000  # two bytes each
MAX_SIDE = 30_000  # every row costs memory of its own
MIN_SIDE, MIN_LONGER_SIDE = 3, 10  # smaller pictures show nothing that could be told from another digit
LONGEST_SIDE = 1024  # larger pictures are reduced to this: a digit over a tenth of it still has five pixels for one of MNIST's
CLEARER, LEAST_SPREAD = 2.0, 40.0  # one colour is read alone if it has so many times the contrast, and so many of 256 steps
UNUSED = 0.25  # where deep pixels use less of their range, the range that they use counts

_READING_ERRORS = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an image file as brightness: (H, W) float32 in [0, 1], 0 black, 1 white, the longest
    side at most 1024.

    Transparency is paper: under dark ink it turns white, under light ink black.

    Raises:
        InputError: the file is missing, unreadable, empty, foreign, damaged, too small (under 10
        pixels) or too large (over
            120 million pixels for a JPEG in grey or colour, about 50 million if it is
            progressive, 13 million for PNG and HEIC, 9 million for others).
    """
    name = Path(path)
    if os.path.exists(name) and not os.path.isfile(name):
        raise InputError(f"{name}: expected an image file, got a {'folder' if os.path.isdir(name) else 'device or pipe'}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(name, formats=FORMATS + PLUGINS) as image:
                _check_size(name, image)
                image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at the size that is needed
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
    if min(width, height) < MIN_SIDE or max(width, height) < MIN_LONGER_SIDE:
        raise InputError(
            f"{name}: expected at least {MIN_SIDE} x {MIN_LONGER_SIDE} pixels, got {width} x {height}, too small for a digit"
        )
    if image.format in ("JPEG", "MPO") and _keeps_coefficients(name, image):
        layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
        blocks = [h * v for _, h, v, _ in layers]
        coefficients = width * height * sum(blocks) // max([1, *blocks])
        if coefficients > MAX_COEFFICIENTS:
            pixels = MAX_COEFFICIENTS * width * height // coefficients
            raise InputError(f"{name}: expected at most {pixels:,} pixels in a progressive JPEG, got {width} x {height}")


def _keeps_coefficients(name: Path, image: Image.Image) -> bool:
    """Whether a JPEG is progressive, or its first scan does not hold all its colours."""
    if image.info.get("progressive"):
        return True
    with name.open("rb") as file:
        return _colours_in_first_scan(file) < getattr(image, "layers", 1)


def _colours_in_first_scan(file: BinaryIO) -> int:
    """The number of components that a JPEG's first scan names; 0 where none is found."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:
        length = int.from_bytes(head[2:], "big")
        if head[1] == 0xDA:
            return int.from_bytes(file.read(1), "big")
        file.seek(max(length - 2, 0), os.SEEK_CUR)
    return 0


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
        is_heic = name.suffix.lower() in (".heic", ".heif") and not PLUGINS
        return f"a HEIC file, which needs `pip install {HEIC_PACKAGE}`" if is_heic else "something else"
    return f"a damaged file ({str(error).strip() or type(error).__name__})"


def _brightness(image: Image.Image) -> np.ndarray:
    """(H, W) float32 in [0, 1] of an opened image of any mode."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _into_unit_range(_block_means(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
        grey = np.asarray(image.convert("RGB").convert("L"), dtype=np.float32) / 255
        return _on_paper(grey, np.asarray(image.getchannel("A"), dtype=np.float32) / 255)
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return np.asarray(_clearest(image), dtype=np.float32) / np.float32(255)


def _clearest(image: Image.Image) -> Image.Image:
    """Brightness, or the one colour in which ink and paper differ far more, as orange and blue do."""
    grey = image.convert("L")
    if image.mode != "RGB":
        return grey
    spreads = [float(np.ptp(np.percentile(np.asarray(each), (0.5, 99.5)))) for each in (grey, *image.split())]
    best = int(np.argmax(spreads))
    return image.getchannel(best - 1) if spreads[best] > max(CLEARER * spreads[0], LEAST_SPREAD) else grey


def _block_means(values: np.ndarray) -> np.ndarray:
    """Pixels of any type as float32, so many in each direction taken together that the longest
    side is at most 1024.
    """
    step = -(-max(values.shape) // LONGEST_SIDE)
    starts = np.arange(0, values.shape[1], step)
    widths = np.diff(starts, append=values.shape[1])
    rows = []
    for top in range(0, len(values), step):
        strip = np.nan_to_num(values[top : top + step].astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        rows.append(np.add.reduceat(strip.mean(axis=0), starts) / widths)
    return np.array(rows, np.float32)


def _into_unit_range(values: np.ndarray) -> np.ndarray:
    """Integers of 8 to 16 bits, or floats: already in [0, 1], or of the depth that the largest
    needs, or the span that occurs.
    """
    low, high = float(values.min()), float(values.max())
    ceilings = (1.0, *(float(2**bits - 1) for bits in (8, 10, 12, 14, 16)))
    ceiling = next((each for each in ceilings if low >= 0 and high <= each), None)
    # A whole step of the 256 that other pictures have is contrast; less is noise.
    if ceiling is None or (ceiling > 255 and ceiling / 256 <= high - low < UNUSED * ceiling):
        return (values - np.float32(low)) / np.float32(max(high - low, 1e-30))
    return values / np.float32(ceiling)


def _on_paper(grey: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay a picture with opacity `alpha` on paper: if mostly opaque, on its own paper; else on
    what shows its ink best.
    """
    covered = float(alpha.mean())
    if covered == 0:
        return np.ones_like(grey)
    if covered > 0.5:
        paper = float(np.median(grey[alpha > 0.5]))
    else:
        paper = 1.0 if float((grey * alpha).mean()) / covered < 0.5 else 0.0
    return (grey * alpha + np.float32(paper) * (1 - alpha)).astype(np.float32)
