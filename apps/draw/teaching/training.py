"""Lessons: train a network a little more on drawings that it misread.

A lesson makes a new model and leaves the model it starts from unchanged. It always starts from the
model before all lessons, with all drawings kept so far. So lessons do not pile up, the same
drawings always give the same weights, and forgetting a drawing is the lesson without it.

Training on the drawings alone would make the network forget the rest. So the drawings are a small
part of what it sees; the rest is what it was trained on: training images (MNIST's, if they are on
this machine), synthetic pen strokes, and scribbles that are no digit, all varied as in training
(replay: Robins 1995). Then the new weights are moved back part of the way to the old ones: that
keeps most of what the drawings taught, and undoes most of what the short training spoiled by
chance (Wortsman et al. 2022).

References:
    A. Robins: Catastrophic forgetting, rehearsal and pseudorehearsal, 1995.
    M. Wortsman et al.: Robust fine-tuning of zero-shot models, 2022 (section 3: between the
        weights before and after).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from apps.draw.teaching.copying import copied
from apps.draw.teaching.kept_drawings import Kept
from nn.callbacks import Callback, Logs
from nn.datasets import mnist
from nn.datasets.augment import AugmentedImages
from nn.datasets.collections import IMAGE_SHAPE
from nn.datasets.loading import Split
from nn.datasets.sources import CLASSES, Concatenation, ImageSource, plain_source
from nn.engine.plan import CHUNK
from nn.errors import InputError
from nn.models import Sequential
from nn.optimizers import Adadelta
from nn.optimizers.schedules import Cosine
from nn.strokes import Doodles, SyntheticDigits
from nn.training import Trainer, evaluate

SAMPLES = 25_600  # images in a lesson, which takes a few seconds
BATCH = 128
RATE = 1.0  # of Adadelta, at first; it falls to 0
SHARE, MOST = 0.008, 0.25  # of a lesson: each drawing (200 views of it), and at most all of them together
# How far the taught model is from the old weights to the new ones. With 0.6 one of twelve simulated hands
# was read 13 times of 15 after a lesson, with 0.75 all at least 14 times.
WAY = 0.75
STROKES, DOODLES = 0.06, 0.005
KEPT_OF_THE_CARD = ("temperature", "sure_from")


@dataclass(frozen=True)
class ReplayData:
    """Images to replay in a lesson, and images to check it with; None where this machine has none."""

    train: Split | None = None
    test: Split | None = None

    @property
    def name(self) -> str:
        """What is replayed, in words."""
        return "training images" if self.train else "synthetic strokes"


def find_replay_data(data: str | None = None) -> ReplayData:
    """MNIST, if it is on this machine; nothing is downloaded for a lesson."""
    try:
        return ReplayData(*mnist.load_data(data, mirrors=()))
    except InputError:
        return ReplayData()


def teach(
    model: Sequential,
    drawings: Sequence[Kept],
    replayed: ReplayData,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[float], None] = lambda part: None,
    stop: threading.Event | None = None,
) -> Sequential | None:
    """A copy of the model that was taught these drawings; None if `stop` was set meanwhile.

    `progress` is called, in the calling thread, with the share of the lesson that is done. The
    number of threads changes no bit.

    Raises:
        InputError: there are no drawings, or the model does not read digits.
        Diverged: the loss became NaN or infinite.
    """
    if not drawings:
        raise InputError("drawings: expected at least one, got none")
    if model.input_shape != IMAGE_SHAPE or model.output_shape != (CLASSES,):
        raise InputError(f"model: expected one that reads digits, got one from {model.input_shape} to {model.output_shape}")
    taught = copied(model)
    taught.compile(optimizer=Adadelta(Cosine(RATE, -(-samples // BATCH))))
    watcher = _Watcher(progress, stop or threading.Event())
    source = lesson_source(drawings, replayed, samples, seed)
    Trainer(taught, source, batch_size=BATCH, epochs=1, seed=seed, callbacks=[watcher], threads=threads).run()
    if watcher.stop.is_set():
        return None
    pairs = zip(model.get_weights(), taught.get_weights(), strict=True)
    taught.set_weights([(old + WAY * (new - old)).astype(model.dtype) for old, new in pairs])
    kept = {name: model.card[name] for name in KEPT_OF_THE_CARD if name in model.card}
    taught.card = kept | {"made by": "a lesson", "drawings": len(drawings), "replayed": replayed.name}
    return taught


def lesson_source(drawings: Sequence[Kept], replayed: ReplayData, samples: int, seed: int) -> ImageSource:
    """`samples` images: views of the drawings (more of them for more drawings), among what the
    network was trained on.
    """
    shares = min(MOST, SHARE * len(drawings)), STROKES, DOODLES
    views, strokes, doodles = (max(1, round(samples * share)) for share in shares)
    rest = samples - views - strokes - doodles
    again = np.arange(views) % len(drawings)
    pixels = np.stack([np.round(drawing.image * 255).astype(np.uint8) for drawing in drawings])
    labels = np.array([drawing.label for drawing in drawings], np.uint8)
    sources: list[ImageSource] = [AugmentedImages(pixels[again], labels[again], seed)]
    if replayed.train is None:
        strokes += rest
    else:
        images, answers = replayed.train
        chosen = np.random.default_rng(seed).permutation(len(images))[np.arange(rest) % len(images)]
        sources.append(plain_source(images[chosen], answers[chosen]))
    return Concatenation([*sources, SyntheticDigits(seed, strokes), Doodles(seed, doodles)])


def warm_up(model: Sequential, replayed: ReplayData) -> None:
    """Load or compile the kernels that a lesson needs, with a very short lesson for a copy of the
    model.
    """
    from pathlib import Path

    blank = Kept(Path(), 0, np.zeros(IMAGE_SHAPE[:2], np.float32))
    teach(model, [blank], replayed, samples=CHUNK, threads=1)


def accuracy_of(model: Sequential, replayed: ReplayData, threads: int | None = None) -> float | None:
    """The share of the test images that are read correctly; None if there are no test images."""
    return None if replayed.test is None else evaluate(model, plain_source(*replayed.test), threads)[1]


class _Watcher(Callback):
    """Reports progress, and stops the training when asked to."""

    def __init__(self, progress: Callable[[float], None], stop: threading.Event) -> None:
        self.progress, self.stop = progress, stop

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """After every batch."""
        self.progress((batch + 1) / self.trainer.steps_in_epoch)
        self.trainer.stop_requested = self.stop.is_set()
