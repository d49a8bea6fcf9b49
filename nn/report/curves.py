"""Pictures with axes: loss and accuracy, norms, reliability, the map of the last hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.reading.calibration import expected_calibration_error, reliability
from nn.report.histories import History, LayerNorms
from nn.report.measures import Findings, plane
from nn.report.style import BLUE, FAINT, GRID, INK, MARKERS, SERIES, VERMILION, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# With more mistakes than this, the map marks them with smaller rings.
MANY = 200
# The labels that an accuracy axis may have, in percent.
ACCURACIES = (0, 50, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 99.995)


def training_curves(histories: Sequence[History], figure: Figure | None = None, epochs: int | None = None) -> Figure:
    """Loss and accuracy over the epochs: dashed for training images, solid for test images.

    Args:
        histories: of the trainings, each of which gets a colour and a marker.
        figure: draw into this figure instead of a new one.
        epochs: the length of the axis, if it is to be longer than the histories.
    """
    figure = new_figure(3.5) if figure is None else figure
    left, right = figure.subplots(1, 2)
    for position, history in enumerate(histories):
        colour, marker = SERIES[position % len(SERIES)], MARKERS[position % len(MARKERS)]
        name = f"{history.label}, " if len(histories) > 1 else ""
        for ending, dash, what in (("", "--", "training"), ("val_", "-", "test")):
            if f"{ending}loss" in history.values:
                look = {"color": colour, "marker": marker, "linestyle": dash, "alpha": 0.6 if dash == "--" else 1.0}
                left.plot(history.epochs, history.values[f"{ending}loss"], label=name + what, **look)
                right.plot(history.epochs, _error(history.values[f"{ending}accuracy"]), **look)
    left.set(title="Loss", xlabel="epoch", yscale="log")
    right.set(title="Accuracy, %", xlabel="epoch")
    plain_numbers(left)
    _accuracy_axis(right)
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=8)
        if epochs is not None:
            axes.set_xlim(0.5, epochs + 0.5)
    if left.lines:
        figure.legend(loc="outside lower left", ncols=min(len(histories), 4) if len(histories) > 1 else 2)
    return figure


def move_curves(figure: Figure, history: History) -> None:
    """Update the figure that `training_curves` drew for one training; faster than a new one."""
    left, right = figure.axes
    endings = [ending for ending in ("", "val_") if f"{ending}loss" in history.values]
    for ending, loss, accuracy in zip(endings, left.lines, right.lines, strict=True):
        loss.set_data(history.epochs, history.values[f"{ending}loss"])
        accuracy.set_data(history.epochs, _error(history.values[f"{ending}accuracy"]))
    for axes in (left, right):
        axes.relim()
        axes.autoscale_view(scalex=False)


def _error(accuracy: NDArray) -> NDArray:
    return np.maximum(1 - accuracy, 1e-5)


def _accuracy_axis(axes: Axes) -> None:
    """A logarithmic axis of errors, upside down and labelled with accuracies.

    From 98 to 99 % is as far as from 99 to 99.5 %: both halve the errors.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter

    axes.set_yscale("log")
    axes.invert_yaxis()
    axes.yaxis.set_major_locator(FixedLocator([1 - value / 100 for value in ACCURACIES]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):.6g}"))
    axes.yaxis.set_minor_locator(_no_ticks())


def plain_numbers(axes: Axes) -> None:
    """Label a logarithmic axis with 0.02 and 0.5, not with 2 x 10⁻² and 5 x 10⁻¹."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(_no_ticks())


def _no_ticks() -> object:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def norm_curves(norms: Sequence[LayerNorms]) -> Figure:
    """The lengths of each layer's weights, gradient and relative steps over the epochs."""
    figure = new_figure(3.2)
    panels = figure.subplots(1, 3)
    for position, layer in enumerate(norms):
        look = {"color": SERIES[position % len(SERIES)], "marker": MARKERS[position % len(MARKERS)]}
        steps = layer.updates / np.maximum(layer.weights, np.finfo(float).tiny)
        for axes, values in zip(panels, (layer.weights, layer.gradients, steps), strict=True):
            axes.plot(layer.epochs, values, label=layer.layer if axes is panels[0] else None, **look)
    for axes, title in zip(panels, ("Weights", "Gradient", "Step ÷ weights"), strict=True):
        axes.set(title=title, xlabel="epoch", yscale="log")
        plain_numbers(axes)
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
    figure.legend(loc="outside lower left", ncols=5)
    return figure


