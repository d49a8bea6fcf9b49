"""Recipes: everything that decides the result of a training besides the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from nn.datasets.collections import DATASETS
from nn.engine import ENGINES
from nn.errors import InputError

SCHEDULES = ("constant", "one-cycle", "cosine")
# Each optimizer of `nn.optimizers` with its class, and the mean rate at which it trains the
# student's network well.
OPTIMIZERS = {
    "adadelta": ("Adadelta", 2.0),
    "sgd": ("SGD", 0.2),
    "rmsprop": ("RMSprop", 0.001),
    "adam": ("Adam", 0.001),
    "adamw": ("AdamW", 0.001),
    "adagrad": ("Adagrad", 0.02),
    "adamax": ("Adamax", 0.002),
    "nadam": ("Nadam", 0.001),
}
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Recipe:
    """How to train, and on what. The same recipe and data give the same weights, bit for bit.

    dataset, train_limit the collection, and how many of its training images (None: all)
    epochs, batch_size   as in `Sequential.fit`
    optimizer            one of `nn.optimizers`, by its name
    learning_rate        of the optimizer; its mean over the training if a schedule changes it
    schedule             constant, one-cycle or cosine (`nn.optimizers.schedules`)
    weight_decay         share of each weight that a step with rate 1 takes off
    ema                  end with the moving average of the weights, over about a tenth of the training
    dropout              factor on the rates of the network's dropout layers
    augment              rotate, scale, shear and shift the training images anew in every epoch
    plain                the share of the epochs, at the end, that shows the images unchanged: views are
                         slightly blurred, real images are not
    strokes, doodles     synthetic pen strokes, and scribbles that are not digits, added to every epoch;
                         as a share of the training images (`nn.strokes`)
    engine               fused, or layers: each layer's own passes, slower and the same to rounding
    seed                 of the initial weights, the order, dropout, views and strokes
    """

    dataset: str = "mnist"
    train_limit: int | None = None
    epochs: int = 10
    batch_size: int = 128
    optimizer: str = "adadelta"
    learning_rate: float = OPTIMIZERS["adadelta"][1]
    schedule: str = "one-cycle"
    weight_decay: float = 1e-4
    ema: bool = False
    dropout: float = 1.0
    augment: bool = True
    plain: float = 0.2
    strokes: float = 0.05
    doodles: float = 0.0
    engine: str = "fused"
    seed: int = 0

    def __post_init__(self) -> None:
        wholes = {"epochs": 1, "batch_size": 1, "seed": 0} | ({} if self.train_limit is None else {"train_limit": 1})
        for name, least in wholes.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= LARGEST:
                raise InputError(f"{name}: expected a whole number from {least} to {LARGEST}, got {value!r}")
        shares = dict.fromkeys(("dropout", "plain", "strokes", "doodles"), 1.0)
        for name, most in ({"learning_rate": math.inf, "weight_decay": 0.1} | shares).items():
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0 <= value <= most or not math.isfinite(value):
                raise InputError(f"{name}: expected a number from 0{'' if most == math.inf else f' to {most:g}'}, got {value!r}")
        choices_of: dict[str, tuple[object, ...]] = {"dataset": DATASETS, "schedule": SCHEDULES, "engine": ENGINES}
        choices_of["optimizer"] = tuple(OPTIMIZERS)
        for name, choices in (choices_of | {"augment": (True, False), "ema": (True, False)}).items():
            if getattr(self, name) not in choices:
                raise InputError(f"{name}: expected one of {', '.join(map(str, choices))}, got {getattr(self, name)!r}")

    def describe(self) -> str:
        """In words, on one line."""
        rate = "constant rate" if self.schedule == "constant" else f"{self.schedule} rate, mean"
        traits = [f"{OPTIMIZERS[self.optimizer][0]}, {rate} {self.learning_rate:g}", f"batches of {self.batch_size}"]
        if self.weight_decay:
            traits.append(f"weight decay {self.weight_decay:g}")
        if self.ema:
            traits.append("moving average of the weights")
        if self.dropout != 1:
            traits.append(f"dropout times {self.dropout:g}")
        traits.append("augmented images" if self.augment else "images as they are")
        traits += [
            f"{100 * share:g} % {what} on top"
            for share, what in ((self.strokes, "synthetic strokes"), (self.doodles, "doodles"))
            if share
        ]
        if self.engine != "fused":
            traits.append("layer by layer")
        return ", ".join([*traits, f"seed {self.seed}"])


BEST = Recipe()
# The student's recipe, but for the rate: with Keras' default of 0.001 it hardly learns (see
# `nn.optimizers.Adadelta`). At a constant rate the weights never come to rest, so their moving
# average is kept; the training does not depend on it.
CLASSIC = Recipe(learning_rate=1.0, schedule="constant", weight_decay=0.0, ema=True, augment=False, strokes=0.0, doodles=0.0)
# One epoch: more and larger steps than in a long training, no synthetic strokes (docs/recipe.md).
FAST = Recipe(epochs=1, batch_size=64, learning_rate=3.0, weight_decay=0.0, strokes=0.0)


def decided_by(options: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's fields that the given command-line options decide; the others are those of
    `BEST`.
    """
    decided: dict[str, Any] = {}
    for name, recipe in {"classic": CLASSIC, "fast": FAST}.items():
        if options.get(name):
            decided = {key: value for key, value in asdict(recipe).items() if value != getattr(BEST, key)}
    if "optimizer" in options:
        # The rate of another optimizer would mean something else.
        decided.pop("learning_rate", None)
    if options.get("dataset", "mnist") != "mnist" or not options.get("augment", True):
        decided |= {"strokes": 0.0, "doodles": 0.0}
    return decided | {each.name: options[each.name] for each in fields(Recipe) if each.name in options}


def recipe_of(decided: Mapping[str, Any]) -> Recipe:
    """`BEST` with the fields that are decided, and with the optimizer's own rate unless that is
    among them.
    """
    rate = {"learning_rate": OPTIMIZERS[decided["optimizer"]][1]} if "optimizer" in decided else {}
    return replace(BEST, **{**rate, **decided})
