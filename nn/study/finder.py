"""A learning rate finder, judged by trainings at the rates that it went through."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.datasets.sources import plain_source
from nn.errors import Diverged
from nn.optimizers import SGD, Adam, LearningRate, Optimizer
from nn.report.style import BLUE, MARKERS, VERMILION, new_figure
from nn.study.learning import BatchLosses, small_trainer
from nn.study.tables import table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Maker = Callable[[LearningRate], Optimizer]

TESTED = 2_000  # test images that judge a rate
FROM, TO = 1e-4, 1e1  # the rates that the finder goes through, and that are tried
TRIED = 11
FINDER_STEPS = 250
HEAVY = 0.9  # the share of the past in the finder's running mean
STOP = 3.0  # times the lowest loss, where the finder ends
FRACTION = 10  # of the rate with the lowest loss: the finder's suggestion


class Rising:
    """A schedule: from `first` to `last` in `steps` steps, each rate the same factor above the one
    before.
    """

    def __init__(self, first: float, last: float, steps: int) -> None:
        self.first, self.factor = first, (last / first) ** (1 / (steps - 1))

    def __call__(self, step: int) -> float:
        """The rate of a step, counted from 0."""
        return self.first * self.factor**step


def finder(train: Split, test: Split) -> tuple[Figure, str]:
    """A learning rate finder: one short training in which the rate rises with every batch; beside
    it, what eleven trainings at constant rates reach.
    """
    figure = new_figure(5.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    tried = np.geomspace(FROM, TO, TRIED)
    rows = []
    for (name, maker), colour, marker in zip({"SGD": SGD, "Adam": Adam}.items(), (BLUE, VERMILION), MARKERS, strict=False):
        rates, means = rising_losses(train, maker)
        rate = suggestion(rates, means)
        reached = [loss_after_training(train, test, maker(each)) for each in tried.tolist()]
        upper.plot(rates, means, color=colour, label=f"{name}: suggests {rate:.2g}")
        lower.plot(tried, reached, color=colour, marker=marker, label=name)
        for axes in (upper, lower):
            axes.axvline(rate, color=colour, linestyle="--", linewidth=1)
        found = loss_after_training(train, test, maker(rate))
        best = int(np.argmin(reached))
        rows.append((name, f"{rate:.2g}", f"{found:.3f}", f"{tried[best]:.2g}", f"{reached[best]:.3f}"))
    upper.set(title="Finder: the loss while the rate rises with every batch (running mean)", xscale="log", ylim=(0, 3.5))
    lower.set(title="Trainings of two epochs at constant rates: test loss", xlabel="learning rate", ylim=(0, 3.5))
    upper.legend(loc="lower right")
    lower.legend(loc="lower right")
    return figure, table(("optimizer", "suggested rate", "its test loss", "best rate tried", "its test loss"), rows)


def rising_losses(train: Split, maker: Maker) -> tuple[NDArray, NDArray]:
    """The rates of a short training whose rate rises, and the running mean of the loss at each."""
    schedule, seen = Rising(FROM, TO, FINDER_STEPS), BatchLosses(last=FINDER_STEPS)
    with contextlib.suppress(Diverged):
        small_trainer(train, seen, maker(schedule), epochs=FINDER_STEPS).run()
    means: list[float] = []
    mean = 0.0
    for step, value in enumerate(seen.values):
        mean = HEAVY * mean + (1 - HEAVY) * value
        means.append(mean / (1 - HEAVY ** (step + 1)))
        if means[-1] > STOP * min(means):
            break
    return np.array([schedule(step) for step in range(len(means))]), np.array(means)


def suggestion(rates: NDArray, means: NDArray) -> float:
    """A tenth of the rate at which the loss was lowest: there it is not far from rising again."""
    return float(rates[int(np.argmin(means))] / FRACTION)


def loss_after_training(train: Split, test: Split, optimizer: Optimizer) -> float:
    """The test loss after two epochs; infinite if they diverged."""
    trainer = small_trainer(train, BatchLosses(), optimizer, epochs=2)
    try:
        trainer.run()
    except Diverged:
        return float("inf")
    return float(trainer.model.evaluate(plain_source(test[0][:TESTED], test[1][:TESTED]))[0])
