"""Which model the window reads with: the one asked for, else the user's own, else the bundled one.
No Pygame.

If that model was taught in the window before, the window reads with the taught one, which is in
the folder of lessons. The name of its file ends with a part of the digest of the model it was
taught from: each model has its own taught one, and a new model has none.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import nn
from nn.errors import InputError
from nn.io.archive import HEADER, is_keras_data

OWN = "mnist.npz"
DIGITS = 12  # of a digest
IGNORED = "The taught model is damaged, so this is the one from before the lessons; the next lesson makes it anew"
BUNDLED = Path(nn.__file__).parent / "pretrained" / "mnist.npz"


@dataclass(frozen=True)
class ModelFile:
    """A model's file, how the window calls it, and the file that lessons start from: the same,
    unless it was taught.

    `problem` says why a taught model is not used although there is one.
    """

    path: Path
    label: str
    base: Path
    problem: str = ""


def choose_model(asked_for: str | None, folder: Path, lessons: Path | None = None) -> ModelFile:
    """Choose the model file and look at it briefly, so that a wrong one is reported before a
    window opens.

    `lessons` is the folder in which a taught model may be; None leaves lessons aside. A damaged
    taught model is left aside, too.

    Raises:
        InputError: there is no such file, or it is no model file.
    """
    if asked_for is not None:
        base, label = Path(asked_for), f"model: {asked_for}"
    elif (folder / OWN).exists():
        base, label = folder / OWN, f"your own model: {OWN}"
    else:
        base, label = BUNDLED, "the bundled model"
    _glance(base)
    taught = base if lessons is None else taught_file(lessons, base)
    if taught == base or not taught.exists():
        return ModelFile(base, label, base)
    try:
        _glance(taught)
    except InputError:
        return ModelFile(base, label, base, IGNORED)
    return ModelFile(taught, label, base)


def taught_file(lessons: Path, base: Path) -> Path:
    """The file of the model that was taught from the one in the file `base`."""
    return lessons / f"taught-{hashlib.sha256(base.read_bytes()).hexdigest()[:DIGITS]}.npz"


def _glance(path: Path) -> None:
    """Check that there is a readable .npz. The loader checks its contents later, while the window
    is open.
    """
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
    if is_keras_data(path):
        raise InputError(f"{path}: expected a model file (.npz written by nn.train), got a data set as Keras keeps it")
    if f"{HEADER}.npy" not in names:
        raise InputError(f"{path}: expected a model file (.npz written by nn.train), got an archive without a model's header")
