import numpy as np
import pytest
from scipy.signal import correlate

from nn.errors import InputError
from nn.layers import Conv2D


def conv(kernel, bias, shape, **options):
    kernel = np.array(kernel, np.float64)
    layer = Conv2D(kernel.shape[3], kernel.shape[:2], **options)
    layer.build(shape, np.random.default_rng(0), np.float64)
    layer.parameters["kernel"][...] = kernel
    layer.parameters["bias"][...] = bias
    return layer


def test_hand_worked_two_by_two():
    # x = 1 2 3    kernel = 1 10     z[0,0] = 1·1 + 2·10 + 4·100 + 5·1000 + 0.5 = 5421.5
    #     4 5 6             100 1000 z[0,1] = 2·1 + 3·10 + 5·100 + 6·1000 + 0.5 = 6532.5
    x = np.array([[1.0, 2, 3], [4, 5, 6]]).reshape(1, 2, 3, 1)
    layer = conv(np.array([[1.0, 10], [100, 1000]]).reshape(2, 2, 1, 1), 0.5, (2, 3, 1))
    out, cache = layer.forward(x)
    assert out.ravel().tolist() == [5421.5, 6532.5]
    # dout = (1, 2): dkernel[a,b] = 1·x[a,b] + 2·x[a,b+1] = (1+4, 2+6; 4+10, 5+12); dbias = 3
    # dx = 1·1, 1·10 + 2·1, 2·10; 1·100, 1·1000 + 2·100, 2·1000
    dx, grads = layer.backward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), cache)
    assert grads["kernel"].ravel().tolist() == [5, 8, 14, 17]
    assert grads["bias"].tolist() == [3]
    assert dx.ravel().tolist() == [1, 12, 20, 100, 1200, 2000]


def test_hand_worked_same_padding_puts_the_odd_zero_behind():
    # x = (1, 2, 3), kernel (1, 10), same: one zero to the right. z = 1 + 20, 2 + 30, 3 + 0.
    layer = conv(np.array([1.0, 10]).reshape(1, 2, 1, 1), 0, (1, 3, 1), padding="same")
    out, cache = layer.forward(np.array([1.0, 2, 3]).reshape(1, 1, 3, 1))
    assert out.ravel().tolist() == [21, 32, 3]
    # dout = 1, 1, 1: dx = 1, 10 + 1, 10 + 1; dkernel = 1+2+3, 2+3+0
    dx, grads = layer.backward(np.ones((1, 1, 3, 1)), cache)
    assert dx.ravel().tolist() == [1, 11, 11]
    assert grads["kernel"].ravel().tolist() == [6, 5]


def test_hand_worked_stride_skips_inputs_that_no_patch_reaches():
    # x = 0 ... 5, kernel (1, 10), stride 3: patches (0, 1) and (3, 4); 2 and 5 are never looked
    # at.
    layer = conv(np.array([1.0, 10]).reshape(1, 2, 1, 1), 0, (1, 6, 1), strides=(1, 3))
    out, cache = layer.forward(np.arange(6.0).reshape(1, 1, 6, 1))
    assert out.ravel().tolist() == [10, 43]
    dx, _ = layer.backward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1), cache)
    assert dx.ravel().tolist() == [1, 10, 0, 2, 20, 0]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("size", [(4, 5), (5, 4)])
