"""Finds the four files of a collection: given by the user, in one of the usual folders, or
downloaded into the cache.

In this order: the `data` argument (then nowhere else); the environment variable NN_DATA; the
checkout's `data` folder; the operating system's package; the user's cache folder; the mirrors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from nn.datasets.collection import Collection, DataFile
from nn.datasets.fetch import fetch
from nn.errors import InputError
from nn.io.archive import is_own
from nn.io.folders import cache_folder

DATA_VARIABLE = "NN_DATA"
CHECKOUT = Path(__file__).resolve().parents[2] / "data"


def locate(
    collection: Collection, data: str | os.PathLike[str] | None = None, mirrors: Sequence[str] | None = None
) -> list[Path]:
    """Paths of the collection's four files, plain or .gz, in the collection's order.

    Arguments:
        data: a folder that must hold them, itself or in a subfolder named like the collection
            (`mnist`, `fashion-mnist`).
        mirrors: base URLs to download from, see `nn.datasets.fetch.fetch`.

    Raises:
        InputError: `data` does not hold them, NN_DATA is not a folder, or they are nowhere and
            cannot be downloaded.
    """
    if data is not None:
        return _given(collection, Path(os.fsdecode(data)))
    for folder in _usual_folders(collection):
        found = _files_in(collection, folder)
        if len(found) == len(collection.files):
            return list(found.values())
    return fetch(collection, cache_folder() / collection.folder, mirrors)


def keras_archive(collection: Collection, data: str | os.PathLike[str]) -> Path | None:
    """Keras' archive: the file `data`, or the `mnist.npz` in the folder `data` or in its subfolder,
    where the four files are not all there. A model may have that name, too.
    """
    given = Path(os.fsdecode(data))
    if given.is_file():
        return given
    folders = (given / collection.folder, given)
    if any(len(_files_in(collection, folder)) == len(collection.files) for folder in folders):
        return None
    archives = (folder / f"{collection.folder}.npz" for folder in folders)
    return next((path for path in archives if path.is_file() and not is_own(path)), None)


def _given(collection: Collection, folder: Path) -> list[Path]:
    """The files in the folder that the user named. Its subfolder comes first: both collections
    have the same file names.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder that holds the {collection.title} files, got no folder")
    found = max(_files_in(collection, folder / collection.folder), _files_in(collection, folder), key=len)
    missing = ", ".join(file.name for file in collection.files if file not in found)
    if missing:
        raise InputError(
            f"{folder}: expected the {collection.title} files, plain or .gz, in it or in its subfolder {collection.folder}, "
            f"got a folder without {missing}"
        )
    return list(found.values())


def _usual_folders(collection: Collection) -> Iterator[Path]:
    """Folders to look into, in order. Below NN_DATA each collection has a folder of its own, so
    that they are not confused.
    """
    named = os.environ.get(DATA_VARIABLE)
    if named:
        if not os.path.isdir(named):
            raise InputError(f"{DATA_VARIABLE}: expected a folder with the subfolder {collection.folder}, got {named!r}")
        yield Path(named) / collection.folder
    yield CHECKOUT / collection.folder
    if collection.system_folder is not None:
        yield collection.system_folder
    yield cache_folder() / collection.folder


def _files_in(collection: Collection, folder: Path) -> dict[DataFile, Path]:
    """Those of the collection's files that are in `folder`; a plain one, which is quicker to read,
    before its .gz.

    Many copies have a dot in their names, `t10k-images.idx3-ubyte`, because that is how they were
    once unpacked.
    """
    found = {}
    for file in collection.files:
        names = (file.name, file.name.replace("-idx", ".idx"))
        paths = (folder / f"{name}{ending}" for ending in ("", ".gz") for name in names)
        path = next(filter(os.path.exists, paths), None)
        if path is not None:
            found[file] = path
    return found
