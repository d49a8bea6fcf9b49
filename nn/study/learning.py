"""What learning needs: experiments with losses, optimizers and schedules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.callbacks import Callback, Logs
from nn.datasets.collections import IMAGE_SHAPE
from nn.datasets.loading import Split
from nn.datasets.sources import plain_source
from nn.layers import Dense, Flatten, Softmax
from nn.losses import CategoricalCrossentropy
from nn.models import Sequential
from nn.optimizers import SGD, Adadelta, Optimizer
from nn.report.curves import plain_numbers
from nn.report.style import BLUE, SERIES, VERMILION, new_figure
from nn.study.tables import table
from nn.train.recipe import SCHEDULES, Recipe
from nn.train.setup import rate_of
from nn.training import Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEARNED_FROM, MEAN_OF = 8_000, 25
MARGIN = 20.0


def loss(train: Split, test: Split) -> tuple[Figure, str]:
    """What an answer costs, and why softmax and cross-entropy are differentiated together."""
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2)
    p = np.linspace(0.001, 1, 400)
    cross_entropy = CategoricalCrossentropy()
    cost = [cross_entropy.forward(np.array([[value, 1 - value]]), np.array([[1.0, 0.0]]))[0] for value in p]
    left.plot(p, cost, color=BLUE)
    left.set(title="Loss, -log p", xlabel="p, the probability of the right answer", ylim=(0, None))
    margins = np.linspace(0, 30, 61)
    for name, gradients, colour in (("one after the other", _apart, VERMILION), ("together", _joined, BLUE)):
        right.plot(margins, [max(_relative_error(gradients, margin), 1e-9) for margin in margins], color=colour, label=name)
    right.set(title="Error of its gradient, float32", xlabel="lead of the wrong score", ylabel="relative error", yscale="log")
    right.legend()
    rows = [
        (f"{margin:g}", *(f"{_relative_error(gradients, margin):.0e}" for gradients in (_apart, _joined)))
        for margin in (2.0, 10.0, MARGIN, 30.0)
    ]
    header = ("lead of the wrong score", "one after the other", "together")
    return figure, f"relative error of the gradient in float32, softmax and loss differentiated\n{table(header, rows)}"


def _apart(scores: NDArray, targets: NDArray) -> NDArray:
    cross_entropy, softmax = CategoricalCrossentropy(), Softmax()
    probabilities, cache = softmax.forward(scores)
    return softmax.backward(cross_entropy.backward(cross_entropy.forward(probabilities, targets)[1]), cache)[0]


def _joined(scores: NDArray, targets: NDArray) -> NDArray:
    return CategoricalCrossentropy().with_softmax(scores, targets)[1]


def _relative_error(gradients: Callable[[NDArray, NDArray], NDArray], margin: float) -> float:
    """The error of gradients in float32, when the wrong score leads by `margin`."""
    scores, targets = np.array([[0.0, margin]]), np.array([[1.0, 0.0]])
    exact = _joined(scores, targets)
    found = gradients(scores.astype(np.float32), targets.astype(np.float32))
    return float(np.abs(found - exact).max() / np.abs(exact).max())


def optimizers(train: Split, test: Split) -> tuple[Figure, str]:
    """A small dense network learns with SGD at three rates, and with Adadelta at two."""
    tried: dict[str, Optimizer] = {
        "SGD, rate 0.01": SGD(0.01),
        "SGD, rate 0.2": SGD(0.2),
        "SGD, rate 2": SGD(2.0),
        "Adadelta, rate 1": Adadelta(1.0),
        "Adadelta, rate 0.001": Adadelta(0.001),
    }
    figure = new_figure(3.4, width=5.6)
    axes = figure.subplots()
    for (name, optimizer), colour in zip(tried.items(), SERIES, strict=False):
        axes.plot(smoothed(losses(train, optimizer)), color=colour, label=name)
    axes.set(title=f"Loss, mean of {MEAN_OF} batches", xlabel="batch", yscale="log")
    plain_numbers(axes)
    figure.legend(loc="outside lower left", ncols=3)
    rows = [
        (line.get_label(), *(f"{line.get_ydata()[batch]:.3f}" for batch in (0, len(line.get_ydata()) // 2, -1)))
        for line in axes.lines
    ]
    return figure, table(("optimizer", "loss at the start", "half-way", "at the end"), rows)


class BatchLosses(Callback):
    """Records the mean loss of every batch, and stops the training after `last` batches.

    Attributes:
        values: the losses.
    """

    def __init__(self, last: int | None = None) -> None:
        self.values: list[float] = []
        self._last = last
        self._before = 0.0, 0

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Note the sums so far: 0, or those of an interrupted training that is resumed."""
        self._before = self.trainer.progress.loss_sum, self.trainer.progress.seen

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """Record the loss of this batch."""
        now = self.trainer.progress.loss_sum, self.trainer.progress.seen
        self.values.append((now[0] - self._before[0]) / (now[1] - self._before[1]))
        self._before = now
        self.trainer.stop_requested = len(self.values) == self._last


def losses(train: Split, optimizer: Optimizer) -> list[float]:
    """The loss of every batch while the small network is trained for four epochs."""
    seen = BatchLosses()
    small_trainer(train, seen, optimizer, epochs=4).run()
    return seen.values


def small_trainer(train: Split, seen: BatchLosses, optimizer: Optimizer | None = None, epochs: int = 1) -> Trainer:
    """A trainer for a network of two dense layers and some of the images."""
    model = Sequential([Flatten(input_shape=IMAGE_SHAPE), Dense(32, activation="relu"), Dense(10, activation="softmax")])
    model.compile(optimizer=optimizer or Adadelta())
    source = plain_source(train[0][:LEARNED_FROM], train[1][:LEARNED_FROM])
    return Trainer(model, source, batch_size=64, epochs=epochs, callbacks=[seen])


def smoothed(values: Sequence[float]) -> NDArray:
    """The mean of each batch and the `MEAN_OF` - 1 after it."""
    return np.convolve(values, np.full(MEAN_OF, 1 / MEAN_OF), mode="valid")


def schedules(train: Split, test: Split) -> tuple[Figure, str]:
    """The learning rate over a training of ten epochs, for the three schedules of `nn.train`."""
    figure = new_figure(2.8, width=5.4)
    axes = figure.subplots()
    steps = 10 * -(-len(train[0]) // 128)
    rows = []
    for name, colour in zip(SCHEDULES, SERIES, strict=False):
        rate = rate_of(Recipe(schedule=name), steps)
        rates = [rate(step) if callable(rate) else rate for step in range(steps)]
        axes.plot(np.arange(steps) * 10 / steps, rates, color=colour, label=name)
        rows.append((name, f"{max(rates):.3f}", f"{np.mean(rates):.3f}", f"{rates[-1]:.1e}"))
    axes.set(title="Learning rate", xlabel="epoch")
    axes.legend()
    return figure, table(("schedule", "highest rate", "mean", "last"), rows)
