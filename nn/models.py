"""Sequential, a model as a list of layers, under the names and with the habits of Keras."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn import training
from nn.callbacks import Callback, History, ProgressBar, callbacks_of
from nn.datasets.arguments import finite, first_epoch, metrics_of, whole
from nn.errors import InputError
from nn.io import model_file
from nn.layers import Layer
from nn.losses import loss_named
from nn.optimizers import optimizer_named
from nn.utils import generators, keras_files, next_seed, older_keras
from nn.utils.arrays import Scores
from nn.utils.keras_model import ModelHabits
from nn.utils.model_inputs import held_out, source_of, warn_of_whole_pixels
from nn.utils.weights import weighted

__all__ = ["Sequential", "load_model"]
# What `from keras.models import *` has besides.
__all__ += ["Input", "Model", "clone_model", "model_from_json", "save_model"]  # noqa: F822
# Python then asks `nn.utils.keras_names` for unknown names, which are refused in a sentence.
__path__: list[str] = []


class Sequential(ModelHabits):
    """A stack of layers that learns and predicts.

    Args:
        layers: to start with; `add` appends more. Layers that are built already keep their
            weights.
        name: of the model, for Keras' sake.
        seed: of the initial weights; 0, or what `nn.utils.set_random_seed` gives, unless given.
        dtype: float32, or float64 for checks.

    Attributes:
        layers: the layers.
        card: what is known of the training, kept in the model file; anything that JSON can hold.
        stop_training: a callback may set it, as in Keras, to end `fit` after the current batch.
    """

    def __init__(
        self,
        layers: Sequence[Layer] | None = (),
        name: str | None = None,
        *,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.name = name or "sequential"
        self.card: dict[str, Any] = {}
        super().__init__(layers or (), seed=next_seed() if seed is None else seed, dtype=dtype)

    # -- Learning ------------------------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: object = "adadelta",
        loss: object = "categorical_crossentropy",
        metrics: Any = None,
        **options: Any,
    ) -> None:
        """Choose the loss, the optimizer and the metrics; "accuracy" is the one there is."""
        older_keras.check_compile_options(options)
        chosen = optimizer_named(optimizer), loss_named(loss), metrics_of(metrics)
        self.optimizer, self.loss, self.metrics = chosen
        self.forget_steps()
        self._compiled = self.knows_loss = True
        self._trains = [(layer, layer.trainable) for layer in self.layers]

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns; with a cross-entropy the accuracy is always kept."""
        return ["loss", *(self.metrics[:1] or ["accuracy"] * (self.loss.joined_with is not None))]

    def fit(
        self,
        x: Any,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = 1,
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: ArrayLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        *,
        seed: int | None = None,
        threads: int | None = None,
        engine: str = "fused",
        **older: Any,
    ) -> History:
        """Train for `epochs` epochs.

        Args:
            x: inputs (N, ...), a source (`nn.datasets.sources`), or a generator of batches (x, y).
            y: labels (N,) or one-hot targets (N, K); none with a source or a generator.
            batch_size: samples for one change of the weights; None means 32, as in Keras.
            epochs: how often each sample is seen.
            verbose: 0 prints nothing, 1 (or "auto") a progress bar and a line an epoch, 2 the line
                only.
            callbacks: see `nn.callbacks`.
            validation_split: this share of x and y, from their end, is used for validation instead
                of training.
            validation_data: (x, y), or a source, evaluated after every epoch.
            shuffle: a new order in every epoch.
            class_weight, sample_weight: how much each class, or each sample, counts in the loss
                (`nn/utils/weights.py`).
            initial_epoch: where to begin to count.
            steps_per_epoch: batches of an epoch, with a generator.
            validation_steps: batches of a validation; where x is a generator and validation_data
                are arrays, these are evaluated whole, as in Keras 2.
            older: Keras' other arguments, as far as they change nothing, and `nb_epoch`
                (`nn/utils/older_keras.py`).
            seed: of shuffling, dropout and augmentation; the model's unless given.
            threads: as many as there are processors unless given; it changes no bit of the result.
            engine: "fused", or "layers" to run each layer's own `forward` and `backward`
                (`nn/engine/textbook.py`): slower, the same result to rounding.

        Raises:
            InputError: shapes, counts or labels that do not fit.
            Diverged: the loss became NaN or infinite.
        """
        if not self._compiled:
            raise InputError("fit: the file of this model holds no optimizer; call compile(optimizer=...) before going on")
        epochs = whole(older_keras.fit_options(older, epochs), "epochs")
        watching = callbacks_of(callbacks)
        options: dict[str, Any] = {
            "epochs": epochs,
            "initial_epoch": first_epoch(initial_epoch, epochs),
            "seed": self.seed if seed is None else seed,
            "callbacks": [*watching, ProgressBar(bar=verbose != 2)] if verbose else watching,
            "threads": threads,
            "engine": engine,
        }
        self.stop_training = False
        if generators.makes_batches(x):
            unused = {"y": y, "batch_size": batch_size, "class_weight": class_weight, "sample_weight": sample_weight}
            generators.check_unused(unused | {"validation_split": validation_split or None})
            batches = generators.Batches(x, steps_per_epoch, "x")
            validation = generators.validation_source(self, validation_data, validation_steps)
            return self._trained(generators.BatchTrainer(self, batches, validation=validation, **options))
        generators.check_unused({"steps_per_epoch": steps_per_epoch})
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = held_out(x, y, sample_weight, validation_split)
        source = weighted(source_of(self, "x", x, y), class_weight, sample_weight)
        warn_of_whole_pixels(x, self.layers[0])
        samples = whole(32 if batch_size is None else batch_size, "batch_size")
        validation = generators.validation_source(self, validation_data, validation_steps, samples)
        trainer = training.Trainer(self, source, batch_size=samples, shuffle=shuffle, validation=validation, **options)
        return self._trained(trainer)

    def _trained(self, trainer: training.Trainer) -> History:
        with self._as_compiled():
            self.history = trainer.run()
        return self.history

    def evaluate(
        self,
        x: Any,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: int | str = 0,
        sample_weight: ArrayLike | None = None,
        steps: int | None = None,
        *,
        callbacks: Sequence[Callback] | Callback | None = None,
        return_dict: bool = False,
        threads: int | None = None,
        engine: str = "fused",
        **harmless: Any,
    ) -> Any:
        """[mean loss, accuracy] on inputs and labels, a source, or a generator; by name with
        `return_dict`. Without metrics these also serve as the loss alone, and where the model keeps
        no accuracy (`metrics_names`), it is the loss alone.

        `batch_size` is there for Keras' sake, as in `predict`. `callbacks` hear of `on_test_begin`
        and `on_test_end`.
        """
        older_keras.fit_options(harmless, 1, "evaluate")
        if not self.knows_loss:
            raise InputError(
                "evaluate: the file of this model holds no loss that is known here; call compile(optimizer, loss) first"
            )
        if generators.makes_batches(x):
            source = generators.gathered(self, x, steps, "x")
        else:
            generators.check_unused({"steps": steps}, "evaluate")
            source = weighted(source_of(self, "x", x, y), None, sample_weight)
        with self._watched(callbacks) as logs:
            logs |= zip(self.metrics_names, training.evaluate(self, source, threads, engine), strict=False)
        if verbose:
            print("  ".join(f"{name} {value:.4f}" for name, value in logs.items()))
        values = list(logs.values())
        if return_dict or len(values) == 1:
            return dict(logs) if return_dict else values[0]
        return values if self.metrics else Scores(values)

    # -- Predicting ----------------------------------------------------------------------------------------------------

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        *,
        threads: int | None = None,
        **harmless: Any,
    ) -> NDArray:
        """The network's output for inputs (N, ...): probabilities (N, K) where it ends in softmax.

        May be called from several threads at once. `batch_size` is there for Keras' sake and
        changes nothing.
        """
        older_keras.fit_options(harmless, 1, "predict")
        x = generators.inputs_of(x, steps) if generators.makes_batches(x) else x
        return finite(self._predict(x, threads, logits=False))

    # -- Saving --------------------------------------------------------------------------------------------------------

    def save(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        include_optimizer: bool = True,
        save_format: str | None = None,
    ) -> None:
        """Write architecture, weights and card to one .npz file (see `nn.io.model_file`), or to one
        in Keras' formats (`nn/utils/keras_files.py`).

        Args:
            filepath: the ending chooses the format: .npz, .keras, .h5.
            overwrite: False refuses to replace a file.
            include_optimizer: with what `compile` has chosen, and what the optimizer keeps, so that
                a training can go on.
            save_format: for Keras' sake; it has to agree with the ending.

        Raises:
            InputError: a layer could not be read back, because its `config` does not make it
                again.
        """
        self._built()
        keras_files.check_free(filepath, overwrite, save_format)
        choices = self.choices() if include_optimizer and self._compiled else None
        if keras_files.is_foreign(filepath):
            keras_files.save(self, filepath, choices)
        else:
            keras_files.check_ending(filepath)
            model_file.save(self, filepath, self.card, choices)


def load_model(
    path: str | os.PathLike[str],
    custom_layers: Sequence[type[Layer]] = (),
    *,
    custom_objects: Mapping[str, type[Layer]] | None = None,
    compile: bool = True,
) -> Sequential:
    """The model that `save`, or Keras, wrote. Raises `InputError` for anything that is not a sound
    model file.

    Args:
        path: the file.
        custom_layers: the classes of layers of your own that the model has.
        custom_objects: the same as a dictionary, as in Keras.
        compile: False leaves out what the file holds of the optimizer and the loss. Without it, a
            model has to be compiled before it is trained.
    """
    custom_layers = [*custom_layers, *(custom_objects or {}).values()]
    saved = keras_files.load(path) if keras_files.is_foreign(path) else model_file.load(path, custom_layers)
    model = Sequential(saved.layers)
    model.build(saved.input_shape)
    for name, array in model.arrays().items():
        array[...] = saved.arrays[name]
    model.card = saved.card
    model.restore(saved.compiled if compile else None, path)
    # Model files without a loss are from before it was kept: it was always the cross-entropy.
    model.knows_loss = model._compiled or (compile and not keras_files.is_foreign(path))
    return model


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.models", name)
