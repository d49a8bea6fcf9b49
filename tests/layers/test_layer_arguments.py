"""The arguments of the layers: defaults, limits from both sides, and names."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import (
    ELU,
    SELU,
    AveragePooling2D,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LeakyReLU,
    MaxPooling2D,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (AveragePooling2D, ()),
        (Conv2D, (2, 3)),
        (Dense, (2,)),
        (ELU, ()),
        (GlobalAveragePooling2D, ()),
        (GlobalMaxPooling2D, ()),
        (LeakyReLU, ()),
        (MaxPooling2D, ()),
        (Rescaling, (2,)),
        (Reshape, ((2, 3),)),
        (ZeroPadding2D, ()),
    ],
)
def test_a_layer_has_the_name_that_it_is_given(kind, arguments):
    layer = kind(*arguments, name="mine", input_shape=(4, 5, 6))
    assert layer.config()["name"] == "mine"
    assert layer.given_input_shape == (4, 5, 6)


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        (AveragePooling2D, (2, 2, "valid")),
        (Conv2D, (2, 3, 1, "valid")),
        (GlobalAveragePooling2D, ()),
        (GlobalMaxPooling2D, ()),
        (MaxPooling2D, (2, 2, "valid")),
        (ZeroPadding2D, (1,)),
    ],
)
def test_another_order_of_the_axes_is_refused_by_name_and_by_place(kind, before):
    assert kind(*before, data_format="channels_last").channels_first is False
    for arguments, options in (((*before, "NCHW"), {}), (before, {"data_format": "NCHW"})):
        with pytest.raises(InputError, match=f"{kind.__name__}: .*data_format"):
            kind(*arguments, **options)


def test_slopes_are_finite_and_at_least_0():
    assert (LeakyReLU().negative_slope, LeakyReLU(alpha=0.5).negative_slope, LeakyReLU(0).negative_slope) == (0.3, 0.5, 0.0)
    assert (ELU().alpha, ELU(0).alpha, ELU(0.5).alpha) == (1.0, 0.0, 0.5)
    for kind in (LeakyReLU, ELU):
        for value in (-0.01, np.inf, np.nan, "steep"):
            with pytest.raises(InputError, match=kind.__name__):
                kind(value)


@pytest.mark.parametrize(
    ("layer", "slope"),
    [(LeakyReLU(0.25), 0.25), (ELU(0.5), 0.5), (SELU(), SELU.LAMBDA * SELU.ALPHA)],
    ids=["leaky", "elu", "selu"],
)
def test_the_slope_at_zero_is_that_of_the_left(layer, slope):
    out, cache = layer.forward(np.array([[0.0, -0.0]]))
    assert (out == 0).all()
    np.testing.assert_allclose(layer.backward(np.array([[2.0, 3.0]]), cache)[0], [[2 * slope, 3 * slope]])


def test_rescaling_multiplies_and_adds_finite_numbers():
    x = np.array([[1.0, 2.0]])
    assert Rescaling(3).forward(x)[0].tolist() == [[3, 6]]
    assert Rescaling(3, 4).forward(x)[0].tolist() == [[7, 10]]
    for arguments, name in (((np.nan,), "scale"), (("2",), "scale"), ((2, np.inf), "offset"), ((2, None), "offset")):
        with pytest.raises(InputError, match=f"Rescaling: {name}"):
            Rescaling(*arguments)


def test_reshape_fills_in_one_size():
    assert Reshape((2, -1)).compute_output_shape((3, 4)) == (2, 6)
    assert Reshape((-1,)).compute_output_shape((3, 4)) == (12,)
    assert Reshape((1, 12)).compute_output_shape((3, 4)) == (1, 12)
    for shape in ((), (0, 2), (-2, 2), (-1, -1), (2.0,), "ab"):
        with pytest.raises(InputError, match="Reshape"):
            Reshape(shape)


@pytest.mark.parametrize(("target", "given"), [((2, -1), (5,)), ((1, 3), (6,)), ((2, 3), (3,)), ((2, 3), (12,)), ((4,), (6,))])
def test_reshape_keeps_the_number_of_values(target, given):
    with pytest.raises(InputError, match="Reshape"):
        Reshape(target).compute_output_shape(given)


def test_zero_padding_takes_one_number_or_two_or_four():
    assert ZeroPadding2D().padding == ((1, 1), (1, 1))
    assert ZeroPadding2D(0).padding == ((0, 0), (0, 0))
    assert ZeroPadding2D((1, 2)).padding == ((1, 1), (2, 2))
    assert ZeroPadding2D(((1, 2), (3, 4))).padding == ((1, 2), (3, 4))
    wrong = (-1, 1.0, "1", (1,), (1, 2, 3), ((1, 2), (3,)), ((1, 2, 3), (4, 5)), ((1, 2), (3, -1)), ((1, 2), (3, 4), (5, 6)))
    for padding in wrong:
        with pytest.raises(InputError, match="ZeroPadding2D"):
            ZeroPadding2D(padding)


def test_zero_padding_surrounds_images_with_zeros():
    layer = ZeroPadding2D(((1, 0), (0, 2)))
    layer.build((1, 2, 1), np.random.default_rng(0), np.float64)
    out, cache = layer.forward(np.array([3.0, 4.0]).reshape(1, 1, 2, 1))
    assert out[0, :, :, 0].tolist() == [[0, 0, 0, 0], [3, 4, 0, 0]]
    dx, _ = layer.backward(np.arange(8.0).reshape(1, 2, 4, 1), cache)
    assert dx[0, :, :, 0].tolist() == [[4, 5]]


def test_outputs_of_a_convolution_are_rows_columns_and_filters():
    assert Conv2D(7, (3, 2), strides=(1, 3)).compute_output_shape((6, 9, 2)) == (4, 3, 7)
    for options in ({"dilation_rate": 2}, {"dilation_rate": (1, 2)}, {"groups": 2}):
        with pytest.raises(InputError, match="Conv2D"):
            Conv2D(2, 3, **options)
