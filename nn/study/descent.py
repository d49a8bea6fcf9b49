"""How five optimizers find their way down: through a valley that one can draw, and on MNIST."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.optimizers import SGD, Adadelta, Adam, Optimizer, RMSprop
from nn.report.curves import plain_numbers
from nn.report.style import FAINT, INK, MARKERS, SERIES, new_figure
from nn.study.learning import losses, smoothed
from nn.study.tables import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Maker = Callable[[float], Optimizer]

# Each optimizer, and the rate at which it trains the small network well.
METHODS: dict[str, tuple[Maker, float]] = {
    "SGD": (SGD, 0.2),
    "momentum 0.9": (lambda rate: SGD(rate, momentum=0.9), 0.02),
    "RMSprop": (RMSprop, 0.001),
    "Adam": (Adam, 0.001),
    "Adadelta": (Adadelta, 1.0),
}
STEEP = 40.0  # the curvature across the valley; along it the curvature is 1
START = (-4.0, 1.0)
STEPS = 50
LAST = 10  # steps over which the end is judged
RATES = 10.0 ** np.arange(-3, 3.1, 0.25)  # tried in the valley; the one that ends lowest is shown


def valley(train: Split, test: Split) -> tuple[Figure, str]:
    """Five optimizers walk down the same narrow valley, then train the same small network."""
    figure = new_figure(6.4)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.2, 1))
    panels, curves = upper.subplots(2, 3).ravel(), lower.subplots()
    rows = []
    for place, (name, (maker, rate)) in enumerate(METHODS.items()):
        best, path = best_walk(maker)
        _draw_walk(panels[place], path, SERIES[place], f"{name}, rate {_short(best)}")
        values = smoothed(losses(train, maker(rate)))
        marks = {"marker": MARKERS[place], "markevery": (20 + 12 * place, 75)}
        curves.plot(values, color=SERIES[place], label=f"{name}, rate {rate:g}", **marks)
        rows.append(
            (name, _short(best), f"{height(path[STEPS // 5]):.2g}", f"{height(path[-1]):.1e}", f"{rate:g}", f"{values[-1]:.3f}")
        )
    panels[-1].axis("off")
    x, y = START
    words = (
        f"A narrow valley:\nloss = (x² + {STEEP:g} y²) / 2,\n{STEPS} steps from x = {x:g}, y = {y:g},\n"
        "each at its best rate.\nThe lines are contours."
    )
    panels[-1].text(0, 0.5, words, va="center")
    curves.set(title="The small network on MNIST: loss, mean of 25 batches", xlabel="batch", yscale="log")
    plain_numbers(curves)
    curves.legend(ncols=2)
    header = ("optimizer", "rate", f"valley, step {STEPS // 5}", f"step {STEPS}", "rate", "MNIST, at the end")
    return figure, table(header, rows)


def _short(rate: float) -> str:
    """Two digits, as 0.0056 or 560."""
    return f"{float(f'{rate:.2g}'):g}"


def height(point: NDArray) -> float:
    """The loss at a point (x, y) of the valley, infinite where it overflows."""
    with np.errstate(over="ignore"):
        return float(point[0] ** 2 + STEEP * point[1] ** 2) / 2


def walk(optimizer: Optimizer, rate: float) -> NDArray:
    """(STEPS + 1, 2): the points that an optimizer passes in the valley."""
    point = np.array(START)
    slots = tuple(np.zeros(2) for _ in optimizer.slots)
    path = [point.copy()]
    for step in range(STEPS):
        optimizer.update(point, point * (1, STEEP), slots, rate=rate, step=step)
        path.append(point.copy())
    return np.array(path)


def best_walk(maker: Maker) -> tuple[float, NDArray]:
    """Of all `RATES` the one with the lowest mean over the `LAST` steps, and its path."""
    walks = {rate: walk(maker(rate), rate) for rate in RATES.tolist()}
    best = min(walks, key=lambda rate: sum(map(height, walks[rate][-LAST:])))
    return best, walks[best]


def _draw_walk(axes: Axes, path: NDArray, colour: str, title: str) -> None:
    x, y = np.meshgrid(np.linspace(-4.6, 2.6, 140), np.linspace(-1.4, 1.4, 80))
    axes.contour(x, y, (x**2 + STEEP * y**2) / 2, levels=[0.3, 1, 3, 8, 16, 30], colors=FAINT, linewidths=0.5)
    axes.plot(*path.T, color=colour, marker="o", markersize=2.5, linewidth=1)
    axes.plot(0, 0, marker="+", color=INK, markersize=9, markeredgewidth=1.5)
    axes.set_title(title, fontsize=9.5)
    axes.set(xlim=(-4.6, 2.6), ylim=(-1.4, 1.4), xticks=[-4, -2, 0, 2], yticks=[-1, 0, 1], xlabel="x", ylabel="y")
    axes.grid(visible=False)
