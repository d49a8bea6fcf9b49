"""IDX, the format of MNIST: a short header, then the elements of one array, row by row.

Layout (all numbers big-endian):
    bytes 0-1       zero
    byte 2          element type: 08 ubyte, 09 byte, 0B short, 0C int, 0D float, 0E double
    byte 3          rank r
    4 bytes each    r sizes, unsigned
    the rest        the elements in C order, and nothing after them

Rank 0 is one element without sizes (shape ()), and a size may be 0 (no elements); both survive a
round trip.

An IDX file carries no checksum. A reader can compare its length with its header, and this one
does, but a changed pixel in a *plain* file goes unnoticed. In a .gz file, gzip's CRC-32 covers
header and elements, and a changed file is refused.

Reference:
    Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", section "The
    IDX file format".
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.datasets.content import Content, open_content
from nn.errors import InputError
from nn.io.files import atomic_write

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(np.int16),
    0x0C: np.dtype(np.int32),
    0x0D: np.dtype(np.float32),
    0x0E: np.dtype(np.float64),
}
CODES = {dtype: code for code, dtype in TYPES.items()}
MAX_RANK = 64  # NumPy's own limit
MAX_SIZE = 2**32 - 1


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Read an IDX file, plain or gzip (whatever its name), as a C-contiguous array in the
    machine's byte order.

    The header is compared with what the file can hold before anything is allocated, in integers
    that do not overflow. Memory that is never filled is never touched, so a small file with a
    false header stays small in memory as well.

    Raises:
        InputError: missing or unreadable, not an IDX file, shorter or longer than its header says,
            damaged gzip data.
    """
    name = os.fsdecode(path)
    with open_content(path) as content:
        dtype, shape = _read_header(content, name)
        body = math.prod(shape) * dtype.itemsize
        header = 4 + 4 * len(shape)
        expected = f"{name}: expected {header + body} bytes, as its header (shape {shape} of {dtype}) says, got"
        if header + body > content.most:
            raise InputError(f"{expected} a file that holds no more than {content.most}")
        try:
            array = np.empty(shape, dtype)
        except (MemoryError, ValueError) as error:  # ValueError: sizes such as (0, 2**32 - 1, 2**32 - 1, 2**32 - 1)
            raise InputError(f"{name}: expected an array that fits into memory, got shape {shape} of {dtype}") from error
        filled = content.readinto(array.reshape(-1).view(np.uint8).data)
        if filled < body:
            raise InputError(f"{expected} {header + filled}")
        if content.readinto(memoryview(bytearray(1))):  # also what makes zlib check the CRC behind the last byte
            raise InputError(f"{expected} more")
    if sys.byteorder == "little":
        array.byteswap(inplace=True)
    return array


def write_idx(path: str | os.PathLike[str], array: npt.ArrayLike) -> None:
    """Write an array as IDX; gzip if the name ends in .gz, with no time stamp, so that equal
    arrays give equal files.

    The file appears in one step (`nn.io.files.atomic_write`). Byte order and memory layout of
    `array` do not matter.

    Raises:
        InputError: the element type is not one of IDX's six, or a size does not fit into 32 bits.
        OSError: the file cannot be written.
    """
    values = np.asarray(array)
    code = CODES.get(values.dtype.newbyteorder("="))
    if code is None:
        names = ", ".join(str(dtype) for dtype in CODES)
        raise InputError(f"array: expected elements of type {names}, got {values.dtype}")
    if any(size > MAX_SIZE for size in values.shape):
        raise InputError(f"array: expected sizes of at most {MAX_SIZE}, got shape {values.shape}")
    header = struct.pack(f">HBB{values.ndim}I", 0, code, values.ndim, *values.shape)
    elements = values.astype(values.dtype.newbyteorder(">"), order="C", copy=False).reshape(-1).view(np.uint8)
    with atomic_write(path) as file:
        if os.fsdecode(path).endswith(".gz"):
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                packed.write(header)
                packed.write(elements.data)
        else:
            file.write(header)
            file.write(elements.data)


def _read_header(content: Content, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """The element type and the shape that the file claims to hold."""
    magic = _read_bytes(content, 4, name)
    if magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] > MAX_RANK:
        codes = ", ".join(f"{code:02x}" for code in TYPES)
        raise InputError(
            f"{name}: expected an IDX file, which begins with 00 00, a type ({codes}) and a rank of at most {MAX_RANK:02x}, "
            f"got {magic.hex(' ')}"
        )
    rank = magic[3]
    return TYPES[magic[2]], struct.unpack(f">{rank}I", _read_bytes(content, 4 * rank, name))


def _read_bytes(content: Content, count: int, name: str) -> bytes:
    """Exactly `count` bytes of the header."""
    piece = bytearray(count)
    came = content.readinto(memoryview(piece))
    if came < count:
        raise InputError(f"{name}: expected a complete IDX header, got a file that ends within it")
    return bytes(piece)
