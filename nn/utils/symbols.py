"""What a layer can do besides learning, in Keras' words; `nn.layers.Layer` inherits it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.utils.channels import arranged
from nn.utils.older_keras import with_older_names


def _refused(sign: str) -> Callable[..., Any]:
    """An operation of `Symbol` that raises `InputError`."""

    def operation(self: Symbol, *others: Any, **options: Any) -> Any:
        raise InputError(
            f"only chains of layers are supported: a branch or arithmetic between layers (here {sign}) is not; see docs/keras.md"
        )

    return operation


class Symbol:
    """What flows through a chain of layers, before there are numbers: the result of `Input` and of
    `layer(symbol)`.

    Attributes:
        origin: the symbol at the beginning.
        layers: those passed since.
        inference: those of them that were called with `training=False`.
        shape: (None, ...), the first axis being the samples'.
        dtype: "float32", as in Keras; a model in float64 says so itself.
    """

    inference: tuple[Any, ...] = ()

    def __init__(self, shape: tuple[int, ...], origin: Symbol | None = None, layers: tuple[Any, ...] = ()) -> None:
        self.sample_shape = tuple(shape)
        self.shape = (None, *shape)
        self.dtype = "float32"
        self.origin = self if origin is None else origin
        self.layers = layers

    __add__ = __radd__ = _refused("+")
    __sub__ = __rsub__ = __neg__ = _refused("-")
    __mul__ = __rmul__ = _refused("*")
    __truediv__ = __rtruediv__ = _refused("/")
    __floordiv__ = __rfloordiv__ = _refused("//")
    __mod__ = __rmod__ = _refused("%")
    __pow__ = __rpow__ = _refused("**")
    __matmul__ = __rmatmul__ = _refused("@")
    __lt__ = __gt__ = __le__ = __ge__ = _refused("a comparison")
    __abs__ = _refused("abs")
    __getitem__ = _refused("an index")
    __array__ = __array_ufunc__ = _refused("a function of arrays")

    def after(self, layer: Any, training: bool | None = None) -> Symbol:
        """The symbol after one more layer."""
        symbol = Symbol(layer.compute_output_shape(self.sample_shape), self.origin, (*self.layers, layer))
        symbol.inference = (*self.inference, layer) if training is False else self.inference
        return symbol


def is_own(layer: Any) -> bool:
    """Whether the layer's class is not of this package."""
    return not type(layer).__module__.startswith("nn.")


def check_inference(layers: Iterable[Any]) -> None:
    """`InputError` for a layer that was called with `training=False`, but would train in `fit`."""
    for layer in layers:
        varies = layer.whole_batch or layer.state or layer.random
        if varies and (layer.trainable or is_own(layer)):
            raise InputError(
                f"fit: the layer {layer.name} was called with training=False; for a {type(layer).__name__} that is supported "
                f"{'not at all' if is_own(layer) else 'only if its trainable is False'}"
            )


class LayerHabits:
    """Keras' methods of a layer that are no mathematics."""

    _symbols: tuple[Symbol, Symbol] | None = None
    # `nn/utils/channels.py`: whether a script gives this layer (C, H, W), and, for the layers that
    # turn images, whether they are (H, W, C) from here on.
    channels_first: bool | None = False
    turns: bool | None = None
    guessed = False
    # Whether a model has given it its name: another model that it joins may change the number.
    numbered = False
    # What a model's `trainable` has last set the layer's to.
    set_by_model: bool | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Let the layers of the package take the older names of their arguments, too."""
        super().__init_subclass__(**options)
        if "call" in vars(cls) and "forward" not in vars(cls):
            raise InputError(
                f"{cls.__name__}: a layer of your own has forward(x, training, rng) and backward(dout, cache) instead of call; "
                "the top of nn/layers/base.py says how to write one"
            )
        if "__init__" in vars(cls) and cls.__module__.startswith("nn."):
            cls.__init__ = with_older_names(cls.__init__)  # type: ignore[method-assign]

    def __call__(self: Any, x: Any, training: bool | None = None) -> Any:
        """On a symbol: the symbol after this layer. On an array (N, ...): the layer's output; an
        unbuilt layer is built.

        On a symbol, `training=False` means that the layer does in `fit` what it does in `predict`.
        The random layers of the package are then left out of the chain, as they do nothing;
        `fit` refuses the other layers for which it would make a difference.
        """
        if isinstance(x, list | tuple) and any(isinstance(each, Symbol) for each in x):
            raise InputError(f"{type(self).__name__}: expected one input, got a list; only chains of layers are supported")
        if isinstance(x, Symbol):
            if training is True:
                raise InputError(f"{type(self).__name__}: training=True, for predictions too, is not supported; expected False")
            if training is False and self.random and not is_own(self):
                return x
            for turn in arranged(self, x.layers, x.sample_shape)[:-1]:
                turn._symbols = (x, x.after(turn))
                x = turn.output
            if self._symbols is not None and self._symbols[0] is not x:
                return x.after(self, training)  # in another chain; `input` and `output` stay those of the first
            self._symbols = (x, x.after(self, training))
            return self._symbols[1]
        if self.channels_first:
            raise InputError(
                f"{type(self).__name__}: an array with channels first is not supported here; put the layer in a model"
            )
        values = np.asarray(x)
        values = values if values.dtype.kind == "f" else values.astype(np.float32)
        if not self.built:
            self.build(values.shape[1:], np.random.default_rng(0), np.float32)
        if values.shape[1:] != self.input_shape:
            raise InputError(f"{type(self).__name__}: expected samples of shape {self.input_shape}, got {values.shape[1:]}")
        from nn.utils.arrays import Array

        return self.forward(values, bool(training))[0].view(Array)

    @property
    def input(self) -> Symbol:
        """What comes into the layer in the model in which it was first put; for `Model(inputs,
        outputs)`.
        """
        return self._placed()[0]

    @property
    def output(self) -> Symbol:
        """What comes out of it."""
        return self._placed()[1]

    def _placed(self) -> tuple[Symbol, Symbol]:
        if self._symbols is None:
            raise InputError(f"{type(self).__name__}: expected a layer in a model whose input shape is known")
        return self._symbols

    def get_weights(self: Any) -> list[NDArray]:
        """Copies of the parameters and the state, in Keras' order and layout."""
        return [array.copy() for array in self.arrays().values()]

    def set_weights(self: Any, weights: Sequence[ArrayLike]) -> None:
        """Copy `weights` into the layer, as `get_weights` gives them."""
        own, given = list(self.arrays().items()), [np.asarray(weight) for weight in weights]
        if [array.shape for _, array in own] != [array.shape for array in given]:
            expected = [array.shape for _, array in own]
            raise InputError(f"set_weights: expected arrays of shapes {expected}, got {[array.shape for array in given]}")
        for (_, array), weight in zip(own, given, strict=True):
            array[...] = weight

    @property
    def weights(self: Any) -> list[Any]:
        """The arrays themselves: parameters, then state."""
        from nn.utils.arrays import Weight

        return Weight.all_of({f"{self.name}/{name}": array for name, array in self.arrays().items()})

    @property
    def trainable_weights(self: Any) -> list[Any]:
        """Those that are trained."""
        return [weight for weight in self.weights if self.trainable and weight.name.rpartition("/")[2] in self.parameters]

    variables, trainable_variables = weights, trainable_weights

    def get_config(self: Any) -> dict[str, Any]:
        """The constructor's arguments."""
        return self.config()

    def count_params(self: Any) -> int:
        """The number of trained values and of those in the state."""
        return sum(array.size for array in self.arrays().values())
