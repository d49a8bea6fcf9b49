"""How large each parameter, its gradient and its steps are: three numbers that tell whether a layer learns.

They cost nothing to speak of: Adadelta keeps running means of the squared gradients and squared updates anyway (`nn.optimizers`),
over about the last 1 / (1 - ρ) = 20 batches, and √Σ of such a mean is the root mean square of the vector's length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nn.models import Sequential

Norms = dict[str, list[float]]


def norms_of(model: Sequential) -> Norms:
    """For each parameter, "layer/name": the lengths of weights, gradient and update; the last two where the optimizer knows them.

    Rounded to six digits; the update is Δ, before the learning rate. The sums are in float64 and in NumPy's fixed order,
    so the same training gives the same numbers.
    """
    slots = model.slots()
    found: Norms = {}
    for layer in model.layers:
        for name, array in layer.parameters.items():
            key = f"{layer.name}/{name}"
            sums = [np.square(array, dtype=np.float64).sum(), *(slot.sum(dtype=np.float64) for slot in _means(model, slots[key]))]
            found[key] = [float(f"{np.sqrt(total):.6g}") for total in sums]
    return found


def _means(model: Sequential, slots: tuple[NDArray, ...]) -> list[NDArray]:
    """E[g²] and E[Δ²] of a parameter, or nothing where the optimizer does not keep them."""
    kept = dict(zip(model.optimizer.slots, slots, strict=True))
    return [kept[name] for name in ("squared_gradients", "squared_updates") if name in kept]
