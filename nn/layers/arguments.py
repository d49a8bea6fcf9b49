"""What the constructors of layers are given, checked: each function returns the value or raises
`InputError`.
"""

from __future__ import annotations

import operator

from nn.errors import InputError

Shape = tuple[int, ...]


def sizes(shape: Shape, layer: str) -> Shape:
    """A shape as a tuple of whole numbers, each at least 1."""
    try:
        sizes = tuple(operator.index(size) for size in shape)
    except TypeError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise InputError(f"{layer}: input_shape must be a tuple of whole numbers of at least 1, got {shape!r}")
    return sizes


def pair(value: int | tuple[int, int], layer: str, argument: str) -> tuple[int, int]:
    """One size for both axes or (rows, columns), each at least 1."""
    values = value if isinstance(value, tuple | list) else (value, value)
    try:
        sizes = tuple(operator.index(size) for size in values)
    except TypeError:
        sizes = ()
    if len(sizes) != 2 or min(sizes) < 1:
        raise InputError(f"{layer}: {argument} must be one or two whole numbers of at least 1, got {value!r}")
    return sizes[0], sizes[1]


def whole(value: int, layer: str, argument: str) -> int:
    """One size, at least 1."""
    try:
        size = operator.index(value)
    except TypeError:
        size = 0
    if size < 1:
        raise InputError(f"{layer}: {argument} must be a whole number of at least 1, got {value!r}")
    return size


def check_padding(padding: str, layer: str) -> str:
    """`padding` in lower case, if it is one of the two kinds."""
    if str(padding).lower() not in ("valid", "same"):
        raise InputError(f"{layer}: padding must be 'valid' or 'same', got {padding!r}")
    return str(padding).lower()


def check_data_format(data_format: str | None, layer: str) -> None:
    """Channels come last; another order goes by the argument's name (`nn/utils/channels.py`)."""
    if data_format not in (None, "channels_last"):
        raise InputError(f"{layer}: expected data_format {data_format!r} by its name, data_format=..., got it by its position")


def image_shape(input_shape: Shape, layer: str) -> tuple[int, int, int]:
    """The (H, W, C) of an image, or `InputError`."""
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise InputError(f"{layer}: expected images of shape (height, width, channels), got {input_shape}")
    return input_shape[0], input_shape[1], input_shape[2]
