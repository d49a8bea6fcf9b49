"""A network that learns 1,000 images by heart, and four remedies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.callbacks import Callback, Logs
from nn.datasets.augment import AugmentedImages
from nn.datasets.collections import IMAGE_SHAPE
from nn.datasets.loading import Split
from nn.datasets.sources import ImageSource, plain_source
from nn.layers import Dense, Dropout, Flatten
from nn.layers.regularizers import L2
from nn.losses import CategoricalCrossentropy
from nn.models import Sequential
from nn.optimizers import Adam
from nn.report.measures import pixels
from nn.report.style import MARKERS, SERIES, new_figure
from nn.study.tables import table
from nn.training import Trainer
from nn.utils import one_hot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW, TESTED = 1_000, 2_000  # images
EPOCHS, SEEDS = 30, 2
WIDE = 128
PENALTY, SHARE = 0.004, 0.5  # of L2 and of dropout


@dataclass(frozen=True)
class Remedy:
    """What a training does against overfitting."""

    l2: float = 0.0
    dropout: float = 0.0
    views: bool = False


REMEDIES = {
    "nothing": Remedy(),
    f"L2, {PENALTY:g}": Remedy(l2=PENALTY),
    f"dropout, {SHARE:g}": Remedy(dropout=SHARE),
    "L2 and dropout": Remedy(l2=PENALTY, dropout=SHARE),
    "random views": Remedy(views=True),
}


def overfitting(train: Split, test: Split) -> tuple[Figure, str]:
    """A network learns 1,000 images by heart; then with L2, dropout, both, and random views."""
    figure = new_figure(3.6)
    panels = figure.subplots(1, 3)
    rows = []
    for place, (name, remedy) in enumerate(REMEDIES.items()):
        runs = np.array([small_data_training(train, test, remedy, seed) for seed in range(SEEDS)])
        mean = runs.mean(axis=0)
        look = {"color": SERIES[place], "marker": MARKERS[place], "markevery": (4, 8)}
        for axes, values in zip(panels, mean.T, strict=True):
            axes.plot(range(1, EPOCHS + 1), values, label=name if axes is panels[0] else None, **look)
        lowest = int(mean[:, 1].argmin())
        ends = ", ".join(f"{run[-1, 2]:.1f}" for run in runs)
        rows.append((name, f"{mean[-1, 0]:.4f}", f"{mean[-1, 1]:.3f}", f"{mean[lowest, 1]:.3f} in epoch {lowest + 1}", ends))
    panels[0].set(title="Training loss", yscale="log")
    panels[1].set(title="Test loss", ylim=(0, 1.2))
    panels[2].set(title="Test accuracy, %", ylim=(60, 100))
    for axes in panels:
        axes.set(xlabel="epoch")
    what = f"against overfitting on {min(FEW, len(train[0])):,} images; means of {SEEDS} trainings"
    figure.legend(loc="outside lower left", ncols=5, title=what, alignment="left")
    header = (
        "against overfitting",
        "training loss",
        "test loss",
        "lowest test loss",
        f"test images read right, %, {SEEDS} trainings",
    )
    return figure, table(header, rows)


class Watch(Callback):
    """Notes how the model reads two splits after every epoch.

    Attributes:
        values: for each epoch, the training images' loss, the test images', and their accuracy in
            percent; without the penalty of a regularizer, and without dropout.
    """

    def __init__(self, train: Split, test: Split) -> None:
        self.values: list[tuple[float, float, float]] = []
        self._train, self._test = train, test

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Read both splits."""
        (loss, _), (test_loss, accuracy) = self._read(*self._train), self._read(*self._test)
        self.values.append((loss, test_loss, 100 * accuracy))

    def _read(self, images: NDArray[np.uint8], labels: NDArray) -> tuple[float, float]:
        """The mean loss and the share that is read right."""
        probabilities = self.model.predict(pixels(images))
        loss, _ = CategoricalCrossentropy().forward(probabilities, one_hot(labels, 10))
        return loss, float((probabilities.argmax(axis=1) == labels).mean())


def small_data_training(train: Split, test: Split, remedy: Remedy, seed: int) -> list[tuple[float, float, float]]:
    """What `Watch` notes of a training on the first 1,000 images."""
    penalty = L2(remedy.l2) if remedy.l2 else None
    model = Sequential([Flatten(input_shape=IMAGE_SHAPE)], seed=seed)
    for _ in range(2):
        model.add(Dense(WIDE, activation="relu", kernel_regularizer=penalty))
        if remedy.dropout:
            model.add(Dropout(remedy.dropout))
    model.add(Dense(10, activation="softmax"))
    model.compile(optimizer=Adam())
    few = train[0][:FEW], train[1][:FEW]
    watch = Watch(few, (test[0][:TESTED], test[1][:TESTED]))
    source: ImageSource = AugmentedImages(*few, seed) if remedy.views else plain_source(*few)
    Trainer(model, source, batch_size=50, epochs=EPOCHS, seed=seed, callbacks=[watch]).run()
    return watch.values
