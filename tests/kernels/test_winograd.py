"""Winograd's convolutions against the equation as plain loops, over random shapes."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive import clear_winners, naive_backward, naive_forward, naive_fused
from shapes import Convolution, dtypes, few

from nn.kernels import winograd, winograd3, winograd5, winograd_backward
from nn.kernels.memory import aligned, aligned_copy

both = pytest.mark.parametrize(("size", "module"), [(3, winograd3), (5, winograd5)], ids=["3x3", "5x5"])


def convolutions(size, channels, least_size):
    """Fewer outputs than a tile has, up to more than two tiles each way; more filters than a
    vector has lanes.
    """
    return st.builds(
        Convolution,
        samples=st.integers(1, 3),
        size=st.tuples(st.integers(least_size, 13), st.integers(least_size, 13)),
        kernel=st.just((size, size)),
        channels=st.sampled_from(channels),
        filters=st.sampled_from([1, 5, 16, 33]),
        strides=st.just((1, 1)),
        spare=st.just((0, 0)),
        dtype=dtypes,
        seed=st.integers(0, 1000),
    )


def check_fused(shape, module):
    x, kernel, bias, _ = shape.arrays()
    z, expected, expected_winner = naive_fused(shape, x, kernel, bias)
    out, winner = np.full_like(expected, np.nan), np.full(expected.shape, 255, np.uint8)
    module.conv2d_relu_pool_forward(x, winograd.transformed(kernel), bias, out, winner)
    np.testing.assert_allclose(out, expected, rtol=0, atol=2 * shape.tolerance)
    clear = clear_winners(z, winner, 2 * shape.tolerance)
    np.testing.assert_array_equal(winner[clear], expected_winner[clear])
    assert winner.max() <= 3


@few
@given(convolutions(3, [1, 2, 17, 33], least_size=2))
def test_three_by_three_is_the_fused_convolution(shape):
    check_fused(shape, winograd3)


@few
@given(convolutions(5, [1], least_size=2))
def test_five_by_five_is_the_fused_convolution(shape):
    check_fused(shape, winograd5)


@few
@given(convolutions(3, [1, 2, 17, 33], least_size=1))
def test_three_by_three_without_pooling_is_the_naive_sum(shape):
    x, kernel, bias, dout = shape.arrays()
    expected = naive_forward(x, kernel, bias, shape.strides, dout.shape)
    for relu in (False, True):
        out = np.full_like(dout, np.nan)
        winograd3.conv2d_forward(x, winograd.transformed(kernel), bias, relu, out)
        np.testing.assert_allclose(out, np.maximum(expected, 0) if relu else expected, rtol=0, atol=2 * shape.tolerance)


def gradients(dout, x, kernel):
    """dx and dkernel by Winograd's algorithm, dkernel alone being the same."""
    dx, dkernel, alone = np.full_like(x, np.nan), np.full_like(kernel, np.nan), np.full_like(kernel, np.nan)
    given = {"dz": dout, "x": x, "values": winograd.values_at_points(kernel)}
    rows = (3, -1, kernel.shape[3])
    winograd_backward.conv2d_backward(**given, needs_dx=True, dx=dx, dkernel=dkernel.reshape(rows))
    winograd_backward.conv2d_backward(**given, needs_dx=False, dx=dx[:0], dkernel=alone.reshape(rows))
    np.testing.assert_array_equal(alone, dkernel)
    return dx, dkernel


@few
@given(convolutions(3, [1, 2, 8, 17, 33], least_size=1))
def test_the_gradients_are_the_naive_sums(shape):
    x, kernel, _, dout = shape.arrays()
    for result, expected in zip(gradients(dout, x, kernel), naive_backward(dout, x, kernel, shape.strides), strict=False):
        np.testing.assert_allclose(result, expected, rtol=0, atol=4 * shape.tolerance)


