"""`KerasClassifier`: a model as an estimator of scikit-learn, for `cross_val_score` or `GridSearchCV`.

As Keras had it until 2.11. scikit-learn itself is not needed here; whoever calls its functions has
it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.models import Sequential
from nn.utils import to_categorical
from nn.utils.keras_names import getter

__all__ = ["KerasClassifier"]

# What `sk_params` may hold besides the arguments of `build_fn`.
OF_FIT = (*list(signature(Sequential.fit).parameters)[3:14], "nb_epoch")


class KerasClassifier:
    """A classifier that builds and trains a new model at each `fit`.

    Args:
        build_fn: returns a compiled model.
        sk_params: arguments of `build_fn`, and of `fit`: epochs, batch_size, verbose, ...

    Attributes:
        model: the one of the last `fit`.
        classes_: the labels, in the order of the model's outputs.
    """

    _estimator_type = "classifier"

    def __init__(self, build_fn: Callable[..., Sequential] | None = None, **sk_params: Any) -> None:
        if not callable(build_fn):
            raise InputError(f"KerasClassifier: expected build_fn to be a function that returns a model, got {build_fn!r}")
        known = (*signature(build_fn).parameters, *OF_FIT)
        for name in sk_params:
            if name not in known:
                raise InputError(f"KerasClassifier: there is no argument {name!r} of build_fn or fit, only {', '.join(known)}")
        self.build_fn, self.sk_params = build_fn, sk_params

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All arguments."""
        return {"build_fn": self.build_fn, **self.sk_params}

    def set_params(self, **params: Any) -> KerasClassifier:
        """Other arguments."""
        vars(self).update(vars(KerasClassifier(**{**self.get_params(), **params})))
        return self

    def fit(self, x: ArrayLike, y: ArrayLike, **options: Any) -> Any:
        """Train a new model; `options` are those of its `fit`. Labels (N,) may be any, targets (N,
        K) are one-hot.
        """
        labels = np.asarray(y)
        self.classes_: NDArray = np.arange(labels.shape[1]) if labels.ndim == 2 and labels.shape[1] > 1 else np.unique(labels)
        if labels.ndim == 1 or labels.shape[1] == 1:
            labels = np.searchsorted(self.classes_, labels.ravel())
        names = signature(self.build_fn).parameters
        self.model = self.build_fn(**{name: value for name, value in self.sk_params.items() if name in names})
        if self.model.loss.name == "categorical_crossentropy" and labels.ndim == 1:
            labels = to_categorical(labels, len(self.classes_))
        given = {name: value for name, value in self.sk_params.items() if name in OF_FIT}
        return self.model.fit(np.asarray(x), labels, **{**given, **options})

    def predict(self, x: ArrayLike, **options: Any) -> NDArray:
        """The label of each sample (N,)."""
        return self.classes_[self.model.predict_classes(np.asarray(x)).ravel()]

    def predict_proba(self, x: ArrayLike, **options: Any) -> NDArray:
        """The probability of each class (N, K); of a single output p, as 1 - p and p."""
        output = self.model.predict(np.asarray(x))
        return np.hstack([1 - output, output]) if output.shape[1] == 1 else output

    def score(self, x: ArrayLike, y: ArrayLike, **options: Any) -> float:
        """The share of right answers."""
        labels = np.asarray(y)
        if labels.ndim == 2 and labels.shape[1] > 1:
            labels = labels.argmax(axis=1)
        return float((self.predict(x) == labels.ravel()).mean())

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn from 1.6 on asks of an estimator."""
        utils = import_module("sklearn.utils")
        return utils.Tags(
            estimator_type="classifier",
            target_tags=utils.TargetTags(required=True),
            classifier_tags=utils.ClassifierTags(),
        )


__getattr__ = getter("nn.wrappers")
