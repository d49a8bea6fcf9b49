"""Evaluation by both engines against the formulas: every sample counts once, whatever parts they go
through in.
"""

import threading

import numpy as np
import pytest
from small_steps import ArraySource, step_of

from nn.engine import inference, textbook
from nn.engine.fused import FusedEngine
from nn.engine.plan import CHUNK
from nn.engine.textbook import TextbookEngine
from nn.layers import Conv2D, Dense, Dropout, Flatten
from nn.losses import MeanSquaredError
from nn.models import Sequential
from nn.utils.weights import Weighted

SAMPLES = 2 * CHUNK + 7
RNG = np.random.default_rng(6)
X = RNG.standard_normal((SAMPLES, 5))
TARGETS = np.eye(3)[RNG.integers(3, size=SAMPLES)]
ENGINES = ["fused", "layers"]


class FirstEpoch(ArraySource):
    """Whose samples are known in epoch 0 only."""

    def fill(self, out, indices, epoch):
        assert epoch == 0
        super().fill(out, indices, epoch)

    def targets(self, indices, epoch):
        assert epoch == 0
        return super().targets(indices, epoch)


def engine_of(name, model, threads=2):
    if name == "layers":
        return TextbookEngine(model.layers, model.dtype, model.loss)
    return FusedEngine(model.layers, model.dtype, model.loss, batch_size=SAMPLES, threads=threads)


@pytest.fixture
def model():
    """Its dropout would change every answer."""
    model = Sequential([Dense(8, activation="tanh"), Dropout(0.9), Dense(3, activation="softmax")], seed=2, dtype=np.float64)
    model.build((5,))
    model.compile()
    return model


def answers(model, samples):
    """-log p of the right class, and whether it is the most likely one."""
    first, bias, second, last = model.get_weights()
    scores = np.tanh(X[:samples] @ first + bias) @ second + last
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log((p * TARGETS[:samples]).sum(axis=1)), p.argmax(axis=1) == TARGETS[:samples].argmax(axis=1)


@pytest.mark.parametrize("samples", [1, CHUNK - 1, CHUNK, CHUNK + 1, SAMPLES])
@pytest.mark.parametrize("name", ENGINES)
def test_it_is_the_mean_over_all_samples_of_epoch_0(name, samples, model, monkeypatch):
    monkeypatch.setattr(textbook, "EVALUATED", CHUNK)
    engine = engine_of(name, model)
    losses, right = answers(model, samples)
    found = engine.evaluate(FirstEpoch(X[:samples], TARGETS[:samples]))
    engine.close()
    assert found == pytest.approx((losses.mean(), right.mean()), rel=1e-12)


@pytest.mark.parametrize("name", ENGINES)
def test_weights_multiply_the_losses_and_not_the_right_answers(name, model, monkeypatch):
    monkeypatch.setattr(textbook, "EVALUATED", CHUNK)
    engine, weights = engine_of(name, model), RNG.uniform(0, 3, SAMPLES)
    losses, right = answers(model, SAMPLES)
    found = engine.evaluate(Weighted(FirstEpoch(X, TARGETS), weights))
    engine.close()
    assert found == pytest.approx(((weights * losses).mean(), right.mean()), rel=1e-12)


@pytest.mark.parametrize("name", ENGINES)
def test_a_step_gives_the_sum_of_the_losses_and_the_number_of_right_answers(name, model):
    model = Sequential([Dense(8, activation="tanh"), Dense(3, activation="softmax")], seed=2, dtype=np.float64)
    model.build((5,))
    model.compile()
    engine = engine_of(name, model)
    losses, right = answers(model, SAMPLES)
    found = engine.train(step_of(model, ArraySource(X, TARGETS)))
    engine.close()
    assert found == pytest.approx((losses.sum(), right.sum()), rel=1e-12)


@pytest.mark.parametrize("name", ENGINES)
def test_images_that_come_out_are_compared_pixel_by_pixel(name):
    # One weight and no bias: the network doubles its images of 3 x 2 pixels.
    model = Sequential([Conv2D(1, 1, use_bias=False)], dtype=np.float64)
    model.build((3, 2, 1))
    model.set_weights([np.full((1, 1, 1, 1), 2.0)])
    model.compile(loss=MeanSquaredError())
    images = RNG.random((5, 3, 2, 1))
    targets = (RNG.random((5, 6)) > 0.5).astype(float)
    outputs = 2 * images.reshape(5, 6)
    engine = engine_of(name, model)
    found = engine.evaluate(FirstEpoch(images, targets))
    engine.close()
    assert found == pytest.approx((((outputs - targets) ** 2).mean(), ((outputs > 0.5) == targets).mean()), rel=1e-12)


@pytest.mark.parametrize(
    ("samples", "threads", "plans"), [(CHUNK, 3, 1), (CHUNK + 1, 3, 2), (9 * CHUNK, 3, 3), (9 * CHUNK, 1, 1), (0, 3, 0)]
)
def test_no_more_plans_are_laid_out_than_threads_or_chunks_use(samples, threads, plans, model, monkeypatch):
    made, seen, plain = [], [], inference.Plan
    monkeypatch.setattr(inference, "Plan", lambda *layout, **options: made.append(plain(*layout, **options)) or made[-1])
    inference.for_each_chunk(
        model.layers, model.dtype, samples, threads, lambda plan, rows: seen.extend(range(rows.start, rows.stop))
    )
    assert len(made) == plans
    assert sorted(seen) == list(range(samples))


def test_an_engine_that_is_closed_has_no_threads():
    flat = Sequential([Flatten(), Dense(3, activation="softmax")], dtype=np.float64)
    flat.build((5,))
    flat.compile()
    engine, before = engine_of("fused", flat, threads=2), set(threading.enumerate())
    engine.train(step_of(flat, ArraySource(X, TARGETS)))
    helpers = set(threading.enumerate()) - before
    assert helpers
    engine.close()
    assert not any(helper.is_alive() for helper in helpers)
