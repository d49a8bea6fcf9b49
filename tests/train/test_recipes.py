"""What a recipe may say, what it trains on, and what it is validated on."""

import contextlib
from dataclasses import asdict, replace

import numpy as np
import pytest

from nn.datasets.sources import Concatenation
from nn.engine import compiling
from nn.errors import InputError
from nn.layers import Dropout
from nn.optimizers.schedules import Cosine, OneCycle
from nn.train import setup
from nn.train.recipe import BEST, CLASSIC, FAST, LARGEST, Recipe, decided_by, recipe_of
from nn.train.setup import rate_of, trainer_for, training_source

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(256, size=(40, 28, 28), dtype=np.uint8), RNG.integers(10, size=40, dtype=np.uint8)
PLAIN = IMAGES[..., None] * np.float32(1 / 255)


def shown(source, epoch, count=40):
    out = np.empty((count, 28, 28, 1), np.float32)
    source.fill(out, np.arange(count), epoch)
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


# -- What a recipe may say -------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "least"), [("epochs", 1), ("batch_size", 1), ("seed", 0), ("train_limit", 1)])
def test_counts_are_whole_numbers_from_their_least_on(name, least):
    for value in (least, LARGEST):
        assert getattr(Recipe(**{name: value}), name) == value
    for value in (least - 1, LARGEST + 1, 2.0, True, "2"):
        with pytest.raises(InputError, match=f"{name}: expected a whole number from {least} to {LARGEST}, got {value!r}"):
            Recipe(**{name: value})


def test_all_training_images_are_used_unless_there_is_a_limit():
    assert Recipe(train_limit=None).train_limit is None


@pytest.mark.parametrize(
    ("name", "most"),
    [("weight_decay", 0.1), ("plain", 1), ("strokes", 1), ("doodles", 1), ("dropout", 1), ("learning_rate", None)],
)
def test_shares_and_rates_are_numbers_from_zero_to_their_most(name, most):
    for value in (0, 0.0, most or 1e30):
        assert getattr(Recipe(**{name: value}), name) == value
    expected = f"{name}: expected a number from 0{f' to {most:g}' if most else ''}, got "
    for value in (-1e-9, 1.0001 * (most or np.inf), np.nan, "0.1", True, None):
        with pytest.raises(InputError, match=expected):
            Recipe(**{name: value})


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("dataset", "mnist, fashion-mnist"),
        ("schedule", "constant, one-cycle, cosine"),
        ("engine", "fused, layers"),
        ("optimizer", "adadelta, sgd, rmsprop, adam, adamw, adagrad, adamax, nadam"),
        ("augment", "True, False"),
        ("ema", "True, False"),
    ],
)
def test_other_choices_are_refused_with_those_there_are(name, choices):
    for choice in choices.split(", "):
        value = {"True": True, "False": False}.get(choice, choice)
        assert getattr(Recipe(**{name: value}), name) == value
    with pytest.raises(InputError, match=f"{name}: expected one of {choices}, got 'none'"):
        Recipe(**{name: "none"})


def test_a_recipe_is_described_on_one_line():
    assert CLASSIC.describe() == (
        "Adadelta, constant rate 1, batches of 128, moving average of the weights, images as they are, seed 0"
    )
    assert BEST.describe() == (
        "Adadelta, one-cycle rate, mean 2, batches of 128, weight decay 0.0001, augmented images, "
        "5 % synthetic strokes on top, seed 0"
    )
    other = Recipe(
        optimizer="adam",
        learning_rate=0.01,
        schedule="cosine",
        batch_size=32,
        dropout=0.5,
        strokes=0.25,
        doodles=0.1,
        engine="layers",
        seed=7,
    )
    assert other.describe() == (
        "Adam, cosine rate, mean 0.01, batches of 32, weight decay 0.0001, dropout times 0.5, augmented images, "
        "25 % synthetic strokes on top, 10 % doodles on top, layer by layer, seed 7"
    )


@pytest.mark.parametrize(
    ("options", "strokes"),
    [
        ({}, 0.05),
        ({"dataset": "mnist"}, 0.05),
        ({"augment": True}, 0.05),
        ({"dataset": "fashion-mnist"}, 0.0),
        ({"augment": False}, 0.0),
        ({"augment": False, "strokes": 0.5}, 0.5),
        ({"dataset": "fashion-mnist", "augment": True}, 0.0),
    ],
)
def test_strokes_are_only_mixed_with_varied_digits_unless_asked_for(options, strokes):
    recipe = recipe_of(decided_by(options))
    assert recipe == replace(BEST, **{"strokes": strokes, **options})


# -- From a recipe to a training -------------------------------------------------------------------


