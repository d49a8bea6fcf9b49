"""Analytic against numeric: what is compared, and what counts as equal.

A backward pass is a linear map: from dout = ∂loss/∂out it computes dx and the gradients of the parameters. We draw a random
dout = u, so that loss = Σ_k u_k out_k, let the layer compute the gradient a of that loss, and measure the same derivative n for
one number after another (`differences.py`). All-ones as dout would let many a mistake cancel.

The relative error of an entry is

    |a - n| / max(|a|, |n|, s),    s = one hundredth of the largest |n| in the tensor,

so that entries far smaller than their neighbours are not asked for more digits than the outputs have.

At a kink, where the slope from the left and the slope from the right differ, either of them is a valid gradient for each
output, and nothing else is: not their mean, not their sum. A layer that states which it takes is held to it with `approach`: the
gradient at x must then be the limit of the gradients on the way from x + approach to x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.gradcheck.differences import slopes
from nn.layers.arguments import Shape
from nn.layers.base import Layer

TOLERANCE = 1e-7
FLOOR = 0.01

Gradients = dict[str, NDArray]


@dataclass
class TensorReport:
    """One tensor's entries: how many were compared, and the worst of them.

    Attributes:
        name, shape, size: the tensor's.
        checked: the number of entries compared; below `size` they are a random sample.
        kinks: how many of these lie exactly at a kink.
        error: the largest relative error.
        where, analytic, numeric: the entry that has it.
    """

    name: str
    shape: Shape
    checked: int
    kinks: int
    error: float
    where: tuple[int, ...]
    analytic: float
    numeric: float

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape))

    @property
    def place(self) -> str:
        """The worst entry, as `kernel[0, 2]`."""
        return f"{self.name}[{', '.join(map(str, self.where))}]"


@dataclass
class Report:
    """The verdict on one layer.

    Attributes:
        name: the layer's, or the case's.
        tensors: one report for the input, one for each parameter.
        complaints: sentences about broken rules: a gradient of the wrong shape, an input that was written to, ...
        tolerance: the largest relative error that passes.
    """

    name: str
    tensors: list[TensorReport] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    tolerance: float = TOLERANCE

    @property
    def error(self) -> float:
        """The largest relative error of all tensors."""
        return max((tensor.error for tensor in self.tensors), default=0.0)

    @property
    def passed(self) -> bool:
        """All errors below the tolerance (NaN is not), and nothing to complain of."""
        return not self.complaints and bool(self.tensors) and all(tensor.error < self.tolerance for tensor in self.tensors)

    def lines(self, verbose: bool = False) -> list[str]:
        """The rows of the table; `verbose` adds the worst entry of each tensor."""
        rows = []
        for number, tensor in enumerate(self.tensors):
            checked = f"{tensor.checked}" if tensor.checked == tensor.size else f"{tensor.checked} of {tensor.size}"
            verdict = "ok" if tensor.error < self.tolerance else "WRONG"
            verdict += f" ({tensor.kinks} at a kink)" if tensor.kinks else ""
            name = self.name if number == 0 else ""
            rows.append(f"{name:<44} {tensor.name:<16} {checked:>12}  {tensor.error:>9.1e}  {verdict}")
            if verbose:
                rows.append(f"{'':<45}worst: {tensor.place} analytic {tensor.analytic:.12g} numeric {tensor.numeric:.12g}")
        return rows + [f"{self.name}: WRONG: {complaint}" for complaint in self.complaints]

    def __str__(self) -> str:
        return "\n".join([HEADER, *self.lines()])


HEADER = f"{'layer':<44} {'tensor':<16} {'entries':>12}  {'rel.error':>9}  verdict"


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
        outputs: computes the outputs, of any shape, from the present state of `arrays`.
        gradients: the analytic gradients, by name, for a dout of the outputs' shape.
        arrays: float64 arrays by name; they are moved and put back.
        seed: for dout and for the sample of entries.
        tolerance: the largest relative error that passes.
        entries: compare so many entries of each tensor, at least 1, drawn at random; None: all.
        approach: offsets by name, see above.
    """
    if entries is not None and entries < 1:
        raise InputError(f"entries: expected at least 1 or None, got {entries}")
    rng = np.random.default_rng(seed)
    report = Report(name, tolerance=tolerance)
    first = np.array(outputs())
    if not np.array_equal(first, outputs(), equal_nan=True):
        report.complaints.append("two equal forward passes differ; a random layer needs a fixed key")
        return report
    if first.dtype != np.float64:
        report.complaints.append(
            f"the outputs are {first.dtype}, which has too few digits; compute in the type of the input, float64"
        )
    u = rng.choice((-1.0, 1.0), first.shape) * rng.uniform(0.5, 1.5, first.shape)
    analytic = gradients(u)
    report.complaints += _shape_complaints(analytic, arrays)
    before = {key: arrays[key].copy() for key in approach or {}}
    for key, offset in (approach or {}).items():
        arrays[key] += offset
    for key, array in arrays.items():
        if key in analytic and np.shape(analytic[key]) == array.shape and array.size:
            places = _places(array, entries, rng)
            report.tensors.append(_compare(key, array, places, analytic[key], outputs, u, gradients))
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
    """Compare a layer's backward pass with the slopes of its forward pass, for its input and all its parameters.

    Args:
        layer: any `Layer`. One that is not built yet is built here, its parameters moved off their start (a bias of zeros
            hides mistakes); one that is built, in float64, is taken as it is.
        input_shape: of one sample.
        batch: the number of samples.
        x: the input (batch, *input_shape) instead of a random one.
        approach: the direction from which the layer takes its gradient at kinks, an offset to x.
        training, key: passed to `forward`; the key freezes a dropout mask.
        seed, tolerance, entries: as in `check_gradients`.
        name: for the report; the class's name if None.

    Raises:
        InputError: an argument is no layer, no shape, or does not fit the others; a parameter is not float64.
    """
    _check_arguments(layer, input_shape, batch, x, approach)
    rng = np.random.default_rng(seed)
    title = name or type(layer).__name__
    if not layer.built:
        layer.build(input_shape, rng, np.float64)
        for array in layer.parameters.values():
            array += 0.1 * rng.standard_normal(array.shape)
    for key_name, array in layer.parameters.items():
        if array.dtype != np.float64:
            raise InputError(f"{title}: gradient checks need float64, but {key_name} is {array.dtype}")
    point = rng.standard_normal((batch, *input_shape)) if x is None else np.array(x, np.float64)
    broken: list[str] = []

    def outputs() -> NDArray:
        return layer.forward(point, training, key)[0]

    def gradients(u: NDArray) -> Gradients:
        dout, before = u.copy(), point.copy()
        _, cache = layer.forward(point, training, key)
        dx, grads = layer.backward(dout, cache)
        if not np.array_equal(dout, u):
            broken.append("backward writes into dout")
        if not np.array_equal(point, before):
            broken.append("the passes write into their input")
        return {"x": dx, **grads}

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
    report.complaints += dict.fromkeys(broken)
    expected = (len(point), *layer.compute_output_shape(input_shape))
    if outputs().shape != expected:
        report.complaints.append(f"forward gives {outputs().shape}, compute_output_shape says {expected}")
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


