"""Files that are always whole: written beside their place, flushed to disk, then renamed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nn.errors import InputError


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; on success it replaces `path` in one step, on any failure it vanishes.

    A reader therefore sees the old file or the new one, never a part of either (POSIX `rename`).

    Raises:
        OSError: the folder is missing or read-only, the disk is full, ...; a former `path` is untouched.
    """
    target = Path(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
        _sync_folder(target.parent)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def check_writable(path: str | os.PathLike[str], argument: str) -> None:
    """Raise `InputError` now if a file cannot be created at `path` later, before hours of work depend on it."""
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{argument}: expected a file name, got the folder {target}")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise InputError(f"{argument}: cannot write {target}: {error.strerror}") from error
    os.close(descriptor)
    os.unlink(name)
    if target.exists() and not os.access(target, os.W_OK):
        raise InputError(f"{argument}: cannot write {target}: the file is read-only")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; systems that cannot open a folder (Windows) do without."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
