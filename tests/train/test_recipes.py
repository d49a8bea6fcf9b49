"""What a recipe trains on, and what it is validated on."""

from dataclasses import replace

import numpy as np
import pytest

from nn.train.recipe import BEST, CLASSIC, FAST, decided_by, recipe_of
from nn.train.setup import trainer_for

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(256, size=(40, 28, 28), dtype=np.uint8), RNG.integers(10, size=40, dtype=np.uint8)
PLAIN = IMAGES[..., None] * np.float32(1 / 255)


def shown(source, epoch):
    out = np.empty((40, 28, 28, 1), np.float32)
    source.fill(out, np.arange(40), epoch)
    return out


@pytest.mark.parametrize("recipe", [BEST, CLASSIC, FAST], ids=["default", "classic", "fast"])
def test_validation_shows_the_images_as_they_are(recipe):
    validation = trainer_for(recipe, (IMAGES, LABELS), (IMAGES, LABELS)).validation
    assert len(validation) == 40
    for epoch in (0, 1):
        np.testing.assert_array_equal(shown(validation, epoch), PLAIN)
    np.testing.assert_array_equal(validation.targets(np.arange(40), 0), np.eye(10)[LABELS])


def test_only_the_default_recipe_varies_the_training_images_and_adds_strokes():
    default, classic = (trainer_for(recipe, (IMAGES, LABELS), (IMAGES, LABELS)).source for recipe in (BEST, CLASSIC))
    assert (len(default), len(classic)) == (42, 40)
    assert not np.array_equal(shown(default, 0), PLAIN)
    np.testing.assert_array_equal(shown(classic, 0), PLAIN)


@pytest.mark.parametrize(("option", "recipe"), [("classic", CLASSIC), ("fast", FAST)])
def test_an_option_stands_for_a_recipe_and_other_options_change_it(option, recipe):
    chosen = {option: True}
    assert recipe_of(decided_by(chosen)) == recipe
    changed = recipe_of(decided_by(chosen | {"epochs": 7, "batch_size": 16, "learning_rate": 0.5, "schedule": "cosine"}))
    assert changed == replace(recipe, epochs=7, batch_size=16, learning_rate=0.5, schedule="cosine")
    # The rate is that of the recipe's optimizer. Another one has its own.
    assert recipe_of(decided_by(chosen | {"optimizer": "adam"})) == replace(recipe, optimizer="adam", learning_rate=0.001)


def test_the_fast_recipe_is_one_epoch():
    assert FAST.epochs == 1
