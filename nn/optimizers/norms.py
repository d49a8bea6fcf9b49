"""How large each parameter, its gradient and its steps are: three numbers that tell whether a
layer learns.

They are almost free: Adadelta keeps running means of the squared gradients and squared updates
anyway (`nn.optimizers`), over about the last 1 / (1 - ρ) = 20 batches, and √Σ of such a mean is
the root mean square of the vector's length.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nn.optimizers.base import Optimizer

Norms = dict[str, list[float]]


def norms_of(parameters: Mapping[str, NDArray], slots: Mapping[str, tuple[NDArray, ...]], optimizer: Optimizer) -> Norms:
    """For each parameter, "layer/name": the lengths of weights, gradient and update; the last two
    where the optimizer knows them.

    Rounded to six digits; the update is Δ, before the learning rate. The sums are in float64 and
    in NumPy's fixed order, so the same training gives the same numbers.
    """
    found: Norms = {}
    for name, array in parameters.items():
        means = _means(optimizer, slots[name])
        sums = [np.square(array, dtype=np.float64).sum(), *(slot.sum(dtype=np.float64) for slot in means)]
        found[name] = [float(f"{np.sqrt(total):.6g}") for total in sums]
    return found


def _means(optimizer: Optimizer, slots: tuple[NDArray, ...]) -> list[NDArray]:
    """E[g²] and E[Δ²] of a parameter, or nothing where the optimizer does not keep them."""
    kept = dict(zip(optimizer.slots, slots, strict=True))
    return [kept[name] for name in ("squared_gradients", "squared_updates") if name in kept]