def test_gradients_of_more_tiles_than_are_transformed_at_once():
    shape = Convolution(3, (17, 14), (3, 3), 2, 3, (1, 1), (0, 0), np.float64, 0)  # three images of 4 x 3 tiles
    assert winograd_backward.TILES < 36
    x, kernel, _, dout = shape.arrays()
    for result, expected in zip(gradients(dout, x, kernel), naive_backward(dout, x, kernel, (1, 1)), strict=False):
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-11)


def test_gradients_of_one_image_do_not_reach_into_the_next():
    # What the last column and row of the first image are next to is huge.
    x, dout = aligned((2, 5, 5, 1), np.float64), aligned((2, 3, 3, 1), np.float64)
    x[0], x[1] = 1.0, 1e30
    dout[0] = 1.0
    dx, dkernel = gradients(dout, x, aligned_copy(np.ones((3, 3, 1, 1))))
    np.testing.assert_allclose(dkernel, 9.0, rtol=1e-12)
    assert dx[0, 2, 2, 0] == pytest.approx(9.0, rel=1e-12)
    assert not dx[1].any()


def test_where_there_is_no_ink_or_no_gradient_the_gradient_is_exactly_zero():
    # Adam divides by the gradient's size: it would make steps of rounding errors.
    rng = np.random.default_rng(0)
    x, dout = aligned_copy(rng.random((2, 12, 12, 16), np.float32)), aligned_copy(rng.random((2, 10, 10, 9), np.float32))
    kernel = aligned_copy(rng.standard_normal((3, 3, 16, 9)), np.float32)
    x[..., 3], dout[..., 5], kernel[:, :, 7] = 0, 0, 0
    dx, dkernel = gradients(dout, x, kernel)
    zero = dkernel == 0
    assert zero[:, :, 3].all()
    assert zero[..., 5].all()
    assert zero.sum() == 9 * (16 + 9 - 1)
    assert (dx[..., 7] == 0).all()
    assert (dx == 0).sum() == dx[..., 7].size


def test_more_tiles_than_are_worked_on_at_once():
    # Three images of 2 x 3 tiles; pooled, three of 1 x 2 blocks.
    shape = Convolution(3, (8, 14), (3, 3), 2, 3, (1, 1), (0, 0), np.float64, 0)
    x, kernel, bias, _ = shape.arrays()
    z, _, _ = naive_fused(shape, x, kernel, bias)
    assert winograd3.TILES < 18
    out = np.full_like(z, np.nan)
    winograd3.conv2d_forward(x, winograd.transformed(kernel), bias, False, out)
    np.testing.assert_allclose(out, z, rtol=0, atol=1e-12)
    check_fused(shape, winograd3)


@pytest.mark.parametrize("size", [(16, 16), (12, 12), (13, 7), (6, 6), (8, 4), (4, 8)])
def test_blocks_of_which_only_some_tiles_are_needed(size):
    # Three images, so that tiles that were counted and tiles that are used must agree from one
    # block to the next.
    check_fused(Convolution(3, size, (3, 3), 2, 3, (1, 1), (0, 0), np.float64, 0), winograd3)


def test_a_row_of_more_pixels_than_a_vector_has_lanes():
    check_fused(Convolution(1, (4, 70), (5, 5), 1, 2, (1, 1), (0, 0), np.float32, 0), winograd5)


@both
@pytest.mark.parametrize("inside", [0.0, 7.0])
def test_what_lies_outside_of_an_image_counts_for_nothing(size, module, inside):
    # Two images, the second one huge: the tiles of the first that reach too far must not see it.
    x = aligned((2, size + 1, size + 1, 1), np.float64)
    x[0], x[1] = inside, 1e30
    kernel, bias = aligned_copy(np.ones((size, size, 1, 1))), aligned((1,), np.float64)
    out, winner = aligned((2, 1, 1, 1), np.float64), aligned((2, 1, 1, 1), np.uint8)
    module.conv2d_relu_pool_forward(x, winograd.transformed(kernel), bias, out, winner)
    assert out[0, 0, 0, 0] == pytest.approx(size**2 * inside, rel=1e-12)


