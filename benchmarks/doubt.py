"""Digits, and drawings that are not: how often each is called sure, unsure or blank, through the
whole path.

    python -m benchmarks doubt [--count 300]

MNIST's test digits should be sure. Fashion-MNIST (where it is installed), scribbles, noise, and
doodles of kinds that no training saw should be doubted. An empty sheet should be blank. Doodles
and scribbles are drawn on the window's sheet.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.drawing.doodle_shapes import DOODLES
from benchmarks.drawing.hand import written
from benchmarks.drawn import BUNDLED, draw_sample
from nn.datasets import fashion_mnist, mnist
from nn.errors import InputError
from nn.io.cli import ArgumentParser, run, whole_number
from nn.models import load_model
from nn.reading import to_ink
from nn.reading.recognition import Model, read_number
from nn.strokes.templates import templates_of

OTHERS = 530  # of each sort of things that are not test digits
PENS = 8.0, 24.0  # of doodles, in sheet units
VERDICTS = "sure", "unsure", "blank"

Things = Callable[[int, np.random.Generator], np.ndarray]  # (number, rng) -> ink (H, W)


def doodles() -> Things:
    """Every kind in turn, each time in another hand."""
    templates = templates_of(DOODLES)

    def draw(number: int, rng: np.random.Generator) -> np.ndarray:
        strokes = written(templates, number % len(templates.names), 1, number)
        return draw_sample(strokes, rng, float(rng.uniform(*PENS)))

    return draw


def scribble(_: int, rng: np.random.Generator) -> np.ndarray:
    """A pen that wanders about for long, turning this way and that, in one to three strokes that
    cross.
    """
    strokes = []
    for _ in range(int(rng.integers(1, 4))):
        count = int(rng.integers(200, 500))
        turn = 0.15 * np.sin(np.cumsum(rng.normal(0.1, 0.15, count)) + rng.uniform(0, 6.3)) + rng.normal(0, 0.1, count)
        angle = np.cumsum(turn) + rng.uniform(0, 6.3)
        strokes.append(np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1), axis=0))
        strokes[-1] += rng.uniform(-8, 8, 2) - strokes[-1].mean(axis=0)
    return draw_sample(strokes, rng, float(rng.uniform(*PENS)))


def noise(number: int, rng: np.random.Generator) -> np.ndarray:
    """Grey noise as a camera gives it, in the size of MNIST's images or of the sheet."""
    shape = (28, 28) if number % 2 else (480, 640)
    return to_ink(np.clip(rng.normal(0.5, rng.uniform(0.02, 0.4), shape), 0, 1))


def blotches(number: int, rng: np.random.Generator) -> np.ndarray:
    """Random pixels as ink, few or many, as they are."""
    side = 28 if number % 2 else 56
    return (rng.random((side, side)) < rng.uniform(0.05, 0.95)).astype(np.float32)


def empty(number: int, _: np.random.Generator) -> np.ndarray:
    """A sheet without a stroke, of any grey."""
    return to_ink(np.full((480, 640), (number % 11) / 10, np.float32))


def of_images(images: np.ndarray) -> Things:
    """A collection's images (N, 28, 28) uint8, spread over it."""

    def pick(number: int, _: np.random.Generator) -> np.ndarray:
        return images[number * 7919 % len(images)] / np.float32(255)

    return pick


def verdicts(model: Model, things: Things, count: int, seed: int) -> dict[str, float]:
    """The shares of the verdicts over `count` things."""
    found: list[str] = [
        read_number(model, things(number, np.random.default_rng((seed, number)))).verdict for number in range(count)
    ]
    return {verdict: found.count(verdict) / count for verdict in VERDICTS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the verdicts; 1 if a goal was missed."""
    parser = ArgumentParser(prog="python -m benchmarks doubt", description="What is called sure, unsure, blank.")
    parser.add_argument("--model", default=str(BUNDLED), metavar="FILE", help="default: the bundled one")
    parser.add_argument("--count", type=whole_number(1), help=f"things of each sort (default: all test digits, {OTHERS} others)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    options = parser.parse_args(arguments)
    model = load_model(options.model)
    print("what              sure      unsure     blank   goal")
    digits = mnist.load_data()[1][0]
    good = _row(model, "MNIST's digits", of_images(digits), options, goal=("unsure", 0.0, 0.015), count=len(digits))
    try:
        clothes = of_images(fashion_mnist.load_data()[1][0])
    except (OSError, InputError):
        print("Fashion-MNIST     is not here")
    else:
        good &= _row(model, "Fashion-MNIST", clothes, options, goal=("sure", 0.0, 0.02))
    for name, things in (("scribbles", scribble), ("noise", noise), ("blotches", blotches)):
        good &= _row(model, name, things, options, goal=("sure", 0.0, 0.02))
    good &= _row(model, "doodles", doodles(), options, goal=("sure", 0.0, 0.07))
    good &= _row(model, "empty", empty, options, goal=("blank", 1.0, 1.0))
    return 0 if good else 1


def _row(
    model: Model,
    name: str,
    things: Things,
    options: argparse.Namespace,
    *,
    goal: tuple[str, float, float],
    count: int = OTHERS,
) -> bool:
    """Print how often each verdict was given; whether that of the goal lies between its two
    shares.
    """
    found = verdicts(model, things, options.count or count, options.seed)
    shares = "  ".join(f"{100 * found[each]:7.2f} %" for each in VERDICTS)
    verdict, low, high = goal
    print(f"{name:<14} {shares}   {verdict} {'always' if low == 1 else f'at most {high:.1%}'}", flush=True)
    return low <= found[verdict] <= high


if __name__ == "__main__":
    run(main)