def reliability_diagram(found: Findings) -> Figure:
    """Accuracy over confidence, and how many images have which confidence."""
    figure = new_figure(4.6, width=5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1.2)
    upper.annotate("calibrated", (0.12, 0.15), color=FAINT, rotation=38)
    series = [("the network's own probabilities", found.plain, "o", VERMILION)]
    if found.temperature != 1:
        series[0] = ("the network's own probabilities", found.plain, "s", SERIES[4])
        series.append((f"at temperature {found.temperature:.2f}, as the window shows them", found.believed, "o", BLUE))
    for position, (name, probabilities, marker, colour) in enumerate(series):
        bins = np.array(reliability(probabilities, found.labels))
        error = expected_calibration_error(probabilities, found.labels)
        counts = bins[:, 2] * len(found.labels)
        # The standard deviation of a share of few images. One right and one wrong image are added,
        # so that it is never 0.
        spread = np.sqrt((bins[:, 1] * counts + 1) * ((1 - bins[:, 1]) * counts + 1) / (counts + 2) ** 3)
        label = f"{name}: mean gap {100 * error:.2f} %"
        upper.errorbar(bins[:, 0], bins[:, 1], spread, marker=marker, color=colour, elinewidth=1, label=label)
        lower.bar(bins[:, 0] + 0.012 * (position - (len(series) - 1) / 2), np.maximum(counts, 1), 0.012, color=colour)
    upper.set(ylabel="share that is right", xlim=(0, 1.02), ylim=(0, 1.04))
    lower.set(ylabel="images", xlabel="confidence: the probability of the answer", yscale="log")
    lower.yaxis.set_major_formatter("{x:,.0f}")
    figure.legend(loc="outside upper left")
    return figure


def hidden_map(found: Findings, names: Sequence[str]) -> Figure:
    """The inputs of the last layer along their two directions of greatest variance."""
    points, shares = plane(found.hidden)
    figure = new_figure(6.4)
    axes = figure.subplots()
    colours = np.array(SERIES)[found.labels]
    axes.scatter(*points.T, s=5, c=colours, alpha=0.35, linewidths=0)
    many = len(found.wrong) > MANY
    ring = {"s": 9 if many else 26, "edgecolors": INK, "linewidths": 0.5 if many else 1}
    axes.scatter(*points[found.wrong].T, c=colours[found.wrong], zorder=4, **ring)
    _name_groups(axes, points, found.labels, names)
    axes.scatter(
        [], [], s=26, color="white", edgecolors=INK, label=f"read wrong ({len(found.wrong):,}), in the colour of the label"
    )
    axes.set(
        xlabel=f"first direction, {100 * shares[0]:.0f} % of the variance", ylabel=f"second direction, {100 * shares[1]:.0f} %"
    )
    axes.set(xticks=[], yticks=[])
    axes.legend(loc="best")
    for spine in axes.spines.values():
        spine.set_color(GRID)
    return figure


def _name_groups(axes: Axes, points: NDArray, labels: NDArray, names: Sequence[str]) -> None:
    """Write each class's name at the median of its points, higher if it would cover another."""
    from matplotlib.patheffects import withStroke

    low = points.min(axis=0)
    size = np.maximum(points.max(axis=0) - low, np.finfo(float).tiny)
    present = [label for label in range(len(names)) if (labels == label).any()]
    middles = {label: (np.median(points[labels == label], axis=0) - low) / size for label in present}
    placed: list[tuple[float, float, int]] = []
    for label in sorted(present, key=lambda label: middles[label][1]):
        x, y = middles[label]
        for other_x, other_y, length in placed:
            if abs(x - other_x) < 0.011 * (len(names[label]) + length) and abs(y - other_y) < 0.04:
                y = other_y + 0.04
        placed.append((x, y, len(names[label])))
        look = {"fontsize": 13, "weight": "bold", "path_effects": [withStroke(linewidth=3.5, foreground="white")]}
        axes.annotate(names[label], low + size * (x, y), ha="center", va="center", color=INK, zorder=5, **look)
