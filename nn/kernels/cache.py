"""Compiled kernels on disk, in files that are checked before they run: a damaged one only costs a
compilation.

Numba's own cache trusts its files. A truncated file is a traceback at every start, one that was
copied over another runs the wrong machine code, and a full disk ends the program. Here every file
begins with a SHA-256 of its name, of the sources it was compiled from, and of its content. A file
that does not match, or cannot be read, is treated as missing: the kernel is compiled again. A file
that cannot be written is left out, and the next process compiles that kernel again.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import pickle
import secrets
from pathlib import Path
from typing import Any, ClassVar

from numba.core.caching import FunctionCache, IndexDataCacheFile

SEAL_BYTES = hashlib.sha256().digest_size


class Report:
    """What the user may want to know, and what a process that is stopped has to remove.

    Attributes:
        failure: why the last kernel could not be kept, or None.
        unfinished: temporary files that are being written.
    """

    failure: OSError | None = None
    unfinished: ClassVar[set[str]] = set()


def remove_unfinished() -> None:
    """Remove the temporary files of this process, which is about to stop in the middle of its
    work.
    """
    for path in tuple(Report.unfinished):
        with contextlib.suppress(OSError):
            os.unlink(path)


# A thread that compiles does not outlive the program, which may end in the middle of its writing.
atexit.register(remove_unfinished)


class KernelCache(FunctionCache):
    """The cache of one kernel; `stamp` says which sources its code was compiled from."""

    def __init__(self, function: Any, stamp: str) -> None:
        super().__init__(function)
        self._cache_file = SealedFiles(self._cache_path, self._impl.filename_base, stamp)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for the signature `sig`, if that is possible."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            Report.failure = error


class SealedFiles(IndexDataCacheFile):
    """Numba's files of one kernel, an index and one file for each signature, each behind its seal."""

    def _load_index(self) -> dict[Any, str]:
        return self._read(self._index_name) or {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_name, overloads)

    def _load_data(self, name: str) -> Any:
        return self._read(name)

    def _save_data(self, name: str, data: Any) -> None:
        self._write(name, data)

    def is_sound(self, name: str) -> bool:
        """Whether a file can be read, and is what these sources were compiled into."""
        return self._read(name) is not None

    def _seal(self, name: str, content: bytes | memoryview) -> bytes:
        digest = hashlib.sha256(f"{name}\n{self._version}\n{self._source_stamp}\n".encode())
        digest.update(content)
        return digest.digest()

    def _read(self, name: str) -> Any:
        """The object in a file, or None if there is no sound file of this name and these sources."""
        try:
            whole = memoryview(Path(self._data_path(name)).read_bytes())  # whose slices are no copies
        except OSError:
            return None
        seal, content = whole[:SEAL_BYTES], whole[SEAL_BYTES:]
        return pickle.loads(content) if seal == self._seal(name, content) else None

    def _write(self, name: str, value: Any) -> None:
        """Write to a temporary file and rename it, so that no reader ever sees half a file."""
        content = self._dump(value)
        path = self._data_path(name)
        temporary = f"{path}.{secrets.token_hex(4)}.tmp"
        Report.unfinished.add(temporary)
        try:
            Path(temporary).write_bytes(self._seal(name, content) + content)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        finally:
            Report.unfinished.discard(temporary)
