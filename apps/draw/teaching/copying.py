"""Copies of a model."""

from __future__ import annotations

from nn.models import Sequential


def copied(model: Sequential) -> Sequential:
    """Another model with the same layers and weights."""
    copy = Sequential([type(layer)(**layer.config()) for layer in model.layers], dtype=model.dtype)
    copy.build(model.input_shape)
    copy.set_weights(model.get_weights())
    copy.card = dict(model.card)
    return copy
