"""What differs from one chunk, batch, epoch, layer and seed to the next: where arithmetic cannot
decide, chance can. Every bound is five standard deviations or more, and every draw has its seed, so
that no test fails by bad luck.
"""

import itertools
import math

import numpy as np
import pytest

from nn import training
from nn.datasets.augment import AugmentedImages, Limits
from nn.datasets.sources import ScaledImages
from nn.engine.plan import CHUNK
from nn.layers import Dense, Dropout
from nn.models import Sequential
from nn.training import Trainer

WIDTH = 64


class Recorder:
    """An engine that keeps its steps and trains nothing."""

    def __init__(self):
        self.steps = []

    def train(self, step):
        self.steps.append(step)
        return 1.0, 0

    def close(self):
        """Nothing to end."""


def steps_of(monkeypatch, *, samples=200, batch_size=CHUNK * 2, epochs=3, seed=0):
    """The steps of a training of two dropout layers."""
    recorder = Recorder()
    monkeypatch.setattr(training, "engine_for", lambda *_: recorder)
    model = Sequential([Dropout(0.5), Dense(WIDTH), Dropout(0.5), Dense(2, activation="softmax")], seed=seed)
    model.build((WIDTH,))
    model.compile()
    source = ScaledImages(np.zeros((samples, WIDTH), np.float32), np.zeros(samples, np.uint8), 1.0, 2)
    Trainer(model, source, batch_size=batch_size, epochs=epochs, seed=seed).run()
    return recorder.steps


def signs(key, rows):
    """A mask as numbers of mean 0 and variance 1, (rows, WIDTH)."""
    return Dropout(0.5).forward(np.ones((rows, WIDTH)), True, key)[0] - 1


def test_masks_of_all_steps_layers_and_seeds_are_independent(monkeypatch):
    keys = [key for seed in (0, 1, 2) for step in steps_of(monkeypatch, seed=seed) for key in step.keys.values()]
    assert len(keys) == len(set(keys)) == 3 * 3 * 4 * 2
    masks = np.array([signs(key, 2 * CHUNK).ravel() for key in keys])
    correlations = masks @ masks.T / masks.shape[1]
    np.fill_diagonal(correlations, 0)
    assert np.abs(correlations).max() < 5.5 / math.sqrt(masks.shape[1])
    assert np.abs(masks.mean(axis=1)).max() < 5 / math.sqrt(masks.shape[1])


def test_chunks_rows_and_columns_of_a_mask_are_independent(monkeypatch):
    for step in steps_of(monkeypatch, epochs=1):
        for key in step.keys.values():
            rows = signs(key, 4 * CHUNK)
            for lag in (1, 2, WIDTH - 1, WIDTH, WIDTH + 1, CHUNK * WIDTH, 2 * CHUNK * WIDTH, 3 * CHUNK * WIDTH):
                one, other = rows.ravel()[:-lag], rows.ravel()[lag:]
                assert abs(one @ other / len(one)) < 5 / math.sqrt(len(one)), lag
            assert np.abs(rows.mean(axis=0)).max() < 5 / math.sqrt(len(rows))
            assert np.abs(rows.mean(axis=1)).max() < 5 / math.sqrt(WIDTH)


def test_each_sample_comes_once_an_epoch_and_the_last_batch_is_what_is_left(monkeypatch):
    steps = steps_of(monkeypatch, samples=150, batch_size=64, epochs=4)
    for epoch in range(4):
        batches = [step.indices for step in steps if step.epoch == epoch]
        assert [len(each) for each in batches] == [64, 64, 22]
        assert sorted(np.concatenate(batches)) == list(range(150))
    assert [step.number for step in steps] == list(range(12))


def test_every_sample_is_in_every_batch_and_at_every_place_equally_often(monkeypatch):
    # Places 0 to 9 of 10 samples in 3000 epochs: chi-squared with 81 degrees of freedom for the
    # square of counts, of which the standard deviation is √162.
    epochs, samples = 3000, 10
    steps = steps_of(monkeypatch, samples=samples, batch_size=4, epochs=epochs)
    orders = np.concatenate([step.indices for step in steps]).reshape(epochs, samples)
    counts = np.array([np.bincount(orders[:, place], minlength=samples) for place in range(samples)])
    chi_squared = ((counts - epochs / samples) ** 2 / (epochs / samples)).sum()
    assert abs(chi_squared - 81) < 5 * math.sqrt(2 * 81)
    # An order says nothing of the next one.
    ranks = np.argsort(orders, axis=1) - (samples - 1) / 2
    correlations = (ranks[1:] * ranks[:-1]).sum(axis=1) / (ranks[0] ** 2).sum()
    assert abs(correlations.mean()) < 5 / math.sqrt((samples - 1) * (epochs - 1))


