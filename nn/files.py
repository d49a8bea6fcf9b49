"""Files that are always whole: written beside their place, flushed to disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import sys
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


@contextlib.contextmanager
def only_writer(path: str | os.PathLike[str], argument: str) -> Iterator[None]:
    """Hold the right to write `path`, so that two runs do not overwrite each other's work.

    The operating system's own lock on a file `.NAME.lock` beside it: it ends with the process, however that ends, so there are no
    stale locks. Where the file system knows no locks, nothing is held.

    Raises:
        InputError: another process holds it, or the folder cannot be written.
    """
    target = Path(path)
    lock = target.with_name(f".{target.name}.lock")
    try:
        file = _locked(lock)
    except BlockingIOError:
        raise InputError(f"{argument}: another run is writing {target} just now; wait for it, or choose another name") from None
    except OSError as error:
        raise InputError(f"{argument}: cannot write {target}: {error.strerror}") from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            # Before the lock is let go, so that nobody else can hold it; Windows removes no open file and keeps it.
            os.unlink(lock)
        file.close()


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files of writers of `path` that were killed; only for the one that holds `only_writer`."""
    target = Path(path)
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _locked(lock: Path) -> BinaryIO:
    """The lock file, open and locked; `BlockingIOError` if somebody else has it."""
    while True:
        file = open(lock, "ab")  # noqa: SIM115 - it stays open as long as the lock is held
        try:
            _lock(file.fileno())
            # Its last holder may have removed it between our two steps; then it guards nothing any more.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), os.stat(lock)):
                    return file
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(descriptor: int) -> None:
    """Lock an open file without waiting."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise


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
