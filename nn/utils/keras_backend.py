"""`nn.backend`: the few functions of Keras' backend that scripts for MNIST call."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.utils import set_random_seed
from nn.utils.arrays import Number, Rate
from nn.utils.keras_names import getter

__all__ = [
    "backend", "cast_to_floatx", "clear_session", "epsilon", "eval", "floatx", "get_value", "image_data_format",
    "image_dim_ordering", "set_floatx", "set_image_data_format", "set_image_dim_ordering", "set_seed", "set_value",
]  # fmt: skip

set_seed = set_random_seed


def backend() -> str:
    """What computes."""
    return "numba"


def image_data_format() -> str:
    """Where the channels are: always last."""
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Accepts "channels_last" alone."""
    if data_format != "channels_last":
        raise InputError(f"set_image_data_format: expected 'channels_last', the only order there is, got {data_format!r}")


def image_dim_ordering() -> str:
    """`image_data_format` in the words of Keras 1: "tf" puts the channels last."""
    return "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Accepts "tf" alone: channels last."""
    if dim_ordering != "tf":
        raise InputError(
            f"set_image_dim_ordering: expected 'tf' (channels last, shapes such as (28, 28, 1)), got {dim_ordering!r}"
        )


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
