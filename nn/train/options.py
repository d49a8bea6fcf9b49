"""The options of `python -m nn.train`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from nn.datasets.collections import DATASETS
from nn.engine import ENGINES
from nn.io.cli import ArgumentParser, positive_number, whole_number
from nn.train.recipe import BEST, CLASSIC, FAST, LARGEST, OPTIMIZERS, SCHEDULES


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; a wrong option ends the program with one sentence."""
    # Options that decide the outcome have no default here: the recipe has, or with --resume the
    # checkpoint.
    parser = ArgumentParser(
        prog="python -m nn.train", description="Train the network on handwritten digits.", argument_default=argparse.SUPPRESS
    )
    _add_recipe(parser)
    _add_run(parser)
    return parser.parse_args(arguments)


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    """What decides the outcome."""
    add = parser.add_argument
    add("--dataset", choices=DATASETS, help="the data set (mnist)")
    add("--data", default=None, metavar="DIR", help="the folder of the data set's files, or Keras' mnist.npz")
    add(
        "--epochs", type=whole_number(1), metavar="N", help=f"how often each image is seen ({BEST.epochs}; --fast: {FAST.epochs})"
    )
    add(
        "--batch-size",
        type=whole_number(1),
        metavar="N",
        help=f"images in a training step ({BEST.batch_size}; --fast: {FAST.batch_size})",
    )
    add("--optimizer", choices=tuple(OPTIMIZERS), help=f"how a gradient changes the weights ({BEST.optimizer})")
    add(
        "--learning-rate",
        type=positive_number,
        metavar="R",
        help=f"the rate, or its mean over a schedule ({BEST.learning_rate}; --classic: {CLASSIC.learning_rate}; "
        f"--fast: {FAST.learning_rate}; other optimizers have their own)",
    )
    add("--schedule", choices=SCHEDULES, help=f"how the rate changes ({BEST.schedule}; --classic: {CLASSIC.schedule})")
    add(
        "--augment",
        action=argparse.BooleanOptionalAction,
        help="vary the images and mix in synthetic strokes (yes; --classic: no; --fast: no strokes)",
    )
    recipes = parser.add_mutually_exclusive_group()
    recipes.add_argument(
        "--classic", action="store_true", help="the student's recipe: constant rate, images as they are; ends with --ema"
    )
    recipes.add_argument("--fast", action="store_true", help="99 %% in one epoch: larger steps, smaller batches")
    add("--ema", action=argparse.BooleanOptionalAction, help="end with the moving average of the weights (no; --classic: yes)")
    add("--engine", choices=ENGINES, help="fused, or layers: run each layer's own passes, slower (fused)")
    add("--seed", type=_seed, help="of everything random (0)")
    add("--train-limit", type=whole_number(1), metavar="N", help="only the first N training images")


def _add_run(parser: argparse.ArgumentParser) -> None:
    """What changes nothing about the outcome."""
    add = parser.add_argument
    add(
        "--threads",
        type=whole_number(1),
        default=None,
        metavar="N",
        help="as many as there are processors; the result is the same",
    )
    add("--out", default="mnist.npz", metavar="FILE", help="the model (%(default)s); history and checkpoint go beside it")
    add("--resume", action="store_true", default=False, help="continue an interrupted training with its options")
    add(
        "--checkpoint-every",
        type=positive_number,
        default=None,
        metavar="S",
        help="also every S seconds, not only after each epoch",
    )
    add("--live", action="store_true", default=False, help="draw the curves while training (needs matplotlib)")


def _seed(text: str) -> int:
    seed = whole_number(0)(text)
    if seed > LARGEST:
        raise argparse.ArgumentTypeError(f"expected at most {LARGEST}, got {text!r}")
    return seed
