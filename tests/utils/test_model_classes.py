"""Classes derived from `Model`: the chain of layers that their `call` describes."""

import numpy as np
import pytest

import nn as tf
from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten, Input
from nn.models import Model, Sequential

RNG = np.random.default_rng(8)
X = RNG.random((30, 6, 6), np.float32)
Y = RNG.integers(0, 3, 30)


class Classifier(Model):
    def __init__(self, units=5):
        super().__init__()
        self.flatten = Flatten()
        self.first = Dense(units, activation="relu")
        self.dropout = Dropout(0.3)
        self.last = Dense(3, activation="softmax")

    def call(self, x, training=False):
        x = self.first(self.flatten(x))
        if training:
            x = self.dropout(x, training=training)
        return self.last(x)


def compiled(model):
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_it_learns_as_the_same_layers_in_a_row():
    own, row = compiled(Classifier()), compiled(Sequential([Flatten(), Dense(5, "relu"), Dropout(0.3), Dense(3, "softmax")]))
    losses = [model.fit(X, Y, batch_size=10, epochs=3, verbose=0).history["loss"] for model in (own, row)]
    assert losses[0] == losses[1]
    assert own.predict(X).tobytes() == row.predict(X).tobytes()
    assert own.layers == [own.flatten, own.first, own.dropout, own.last]
    assert own.count_params() == 36 * 5 + 5 + 5 * 3 + 3


@pytest.mark.parametrize("use", [lambda model: model(X), lambda model: model.predict(X), lambda model: model.build((None, 6, 6))])
def test_it_is_built_by_its_first_use(use):
    model = Classifier()
    use(model)
    assert model.input_shape == (6, 6)
    assert model.predict(X).shape == (30, 3)


def test_models_inside_it_and_it_inside_models():
    class Autoencoder(Model):
        def __init__(self):
            super().__init__(name="autoencoder")
            self.encoder = Sequential([Flatten(), Dense(4, activation="relu")])
            self.decoder = Sequential([Dense(36, activation="sigmoid"), tf.keras.layers.Reshape((6, 6))])

        def call(self, x):
            return self.decoder(self.encoder(x))

    model = Autoencoder()
    model.compile(optimizer="adam", loss=tf.keras.losses.MeanSquaredError())
    model.fit(X, X, epochs=2, validation_data=(X, X), verbose=0)
    code = model.encoder(X).numpy()
    np.testing.assert_allclose(model.decoder(code).numpy(), model.predict(X), atol=1e-6)
    image = Input((6, 6))
    outer = Model(image, Dense(2)(Classifier()(image)))
    assert [type(layer).__name__ for layer in outer.layers] == ["Flatten", "Dense", "Dropout", "Dense", "Dense"]


class Twice(Classifier):
    def call(self, x, training=None):
        x = self.first(self.flatten(x))
        return x if training else self.last(x)


class Array(Classifier):
    def call(self, x):
        return np.zeros((30, 3))


class Branches(Classifier):
    def call(self, x):
        return self.last([self.first(self.flatten(x)), x])


class Stepping(Classifier):
    def train_step(self, data):
        """Refused."""


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (Twice, "Twice: expected call to do the same while training and afterwards"),
        (Array, "Array: expected call to return what the last layer"),
        (Branches, "Dense: expected one input, got a list"),
        (Stepping, "Stepping: a train_step of your own is not supported"),
        (Model, "Model: expected Model\\(inputs, outputs\\), or a class of your own with a method call"),
    ],
)
def test_what_is_no_chain_is_refused(make, says):
    with pytest.raises(InputError, match=says) as error:
        compiled(make()).fit(X, Y, verbose=0)
    assert "\n" not in str(error.value)


def test_dropout_that_never_ends_is_refused():
    with pytest.raises(InputError, match="Dropout: training=True"):
        Dropout(0.5)(Input((3,)), training=True)
    assert Conv2D(2, 3)(Input((6, 6, 1)), training=False).shape == (None, 4, 4, 2)
