"""Drawings that were corrected, kept for lessons: one PNG each, black on white, its label in its
name (`0003-is-7.png`).

The folder belongs to the user: removing a file makes the next lesson forget it, renaming it
corrects its label.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from apps.draw.wording import reason_of
from nn.datasets.sources import CLASSES
from nn.errors import InputError
from nn.io.files import atomic_write, reserve
from nn.io.folders import data_folder
from nn.reading import read_image, to_mnist

FOLDER_VARIABLE = "NN_LESSONS"
NAME = re.compile(r"(\d{4,})-is-(\d)\.png")


@dataclass(frozen=True)
class Kept:
    """A kept drawing: its file, what it is, what the network is shown of it (28, 28), and why that
    could not be read.
    """

    path: Path
    label: int
    image: np.ndarray
    problem: str = ""


def lessons_folder() -> Path:
    """$NN_LESSONS, else the folder `numba-cnn/lessons` where the operating system keeps a user's
    data.

    Raises:
        InputError: the user has no home folder.
    """
    if os.environ.get(FOLDER_VARIABLE):
        return Path(os.environ[FOLDER_VARIABLE])
    return data_folder() / "lessons"


def keep(folder: Path, ink: np.ndarray, label: int) -> Path:
    """Write the ink (H, W) in [0, 1] of one digit under the next free number; returns its path.

    Raises:
        InputError: the label is no digit.
        OSError: the folder cannot be made or written.
    """
    if not 0 <= label < CLASSES:
        raise InputError(f"label: expected 0 to {CLASSES - 1}, got {label}")
    folder.mkdir(parents=True, exist_ok=True)
    path = _reserved(folder, label)
    try:
        with atomic_write(path) as file:
            Image.fromarray(255 - np.round(ink * 255).astype(np.uint8)).save(file, format="PNG", optimize=True)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        raise
    return path


def kept_drawings(folder: Path) -> list[Kept]:
    """All drawings of a folder in the order of their numbers; none where there is no folder.

    A file that is named like a drawing but cannot be read is in the list, too, with the reason and
    a blank image.
    """
    found = [(path, NAME.fullmatch(path.name)) for path in folder.glob("*.png")]
    named = sorted((int(match[1]), path, int(match[2])) for path, match in found if match)
    return [_kept(path, label) for _, path, label in named]


def seen_by_network(ink: np.ndarray) -> np.ndarray:
    """What the network is shown of an ink (H, W) in [0, 1]: the same image whether it comes from
    the sheet or from its file.
    """
    return to_mnist(np.round(255 * ink).astype(np.uint8) * np.float32(1 / 255))


def _kept(path: Path, label: int) -> Kept:
    try:
        return Kept(path, label, seen_by_network(1 - read_image(path)))
    except (InputError, OSError) as error:
        return Kept(path, label, np.zeros((28, 28), np.float32), reason_of(error, path))


def _reserved(folder: Path, label: int) -> Path:
    """A new empty file with the next number."""
    taken = [int(match[1]) for path in folder.iterdir() if (match := NAME.fullmatch(path.name))]
    numbers = itertools.count(max(taken, default=0) + 1)
    return reserve(folder / f"{number:04d}-is-{label}.png" for number in numbers)
