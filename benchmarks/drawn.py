"""How well real pen strokes are read, drawn as the window draws them and read as the window reads
them.

    python -m benchmarks drawn STROKES.npz --misses misses.png

STROKES.npz holds points (P, 2) with y down, stroke_offsets (S + 1,), sample_offsets (N + 1,),
labels (N,), writers (N,): stroke j is points[stroke_offsets[j]:stroke_offsets[j + 1]], sample i
the strokes sample_offsets[i] .. sample_offsets[i + 1] − 1. Every sample is drawn at a random
position and size with the window's pen, then goes the whole way: pieces, geometry, network. The
reader gets the strokes too, as in the window; with `--ink` it sees the ink alone, as in a
picture.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.draw.drawing.canvas import READING_SCALE
from apps.draw.drawing.raster import Raster
from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH, Stroke
from nn.errors import InputError
from nn.io.cli import ArgumentParser, positive_number, run, whole_number
from nn.io.files import check_writable
from nn.io.sheet import save_sheet
from nn.models import load_model
from nn.reading import to_mnist
from nn.reading.recognition import Model, Reading, read_number

KEYS = ("points", "stroke_offsets", "sample_offsets", "labels", "writers")
SIZES = 0.3, 0.85  # of the sheet's height
BRUSH = 20.0  # the window's first brush, in units of its sheet
BUNDLED = Path(__file__).parent.parent / "nn" / "pretrained" / "mnist.npz"


@dataclass(frozen=True)
class Strokes:
    """A collection of written digits."""

    points: np.ndarray
    stroke_offsets: np.ndarray
    sample_offsets: np.ndarray
    labels: np.ndarray
    writers: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def sample(self, index: int) -> list[np.ndarray]:
        """The strokes of one sample, each (n, 2)."""
        begin, end = self.sample_offsets[index], self.sample_offsets[index + 1]
        strokes = [self.points[self.stroke_offsets[j] : self.stroke_offsets[j + 1]] for j in range(begin, end)]
        return [stroke for stroke in strokes if len(stroke)]


def load_strokes(path: str) -> Strokes:
    """Read a collection.

    Raises:
        InputError: not such a file, or its parts do not fit together.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            strokes = Strokes(*(file[key] for key in KEYS))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: expected an .npz file with {', '.join(KEYS)}, got: {error}") from error
    count = len(strokes.labels)
    lengths = len(strokes.sample_offsets) == count + 1 and len(strokes.writers) == count
    if not count or not lengths or strokes.points.ndim != 2 or strokes.points.shape[1] != 2:
        raise InputError(f"{path}: expected points (P, 2), sample_offsets (N + 1,) and writers (N,) for {count} labels")
    if strokes.sample_offsets[-1] >= len(strokes.stroke_offsets) or strokes.stroke_offsets[-1] > len(strokes.points):
        raise InputError(f"{path}: expected offsets within the file's points and strokes, got larger ones")
    return strokes


def draw_sample(
    strokes: list[np.ndarray], rng: np.random.Generator, brush: float = BRUSH, size: float | None = None
) -> np.ndarray:
    """Ink (480, 640) float32 of strokes on the window's sheet, at a random position; `size` is the
    part of its height.
    """
    return rendered(on_the_sheet(strokes, rng, brush, size), brush)


def on_the_sheet(
    strokes: list[np.ndarray], rng: np.random.Generator, brush: float = BRUSH, size: float | None = None
) -> list[np.ndarray]:
    """Strokes in sheet units, at a random position; `size` is the part of the sheet's height."""
    points = np.concatenate(strokes).astype(np.float64)
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    part = float(rng.uniform(*SIZES)) if size is None else size
    scale = min(part * SHEET_HEIGHT / max(span.max(), 1e-9), part * SHEET_HEIGHT / max(span[1], 1e-9))
    free = np.maximum(np.array([SHEET_WIDTH, SHEET_HEIGHT]) - scale * span - 2 * brush, 0)
    origin = brush + free * rng.random(2)
    return [(stroke - low) * scale + origin for stroke in strokes]


def rendered(strokes: Sequence[np.ndarray], brush: float) -> np.ndarray:
    """Ink (480, 640) float32 of strokes (n, 2) in sheet units, as the window draws and reads them."""
    sheet = Raster(READING_SCALE)
    sheet.render(Stroke(tuple(map(tuple, stroke)), brush) for stroke in strokes)
    return sheet.ink * np.float32(1 / 255)


