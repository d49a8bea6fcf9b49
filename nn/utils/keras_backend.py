"""`nn.backend`: the few functions of Keras' backend that scripts for MNIST call."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.utils import channels, set_random_seed
from nn.utils.arrays import Number, Rate
from nn.utils.keras_names import getter

__all__ = [
    "backend", "cast_to_floatx", "clear_session", "count_params", "epsilon", "eval", "floatx", "get_value", "image_data_format",
    "image_dim_ordering", "int_shape", "set_floatx", "set_image_data_format", "set_image_dim_ordering", "set_seed", "set_value",
]  # fmt: skip

set_seed = set_random_seed


def backend() -> str:
    """What computes."""
    return "numba"


def image_data_format() -> str:
    """Where the channels are unless a layer says it: last, or what was set."""
    return channels.default_format()


def set_image_data_format(data_format: str) -> None:
    """Say where the channels are in the layers that follow: "channels_last" or "channels_first"."""
    if data_format not in (channels.FIRST, channels.LAST):
        raise InputError(f"set_image_data_format: expected {channels.LAST!r} or {channels.FIRST!r}, got {data_format!r}")
    channels.set_default_format(data_format)


def image_dim_ordering() -> str:
    """`image_data_format` in the words of Keras 1: "tf" puts the channels last, "th" first."""
    return "th" if channels.default_format() == channels.FIRST else "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """`set_image_data_format` in the words of Keras 1."""
    if dim_ordering not in ("tf", "th"):
        raise InputError(f"set_image_dim_ordering: expected 'tf' or 'th', got {dim_ordering!r}")
    channels.set_default_format(channels.FIRST if dim_ordering == "th" else channels.LAST)


def clear_session() -> None:
    """There is no session, and no name is kept from one model to the next: nothing to clear."""


def floatx() -> str:
    """The type of new models."""
    return "float32"


def set_floatx(value: str) -> None:
    """Accepts "float32" alone; `Sequential(dtype="float64")` makes a model in another type."""
    if value != "float32":
        raise InputError(f"set_floatx: expected 'float32', got {value!r}; a single model takes Sequential(dtype='float64')")


def epsilon() -> float:
    """What Keras adds where it divides."""
    return 1e-7


def cast_to_floatx(x: ArrayLike) -> NDArray[np.float32]:
    """As float32."""
    return np.asarray(x, np.float32)


def get_value(x: Any) -> Any:
    """A value, such as `optimizer.learning_rate`, as it is."""
    if isinstance(x, Number):
        return x.numpy()
    return x.copy() if isinstance(x, np.ndarray) else x


def count_params(x: Any) -> int:
    """The number of values in an array, such as one of `model.weights`."""
    return int(np.size(x))


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape of an array, or of what a layer returns in a chain: (None, 28, 28, 1)."""
    return tuple(x.shape)


def eval(x: Any) -> Any:
    """As `get_value`."""
    return get_value(x)


def set_value(x: Any, value: ArrayLike) -> None:
    """Write into an array, or set `optimizer.learning_rate`."""
    if isinstance(x, Rate):
        x.assign(float(np.asarray(value)))
    elif isinstance(x, np.ndarray):
        x[...] = value
    else:
        raise InputError(f"set_value: expected x to be an array or an optimizer's learning_rate, got {x!r}")


__getattr__ = getter("nn.backend")