def _shape_complaints(analytic: Gradients, arrays: dict[str, NDArray]) -> list[str]:
    missing = [f"no gradient for {key}" for key in arrays if key not in analytic]
    surplus = [f"a gradient for {key}, which does not exist" for key in analytic if key not in arrays]
    shapes = [
        f"the gradient for {key} has shape {np.shape(analytic[key])}, expected {array.shape}"
        for key, array in arrays.items()
        if key in analytic and np.shape(analytic[key]) != array.shape
    ]
    return missing + surplus + shapes


def _places(array: NDArray, entries: int | None, rng: np.random.Generator) -> list[tuple[int, ...]]:
    if entries is None or entries >= array.size:
        return list(np.ndindex(array.shape))
    flat = np.sort(rng.choice(array.size, entries, replace=False))
    return [tuple(int(i) for i in np.unravel_index(number, array.shape)) for number in flat]


def _compare(
    name: str,
    array: NDArray,
    places: list[tuple[int, ...]],
    analytic: NDArray,
    outputs: Callable[[], NDArray],
    u: NDArray,
    gradients: Callable[[NDArray], Gradients],
) -> TensorReport:
    weights = u.ravel()
    numeric = np.empty(len(places))
    kinks = 0
    for number, place in enumerate(places):
        slope = slopes(outputs, weights, array, place)
        derivative = slope.central.copy()
        kinks += slope.kinks.size > 0
        for k in slope.kinks:
            single = np.zeros(u.size)
            single[k] = 1.0
            claimed = gradients(single.reshape(u.shape))[name][place]
            left, right = slope.left[k], slope.right[k]
            derivative[k] = left if abs(left - claimed) <= abs(right - claimed) else right
        numeric[number] = weights @ derivative
    claimed = np.array([analytic[place] for place in places], np.float64)
    floor = FLOOR * np.abs(numeric).max() + np.finfo(np.float64).tiny
    errors = np.abs(claimed - numeric) / np.maximum(np.maximum(np.abs(claimed), np.abs(numeric)), floor)
    errors[np.isnan(errors)] = np.inf
    worst = int(errors.argmax())
    return TensorReport(
        name, array.shape, len(places), kinks, float(errors[worst]), places[worst], float(claimed[worst]), float(numeric[worst])
    )
