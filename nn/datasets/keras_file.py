"""Keras' own `mnist.npz`: one archive that holds the four arrays of a data set, compressed or not."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from typing import Any

import numpy.typing as npt

from nn.datasets.content import MAX_INFLATED
from nn.errors import InputError
from nn.io.archive import KERAS_MEMBERS, is_keras_data, is_own, read_member

# What `zipfile` raises where an archive is damaged.
DAMAGE = (OSError, zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError)


def read_keras_file(path: str | os.PathLike[str]) -> list[npt.NDArray[Any]]:
    """x_train, y_train, x_test and y_test.

    Raises:
        InputError: the file is not such an archive, or it is damaged.
    """
    name = os.fsdecode(path)
    if not is_keras_data(path):
        raise InputError(
            f"{name}: expected a folder with the files of a data set, or an archive as Keras keeps it "
            f"({', '.join(KERAS_MEMBERS)}), got {'a model or checkpoint' if is_own(path) else 'another file'}"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            members = [archive.getinfo(member) for member in KERAS_MEMBERS]
            if sum(member.file_size for member in members) > MAX_INFLATED:
                raise InputError(f"{name}: expected at most {MAX_INFLATED:,} bytes of arrays, got more")
            return [read_member(path, archive, member) for member in members]
    except InputError:
        raise
    except DAMAGE as error:
        raise InputError(f"{name}: expected a sound archive of a data set, got a damaged one ({error})") from error
