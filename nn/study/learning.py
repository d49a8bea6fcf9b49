"""What learning needs: experiments with losses, optimizers, schedules and initializers."""

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
from nn.layers.initializers import glorot_uniform
from nn.losses import CategoricalCrossentropy
from nn.models import Sequential
from nn.optimizers import SGD, Adadelta, Optimizer
from nn.report.curves import plain_numbers
from nn.report.style import BLUE, MARKERS, SERIES, VERMILION, new_figure
from nn.train.recipe import SCHEDULES, Recipe
from nn.train.setup import rate_of
from nn.training import Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEARNED_FROM, MEAN_OF = 8_000, 25
DEPTH, WIDE = 12, 256
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
    errors = {
        name: _relative_error(gradients, MARGIN) for name, gradients in (("one after the other", _apart), ("together", _joined))
    }
    words = ", ".join(f"{error:.0e} ({name})" for name, error in errors.items())
    return figure, f"if the wrong score leads by {MARGIN:.0f}, the relative error of the gradient in float32 is {words}"


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
        axes.plot(_smoothed(_losses(train, optimizer)), color=colour, label=name)
    axes.set(title=f"Loss, mean of {MEAN_OF} batches", xlabel="batch", yscale="log")
    plain_numbers(axes)
    figure.legend(loc="outside lower left", ncols=3)
    ends = "; ".join(f"{line.get_label()}: {line.get_ydata()[-1]:.3f}" for line in axes.lines)
    return figure, f"loss at the end: {ends}"


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


def _losses(train: Split, optimizer: Optimizer) -> list[float]:
    seen = BatchLosses()
    small_trainer(train, seen, optimizer, epochs=4).run()
    return seen.values


def small_trainer(train: Split, seen: BatchLosses, optimizer: Optimizer | None = None, epochs: int = 1) -> Trainer:
    """A trainer for a network of two dense layers and some of the images."""
    model = Sequential([Flatten(input_shape=IMAGE_SHAPE), Dense(32, activation="relu"), Dense(10, activation="softmax")])
    model.compile(optimizer=optimizer or Adadelta())
    source = plain_source(train[0][:LEARNED_FROM], train[1][:LEARNED_FROM])
    return Trainer(model, source, batch_size=64, epochs=epochs, callbacks=[seen])


def _smoothed(values: Sequence[float]) -> NDArray:
    return np.convolve(values, np.full(MEAN_OF, 1 / MEAN_OF), mode="valid")


def schedules(train: Split, test: Split) -> tuple[Figure, str]:
    """The learning rate over a training of ten epochs, for the three schedules of `nn.train`."""
    figure = new_figure(2.8, width=5.4)
    axes = figure.subplots()
    steps = 10 * -(-len(train[0]) // 128)
    means = {}
    for name, colour in zip(SCHEDULES, SERIES, strict=False):
        rate = rate_of(Recipe(schedule=name), steps)
        rates = [rate(step) if callable(rate) else rate for step in range(steps)]
        axes.plot(np.arange(steps) * 10 / steps, rates, color=colour, label=name)
        means[name] = np.mean(rates)
    axes.set(title="Learning rate", xlabel="epoch")
    axes.legend()
    return figure, "means: " + ", ".join(f"{name} {mean:.3f}" for name, mean in means.items())


def initializers(train: Split, test: Split) -> tuple[Figure, str]:
    """The size of the signals after each of twelve dense layers, for four sizes of the weights."""
    figure = new_figure(3.0, width=5.4)
    axes = figure.subplots()
    ends = {}
    factors = {"half as large": 0.5, "Glorot": 1.0, "√2 times as large (He)": 2**0.5, "twice as large": 2.0}
    for (name, factor), colour, marker in zip(factors.items(), SERIES, MARKERS, strict=False):
        sizes = _signal_sizes(factor)
        axes.plot(range(DEPTH + 1), sizes, color=colour, marker=marker, label=name)
        ends[name] = sizes[-1]
    axes.set(title="Root mean square of the activations", xlabel="layer", yscale="log")
    axes.legend()
    return figure, f"after layer {DEPTH}: " + ", ".join(f"{name} {size:.1e}" for name, size in ends.items())


def _signal_sizes(factor: float) -> list[float]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((128, WIDE))
    sizes = [float(np.sqrt(np.mean(x**2)))]
    for _ in range(DEPTH):
        layer = Dense(WIDE, activation="relu")
        layer.build((WIDE,), rng, np.float64)
        layer.parameters["kernel"][...] = factor * glorot_uniform()((WIDE, WIDE), rng)
        x = layer.forward(x)[0]
        sizes.append(float(np.sqrt(np.mean(x**2))))
    return sizes