def test_two_seeds_share_neither_orders_nor_keys_nor_initial_weights(monkeypatch):
    seeds = [0, 1, 2, 1000, 2**31]
    runs = [steps_of(monkeypatch, seed=seed) for seed in seeds]
    for one, other in itertools.combinations(runs, 2):
        places = [np.argsort(np.concatenate([step.indices for step in run if step.epoch == 0])) for run in (one, other)]
        assert abs(np.corrcoef(*places)[0, 1]) < 5 / math.sqrt(200)
        assert not {key for step in one for key in step.keys.values()} & {key for step in other for key in step.keys.values()}
    weights = []
    for seed in seeds:
        model = Sequential([Dense(WIDTH), Dense(WIDTH)], seed=seed)
        model.build((WIDTH,))
        weights += [array.ravel() for array in model.get_weights() if array.any()]
    correlations = np.corrcoef(weights) - np.eye(len(weights))
    assert np.abs(correlations).max() < 5 / WIDTH


# -- Views -----------------------------------------------------------------------------------------

BLOB = (255 * np.exp(-(((np.mgrid[0:28, 0:28] - 13.5) / [[[4.0]], [[6.0]]]) ** 2).sum(axis=0))).astype(np.uint8)
NONE = dict.fromkeys(("rotation", "scale", "aspect", "shear", "shift", "thickness", "elastic"), 0)


def views(count, *, seed=5, epoch=0, **limits):
    """(count, 28, 28): views of one blob, wider than high."""
    source = AugmentedImages(np.repeat(BLOB[None], count, axis=0), np.zeros(count, np.uint8), seed, Limits(**limits))
    out = np.empty((count, 28, 28, 1), np.float32)
    source.fill(out, np.arange(count), epoch)
    return out[..., 0].astype(np.float64)


def moments(images):
    """Centre (y, x) and covariance (2, 2) of each image."""
    y, x = np.mgrid[0:28, 0:28]
    mass = images.sum(axis=(1, 2))
    centre = np.stack([(images * axis).sum(axis=(1, 2)) / mass for axis in (y, x)], axis=1)
    dy, dx = y - centre[:, :1, None], x - centre[:, 1:, None]
    entries = [(images * one * other).sum(axis=(1, 2)) / mass for one, other in itertools.product((dy, dx), repeat=2)]
    return centre, np.stack(entries, axis=1).reshape(-1, 2, 2)


def assert_uniform(values, limit):
    """Kolmogorov's distance from the uniform distribution on ± limit; 2/√n is far beyond chance."""
    places = np.sort((values + limit) / (2 * limit))
    distance = np.abs(places - (np.arange(len(places)) + 0.5) / len(places)).max()
    assert distance < 2 / math.sqrt(len(places)), distance


def measured(name, images):
    """The parameter that a view was made with, from its moments. Linear interpolation between
    pixels adds t (1 - t) to the variance along an axis, 1/6 on average.
    """
    centre, covariance = moments(images)
    covariance = covariance - np.eye(2) / 6
    _, plain = moments(BLOB[None] / 255.0)
    rows, columns = (np.log(covariance[:, axis, axis] / plain[0, axis, axis]) for axis in (0, 1))
    return {
        "shift": (centre - 13.5).T.ravel(),
        "rotation": np.degrees(0.5 * np.arctan2(2 * covariance[:, 0, 1], covariance[:, 1, 1] - covariance[:, 0, 0])),
        "scale": (rows + columns) / 4,
        "aspect": (rows - columns) / 2,
    }[name]


@pytest.mark.parametrize(("name", "limit"), [("shift", 2.0), ("rotation", 20.0), ("scale", 0.15), ("aspect", 0.15)])
def test_the_parameters_of_views_are_uniform_within_their_limits(name, limit):
    values = measured(name, views(1500, **{**NONE, name: limit}))
    assert np.abs(values).max() < 1.03 * limit
    assert_uniform(values, 1.01 * limit)


def test_views_of_samples_epochs_and_seeds_are_independent():
    shifts = np.array(
        [
            measured("shift", views(400, seed=seed, epoch=epoch, **{**NONE, "shift": 2.0}))
            for seed in (0, 1, 7)
            for epoch in range(4)
        ]
    )
    both = np.concatenate([shifts[:, :400], shifts[:, 400:]])  # down, across
    correlations = np.corrcoef(both) - np.eye(len(both))
    assert np.abs(correlations).max() < 5 / math.sqrt(400)
    # Of neighbouring samples too, and no two views are the same.
    assert abs(np.corrcoef(both[:, 1:].ravel(), both[:, :-1].ravel())[0, 1]) < 5 / math.sqrt(both.size)
    assert len(np.unique(both.round(9))) > 0.999 * both.size
