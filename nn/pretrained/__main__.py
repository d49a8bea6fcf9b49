"""`python -m nn.pretrained`: makes the bundled weights, calibrated, with their card.

The student's network is trained for longer than by `nn.train`, on the first 55,000 training
images, with random views, synthetic strokes, and doodles that are not digits and should not look
like any (Hendrycks, Mazeika, Dietterich 2019: deep anomaly detection with outlier exposure).

The other 5,000 training images decide two values: the temperature, which makes the probabilities
honest, and the probability below which a reading is reported as unsure. The test images are
only used at the end, to report the result.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nn.datasets.collections import load_splits
from nn.datasets.loading import Split
from nn.io.cli import ArgumentParser, run, whole_number
from nn.io.files import check_writable
from nn.pretrained import BUNDLED
from nn.reading.calibration import calibrated, expected_calibration_error, fit_temperature, sure_threshold
from nn.train.recipe import Recipe
from nn.train.setup import trainer_for

TRAINED = 55_000
RECIPE = Recipe(epochs=80, learning_rate=1.5, ema=True, dropout=0.5, plain=0.15, strokes=0.15, doodles=0.05)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, calibrate, test, save."""
    options = _options(arguments)
    check_writable(options.out, "--out")
    train, test = load_splits("mnist", options.data)
    recipe = Recipe(**{**asdict(RECIPE), "epochs": options.epochs})
    from nn.callbacks import ProgressBar

    print(f"{recipe.epochs} epochs on {TRAINED:,} images: {recipe.describe()}", flush=True)
    started = time.perf_counter()
    learned, held_out = _split(train)
    trainer = trainer_for(recipe, learned, held_out, callbacks=[ProgressBar()], threads=options.threads)
    trainer.run()
    seconds = time.perf_counter() - started
    model = trainer.model
    model.card = {
        "made by": "python -m nn.pretrained",
        "recipe": asdict(recipe),
        "trained on": TRAINED,
        "seconds": round(seconds),
        **_calibration(model.predict(_pixels(held_out[0])), held_out[1]),
    }
    model.card |= _report(model.predict(_pixels(test[0])), test[1], model.card)
    model.save(options.out, include_optimizer=False)
    print(_words(model.card))
    return 0


def _split(train: Split) -> tuple[Split, Split]:
    images, labels = train
    return (images[:TRAINED], labels[:TRAINED]), (images[TRAINED:], labels[TRAINED:])


def _pixels(images: np.ndarray) -> np.ndarray:
    return images[..., np.newaxis] / np.float32(255)


def _calibration(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The two values that `nn.reading.recognition` takes from a card."""
    temperature = fit_temperature(probabilities, labels)
    return {"temperature": temperature, "sure_from": sure_threshold(calibrated(probabilities, temperature))}


def _report(probabilities: np.ndarray, labels: np.ndarray, card: dict[str, Any]) -> dict[str, Any]:
    """How well the test images are read."""
    believed = calibrated(probabilities, card["temperature"])
    guesses = believed.argmax(axis=1)
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (labels, guesses), 1)
    return {
        "test accuracy": float((guesses == labels).mean()),
        "test digits called unsure": float((believed.max(axis=1) < card["sure_from"]).mean()),
        "expected calibration error": expected_calibration_error(believed, labels),
        "confusion": confusion.tolist(),
    }


def _words(card: dict[str, Any]) -> str:
    return (
        f"test accuracy {card['test accuracy']:.4f}, {card['test digits called unsure']:.2%} reported as unsure, "
        f"calibration error {card['expected calibration error']:.2%} at temperature {card['temperature']:.3f}, "
        f"sure from {card['sure_from']:.1%}, in {card['seconds']} s"
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(prog="python -m nn.pretrained", description="Train, calibrate and save the bundled weights.")
    parser.add_argument("--out", metavar="FILE", type=Path, default=BUNDLED, help="the model file (default: %(default)s)")
    parser.add_argument("--epochs", metavar="N", type=whole_number(1), default=RECIPE.epochs, help="(default: %(default)s)")
    parser.add_argument("--data", metavar="DIR", help="folder of the MNIST files, if not in a usual place")
    parser.add_argument(
        "--threads", metavar="N", type=whole_number(1), help="(default: as many as processors); changes no result"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(main)
