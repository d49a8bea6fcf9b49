"""What scripts written for Keras run besides `fit`, `evaluate` and `predict`: calls, single batches,
generators.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.callbacks import callbacks_of
from nn.errors import InputError
from nn.utils.arrays import Array, Named, Number
from nn.utils.keras_model.layers import ModelLayers
from nn.utils.symbols import Symbol


class ModelBatches(ModelLayers):
    """Keras' other ways to train, evaluate and predict."""

    fit: Callable[..., Any]
    evaluate: Callable[..., Any]
    predict: Callable[..., Any]

    # The training before: what `fit` has returned.
    history: Any = None

    @contextlib.contextmanager
    def _watched(self, callbacks: Any) -> Iterator[Named]:
        """The callbacks hear of an evaluation: before it, and after it with what has been put into
        the logs.
        """
        self._check_metrics()
        logs, watching = Named(), callbacks_of(callbacks)
        for callback in watching:
            callback.model = self
            callback.on_test_begin({})
        yield logs
        for callback in watching:
            callback.on_test_end(logs)

    # -- Predicting ----------------------------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """On an array: the network's output. On a symbol: the symbol after all layers, each of them
        called with this `training`.
        """
        if isinstance(x, Symbol):
            for layer in self._whole():
                x = layer(x, False if layer in self._inference else training)
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
        values = self.evaluate(x, y, sample_weight=sample_weight, return_dict=True)
        return values if return_dict else self._scores(list(values.values()))

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
