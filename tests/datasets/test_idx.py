"""The IDX format against bytes written out by hand, and round trips."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nn.datasets.idx import read_idx, write_idx
from nn.errors import InputError

ELEMENT_TYPES = ("u1", "i1", "i2", "i4", "f4", "f8")
BY_HAND = {
    "ubyte": ("000008 02 00000002 00000003 000102fdfeff", np.array([[0, 1, 2], [253, 254, 255]], np.uint8)),
    "byte": ("000009 01 00000003 00ff80", np.array([0, -1, -128], np.int8)),
    "short": ("00000b 01 00000002 0102fffe", np.array([258, -2], np.int16)),
    "int": ("00000c 03 00000001 00000001 00000002 00010203fffffffd", np.array([[[66051, -3]]], np.int32)),
    "float": ("00000d 01 00000002 3f800000c0200000", np.array([1.0, -2.5], np.float32)),
    "double": ("00000e 01 00000001 3ff8000000000000", np.array([1.5], np.float64)),
    "rank 0": ("00000c 00 0000002a", np.array(42, np.int32)),
    "no elements": ("00000b 02 00000000 00000005", np.zeros((0, 5), np.int16)),
}

arrays_of_any_kind = st.sampled_from(ELEMENT_TYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
)
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def assert_same(came: np.ndarray, expected: np.ndarray) -> None:
    """Equal in type, shape and every bit (so that NaN equals itself)."""
    assert (came.dtype, came.shape, came.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())


@pytest.mark.parametrize("case", BY_HAND)
def test_reads_bytes_written_by_hand(case: str, tmp_path: Path):
    text, array = BY_HAND[case]
    (tmp_path / "file").write_bytes(bytes.fromhex(text))
    assert_same(read_idx(tmp_path / "file"), array)


@pytest.mark.parametrize("case", BY_HAND)
def test_writes_bytes_written_by_hand(case: str, tmp_path: Path):
    text, array = BY_HAND[case]
    write_idx(tmp_path / "file", array)
    assert (tmp_path / "file").read_bytes() == bytes.fromhex(text)


@same_folder
@given(array=arrays_of_any_kind, suffix=st.sampled_from(["", ".gz"]))
def test_round_trip_keeps_type_shape_and_bits(array: np.ndarray, suffix: str, tmp_path: Path):
    path = tmp_path / f"array{suffix}"
    write_idx(path, array)
    came = read_idx(path)
    assert_same(came, array)
    assert came.flags.c_contiguous
    assert came.flags.writeable
    assert came.dtype.isnative


@same_folder
@given(array=arrays_of_any_kind)
def test_byte_order_and_memory_layout_do_not_change_the_file(array: np.ndarray, tmp_path: Path):
    write_idx(tmp_path / "straight", array)
    write_idx(tmp_path / "foreign", np.asfortranarray(array.astype(array.dtype.newbyteorder("S"))).reshape(array.shape))
    assert (tmp_path / "straight").read_bytes() == (tmp_path / "foreign").read_bytes()


def test_rank_64_is_read(tmp_path: Path):
    write_idx(tmp_path / "deep", np.full((1,) * 64, 7, np.uint8))
    assert read_idx(tmp_path / "deep").shape == (1,) * 64


def test_gzip_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path):
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    write_idx(tmp_path / "a.gz", array)
    write_idx(tmp_path / "b", array)
    os.rename(tmp_path / "a.gz", tmp_path / "packed")
    os.rename(tmp_path / "b", tmp_path / "plain.gz")
    assert_same(read_idx(tmp_path / "packed"), array)
    assert_same(read_idx(tmp_path / "plain.gz"), array)


def test_gzip_of_several_members_is_one_file(tmp_path: Path):
    write_idx(tmp_path / "whole", np.arange(100, dtype=np.int32))
    content = (tmp_path / "whole").read_bytes()
    pieces = [content[:3], b"", content[3:9], content[9:]]
    (tmp_path / "members").write_bytes(b"".join(map(gzip.compress, pieces)))
    assert_same(read_idx(tmp_path / "members"), np.arange(100, dtype=np.int32))


def test_content_longer_than_one_piece_is_whole(tmp_path: Path):
    array = np.random.default_rng(0).integers(0, 9, 3_000_000, dtype=np.uint8)
    for name in ("plain", "packed.gz"):
        write_idx(tmp_path / name, array)
        assert_same(read_idx(tmp_path / name), array)


def test_equal_arrays_give_equal_gzip_files(tmp_path: Path):
    for name in ("one.gz", "other.gz"):
        write_idx(tmp_path / name, np.eye(4))
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "other.gz").read_bytes()


@pytest.mark.parametrize("dtype", ["bool", "u2", "i8", "f2", "c8", "O", "U3", "M8[s]"])
def test_element_types_that_idx_lacks_are_refused(dtype: str, tmp_path: Path):
    with pytest.raises(InputError, match="array: expected elements of type uint8, int8, int16, int32, float32, float64, got"):
        write_idx(tmp_path / "file", np.zeros(2, dtype))
    assert list(tmp_path.iterdir()) == []


def test_largest_size_is_written_and_read(tmp_path: Path):
    write_idx(tmp_path / "file", np.zeros((2**32 - 1, 0), np.uint8))
    assert (tmp_path / "file").read_bytes() == bytes.fromhex("00000802 ffffffff 00000000")
    assert read_idx(tmp_path / "file").shape == (2**32 - 1, 0)


def test_file_that_ends_with_its_last_element_is_whole_and_one_byte_more_or_less_is_not(tmp_path: Path):
    whole = bytes.fromhex("00000901 00000003 00ff80")
    (tmp_path / "file").write_bytes(whole + b"x")
    with pytest.raises(InputError, match=r"expected 11 bytes, as its header \(shape \(3,\) of int8\) says, got more"):
        read_idx(tmp_path / "file")
    (tmp_path / "file").write_bytes(whole[:-1])
    with pytest.raises(InputError, match=r"expected 11 bytes, .* got a file that holds no more than 10"):
        read_idx(tmp_path / "file")


def test_what_is_packed_has_no_name_and_no_time(tmp_path: Path):
    write_idx(tmp_path / "a.gz", np.zeros(2, np.uint8))
    packed = (tmp_path / "a.gz").read_bytes()
    assert packed[:4] == bytes.fromhex("1f8b0800")  # gzip, deflate, no flags
    assert packed[4:8] == bytes(4)


def test_size_beyond_32_bits_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="expected sizes of at most 4294967295"):
        write_idx(tmp_path / "file", np.broadcast_to(np.uint8(0), (2**32,)))
