"""A stack builds its layers in their order, names them, prints them and knows how it ends."""

import io

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Layer, ReLU, Sigmoid, Softmax
from nn.layers.stack import Stack, split_activation, split_softmax, with_activation

RNG = np.random.default_rng(6)


def names(stack):
    return [layer.name for layer in stack.layers]


# -- Building --------------------------------------------------------------------------------------


def test_layers_are_built_as_soon_as_their_input_is_known():
    stack = Stack([])
    shapes = []
    for layer in (Conv2D(2, 3, input_shape=(5, 6, 1)), Flatten(), Dense(3)):
        stack.add(layer)
        assert layer.built
        shapes.append((layer.input_shape, layer.output_shape))
    assert shapes == [((5, 6, 1), (3, 4, 2)), ((3, 4, 2), (24,)), ((24,), (3,))]
    assert (stack.input_shape, stack.output_shape) == ((5, 6, 1), (3,))


def test_without_a_shape_they_are_built_later_in_their_order():
    stack = Stack([Flatten(), Dense(3), Dense(2)], seed=4)
    assert not any(layer.built for layer in stack.layers)
    for ask in (stack.arrays, stack.parameters, stack.count_params, stack.summary, lambda: stack.output_shape):
        with pytest.raises(InputError, match="the model has no input shape yet"):
            ask()
    stack.build((2, 2, 1))
    again = Stack([Flatten(input_shape=(2, 2, 1)), Dense(3), Dense(2)], seed=4)
    assert [array.shape for array in stack.arrays().values()] == [(4, 3), (3,), (3, 2), (2,)]
    for array, expected in zip(stack.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_an_empty_stack_has_no_shape():
    with pytest.raises(InputError, match="the model has no input shape yet"):
        _ = Stack([]).input_shape
    assert Stack([]).penalty() == 0


def test_the_seed_of_the_initial_weights_is_zero_unless_it_is_given():
    first, same, other = (
        Stack([Dense(3, input_shape=(4,))], **options).get_weights()[0] for options in ({}, {"seed": 0}, {"seed": 1})
    )
    np.testing.assert_array_equal(first, same)
    assert (first != other).all()
    assert first.dtype == np.float32
    assert Stack([Dense(3, input_shape=(4,))], dtype=np.float64).get_weights()[0].dtype == np.float64


def test_a_built_layer_keeps_its_weights_in_a_stack_of_the_same_shapes_only():
    dense = Dense(3, input_shape=(4,))
    kernel = Stack([dense], seed=1).layers[0].parameters["kernel"]
    again = Stack([Flatten(input_shape=(2, 2, 1)), dense], seed=2)
    assert again.layers[1].parameters["kernel"] is kernel
    again.build((2, 2, 1))
    assert again.layers[1].parameters["kernel"] is kernel
    with pytest.raises(InputError, match=r"was built for another input shape: expected \(4,\) as before, got \(5,\)"):
        Stack([Flatten(input_shape=(5, 1, 1)), dense])


# -- Names -----------------------------------------------------------------------------------------


def test_layers_without_a_name_are_numbered_by_their_kind():
    stack = Stack([Dense(1), Dropout(0.1), Dense(1), Dense(1), Dropout(0.1), Dense(1)])
    assert names(stack) == ["dense", "dropout", "dense_1", "dense_2", "dropout_1", "dense_3"]


def test_a_number_that_is_taken_is_left_out():
    assert names(Stack([Dense(1, name="dense_1"), Dense(1), Dense(1)])) == ["dense_1", "dense", "dense_2"]


def test_a_given_name_is_kept_and_must_be_free():
    stack = Stack([Dense(1, name="first"), Dense(1, name="dense")])
    assert names(stack) == ["first", "dense"]
    with pytest.raises(InputError, match="add: there is a layer named 'first' already"):
        stack.add(Dense(1, name="first"))
    assert names(stack) == ["first", "dense"]


def test_a_numbered_layer_is_numbered_anew_in_another_stack():
    dense, named = Dense(1), Dense(1, name="mine")
    Stack([dense, named])
    assert names(Stack([Dense(1), dense])) == ["dense", "dense_1"]
    assert names(Stack([dense, Dense(1)])) == ["dense_1", "dense"]
    with pytest.raises(InputError, match="there is a layer named 'mine' already"):
        Stack([Dense(1, name="mine"), named])


@pytest.mark.parametrize("wrong", ["Dense", Dense, None])
def test_only_layers_are_added(wrong):
    with pytest.raises(InputError, match=r"add: expected a layer, got (str|type|NoneType)"):
        Stack([wrong])


def test_a_layer_is_in_a_stack_only_once():
    dense = Dense(1)
    with pytest.raises(InputError, match="add: the layer dense is in the model already"):
        Stack([dense, ReLU(), dense])


# -- Passes ----------------------------------------------------------------------------------------


def test_backward_is_the_chain_rule():
    # out = x A B, so dx = dout Bᵀ Aᵀ, dA = xᵀ dout Bᵀ and dB = (x A)ᵀ dout.
    stack = Stack([Dense(3, use_bias=False, input_shape=(4,)), Dense(2, use_bias=False)], dtype=np.float64)
    a, b = stack.parameters().values()
    x, dout = RNG.random((5, 4)), RNG.random((5, 2))
    out, caches = stack.forward(x, training=True)
    np.testing.assert_allclose(out, x @ a @ b)
    dx, gradients = stack.backward(dout, caches)
    np.testing.assert_allclose(dx, dout @ b.T @ a.T)
    assert sorted(gradients) == ["dense/kernel", "dense_1/kernel"]
    np.testing.assert_allclose(gradients["dense/kernel"], x.T @ (dout @ b.T))
    np.testing.assert_allclose(gradients["dense_1/kernel"], (x @ a).T @ dout)


def test_dropout_is_off_unless_the_stack_is_trained():
    stack, x = Stack([Dropout(0.5, input_shape=(100,))]), np.ones((3, 100), np.float32)
    for out in (stack.forward(x)[0], stack.forward(x, rng=3)[0], *(out for _, out in stack.outputs(x))):
        np.testing.assert_array_equal(out, x)
    out, caches = stack.forward(x, training=True, rng=3)
    assert set(np.unique(out)) == {0, 2}
    assert len(caches) == 1


def test_each_layer_comes_with_its_output():
    stack = Stack([Dense(3, activation="tanh", input_shape=(4,)), Dense(2)], seed=3)
    x = RNG.random((5, 4), np.float32)
    (first, hidden), (second, out) = stack.outputs(x)
    assert [first, second] == stack.layers
    np.testing.assert_array_equal(hidden, stack.layers[0].forward(x)[0])
    np.testing.assert_array_equal(out, stack.forward(x)[0])


def test_keys_are_63_bits_of_the_generator_for_each_random_layer():
    stack = Stack([Dropout(0.5), Dense(1), Dropout(0.5)])
    keys = stack.random_keys(5)
    assert list(keys) == ["dropout", "dropout_1"]
    # Numbers below 2⁶³: of many, half have the highest of these bits.
    many = [key for seed in range(200) for key in stack.random_keys(seed).values()]
    assert all(0 <= key < 2**63 for key in many)
    assert 120 < sum(key >= 2**62 for key in many) < 280
    assert stack.random_keys(keys) is keys
    assert stack.random_keys(np.random.default_rng(5)) == keys


class Wrong(Layer):
    """Announces its input's shape, and returns what it is told."""

    def __init__(self, out=None, gradients=None, **options):
        super().__init__(**options)
        self.out, self.gradients = out, gradients or {}

    def forward(self, x, training=False, rng=None):
        return x if self.out is None else np.zeros(self.out), None

    def backward(self, dout, cache):
        return dout, self.gradients


def test_an_output_of_another_shape_than_announced_is_refused():
    for right in ((2, 3, 4), (5, 3, 4)):  # the samples are not the layer's affair
        Stack([Wrong(right, input_shape=(3, 4))]).forward(np.zeros((2, 3, 4)))
    for wrong in ((2, 4, 4), (2, 3), (2, 12)):
        with pytest.raises(InputError, match=r"layer wrong: forward returned samples of shape .* says \(3, 4\)"):
            Stack([Wrong(wrong, input_shape=(3, 4))]).forward(np.zeros((2, 3, 4)))


def test_gradients_of_other_parameters_are_refused_with_their_names():
    stack = Stack([Wrong(gradients={"b": 1, "a": 2}, input_shape=(3,))])
    out, caches = stack.forward(np.zeros((2, 3)))
    with pytest.raises(InputError, match=r"layer wrong: backward must return gradients for \[\], got \['a', 'b'\]"):
        stack.backward(out, caches)


# -- What it shows ---------------------------------------------------------------------------------

SUMMARY = """
Layer (type)                             Output shape          Parameters
=========================================================================
conv2d (Conv2D)                          (None, 3, 4, 20)             200
flatten (Flatten)                        (None, 240)                    0
batch_normalization (BatchNormalization) (None, 240)                  960
out (Dense)                              (None, 5)                  1,205
=========================================================================
Total parameters: 2,365
"""


def summarized():
    return Stack([Conv2D(20, 3, input_shape=(5, 6, 1)), Flatten(), BatchNormalization(), Dense(5, name="out")])


def test_a_summary_lists_shapes_and_parameters_in_columns():
    out = io.StringIO()
    summarized().summary(file=out)
    assert out.getvalue() == SUMMARY.lstrip()


@pytest.mark.parametrize(("width", "name"), [(80, "batch_normalization (BatchNormalization) "), (50, "batch_normaliz... ")])
def test_a_summary_is_as_wide_as_it_is_asked_to_be(capsys, width, name):
    summarized().summary(width=width)
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) for line in lines[:-1]] == [width] * 7
    assert lines[4].startswith(name)
    assert lines[-1] == "Total parameters: 2,365"


