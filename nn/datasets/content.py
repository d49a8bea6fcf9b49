"""The bytes that a file holds, plain or gzip, in pieces no larger than asked for.

Files may come from strangers, so nothing here trusts the sizes in them. Gzip is recognised by its
first two bytes, not by the file's name, and is never inflated further than the caller has room
for, so a compression bomb does no harm. zlib and the file system release Python's interpreter lock
while they work, so several files can be read in parallel threads.

References:
    RFC 1952 (gzip), RFC 1951 (deflate). A deflate stream spends at least two bits on each match of
        at most 258 bytes, which bounds its ratio at 1032 : 1 (https://zlib.net/zlib_tech.html).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from nn.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
MAX_RATIO = 1032
MAX_INFLATED = 2**30  # bytes; the largest data set like MNIST (EMNIST) has 640 MB
PIECE = 512 * 1024


class Content(Protocol):
    """What a file holds: `most` bounds its length in bytes, `readinto` is called until it returns
    less than asked for.
    """

    most: int

    def readinto(self, view: memoryview) -> int:
        """Fill `view` (bytes) from where the last call ended; return the count of bytes, smaller
        only at the end.
        """
        ...


class Plain:
    """A file's own bytes."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.most = size
        self._file = file

    def readinto(self, view: memoryview) -> int:
        """See `Content`."""
        filled = 0
        while filled < len(view):
            count = self._file.readinto(view[filled:])  # type: ignore[attr-defined]
            if not count:
                break
            filled += count
        return filled


class Gunzipped:
    """What a gzip file holds: one or several members, each with its checksum verified when its end
    is reached.
    """

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self.most = min(size * MAX_RATIO, MAX_INFLATED)
        self._file = file
        self._name = name
        self._member = _new_member()
        self._compressed = b""

    def readinto(self, view: memoryview) -> int:
        """See `Content`.

        Raises:
            InputError: the gzip data are damaged or end too early.
        """
        filled = 0
        while filled < len(view):
            if not self._compressed:
                self._compressed = self._file.read(PIECE)
            if self._member.eof:
                if not self._compressed:
                    break
                self._member = _new_member()
            if not self._compressed:
                raise InputError(f"{self._name}: expected complete gzip data, got a file that ends in the middle of them")
            inflated = self._inflate(min(len(view) - filled, PIECE))
            view[filled : filled + len(inflated)] = inflated
            filled += len(inflated)
        return filled

    def _inflate(self, most: int) -> bytes:
        """Up to `most` more bytes of content; the rest of the compressed bytes is kept for the
        next call.
        """
        try:
            inflated = self._member.decompress(self._compressed, most)
        except zlib.error as error:
            detail = str(error).rpartition(": ")[2]
            raise InputError(f"{self._name}: expected sound gzip data, got damaged ones ({detail})") from error
        self._compressed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return inflated


def content_of(file: BinaryIO, size: int, name: str) -> Content:
    """The content of an open, seekable file of `size` bytes; error messages call it `name`."""
    magic = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return Gunzipped(file, size, name) if magic == GZIP_MAGIC else Plain(file, size)


@contextlib.contextmanager
def open_content(path: str | os.PathLike[str]) -> Iterator[Content]:
    """Open the regular file at `path`, plain or gzip.

    Raises:
        InputError: there is no such file, it cannot be read, it is a folder, pipe, socket or
            device, or its gzip data are bad.
    """
    name = os.fsdecode(path)
    if "\0" in name:
        raise InputError(f"{name!r}: expected a file name, got one with a null character")
    try:
        with open(name, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{name}: expected a regular file, got {_kind(status.st_mode)}")
            yield content_of(file, status.st_size, name)
    except OSError as error:
        raise InputError(f"{name}: expected a readable file, got the error {error.strerror or error}") from error


def sha256(content: Content, size: int) -> str:
    """SHA-256 of the content, in hexadecimal. It reads one byte more than `size`, so longer
    content differs.
    """
    digest = hashlib.sha256()
    piece = memoryview(bytearray(PIECE))
    left = size + 1
    while count := content.readinto(piece[:left]):
        digest.update(piece[:count])
        left -= count
    return digest.hexdigest()


def _new_member() -> zlib._Decompress:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: gzip's header and trailer, with the CRC checked by zlib


def _open_at_once(name: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes to would otherwise block forever."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _kind(mode: int) -> str:
    """What a path that is neither a regular file nor a folder is."""
    return "a pipe" if stat.S_ISFIFO(mode) else "a device"
