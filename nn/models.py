"""Sequential, a model as a list of layers, under the names and with the habits of Keras."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn import training
from nn.callbacks import Callback, History, ProgressBar, callbacks_of
from nn.datasets.arguments import array_of, check_images, finite, labelled, metrics_of, split_off, whole
from nn.datasets.sources import ImageSource, ScaledImages
from nn.engine import numpy_inference
from nn.engine.inference import for_each_chunk
from nn.engine.plan import CHUNK, Plan
from nn.errors import InputError
from nn.io import model_file
from nn.layers import Layer
from nn.layers.stack import split_softmax
from nn.losses import loss_named
from nn.optimizers import optimizer_named
from nn.utils import next_seed

__all__ = ["Sequential", "load_model"]


class Sequential(training.TrainableStack):
    """A stack of layers that learns and predicts.

    Args:
        layers: to start with; `add` appends more. Layers that are built already keep their weights.
        seed: of the initial weights; 0, or what `nn.utils.set_random_seed` gives, unless given.
        dtype: float32, or float64 for checks.

    Attributes:
        layers: the layers.
        card: what is known of the training, kept in the model file; anything that JSON can hold.
        use_kernels: False predicts in plain NumPy, for when there is no time to wait for the compiler (see `warm_up`).
        stop_training: a callback may set it, as in Keras, to end `fit` after the current batch.
    """

    def __init__(self, layers: Sequence[Layer] = (), *, seed: int | None = None, dtype: DTypeLike = np.float32) -> None:
        self.metrics: list[str] = []
        self.card: dict[str, Any] = {}
        self.use_kernels = True
        self._compiled = True
        self._local = threading.local()
        super().__init__(layers, seed=next_seed() if seed is None else seed, dtype=dtype)

    def __getstate__(self) -> dict[str, Any]:
        """For copies and for other processes: everything but what belongs to this process' threads."""
        return {name: value for name, value in vars(self).items() if name != "_local"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "_local": threading.local()})

    # -- Learning ------------------------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: object = "adadelta",
        loss: object = "categorical_crossentropy",
        metrics: Sequence[str] | None = ("accuracy",),
    ) -> None:
        """Choose the loss, the optimizer and the metrics ("accuracy" is the one there is, and always kept)."""
        chosen = optimizer_named(optimizer), loss_named(loss), metrics_of(metrics)
        self.optimizer, self.loss, self.metrics = chosen
        self.forget_steps()
        self._compiled = True

    @property
    def metrics_names(self) -> list[str]:
        """The names of the values that `evaluate` returns."""
        return ["loss", *(self.metrics[:1] or ["accuracy"])]

    def fit(
        self,
        x: NDArray | ImageSource,
        y: ArrayLike | None = None,
        batch_size: int | None = 32,
        epochs: int = 1,
        verbose: int | str = 1,
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: tuple[NDArray, ArrayLike] | ImageSource | None = None,
        shuffle: bool = True,
        *,
        seed: int | None = None,
        threads: int | None = None,
        engine: str = "fused",
    ) -> History:
        """Train for `epochs` epochs.

        Args:
            x: inputs (N, ...), or a source that makes batches (`nn.datasets.sources`).
            y: labels (N,) or one-hot targets (N, K); none with a source.
            batch_size: samples for one change of the weights; None means 32, as in Keras.
            epochs: how often each sample is seen.
            verbose: 0 prints nothing, 1 (or "auto") a progress bar and a line an epoch, 2 the line only.
            callbacks: see `nn.callbacks`.
            validation_split: this share of x and y, from their end, is used for validation instead of training.
            validation_data: (x, y), or a source, evaluated after every epoch.
            shuffle: a new order in every epoch.
            seed: of shuffling, dropout and augmentation; the model's unless given.
            threads: as many as there are processors unless given; it changes no bit of the result.
            engine: "fused", or "layers" to run each layer's own `forward` and `backward` (`nn/engine/textbook.py`): slower, the
                same result to rounding.

        Raises:
            InputError: shapes, counts or labels that do not fit.
            Diverged: the loss became NaN or infinite.
        """
        if not self._compiled:
            raise InputError("fit: a model file does not hold the optimizer; call compile(optimizer=...) before going on")
        batch_size, epochs = whole(32 if batch_size is None else batch_size, "batch_size"), whole(epochs, "epochs")
        watching = callbacks_of(callbacks)
        if validation_split and validation_data is None:
            (x, y), validation_data = split_off(*labelled(cast(NDArray, x), y, "x"), validation_split)
        source = self._source("x", x, y)
        if isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.max(initial=0) > 1:
            warnings.warn(
                "fit: x holds whole numbers up to 255; networks learn better from values in [0, 1]: x / 255", stacklevel=2
            )
        validation = None
        if isinstance(validation_data, tuple | list):
            if len(validation_data) != 2:
                raise InputError(f"validation_data: expected (x, y), got {len(validation_data)} parts")
            validation = self._source("validation_data", *validation_data)
        elif validation_data is not None:
            validation = self._source("validation_data", validation_data, None)
        self.stop_training = False
        trainer = training.Trainer(
            self,
            source,
            batch_size=batch_size,
            epochs=epochs,
            shuffle=shuffle,
            seed=self.seed if seed is None else seed,
            validation=validation,
            callbacks=[*watching, ProgressBar(bar=verbose != 2)] if verbose else watching,
            threads=threads,
            engine=engine,
        )
        return trainer.run()

    def evaluate(
        self,
        x: NDArray | ImageSource,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: int | str = 0,
        *,
        threads: int | None = None,
        engine: str = "fused",
    ) -> list[float]:
        """[mean loss, accuracy] on inputs and labels, or on a source. `batch_size` is there for Keras' sake, as in `predict`."""
        loss, accuracy = training.evaluate(self, self._source("x", x, y), threads, engine)
        if verbose:
            print(f"loss {loss:.4f}  accuracy {accuracy:.4f}")
        return [loss, accuracy]

    def _source(self, argument: str, x: NDArray | ImageSource, y: ArrayLike | None) -> ImageSource:
        """Check inputs and labels, and build the model if this is the first time that it sees a shape."""
        if hasattr(x, "fill") and hasattr(x, "targets"):
            source = cast(ImageSource, x)
        else:
            images, labels = labelled(cast(NDArray, x), y, argument)
            if not self.layers or not self.layers[0].built:
                self._check_layers()
                self.build(images.shape[1:])
            check_images(images, self.input_shape, argument)
            labels = self.loss.labels_of(labels, self.output_shape[-1], "y" if argument == "x" else argument)
            source = ScaledImages(
                images,
                labels,
                scale=1.0,
                classes=self.output_shape[-1],
                sample_shape=self.input_shape,
                any_targets=self.loss.joined_with != "softmax",
            )
        if len(source) == 0:
            raise InputError(f"{argument}: expected at least one sample, got none")
        if not self.layers or not self.layers[0].built:
            self._check_layers()
            self.build(source.image_shape)
        if tuple(source.image_shape) != self.input_shape:
            raise InputError(f"{argument}: expected samples of shape {self.input_shape}, got {tuple(source.image_shape)}")
        return source

    def _check_layers(self) -> None:
        if not self.layers:
            raise InputError("the model has no layers")

    # -- Predicting ----------------------------------------------------------------------------------------------------

    def predict(
        self, x: ArrayLike, batch_size: int | None = None, verbose: int | str = 0, *, threads: int | None = None
    ) -> NDArray:
        """The network's output for inputs (N, ...): probabilities (N, K) where it ends in softmax.

        May be called from several threads at once. `batch_size` is there for Keras' sake and changes nothing.
        """
        return finite(self._predict(x, threads, logits=False))

    def logits(self, x: ArrayLike, *, threads: int | None = None) -> NDArray:
        """The scores (N, K) before the final softmax."""
        return finite(self._predict(x, threads, logits=True))

    def warm_up(self) -> None:
        """Load or compile the kernels that `predict` needs, then use them. Meant for a background thread."""
        self._run_kernels(np.zeros((1, *self.input_shape), self.dtype), None, False)
        self.use_kernels = True

    def _predict(self, x: ArrayLike, threads: int | None, logits: bool) -> NDArray:
        images = array_of(x, "x")
        self._built()
        check_images(images, self.input_shape, "x")
        images = images.reshape(len(images), *self.input_shape)
        if self.use_kernels:
            return self._run_kernels(images, threads, logits)
        layers = split_softmax(self.layers)[0] if logits else self.layers
        return numpy_inference.forward(layers, images.astype(self.dtype, copy=False))

    def _run_kernels(self, images: NDArray, threads: int | None, logits: bool) -> NDArray:
        size = len(images)
        if size <= CHUNK:
            plan = self._small_plan()
            plan.refresh()
            plan.images[:size] = images
            plan.predict(size)
            return (plan.scores if logits else plan.output)[:size].copy()
        result = np.empty((size, *self.output_shape), self.dtype)

        def predict(plan: Plan, rows: slice) -> None:
            samples = rows.stop - rows.start
            plan.images[:samples] = images[rows]
            plan.predict(samples)
            result[rows] = (plan.scores if logits else plan.output)[:samples]

        for_each_chunk(self.layers, self.dtype, size, threads, predict)
        return result

    def _small_plan(self) -> Plan:
        """The plan for a few samples, one for each thread that calls, kept for the next time."""
        key = tuple(map(id, self.layers))
        if getattr(self._local, "key", None) != key:
            self._local.plan = Plan(self.layers, CHUNK, self.dtype)
            self._local.key = key
        return self._local.plan

    # -- Saving --------------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write architecture, weights and card to one .npz file (see `nn.io.model_file`).

        Raises:
            InputError: a layer could not be read back, because its `config` does not make it again.
        """
        self._built()
        model_file.save(self, path, self.card)


def load_model(path: str | os.PathLike[str], custom_layers: Sequence[type[Layer]] = ()) -> Sequential:
    """The model that `save` wrote. Raises `InputError` for anything that is not a sound model file.

    Args:
        path: the file.
        custom_layers: the classes of layers of your own that the model has.
    """
    saved = model_file.load(path, custom_layers)
    model = Sequential(saved.layers)
    model.build(saved.input_shape)
    for name, array in model.arrays().items():
        array[...] = saved.arrays[name]
    model.card = saved.card
    model._compiled = False
    return model
