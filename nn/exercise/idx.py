"""Exercise `idx`: the bytes of an MNIST file become an array."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from nn.datasets.idx import CODES
from nn.exercise.base import EXAMPLE, Case, Exercise, Task


def read_idx(content: bytes) -> NDArray:
    """The array in an IDX file, the format of MNIST. All numbers are big-endian: their first byte is
    the greatest.

        bytes 0 and 1   zero
        byte 2          the type of the elements: 8 unsigned byte, 9 signed byte, 11 short (2
                        bytes), 12 int (4 bytes), 13 float (4 bytes), 14 double (8 bytes)
        byte 3          the rank r, the number of axes
        4 bytes each    r sizes, unsigned
        the rest        the elements, the last axis fastest

    Returns an array of these sizes and that type, in the byte order of this machine.

    Example: 00 00 08 02 00 00 00 02 00 00 00 03 01 02 03 04 05 06 is ((1, 2, 3), (4, 5, 6)) of
    uint8. The images of MNIST begin with 00 00 08 03 and their labels with 00 00 08 01.
    """
    # Step 1: type and rank from the bytes 2 and 3.
    # Step 2: the sizes, and where they end.
    # Step 3: the elements, in their shape and in this machine's byte order.
    raise NotImplementedError


def _packed(array: NDArray) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def _arrays() -> dict[bytes, tuple[str, NDArray]]:
    """The arrays that the cases hold, by their content."""
    rng = np.random.default_rng(0)
    named = {
        EXAMPLE: np.array([[1, 2, 3], [4, 5, 6]], np.uint8),
        "the case of labels": np.array([5, 0, 4, 1, 9, 200], np.uint8),
        "the case of images": rng.integers(0, 256, (3, 4, 5), np.uint8),
        "the case of signed bytes": rng.integers(-128, 128, (7,), np.int8),
        "the case of ints": rng.integers(-(2**31), 2**31, (2, 3), np.int32),
        "the case of shorts": rng.integers(-(2**15), 2**15, (300, 2), np.int16),
        "the case of doubles": rng.standard_normal((2, 2, 2)),
    }
    return {_packed(array): (title, array) for title, array in named.items()}


def _cases() -> list[Case]:
    return [Case(title, {"content": content}) for content, (title, _) in _arrays().items()]


IDX = Exercise(
    name="idx",
    title="reading the files of MNIST",
    solution="nn/datasets/idx.py",
    hints=(
        "content[2] and content[3] are numbers already: an element of bytes is an int.",
        "int.from_bytes(content[4:8], 'big') is the first size. The elements begin at byte 4 + 4 · rank.",
        "np.frombuffer(content, dtype, offset=...) with a dtype such as '>i4' (big-endian, signed, 4 bytes) reads them; reshape"
        " gives the axes, and .astype(np.int32) this machine's byte order.",
    ),
    tasks=(
        Task(
            read_idx,
            ("array",),
            lambda content: (_arrays()[content][1],),
            _cases,
            plain="""
def plain(content):
    types = {8: "u1", 9: "i1", 11: "i2", 12: "i4", 13: "f4", 14: "f8"}
    kind, rank = types[content[2]], content[3]
    begin = 4 + 4 * rank
    sizes = [int.from_bytes(content[4 * k : 4 * k + 4], "big") for k in range(1, rank + 1)]
    elements = np.frombuffer(content, ">" + kind, int(np.prod(sizes)), offset=begin)
    return elements.reshape(sizes).astype(kind)
""",
            mistakes="""
the elements are read little-endian; in the file the first byte is the greatest | ">" + | "<" +
the elements are taken in Fortran's order; in the file the last axis is the fastest | sizes).as | sizes, order='F').as
the sizes are taken in reverse | reshape(sizes) | reshape(sizes[::-1])
a size has 4 bytes; one is read | int.from_bytes(content[4 * k : 4 * k + 4], "big") | content[3 + k]
    | int(np.prod(sizes)), offset=begin | offset=begin
the rank is byte 3; byte 2 is the type | content[3] | content[2] | int(np.prod(sizes)), offset=begin | offset=begin
the axes are in reverse order; the sizes of the header are those of the array | .reshape(sizes) | .reshape(sizes).T
the array is flat; give it the sizes of the header | .reshape(sizes) |
the header is part of the elements; they begin at byte 4 + 4 · rank | offset=begin | offset=0
the elements begin too early, at byte 4; the sizes come before them | offset=begin | offset=4
the header is taken as 8 bytes long; it has 4 bytes more for each axis | offset=begin | offset=8
the elements are read from the wrong byte; they begin at byte 4 + 4 · rank, after the sizes
    | int(np.prod(sizes)), offset=begin | offset=8
the elements are read from the wrong byte; they begin at byte 4 + 4 · rank, after the sizes
    | int(np.prod(sizes)), offset=begin | offset=16
the elements are read from the wrong byte; they begin at byte 4 + 4 · rank, after the sizes
    | int(np.prod(sizes)), offset=begin | offset=4
the elements are read from the wrong byte; they begin at byte 4 + 4 · rank, after the sizes
    | int(np.prod(sizes)), offset=begin | offset=0
the elements are read from the wrong byte; they begin at byte 4 + 4 · rank, after the sizes
    | int(np.prod(sizes)), offset=begin | offset=4 * rank
""",
        ),
    ),
)
