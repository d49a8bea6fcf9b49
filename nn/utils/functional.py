"""Keras' functional way of writing a chain of layers: `Model(inputs, outputs)`.

    inputs = Input((28, 28))
    hidden = Dense(100, activation="relu")(Flatten()(inputs))
    model = Model(inputs, Dense(10, activation="softmax")(hidden))

is the same network as `Sequential` of these layers. `Model(model.input, model.layers[0].output)`
gives an intermediate output, a list of them gives several. Layers with two inputs, and branches,
are refused.

A class of your own that derives from `Model` has a method `call`. It is called with a symbol, once
the shape of a sample is known; the layers through which the symbol goes are the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.datasets.arguments import array_of, check_images
from nn.errors import InputError
from nn.layers import Layer
from nn.layers.arguments import sizes
from nn.models import Sequential
from nn.utils.channels import is_turned
from nn.utils.keras_json import layers_from
from nn.utils.keras_names import getter
from nn.utils.symbols import Symbol

ROWS = 500
# What `call(x, training)` is given when the chain is found. It is not `True`, which a layer refuses.
WHILE_TRAINING, AFTERWARDS = 1, 0


class Model(Sequential):
    """The chain of layers from `inputs` to `outputs`.

    Args:
        inputs: what `Input` or another model's `input` is.
        outputs: what the last layer returned, or a layer's `output`; a list of these predicts each
            of them.
        name: accepted, as in Keras.
    """

    call: Callable[..., Any] | None = None
    _ends: Sequence[int] = ()
    _several = False

    def __init__(
        self, inputs: Any = None, outputs: Any = None, *, name: str | None = None, input: Any = None, output: Any = None
    ):
        inputs, outputs = inputs if input is None else input, outputs if output is None else output
        if inputs is None and outputs is None and self.call is not None:
            for method in ("train_step", "test_step", "predict_step"):
                if hasattr(self, method):
                    raise InputError(f"{type(self).__name__}: a {method} of your own is not supported; fit trains")
            super().__init__(name=name)
            return
        if inputs is None or outputs is None:
            raise InputError("Model: expected Model(inputs, outputs), or a class of your own with a method call")
        if isinstance(inputs, list | tuple) and len(inputs) == 1:
            inputs = inputs[0]
        wanted = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
        if isinstance(inputs, list | tuple | dict) and len(inputs) > 1:
            raise InputError(f"Model: several inputs are not supported; expected one Input, got {len(inputs)}")
        if not isinstance(inputs, Symbol) or not wanted or not all(isinstance(each, Symbol) for each in wanted):
            raise InputError(
                "Model: expected inputs to be one Input, and outputs to be what its layers returned, got something else"
            )
        longest = max(wanted, key=lambda symbol: len(symbol.layers))
        begin = len(inputs.layers)
        for each in wanted:
            if each.origin is not inputs.origin or each.layers != longest.layers[: len(each.layers)]:
                raise InputError("Model: expected a single chain of layers from inputs to outputs, got branches")
            if len(each.layers) <= begin or each.layers[:begin] != inputs.layers:
                raise InputError("Model: expected outputs that come after inputs")
        if isinstance(outputs, list | tuple) and any(is_turned(each.layers) for each in wanted):
            raise InputError("Model: a list of outputs with channels first is not supported; expected one output at a time")
        super().__init__(name=name)
        for layer in longest.layers[begin:]:
            self.add(layer)
        self.build(inputs.sample_shape)
        self._ends = [len(each.layers) - begin for each in wanted]
        self._inference = [layer for layer in longest.inference if layer in self.layers]
        self._several = isinstance(outputs, list | tuple)

    def build(self, input_shape: Any = None) -> None:
        """As `Sequential.build`; with a `call` of your own, find its chain of layers first."""
        if self.call is not None and not self.layers:
            given = tuple(input_shape or ())
            shape = sizes(given[1:] if given[:1] == (None,) else given, type(self).__name__)
            chain = self._chain(Symbol(shape))
            for layer in chain.layers:
                self.add(layer)
            self._inference = chain.inference
        super().build(input_shape)

    def _chain(self, x: Symbol) -> Symbol:
        """What `call` makes of the symbol. Only random layers may be left out when not training."""
        assert self.call is not None
        takes_training = "training" in signature(self.call).parameters
        wide, narrow = (
            self.call(x, **({"training": training} if takes_training else {})) for training in (WHILE_TRAINING, AFTERWARDS)
        )
        for end in (wide, narrow):
            if not isinstance(end, Symbol) or end.layers[: len(x.layers)] != x.layers or len(end.layers) == len(x.layers):
                raise InputError(f"{type(self).__name__}: expected call to return what the last layer of a chain returns")
        if [layer for layer in wide.layers if not layer.random] != [layer for layer in narrow.layers if not layer.random]:
            raise InputError(f"{type(self).__name__}: expected call to do the same while training and afterwards, except dropout")
        return wide

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """As `Sequential`; with a `call` of your own, build the model if it is not."""
        if self.call is not None and not self.layers:
            if isinstance(x, Symbol):
                chain = self._chain(x)
                if training is not False:
                    return chain
                for layer in chain.layers[len(x.layers) :]:
                    x = layer(x, training)
                return x
            self.build(np.shape(x)[1:])
        return super().__call__(x, training)

    def predict(self, x: ArrayLike, *arguments: Any, **options: Any) -> Any:
        """As `Sequential.predict`; a list, where the model was made with a list of outputs."""
        if self.call is not None and not self.layers and hasattr(x, "shape"):
            self.build(np.shape(x)[1:])
        if not self._several:
            return super().predict(x, *arguments, **options)
        images = array_of(x, "x")
        check_images(images, self.input_shape, "x")
        images = images.reshape(len(images), *self.input_shape)
        parts: list[list[NDArray]] = [[] for _ in self._ends]
        for begin in range(0, len(images), ROWS):
            outputs = [out for _, out in self.outputs_of(images[begin : begin + ROWS].astype(self.dtype))]
            for part, end in zip(parts, self._ends, strict=True):
                part.append(outputs[end - 1])
        return [np.concatenate(part) for part in parts]

    def outputs_of(self, x: NDArray) -> Sequence[tuple[Layer, NDArray]]:
        """Each layer with its output."""
        found = []
        for layer in self.layers:
            x, _ = layer.forward(x)
            found.append((layer, x))
        return found

    def fit(self, *arguments: Any, **options: Any) -> Any:
        """As `Sequential.fit`; refused for a model with several outputs."""
        if self._several and len(self._ends) > 1:
            raise InputError(f"fit: expected a model with one output, got one with {len(self._ends)}")
        return super().fit(*arguments, **options)


def clone_model(model: Sequential) -> Sequential:
    """The same layers once more, with new weights."""
    return Sequential.from_config(model.get_config())


def model_from_json(json_string: str, custom_objects: Any = None) -> Sequential:
    """The model that `to_json`, here or in Keras, has described, with new weights."""
    if custom_objects:
        raise InputError("model_from_json: custom_objects are not supported; expected None")
    layers, shape, _ = layers_from(json_string, "model_from_json")
    model = Sequential(layers)
    model.build(shape)
    return model


__getattr__ = getter("nn.engine.topology")
