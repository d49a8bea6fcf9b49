"""`python -m nn.evaluate`: how well a model reads the test images, and what it confuses."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nn.datasets.collections import DATASETS, load_splits
from nn.datasets.sources import CLASSES, plain_source
from nn.io.cli import ArgumentParser, run
from nn.pretrained import load_reader, trained_on

if TYPE_CHECKING:
    from nn.models import Sequential

CHUNK = 2_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Print accuracy, loss and confusion matrix."""
    options = _options(arguments)
    from nn.engine.compiling import report_compilation

    model, path = load_reader(options.model, any_classes=True)
    dataset = test_images_of(model, path, options.dataset)
    _, (images, labels) = load_splits(dataset, options.data)
    with report_compilation():
        loss = model.evaluate(plain_source(images, labels), return_dict=True)["loss"]
        guesses = [
            model.predict(images[first : first + CHUNK, ..., None] * np.float32(1 / 255)).argmax(axis=1)
            for first in range(0, len(images), CHUNK)
        ]
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels, np.concatenate(guesses)), 1)
    accuracy = float(confusion.trace() / len(images))
    if options.json:
        result = {"model": str(path), "dataset": dataset, "images": len(images), "loss": loss, "accuracy": accuracy}
        print(json.dumps({**result, "confusion": confusion.tolist()}))
    else:
        print(f"{path} on the {len(images):,} test images of {dataset}\n")
        print(_table(confusion))
        print(f"\naccuracy {accuracy:.4f}, loss {loss:.4f}, {len(images) - confusion.trace():,} of {len(images):,} wrong")
    return 0


def test_images_of(model: Sequential, path: Path, chosen: str | None) -> str:
    """Whose test images a model is to read: the chosen data set's, else those of the one that it was
    trained on. A choice of another one is told, since its classes are others.
    """
    own = trained_on(model)
    if chosen not in (None, own):
        print(f"note: {path} was trained on {own}, whose classes are not those of {chosen}", file=sys.stderr)
    return chosen or (own if own in DATASETS else DATASETS[0])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m nn.evaluate", description="Accuracy, loss and confusion matrix of a model on the test images."
    )
    parser.add_argument(
        "model", nargs="?", metavar="MODEL", help="a model file (default: mnist.npz in this folder, else the bundled one)"
    )
    parser.add_argument(
        "--dataset", choices=DATASETS, help="whose test images (default: of the data set that the model was trained on)"
    )
    parser.add_argument("--data", metavar="DIR", help="folder of the data set's files, if not in a usual place")
    parser.add_argument("--json", action="store_true", help="print one JSON object; confusion[label][guess] counts images")
    return parser.parse_args(arguments)


def _table(confusion: np.ndarray) -> str:
    """The confusion matrix (10, 10) as text: a row for each label, a column for each guess."""
    digits = range(CLASSES)
    lines = ["label  " + "".join(f"{guess:>6}" for guess in digits) + "   read right   (columns: the model's answers)"]
    for label in digits:
        counts = "".join(f"{count or '·':>6}" for count in confusion[label].tolist())
        total = int(confusion[label].sum())
        share = f"{confusion[label, label] / total:>11.2%}" if total else f"{'-':>11}"
        lines.append(f"{label:>5}  {counts}{share}")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
