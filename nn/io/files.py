"""Files that are always whole: written under a temporary name, flushed to disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import glob
import itertools
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from nn.errors import InputError
from nn.io.interrupts import on_leaving, signals_wait

# Windows replaces no file that is open, and virus scanners and synchronised folders open new files
# for a moment.
HELD_FOR_A_MOMENT = sys.platform == "win32"
RETRIES, PAUSE = 20, 0.05  # a second in all, in seconds
LOCK_ATTEMPTS = 10
NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file in the folder of `path`. On success it replaces `path` in one step, on
    any failure it is removed.

    A reader therefore sees the old file or the new one, never a part of either (POSIX `rename`).
    If `path` is a link, the file that it points to is replaced. The new file gets the mode of the
    old one.

    Raises:
        OSError: the folder is missing or read-only, the disk is full, ...; an old file at `path`
            is untouched.
    """
    target = _target(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    part = target.with_name(_part_name(target.name, secrets.token_hex(4)))
    try:
        with on_leaving(lambda: part.unlink(missing_ok=True)):
            with _create(part) as file:
                yield file
                file.flush()
                _flush_to_disk(file.fileno())
            with contextlib.suppress(OSError):
                # Some file systems have no modes (FAT), and the first file has no former one.
                os.chmod(part, stat.S_IMODE(os.stat(target).st_mode))
            replace(part, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        if isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None:
            error.filename = str(path)  # `write` knows only a number
        raise
    _sync_folder(target.parent)


def check_writable(path: str | os.PathLike[str], argument: str) -> None:
    """Raise `InputError` now if a file cannot be created at `path` later, before hours of work
    depend on it.
    """
    if not os.fspath(path):
        raise InputError(f"{argument}: expected a file name, got an empty one")
    if os.path.isdir(path):
        raise InputError(f"{argument}: expected a file name, got the folder {path}")
    try:
        target = _target(path)
        part = target.with_name(_part_name(target.name, secrets.token_hex(4)))
        with on_leaving(lambda: part.unlink(missing_ok=True)):
            _create(part).close()
            os.unlink(part)
    except OSError as error:
        raise InputError(f"{argument}: cannot write {path}: {error.strerror}") from error
    if target.exists() and not os.access(target, os.W_OK):
        raise InputError(f"{argument}: cannot write {path}: the file is read-only")


@contextlib.contextmanager
def only_writer(path: str | os.PathLike[str], argument: str) -> Iterator[None]:
    """Hold the right to write `path`, so that two runs do not overwrite each other's work.

    This is the operating system's own lock on a file `.NAME.lock` in the same folder. It ends with
    the process, however that ends, so there are no stale locks. On a file system without locks
    nothing is held.

    Raises:
        InputError: another process holds it, or the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            target = _target(path)
            lock = target.with_name(f".{target.name}.lock")
            with signals_wait():
                file = _locked(lock)
                stack.callback(_release, lock, file)
                stack.enter_context(on_leaving(lambda: _release(lock, file)))
        except BlockingIOError:
            raise InputError(
                f"{argument}: another process is writing {path}; wait until it ends, or choose another name"
            ) from None
        except OSError as error:
            raise InputError(f"{argument}: cannot write {path}: {error.strerror}") from error
        try:
            yield
        finally:
            with signals_wait():
                stack.close()


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files of writers of `path` that were killed. Call it only inside
    `only_writer`.
    """
    target = _target(path)
    for leftover in target.parent.glob(_part_name(glob.escape(target.name), "[0-9a-f]" * 8)):
        with contextlib.suppress(OSError):
            leftover.unlink()


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder, which is removed in the end, also when a signal ends the process."""
    import tempfile

    with contextlib.ExitStack() as stack:
        with signals_wait():
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(on_leaving(lambda: shutil.rmtree(folder, ignore_errors=True)))
        yield Path(folder)


def reserve(paths: Iterable[Path]) -> Path:
    """Create an empty file at the first of `paths` that is free. Two processes never get the same
    one.
    """
    for path in paths:
        try:
            path.open("xb").close()
        except FileExistsError:
            continue
        return path
    raise InputError("expected a path that is free, got none")


def _locked(lock: Path) -> BinaryIO:
    """The lock file, open and locked; `BlockingIOError` if another process has it."""
    for attempt in itertools.count(1):
        file = open(lock, "ab")  # noqa: SIM115 - it stays open as long as the lock is held
        try:
            _lock(file.fileno())
            # Its last holder may have removed it between our two steps, and a lock on a removed
            # file guards nothing. Some network drives of Windows give one file two identities;
            # there the check never succeeds, and is given up.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), os.stat(lock)) or attempt == LOCK_ATTEMPTS:
                    return file
        except BaseException:
            file.close()
            raise
        file.close()
    raise AssertionError("the loop is endless")


def _release(lock: Path, file: BinaryIO) -> None:
    """Remove the lock file while the lock is still held, so that nobody else can hold it. Windows
    removes no open file; there it is closed first, and stays if somebody else has opened it.
    """
    if sys.platform == "win32":
        file.close()
    with contextlib.suppress(OSError):
        os.unlink(lock)
    file.close()


def replace(source: Path, target: Path) -> None:
    """Rename `source` to `target`; where another program may hold `target` for a moment, try for a
    second.
    """
    for _ in range(RETRIES if HELD_FOR_A_MOMENT else 0):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            time.sleep(PAUSE)
    os.replace(source, target)


def _lock(descriptor: int) -> None:
    """Lock an open file without waiting."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            # EINVAL comes from network drives without locks.
            if error.errno != errno.EINVAL:
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


def _target(path: str | os.PathLike[str]) -> Path:
    """The path with a link followed; `OSError` if it is something that must not be replaced."""
    target = Path(os.path.realpath(path) if os.path.islink(path) else path)
    if target.exists() and not target.is_file():
        raise FileExistsError(errno.EEXIST, "there is a folder, device or pipe of that name", str(target))
    return target


def _part_name(name: str, number: str) -> str:
    """The name of one writer's temporary file. It is so specific that `remove_leftovers` removes
    nothing else.
    """
    return f".{name}.{number}.part"


def _create(path: Path) -> BinaryIO:
    """A new file, with the mode that the user's umask leaves."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o666), "wb")


def _flush_to_disk(descriptor: int) -> None:
    """Write what the system has buffered of a file to the disk itself. On macOS, `fsync` alone
    stops at the drive's cache.
    """
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable where the system can. Windows opens no folders, and some
    network drives sync none.
    """
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