@pytest.mark.parametrize("window", [(1, 2), (2, 1), (2, 3), (4, 2)])
@pytest.mark.parametrize("strides", [(1, 2), (2, 1), (1, 1)])
def test_every_place_of_the_kernel_meets_the_input_it_should(padding, size, window, strides):
    # Place (ki, kj) at output (i, j) meets the input i·SH + ki - above, j·SW + kj - left, if there
    # is one; with same padding, above and left are half of what all windows together reach beyond
    # the image, rounded down.
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, *size, 1))
    layer = conv(rng.standard_normal((*window, 1, 1)), 0, x.shape[1:], strides=strides, padding=padding)
    out, cache = layer.forward(x)
    dout = rng.standard_normal(out.shape)
    reach = [(places - 1) * s + w - n for places, s, w, n in zip(out.shape[1:3], strides, window, size, strict=True)]
    above, left = (max(each, 0) // 2 if padding == "same" else 0 for each in reach)
    kernel, expected, dx = layer.parameters["kernel"][..., 0, 0], np.zeros(out.shape), np.zeros(x.shape)
    for i, j, ki, kj in np.ndindex(*out.shape[1:3], *window):
        row, column = i * strides[0] + ki - above, j * strides[1] + kj - left
        if 0 <= row < size[0] and 0 <= column < size[1]:
            expected[0, i, j, 0] += kernel[ki, kj] * x[0, row, column, 0]
            dx[0, row, column, 0] += kernel[ki, kj] * dout[0, i, j, 0]
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(layer.backward(dout, cache)[0], dx, rtol=1e-12, atol=1e-12)


def test_kernel_is_not_flipped_and_channels_are_summed():
    # Two channels; the filter takes channel 0 at the left and channel 1 at the right.
    kernel = np.zeros((1, 2, 2, 1))
    kernel[0, 0, 0, 0] = 1
    kernel[0, 1, 1, 0] = 10
    layer = conv(kernel, 0, (1, 2, 2))
    out, _ = layer.forward(np.array([[1.0, 2], [3, 4]]).reshape(1, 1, 2, 2))
    assert out.item() == 1 * 1 + 4 * 10


def test_rows_and_columns_are_not_swapped():
    kernel = np.array([[1.0], [10]]).reshape(2, 1, 1, 1)
    out, _ = conv(kernel, 0, (3, 2, 1), strides=(1, 2)).forward(np.arange(6.0).reshape(1, 3, 2, 1))
    assert out.ravel().tolist() == [0 + 20, 2 + 40]


@pytest.mark.parametrize(("size", "kernel"), [((7, 6), (3, 3)), ((5, 9), (2, 5)), ((4, 4), (1, 1)), ((3, 4), (3, 4))])
def test_agrees_with_scipy_correlate(size, kernel):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((2, *size, 3))
    layer = Conv2D(5, kernel)
    layer.build((*size, 3), rng, np.float64)
    layer.parameters["bias"][...] = rng.standard_normal(5)
    out, cache = layer.forward(x)
    filters, bias = layer.parameters["kernel"], layer.parameters["bias"]
    for n in range(2):
        for f in range(5):
            expected = correlate(x[n], filters[..., f], "valid", method="direct")[..., 0] + bias[f]
            np.testing.assert_allclose(out[n, ..., f], expected, rtol=1e-12, atol=1e-12)
    # The input's gradient is the full convolution of dout with each filter, the kernel's the
    # correlation of x with dout.
    dout = rng.standard_normal(out.shape)
    dx, grads = layer.backward(dout, cache)
    for c in range(3):
        spread = [
            sum(correlate(dout[n, ..., f], filters[::-1, ::-1, c, f], "full", method="direct") for f in range(5))
            for n in range(2)
        ]
        np.testing.assert_allclose(dx[..., c], spread, rtol=1e-12, atol=1e-12)
        for f in range(5):
            expected = sum(correlate(x[n, ..., c], dout[n, ..., f], "valid", method="direct") for n in range(2))
            np.testing.assert_allclose(grads["kernel"][..., c, f], expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grads["bias"], dout.sum(axis=(0, 1, 2)), rtol=1e-12)


def test_same_padding_without_strides_agrees_with_scipy():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((1, 6, 5, 1))
    layer = Conv2D(1, 3, padding="SAME")
    layer.build((6, 5, 1), rng, np.float64)
    out, _ = layer.forward(x)
    expected = correlate(x[0, ..., 0], layer.parameters["kernel"][..., 0, 0], "same", method="direct")
    np.testing.assert_allclose(out[0, ..., 0], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"filters": 0, "kernel_size": 3}, "filters"),
        ({"filters": 2.5, "kernel_size": 3}, "filters"),
        ({"filters": (2, 2), "kernel_size": 3}, "filters"),
        ({"filters": 2, "kernel_size": (3, 0)}, "kernel_size"),
        ({"filters": 2, "kernel_size": (3, 3, 3)}, "kernel_size"),
        ({"filters": 2, "kernel_size": 3, "strides": 0}, "strides"),
        ({"filters": 2, "kernel_size": 3, "padding": "full"}, "padding"),
        ({"filters": 2, "kernel_size": 3, "activation": "step"}, "activation"),
        ({"filters": 2, "kernel_size": 3, "activation": 7}, "activation"),
    ],
)
def test_wrong_arguments_are_named(arguments, named):
    with pytest.raises(InputError, match=named):
        Conv2D(**arguments)


@pytest.mark.parametrize(("shape", "said"), [((2, 5, 1), "fit"), ((5, 2, 1), "fit"), ((5,), "images"), ((5, 5, 0), "images")])
def test_an_input_it_cannot_take_is_refused(shape, said):
    with pytest.raises(InputError, match=said):
        Conv2D(1, 3).compute_output_shape(shape)


def test_parameters_start_as_keras_starts_them():
    layer = Conv2D(8, (5, 3))
    layer.build((9, 9, 4), np.random.default_rng(0), np.float32)
    kernel, bias = layer.parameters["kernel"], layer.parameters["bias"]
    assert kernel.shape == (5, 3, 4, 8)
    assert kernel.dtype == bias.dtype == np.float32
    assert not bias.any()
    assert layer.count_parameters() == 5 * 3 * 4 * 8 + 8
    limit = np.sqrt(6 / (15 * 4 + 15 * 8))
    assert 0.95 * limit < np.abs(kernel).max() <= limit
