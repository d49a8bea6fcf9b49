"""Files that lie, that are damaged, or that are no files: one sentence, and little memory."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn.datasets.idx import read_idx, write_idx
from nn.errors import InputError

SMALL = np.arange(1, 16, dtype=np.int16).reshape(3, 5)
HEADER = 12
MEGABYTE = 2**20


@pytest.fixture(params=["", ".gz"], ids=["plain", "gzip"])
def small_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"small{request.param}"
    write_idx(path, SMALL)
    return path


def header(code: int, *sizes: int) -> bytes:
    return struct.pack(f">HBB{len(sizes)}I", 0, code, len(sizes), *sizes)


def refused(path: Path) -> tuple[str, int]:
    """The sentence with which `path` is refused, and the most bytes that were allocated meanwhile."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            read_idx(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: expected ")
    assert "\n" not in sentence
    return sentence, peak


def test_truncation_at_every_byte_is_refused(small_file: Path):
    whole = small_file.read_bytes()
    for length in range(len(whole)):
        small_file.write_bytes(whole[:length])
        refused(small_file)


@pytest.mark.parametrize("surplus", [b"\0", b"\x1f\x8b", b"\x1f\x8b\x08", bytes(512)])
def test_trailing_bytes_are_refused(small_file: Path, surplus: bytes):
    small_file.write_bytes(small_file.read_bytes() + surplus)
    refused(small_file)


def test_flipped_bit_in_gzip_is_refused_or_changes_nothing(tmp_path: Path):
    """The CRC covers the content. Not the gzip header's time stamp, system and hints, which do not
    matter: these read equal.
    """
    path = tmp_path / "small.gz"
    write_idx(path, SMALL)
    whole = path.read_bytes()
    harmless = set()
    for bit in range(8 * len(whole)):
        path.write_bytes(flip(whole, bit))
        try:
            came = read_idx(path)
        except InputError:
            continue
        assert came.dtype == SMALL.dtype
        np.testing.assert_array_equal(came, SMALL)
        harmless.add(bit // 8)
    # Flags, time stamp, extra flags, operating system; and the bits that fill up the last byte of
    # the deflate stream.
    assert harmless <= {*range(3, 10), len(whole) - 9}


def test_flipped_bit_in_plain_is_refused_or_read_as_the_file_now_says(tmp_path: Path):
    """Plain IDX has no checksum: a flipped pixel is another pixel, a flipped type of the same
    width another type.

    The reader can only be consistent: what it accepts is what, written again, gives exactly these
    bytes.
    """
    path, again = tmp_path / "small", tmp_path / "again"
    write_idx(path, SMALL)
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        flipped = flip(whole, bit)
        path.write_bytes(flipped)
        try:
            came = read_idx(path)
        except InputError:
            assert bit // 8 < HEADER
            continue
        write_idx(again, came)
        assert again.read_bytes() == flipped
        assert bit // 8 >= HEADER or came.dtype != SMALL.dtype or came.shape != SMALL.shape


def flip(whole: bytes, bit: int) -> bytes:
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0",
        b"PK\x03\x04 an archive",
        b"<!DOCTYPE html><html></html>",
        b"\0\0\x08\x01\0\0",
        b"\0\0\x0a\x01\0\0\0\x01\0",
        b"\0\0\x08\x41" + bytes(4 * 65),
        b"\0\0\x08\xff" + b"\xff" * (4 * 255),
        b"\x1f\x8b",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
        gzip.compress(b"", mtime=0),
    ],
)
def test_what_is_no_idx_file_is_refused(content: bytes, tmp_path: Path):
    (tmp_path / "file").write_bytes(content)
    refused(tmp_path / "file")


@pytest.mark.parametrize(
    "sizes",
    [
        (2**32 - 1,),
        (60_000, 28, 28),
        (2**32 - 1,) * 2,  # 2**64 and more overflows 64-bit integers
        (2**31, 2**33 // 2**2, 2),
        (2**16,) * 4,  # exactly 2**64: 0 in 64-bit integers
        (2**32 - 1,) * 64,
        (0, *(2**32 - 1,) * 3),  # no elements, yet more than an address space
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_lying_header_is_refused_without_memory(sizes: tuple[int, ...], packed: bool, tmp_path: Path):
    content = header(0x0E, *sizes) + bytes(8)
    (tmp_path / "liar").write_bytes(gzip.compress(content) if packed else content)
    sentence, peak = refused(tmp_path / "liar")
    assert peak < MEGABYTE
    assert "got" in sentence


def test_bomb_is_not_inflated_beyond_its_header(tmp_path: Path):
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(header(0x08, 10) + bytes(64 * MEGABYTE)))
    sentence, peak = refused(path)
    assert sentence == f"{path}: expected 18 bytes, as its header (shape (10,) of uint8) says, got more"
    assert peak < MEGABYTE


def test_header_that_claims_more_than_gzip_can_hold_is_refused_before_allocating(tmp_path: Path):
    path = tmp_path / "liar"
    path.write_bytes(gzip.compress(header(0x08, 100 * MEGABYTE) + os.urandom(1000)))
    _, peak = refused(path)
    assert peak < MEGABYTE


def test_gzip_with_less_content_than_its_header_says_is_refused(tmp_path: Path):
    path = tmp_path / "short"
    path.write_bytes(gzip.compress(header(0x08, 1000) + bytes(990)))
    assert refused(path)[0].endswith("expected 1008 bytes, as its header (shape (1000,) of uint8) says, got 998")


def test_highest_ratio_that_gzip_reaches_is_read(tmp_path: Path):
    write_idx(tmp_path / "zeros.gz", np.zeros(8 * MEGABYTE, np.uint8))
    assert not read_idx(tmp_path / "zeros.gz").any()


def test_many_empty_members_are_no_trap(tmp_path: Path):
    (tmp_path / "members").write_bytes(gzip.compress(b"", mtime=0) * 20_000)
    refused(tmp_path / "members")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300), start=st.sampled_from([b"", b"\0\0\x08\x01", b"\0\0\x0d\x02\0\0", b"\x1f\x8b\x08\0"]))
def test_any_bytes_are_read_or_refused_in_one_sentence(content: bytes, start: bytes, tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(start + content)
    try:
        array = read_idx(path)
    except InputError:
        refused(path)
    else:
        assert array.nbytes <= 1032 * len(start + content)


def test_wrong_gzip_checksum_is_refused(tmp_path: Path):
    write_idx(tmp_path / "file.gz", SMALL)
    whole = bytearray((tmp_path / "file.gz").read_bytes())
    whole[-8] ^= 0x10
    (tmp_path / "file.gz").write_bytes(whole)
    assert "got damaged ones (incorrect data check)" in refused(tmp_path / "file.gz")[0]


def test_missing_file_and_folder_are_refused(tmp_path: Path):
    assert "No such file" in refused(tmp_path / "missing")[0]
    assert "directory" in refused(tmp_path)[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_and_device_are_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe")[0].endswith("got a pipe")
    assert refused(Path("/dev/zero"))[0].endswith("got a device")


def test_name_with_a_null_character_is_refused():
    with pytest.raises(InputError, match="null character"):
        read_idx("a\0b")


def test_refused_files_are_closed(tmp_path: Path):
    (tmp_path / "bad").write_bytes(b"bad")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    for path in (tmp_path, tmp_path / "bad", tmp_path / "missing"):
        refused(path)
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before
