"""A file system that fails: between `nn.io.files` and the operating system, errors, short writes and delays at random moments."""

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
    """Stands in for `os` in `nn.io.files`.

    Args:
        seed: of all that is random here.
        failures: the probability that a file fails to be written, each time at another place: a write, the flush, the rename.
        delay: seconds, the most that each step of a write is slowed down by, so that a kill falls into it.
    """

    def __init__(self, seed: int, failures: float, delay: float) -> None:
        self.random = random.Random(seed)
        self.failures = failures
        self.delay = delay
        self._step = ""

    def install(self) -> None:
        """From now on, in this process."""
        vars(files)["os"] = self

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: str | os.PathLike[str], flags: int, mode: int = 0o777) -> int:
        """Open a file, or fail to; and if it is one to write to, decide whether and where it will fail."""
        if flags & os.O_CREAT:
            fails = self.random.random() < self.failures
            self._step = self.random.choice(("open", "write", "fsync", "replace")) if fails else ""
            self.pause("open")
        return os.open(path, flags, mode)

    def fdopen(self, descriptor: int, mode: str) -> Any:
        """The open file, as Python's `open` gives it, but slow and with short writes."""
        return io.BufferedWriter(_SlowFile(self, descriptor, mode), 1 << 16)

    def fsync(self, descriptor: int) -> None:
        """Flush to disk, or fail."""
        self.pause("fsync")
        os.fsync(descriptor)

    def replace(self, source: str, target: os.PathLike[str]) -> None:
        """Rename, or fail."""
        self.pause("replace")
        os.replace(source, target)

    def pause(self, step: str) -> None:
        """Wait a little; then fail, if it is this step's turn."""
        time.sleep(self.random.random() * self.delay)
        if step == self._step:
            number = self.random.choice(DISK_ERRORS)
            raise OSError(number, os.strerror(number))


class _SlowFile(io.FileIO):
    """Takes a random part of what it is given, waits between, and fails when told to."""

    def __init__(self, faults: Faults, descriptor: int, mode: str) -> None:
        super().__init__(descriptor, mode)
        self._faults = faults
        self._fails_at = faults.random.randrange(3_000_000)

    def write(self, data: Any) -> int:
        part = self._faults.random.randrange(len(data)) + 1
        if self.tell() + part > self._fails_at:
            self._fails_at = sys.maxsize
            self._faults.pause("write")
        return super().write(memoryview(data)[:part])
