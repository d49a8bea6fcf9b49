"""The tuned convolutions against the equation as plain loops, over random shapes."""

import numpy as np
import pytest
from hypothesis import given
from naive import clear_winners, naive_backward, naive_forward, naive_fused, naive_fused_backward
from shapes import Convolution, convolutions, few

from nn.kernels import conv, conv_backward, conv_pool_backward
from nn.kernels.memory import SLACK, aligned, aligned_copy
from nn.kernels.simd import VECTOR_BYTES


def filters_of(kernel):
    filters = aligned(conv_backward.filters_shape(kernel.shape, kernel.dtype), kernel.dtype)
    conv_backward.filters_from_kernel(kernel, filters)
    return filters


def backward(dout, x, kernel, strides, needs_dx, dx, dkernel, dbias):
    """The tuned kernel, with dkernel in the kernel's own shape."""
    rows = (kernel.shape[0], kernel.shape[1] * kernel.shape[2], kernel.shape[3])
    conv_backward.conv2d_backward(dout, x, filters_of(kernel), strides, needs_dx, dx, dkernel.reshape(rows), dbias)


def kernel_of(dfilters, shape):
    return dfilters[0, :, :, : shape[1] * shape[2]].transpose(1, 2, 0).reshape(shape)


@few
@given(convolutions())
def test_forward_is_the_naive_sum(shape):
    x, kernel, bias, dout = shape.arrays()
    expected = naive_forward(x, kernel, bias, shape.strides, dout.shape)
    for relu in (False, True):
        out = np.full_like(dout, np.nan)
        conv.conv2d_forward(x, kernel, bias, shape.strides, relu, out)
        np.testing.assert_allclose(out, np.maximum(expected, 0) if relu else expected, rtol=0, atol=shape.tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("filters", [-1, 0, 1])
@pytest.mark.parametrize("vectors", [1, 2])
def test_filters_that_fill_vectors_one_more_and_one_less(dtype, filters, vectors):
    filters += vectors * VECTOR_BYTES // np.dtype(dtype).itemsize
    shape = Convolution(2, (2, 9), (2, 3), 2, filters, (1, 2), (0, 1), dtype, seed=3)
    x, kernel, bias, dout = shape.arrays()
    out = np.full_like(dout, np.nan)
    conv.conv2d_forward(x, kernel, bias, shape.strides, False, out)
    np.testing.assert_allclose(out, naive_forward(x, kernel, bias, shape.strides, dout.shape), rtol=0, atol=shape.tolerance)


@few
@given(convolutions(most_filters=33))
def test_backward_is_the_naive_sum(shape):
    x, kernel, _, dout = shape.arrays()
    expected_dx, expected_dkernel, expected_dbias = naive_backward(dout, x, kernel, shape.strides)
    dx, dkernel, dbias = aligned_copy(np.full_like(x, np.nan)), aligned(kernel.shape, x.dtype), np.zeros(shape.filters, x.dtype)
    backward(dout, x, kernel, shape.strides, True, dx, dkernel, dbias)
    np.testing.assert_allclose(dx, expected_dx, rtol=0, atol=shape.tolerance)
    np.testing.assert_allclose(dkernel, expected_dkernel, rtol=0, atol=shape.tolerance)
    np.testing.assert_allclose(dbias, expected_dbias, rtol=0, atol=shape.tolerance)


@few
@given(convolutions(most_filters=16))
def test_backward_without_dx_leaves_dx_alone(shape):
    x, kernel, _, dout = shape.arrays()
    dx, dkernel, dbias = np.full_like(x, 7.0), aligned(kernel.shape, x.dtype), np.zeros(shape.filters, x.dtype)
    backward(dout, x, kernel, shape.strides, False, dx, dkernel, dbias)
    assert (dx == 7.0).all()
    expected = naive_backward(dout, x, kernel, shape.strides)[1]
    np.testing.assert_allclose(dkernel, expected, rtol=0, atol=shape.tolerance)


@few
@given(convolutions(least_size=2))
def test_fused_forward_is_convolution_then_relu_then_pooling(shape):
    x, kernel, bias, _ = shape.arrays()
    z, expected, expected_winner = naive_fused(shape, x, kernel, bias)
    out, winner = np.full_like(expected, np.nan), np.full(expected.shape, 255, np.uint8)
    conv.conv2d_relu_pool_forward(x, kernel, bias, shape.strides, out, winner)
    np.testing.assert_allclose(out, expected, rtol=0, atol=shape.tolerance)
    clear = clear_winners(z, winner, shape.tolerance)
    np.testing.assert_array_equal(winner[clear], expected_winner[clear])
    assert winner.max() <= 3


@pytest.mark.parametrize("vectors", [2, 6, 7, 13])
@pytest.mark.parametrize("filters", [64, 65, 130])
def test_fused_backward_of_long_rows_and_of_more_filters_than_a_word_has_bits(vectors, filters):
    channels = vectors * VECTOR_BYTES // 8 - 1
    check_fused_backward(Convolution(2, (4, 3), (2, 1), channels, filters, (1, 1), (0, 0), np.float64, vectors))


@few
@given(convolutions(least_size=2, most_filters=33))
def test_fused_backward_is_pooling_then_relu_then_convolution(shape):
    check_fused_backward(shape)


def check_fused_backward(shape):
    """All three gradients, against pooling, ReLU and convolution as plain loops."""
    x, kernel, bias, _ = shape.arrays()
    z, out, winner = naive_fused(shape, x, kernel, bias)
    dout = np.random.default_rng(shape.seed).standard_normal(out.shape).astype(x.dtype)
    expected_dx, expected_dkernel, expected_dbias = naive_fused_backward(shape, dout, z, winner, x, kernel)
    filters = filters_of(kernel)
    dx, dbias = aligned(x.shape, x.dtype), aligned((shape.filters,), x.dtype)
    dfilters = aligned((1, *filters.shape), x.dtype)
    conv_pool_backward.filters_backward(
        dout=aligned_copy(dout),
        out=aligned_copy(out),
        winner=aligned_copy(winner, np.uint8),
        x=x,
        filters=filters,
        piece=conv_backward.piece_of(filters),
        strides=shape.strides,
        needs_dx=True,
        dx=dx,
        dfilters=dfilters[0],
        dbias=dbias,
    )
    np.testing.assert_allclose(dx, expected_dx, rtol=0, atol=shape.tolerance)
    np.testing.assert_allclose(kernel_of(dfilters, kernel.shape), expected_dkernel, rtol=0, atol=shape.tolerance)
    np.testing.assert_allclose(dbias, expected_dbias, rtol=0, atol=shape.tolerance)


@few
@given(convolutions(least_size=2, most_filters=33))
def test_fused_backward_in_the_kernels_layout_is_the_same_sum(shape):
    x, kernel, bias, _ = shape.arrays()
    z, out, winner = naive_fused(shape, x, kernel, bias)
    dout = aligned_copy(np.random.default_rng(shape.seed).standard_normal(out.shape), x.dtype)
    _, expected_dkernel, expected_dbias = naive_fused_backward(shape, dout, z, winner, x, kernel)
    rows = (shape.kernel[0], shape.kernel[1] * shape.channels, shape.filters)
    dkernel, dbias = aligned(rows, x.dtype), aligned((shape.filters,), x.dtype)
    conv_pool_backward.kernel_backward(
        dout, aligned_copy(out), aligned_copy(winner, np.uint8), x, shape.strides, aligned(z[:1].shape, x.dtype), dkernel, dbias
    )
    np.testing.assert_allclose(dkernel.reshape(kernel.shape), expected_dkernel, rtol=0, atol=shape.tolerance)
    np.testing.assert_allclose(dbias, expected_dbias, rtol=0, atol=shape.tolerance)


def test_naive_loops_hand_worked():
    # x = (1, 2, 3), kernel = (10, 1), bias 0.5: 1·10 + 2·1 + 0.5 and 2·10 + 3·1 + 0.5
    x, kernel = np.array([1.0, 2, 3]).reshape(1, 1, 3, 1), np.array([10.0, 1]).reshape(1, 2, 1, 1)
    assert naive_forward(x, kernel, np.array([0.5]), (1, 1), (1, 1, 2, 1)).ravel().tolist() == [12.5, 23.5]
    # dout = (1, 2): dx = (1·10, 1·1 + 2·10, 2·1), dkernel = (1·1 + 2·2, 1·2 + 2·3), dbias = 3
    dx, dkernel, dbias = naive_backward(np.array([1.0, 2]).reshape(1, 1, 2, 1), x, kernel, (1, 1))
    assert (dx.ravel().tolist(), dkernel.ravel().tolist(), dbias.tolist()) == ([10, 21, 2], [5, 8], [3])


def test_in_a_fused_tie_the_first_wins_and_a_negative_window_gives_zero():
    # A blank image: all four outputs of each window are the bias. Filter 0 is positive, filter 1
    # negative.
    x, kernel = np.zeros((1, 4, 4, 1), np.float32), np.ones((3, 3, 1, 2), np.float32)
    x, kernel, bias = aligned_copy(x), aligned_copy(kernel), aligned_copy(np.array([2.0, -2.0], np.float32))
    out, winner = np.full((1, 1, 1, 2), np.nan, np.float32), np.full((1, 1, 1, 2), 255, np.uint8)
    conv.conv2d_relu_pool_forward(x, kernel, bias, (1, 1), out, winner)
    assert out.ravel().tolist() == [2, 0]
    assert winner[0, 0, 0, 0] == 0


def test_fused_backward_at_exactly_zero_passes_nothing():
    dout, out = aligned_copy(np.ones((1, 1, 1, 1))), aligned((1, 1, 1, 1), np.float64)
    winner = aligned((1, 1, 1, 1), np.uint8)
    x, kernel = aligned_copy(np.ones((1, 2, 2, 1))), aligned_copy(np.ones((1, 1, 1, 1)))
    filters = filters_of(kernel)
    dx, dfilters, dbias = aligned(x.shape, x.dtype), aligned((1, *filters.shape), x.dtype), np.zeros(1)
    conv_pool_backward.filters_backward(
        dout, out, winner, x, filters, conv_backward.piece_of(filters), (1, 1), True, dx, dfilters[0], dbias
    )
    assert not dx.any()
    assert not dfilters.any()
    assert not dbias.any()


def test_gradients_are_set_whatever_was_there():
    x, dout, kernel = aligned_copy(np.ones((1, 1, 2, 1))), np.ones((1, 1, 1, 1)), aligned_copy(np.ones((1, 2, 1, 1)))
    dx, dkernel, dbias = aligned_copy(np.full(x.shape, 5.0)), aligned_copy(np.full(kernel.shape, 3.0)), np.full(1, 7.0)
    backward(dout, x, kernel, (1, 1), True, dx, dkernel, dbias)
    assert (dx.ravel().tolist(), dbias.tolist(), dkernel.ravel().tolist()) == ([1, 1], [1], [1, 1])


def test_gradients_before_pooling_are_set_whatever_was_there():
    # One window over 2 x 2 ones, kernel 1: all outputs are 1, and the first one wins.
    x, kernel = aligned_copy(np.ones((1, 2, 2, 1))), aligned_copy(np.ones((1, 1, 1, 1)))
    dout, out = aligned_copy(np.full((1, 1, 1, 1), 2.0)), aligned_copy(np.ones((1, 1, 1, 1)))
    winner = aligned((1, 1, 1, 1), np.uint8)
    filters = filters_of(kernel)
    dx, dfilters, dbias = aligned_copy(np.full(x.shape, 5.0)), aligned_copy(np.full(filters.shape, 3.0)), np.full(1, 7.0)
    conv_pool_backward.filters_backward(
        dout, out, winner, x, filters, conv_backward.piece_of(filters), (1, 1), True, dx, dfilters, dbias
    )
    assert (dx.ravel().tolist(), dfilters[0, 0, 0], dbias.tolist()) == ([2, 0, 0, 0], 2, [2])
    dkernel, dbias = aligned_copy(np.full((1, 1, 1), 3.0)), np.full(1, 7.0)
    conv_pool_backward.kernel_backward(dout, out, winner, x, (1, 1), aligned((1, 2, 2, 1), x.dtype), dkernel, dbias)
    assert (dkernel.ravel().tolist(), dbias.tolist()) == ([2], [2])


def test_a_single_lit_pixel_has_its_gradients():
    # Blank rows and ends are left out, but not the outputs whose patch holds the one lit pixel.
    for row, column in [(0, 0), (0, 5), (3, 2), (4, 5)]:
        x = aligned((1, 5, 6, 1), np.float64)
        x[0, row, column, 0] = 2
        dz = aligned_copy(np.arange(1.0, 13).reshape(1, 3, 4, 1))
        kernel, dkernel, dbias = np.zeros((3, 3, 1, 1)), aligned((3, 3, 1, 1), np.float64), aligned((1,), np.float64)
        backward(dz, x, kernel, (1, 1), False, np.zeros_like(x), dkernel, dbias)
        np.testing.assert_array_equal(dkernel, naive_backward(dz, x, kernel, (1, 1))[1])
        assert dbias.tolist() == [78]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channel", [0, 1])
@pytest.mark.parametrize("column", [0, 3, 6, 9])
def test_outputs_whose_patch_is_blank_are_left_out(column, channel, stride):
    # One lit pixel. dz is NaN wherever the patch does not cover it, and would show in every sum
    # that it enters.
    shape = Convolution(1, (5, 7 if stride == 1 else 4), (3, 4), 2, 3, (1, stride), (0, 0), np.float64, 0)
    x, kernel, _, dz = (np.ascontiguousarray(array) for array in shape.arrays())
    x[...], dz[...] = 0, 1 + np.arange(dz.size).reshape(dz.shape)
    x[0, 3, column, channel] = 2
    expected = naive_backward(dz, x, kernel, shape.strides)[1]
    rows, columns = np.arange(5), stride * np.arange(shape.size[1])
    covered = ((rows <= 3) & (rows + 3 > 3))[:, None] & ((columns <= column) & (columns + 4 > column))
    dz[0, ~covered] = np.nan
    dkernel = aligned(kernel.shape, x.dtype)
    backward(aligned_copy(dz), aligned_copy(x), kernel, shape.strides, False, np.zeros_like(x), dkernel, np.zeros(3))
    np.testing.assert_array_equal(dkernel, expected)


def test_more_filters_than_are_worked_on_at_once():
    # The input gradient takes 64 filters at a time.
    shape = Convolution(1, (2, 3), (3, 3), 2, 66, (1, 1), (0, 0), np.float64, 0)
    x, kernel, _, dz = shape.arrays()
    dx, dkernel, dbias = aligned(x.shape, x.dtype), aligned((3, 6, 66), x.dtype), aligned((66,), x.dtype)
    conv_backward.conv2d_backward(dz, x, filters_of(kernel), (1, 1), True, dx, dkernel, dbias)
    np.testing.assert_allclose(dx, naive_backward(dz, x, kernel, (1, 1))[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel_size", [(7, 1), (6, 2), (2, 20)])
def test_tall_kernels_whose_vectors_reach_into_the_next_rows(kernel_size):
    # Rows of a patch are shorter than a vector: what a vector writes past the end of a row must
    # not undo the rows below.
    shape = Convolution(2, (2, 3), kernel_size, 1, 3, (1, 1), (0, 0), np.float64, 1)
    x, kernel, _, dz = shape.arrays()
    expected = naive_backward(dz, x, kernel, (1, 1))[0]
    dx, dkernel, dbias = (
        aligned_copy(np.full_like(x, 7.0)),
        aligned((kernel_size[0], kernel_size[1], 3), x.dtype),
        aligned((3,), x.dtype),
    )
    conv_backward.conv2d_backward(dz, x, filters_of(kernel), (1, 1), True, dx, dkernel, dbias)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-12)
    z, out, winner = naive_fused(shape, x, kernel, np.ones(3))
    dout = aligned_copy(np.ones(out.shape))
    expected = naive_fused_backward(shape, dout, z, winner, x, kernel)[0]
    filters = filters_of(kernel)
    dfilters = aligned(filters.shape, x.dtype)
    piece, winner = conv_backward.piece_of(filters), aligned_copy(winner, np.uint8)
    conv_pool_backward.filters_backward(dout, aligned_copy(out), winner, x, filters, piece, (1, 1), True, dx, dfilters, dbias)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-12)


def test_filters_are_filled_up_to_whole_vectors_and_no_further():
    for dtype in (np.float32, np.float64):
        lanes = VECTOR_BYTES // np.dtype(dtype).itemsize
        assert conv_backward.filters_shape((3, 2, 5, 7), dtype) == (7, 3, -(-10 // lanes) * lanes)
        assert conv_backward.filters_shape((1, 1, lanes, 2), dtype) == (2, 1, lanes)
        assert conv_backward.filters_shape((1, 1, lanes + 1, 2), dtype) == (2, 1, 2 * lanes)


@pytest.mark.parametrize(
    ("most", "vectors", "row", "piece"),
    [
        (6, 1, 1, 1),
        (6, 6, 6, 6),
        (6, 7, 8, 4),
        (6, 12, 12, 6),
        (6, 13, 15, 5),
        (3, 3, 3, 3),
        (3, 4, 4, 2),
        (3, 7, 8, 2),
        (3, 18, 18, 3),
    ],
)
def test_a_row_is_a_whole_number_of_pieces(monkeypatch, most, vectors, row, piece):
    monkeypatch.setattr(conv_backward, "MOST_IN_PIECE", most)
    lanes = VECTOR_BYTES // 4
    shape = conv_backward.filters_shape((1, 1, vectors * lanes, 2), np.float32)
    assert shape == (2, 1, row * lanes)
    assert conv_backward.piece_of(aligned(shape)) == (0,) * piece


def test_what_a_row_is_filled_up_with_fits_into_the_spare_bytes():
    for vectors in range(1, 200):
        row = conv_backward.filters_shape((1, 1, vectors * VECTOR_BYTES // 4, 1), np.float32)[2]
        assert row * 4 - vectors * VECTOR_BYTES <= SLACK - VECTOR_BYTES
