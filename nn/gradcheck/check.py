"""Analytic against numeric gradients: what is compared, and what counts as equal.

A backward pass is a linear map: from dout = ∂loss/∂out it computes dx and the gradients of the
parameters. We draw a random dout = u, so that loss = Σ_k u_k out_k, let the layer compute the
gradient a of that loss, and measure the same derivative n for one value after another
(`differences.py`). With a dout of all ones, many mistakes would cancel out.

The relative error of an entry is

    |a - n| / max(|a|, |n|, s),    s = one hundredth of the largest |n| in the tensor.

Without s, an entry far smaller than its neighbours would need more digits than the outputs have.

At a kink the slopes on the left and on the right differ. Then either of them is a valid gradient
for each output, and nothing else is: neither their mean nor their sum. If a layer's documentation
says which side it takes, `approach` checks that: the gradient at x must be the limit of the
gradients on the way from x + approach to x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.gradcheck.contract import (
    announced_shape_complaint,
    build_layer,
    changed_complaints,
    kept_arrays,
    output_complaints,
    require_float64,
    run_backward,
    run_forward,
    shape_complaints,
)
from nn.gradcheck.differences import Index, Outputs, slopes
from nn.gradcheck.report import TOLERANCE, Report, TensorReport
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer

__all__ = ["TOLERANCE", "Report", "check_gradients", "check_layer"]

FLOOR = 0.01
WRITES_INTO_X = "the passes write into their input"


@dataclass(frozen=True)
class _Problem:
    """The functions that are compared, the dout at which they are, and what counts as equal."""

    outputs: Outputs
    gradients: Callable[[NDArray], Gradients]
    u: NDArray
    tolerance: float


def check_gradients(
    name: str,
    outputs: Callable[[], NDArray],
    gradients: Callable[[NDArray], Gradients],
    arrays: dict[str, NDArray],
    *,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    entries: int | None = None,
    approach: Gradients | None = None,
) -> Report:
    """Compare the gradients of any function with its measured slopes.

    Args:
        name: for the report.
        outputs: computes the outputs, of any shape, from the present values of `arrays`.
        gradients: the analytic gradients, by name, for a dout of the outputs' shape.
        arrays: float64 arrays by name; they are changed and restored.
        seed: of dout and of the sample of entries.
        tolerance: the relative error must be smaller than this.
        entries: compare only this many entries of each tensor, drawn at random; None compares all.
        approach: offsets by name, see above.
    """
    if entries is not None and entries < 1:
        raise InputError(f"entries: expected at least 1 or None, got {entries}")
    rng = np.random.default_rng(seed)
    report = Report(name, tolerance=tolerance)
    first = np.array(outputs())
    second = np.array(outputs())
    report.complaints += output_complaints(first, second)
    if not np.array_equal(first, second, equal_nan=True):
        return report
    u = rng.choice((-1.0, 1.0), first.shape) * rng.uniform(0.5, 1.5, first.shape)
    problem = _Problem(outputs, gradients, u, tolerance)
    analytic = gradients(problem.u)
    report.complaints += shape_complaints(analytic, arrays)
    before = {key: arrays[key].copy() for key in approach or {}}
    for key, offset in (approach or {}).items():
        arrays[key] += offset
    for key, array in arrays.items():
        if key in analytic and np.shape(analytic[key]) == array.shape and array.size:
            report.tensors.append(_compare(problem, key, array, analytic[key], _sampled(array, entries, rng)))
    for key, array in before.items():
        arrays[key][...] = array
    return report


def check_layer(
    layer: Layer,
    input_shape: Shape,
    *,
    batch: int = 3,
    x: NDArray | None = None,
    approach: NDArray | None = None,
    training: bool = True,
    key: int = 1,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    entries: int | None = None,
    name: str | None = None,
) -> Report:
    """Compare a layer's backward pass with measured slopes, for its input and all parameters.

    Args:
        layer: any `Layer`. If it is not built yet, it is built here, and its parameters are moved
            away from their first values, because a bias of zeros hides mistakes. If it is built,
            it must be float64 and is used as it is.
        input_shape: of one sample.
        batch: the number of samples.
        x: the input (batch, *input_shape) instead of a random one.
        approach: an offset to x, the direction from which the layer takes its gradient at kinks.
        training, key: passed to `forward`; the key fixes a dropout mask.
        seed, tolerance, entries: as in `check_gradients`.
        name: for the report; by default the name of the class.

    Raises:
        InputError: an argument is of the wrong kind or does not fit the others, or a parameter is
            not float64.
    """
    _check_arguments(layer, input_shape, batch, x, approach)
    rng = np.random.default_rng(seed)
    title = name or type(layer).__name__
    if not layer.built:
        build_layer(layer, input_shape, rng)
    require_float64(layer.parameters, title)
    point = rng.standard_normal((batch, *input_shape)) if x is None else np.array(x, np.float64)
    broken: list[str] = []
    kept = kept_arrays(layer)

    def outputs() -> NDArray:
        return run_forward(layer, point, training, key)[0]

    def gradients(u: NDArray) -> Gradients:
        dout, before = u.copy(), point.copy()
        _, cache = run_forward(layer, point, training, key)
        dx, grads = run_backward(layer, dout, cache)
        if not np.array_equal(dout, u):
            broken.append("backward writes into dout")
        if not np.array_equal(point, before):
            broken.append(WRITES_INTO_X)
        return {"x": dx, **grads}

    given, out = point.copy(), outputs()
    complaint = announced_shape_complaint(layer, point, out) if np.array_equal(point, given) else WRITES_INTO_X
    if complaint:
        return Report(title, complaints=[complaint], tolerance=tolerance)
    report = check_gradients(
        title,
        outputs,
        gradients,
        {"x": point, **layer.parameters},
        seed=seed,
        tolerance=tolerance,
        entries=entries,
        approach=None if approach is None else {"x": approach},
    )
    report.complaints += [*dict.fromkeys(broken), *changed_complaints(layer, kept)]
    return report


def _check_arguments(layer: object, input_shape: object, batch: int, x: NDArray | None, approach: NDArray | None) -> None:
    if not isinstance(layer, Layer):
        raise InputError(f"layer: expected an instance of a subclass of nn.layers.Layer, got {layer!r}")
    if not isinstance(input_shape, tuple | list):
        raise InputError(f"input_shape: expected the shape of one sample, such as (5, 4), got {input_shape!r}")
    if batch < 1:
        raise InputError(f"batch: expected at least 1 sample, got {batch}")
    if x is not None and (np.shape(x)[1:] != tuple(input_shape) or len(x) < 1):
        raise InputError(f"x: expected samples of shape {tuple(input_shape)}, got an array of shape {np.shape(x)}")
    expected = (batch, *input_shape) if x is None else np.shape(x)
    if approach is not None and np.shape(approach) != expected:
        raise InputError(f"approach: expected an offset to x, of shape {expected}, got {np.shape(approach)}")


def _sampled(array: NDArray, entries: int | None, rng: np.random.Generator) -> list[Index]:
    """The indices of all elements, or of `entries` of them drawn at random, in order."""
    if entries is None or entries >= array.size:
        return list(np.ndindex(array.shape))
    offsets = np.sort(rng.choice(array.size, entries, replace=False))
    return [tuple(int(i) for i in np.unravel_index(offset, array.shape)) for offset in offsets]


def _compare(problem: _Problem, name: str, array: NDArray, analytic: NDArray, indices: list[Index]) -> TensorReport:
    """The report on one tensor: its gradient `analytic` against slopes measured at `indices`."""
    numeric = np.empty(len(indices))
    kinks = 0
    for position, index in enumerate(indices):
        slope = slopes(problem.outputs, problem.u.ravel(), array, index)
        derivative = slope.central.copy()
        kinks += slope.kinks.size > 0
        for k in slope.kinks:
            # The layer may take either side; which one shows in its gradient of output k alone.
            single = np.zeros(problem.u.size)
            single[k] = 1.0
            claimed = problem.gradients(single.reshape(problem.u.shape))[name][index]
            left, right = slope.left[k], slope.right[k]
            derivative[k] = left if abs(left - claimed) <= abs(right - claimed) else right
        numeric[position] = problem.u.ravel() @ derivative
    claimed = np.array([analytic[index] for index in indices], np.float64)
    floor = FLOOR * np.abs(numeric).max() + np.finfo(np.float64).tiny
    errors = np.abs(claimed - numeric) / np.maximum(np.maximum(np.abs(claimed), np.abs(numeric)), floor)
    errors[np.isnan(errors)] = np.inf
    worst = int(errors.argmax())
    return TensorReport(
        name=name,
        shape=array.shape,
        checked=len(indices),
        kinks=kinks,
        error=float(errors[worst]),
        wrong=int(np.count_nonzero(~(errors < problem.tolerance))),
        index=indices[worst],
        analytic=float(claimed[worst]),
        numeric=float(numeric[worst]),
    )
