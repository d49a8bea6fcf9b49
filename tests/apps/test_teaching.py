"""Lessons: a new model from the old one, the same for any number of threads, better in the hand it
was shown.
"""

import threading
from pathlib import Path

import numpy as np
import pytest

from apps.draw.teaching import training
from apps.draw.teaching.copying import copied
from apps.draw.teaching.kept_drawings import Kept
from apps.draw.teaching.training import RATE, WAY, ReplayData, accuracy_of, find_replay_data, lesson_source, teach, warm_up
from benchmarks.teaching import draw_hand, whole_digit
from nn.datasets import mnist
from nn.errors import InputError
from nn.layers import Dense, Flatten
from nn.models import Sequential, load_model
from nn.optimizers.schedules import Cosine
from nn.pretrained import BUNDLED
from nn.reading.recognition import read_number

HAND = "curled foot"


def small_reader():
    """A network that reads digits, badly, and learns at once."""
    return Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, "softmax")], seed=1)


def drawing(label=7, seed=0):
    return Kept(Path(f"{seed}.png"), label, np.random.default_rng(seed).uniform(0, 1, (28, 28)).astype(np.float32))


def same_weights(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


@pytest.fixture(scope="module")
def replayed():
    train, test = mnist.load_data()
    return ReplayData((train[0][:400], train[1][:400]), (test[0][:200], test[1][:200]))


def test_a_lesson_leaves_the_model_it_starts_from_as_it_is(replayed):
    model = small_reader()
    model.card = {"temperature": 1.5, "sure_from": 0.7, "test accuracy": 0.99}
    before = copied(model)
    taught = teach(model, [drawing()], replayed, samples=320)
    assert same_weights(model, before)
    assert model.card["test accuracy"] == 0.99
    assert not same_weights(taught, model)
    assert taught.card == {
        "temperature": 1.5,
        "sure_from": 0.7,
        "made by": "a lesson",
        "drawings": 1,
        "replayed": "training images",
    }


def test_the_same_drawings_give_the_same_weights_for_any_number_of_threads(replayed):
    lessons = [teach(small_reader(), [drawing(), drawing(3, 1)], replayed, samples=640, threads=threads) for threads in (1, 2)]
    assert same_weights(*lessons)


def test_the_seed_of_a_lesson_is_0_unless_given(replayed):
    given = ({}, {"seed": 0}, {"seed": 1})
    first, same, other = (teach(small_reader(), [drawing()], replayed, samples=320, **seed) for seed in given)
    assert same_weights(first, same)
    assert not same_weights(first, other)


def test_the_rate_falls_over_one_epoch_of_the_samples(replayed):
    parts = []
    taught = teach(small_reader(), [drawing()], replayed, samples=320, progress=parts.append)
    assert parts == pytest.approx([1 / 3, 2 / 3, 1])  # two whole batches and a part of one
    assert taught.optimizer.learning_rate == Cosine(RATE, 3)


def test_a_lesson_goes_a_part_of_the_way_to_the_weights_that_were_learned(replayed, monkeypatch):
    model = small_reader()
    taught = teach(model, [drawing()], replayed, samples=320)
    monkeypatch.setattr(training, "WAY", 1.0)
    learned = teach(model, [drawing()], replayed, samples=320)
    for old, new, between in zip(model.get_weights(), learned.get_weights(), taught.get_weights(), strict=True):
        np.testing.assert_allclose(between, (1 - WAY) * old + WAY * new, atol=1e-6)
        assert abs(new - old).max() > 1e-3


def shown(source):
    """What an epoch shows: the pictures, the targets, and which of the pictures are no digits."""
    pictures, everything = np.empty((len(source), 28, 28, 1), np.float32), np.arange(len(source))
    source.fill(pictures, everything, 0)
    targets = source.targets(everything, 0)
    return pictures, targets, targets.max(axis=1) < 0.5


def test_a_lesson_shows_the_drawings_among_what_was_trained_on(replayed):
    full = np.ones((28, 28), np.float32)  # ink all over, which no view of it can hide and no digit has
    drawings = [Kept(Path(f"{number}.png"), 7, full) for number in range(3)]
    source = lesson_source(drawings, replayed, 4000, 0)
    assert len(source) == 4000
    pictures, targets, doodles = shown(source)
    filled = (pictures.mean(axis=(1, 2, 3)) > 0.5) & ~doodles
    assert filled.sum() == 96  # 3 · 0.008 · 4000
    assert (targets[filled].argmax(axis=1) == 7).all()
    assert doodles.mean() == 0.005
    assert set(targets.argmax(axis=1)) == set(range(10))


def test_the_shortest_lesson_shows_one_of_each_kind(replayed):
    full = Kept(Path(), 7, np.ones((28, 28), np.float32))
    pictures, _, doodles = shown(lesson_source([full], replayed, 32, 0))
    assert ((pictures.mean(axis=(1, 2, 3)) > 0.5) & ~doodles).sum() == 1
    assert doodles.sum() == 1


def test_the_replayed_images_are_different_ones_as_long_as_there_are_any(replayed):
    pictures, _, _ = shown(lesson_source([drawing()], replayed, 400, 0))
    known = {image.tobytes() for image in replayed.train[0]}
    found = [image for image in (np.round(picture * 255).astype(np.uint8).tobytes() for picture in pictures) if image in known]
    assert len(found) == len(set(found)) == 400 - 3 - 24 - 2  # views, strokes and doodles


def test_many_drawings_leave_room_for_the_rest(replayed):
    source = lesson_source([drawing(7, seed) for seed in range(60)], replayed, 2000, 0)
    targets = source.targets(np.arange(2000), 0)
    assert (targets.argmax(axis=1) == 7).mean() < 0.4


def test_without_training_images_synthetic_strokes_are_replayed():
    taught = teach(small_reader(), [drawing()], ReplayData(), samples=128)
    assert taught.card["replayed"] == "synthetic strokes"
    assert accuracy_of(taught, ReplayData()) is None
    source = lesson_source([drawing()], ReplayData(), 2000, 0)
    assert len(source) == 2000
    targets = source.targets(np.arange(2000), 0)
    assert np.bincount(targets.argmax(axis=1), minlength=10).min() > 100


def test_progress_is_reported_and_a_lesson_can_be_stopped(replayed):
    parts, stop = [], threading.Event()

    def progress(part):
        parts.append(part)
        if len(parts) == 3:
            stop.set()

    assert teach(small_reader(), [drawing()], replayed, samples=1280, progress=progress, stop=stop) is None
    assert parts == pytest.approx([0.1, 0.2, 0.3])


def test_warming_up_changes_nothing(replayed):
    model = small_reader()
    before = copied(model)
    warm_up(model, replayed)
    assert same_weights(model, before)


def test_warming_up_takes_the_shortest_lesson_on_one_thread(replayed, monkeypatch):
    lessons = []
    monkeypatch.setattr(training, "teach", lambda *given, **options: lessons.append((given, options)))
    model = small_reader()
    warm_up(model, replayed)
    [((taught, [blank], images), options)] = lessons
    assert (taught, images, options) == (model, replayed, {"samples": training.CHUNK, "threads": 1})
    np.testing.assert_array_equal(blank.image, np.zeros((28, 28)))


def test_nothing_is_downloaded_for_a_lesson(tmp_path):
    assert find_replay_data(str(tmp_path)) == ReplayData()
    train, test = mnist.load_data()
    assert [len(part[0]) for part in (find_replay_data().train, find_replay_data().test)] == [len(train[0]), len(test[0])]


def test_the_accuracy_is_that_on_the_test_images(replayed):
    model = small_reader()
    images, labels = replayed.test
    right = model.predict(images / np.float32(255)).argmax(axis=1) == labels
    assert accuracy_of(model, replayed) == pytest.approx(right.mean())


def test_what_cannot_be_taught_is_named(replayed):
    with pytest.raises(InputError, match="drawings: expected at least one"):
        teach(small_reader(), [], replayed)
    other = Sequential([Flatten(input_shape=(8, 8, 1)), Dense(10, "softmax")])
    with pytest.raises(InputError, match="model: expected one that reads digits"):
        teach(other, [drawing()], replayed)


@pytest.mark.usefixtures("compiler")
def test_after_one_correction_the_others_in_this_hand_are_read():
    """In small what `python -m benchmarks teaching` shows with five corrections and the whole test
    set.
    """
    model, everything = load_model(BUNDLED), find_replay_data()
    (images, labels), (test_images, test_labels) = everything.train, everything.test
    replayed = ReplayData((images[:8000], labels[:8000]), (test_images[:2000], test_labels[:2000]))
    first, *others = draw_hand(HAND, 0, 8)
    kept = Kept(Path(), 7, whole_digit(model, first).image)
    taught = teach(model, [kept] * 5, replayed, samples=6400)
    before, after = ([read_number(reader, ink).number for ink in others].count("7") for reader in (model, taught))
    assert before <= 3
    assert after >= 6
    assert accuracy_of(taught, replayed) > accuracy_of(model, replayed) - 0.005
