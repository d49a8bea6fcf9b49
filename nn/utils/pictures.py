"""`plot_model`: a picture of a chain of layers, drawn with Pillow; no graphviz is needed."""

from __future__ import annotations

import os
from typing import Any

from nn.errors import InputError

WIDTH, HEIGHT, GAP = 560, 44, 24


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    **options: Any,
) -> Any:
    """Write the chain of layers, one box under the other, as a picture; return it."""
    from PIL import Image, ImageDraw

    for name, value in options.items():
        if value not in (None, False) and (name, value) not in (("rankdir", "TB"), ("dpi", 96), ("dpi", 200)):
            raise InputError(f"plot_model: {name} is not supported, got {value!r}")
    lines = []
    for layer in model.layers:
        title = f"{layer.name} ({type(layer).__name__})" if show_layer_names else type(layer).__name__
        shapes = f"   {(None, *layer.input_shape)} to {(None, *layer.output_shape)}" if show_shapes and layer.built else ""
        lines.append(title + (f"   {model.dtype}" if show_dtype else "") + shapes)
    step = HEIGHT + GAP
    image = Image.new("RGB", (WIDTH + 2 * GAP, step * len(lines) + GAP), "white")
    draw = ImageDraw.Draw(image)
    for index, line in enumerate(lines):
        top = GAP + index * step
        draw.rectangle((GAP, top, GAP + WIDTH, top + HEIGHT), outline="black")
        draw.text((GAP + WIDTH / 2, top + HEIGHT / 2), line, fill="black", anchor="mm")
        if index:
            draw.line((GAP + WIDTH / 2, top - GAP, GAP + WIDTH / 2, top), fill="black")
    image.save(to_file)
    return image


def model_to_dot(model: Any, **options: Any) -> Any:
    """Refused: it is graphviz' own format."""
    raise InputError("model_to_dot: not supported; plot_model(model, to_file='model.png') draws the layers")
