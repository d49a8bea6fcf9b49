"""Layers called on symbols and on arrays; their arrays as Keras' scripts see them."""

import re

import numpy as np
import pytest

import nn
from nn.errors import InputError
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, ReLU, Rescaling
from nn.models import Model, Sequential
from nn.utils import channels

RNG = np.random.default_rng(3)


def test_a_symbol_remembers_its_beginning_and_the_layers_in_their_order():
    image, flatten, dense = Input((2, 3)), Flatten(), Dense(4)
    end = dense(flatten(image))
    assert (image.shape, image.dtype, image.layers) == ((None, 2, 3), "float32", ())
    assert (end.shape, end.sample_shape, end.layers) == ((None, 4), (4,), (flatten, dense))
    assert end.origin is image.origin is image


def test_input_and_output_of_a_layer_are_those_of_its_first_chain():
    first, second, layer = Input((3,)), Input((3,)), Dense(2)
    with pytest.raises(InputError, match="Dense: expected a layer in a model whose input shape is known"):
        _ = layer.output
    end = layer(first)
    other = layer(second)
    assert (layer.input, layer.output) == (first, end)
    assert (other.origin, other.layers) == (second, (layer,))
    again = layer(first)
    assert layer.output is again


def test_with_channels_first_a_chain_turns_the_images_and_the_layer_sees_them_turned():
    image = Input((2, 8, 6))
    turned = Conv2D(3, 1, data_format="channels_first")
    end = turned(image)
    turn = end.layers[0]
    assert channels.is_turned(end.layers)
    assert (turn.input, turn.output) == (image, turned.input)
    assert turned.input.shape == (None, 8, 6, 2)
    assert end.layers == (turn, turned)


def test_lists_of_numbers_are_arrays_and_lists_of_symbols_are_refused():
    assert Rescaling(0.5)([[1, 3]]).numpy().tolist() == [[0.5, 1.5]]
    with pytest.raises(InputError, match="Dense: expected one input, got a list"):
        Dense(2)([Input((3,)), Input((3,))])
    with pytest.raises(InputError, match="Dropout: training=True, for predictions too, is not supported"):
        Dropout(0.5)(Input((3,)), training=True)


@pytest.mark.parametrize(
    ("use", "sign"),
    [
        (lambda x: x + x, "+"),
        (lambda x: 1 - x, "-"),
        (lambda x: x * 2, "*"),
        (lambda x: x / 255.0, "/"),
        (lambda x: x**2, "**"),
        (lambda x: x @ x, "@"),
        (lambda x: -x, "-"),
        (lambda x: x[:, :2], "an index"),
        (lambda x: x > 0, "a comparison"),
        (lambda x: np.float32(2) * x, "a function of arrays"),
        (lambda x: np.exp(x), "a function of arrays"),
        (lambda x: np.concatenate([x, x], axis=1), "a function of arrays"),
        (lambda x: nn.concat([x, x], 1), "a function of arrays"),
        (lambda x: nn.reshape(x, (-1,)), "a function of arrays"),
    ],
    ids=[
        "add",
        "subtract",
        "multiply",
        "divide",
        "power",
        "matrix",
        "minus",
        "index",
        "greater",
        "numpy",
        "exp",
        "join",
        "tf",
        "tf2",
    ],
)
def test_arithmetic_with_symbols_is_refused_in_the_projects_own_sentence(use, sign):
    said = f"only chains of layers are supported: a branch or arithmetic between layers (here {sign}) is not; see docs/keras.md"
    with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
        use(Dense(3)(Input((3,))))


def test_arithmetic_in_a_call_of_ones_own_is_refused_too():
    class Residual(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(3)

        def call(self, x):
            return x + self.dense(x)

    with pytest.raises(InputError, match=r"only chains of layers are supported: .* \(here \+\)"):
        Residual().predict(np.zeros((2, 3), np.float32))


def test_whole_numbers_become_float32_and_others_stay_as_they_are():
    assert ReLU()(np.array([[-1, 2]])).dtype == np.float32
    assert ReLU()(np.array([[-1.0, 2.0]])).dtype == np.float64


def test_a_layer_is_built_by_its_first_array_and_keeps_that_shape():
    layer, x = Dense(3), RNG.random((5, 2), np.float32)
    out = layer(x)
    assert out.shape == (5, 3)
    np.testing.assert_array_equal(layer(x), out)
    np.testing.assert_allclose(out, x @ layer.get_weights()[0], rtol=1e-5)
    with pytest.raises(InputError, match=r"Dense: expected samples of shape \(2,\), got \(4,\)"):
        layer(np.zeros((5, 4)))
    pictures = RNG.random((5, 2, 2), np.float32)
    assert Flatten()(pictures).tolist() == pictures.reshape(5, 4).tolist()


def test_dropout_drops_only_when_told_that_it_is_training():
    x = np.ones((20, 20), np.float32)
    assert (Dropout(0.5)(x) == 1).all()
    assert set(np.unique(Dropout(0.5)(x, training=True))) == {0, 2}


def test_weights_of_a_layer_are_copied_in_and_out():
    layer = Dense(2)
    layer(np.zeros((1, 3)))
    kernel, bias = np.arange(6.0).reshape(3, 2), [7, 8]
    layer.set_weights([kernel, bias])
    found = layer.get_weights()
    assert [array.tolist() for array in found] == [kernel.tolist(), bias]
    found[0][...] = 0
    assert layer.weights[0].tolist() == kernel.tolist()
    assert layer.count_params() == 8
    with pytest.raises(
        InputError, match=r"set_weights: expected arrays of shapes \[\(3, 2\), \(2,\)\], got \[\(2, 3\), \(2,\)\]"
    ):
        layer.set_weights([kernel.T, bias])
    with pytest.raises(InputError, match="set_weights"):
        layer.set_weights([kernel])


def test_what_is_trained_has_names_and_a_frozen_layer_trains_nothing():
    layer = BatchNormalization(name="norm")
    layer(np.zeros((4, 3)))
    assert [weight.name for weight in layer.trainable_weights] == ["norm/gamma", "norm/beta"]
    assert len(layer.weights) == 4
    layer.trainable = False
    assert layer.trainable_weights == []


def test_layers_of_ones_own_have_passes_instead_of_call():
    with pytest.raises(InputError, match=r"Mine: a layer of your own has forward\(x, training, rng\)"):

        class Mine(Dense):
            def call(self, x):
                return x

    class Both(Dense):
        def call(self, x):
            return self.forward(x)

        def forward(self, x, training=False, rng=None):
            return super().forward(x, training, rng)

    assert Sequential([Both(2, input_shape=(3,))]).output_shape == (2,)


def test_a_layer_of_ones_own_takes_its_arguments_under_its_own_names_and_may_have_other_bases():
    class Tagged:
        def __init_subclass__(cls, tag=None, **options):
            super().__init_subclass__(**options)
            cls.tag = tag

    class Mine(Dense, Tagged, tag="mine"):
        def __init__(self, output_dim, init="glorot_uniform"):
            super().__init__(2 * output_dim, kernel_initializer=init)

    assert Mine(output_dim=3, init="zeros").units == 6
    assert Mine.tag == "mine"


def test_a_layer_on_its_own_starts_as_the_first_layer_of_a_model_does():
    layer = Dense(3)
    layer(np.ones((1, 2)))
    np.testing.assert_array_equal(layer.get_weights()[0], Sequential([Dense(3, input_shape=(2,))]).get_weights()[0])
