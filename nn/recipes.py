"""Recipes: the network that is trained here and how, everything that decides the result besides
the data.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from nn.datasets import fashion_mnist, mnist
from nn.datasets.loading import Split
from nn.datasets.sources import CLASSES, Concatenation, ImageSource, InTurn, ScaledImages
from nn.engine import ENGINES
from nn.errors import InputError

if TYPE_CHECKING:
    from nn.callbacks import Callback
    from nn.models import Sequential
    from nn.training import Trainer

DATASETS = ("mnist", "fashion-mnist")
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
IMAGE_SHAPE = (28, 28, 1)
LARGEST = 2**63 - 1
OWN = Path("mnist.npz")
# The share of the training that the moving average of the weights looks back.
AVERAGED = 0.1
BUNDLED = Path(__file__).parent / "pretrained" / "mnist.npz"


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
        for name, most in {"learning_rate": math.inf, "weight_decay": 0.1, "plain": 1.0, "strokes": 1.0, "doodles": 1.0}.items():
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
# The student's recipe, but for the rate: Keras' default of 0.001 stops at 43 % (see
# `nn.optimizers.Adadelta`). At a constant rate the weights never come to rest, so their moving
# average is kept; the training does not depend on it.
CLASSIC = Recipe(learning_rate=1.0, schedule="constant", weight_decay=0.0, ema=True, augment=False, strokes=0.0, doodles=0.0)


def decided_by(options: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's fields that the given command-line options decide; the others are those of
    `BEST`.
    """
    decided: dict[str, Any] = {}
    if options.get("classic"):
        decided = {
            name: getattr(CLASSIC, name)
            for name in ("learning_rate", "schedule", "weight_decay", "ema", "augment", "strokes", "doodles")
        }
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


def load_reader(path: str | os.PathLike[str] | None) -> tuple[Sequential, Path]:
    """The model at `path`, which must read 28 x 28 images as ten classes, and that path.

    Without a path: the model trained in this folder, else the bundled one.
    """
    from nn.models import load_model

    chosen = next(filter(Path.exists, (OWN, BUNDLED)), None) if path is None else Path(path)
    if chosen is None:
        raise InputError(f"there is no {OWN} here and no bundled model; train one with `python -m nn.train`, or name one")
    model = load_model(chosen)
    if model.input_shape != IMAGE_SHAPE or model.output_shape != (CLASSES,):
        got = f"one from {model.input_shape} to {model.output_shape}"
        raise InputError(f"{chosen}: expected a model from {IMAGE_SHAPE} to {(CLASSES,)}, got {got}")
    return model, chosen


def load_splits(dataset: str, folder: str | None) -> tuple[Split, Split]:
    """The training and the test split of a collection, which must have 28 x 28 pixels."""
    module = mnist if dataset == "mnist" else fashion_mnist
    splits = module.load_data(folder)
    if splits[0][0].shape[1:] != IMAGE_SHAPE[:2]:
        raise InputError(f"{folder}: expected images of 28 x 28 pixels, got {splits[0][0].shape[1]} x {splits[0][0].shape[2]}")
    return splits


def student_network(seed: int = 0, dtype: DTypeLike = np.float32) -> Sequential:
    """The student's network for 28 x 28 images, 233,162 parameters."""
    from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
    from nn.models import Sequential

    model = Sequential(seed=seed, dtype=dtype)
    model.add(Conv2D(32, kernel_size=(5, 5), activation="relu", input_shape=IMAGE_SHAPE))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Conv2D(64, (3, 3), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dropout(0.3))
    model.add(Dense(64, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    return model


def trainer_for(
    recipe: Recipe,
    train: Split,
    test: Split,
    callbacks: Sequence[Callback] = (),
    threads: int | None = None,
    *,
    dtype: DTypeLike = np.float32,
) -> Trainer:
    """The student's network, ready to be trained on `train` and validated on `test` as the recipe
    says.
    """
    from nn import optimizers
    from nn.training import Trainer

    model = student_network(recipe.seed, dtype)
    trainer = Trainer(
        model,
        training_source(recipe, *train),
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        seed=recipe.seed,
        validation=plain_source(*test),
        callbacks=callbacks,
        threads=threads,
        engine=recipe.engine,
    )
    steps = trainer.steps_in_epoch * recipe.epochs
    momentum = 1 - 1 / (1 + AVERAGED * steps)
    rate = rate_of(recipe, steps)
    kind = optimizers.OPTIMIZERS[recipe.optimizer]
    model.compile(optimizer=kind(rate, weight_decay=recipe.weight_decay, use_ema=recipe.ema, ema_momentum=momentum))
    return trainer


def warm_up(recipe: Recipe, train: Split) -> None:
    """Load, or on a new machine compile, every kernel that this recipe needs, with one batch of a
    throwaway network.

    If there is a second processor, a second process compiles the kernels that make images
    meanwhile.
    """
    from nn.engine.compiling import compiled_beside

    few = train[0][:32], train[1][:32]
    network_only = replace(CLASSIC, epochs=1, batch_size=32, engine=recipe.engine, optimizer=recipe.optimizer)
    with compiled_beside(f"from nn.recipes import compile_sources; compile_sources({asdict(recipe)!r})") as wait:
        trainer_for(network_only, few, few, threads=1).run()
        wait()
    warm_up_sources(recipe, *few)


def warm_up_sources(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> None:
    """The part of `warm_up` that makes images: one of every source."""
    first = np.zeros(1, np.int64)
    for source in _sources(recipe, images, labels):
        source.fill(np.empty((1, *IMAGE_SHAPE), np.float32), first, 0)
        source.targets(first, 0)


def compile_sources(recipe: Mapping[str, Any]) -> None:
    """What the second process of `warm_up` does: compile the kernels that make the images of a
    recipe, given by its fields.
    """
    warm_up_sources(Recipe(**recipe), np.zeros((1, *IMAGE_SHAPE[:2]), np.uint8), np.zeros(1, np.uint8))


def rate_of(recipe: Recipe, steps: int) -> float | Callable[[int], float]:
    """The rate, or the schedule over all `steps` of the training; both schedules have a mean of
    half their peak.
    """
    from nn.optimizers.schedules import Cosine, OneCycle

    if recipe.schedule == "constant":
        return recipe.learning_rate
    return (OneCycle if recipe.schedule == "one-cycle" else Cosine)(2 * recipe.learning_rate, steps)


def training_source(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> ImageSource:
    """The source of training samples: uint8 images (N, 28, 28) with labels (N,), varied and mixed
    as the recipe says.
    """
    sources = _sources(recipe, images, labels)
    return Concatenation(sources) if len(sources) > 1 else sources[0]


def _sources(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> list[ImageSource]:
    """The images first, then what is added to them."""
    sources: list[ImageSource] = [plain_source(images, labels)]
    if recipe.augment:
        from nn.datasets.augment import AugmentedImages

        views = AugmentedImages(images, labels, recipe.seed)
        sources = [InTurn(views, sources[0], recipe.epochs - round(recipe.plain * recipe.epochs))]
    if recipe.strokes or recipe.doodles:
        from nn.strokes import Doodles, SyntheticDigits

        if recipe.strokes:
            sources.append(SyntheticDigits(recipe.seed, math.ceil(recipe.strokes * len(images))))
        if recipe.doodles:
            sources.append(Doodles(recipe.seed, math.ceil(recipe.doodles * len(images))))
    return sources


def plain_source(images: np.ndarray, labels: np.ndarray) -> ImageSource:
    """The images as they are; the pixels stay bytes until a batch is made."""
    return ScaledImages(images[..., None], labels)
