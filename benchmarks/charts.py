"""Charts of results, all in one style. Only this file imports matplotlib, and only when a chart is
drawn.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nn.io.files import atomic_write

OURS, PEER, INK, FAINT = "#d1495b", "#8d99ae", "#2b2d42", "#e5e5e5"
SIZE = 7.2, 4.2  # inches


def save_chart(path: Path, body: dict[str, Any], draw: Callable[[Any, dict[str, Any]], None]) -> str:
    """Draw and write the PNG; returns a sentence that says whether it was written."""
    if importlib.util.find_spec("matplotlib") is None:
        return "no chart: matplotlib is not installed (pip install '.[report]')"
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    draw(figure, body)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            text.set_color(INK)
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=130)
    return f"written: {path}"


def subtitle(body: dict[str, Any]) -> str:
    """The machine that produced the figures."""
    host = body["machine"]
    return f"{host['cpu']}, {host['cores']} cores"


def bars(axes: Any, names: Sequence[str], values: Sequence[float], label: str, title: str) -> None:
    """Horizontal bars from the fastest to the slowest, ours in colour, each labelled with its
    value.
    """
    order = sorted(range(len(names)), key=lambda k: -values[k])
    colours = [OURS if names[k].startswith("ours") else PEER for k in order]
    shown = axes.barh([names[k] for k in order], [values[k] for k in order], color=colours)
    axes.bar_label(shown, [f" {values[k]:.3g}" for k in order], color=INK)
    axes.set_xlabel(label)
    axes.set_title(title, loc="left", fontsize=11)
    axes.margins(x=0.12)


def curves(axes: Any, series: dict[str, tuple[Sequence[float], Sequence[float]]], labels: tuple[str, str], title: str) -> None:
    """One line for each named series (x, y); the y axis begins at 0."""
    for name, (x, y) in series.items():
        axes.plot(x, y, marker="o", markersize=4, label=name, color=OURS if name.startswith("ours") else None)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.set_ylim(0, 1.1 * max(max(y) for _, y in series.values()))
    axes.locator_params(axis="x", nbins=5)
    axes.grid(color=FAINT)
    axes.set_title(title, loc="left", fontsize=11)
    if len(series) > 1:
        axes.legend(frameon=False)