def read_collection(
    model: Model, strokes: Strokes, indices: np.ndarray, seed: int, brush: float, *, with_strokes: bool = True
) -> tuple[list[Reading], np.ndarray]:
    """What was read in the given samples, and each one's image (n, 28, 28) as a single digit."""
    readings, images = [], np.empty((len(indices), 28, 28), np.float32)
    for k, index in enumerate(indices.tolist()):
        drawing = on_the_sheet(strokes.sample(index), np.random.default_rng((seed, index)), brush)
        ink = rendered(drawing, brush)
        pulls = [(stroke * READING_SCALE, brush * READING_SCALE) for stroke in drawing] if with_strokes else None
        readings.append(read_number(model, ink, strokes=pulls))
        images[k] = to_mnist(ink)
    return readings, images


def mean_over(groups: np.ndarray, right: np.ndarray) -> dict[int, float]:
    """Mean of `right` (n,) within each group."""
    return {int(group): float(right[groups == group].mean()) for group in np.unique(groups)}


def report(strokes: Strokes, indices: np.ndarray, readings: list[Reading]) -> np.ndarray:
    """Print accuracy per writer and per digit; returns which samples were read right (n,)."""
    labels, writers = strokes.labels[indices], strokes.writers[indices]
    right = np.array([reading.number == str(label) for reading, label in zip(readings, labels, strict=True)])
    unsure = np.array([reading.verdict != "sure" for reading in readings])
    by_writer, by_digit = mean_over(writers, right), mean_over(labels, right)
    print("writer    right")
    for writer, part in by_writer.items():
        print(f"{writer:6d}  {100 * part:6.2f} %")
    print("digit     right")
    for digit, part in by_digit.items():
        print(f"{digit:6d}  {100 * part:6.2f} %")
    parted = sum(len(reading.digits) > 1 for reading in readings)
    mistaken = 100 * (~unsure & ~right).mean()
    print(f"right and sure {100 * (right & ~unsure).mean():.2f} %, unsure {100 * unsure.mean():.2f} %, ", end="")
    print(f"surely wrong {mistaken:.2f} %, taken for several digits {parted}")
    mean = np.mean(list(by_writer.values()))
    print(f"drawn accuracy {mean:.4f} (mean over {len(by_writer)} writers, {len(indices)} digits)")
    return right


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure a model on a collection of strokes."""
    parser = ArgumentParser(prog="python -m benchmarks drawn", description="Accuracy on real pen strokes.")
    parser.add_argument("strokes", metavar="STROKES.npz")
    parser.add_argument("--model", default=str(BUNDLED), metavar="FILE", help="default: the bundled one")
    parser.add_argument("--limit", type=whole_number(1), help="only so many samples, spread over the collection")
    parser.add_argument("--brush", type=positive_number, default=BRUSH, help="on a sheet 480 high (default: %(default)s)")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of positions and sizes")
    parser.add_argument("--ink", action="store_true", help="give the reader the ink alone, without the strokes")
    parser.add_argument("--misses", metavar="FILE.png", help="contact sheet of what was misread, by digit")
    options = parser.parse_args(arguments)
    if options.misses:
        check_writable(options.misses, "--misses")
    strokes, model = load_strokes(options.strokes), load_model(options.model)
    count = min(options.limit or len(strokes), len(strokes))
    indices = np.unique(np.linspace(0, len(strokes) - 1, count).round().astype(np.int64))
    readings, images = read_collection(model, strokes, indices, options.seed, options.brush, with_strokes=not options.ink)
    right = report(strokes, indices, readings)
    if options.misses:
        save_misses(options.misses, images, strokes.labels[indices], right)
    return 0


def save_misses(path: str, images: np.ndarray, labels: np.ndarray, right: np.ndarray) -> None:
    """A row of misread images for every digit, as the network would see them whole."""
    columns = max(1, max(int((~right & (labels == digit)).sum()) for digit in range(10)))
    sheet = np.zeros((10, min(columns, 60), 28, 28), np.float32)
    for digit in range(10):
        wrong = images[~right & (labels == digit)][: sheet.shape[1]]
        sheet[digit, : len(wrong)] = wrong
    save_sheet(path, sheet)
    print(f"{path}: {int((~right).sum())} misread digits, a row for each digit")


if __name__ == "__main__":
    run(main)
