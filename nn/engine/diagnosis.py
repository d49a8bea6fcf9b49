"""Why a loss is not finite: the end of the sentence that `nn.errors.Diverged` says."""

from __future__ import annotations

import numpy as np

from nn.engine.step import Step
from nn.kernels.memory import aligned
from nn.layers import Layer
from nn.layers.stack import Stack

ADVICE = "the weights are those of the batch before; try a smaller learning rate"


def of_batch(stack: Stack, step: Step) -> str:
    """Which layer's weights or outputs are not finite, on the samples of a step."""
    x = aligned((len(step), *stack.input_shape), stack.dtype)
    step.source.fill(x, step.indices, step.epoch)
    if not np.isfinite(x).all():
        return ": the images of this batch hold NaN or infinity"
    for layer, out in stack.outputs(x):
        if not _is_finite(layer):
            return f": the weights of layer {layer.name} are not finite; {ADVICE}"
        if not np.isfinite(out).all():
            return f": the output of layer {layer.name} is not finite; {ADVICE}"
    return f"; {ADVICE}"


def of_weights(stack: Stack) -> str:
    """As `of_batch`, when the validation after an epoch finds it."""
    broken = next((layer.name for layer in stack.layers if not _is_finite(layer)), None)
    why = f"the weights of layer {broken} are not finite" if broken else "its scores are too large"
    return f": {why}; try a smaller learning rate"


def _is_finite(layer: Layer) -> bool:
    return all(np.isfinite(array).all() for array in layer.arrays().values())
