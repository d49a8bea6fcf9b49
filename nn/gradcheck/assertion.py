"""`assert_gradients`: the gradient check as one line of a test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nn.errors import InputError
from nn.gradcheck.check import check_layer
from nn.layers.base import Layer


def assert_gradients(layer: Layer, x: ArrayLike, **options: Any) -> None:
    """Do nothing if the layer's backward pass is the derivative of its forward pass at x.

        def test_scale():
            assert_gradients(Scale(), np.random.default_rng(0).standard_normal((3, 5)))

    Args:
        layer: any `Layer`. If it is not built yet, it is built here, in float64.
        x: a batch of samples (N, ...); it is converted to float64 and not changed.
        options: of `check_layer`, such as `training`, `seed`, `tolerance`, or `entries` for large
            layers.

    Raises:
        AssertionError: a gradient is wrong. The message names the tensor, its worst entry, and
            both numbers there. Broken rules, such as a gradient of the wrong shape, are named too.
        InputError: an argument is of the wrong kind, or a pass does not return what it must.
    """
    __tracebackhide__ = True  # pytest then shows the line of the test
    try:
        batch = np.array(x, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"x: expected an array of numbers, got {type(x).__name__}") from error
    if batch.ndim < 2:
        raise InputError(f"x: expected a batch of samples (N, ...), got an array of shape {batch.shape}")
    report = check_layer(layer, batch.shape[1:], batch=len(batch), x=batch, **options)
    if not report.passed:
        raise AssertionError("\n".join(report.failures()))
