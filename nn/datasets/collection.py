"""The description of a data set in four IDX files: their names and digests, and where they may be
found.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class DataFile(NamedTuple):
    """One published IDX file: its name, and the size (bytes) and SHA-256 of its *uncompressed*
    content.

    The content, because mirrors compress the same content into different .gz bytes.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Collection:
    """A data set of images and labels.

    Attributes:
        title: its name in messages.
        folder: the name of the folder that holds its files, wherever data sets are kept.
        files: training images, training labels, test images, test labels.
        mirrors: base URLs that serve each file as NAME.gz, in the order in which they are tried.
        system_folder: where the operating system's package installs the files, if there is one.
    """

    title: str
    folder: str
    files: tuple[DataFile, DataFile, DataFile, DataFile]
    mirrors: tuple[str, ...]
    system_folder: Path | None = None
