"""What scripts written for Keras call on a model besides `fit`, `evaluate` and `predict`;
`Sequential` inherits it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.callbacks import callbacks_of
from nn.engine.predicting import PredictingStack
from nn.errors import InputError
from nn.io import model_file
from nn.layers import Layer
from nn.utils import channels, keras_files, keras_json
from nn.utils.arrays import Array, Named, Number, Weight
from nn.utils.inputs import shape_of
from nn.utils.symbols import Symbol

# The fewest characters in which `summary` has room for names.
NARROWEST = 50


class ModelHabits(PredictingStack):
    """Keras' other methods of a model."""

    fit: Callable[..., Any]
    evaluate: Callable[..., Any]
    predict: Callable[..., Any]

    name = "sequential"
    # The training before: what `fit` has returned.
    history: Any = None
    _first_shape: tuple[int, ...] | None = None
    _trains: Sequence[tuple[Layer, bool]] = ()

    # -- Layers --------------------------------------------------------------------------------------------------------

    def add(self, layer: Any) -> None:
        """Append a layer; or `Input(...)`, the shape of a sample; or all layers of another model."""
        if isinstance(layer, ModelHabits):
            for each in layer._whole():
                self.add(each)
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
            yield
        finally:
            for layer, trains in now:
                layer.trainable = trains

    @contextlib.contextmanager
    def _watched(self, callbacks: Any) -> Iterator[Named]:
        """The callbacks hear of an evaluation: before it, and after it with what has been put into
        the logs.
        """
        logs, watching = Named(), callbacks_of(callbacks)
        for callback in watching:
            callback.model = self
            callback.on_test_begin({})
        yield logs
        for callback in watching:
            callback.on_test_end(logs)

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
        characters, with `show_trainable` also whether they are trained. There are no models inside
        models to expand.
        """
        if line_length is not None and hasattr(line_length, "write"):
            line_length, file = None, line_length
        if positions is not None:
            raise InputError(f"summary: positions are not supported; expected None, got {positions!r}")
        if line_length is not None and (type(line_length) is not int or line_length < NARROWEST):
            raise InputError(f"summary: expected a line_length of at least {NARROWEST}, got {line_length!r}")
        text = io.StringIO()
        super().summary(text, line_length or 66)
        lines = text.getvalue().splitlines()
        if show_trainable:
            lines[0] += "  Trainable"
            for index, layer in enumerate(self.layers, 2):
                lines[index] += "  yes" if layer.trainable else "  no"
        for line in lines:
            print_fn(line) if print_fn else print(line, file=file or sys.stdout)

    # -- Predicting ----------------------------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool = False) -> Any:
        """On an array: the network's output. On a symbol: the symbol after all layers."""
        if isinstance(x, Symbol):
            for layer in self._whole():
                x = layer(x)
            return x
        if training:
            return self.forward(np.asarray(x, self.dtype), training=True)[0].view(Array)
        return self.predict(x).view(Array)

    def predict_proba(self, x: ArrayLike, batch_size: int | None = None, verbose: int = 0) -> NDArray:
        """`predict` under an older name."""
        return self.predict(x)

    def predict_classes(self, x: ArrayLike, batch_size: int | None = None, verbose: int = 0) -> NDArray[np.int64]:
        """The most probable class of each sample (N,); of a single output, (N, 1) whether it is
        above one half.
        """
        output = self.predict(x)
        return (output > 0.5).astype(np.int64) if output.shape[-1] == 1 else output.argmax(axis=-1)

    def predict_on_batch(self, x: ArrayLike) -> NDArray:
        """`predict`."""
        return self.predict(x)

    # -- Single batches ------------------------------------------------------------------------------------------------

    def train_on_batch(
        self,
        x: NDArray,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        class_weight: Any = None,
        *,
        return_dict: bool = False,
        **options: Any,
    ) -> Any:
        """One step with these samples; [loss, accuracy] as they were before it, or the loss alone
        if `compile` was given no metrics.
        """
        if self.optimizer.use_ema:
            raise InputError("train_on_batch: expected an optimizer without use_ema, whose average is for whole trainings")
        kept = self.history
        history = self.fit(
            x,
            y,
            batch_size=len(x),
            epochs=1,
            verbose=0,
            shuffle=False,
            sample_weight=sample_weight,
            class_weight=class_weight,
            seed=self.seed + self.iterations,
            **options,
        )
        self.history = kept
        values = {name: column[0] for name, column in history.history.items()}
        return values if return_dict else self._scores(list(values.values()))

    def _scores(self, values: list[float]) -> Any:
        """[loss, accuracy], or as in Keras the loss alone if no metrics were asked for."""
        return values if self.metrics else Number(values[0])

    def test_on_batch(
        self, x: NDArray, y: ArrayLike, sample_weight: ArrayLike | None = None, *, return_dict: bool = False
    ) -> Any:
        """`evaluate` on these samples."""
        values = self.evaluate(x, y, sample_weight=sample_weight, return_dict=return_dict)
        return values if return_dict else self._scores(values)

    # -- Generators, in Keras' older words -----------------------------------------------------------------------------

    def fit_generator(self, generator: Iterable[Any], *arguments: Any, **options: Any) -> Any:
        """`fit` on what makes batches; positional arguments are steps_per_epoch, epochs, verbose
        and callbacks.
        """
        names = ("steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps")
        given = dict(zip(names, arguments, strict=False)) | options
        if "nb_val_samples" in given:
            raise InputError("fit_generator: nb_val_samples is not supported; use validation_steps, a number of batches")
        return self.fit(generator, **given)

    def evaluate_generator(self, generator: Iterable[Any], steps: int | None = None, **options: Any) -> Any:
        """`evaluate` on what makes batches."""
        return self.evaluate(generator, steps=steps, **options)

    def predict_generator(self, generator: Iterable[Any], steps: int | None = None, **options: Any) -> NDArray:
        """`predict` on what makes batches."""
        return self.predict(generator, steps=steps, **options)

    # -- Files ---------------------------------------------------------------------------------------------------------

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, save_format: str | None = None) -> None:
        """Write the weights: Keras' format for names that end in .h5 (`nn/utils/keras_files.py`),
        else a model file. The folder is made if there is none, as TensorFlow does.
        """
        keras_files.check_free(filepath, overwrite, save_format)
        os.makedirs(os.path.dirname(filepath) or ".", exist_ok=True)
        if keras_files.is_foreign(filepath):
            keras_files.save_weights(self, filepath)
        else:
            keras_files.check_ending(filepath)
            model_file.save(self, filepath, {})

    def load_weights(self, filepath: str | os.PathLike[str], by_name: bool = False, skip_mismatch: bool = False) -> None:
        """Take the weights from a file that `save_weights` or `save`, or Keras' `save_weights`,
        wrote.
        """
        if by_name or skip_mismatch:
            raise InputError("load_weights: by_name and skip_mismatch are not supported; expected False")
        self._built()
        if keras_files.is_foreign(filepath):
            arrays = keras_files.load_weights(self, filepath)
        else:
            saved = model_file.load(filepath, [type(layer) for layer in self.layers if _is_own(layer)])
            arrays = list(saved.arrays.values())
        self.set_weights(arrays)

    def get_config(self) -> dict[str, Any]:
        """The architecture."""
        return {"name": self.name, **model_file.describe(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A model from what `get_config` returned, with new weights."""
        layers, shape = model_file.layers_from(config, "from_config")
        model = cls(layers)
        model.build(shape)
        return model

    def to_json(self, **options: Any) -> str:
        """The architecture without the weights, for `model_from_json`."""
        return keras_json.to_json(self, **options)

    def to_yaml(self) -> str:
        """Refused, as in Keras."""
        raise InputError("to_yaml: not supported; use to_json()")


def _is_own(layer: Layer) -> bool:
    return not type(layer).__module__.startswith("nn.")
