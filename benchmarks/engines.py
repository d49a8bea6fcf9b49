"""python -m benchmarks engines: the textbook engine against the fused one, in weights, accuracy
and time.

In float64 both train the student's network for the same number of steps, by the classic recipe and
by the default one, and the weights are compared. In float32 both train for an epoch, and the
accuracies on the test images are compared: there single weights differ, because rounding errors
grow from step to step in any training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from benchmarks import report
from nn.engine import ENGINES
from nn.io.cli import ArgumentParser, whole_number

if TYPE_CHECKING:
    from nn.datasets.loading import Split
    from nn.train.recipe import Recipe
    from nn.training import Trainer

AGREEMENT = 1e-9
FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Train with both engines and compare; 1 if the weights in float64 do not agree."""
    from nn.datasets.collections import load_splits
    from nn.train.recipe import BEST, CLASSIC

    parser = ArgumentParser(prog="python -m benchmarks engines", description="The textbook engine against the fused one.")
    parser.add_argument("--steps", type=whole_number(1), default=200, help="in float64 (default: %(default)s)")
    parser.add_argument("--limit", type=whole_number(128), default=60_000, help="images of the epoch in float32")
    parser.add_argument("--data", help="the folder of the MNIST files, if not the usual one")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "engines")
    train, test = load_splits("mnist", options.data)
    rows, agree = [], True
    for name, recipe in (("classic", CLASSIC), ("default", BEST)):
        few = _first(train, options.steps * recipe.batch_size)
        exact = [_trained(replace(recipe, engine=engine, epochs=1), few, test, np.float64, options.steps) for engine in ENGINES]
        difference = _largest_difference(*exact)
        agree &= difference <= AGREEMENT
        epoch = [_trained(replace(recipe, engine=engine, epochs=1), _first(train, options.limit), test) for engine in ENGINES]
        fused, layers = (trainer.progress.history[0] for trainer in epoch)
        rows.append(
            {
                "recipe": name,
                "difference": difference,
                "fused": 100 * fused["val_accuracy"],
                "layers": 100 * layers["val_accuracy"],
                "times": layers["seconds"] / fused["seconds"],
            }
        )
    columns = {
        "recipe": "recipe",
        "difference": f"weights after {options.steps} steps, float64",
        "fused": "accuracy, fused %",
        "layers": "accuracy, layers %",
        "times": "time, layers / fused",
    }
    print(report.table(rows, columns))
    report.write(path, {"benchmark": "engines", "settings": {"steps": options.steps, "images": options.limit}, "rows": rows})
    return 0 if agree else FAILED


def _first(split: Split, count: int) -> Split:
    return split[0][:count], split[1][:count]


def _trained(recipe: Recipe, train: Split, test: Split, dtype: DTypeLike = np.float32, steps: int | None = None) -> Trainer:
    """A finished training by the recipe, or its first `steps` steps."""
    from nn.train.setup import trainer_for

    trainer = trainer_for(recipe, train, test, dtype=dtype)
    if steps is not None:
        trainer.validation = None
        trainer.callbacks.append(_stop_after(steps))
    trainer.run()
    return trainer


def _stop_after(steps: int) -> Any:
    from nn.callbacks import Callback, Logs

    class Stop(Callback):
        def on_batch_end(self, batch: int, logs: Logs) -> None:
            self.trainer.stop_requested = batch + 1 >= steps

    return Stop()


def _largest_difference(one: Trainer, other: Trainer) -> float:
    """The largest difference of two weights, relative to the largest weight of their array."""
    pairs = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)
