"""Which model the window reads with: the one asked for, else the user's own, else the bundled one. No Pygame."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import nn
from nn.archive import HEADER
from nn.errors import InputError

OWN = "mnist.npz"
BUNDLED = Path(nn.__file__).parent / "pretrained" / "mnist.npz"


@dataclass(frozen=True)
class ModelFile:
    """A model's file and how the window calls it."""

    path: Path
    label: str


def choose_model(asked_for: str | None, folder: Path) -> ModelFile:
    """Choose the model file and look at it briefly, so that a wrong one is told before a window opens.

    Raises:
        InputError: there is no such file, or it is no model file.
    """
    if asked_for is not None:
        chosen = ModelFile(Path(asked_for), f"model: {asked_for}")
    elif (folder / OWN).exists():
        chosen = ModelFile(folder / OWN, f"your own model: {OWN}")
    else:
        chosen = ModelFile(BUNDLED, "the bundled model")
    _glance(chosen.path)
    return chosen


def _glance(path: Path) -> None:
    """The cheap part of loading: is there a readable .npz? What is in it the loader checks, behind the open window."""
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: expected a model file, got a {'folder' if path.is_dir() else 'device or pipe'}")
    if not path.exists():
        raise InputError(f"{path}: expected a model file, got no such file")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: expected a model file, got one that may not be read")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise InputError(f"{path}: expected a model file (.npz written by nn.train), got something else") from error
    if f"{HEADER}.npy" not in names:
        raise InputError(f"{path}: expected a model file (.npz written by nn.train), got an archive without a model's header")
