"""From what `fit` and `evaluate` are given to a source of samples."""

from __future__ import annotations

import math
import warnings
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.datasets.arguments import check_images, labelled, split_off
from nn.datasets.sources import ImageSource, ScaledImages
from nn.errors import InputError
from nn.layers import Layer, Rescaling
from nn.utils.weights import checked_weights


def source_of(model: Any, argument: str, x: Any, y: ArrayLike | None) -> ImageSource:
    """Inputs and labels, or a source, as a source; all checked.

    A model that has no input shape yet is built for that of the samples. `argument` is the name of
    x, for messages.
    """
    if hasattr(x, "fill") and hasattr(x, "targets"):
        source = cast(ImageSource, x)
        _build(model, source.image_shape)
    else:
        images, labels = labelled(x, y, argument)
        _build(model, images.shape[1:])
        check_images(images, model.input_shape, argument)
        classes, shape = math.prod(model.output_shape), model.input_shape
        if len(model.output_shape) > 1:
            labels = _as_vectors(model, labels, argument)
        labels = model.loss.labels_of(labels, classes, "y" if argument == "x" else argument)
        free = model.loss.joined_with != "softmax"
        source = ScaledImages(images, labels, scale=1.0, classes=classes, any_targets=free, sample_shape=shape)
    if len(source) == 0:
        raise InputError(f"{argument}: expected at least one sample, got none")
    if tuple(source.image_shape) != model.input_shape:
        raise InputError(f"{argument}: expected samples of shape {model.input_shape}, got {tuple(source.image_shape)}")
    return source


def held_out(
    x: Any, y: ArrayLike | None, sample_weight: ArrayLike | None, part: float
) -> tuple[tuple[NDArray, NDArray, NDArray | None], tuple[NDArray, ...]]:
    """Inputs, labels and weights without the last `part` of them, and that part for the validation."""
    images, labels = labelled(x, y, "x")
    kept, validation = split_off(images, labels, part)
    if sample_weight is None:
        return (*kept, None), validation
    weights, others = np.split(checked_weights(sample_weight, len(images), "sample_weight"), [len(kept[0])])
    return (*kept, weights), (*validation, others)


def warn_of_whole_pixels(x: Any, first: Layer) -> None:
    """Tell the caller of `fit` if x holds bytes up to 255 and the first layer does not scale them."""
    if isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.max(initial=0) > 1 and not isinstance(first, Rescaling):
        warnings.warn("fit: x holds whole numbers up to 255; networks learn better from values in [0, 1]: x / 255", stacklevel=3)


def _build(model: Any, shape: tuple[int, ...]) -> None:
    """Build the model if this is the first time that it sees a shape."""
    if not model.layers and getattr(model, "call", None) is None:
        raise InputError("the model has no layers")
    if not model.layers or not model.layers[0].built:
        model.build(shape)


def _as_vectors(model: Any, targets: NDArray, argument: str) -> NDArray:
    """The targets of a network that puts out images, as vectors; a last axis of 1 may be missing."""
    name, shape = "y" if argument == "x" else argument, model.output_shape
    if model.loss.joined_with == "softmax":
        expected = "put a Flatten layer before the last Dense"
        raise InputError(f"{model.loss.name}: expected a network that puts out vectors, got outputs of shape {shape}; {expected}")
    if targets.shape[1:] != shape and (*targets.shape[1:], 1) != shape:
        raise InputError(f"{name}: expected targets of shape (samples, {', '.join(map(str, shape))}), got {targets.shape}")
    return targets.reshape(len(targets), -1)
