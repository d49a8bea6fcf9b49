"""What a recipe trains on, and what it is validated on."""

import numpy as np
import pytest

from nn.train.recipe import BEST, CLASSIC
from nn.train.setup import trainer_for

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(256, size=(40, 28, 28), dtype=np.uint8), RNG.integers(10, size=40, dtype=np.uint8)
PLAIN = IMAGES[..., None] * np.float32(1 / 255)


def shown(source, epoch):
    out = np.empty((40, 28, 28, 1), np.float32)
    source.fill(out, np.arange(40), epoch)
    return out


@pytest.mark.parametrize("recipe", [BEST, CLASSIC], ids=["default", "classic"])
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
