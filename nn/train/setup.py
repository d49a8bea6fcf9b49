"""From a recipe to a training: its images, its network, its optimizer, its compiled kernels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from nn.datasets.collections import IMAGE_SHAPE
from nn.datasets.loading import Split
from nn.datasets.sources import Concatenation, ImageSource, InTurn, plain_source
from nn.pretrained import student_network
from nn.train.recipe import CLASSIC, Recipe

if TYPE_CHECKING:
    from nn.callbacks import Callback
    from nn.training import Trainer

# The share of the training that the moving average of the weights looks back.
AVERAGED = 0.1


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
    from nn.layers import Dropout
    from nn.training import Trainer

    model = student_network(recipe.seed, dtype)
    for layer in model.layers:
        if isinstance(layer, Dropout):
            layer.rate *= recipe.dropout
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

    Where there are more processors, other processes meanwhile compile the kernels that make
    images, and those of the network from the end.
    """
    from nn.engine.compiling import compiled_beside, in_reverse

    few = train[0][:32], train[1][:32]
    network_only = replace(CLASSIC, epochs=1, batch_size=32, engine=recipe.engine, optimizer=recipe.optimizer)
    trainer = trainer_for(network_only, few, few, threads=1)
    images = f"from nn.train.setup import compile_sources; compile_sources({asdict(recipe)!r})"
    network = [lambda: in_reverse(trainer.model)] if recipe.engine == "fused" else []
    with compiled_beside(lambda: images, *network) as wait:
        trainer.run()
        wait()
    warm_up_sources(recipe, *few)


def warm_up_sources(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> None:
    """The part of `warm_up` that makes images: one of every source."""
    first = np.zeros(1, np.int64)
    for source in _sources(recipe, images, labels):
        source.fill(np.empty((1, *IMAGE_SHAPE), np.float32), first, 0)
        source.targets(first, 0)


def compile_sources(recipe: Mapping[str, Any]) -> None:
    """What another process of `warm_up` does: compile the kernels that make the images of a
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
