"""What scripts written for Keras do with a model's layers: `add`, `get_layer`, `summary`, ..."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nn.engine.predicting import PredictingStack
from nn.errors import InputError
from nn.layers import Layer
from nn.utils import channels
from nn.utils.arrays import Weight
from nn.utils.inputs import shape_of
from nn.utils.symbols import Symbol, check_inference

# The fewest characters in which `summary` has room for names.
NARROWEST = 50


class ModelLayers(PredictingStack):
    """The layers of a model, put together, found, counted and listed as in Keras."""

    name = "sequential"
    _first_shape: tuple[int, ...] | None = None
    _trains: Sequence[tuple[Layer, bool]] = ()
    # The layers that were called with `training=False`.
    _inference: Sequence[Layer] = ()

    def add(self, layer: Any) -> None:
        """Append a layer; or `Input(...)`, the shape of a sample; or all layers of another model."""
        if isinstance(layer, ModelLayers):
            for each in layer._whole():
                self.add(each)
            self._inference = [*self._inference, *layer._inference]
            return
        shape = shape_of(layer)
        if shape is not None:
            if self.layers or self._first_shape:
                raise InputError("add: expected the Input in the first place of the model")
            self._first_shape = shape
            return
        if isinstance(layer, Layer) and not self.layers and self._first_shape and layer.given_input_shape is None:
            layer.given_input_shape = self._first_shape
        for each in channels.arranged(layer, self.layers, layer.given_input_shape) if isinstance(layer, Layer) else [layer]:
            super().add(each)
            self._place(each)

    def _built(self) -> list[Layer]:
        """The layers, if they are built; the last of them gives images in the script's own order."""
        layers = super()._built()
        if channels.is_turned(layers):
            back = channels.turned_back()
            super().add(back)
            self._place(back)
        return layers

    def _whole(self) -> list[Layer]:
        """The layers, built or not; for another model."""
        return list(self._built() if self.layers and self.layers[0].built else self.layers)

    def pop(self) -> Layer:
        """Take away the last layer."""
        if not self.layers:
            raise InputError("pop: the model has no layers")
        self.forget_steps()
        return self.layers.pop()

    def build(self, input_shape: Any = None) -> None:
        """Give all layers their shapes and initial weights. (None, ...) is a shape with the
        samples' axis, as in Keras.
        """
        shape = tuple(input_shape or self._first_shape or ())
        if not shape:
            raise InputError("build: expected the shape of a sample")
        super().build(shape[1:] if shape[0] is None else shape)
        for layer in self.layers:
            self._place(layer)

    def _place(self, layer: Layer) -> None:
        """Let the layer know its symbols, unless it knows those of the model in which it was first
        put.
        """
        if layer.built and layer._symbols is None:
            index = self.layers.index(layer)
            before = Symbol(layer.input_shape) if index == 0 else self.layers[index - 1].output
            layer._symbols = (before, before.after(layer))

    @property
    def trainable(self) -> bool:
        """Whether any layer learns. Setting it sets that of all layers; as in Keras, models that
        were compiled before, such as the discriminator of a GAN, go on as they did then.
        """
        return any(layer.trainable for layer in self.layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.layers:
            layer.trainable = layer.set_by_model = bool(value)

    @contextlib.contextmanager
    def _as_compiled(self) -> Iterator[None]:
        """Inside, layers that were frozen or thawed by a model's `trainable` are what they were
        when this model was compiled.
        """
        now = [(layer, layer.trainable) for layer in self.layers]
        try:
            for layer, trains in self._trains:
                if layer.trainable is layer.set_by_model:
                    layer.trainable = trains
            check_inference(self._inference)
            self._check_metrics()
            yield
        finally:
            for layer, trains in now:
                layer.trainable = trains

    def _check_metrics(self) -> None:
        """`InputError` where the accuracy that is kept would not be the one that was asked for."""
        if "binary_accuracy" in self.metrics and len(self.output_shape) == 1 < self.output_shape[0]:
            raise InputError(
                f"compile: binary_accuracy is that of a single output or of pixels, but the network has {self.output_shape[0]} "
                "outputs; expected 'accuracy', the share of samples whose greatest output is the target's"
            )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that index. Keras counted from 1 before 2.4: "flatten_1" is
        the first `flatten` where no layer has that name.
        """
        if index is not None and -len(self.layers) <= index < len(self.layers):
            return self.layers[index]
        stem, _, number = str(name).rpartition("_")
        older = f"{stem}_{int(number) - 1}".removesuffix("_0") if number.isdecimal() else ""
        for wanted in (name, older):
            for layer in self.layers:
                if layer.name == wanted:
                    return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise InputError(
            f"get_layer: expected a name among {names} or an index below {len(self.layers)}, got {name!r}, {index!r}"
        )

    @property
    def input(self) -> Symbol:
        """The symbol that comes in, for `Model(inputs, outputs)`."""
        return self._built()[0].input

    @property
    def output(self) -> Symbol:
        """The symbol that comes out."""
        return self._built()[-1].output

    @property
    def inputs(self) -> list[Symbol]:
        """`[input]`."""
        return [self.input]

    @property
    def weights(self) -> list[Weight]:
        """The arrays themselves: all parameters and state."""
        return Weight.all_of(self.arrays())

    @property
    def trainable_weights(self) -> list[Weight]:
        """The arrays that are trained."""
        trained = {layer.name for layer in self._built() if layer.trainable}
        return Weight.all_of({name: array for name, array in self.parameters().items() if name.split("/")[0] in trained})

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The others: of frozen layers, and what is only kept."""
        trained = {weight.name for weight in self.trainable_weights}
        return [weight for weight in self.weights if weight.name not in trained]

    variables, trainable_variables, non_trainable_variables = weights, trainable_weights, non_trainable_weights

    def summary(  # type: ignore[override]
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], object] | None = None,
        *,
        file: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
    ) -> None:
        """Print the layers with their output shapes and parameter counts, in lines of `line_length`
        characters or as long as the names need, with `show_trainable` also whether they are
        trained. There are no models inside models to expand.
        """
        if line_length is not None and hasattr(line_length, "write"):
            line_length, file = None, line_length
        if positions is not None:
            raise InputError(f"summary: positions are not supported; expected None, got {positions!r}")
        if line_length is not None and (type(line_length) is not int or line_length < NARROWEST):
            raise InputError(f"summary: expected a line_length of at least {NARROWEST}, got {line_length!r}")
        text = io.StringIO()
        super().summary(text, line_length)
        lines = text.getvalue().splitlines()
        if show_trainable:
            lines[0] += "  Trainable"
            for index, layer in enumerate(self.layers, 2):
                lines[index] += "  yes" if layer.trainable else "  no"
        for line in lines:
            print_fn(line) if print_fn else print(line, file=file or sys.stdout)
