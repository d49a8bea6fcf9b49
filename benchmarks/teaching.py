"""Does a lesson help? Twenty 7s in an unusual hand, five of them corrected, and then the other
fifteen read again.

    python -m benchmarks teaching [--model FILE] [--repeats 3]

The hands are simulated: a fixed strange 7 as a few strokes, of which every drawing moves each
point by some hundredths of the height and has a slant, a width and a turn of its own. They are
drawn on the window's sheet at random places and sizes, read as the window reads, kept as the
window keeps them, and taught by `apps.draw.teaching.training`. Seconds do not include compilation.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from apps.draw.teaching.kept_drawings import keep, kept_drawings
from apps.draw.teaching.training import ReplayData, accuracy_of, find_replay_data, teach, warm_up
from benchmarks.drawn import draw_sample
from nn.engine.compiling import report_compilation
from nn.errors import InputError
from nn.io.cli import ArgumentParser, run, whole_number
from nn.models import Sequential, load_model
from nn.pretrained import BUNDLED
from nn.reading.recognition import Model, ReadDigit, read_number

LABEL, DRAWN, CORRECTED = 7, 20, 5
READ_GOAL, LOSS_GOAL = 14, 0.001  # of the other 15; of the test accuracy
# A smooth curve goes through the points of each stroke: hundredths of the height, y down.
HANDS = {
    "curled foot": ("0,14 8,0 30,8 62,2", "62,2 40,36 28,66 26,92 40,102 58,94 56,80"),
    "loop and tail": ("4,26 -4,12 8,0 20,8 12,22 0,18 10,4 34,8 60,0", "60,0 44,40 34,76 40,100 62,98 64,84"),
    "flat foot": ("0,4 60,0", "60,0 20,98", "20,98 64,96"),
}
JITTER, SLANT, ASPECT, TURN = 0.022, 0.08, 0.1, 0.06  # standard deviations: heights, tangent, logarithm, radians
BETWEEN = 8  # points of a curve between two of its stroke's


def main(arguments: Sequence[str] | None = None) -> int:
    """Teach every hand a few times over; 1 if a goal was missed."""
    parser = ArgumentParser(prog="python -m benchmarks teaching", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default=str(BUNDLED), metavar="FILE", help="default: the bundled one")
    parser.add_argument("--repeats", type=whole_number(1), default=3, help="drawings anew for each (default: %(default)s)")
    parser.add_argument("--data", metavar="DIR", help="folder of the MNIST files, if not in a usual place")
    parser.add_argument("--threads", metavar="N", type=whole_number(1), help="as many as processors; changes no result")
    options = parser.parse_args(arguments)
    model, replayed = load_model(options.model), find_replay_data(options.data)
    with report_compilation():
        warm_up(model, replayed)
        before = accuracy_of(model, replayed, options.threads)
    if before is None:
        raise InputError("--data: expected the MNIST files there or in a usual place, got none")
    print(
        f"test accuracy {before:.4f}; read as {LABEL} of the other {DRAWN - CORRECTED}, before and after {CORRECTED} corrections"
    )
    good = True
    for name in HANDS:
        for seed in range(options.repeats):
            good &= _lesson(model, replayed, name, seed, before, threads=options.threads)
    outcome = "met" if good else "MISSED"
    print(f"goals: {READ_GOAL} read, at most {100 * LOSS_GOAL:.1f} points of test accuracy lost, undo exact: {outcome}")
    return 0 if good else 1


def _lesson(model: Sequential, replayed: ReplayData, name: str, seed: int, before: float, threads: int | None) -> bool:
    """One hand, corrected and read again; prints a line, returns whether the goals were met."""
    drawings, weights = draw_hand(name, seed), model.get_weights()
    digits = [whole_digit(model, ink) for ink in drawings]
    with tempfile.TemporaryDirectory() as folder:
        for digit in digits[:CORRECTED]:
            keep(Path(folder), digit.ink, LABEL)
        kept = kept_drawings(Path(folder))
    began = time.perf_counter()
    taught = teach(model, kept, replayed, threads=threads)
    seconds = time.perf_counter() - began
    assert taught is not None
    after = accuracy_of(taught, replayed, threads)
    assert after is not None
    rest = drawings[CORRECTED:]
    first, last = (sum(read_number(reader, ink).number == str(LABEL) for ink in rest) for reader in (model, taught))
    undone = all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    print(
        f"{name:<14} {seed}  {first:>2} -> {last:>2}   test accuracy {100 * (after - before):+.2f} points   {seconds:.1f} s"
        f"   undo {'exact' if undone else 'NOT EXACT'}"
    )
    return last >= READ_GOAL and round(before - after, 9) <= LOSS_GOAL and undone


def whole_digit(model: Model, ink: np.ndarray) -> ReadDigit:
    """The one digit that is read in a drawing.

    Raises:
        InputError: it was taken for several.
    """
    digits = read_number(model, ink).digits
    if len(digits) != 1:
        raise InputError(f"expected a drawing that is read as one digit, got one read as {len(digits)}")
    return digits[0]


def draw_hand(name: str, seed: int, count: int = DRAWN) -> list[np.ndarray]:
    """`count` drawings (480, 640) of a 7 in one of the `HANDS`."""
    rng = np.random.default_rng(seed)
    return [draw_sample(_strokes(name, rng), rng) for _ in range(count)]


def _strokes(name: str, rng: np.random.Generator) -> list[np.ndarray]:
    """A hand's strokes, each (n, 2), as they come out this time."""
    slant, aspect, turn = rng.normal(0, SLANT), np.exp(rng.normal(0, ASPECT)), rng.normal(0, TURN)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shape = turned @ np.array([[aspect, -slant], [0, 1]])
    words = {word: rng.normal(0, JITTER, 2) for stroke in HANDS[name] for word in stroke.split()}
    points = {word: np.array(word.split(","), float) / 100 + moved for word, moved in words.items()}
    return [_curve(np.array([points[word] for word in stroke.split()])) @ shape.T for stroke in HANDS[name]]


def _curve(points: np.ndarray) -> np.ndarray:
    """The Catmull-Rom spline through points (n, 2)."""
    framed = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, BETWEEN, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
        for p, q, r, s in zip(framed, framed[1:], framed[2:], framed[3:], strict=False)
    ]
    return np.concatenate([*pieces, points[-1:]])


if __name__ == "__main__":
    run(main)
