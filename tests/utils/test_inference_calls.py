"""Layers and models called with `training=False`, as in transfer learning."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Input
from nn.models import Model, Sequential

RNG = np.random.default_rng(5)
X = RNG.random((40, 6), np.float32)
Y = RNG.integers(0, 3, 40)


def base_model():
    return Sequential([Dense(5, input_shape=(6,)), BatchNormalization(), Dropout(0.9)])


def classifier(base, **call):
    image = Input((6,))
    model = Model(image, Dense(3, activation="softmax")(base(image, **call)))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("layer", [Dropout(0.9), GaussianNoise(5.0)])
def test_a_random_layer_called_for_inference_does_nothing_in_fit(layer):
    image = Input((6,))
    last = Dense(3, activation="softmax")
    model = Model(image, last(layer(image, training=False)))
    plain = Sequential([Dense(3, activation="softmax", input_shape=(6,))])
    plain.set_weights(model.get_weights())
    for each in (model, plain):
        each.compile("sgd", "sparse_categorical_crossentropy")
        each.fit(X, Y, verbose=0)
    assert model.layers == [last]
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_frozen_base_called_for_inference_stays_as_it_is_and_drops_nothing():
    base = base_model()
    base.trainable = False
    model = classifier(base, training=False)
    before = base.get_weights()
    features = base.predict(X)
    head = Sequential([Dense(3, activation="softmax", input_shape=(5,))])
    head.set_weights(model.get_weights()[-2:])
    head.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    head.fit(features, Y, verbose=0)
    for one, other in zip(base.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(model.get_weights()[-2:], head.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def own_base():
    class Base(Model):
        def __init__(self):
            super().__init__()
            self.parts = base_model().layers

        def call(self, x, training=None):
            for layer in self.parts:
                x = layer(x, training=training)
            return x

    return Base()


@pytest.mark.parametrize("make", [base_model, own_base, lambda: classifier(base_model(), training=False)])
def test_moving_averages_that_would_train_in_a_base_called_for_inference_are_refused(make):
    model = classifier(make(), training=False)
    with pytest.raises(InputError, match=r"fit: the layer batch_norm.* was called with training=False; .* trainable is False"):
        model.fit(X, Y, verbose=0)
    nested = Sequential([model])
    with pytest.raises(InputError, match="was called with training=False"):
        nested.fit(X, Y, verbose=0)


def test_a_base_that_is_thawed_is_refused_until_its_moving_averages_are_frozen_again():
    base = base_model()
    base.trainable = False
    model = classifier(base, training=False)
    model.fit(X, Y, verbose=0)
    base.trainable = True
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(InputError, match="was called with training=False"):
        model.fit(X, Y, verbose=0)
    base.layers[1].trainable = False
    averages = [array.copy() for array in base.layers[1].state.values()]
    kernel = base.layers[0].get_weights()[0]
    model.fit(X, Y, verbose=0)
    assert all((now == then).all() for now, then in zip(base.layers[1].state.values(), averages, strict=True))
    assert (base.layers[0].get_weights()[0] != kernel).any()


def test_the_base_itself_and_other_models_with_it_train_as_before():
    base = base_model()
    classifier(base, training=False)
    for model in (base, classifier(base), classifier(base, training=None)):
        model.compile("sgd", "mse" if model is base else "sparse_categorical_crossentropy")
        mean = base.layers[1].state["moving_mean"].copy()
        model.fit(X, RNG.random((40, 5)) if model is base else Y, verbose=0)
        assert (base.layers[1].state["moving_mean"] != mean).any()
        assert any(isinstance(layer, Dropout) for layer in model.layers)


def test_a_random_layer_of_ones_own_called_for_inference_is_refused_by_fit():
    class Mine(Dropout):
        pass

    image = Input((6,))
    model = Model(image, Dense(3, activation="softmax")(Mine(0.5)(image, training=False)))
    with pytest.raises(InputError, match=r"the layer mine was called with training=False; .* not at all"):
        model.fit(X, Y, verbose=0)
