"""Arrays and a JSON header in one .npz file, which is written whole or not at all, and read
without trust.

The format is an uncompressed zip archive of .npy members, readable with `numpy.load(path,
allow_pickle=False)`. The member `header` is a string of JSON. It holds the SHA-256 of every other
member.

Reading assumes nothing. Members must be stored uncompressed, so that no size in the file can
exceed the file's own. Pickles, unknown and duplicate members, wrong sizes and wrong checksums are
refused, each with one sentence.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import stat
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nn.errors import InputError
from nn.io.files import atomic_write

HEADER = "header"
# The archive in which Keras keeps a data set; its name, mnist.npz, is also that of a model here.
KERAS_MEMBERS = ("x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy")
MAX_HEADER_BYTES = 16 * 2**20
# How NumPy writes the header of a .npy member whose elements are numbers or characters. It looks
# like a Python expression, but it is matched by a pattern and never parsed, so that a malicious
# header has nothing to exploit.
NPY_HEADER = re.compile(
    r"{'descr': '([<|](?:[iu][1248]|f[248]|b1|U[1-9]\d{0,7}))', 'fortran_order': False, "
    r"'shape': \(((?:\d{1,18}, ?)*(?:\d{1,18})?)\), } *\n",
    re.ASCII,
)
NPY_MAGIC = b"\x93NUMPY\x01\x00"  # version 1.0; the length of the header follows, two bytes
MAX_RANK = 8
MAX_DIGITS = 300  # of a whole number in the header, so that products of a few of them can still be printed
# Weights are kept as float32, whatever the file holds.
LARGEST = float(np.finfo(np.float32).max)
# One fixed time stamp, so that the same content gives the same bytes.
TIME_STAMP = (1980, 1, 1, 0, 0, 0)
# What opening an archive raises, and what else reading its members raises.
UNREADABLE = (OSError, zipfile.BadZipFile, NotImplementedError, ValueError, struct.error)
DAMAGED = (*UNREADABLE, RuntimeError, EOFError, KeyError, IndexError, OverflowError)


def write_archive(path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> None:
    """Write `header` (values that JSON can hold) and `arrays` by name; all or nothing."""
    checked = {name: np.asarray(array, np.asarray(array).dtype.newbyteorder("<"), order="C") for name, array in arrays.items()}
    digests = {name: hashlib.sha256(array.data).hexdigest() for name, array in checked.items()}
    text = json.dumps({**header, "sha256": digests}, allow_nan=False)
    with atomic_write(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in {HEADER: np.array(text), **checked}.items():
            content = io.BytesIO()
            npy.write_array(content, array, version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", TIME_STAMP), content.getvalue())


def read_archive(path: str | os.PathLike[str], format_name: str, version: int) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """The header and the arrays of a file whose header says `format` and `version`.

    Raises:
        InputError: the file is missing, damaged, of another kind or version, or not one that
            `write_archive` made.
    """
    try:
        _check_regular(path)
        if is_keras_data(path):
            raise InputError(f"{path}: expected a {format_name} file, got a data set as Keras keeps it")
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            members = _members(path, archive, os.fstat(file.fileno()).st_size)
            header = _header(path, read_member(path, archive, members.pop(HEADER)), format_name, version)
            arrays = {name: read_member(path, archive, member) for name, member in members.items()}
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except DAMAGED as error:
        raise InputError(f"{path}: expected a {format_name} file, got a damaged or foreign one ({error})") from error
    digests = header.pop("sha256", None)
    if not isinstance(digests, dict) or digests != {
        name: hashlib.sha256(array.data).hexdigest() for name, array in arrays.items()
    }:
        raise InputError(f"{path}: the checksums do not fit the contents: the file is damaged")
    return header, arrays


def check_numbers(name: str, array: NDArray, shape: tuple[int, ...], path: str | os.PathLike[str]) -> None:
    """Raise `InputError` unless an array of a file has this shape and holds finite numbers."""
    if array.shape != shape:
        raise InputError(f"{path}: expected {name} to have shape {shape}, got {array.shape}")
    if array.dtype not in (np.float32, np.float64) or not np.abs(array).max(initial=0) <= LARGEST:
        raise InputError(f"{path}: expected {name} to be finite float32 or float64 numbers")


def is_keras_data(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a data set as Keras keeps it; False if it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist()) == set(KERAS_MEMBERS)
    except UNREADABLE:
        return False


def is_own(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a model or a checkpoint that `write_archive` made; False if it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return f"{HEADER}.npy" in archive.namelist()
    except UNREADABLE:
        return False


def _check_regular(path: str | os.PathLike[str]) -> None:
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: expected a file, got a {'folder' if stat.S_ISDIR(mode) else 'device or pipe'}")


def _members(path: str | os.PathLike[str], archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The members by name without .npy; all stored, none twice, and none larger than the file."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name == member.filename or name in members:
            raise InputError(f"{path}: expected .npy members, each once, got {member.filename!r}")
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 0x1:
            raise InputError(f"{path}: expected uncompressed members, got {member.filename!r} compressed or encrypted")
        members[name] = member
    if sum(member.file_size for member in members.values()) > size:
        raise InputError(f"{path}: the members claim more bytes than the file has")
    if HEADER not in members or members[HEADER].file_size > MAX_HEADER_BYTES:
        raise InputError(f"{path}: expected a member {HEADER!r} of at most {MAX_HEADER_BYTES:,} bytes")
    return members


def read_member(path: str | os.PathLike[str], archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray:
    """One member; zipfile checks its CRC. The shape must account for every byte, so a false one
    allocates nothing.
    """
    content = archive.read(member)
    begin = len(NPY_MAGIC) + 2
    end = begin + int.from_bytes(content[len(NPY_MAGIC) : begin], "little")
    found = NPY_HEADER.fullmatch(content[begin:end].decode("latin-1")) if content.startswith(NPY_MAGIC) else None
    if found is None:
        raise InputError(
            f"{path}: expected {member.filename} to be an array of numbers or text as NumPy writes it, got something else"
        )
    dtype, shape = np.dtype(found[1]), tuple(int(size) for size in found[2].split(",") if size.strip())
    data = content[end:]
    if math.prod(shape) * dtype.itemsize != len(data) or len(shape) > MAX_RANK:
        raise InputError(
            f"{path}: {member.filename} declares shape {shape} of {dtype}, which does not fit its {len(data):,} bytes"
        )
    return np.frombuffer(data, dtype).reshape(shape)


def _header(path: str | os.PathLike[str], member: NDArray, format_name: str, version: int) -> dict[str, Any]:
    if member.dtype.kind != "U" or member.ndim != 0:
        raise InputError(f"{path}: expected the header to be a string, got {member.dtype} of shape {member.shape}")
    try:
        # Not str(member): that is a SystemError where a number is no character at all.
        text = member.tobytes().decode("utf-32-le", "surrogatepass").rstrip("\0")
        header = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole_number)
    except RecursionError as error:
        raise InputError(f"{path}: the header is nested too deeply") from error
    if not isinstance(header, dict) or header.get("format") != format_name:
        raise InputError(f"{path}: expected a {format_name} file, got another kind of archive")
    if header.get("version") != version:
        raise InputError(f"{path}: expected {format_name} version {version}, got {header.get('version')!r}")
    return header


def _whole_number(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits in the header")
    return int(text)


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} in the header")
