"""The error of a finite difference over its h: neither a large h nor a tiny one is exact."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.gradcheck.differences import EPSILON, Index, Outputs, central_difference, forward_difference
from nn.io.files import atomic_write
from nn.layers import Dense, Layer, Softmax
from nn.layers.base import Gradients
from nn.losses import CategoricalCrossentropy

WIDTHS = np.logspace(-1, -13, 49)  # the values of h

Difference = Callable[[Outputs, NDArray, Index, float], NDArray]


def errors_by_h(layer: Layer, x: NDArray, difference: Difference, seed: int) -> NDArray:
    """The largest error of dx, relative to its largest entry, for each h of WIDTHS."""
    out, cache = layer.forward(x)
    u = np.random.default_rng(seed).uniform(0.5, 1.5, out.shape)
    dx = layer.backward(u, cache)[0]
    errors = np.zeros(len(WIDTHS))
    for position, h in enumerate(WIDTHS):
        for index in np.ndindex(x.shape):
            slope = u.ravel() @ difference(lambda: layer.forward(x)[0], x, index, float(h))
            errors[position] = max(errors[position], abs(dx[index] - slope))
    return errors / np.abs(dx).max()


class _Loss(Layer):
    """Softmax and cross-entropy for fixed targets, as a layer."""

    def forward(self, x: NDArray, training: bool = False, rng: np.random.Generator | int | None = None) -> tuple[NDArray, Any]:
        value, dlogits = CategoricalCrossentropy().with_softmax(x, np.eye(x.shape[1])[: len(x)])
        return np.array([value]), dlogits

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        return dout[0] * cache, {}


def curves(seed: int) -> dict[str, NDArray]:
    """The errors of both kinds of difference for one linear and two curved functions, by name."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 4))
    dense = Dense(3)
    dense.build((4,), rng, np.float64)
    layers = {"Dense (linear)": dense, "Softmax": Softmax(), "softmax with cross-entropy": _Loss()}
    differences = {"central": central_difference, "forward": forward_difference}
    return {
        f"{name}, {kind} difference": errors_by_h(layer, x, difference, seed)
        for name, layer in layers.items()
        for kind, difference in differences.items()
    }


def save(path: str, seed: int) -> None:
    """Draw the curves and write them to `path`; its suffix names the format (png, svg, pdf).

    Raises:
        InputError: matplotlib is not installed or does not know the format.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("--plot needs matplotlib, which is not installed (pip install matplotlib)") from error
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    for position, (name, errors) in enumerate(curves(seed).items()):
        dash = "--" if name.endswith("forward difference") else "-"
        axes.loglog(WIDTHS, np.maximum(errors, EPSILON / 10), dash, color=f"C{position // 2}", label=name)
    axes.set(
        xlabel="h, the width of the difference",
        ylabel="largest relative error of dx",
        title="On the right truncation (h² or h), on the left round-off (1/h)",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    picture = io.BytesIO()
    suffix = Path(path).suffix.removeprefix(".").lower() or "png"
    known = figure.canvas.get_supported_filetypes()
    if suffix not in known:
        raise InputError(f"--plot: expected a file name that ends in one of {', '.join(sorted(known))}, got {path}")
    figure.savefig(picture, format=suffix)
    with atomic_write(path) as file:
        file.write(picture.getvalue())
