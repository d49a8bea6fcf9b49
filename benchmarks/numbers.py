"""How well whole numbers are read: two to eight digits in a row, from a collection of strokes or from synthetic ones.

    python -m benchmarks numbers [STROKES.npz] [--count 300]

Digits of one writer stand beside one another on the window's sheet, each a little larger, smaller, higher or lower than the
last, on a row that may climb or fall, from touching to half a digit's height apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH
from benchmarks.drawn import BUNDLED, load_strokes, rendered
from benchmarks.hand import written
from nn.io.cli import ArgumentParser, run, whole_number
from nn.models import load_model
from nn.reading.recognition import Model, read_number
from nn.strokes.templates import digit_templates

LENGTHS = 2, 8
GAPS = {"touching": (-0.04, 0.04), "close": (0.04, 0.15), "apart": (0.15, 0.5)}  # between the ink, in heights of the row
PENS = 0.05, 0.14  # in heights of the row
UNEVEN = 0.08, 0.05, 0.08  # standard deviations: size, place up and down, slope of the row

Writer = Callable[[np.random.Generator, int], list[tuple[int, list[np.ndarray]]]]


def from_collection(path: str) -> Writer:
    """Numbers out of the digits of one writer, drawn by chance."""
    strokes = load_strokes(path)

    def write(rng: np.random.Generator, length: int) -> list[tuple[int, list[np.ndarray]]]:
        writer = rng.choice(np.unique(strokes.writers))
        chosen = rng.choice(np.flatnonzero(strokes.writers == writer), length)
        return [(int(strokes.labels[each]), strokes.sample(each)) for each in chosen.tolist()]

    return write


def from_templates(rng: np.random.Generator, length: int) -> list[tuple[int, list[np.ndarray]]]:
    """Numbers out of synthetic digits."""
    templates = digit_templates()
    chosen = np.searchsorted(templates.cumulative, rng.random(length), side="right").tolist()
    return [(int(templates.labels[t]), written(templates, t, 0, int(rng.integers(1 << 30)))) for t in chosen]


def in_a_row(
    digits: Sequence[list[np.ndarray]], rng: np.random.Generator, gaps: tuple[float, float]
) -> tuple[list[np.ndarray], float]:
    """The strokes of digits side by side, in heights of the row, and the pen's width."""
    pen = float(rng.uniform(*PENS))
    slope = UNEVEN[2] * rng.normal()
    row: list[np.ndarray] = []
    right = 0.0
    for number, strokes in enumerate(digits):
        points = np.concatenate(strokes).astype(np.float64)
        low, span = points.min(axis=0), np.ptp(points, axis=0)
        scale = np.exp(UNEVEN[0] * rng.normal()) / max(span[1], 0.4 * span[0], 1e-9)
        width, height = scale * span
        left = right + (pen + rng.uniform(*gaps) if number else 0.0)
        top = (1 - height) / 2 + UNEVEN[1] * rng.normal() + slope * (left + width / 2)
        row += [(stroke - low) * scale + (left, top) for stroke in strokes]
        right = left + width
    return row, pen


def draw_row(row: Sequence[np.ndarray], pen: float, rng: np.random.Generator) -> np.ndarray:
    """Ink (480, 640) of a row as large as, or down to half as large as, fits the sheet, at a random place on it."""
    points = np.concatenate(row)
    low, span = points.min(axis=0), np.ptp(points, axis=0) + pen
    fits = min(0.94 * SHEET_WIDTH / span[0], 0.94 * SHEET_HEIGHT / span[1])
    scale = fits * rng.uniform(0.5, 1.0)
    room = np.array([SHEET_WIDTH, SHEET_HEIGHT]) - scale * span
    origin = scale * pen / 2 + room * rng.random(2)
    return rendered([(stroke - low) * scale + origin for stroke in row], scale * pen)


def read_numbers(
    model: Model, write: Writer, count: int, seed: int, gaps: tuple[float, float]
) -> list[tuple[str, str, np.ndarray, float]]:
    """What was written and what was read, the drawings, and the seconds each reading took."""
    results = []
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        digits = write(rng, int(rng.integers(LENGTHS[0], LENGTHS[1] + 1)))
        ink = draw_row(*in_a_row([strokes for _, strokes in digits], rng, gaps), rng)
        begin = time.perf_counter()
        reading = read_number(model, ink)
        seconds = time.perf_counter() - begin
        results.append(("".join(str(label) for label, _ in digits), reading.number, ink, seconds))
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure a model on numbers."""
    parser = ArgumentParser(prog="python -m benchmarks numbers", description="Accuracy on numbers of two to eight digits.")
    parser.add_argument("strokes", metavar="STROKES.npz", nargs="?", help="a collection (default: synthetic digits)")
    parser.add_argument("--model", default=str(BUNDLED), metavar="FILE", help="default: the bundled one")
    parser.add_argument("--count", type=whole_number(1), default=300, help="numbers of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    options = parser.parse_args(arguments)
    write = from_collection(options.strokes) if options.strokes else from_templates
    model = load_model(options.model)
    print("gaps        numbers right   their length right   digits")
    all_seconds: list[float] = []
    for name, gaps in GAPS.items():
        results = read_numbers(model, write, options.count, options.seed, gaps)
        right = np.mean([text == read for text, read, _, _ in results])
        length = np.mean([len(text) == len(read) for text, read, _, _ in results])
        digits = sum(len(text) for text, *_ in results)
        all_seconds += [seconds for *_, seconds in results]
        print(f"{name:<10} {100 * right:10.2f} %   {100 * length:15.2f} %   {digits:6d}")
    middle, high = 1000 * np.percentile(all_seconds, [50, 99])
    print(f"a number was read in {middle:.1f} ms (median), {high:.1f} ms (99th percentile)")
    return 0


if __name__ == "__main__":
    run(main)
