"""A failing file system: errors, short writes and delays at random moments, between `nn.io.files`
and the operating system.
"""

from __future__ import annotations

import errno
import io
import os
import random
import sys
import time
from typing import Any

from nn.io import files

DISK_ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT)


class Faults:
    """Replaces `os` in `nn.io.files`.

    Args:
        seed: of everything random here.
        failures: the probability that writing a file fails, at a random call: open, write, fsync
            or replace.
        delay: the longest delay of each call in seconds, so that a kill often falls into a write.
    """

    def __init__(self, seed: int, failures: float, delay: float) -> None:
        self.random = random.Random(seed)
        self.failures = failures
        self.delay = delay
        self._failing = ""

    def install(self) -> None:
        """Replace `os` from now on, in this process."""
        vars(files)["os"] = self

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: str | os.PathLike[str], flags: int, mode: int = 0o777) -> int:
        """Open a file or fail. For a new file this also decides whether it will fail, and in which
        call.
        """
        if flags & os.O_CREAT:
            fails = self.random.random() < self.failures
            self._failing = self.random.choice(("open", "write", "fsync", "replace")) if fails else ""
            self.pause("open")
        return os.open(path, flags, mode)

    def fdopen(self, descriptor: int, mode: str) -> Any:
        """The open file, as Python's `open` returns it, but slow and with short writes."""
        return io.BufferedWriter(_SlowFile(self, descriptor, mode), 1 << 16)

    def fsync(self, descriptor: int) -> None:
        """Flush to disk, or fail."""
        self.pause("fsync")
        os.fsync(descriptor)

    def replace(self, source: str, target: os.PathLike[str]) -> None:
        """Rename, or fail."""
        self.pause("replace")
        os.replace(source, target)

    def pause(self, call: str) -> None:
        """Wait a little; then fail, if this is the call that fails."""
        time.sleep(self.random.random() * self.delay)
        if call == self._failing:
            error = self.random.choice(DISK_ERRORS)
            raise OSError(error, os.strerror(error))


class _SlowFile(io.FileIO):
    """Writes a random share of what it is given, and fails once a random size is reached if
    writing is the failing call.
    """

    def __init__(self, faults: Faults, descriptor: int, mode: str) -> None:
        super().__init__(descriptor, mode)
        self._faults = faults
        self._fails_at = faults.random.randrange(3_000_000)

    def write(self, data: Any) -> int:
        length = self._faults.random.randrange(len(data)) + 1
        if self.tell() + length > self._fails_at:
            self._fails_at = sys.maxsize
            self._faults.pause("write")
        return super().write(memoryview(data)[:length])