def test_weights_are_taken_if_all_fit():
    stack = Stack([Dense(2, input_shape=(3,))])
    weights = [RNG.random((3, 2)), RNG.random(2)]
    stack.set_weights([weights[0].tolist(), weights[1]])
    for array, expected in zip(stack.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(array, expected.astype(np.float32))
    for wrong, says in (
        (weights[:1], "expected 2 arrays, got 1"),
        ([weights[0].T, weights[1]], r"expected shape \(3, 2\) for dense/kernel, got \(2, 3\)"),
    ):
        with pytest.raises(InputError, match=says):
            stack.set_weights(wrong)


# -- How it ends -----------------------------------------------------------------------------------

BODY = [Dense(4, activation="relu")]


def test_a_last_layer_that_is_the_activation_is_left_out():
    for last, activation in ((Softmax(), "softmax"), (Sigmoid(), "sigmoid"), (ReLU(), "relu")):
        assert split_activation([*BODY, last], activation) == (BODY, True)


@pytest.mark.parametrize("last", [Dense(3, activation="softmax", input_shape=(4,)), Activation("softmax", input_shape=(4,))])
def test_the_activation_of_a_last_layer_is_taken_off_a_copy_with_the_same_arrays(last):
    Stack([last])
    (body, scores), found = split_activation([*BODY, last], "softmax")
    assert found is True
    assert body is BODY[0]
    assert (scores.activation_name, last.activation_name) == ("linear", "softmax")
    assert scores.parameters is last.parameters
    x = RNG.random((2, 4), np.float32)
    z = scores.forward(x)[0].astype(np.float64)
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(last.forward(x)[0], expected, rtol=1e-5)


@pytest.mark.parametrize("activation", ["softmax", None])
def test_another_end_stays_as_it_is(activation):
    for last in (Dense(3), Dense(3, activation="sigmoid"), Sigmoid(), Flatten()):
        layers = [*BODY, last]
        assert split_activation(layers, activation) == (layers, False)
    layers = (*BODY, Softmax())
    assert split_activation(layers, None) == (list(layers), False)


def test_splitting_the_softmax_is_splitting_that_activation():
    layers = [*BODY, Softmax()]
    assert split_softmax(layers) == (BODY, True)
    assert split_softmax(BODY) == (BODY, False)


def test_a_layer_with_another_activation_shares_its_arrays():
    dense = Dense(3, activation="relu", input_shape=(4,))
    Stack([dense])
    other = with_activation(dense, "linear")
    assert (other.activation_name, dense.activation_name) == ("linear", "relu")
    assert (other.name, other.parameters) == (dense.name, dense.parameters)
