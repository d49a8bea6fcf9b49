"""Chains of layers through `Model(inputs, outputs)`: their ends, their parts, and what is no chain."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten, Input
from nn.models import Model, Sequential, clone_model, model_from_json

RNG = np.random.default_rng(9)
X = RNG.random((1203, 2, 3), np.float32)


@pytest.fixture
def chain():
    """The symbols of a chain, from the image to the classes."""
    image = Input((2, 3))
    flat = Flatten()(image)
    hidden = Dense(5, activation="relu")(flat)
    return image, flat, hidden, Dense(4, activation="softmax")(hidden)


def by_hand(model, x=X):
    """The outputs of both dense layers of the chain."""
    kernel, bias, last, last_bias = model.get_weights()
    hidden = np.maximum(x.reshape(len(x), -1) @ kernel + bias, 0)
    scores = np.exp(hidden @ last + last_bias)
    return hidden, scores / scores.sum(axis=1, keepdims=True)


def close(one, other):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_chain_is_the_layers_in_a_row(chain):
    image, *_, out = chain
    for model in (Model(image, out), Model([image], out), Model(input=image, output=out), Model(inputs=image, outputs=out)):
        assert [type(layer).__name__ for layer in model.layers] == ["Flatten", "Dense", "Dense"]
        assert (model.input_shape, model.output_shape) == ((2, 3), (4,))
        close(model.predict(X), by_hand(model)[1])
    assert Model(image, out, name="reader").name == "reader"


def test_several_outputs_are_predicted_as_a_list(chain):
    image, _, hidden, out = chain
    model = Model(image, [hidden, out])
    found = model.predict(X)
    assert [array.shape for array in found] == [(1203, 5), (1203, 4)]
    for one, other in zip(found, by_hand(model), strict=True):
        close(one, other)
    for one, other in zip(Model(image, [out, hidden]).predict(X)[::-1], found, strict=True):
        close(one, other)
    with pytest.raises(InputError, match="x: expected shape"):
        model.predict(X[:, :, :2])


def test_a_part_of_a_chain_is_a_model_too(chain):
    image, flat, hidden, out = chain
    whole, flat_x = Model(image, out), X.reshape(-1, 6)
    part = Model(flat, [hidden, out])
    assert part.input_shape == (6,)
    for one, other in zip(part.predict(flat_x), by_hand(whole), strict=True):
        close(one, other)
    close(Model(flat, hidden).predict(flat_x), by_hand(whole)[0])


def test_only_a_model_with_one_output_is_trained(chain):
    image, _, hidden, out = chain
    y = RNG.integers(0, 4, 40)
    one, two = Model(image, [out]), Model(image, [hidden, out])
    for model in (one, two):
        model.compile("sgd", "sparse_categorical_crossentropy")
    assert one.fit(X[:40], y, verbose=0).epoch == [0]
    assert [array.shape for array in one.predict(X)] == [(1203, 4)]
    with pytest.raises(InputError, match="fit: expected a model with one output, got one with 2"):
        two.fit(X[:40], y, verbose=0)


BRANCHES, AFTER, ONE_INPUT = "got branches", "outputs that come after inputs", "expected inputs to be one Input"
TWO_INPUTS = "several inputs are not supported; expected one Input, got 2"


@pytest.mark.parametrize(
    ("pick", "says"),
    [
        (lambda image, flat, hidden, out: (image, [hidden, Dense(4)(flat)]), BRANCHES),
        (lambda image, flat, hidden, out: (Input((2, 3)), out), BRANCHES),
        (lambda image, flat, hidden, out: (hidden, flat), AFTER),
        (lambda image, flat, hidden, out: (hidden, hidden), AFTER),
        (lambda image, flat, hidden, out: (image, image), AFTER),
        (lambda image, flat, hidden, out: (Flatten()(image), out), AFTER),
        (lambda image, flat, hidden, out: (image, []), ONE_INPUT),
        (lambda image, flat, hidden, out: (image, [out, X]), ONE_INPUT),
        (lambda image, flat, hidden, out: (X, out), ONE_INPUT),
        (lambda image, flat, hidden, out: ([image, image], out), TWO_INPUTS),
        (lambda image, flat, hidden, out: ({"a": image, "b": flat}, out), TWO_INPUTS),
        (lambda image, flat, hidden, out: (image, None), r"expected Model\(inputs, outputs\)"),
        (lambda image, flat, hidden, out: (None, out), r"expected Model\(inputs, outputs\)"),
    ],
    ids=[
        "branch",
        "other-input",
        "before",
        "same",
        "nothing",
        "other-flatten",
        "none",
        "array",
        "x",
        "two",
        "named",
        "no-out",
        "no-in",
    ],
)
def test_what_is_no_chain_is_refused(chain, pick, says):
    with pytest.raises(InputError, match=f"Model: .*{says}"):
        Model(*pick(*chain))


def test_copies_have_the_layers_and_new_weights(chain):
    model = Model(chain[0], chain[-1])
    for copy in (clone_model(model), model_from_json(model.to_json())):
        assert [array.shape for array in copy.get_weights()] == [array.shape for array in model.get_weights()]
        assert type(copy) is Sequential
    with pytest.raises(InputError, match="custom_objects are not supported"):
        model_from_json(model.to_json(), {"Mine": Dense})


# -- Classes derived from Model ------------------------------------------------------------------------------------------


class Reader(Model):
    def __init__(self):
        super().__init__(name="reader")
        self.flatten, self.dropout, self.last = Flatten(), Dropout(0.5), Dense(4)

    def call(self, x, training=False):
        x = self.flatten(x)
        return self.last(self.dropout(x) if training else x)


@pytest.mark.parametrize("shape", [(2, 3), (None, 2, 3), [2, 3]])
def test_a_class_is_built_with_or_without_the_axis_of_the_samples(shape):
    model = Reader()
    for _ in range(2):
        model.build(shape)
    assert (model.input_shape, model.name, len(model.layers)) == ((2, 3), "reader", 3)
    with pytest.raises(InputError, match="Reader"):
        Reader().build()


def test_the_axis_of_the_samples_is_not_one_of_an_image():
    class Convolution(Model):
        def __init__(self):
            super().__init__()
            self.conv = Conv2D(3, 2)

        def call(self, x):
            return self.conv(x)

    model = Convolution()
    model.build((None, 5, 4, 1))
    assert model.output_shape == (4, 3, 3)


def test_a_class_called_on_an_array_does_not_train_unless_it_is_told_to():
    model = Reader()
    assert model(X, training=True).shape == (1203, 4)
    assert Reader()(X.tolist()).shape == (1203, 4)
    weights = [array.copy() + 1 for array in model.get_weights()]
    model.set_weights(weights)
    expected = X.reshape(-1, 6) @ weights[0] + weights[1]
    close(model(X), expected)
    close(model.predict(X), expected)
    assert np.abs(model(X, training=True) - expected).max() > 0.1


def test_a_class_called_on_a_symbol_gives_the_chain_of_its_layers(chain):
    model = Reader()
    end = model(chain[0])
    assert end.layers == (model.flatten, model.dropout, model.last)


class Same(Reader):
    def call(self, x):
        return x


class Elsewhere(Reader):
    def call(self, x):
        return self.last(Input((6,)))


@pytest.mark.parametrize("kind", [Same, Elsewhere])
def test_a_call_that_leaves_the_chain_is_refused(chain, kind):
    with pytest.raises(InputError, match=f"{kind.__name__}: expected call to return what the last layer of a chain returns"):
        kind()(chain[1])


@pytest.mark.parametrize("method", ["train_step", "test_step", "predict_step"])
def test_steps_of_ones_own_are_refused(method):
    kind = type("Stepping", (Reader,), {method: lambda self, data: data})
    with pytest.raises(InputError, match=f"Stepping: a {method} of your own is not supported"):
        kind()
