"""What must not matter: position, size, pen, paper, light, noise, JPEG.

    python -m benchmarks invariance [STROKES.npz] [--count 200]

Every digit is drawn once in the middle of the window's sheet, half as high, with the window's
pen. Then one thing is changed, and what is counted is how often the answer changes, right or
wrong.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH
from benchmarks.drawing.hand import written
from benchmarks.drawn import BRUSH, BUNDLED, load_strokes, rendered
from nn.io.cli import ArgumentParser, run, whole_number
from nn.models import load_model
from nn.reading import to_ink
from nn.reading.recognition import read_number
from nn.strokes.templates import digit_templates

SIZE = 0.5
GOAL = 0.02

Drawing = list[np.ndarray]
Scene = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def place(strokes: Drawing, size: float, brush: float, where: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
    """Ink (480, 640) of strokes, `size` of the sheet's height high (or wide), `where` in the room
    that is left.
    """
    points = np.concatenate(strokes).astype(np.float64)
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    scale = size * SHEET_HEIGHT / max(span.max(), 1e-9)
    sheet = np.array([SHEET_WIDTH, SHEET_HEIGHT])
    room = np.maximum(sheet - scale * span - brush, 0)
    origin = np.minimum(brush / 2, (sheet - scale * span) / 2) + room * where
    return rendered([(stroke - low) * scale + origin for stroke in strokes], brush)


def drawings() -> dict[str, list[Callable[[Drawing, np.random.Generator], np.ndarray]]]:
    """Ways to draw the same strokes, by what is changed."""
    return {
        "place": [lambda strokes, rng: place(strokes, SIZE, BRUSH, (rng.random(), rng.random()))],
        "size": [
            lambda strokes, _, size=size: place(strokes, size, BRUSH * size / SIZE)  # type: ignore[misc]
            for size in (0.1, 0.2, 0.35, 0.7, 0.9)
        ],
        "size, same pen": [
            lambda strokes, _, size=size: place(strokes, size, BRUSH)  # type: ignore[misc]
            for size in (0.3, 0.7, 0.9)
        ],
        "pen": [
            lambda strokes, _, brush=brush: place(strokes, SIZE, brush)  # type: ignore[misc]
            for brush in (3.0, 6.0, 12.0, 28.0, 36.0)
        ],
    }


def scenes() -> dict[str, Scene]:
    """Papers, lights and files, as brightness (H, W) in [0, 1] of ink (H, W)."""
    return {
        "dark on white": lambda ink, _: 1 - ink,
        "light on black": lambda ink, _: ink,
        "light on grey": lambda ink, _: 0.35 + 0.5 * ink,
        "paper-grey": lambda ink, _: 0.78 - 0.6 * ink,
        "pencil": lambda ink, _: 0.85 - 0.3 * ink,
        "noise": lambda ink, rng: 0.85 - 0.6 * ink + rng.normal(0, 0.05, ink.shape),
        "JPEG, quality 20": lambda ink, _: through_jpeg(0.9 - 0.8 * ink, 20),
        "JPEG of noise": lambda ink, rng: through_jpeg(0.85 - 0.6 * ink + rng.normal(0, 0.04, ink.shape), 40),
        "light from one side": lambda ink, _: (0.9 - 0.7 * ink) * _slope(ink.shape),
        "shadow": lambda ink, _: (0.9 - 0.7 * ink) * np.where(_slope(ink.shape) > 0.7, 1.0, 0.6),
        "vignette": lambda ink, _: (0.9 - 0.7 * ink) * _vignette(ink.shape),
        "ruled paper": lambda ink, _: _on_lines(ink, 40, 0),
        "squared paper": lambda ink, _: _on_lines(ink, 32, 32),
        "blurred": lambda ink, _: 1 - _halved(_halved(ink)),
    }


def through_jpeg(grey: np.ndarray, quality: int) -> np.ndarray:
    """What JPEG leaves of brightness (H, W)."""
    buffer = io.BytesIO()
    Image.fromarray((np.clip(grey, 0, 1) * 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), dtype=np.float32) / 255


def _slope(shape: tuple[int, ...]) -> np.ndarray:
    """Light from 0.4 in one corner to 1 in the opposite one."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    return 0.4 + 0.6 * (x / shape[1] + y / shape[0]) / 2


def _vignette(shape: tuple[int, ...]) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return 1 - 0.25 * (x * x + y * y)


def _on_lines(ink: np.ndarray, down: int, across: int) -> np.ndarray:
    """Paper with pale lines, three pixels wide."""
    paper = np.full(ink.shape, 0.92)
    for k in range(3):
        paper[down // 2 + k :: down] = 0.78
        if across:
            paper[:, across // 2 + k :: across] = 0.78
    return paper * (1 - 0.85 * ink)


def _halved(ink: np.ndarray) -> np.ndarray:
    return (ink[::2, ::2] + ink[1::2, ::2] + ink[::2, 1::2] + ink[1::2, 1::2]) / 4


def sample_drawings(path: str | None, count: int, seed: int) -> list[Drawing]:
    """So many digits of a collection, or synthetic ones of every way of writing."""
    if path is not None:
        strokes = load_strokes(path)
        numbers = np.unique(np.linspace(0, len(strokes) - 1, min(count, len(strokes))).round().astype(np.int64))
        return [strokes.sample(number) for number in numbers.tolist()]
    templates = digit_templates()
    rng = np.random.default_rng(seed)
    chosen = np.searchsorted(templates.cumulative, rng.random(count), side="right").tolist()
    return [written(templates, number, seed, k) for k, number in enumerate(chosen)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Count changed answers; 1 if there are too many of any kind."""
    parser = ArgumentParser(prog="python -m benchmarks invariance", description="What must not change an answer.")
    parser.add_argument("strokes", metavar="STROKES.npz", nargs="?", help="a collection (default: synthetic digits)")
    parser.add_argument("--model", default=str(BUNDLED), metavar="FILE", help="default: the bundled one")
    parser.add_argument("--count", type=whole_number(1), default=200, help="digits (default: %(default)s)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    options = parser.parse_args(arguments)
    model, digits = load_model(options.model), sample_drawings(options.strokes, options.count, options.seed)
    plain = [place(strokes, SIZE, BRUSH) for strokes in digits]
    expected = [read_number(model, ink).number for ink in plain]
    kinds: dict[str, list[bool]] = {}
    for name, ways in drawings().items():
        kinds[name] = [
            read_number(model, way(strokes, np.random.default_rng((options.seed, k)))).number != answer
            for way in ways
            for k, (strokes, answer) in enumerate(zip(digits, expected, strict=True))
        ]
    for name, scene in scenes().items():
        kinds[name] = [
            read_number(model, to_ink(scene(ink, np.random.default_rng((options.seed, k))))).number != answer
            for k, (ink, answer) in enumerate(zip(plain, expected, strict=True))
        ]
    return _report(kinds)


def _report(kinds: dict[str, list[bool]]) -> int:
    print(f"changed                 answers changed (goal: below {GOAL:.0%})")
    for name, changed in kinds.items():
        print(f"{name:<22} {100 * np.mean(changed):6.2f} %   of {len(changed)}")
    return int(any(np.mean(changed) >= GOAL for changed in kinds.values()))


if __name__ == "__main__":
    run(main)
