"""What happens to signals and gradients in twelve layers: experiments with the first weights and
with batch normalization.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.collections import IMAGE_SHAPE
from nn.datasets.loading import Split
from nn.datasets.sources import plain_source
from nn.errors import Diverged
from nn.layers import BatchNormalization, Dense, Flatten, Layer, ReLU
from nn.layers.initializers import glorot_uniform
from nn.layers.stack import Stack
from nn.models import Sequential
from nn.optimizers import SGD
from nn.report.curves import plain_numbers
from nn.report.style import BLUE, FAINT, GREEN, MARKERS, SERIES, VERMILION, new_figure
from nn.study.learning import LEARNED_FROM, BatchLosses, smoothed
from nn.study.tables import table
from nn.training import Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEPTH, WIDE, SAMPLES = 12, 256, 128
NARROW, RATE = 64, 0.05  # of the networks that are trained
FACTORS = {"half as large": 0.5, "Glorot": 1.0, "√2 times as large (He)": 2**0.5, "twice as large": 2.0}


def initializers(train: Split, test: Split) -> tuple[Figure, str]:
    """The size of the signals after each of twelve dense layers, for four sizes of the weights."""
    figure = new_figure(3.0, width=5.4)
    axes = figure.subplots()
    rows = []
    for (name, factor), colour, marker in zip(FACTORS.items(), SERIES, MARKERS, strict=False):
        sizes, _ = sizes_at_depth(factor, normalized=False)
        axes.plot(range(DEPTH + 1), sizes, color=colour, marker=marker, label=name)
        rows.append((name, *(f"{sizes[layer]:.1e}" for layer in (0, 4, 8, DEPTH))))
    axes.set(title="Root mean square of the activations", xlabel="layer", yscale="log")
    axes.legend()
    return figure, table(("weights", "input", "after layer 4", "8", str(DEPTH)), rows)


def normalization(train: Split, test: Split) -> tuple[Figure, str]:
    """Batch normalization against none in twelve layers: signals, gradients, and a training."""
    figure = new_figure(6.2)
    grid = figure.subplot_mosaic([["signals", "gradients"], ["training", "training"]])
    factors = {"Glorot / 2": 0.5, "Glorot": 1.0, "Glorot · 2": 2.0}
    rows = []
    for (name, factor), colour, marker in zip(factors.items(), (BLUE, GREEN, VERMILION), MARKERS, strict=False):
        for normalized in (False, True):
            signals, slopes = sizes_at_depth(factor, normalized)
            look = {
                "color": colour,
                "marker": marker,
                "linestyle": "-" if normalized else "--",
                "alpha": 1 if normalized else 0.7,
            }
            words = f"{name}, {'normalized' if normalized else 'plain'}"
            grid["signals"].plot(range(DEPTH + 1), signals, label=words, **look)
            grid["gradients"].plot(range(DEPTH + 1), slopes, **look)
            values, diverged = losses_at_depth(train, factor, normalized)
            if not diverged:
                grid["training"].plot(smoothed(values), **look, markevery=(8 * MARKERS.index(marker), 50))
            else:
                grid["training"].plot([], [], label=f"{words}: infinite in batch {len(values) + 1}", **look)
            end = f"infinite in batch {len(values) + 1}" if diverged else f"{smoothed(values)[-1]:.3f}"
            rows.append((words, f"{signals[-1]:.1e}", f"{slopes[0] / slopes[-1]:.1e}", end))
    for name, title, height in (
        ("signals", "Root mean square of the signals", 1.3),
        ("gradients", "The same of their gradients", 14),
    ):
        grid[name].set(title=title, xlabel="layer (0: the input)", yscale="log", xticks=range(0, DEPTH + 1, 2))
        note = {"xy": (6, height), "xytext": (6, 3e2), "arrowprops": {"arrowstyle": "-", "color": FAINT}}
        grid[name].annotate("batch normalization:\nthree curves coincide", ha="center", fontsize=8.5, **note)
        grid[name].set_ylim(1e-6, 1e4)
    grid["training"].set(title=f"{DEPTH} layers of {NARROW} learn MNIST: loss, mean of 25 batches", xlabel="batch", yscale="log")
    plain_numbers(grid["training"])
    if grid["training"].get_legend_handles_labels()[1]:
        grid["training"].legend(loc="upper right", fontsize=8.5, bbox_to_anchor=(1, 0.84))
    handles, names = grid["signals"].get_legend_handles_labels()
    figure.legend(
        handles,
        names,
        loc="outside lower left",
        ncols=3,
        title="size of the first weights; plain layers, or batch normalization before each ReLU",
        alignment="left",
    )
    return figure, table(
        ("weights", f"signal after layer {DEPTH}", "gradient at the input / at the end", "loss at the end"), rows
    )


def deep_layers(width: int, normalized: bool) -> list[Layer]:
    """Twelve times a dense layer, perhaps batch normalization, and ReLU."""
    block = (lambda: [Dense(width), BatchNormalization(), ReLU()]) if normalized else (lambda: [Dense(width), ReLU()])
    return [layer for _ in range(DEPTH) for layer in block()]


def scale_kernels(layers: Sequence[Layer], factor: float, rng: np.random.Generator) -> None:
    """New weights for all dense layers: Glorot's, times a factor."""
    for layer in layers:
        if isinstance(layer, Dense):
            layer.parameters["kernel"][...] = factor * glorot_uniform()(layer.parameters["kernel"].shape, rng)


def sizes_at_depth(factor: float, normalized: bool) -> tuple[list[float], list[float]]:
    """The root mean square of the input and of each layer's signals, and of the gradients of a
    random sum of the last ones by each of them.
    """
    rng = np.random.default_rng(0)
    layers = deep_layers(WIDE, normalized)
    stack = Stack(layers, dtype=np.float64)
    stack.build((WIDE,))
    scale_kernels(layers, factor, rng)
    x = rng.standard_normal((SAMPLES, WIDE))
    signals, caches = [_size(x)], []
    for layer in layers:
        x, cache = layer.forward(x, training=True)
        caches.append(cache)
        if isinstance(layer, ReLU):
            signals.append(_size(x))
    dout = rng.standard_normal(x.shape)
    slopes = [_size(dout)]
    for layer, cache in zip(reversed(layers), reversed(caches), strict=True):
        dout, _ = layer.backward(dout, cache)
        if isinstance(layer, Dense):
            slopes.append(_size(dout))
    return signals, slopes[::-1]


def _size(array: NDArray) -> float:
    return float(np.sqrt(np.mean(array**2)))


def losses_at_depth(train: Split, factor: float, normalized: bool) -> tuple[list[float], bool]:
    """The loss of every batch while a deep network is trained for two epochs, and whether it grew
    beyond all numbers.
    """
    model = Sequential([Flatten(input_shape=IMAGE_SHAPE), *deep_layers(NARROW, normalized), Dense(10, activation="softmax")])
    scale_kernels(model.layers[:-1], factor, np.random.default_rng(0))
    model.compile(optimizer=SGD(RATE))
    seen = BatchLosses()
    source = plain_source(train[0][:LEARNED_FROM], train[1][:LEARNED_FROM])
    try:
        Trainer(model, source, batch_size=64, epochs=2, callbacks=[seen]).run()
    except Diverged:
        return seen.values, True
    return seen.values, False