@both
def test_a_tie_makes_the_first_the_winner_and_a_dead_window_gives_zero(size, module):
    # A blank image: all outputs are the bias, exactly. Filter 0 is positive, filter 1 negative.
    x = aligned((1, size + 3, size + 3, 1))
    kernel, bias = aligned_copy(np.ones((size, size, 1, 2), np.float32)), aligned_copy(np.array([0.1, -2.0], np.float32))
    out, winner = np.full((1, 2, 2, 2), np.nan, np.float32), np.full((1, 2, 2, 2), 255, np.uint8)
    module.conv2d_relu_pool_forward(x, winograd.transformed(kernel), bias, out, winner)
    assert (out == np.maximum(bias, 0)).all()
    assert not winner[..., 0].any()


@pytest.mark.parametrize("taps", [3, 5])
def test_the_filters_side_divides_by_the_distances_of_the_points(taps):
    # G of the filter x^k, in fractions, from the definition: p^k / Π (p - q), and at infinity the
    # leading coefficient.
    points = [Fraction(p) for p in (winograd.PAIRS if taps == 3 else (0, *winograd.PAIRS))]
    matrix = winograd.FILTER_MATRICES[taps]
    for k in range(taps):
        for row, p in zip(matrix, points, strict=False):
            distance = Fraction(1)
            for q in points:
                distance *= 1 if q == p else p - q
            assert row[k] == pytest.approx(float(p**k / distance), rel=1e-15)
        assert matrix[-1, k] == (k == taps - 1)


def test_gradients_take_the_way_with_fewer_multiplications():
    # Plain sums take 9 for each gradient, channel and filter. A tile of 5x5 takes 49 for each channel and filter, and
    # its transforms as long as five more of each. Up to four channels take as long as four.
    sides, counts = (1, 4, 5, 6, 9, 10, 11, 15, 23), (1, 2, 3, 4, 5, 6, 8, 9, 16, 33)
    fast = 0
    for rows, columns, channels, filters in itertools.product(sides, sides, counts, counts):
        tiles = len(range(0, rows, 5)) * len(range(0, columns, 5))
        tiled = 49 * tiles * (max(channels, 4) * filters + 5 * channels + 5 * filters)
        plain = sum(9 * channels * filters for _ in range(rows * columns))
        assert winograd_backward.is_faster(rows, columns, channels, filters) == (tiled < plain)
        fast += tiled < plain
    assert 1000 < fast < 7000


# Images that are no whole number of tiles; whole vectors of channels or filters, and one more.
small_images = pytest.mark.parametrize(
    ("samples", "size", "channels", "filters"),
    [(1, (2, 3), 1, 1), (1, (5, 5), 2, 3), (2, (6, 11), 1, 5), (2, (12, 4), 2, 17), (1, (2, 3), 32, 33), (1, (6, 2), 33, 32)],
    ids=str,
)


def small(kernel, *shape):
    samples, size, channels, filters = shape
    return Convolution(samples, size, (kernel, kernel), channels, filters, (1, 1), (0, 0), np.float64, 1)


@small_images
def test_three_by_three_of_small_images(samples, size, channels, filters):
    shape = small(3, samples, size, channels, filters)
    check_fused(shape, winograd3)
    x, kernel, bias, dout = shape.arrays()
    expected = naive_forward(x, kernel, bias, shape.strides, dout.shape)
    for relu in (False, True):
        out = np.full_like(dout, np.nan)
        winograd3.conv2d_forward(x, winograd.transformed(kernel), bias, relu, out)
        np.testing.assert_allclose(out, np.maximum(expected, 0) if relu else expected, rtol=0, atol=1e-11)


@small_images
def test_five_by_five_of_small_images(samples, size, channels, filters):
    check_fused(small(5, samples, size, 1, filters), winograd5)


@small_images
def test_gradients_of_small_images(samples, size, channels, filters):
    x, kernel, _, dout = small(3, samples, size, channels, filters).arrays()
    for result, expected in zip(gradients(dout, x, kernel), naive_backward(dout, x, kernel, (1, 1)), strict=False):
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-11)
