"""What every loss is, and how labels become targets.

A loss of your own takes ten lines, and trains with `model.compile(loss=Huber())`:

    >>> class Huber(Loss):
    ...     name = "huber"
    ...
    ...     def each(self, outputs, targets):
    ...         distance = np.abs(outputs - targets)
    ...         return np.where(distance < 1, distance**2 / 2, distance - 0.5).mean(axis=-1)
    ...
    ...     def backward(self, cache):
    ...         outputs, targets = cache
    ...         return np.clip(outputs - targets, -1, 1) / outputs.size
    >>> value, cache = Huber().forward(np.array([[0.5, 4.0]]), np.array([[0.0, 1.0]]))
    >>> value, Huber().backward(cache).tolist()
    (1.3125, [[0.25, 0.5]])

A checklist:

1. `name`, and `Loss` itself as the base: a loss that is joined with an activation, such as
   `CategoricalCrossentropy`, is computed from the scores, without `each` and `backward`.
2. `each`: the loss of each sample (N,), from outputs and targets (N, K).
3. `backward`: ∂L/∂outputs (N, K) of their mean, so it divides by N; here that is in
   `outputs.size`, which is N K. The outputs are those of the network's last activation.
4. `fit` takes targets (N, K), and (N,) for a single output. For classes these are one-hot rows,
   `nn.utils.to_categorical(y)`. The accuracy is kept if `compile(metrics=["accuracy"])` asks for it.
5. If it has arguments: `__init__(self, delta=1.0, **options)` passes the others on to
   `super().__init__`.
6. `python -m nn.gradcheck mine.py:Huber` passes.

Model files do not keep a loss of your own. A loss of the package also needs its import, its name in
`__all__` and in `LOSSES` of `nn/losses/__init__.py`, a case in `nn/gradcheck/cases.py`, and tests
in `tests/losses`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.utils import class_indices, one_hot
from nn.utils.arrays import Number


def targets_of(labels: ArrayLike, classes: int, name: str = "labels") -> NDArray[np.float32]:
    """Targets (N, classes) from integer labels (N,) or (N, 1); targets that are already (N,
    classes) are only checked.

    >>> targets_of([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == classes and classes > 1:
        targets = np.ascontiguousarray(array, np.float32)
        if not np.isfinite(targets).all() or targets.min(initial=0) < 0:
            raise InputError(f"{name}: expected targets of at least 0, got negative or non-finite values")
        return targets
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(f"{name}: expected shape (samples,) or (samples, {classes}), got {array.shape}")
    return one_hot(class_indices(array, classes, name), classes)


class Loss:
    """The base: a mean over N samples of what their outputs cost.

    Args:
        from_logits: the network ends in scores, before its last activation, and the loss adds this activation.
        label_smoothing: s mixes every target with an even one: t ← (1 - s) t + s / K.
        axis, reduction, name: for Keras' sake: the last axis and the mean over the samples are what there is.

    Attributes:
        joined_with: the activation at the end of a network that is differentiated together with
            the loss.
    """

    name = ""
    joined_with: str | None = None

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        kind = type(self).__name__
        if axis != -1 or reduction not in ("sum_over_batch_size", "auto"):
            raise InputError(
                f"{kind}: expected axis=-1 and the mean over the samples, got axis={axis!r}, reduction={reduction!r}"
            )
        if not isinstance(label_smoothing, int | float) or not 0 <= label_smoothing < 1:
            raise InputError(f"{kind}: label_smoothing must be at least 0 and below 1, got {label_smoothing!r}")
        if from_logits and self.joined_with is None:
            raise InputError(f"{kind}: from_logits has no meaning here, got {from_logits!r}")
        self.from_logits, self.label_smoothing = bool(from_logits), float(label_smoothing)

    def labels_of(self, labels: NDArray, outputs: int, argument: str) -> NDArray:
        """Labels as `fit` is given them, as the loss takes them: here (N, outputs), where (N,) is
        enough for one output.
        """
        if labels.dtype.kind not in "buif" or not np.isfinite(labels).all():
            raise InputError(f"{argument}: expected finite numbers as targets of {self.name}")
        if labels.ndim == 1 and outputs == 1:
            labels = labels[:, np.newaxis]
        if labels.shape[1:] != (outputs,):
            expected = f"(samples, {outputs}), as the network's output"
            raise InputError(f"{argument}: expected targets of shape {expected}, got {labels.shape}")
        return labels

    def smoothed(self, targets: NDArray) -> NDArray:
        """The targets with label smoothing."""
        if not self.label_smoothing:
            return targets
        s = self.label_smoothing
        return targets * (1 - s) + s / max(2, targets.shape[-1] if self.joined_with == "softmax" else 2)

    def each(self, outputs: NDArray, targets: NDArray) -> NDArray:
        """The loss of each sample (N,)."""
        raise NotImplementedError(f"{type(self).__name__} has no losses")

    def forward(self, outputs: NDArray, targets: NDArray) -> tuple[float, tuple[NDArray, NDArray]]:
        """The mean loss for outputs and targets (N, K), and what `backward` needs."""
        return float(self.each(outputs, targets).sum(dtype=np.float64) / len(outputs)), (outputs, targets)

    def backward(self, cache: tuple[NDArray, NDArray]) -> NDArray:
        """∂L/∂outputs (N, K)."""
        raise NotImplementedError(f"{type(self).__name__} has no backward pass")

    def each_of_outputs(self, outputs: NDArray, targets: NDArray) -> NDArray:
        """The loss of each sample (N,) as `of_outputs` counts it."""
        return self.each(outputs, targets)

    def each_of_scores(self, scores: NDArray, targets: NDArray) -> NDArray:
        """The loss of each sample (N,) as `of_scores` counts it."""
        raise NotImplementedError(f"{type(self).__name__} is not joined with an activation")

    def of_outputs(self, outputs: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """The mean loss of what a network puts out, and its gradient."""
        value, cache = self.forward(outputs, targets)
        return value, self.backward(cache)

    def of_scores(self, scores: NDArray, targets: NDArray) -> tuple[float, NDArray]:
        """The mean loss where the activation `joined_with` is still to come, and the gradient for
        the scores.
        """
        raise NotImplementedError(f"{type(self).__name__} is not joined with an activation")

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> Number:
        """The mean loss, as in Keras: targets first."""
        outputs = np.asarray(y_pred)
        labels = self.labels_of(np.asarray(y_true), outputs.shape[-1], "y_true")
        if labels.shape != outputs.shape:
            labels = targets_of(labels, outputs.shape[-1], "y_true")
        targets = np.asarray(labels, outputs.dtype)
        of = self.of_scores if self.from_logits else self.of_outputs
        return Number(of(outputs, self.smoothed(targets))[0])
