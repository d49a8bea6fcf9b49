"""Weights of classes and samples: the weighted mean loss, in both engines, and what is refused."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Dense
from nn.models import Sequential

RNG = np.random.default_rng(5)
X = RNG.random((30, 4)).astype(np.float64)
Y = np.arange(30) % 3


def new_model(loss="sparse_categorical_crossentropy"):
    model = Sequential([Dense(3, activation="softmax", input_shape=(4,))], seed=2, dtype=np.float64)
    model.compile("sgd", loss)
    model.optimizer.learning_rate = 1.0
    return model


def expected_step(model, x, y, weights):
    """The kernel after one step: dL/dkernel = xᵀ w (p - t) / N."""
    kernel = model.get_weights()[0]
    dscores = (model.predict(x) - np.eye(3)[y]) * weights[:, None] / len(x)
    return kernel - x.T @ dscores


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_gradient_of_each_sample_is_multiplied_by_its_weight(engine):
    weights = RNG.random(30)
    weights[:5] = 0
    model = new_model()
    losses = -np.log(model.predict(X)[np.arange(30), Y])
    expected = expected_step(model, X, Y, weights)
    history = model.fit(X, Y, batch_size=30, sample_weight=weights, verbose=0, shuffle=False, engine=engine).history
    np.testing.assert_allclose(model.get_weights()[0], expected, rtol=1e-10)
    assert history["loss"][0] == pytest.approx((weights * losses).mean())


@pytest.mark.parametrize("engine", ["fused", "layers"])
@pytest.mark.parametrize("loss", ["mse", "sparse_categorical_crossentropy"])
def test_weights_of_one_change_nothing(engine, loss):
    labels = np.eye(3)[Y] if loss == "mse" else Y
    weighted, plain = new_model(loss), new_model(loss)
    weighted.fit(X, labels, epochs=2, sample_weight=np.ones(30), verbose=0, engine=engine)
    plain.fit(X, labels, epochs=2, verbose=0, engine=engine)
    for one, other in zip(weighted.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)


def test_class_weights_are_sample_weights():
    by_class, by_sample, both = new_model(), new_model(), new_model()
    weights = np.array([2.0, 1.0, 0.5])[Y]
    by_class.fit(X, Y, class_weight={0: 2.0, 2: 0.5}, verbose=0)
    by_sample.fit(X, Y, sample_weight=weights, verbose=0)
    both.fit(X, np.eye(3)[Y], class_weight={0: 2.0}, sample_weight=np.where(Y == 2, 0.5, 1.0)[:, None], verbose=0)
    for other in (by_sample, both):
        for one, two in zip(by_class.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)


def test_weights_go_with_their_samples_through_shuffle_and_split():
    weights = np.where(np.arange(30) < 24, 1.0, 0.0)
    split, given = new_model(), new_model()
    history = split.fit(X, Y, sample_weight=weights, validation_split=0.2, verbose=0, batch_size=7).history
    given.fit(X[:24], Y[:24], verbose=0, batch_size=7)
    np.testing.assert_allclose(split.get_weights()[0], given.get_weights()[0], rtol=1e-10)
    assert history["val_loss"] == [0.0]


def test_evaluation_is_weighted_but_not_its_accuracy():
    model = new_model()
    plain, doubled = model.evaluate(X, Y), model.evaluate(X, Y, sample_weight=np.full(30, 2.0))
    assert doubled[0] == pytest.approx(2 * plain[0])
    assert doubled[1] == plain[1] == model.evaluate(X, Y, sample_weight=np.zeros(30))[1]
    assert model.evaluate(X, Y, sample_weight=np.full(30, 2.0), engine="layers")[0] == pytest.approx(doubled[0])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"sample_weight": np.ones(29)}, "30 weights"),
        ({"sample_weight": -np.ones(30)}, "at least 0"),
        ({"sample_weight": np.full(30, np.nan)}, "finite"),
        ({"sample_weight": ["a"] * 30}, "30 weights"),
        ({"class_weight": [1, 2, 3]}, "dictionary"),
        ({"class_weight": "balanced"}, "dictionary"),
        ({"class_weight": {3: 1.0}}, "from 0 to 2"),
        ({"class_weight": {0: -1.0}}, "at least 0"),
    ],
)
def test_other_weights_are_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        new_model().fit(X, Y, verbose=0, **arguments)
