"""The beginning of a model in Keras' words: `Input`, `InputLayer`, and `Convolution2D` of Keras 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.errors import InputError
from nn.layers import Conv2D
from nn.layers.arguments import Shape, sizes
from nn.utils.keras_names import getter
from nn.utils.older_keras import translated
from nn.utils.symbols import Symbol


class InputLayer:
    """The shape of a sample, at the beginning of `Sequential`: `InputLayer(input_shape=(28, 28,
    1))`.
    """

    def __init__(
        self,
        input_shape: Any = None,
        batch_size: int | None = None,
        *,
        shape: Any = None,
        batch_shape: Any = None,
        batch_input_shape: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        given = [value for value in (input_shape, shape) if value is not None]
        given += [tuple(value)[1:] for value in (batch_shape, batch_input_shape) if value is not None]
        if len(given) != 1:
            raise InputError(f"Input: expected the shape of a sample, got {len(given)} shapes")
        if dtype not in (None, "float32", np.float32):
            raise InputError(f"Input: expected dtype 'float32', got {dtype!r}; Sequential(dtype='float64') computes in float64")
        self.symbol = Symbol(sizes((given[0],) if isinstance(given[0], int) else given[0], "Input"))


def Input(shape: Any = None, batch_size: int | None = None, **options: Any) -> Symbol:  # noqa: N802
    """The beginning of a chain: samples of that shape."""
    return InputLayer(shape, batch_size, **options).symbol


def shape_of(entry: Any) -> Shape | None:
    """The shape of a sample that `Input(...)` or `InputLayer(...)` in a list of layers gives."""
    symbol = entry.symbol if isinstance(entry, InputLayer) else entry
    return symbol.sample_shape if isinstance(symbol, Symbol) and not symbol.layers else None


def Convolution2D(filters: Any = None, *arguments: Any, **options: Any) -> Any:  # noqa: N802
    """`Conv2D`; also in the words of Keras 1, with rows and columns of the kernel one after the
    other: (32, 3, 3).
    """
    options = translated("Conv2D", options)
    filters = options.pop("filters", filters)
    rows, columns = options.pop("nb_row", None), options.pop("nb_col", None)
    if len(arguments) >= 2 and all(isinstance(size, int) for size in arguments[:2]):
        rows, columns, arguments = arguments[0], arguments[1], arguments[2:]
        if arguments:
            raise InputError(f"Convolution2D: expected names for the arguments after the columns, got {arguments[0]!r}")
    if (rows is None) != (columns is None):
        raise InputError("Convolution2D: expected both nb_row and nb_col, got one of them")
    if rows is not None:
        options["kernel_size"] = (rows, columns)
    return Conv2D(filters, *arguments, **options)


__getattr__ = getter("nn.engine.input_layer")