@pytest.mark.parametrize(("schedule", "kind"), [("one-cycle", OneCycle), ("cosine", Cosine)])
def test_the_rate_of_a_recipe_is_the_mean_of_its_schedule(schedule, kind):
    rate = rate_of(Recipe(schedule=schedule, learning_rate=0.3), 1000)
    assert isinstance(rate, kind)
    assert np.mean([rate(step) for step in range(1000)]) == pytest.approx(0.3, rel=1e-3)
    # The last step of the training has nearly no rate left.
    assert 0 < rate(999) < 0.001
    assert rate_of(Recipe(schedule="constant", learning_rate=0.3), 1000) == 0.3


def test_the_schedule_covers_all_epochs():
    optimizer = trainer_for(replace(BEST, epochs=4, batch_size=8), (IMAGES, LABELS), (IMAGES, LABELS)).model.optimizer
    # 40 images and 2 strokes make 6 batches.
    assert optimizer.learning_rate == OneCycle(2 * BEST.learning_rate, 4 * 6)
    assert optimizer.weight_decay == BEST.weight_decay


def test_strokes_and_doodles_are_shares_of_the_images_rounded_up():
    for strokes, doodles, added in ((0.26, 0.0, 11), (0.0, 0.51, 21), (0.25, 0.5, 30)):
        recipe = Recipe(strokes=strokes, doodles=doodles, augment=False)
        source = training_source(recipe, IMAGES, LABELS)
        assert len(source) == 40 + added
        np.testing.assert_array_equal(shown(source, 0), PLAIN)
        # A doodle is every digit with the same probability.
        doodled = (source.targets(np.arange(40, 40 + added), 0).max(axis=1) < 0.2).sum()
        assert doodled == np.ceil(doodles * 40)


def test_images_alone_are_not_mixed():
    assert not isinstance(training_source(CLASSIC, IMAGES, LABELS), Concatenation)


# -- The warm-up -----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_the_warm_up_trains_one_batch_then_waits_for_the_images_and_makes_one(monkeypatch, engine):
    done = []

    @contextlib.contextmanager
    def compiled_beside(images, *network):
        statement = images()
        assert statement.startswith("from nn.train.setup import compile_sources; compile_sources({")
        done.append(f"begin with {len(network)}")
        yield lambda: done.append("wait")

    def run(trainer):
        assert (trainer.epochs, trainer.steps_in_epoch, trainer.engine) == (1, 1, engine)
        assert trainer.model.optimizer.name == "adam"
        np.testing.assert_array_equal(shown(trainer.source, 0, 32), PLAIN[:32])
        done.append("train")

    monkeypatch.setattr(compiling, "compiled_beside", compiled_beside)
    monkeypatch.setattr("nn.training.Trainer.run", run)
    monkeypatch.setattr(setup, "warm_up_sources", lambda recipe, images, labels: done.append(f"images of {recipe.doodles}"))
    setup.warm_up(Recipe(engine=engine, optimizer="adam", doodles=0.25), (IMAGES, LABELS))
    assert done == [f"begin with {1 if engine == 'fused' else 0}", "train", "wait", "images of 0.25"]


class Asked:
    """A source that writes down what it is asked for."""

    def __init__(self, asked):
        self.asked = asked

    def fill(self, out, indices, epoch):
        self.asked.append(("fill", out.shape, out.dtype, indices.tolist(), epoch))

    def targets(self, indices, epoch):
        self.asked.append(("targets", indices.tolist(), epoch))


def test_the_warm_up_makes_one_image_of_every_source_for_the_first_epoch(monkeypatch):
    asked = []
    monkeypatch.setattr(setup, "_sources", lambda *_: [Asked(asked), Asked(asked)])
    setup.warm_up_sources(BEST, IMAGES, LABELS)
    assert asked == [("fill", (1, 28, 28, 1), np.float32, [0], 0), ("targets", [0], 0)] * 2


@pytest.mark.parametrize(("factor", "rates"), [(1.0, [0.3, 0.5]), (0.5, [0.15, 0.25]), (0, [0, 0])])
def test_the_rates_of_dropout_are_multiplied(factor, rates):
    images = IMAGES, LABELS
    model = setup.trainer_for(Recipe(dropout=factor), images, images).model
    assert [layer.rate for layer in model.layers if isinstance(layer, Dropout)] == rates


def test_another_process_makes_the_images_of_the_same_recipe(monkeypatch):
    recipe = replace(BEST, doodles=0.5)
    asked = []
    monkeypatch.setattr(setup, "warm_up_sources", lambda *arguments: asked.append(arguments))
    setup.compile_sources(asdict(recipe))
    ((found, images, labels),) = asked
    assert found == recipe
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((1, 28, 28), np.uint8, (1,), np.uint8)
