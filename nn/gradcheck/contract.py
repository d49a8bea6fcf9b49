"""What a gradient check expects of a layer, whatever its mathematics (`nn/layers/base.py`).

Faults that leave nothing to compare raise `InputError`. The others are complaints: sentences that
a report lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer


def build_layer(layer: Layer, input_shape: Shape, rng: np.random.Generator) -> None:
    """Build a layer in float64 and move its parameters away from their first values, because a
    bias of zeros hides mistakes.
    """
    layer.build(tuple(input_shape), rng, np.float64)
    if not layer.built:
        raise InputError(f"{type(layer).__name__}: build must call super().build(input_shape, rng, dtype) first")
    require_float64(layer.parameters, type(layer).__name__)
    for array in layer.parameters.values():
        array += 0.1 * rng.standard_normal(array.shape)


def require_float64(parameters: Gradients, title: str) -> None:
    """Raise `InputError` unless all parameters are float64."""
    for name, array in parameters.items():
        if array.dtype != np.float64:
            raise InputError(f"{title}: expected float64 for gradient checks, but {name} is {array.dtype}")


def run_forward(layer: Layer, x: NDArray, training: bool, key: Any) -> tuple[NDArray, Any]:
    """The layer's forward pass; `InputError` unless it returns an array and a cache."""
    result = layer.forward(x, training, key)
    title = f"{type(layer).__name__}: forward must return (out, cache)"
    if not isinstance(result, tuple) or len(result) != 2:
        raise InputError(f"{title}, got {_kind(result)}")
    if not isinstance(result[0], np.ndarray):
        raise InputError(f"{title} with an array in front, got {_kind(result[0])} there")
    return result


def run_backward(layer: Layer, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
    """The layer's backward pass; `InputError` unless it returns an array and arrays by name."""
    result = layer.backward(dout, cache)
    title = f"{type(layer).__name__}: backward must return (dx, gradients)"
    if not isinstance(result, tuple) or len(result) != 2:
        raise InputError(f"{title}, got {_kind(result)}")
    dx, gradients = result
    if not isinstance(dx, np.ndarray):
        raise InputError(f"{title} with an array in front, got {_kind(dx)} there")
    if not isinstance(gradients, dict):
        raise InputError(f"{title} with a dictionary of gradients by their parameters' names, got {_kind(gradients)} there")
    for name, gradient in gradients.items():
        if not isinstance(gradient, np.ndarray | np.number | float):
            raise InputError(f"{type(layer).__name__}: the gradient for {name} must be an array, got {_kind(gradient)}")
    return dx, gradients


def check_passes(layer: Layer, x: NDArray, training: bool) -> None:
    """Raise `InputError` unless both passes return what they must and leave x and dout as they
    are.
    """
    before, kept = x.copy(), kept_arrays(layer)
    out, cache = run_forward(layer, x, training, 0)
    if complaint := announced_shape_complaint(layer, x, out):
        raise InputError(f"{type(layer).__name__}: {complaint}")
    dout = np.ones_like(out)
    run_backward(layer, dout, cache)
    if not np.all(dout == 1):
        raise InputError(f"{type(layer).__name__}: backward writes into dout")
    if not np.array_equal(x, before):
        raise InputError(f"{type(layer).__name__}: the passes write into their input")
    for complaint in changed_complaints(layer, kept):
        raise InputError(f"{type(layer).__name__}: {complaint}")


def announced_shape_complaint(layer: Layer, x: NDArray, out: NDArray) -> str | None:
    """What is wrong if the output for x has another shape than the layer announces, else None."""
    expected = (len(x), *layer.compute_output_shape(x.shape[1:]))
    if out.shape == expected:
        return None
    return f"forward gives the shape {out.shape}, but compute_output_shape says {expected}"


def kept_arrays(layer: Layer) -> tuple[Gradients, Gradients]:
    """Copies of the parameters and of the state, which no pass may change."""
    parameters, state = ({name: array.copy() for name, array in each.items()} for each in (layer.parameters, layer.state))
    return parameters, state


def changed_complaints(layer: Layer, kept: tuple[Gradients, Gradients]) -> list[str]:
    """What is wrong if the parameters or the state are not as they were."""
    parameters, state = kept
    steps = [
        f"the passes change the parameter {name}; only an optimizer may"
        for name, array in parameters.items()
        if not np.array_equal(array, layer.parameters[name], equal_nan=True)
    ]
    return steps + [
        f"the passes change the state {name}; that belongs in update_state"
        for name, array in state.items()
        if not np.array_equal(array, layer.state[name], equal_nan=True)
    ]


def output_complaints(first: NDArray, second: NDArray) -> list[str]:
    """What is wrong with the outputs of two forward passes with the same input and key."""
    if not np.array_equal(first, second, equal_nan=True):
        rule = "forward must leave the layer as it is, and draw random numbers from the key alone"
        return [f"two forward passes with the same input and key differ; {rule}"]
    if first.dtype != np.float64:
        told = f"the outputs are {first.dtype}, which has too few digits"
        return [f"{told}; the layer must compute in the type of its input, float64"]
    if not np.all(np.isfinite(first)):
        return ["the outputs are not finite"]
    return []


def shape_complaints(gradients: Gradients, arrays: dict[str, NDArray]) -> list[str]:
    """Gradients that are missing, that belong to nothing, or that have another shape than their
    array.
    """
    missing = [f"there is no gradient for {key}" for key in arrays if key not in gradients]
    surplus = [f"there is a gradient for {key}, which is not a parameter" for key in gradients if key not in arrays]
    shapes = [
        f"the gradient for {key} has shape {np.shape(gradients[key])}, expected {array.shape}"
        for key, array in arrays.items()
        if key in gradients and np.shape(gradients[key]) != array.shape
    ]
    return missing + surplus + shapes


def _kind(value: object) -> str:
    """What a value is, in a few words."""
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return "None" if value is None else f"{type(value).__name__}"
