"""How a batch goes through: which thread does what, and when. And a photo to read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nn.datasets.loading import Split
from nn.datasets.sources import plain_source
from nn.engine.executor import Executor
from nn.engine.fused import FusedEngine
from nn.engine.step import Step
from nn.io.files import temporary_folder
from nn.pretrained import student_network
from nn.report.style import SERIES, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH, BATCHES = 256, 30  # images, and how often; the fastest is shown
CUT = 61  # batches before the training is stopped
Spell = tuple[int, str, float, float]  # thread, what, began, ended


class _TimedExecutor(Executor):
    """An executor that notes when each task began and ended, and in which thread."""

    def __init__(self, chunks: int) -> None:
        super().__init__()
        self.chunks = chunks
        self.spells: list[Spell] = []

    def run(self, work: Callable[[int], None], count: int, abort: Callable[[], None] = lambda: None) -> None:
        """As `Executor.run`, with a stopwatch."""
        self.spells = []

        def timed(index: int) -> None:
            began = time.perf_counter()
            work(index)
            what = "chunks" if index < self.chunks else "weights"
            self.spells.append((threading.get_ident(), what, began, time.perf_counter()))

        super().run(timed, count, abort)


def plan(train: Split, test: Split) -> tuple[Figure, str]:
    """One batch of 256 images on all threads: its chunks, forward and backward, and the weights."""
    model = student_network()
    model.compile()
    engine = FusedEngine(model.layers, model.dtype, model.loss, batch_size=BATCH)
    engine.executor.close()
    engine.executor = executor = _TimedExecutor(engine.plan.chunk_count(BATCH))
    step = Step(
        source=plain_source(*train),
        indices=np.arange(BATCH),
        epoch=0,
        keys=model.random_keys(0),
        optimizer=model.optimizer,
        slots=model.slots(),
        rate=1.0,
        number=0,
    )
    batches: list[list[Spell]] = []
    for _ in range(BATCHES):
        engine.train(step)
        batches.append(executor.spells)
    engine.close()
    fastest = min(batches, key=_length)
    words = f"{engine.plan}\n{BATCH} images in {_length(fastest):.1f} ms on {executor.threads} threads"
    return _chart(fastest, executor.threads), words


def _length(spells: list[Spell]) -> float:
    """Milliseconds from the first beginning to the last end."""
    return 1000 * (max(spell[3] for spell in spells) - min(spell[2] for spell in spells))


def _chart(spells: list[Spell], threads: int) -> Figure:
    figure = new_figure(1.2 + 0.45 * threads)
    axes = figure.subplots()
    zero = min(spell[2] for spell in spells)
    numbers = {ident: number for number, ident in enumerate(dict.fromkeys(spell[0] for spell in spells))}
    for what, colour in (("chunks", SERIES[0]), ("weights", SERIES[1])):
        mine = [spell for spell in spells if spell[1] == what]
        left = [1000 * (spell[2] - zero) for spell in mine]
        width = [1000 * (spell[3] - spell[2]) for spell in mine]
        axes.barh(
            [numbers[spell[0]] for spell in mine],
            width,
            left=left,
            color=colour,
            edgecolor="white",
            linewidth=0.5,
            height=0.7,
            label=what,
        )
    axes.set_yticks(range(len(numbers)), [f"thread {number + 1}" for number in range(len(numbers))])
    axes.set(title="One batch: 32 images a bar, then pieces of the weights", xlabel="milliseconds")
    axes.invert_yaxis()
    figure.legend(loc="outside lower left", ncols=2)
    return figure


def checkpoint(train: Split, test: Split) -> tuple[Figure, str]:
    """A training that is stopped in the middle of an epoch, kept in a file and taken up again,
    beside an undisturbed one.
    """
    from nn.study.learning import BatchLosses, small_trainer
    from nn.train import checkpoint as checkpoints

    whole, first, second = BatchLosses(), BatchLosses(last=CUT), BatchLosses()
    undisturbed, stopped, resumed = (small_trainer(train, seen) for seen in (whole, first, second))
    with temporary_folder() as folder:
        undisturbed.run()
        stopped.run()
        checkpoints.save(folder / "c.npz", stopped, {})
        checkpoints.load(folder / "c.npz").restore(resumed)
        resumed.run()
    figure = new_figure(3.0, width=5.6)
    axes = figure.subplots()
    axes.plot(whole.values, color="#c9d1d9", linewidth=6, label="undisturbed")
    axes.plot(first.values, color=SERIES[0], label="until it was stopped")
    axes.plot(range(CUT, len(whole.values)), second.values, color=SERIES[1], label="resumed from the file")
    axes.set(title="Loss of every batch", xlabel="batch")
    axes.legend()
    weights = [b"".join(array.tobytes() for array in each.model.get_weights()) for each in (undisturbed, resumed)]
    same = sum(a == b for a, b in zip(*weights, strict=True))
    return figure, f"{same:,} of {len(weights[0]):,} bytes of the weights are the same in the end"


def photo(train: Split, test: Split) -> tuple[Image.Image, str]:
    """2026 in one hand, on paper that is brighter on one side: synthetic strokes (`nn.strokes`),
    and something to read.
    """
    from nn.strokes.generator import SyntheticDigits

    source = SyntheticDigits(3, 400)
    labels = source.targets(np.arange(400), 0).argmax(axis=1)
    chosen = [int(np.flatnonzero(labels == digit)[number]) for number, digit in enumerate((2, 0, 2, 6))]
    digits = np.empty((4, 28, 28, 1), np.float32)
    source.fill(digits, np.array(chosen), 0)
    ink = np.concatenate([digit[..., 0] for digit in digits], axis=1)
    large = np.asarray(Image.fromarray((255 * ink).astype(np.uint8)).resize((640, 160), Image.Resampling.BICUBIC)) / 255
    large = np.pad(large, ((50, 50), (40, 40)))
    rows, columns = np.mgrid[: large.shape[0], : large.shape[1]]
    light = 235 - 60 * columns / large.shape[1] - 20 * rows / large.shape[0]
    paper = np.clip(light * (1 - 0.8 * large), 0, 255).astype(np.uint8)
    return Image.fromarray(paper), "a photo of 2026; read it: python -m nn.predict FILE"
