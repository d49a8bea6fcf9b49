"""`plot_model` and `model_to_dot`: a picture of a chain of layers; no graphviz is needed."""

from __future__ import annotations

import os
from html import escape
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

    _check("plot_model", options)
    lines = _lines(model, show_shapes, show_dtype, show_layer_names)
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


class Drawing:
    """What `model_to_dot` returns. Notebooks show it with
    `SVG(model_to_dot(model).create(prog="dot", format="svg"))`.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def create(self, prog: str | None = None, format: str = "svg") -> bytes:
        """The boxes as SVG."""
        if format != "svg":
            raise InputError(f"model_to_dot: expected create(format='svg'), the one there is, got {format!r}")
        step, middle = HEIGHT + GAP, GAP + WIDTH // 2
        parts = []
        for index, line in enumerate(self.lines):
            top = GAP + index * step
            parts.append(f'<rect x="{GAP}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="white" stroke="black"/>')
            parts.append(
                f'<text x="{middle}" y="{top + HEIGHT // 2 + 4}" text-anchor="middle" font-size="12">{escape(line)}</text>'
            )
            if index:
                parts.append(f'<line x1="{middle}" y1="{top - GAP}" x2="{middle}" y2="{top}" stroke="black"/>')
        size = f'width="{WIDTH + 2 * GAP}" height="{step * len(self.lines) + GAP}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'.encode()


def model_to_dot(
    model: Any, show_shapes: bool = False, show_dtype: bool = False, show_layer_names: bool = True, **options: Any
) -> Drawing:
    """The same picture for a notebook."""
    _check("model_to_dot", options)
    return Drawing(_lines(model, show_shapes, show_dtype, show_layer_names))


def _check(function: str, options: dict[str, Any]) -> None:
    for name, value in options.items():
        if value not in (None, False) and (name, value) not in (("rankdir", "TB"), ("dpi", 96), ("dpi", 200), ("dpi", 65)):
            raise InputError(f"{function}: {name} is not supported, got {value!r}")


def _lines(model: Any, show_shapes: bool, show_dtype: bool, show_layer_names: bool) -> list[str]:
    """What stands in the box of each layer."""
    lines = []
    for layer in model.layers:
        title = f"{layer.name} ({type(layer).__name__})" if show_layer_names else type(layer).__name__
        shapes = f"   {(None, *layer.input_shape)} to {(None, *layer.output_shape)}" if show_shapes and layer.built else ""
        lines.append(title + (f"   {model.dtype}" if show_dtype else "") + shapes)
    return lines
