"""How well whole numbers are read, in ten conditions, from a collection of strokes or from
synthetic ones.

    python -m benchmarks numbers [STROKES.npz] [--count 100] [--strokes]

The digits of one writer stand beside one another on the window's sheet, each a little larger,
smaller, higher or lower than the last, on a row that may climb or fall. A condition says how many
digits there are, how high each is, and how far apart. A row counts as surely wrong if it was
misread and called sure. `--strokes` gives the reader the pen's movements too, as the window does;
otherwise it sees the ink alone, as in a picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from apps.draw.drawing.canvas import READING_SCALE
from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH
from benchmarks.drawing.hand import written
from benchmarks.drawn import BUNDLED, load_strokes, rendered
from nn.io.cli import ArgumentParser, run, whole_number
from nn.models import load_model
from nn.reading.recognition import Model, read_number
from nn.strokes.templates import digit_templates

PENS = 0.06, 0.12  # in heights of the row
UNEVEN = 0.06, 0.04, 0.05  # standard deviations: size, position up and down, slope of the row


@dataclass(frozen=True)
class Condition:
    """Heights of the digits (of the row's height each), and the least and largest gap between
    their ink (negative: overlap).
    """

    heights: tuple[float, ...]
    gaps: tuple[float, float]


CONDITIONS = {
    "two, apart": Condition((1, 1), (0.15, 0.5)),
    "two, close": Condition((1, 1), (0.03, 0.12)),
    "two, touching": Condition((1, 1), (-0.03, 0.01)),
    "two, overlapping": Condition((1, 1), (-0.10, -0.06)),
    "second 0.6 as high": Condition((1, 0.6), (0.1, 0.4)),
    "second 0.45 as high": Condition((1, 0.45), (0.1, 0.4)),
    "first 0.5 as high": Condition((0.5, 1), (0.1, 0.4)),
    "five, apart": Condition((1,) * 5, (0.15, 0.5)),
    "five, uneven": Condition((1, 0.6, 0.8, 0.5, 0.9), (0.08, 0.4)),
    "four, close": Condition((1,) * 4, (0.0, 0.1)),
}

Writer = Callable[[np.random.Generator, int], list[tuple[int, list[np.ndarray]]]]


def from_collection(path: str) -> Writer:
    """Numbers made of the digits of one writer, drawn by chance."""
    strokes = load_strokes(path)

    def write(rng: np.random.Generator, length: int) -> list[tuple[int, list[np.ndarray]]]:
        writer = rng.choice(np.unique(strokes.writers))
        chosen = rng.choice(np.flatnonzero(strokes.writers == writer), length)
        return [(int(strokes.labels[each]), strokes.sample(each)) for each in chosen.tolist()]

    return write


def from_templates(rng: np.random.Generator, length: int) -> list[tuple[int, list[np.ndarray]]]:
    """Numbers made of synthetic digits."""
    templates = digit_templates()
    chosen = np.searchsorted(templates.cumulative, rng.random(length), side="right").tolist()
    return [(int(templates.labels[t]), written(templates, t, 0, int(rng.integers(1 << 30)))) for t in chosen]


def in_a_row(
    digits: Sequence[list[np.ndarray]], rng: np.random.Generator, condition: Condition
) -> tuple[list[np.ndarray], float]:
    """The strokes of digits side by side, in heights of the row, and the pen's width. All stand on
    one line.
    """
    pen = float(rng.uniform(*PENS))
    slope = UNEVEN[2] * rng.normal()
    row: list[np.ndarray] = []
    right = 0.0
    for index, (strokes, wanted) in enumerate(zip(digits, condition.heights, strict=True)):
        points = np.concatenate(strokes).astype(np.float64)
        low, span = points.min(axis=0), np.ptp(points, axis=0)
        scale = wanted * np.exp(UNEVEN[0] * rng.normal()) / max(span[1], 0.4 * span[0], 1e-9)
        width, height = scale * span
        left = right + (pen + rng.uniform(*condition.gaps) if index else 0.0)
        top = 1 - height + UNEVEN[1] * rng.normal() + slope * (left + width / 2)
        row += [(stroke - low) * scale + (left, top) for stroke in strokes]
        right = left + width
    return row, pen


def on_the_sheet(row: Sequence[np.ndarray], pen: float, rng: np.random.Generator) -> tuple[list[np.ndarray], float]:
    """A row in sheet units, as large as fits or down to half as large, at a random place; and its
    pen's width there.
    """
    points = np.concatenate(row)
    low, span = points.min(axis=0), np.ptp(points, axis=0) + pen
    fits = min(0.94 * SHEET_WIDTH / span[0], 0.94 * SHEET_HEIGHT / span[1])
    scale = fits * rng.uniform(0.5, 1.0)
    room = np.array([SHEET_WIDTH, SHEET_HEIGHT]) - scale * span
    origin = scale * pen / 2 + room * rng.random(2)
    return [(stroke - low) * scale + origin for stroke in row], scale * pen


@dataclass(frozen=True)
class Result:
    """What was written, what was read, whether it was called sure, the seconds it took, and the
    ink.
    """

    written: str
    read: str
    is_sure: bool
    seconds: float
    ink: np.ndarray

    @property
    def is_right(self) -> bool:
        """Whether the whole number was read right."""
        return self.written == self.read


def read_numbers(
    model: Model, write: Writer, condition: Condition, count: int, seed: int, *, with_strokes: bool = False
) -> list[Result]:
    """Write and read `count` numbers."""
    results = []
    for index in range(count):
        rng = np.random.default_rng((seed, index, *np.frombuffer(repr(condition).encode(), np.uint8)))
        digits = write(rng, len(condition.heights))
        row, pen = on_the_sheet(*in_a_row([strokes for _, strokes in digits], rng, condition), rng)
        ink = rendered(row, pen)
        begin = time.perf_counter()
        pulls = [(stroke * READING_SCALE, pen * READING_SCALE) for stroke in row] if with_strokes else None
        reading = read_number(model, ink, strokes=pulls)
        seconds = time.perf_counter() - begin
        number = "".join(str(label) for label, _ in digits)
        results.append(Result(number, reading.number, reading.verdict == "sure", seconds, ink))
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure a model on numbers, in every condition."""
    parser = ArgumentParser(prog="python -m benchmarks numbers", description="Accuracy on whole numbers.")
    parser.add_argument("collection", metavar="STROKES.npz", nargs="?", help="a collection (default: synthetic digits)")
    parser.add_argument("--model", default=str(BUNDLED), metavar="FILE", help="default: the bundled one")
    parser.add_argument("--count", type=whole_number(1), default=100, help="numbers in each condition (default: %(default)s)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    parser.add_argument("--strokes", action="store_true", help="give the reader the strokes too, as the window does")
    options = parser.parse_args(arguments)
    write = from_collection(options.collection) if options.collection else from_templates
    model = load_model(options.model)
    print("condition              right   right and sure   surely wrong   length right")
    table, seconds = [], []
    for name, condition in CONDITIONS.items():
        results = read_numbers(model, write, condition, options.count, options.seed, with_strokes=options.strokes)
        seconds += [each.seconds for each in results]
        table.append(_shares(results))
        print(_line(name, table[-1]), flush=True)
    print(_line("mean", np.mean(table, axis=0)))
    middle, high = 1000 * np.percentile(seconds, [50, 99])
    print(f"a number was read in {middle:.1f} ms (median), {high:.1f} ms (99th percentile)")
    return 0


def _shares(results: Sequence[Result]) -> np.ndarray:
    right, sure = np.array([each.is_right for each in results]), np.array([each.is_sure for each in results])
    length = np.array([len(each.read) == len(each.written) for each in results])
    return np.array([right.mean(), (right & sure).mean(), (~right & sure).mean(), length.mean()])


def _line(name: str, shares: np.ndarray) -> str:
    right, sure, surely_wrong, length = 100 * shares
    return f"{name:<20} {right:6.1f} %   {sure:10.1f} %   {surely_wrong:10.1f} %   {length:10.1f} %"


if __name__ == "__main__":
    run(main)
