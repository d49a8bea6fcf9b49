"""Archives refuse what is not theirs, each with its own sentence, and take all that is within the
limits.
"""

import io
import json
import zipfile

import numpy as np
import pytest

from nn.errors import InputError
from nn.io import archive
from nn.io.archive import check_numbers, is_keras_data, is_own, read_archive, write_archive

HEADER = {"format": "test", "version": 1}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.npz"


def written(path, header=None, **arrays):
    """An archive that `write_archive` made."""
    write_archive(path, {**HEADER, **(header or {})}, arrays)
    return path


def composed(path, **members):
    """An archive of any arrays under any names."""
    with zipfile.ZipFile(path, "w") as file:
        for name, array in members.items():
            content = io.BytesIO()
            np.save(content, array)
            file.writestr(f"{name}.npy", content.getvalue())
    return path


def test_numbers_that_json_lacks_are_not_written(path):
    with pytest.raises(ValueError, match="JSON"):
        written(path, {"loss": float("nan")})
    assert not path.exists()


def test_objects_are_not_written(path):
    with pytest.raises(ValueError, match=r"\w"):
        written(path, a=np.array([{}], object))
    assert not path.exists()


@pytest.mark.parametrize(("rank", "is_read"), [(0, True), (8, True), (9, False)])
def test_arrays_have_at_most_eight_axes(path, rank, is_read):
    array = np.full((1,) * rank, 2.5, np.float32)
    written(path, a=array)
    if is_read:
        np.testing.assert_array_equal(read_archive(path, "test", 1)[1]["a"], array)
    else:
        with pytest.raises(InputError, match="does not fit its 4 bytes"):
            read_archive(path, "test", 1)


@pytest.mark.parametrize(("digits", "is_read"), [(300, True), (301, False)])
def test_numbers_in_the_header_have_at_most_three_hundred_digits(path, digits, is_read):
    written(path, {"n": 10 ** (digits - 1)})
    if is_read:
        assert read_archive(path, "test", 1)[0]["n"] == 10 ** (digits - 1)
    else:
        with pytest.raises(InputError, match="a number of 301 digits"):
            read_archive(path, "test", 1)


def test_the_header_has_a_largest_size(path, monkeypatch):
    written(path)
    with zipfile.ZipFile(path) as file:
        size = file.getinfo("header.npy").file_size
    monkeypatch.setattr(archive, "MAX_HEADER_BYTES", size)
    read_archive(path, "test", 1)
    monkeypatch.setattr(archive, "MAX_HEADER_BYTES", size - 1)
    with pytest.raises(InputError, match=f"expected a member 'header' of at most {size - 1:,} bytes"):
        read_archive(path, "test", 1)


def test_an_archive_without_header_is_refused(path):
    with pytest.raises(InputError, match="expected a member 'header' of at most 16,777,216 bytes"):
        read_archive(composed(path, a=np.zeros(2)), "test", 1)


@pytest.mark.parametrize(
    "header",
    [np.array([json.dumps({**HEADER, "sha256": {}})]), np.zeros((1, 1)), np.array(3.0), np.array(b"{}")],
    ids=["one string in a list", "numbers", "a number", "bytes"],
)
def test_a_header_is_one_string(path, header):
    with pytest.raises(InputError, match=r"expected .*(the header|header.npy) to be (a string|an array of numbers or text)"):
        read_archive(composed(path, header=header), "test", 1)


def test_an_encrypted_member_is_refused(path):
    content = bytearray(written(path, a=np.zeros(3)).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.rindex(signature) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"expected uncompressed members, got 'a.npy' compressed or encrypted"):
        read_archive(path, "test", 1)


def test_other_formats_and_versions_are_named(path):
    written(path)
    with pytest.raises(InputError, match="expected a model file, got another kind of archive"):
        read_archive(path, "model", 1)
    with pytest.raises(InputError, match="expected test version 2, got 1"):
        read_archive(path, "test", 2)


def test_a_folder_is_told_from_a_file(tmp_path):
    with pytest.raises(InputError, match=r"expected a file, got a folder$"):
        read_archive(tmp_path, "test", 1)


LARGEST = float(np.finfo(np.float32).max)


@pytest.mark.parametrize(
    "array", [np.zeros((0, 2), np.float32), np.array([[LARGEST, -LARGEST]], np.float32), np.array([[LARGEST, 0.5]])]
)
def test_every_number_that_float32_can_hold_is_taken(array):
    check_numbers("a", array, array.shape, "file")


@pytest.mark.parametrize("value", [2 * LARGEST, -2 * LARGEST, np.nan])
def test_larger_numbers_are_refused(value):
    with pytest.raises(InputError, match="expected a to be finite"):
        check_numbers("a", np.array([value]), (1,), "file")


def test_archives_of_keras_and_our_own_are_told_apart(path):
    keras = dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), np.zeros(1))
    assert (is_keras_data(composed(path, **keras)), is_own(path)) == (True, False)
    with pytest.raises(InputError, match="expected a test file, got a data set as Keras keeps it"):
        read_archive(path, "test", 1)
    assert (is_keras_data(composed(path, **keras, more=np.zeros(1))), is_own(path)) == (False, False)
    assert (is_keras_data(written(path)), is_own(path)) == (False, True)


@pytest.mark.parametrize("content", [None, b"", b"PK\x05\x06", b"no archive"])
def test_a_file_that_cannot_be_read_is_neither(path, content):
    if content is not None:
        path.write_bytes(content)
    assert (is_keras_data(path), is_own(path)) == (False, False)
