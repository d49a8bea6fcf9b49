"""Which algorithm computes a convolution, and that all of them compute the same."""

import numpy as np
import pytest
from scipy import signal

from nn.gradcheck import cases
from nn.kernels import convolution, winograd3, winograd_backward
from nn.kernels.convolution import (
    DIRECT,
    PRODUCT,
    WINOGRAD3,
    WINOGRAD5,
    Convolution,
    backward_algorithm,
    conv2d,
    conv2d_backward,
    forward_algorithm,
)
from nn.kernels.memory import aligned_copy

RNG = np.random.default_rng(5)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def shapes(size, kernel, channels):
    return (*size, channels), (*pair(kernel), channels, 2)


@pytest.mark.parametrize(
    ("kernel", "strides", "size", "channels", "taken"),
    [
        (3, 1, (12, 12), 32, True),
        (3, 1, (7, 7), 9, True),
        (3, 1, (7, 7), 8, False),
        (3, 1, (6, 7), 12, True),
        (3, 1, (7, 6), 11, False),
        (3, 1, (8, 7), 16, False),
        (3, 1, (7, 8), 16, False),
        (3, 1, (12, 12), 1, False),
        (3, (1, 2), (12, 12), 32, False),
        (3, (2, 1), (12, 12), 32, False),
        ((3, 4), 1, (12, 12), 32, False),
        ((4, 3), 1, (12, 12), 32, False),
        (5, 1, (12, 12), 32, False),
    ],
)
def test_winograd_is_for_three_by_three_kernels_one_step_apart_whose_products_outweigh_the_transforms(
    kernel, strides, size, channels, taken
):
    for pooled in (False, True):
        assert (forward_algorithm(*shapes(size, kernel, channels), pair(strides), pooled=pooled) == WINOGRAD3) is taken


@pytest.mark.usefixtures("compiler")
def test_the_gradient_check_of_winograd_runs_it_forward_and_back(monkeypatch):
    (case,) = (case for case in cases.CASES if "Winograd" in case.what)
    forward, backward = winograd3.conv2d_forward, winograd_backward.conv2d_backward
    seen = set()

    def forward_seen(x, u, bias, relu, out):
        seen.add(("forward", *out.shape[1:]))
        forward(x, u, bias, relu, out)

    def backward_seen(**given):
        seen.add(("backward", *given["dx"].shape[1:]))
        backward(**given)

    monkeypatch.setattr(winograd3, "conv2d_forward", forward_seen)
    monkeypatch.setattr(winograd_backward, "conv2d_backward", backward_seen)
    assert case.check(0).passed
    assert seen == {("forward", 9, 5, 21), ("backward", 11, 7, 17)}


@pytest.mark.parametrize(
    ("kernel", "strides", "channels", "suits"),
    [(5, 1, 1, True), (5, 1, 2, False), (5, (1, 2), 1, False), (5, (2, 1), 1, False), ((5, 4), 1, 1, False), (3, 1, 1, False)],
)
def test_five_by_five_windows_on_gray_images_have_a_kernel_of_their_own(kernel, strides, channels, suits):
    given = (*shapes((8, 8), kernel, channels), pair(strides))
    assert (forward_algorithm(*given, pooled=True) == WINOGRAD5) is suits
    assert forward_algorithm(*given) == DIRECT


@pytest.mark.parametrize(
    ("size", "kernel", "strides", "one_product"),
    [
        ((6, 6), 1, 1, True),
        ((6, 6), 1, 2, False),
        ((6, 4), (6, 4), 1, True),
        ((6, 4), (6, 4), 3, True),
        ((9, 6), (6, 4), 1, False),
        ((6, 4), (6, 3), 1, False),
        ((6, 4), (5, 4), 1, False),
    ],
)
def test_single_pixels_and_whole_images_are_one_matrix_product(size, kernel, strides, one_product):
    given = (*shapes(size, kernel, 2), pair(strides))
    assert (forward_algorithm(*given) == PRODUCT) is one_product
    assert (backward_algorithm(*given) == PRODUCT) is one_product
    assert forward_algorithm(*given, pooled=True) == DIRECT


@pytest.mark.parametrize(
    ("size", "kernel", "channels", "filters", "algorithm"),
    [
        ((12, 12), 3, 32, 64, WINOGRAD3),
        ((7, 7), 3, 32, 32, WINOGRAD3),
        ((12, 12), 3, 16, 8, WINOGRAD3),
        ((12, 12), 3, 1, 64, DIRECT),
        ((12, 12), 3, 32, 1, DIRECT),
        ((8, 8), 3, 8, 64, DIRECT),  # 6 x 6 gradients are four tiles of 5 x 5
        ((12, 12), 5, 32, 64, DIRECT),
        ((3, 3), 3, 32, 64, PRODUCT),
    ],
)
def test_gradients_take_winograd_where_the_products_outweigh_the_transforms(size, kernel, channels, filters, algorithm):
    assert backward_algorithm((*size, channels), (kernel, kernel, channels, filters), (1, 1)) == algorithm


CASES = {
    "direct": ((6, 7, 2), (3, 2, 2, 5), (1, 2), ((0, 0), (0, 0))),
    "direct, padded": ((6, 7, 2), (4, 4, 2, 3), (1, 1), ((1, 2), (1, 2))),
    "winograd": ((11, 7, 17), (3, 3, 17, 21), (1, 1), ((0, 0), (0, 0))),
    "winograd, padded": ((8, 9, 16), (3, 3, 16, 33), (1, 1), ((1, 1), (1, 1))),
    "single pixels": ((4, 5, 3), (1, 1, 3, 17), (1, 1), ((0, 0), (0, 0))),
    "whole images": ((4, 5, 3), (4, 5, 3, 2), (3, 2), ((0, 0), (0, 0))),
}


def loops(x, kernel, bias, strides, padding):
    """z by SciPy's correlation, sample by sample and filter by filter."""
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    z = [
        [bias[f] + signal.correlate(image, kernel[..., f], "valid")[:: strides[0], :: strides[1], 0] for f in range(len(bias))]
        for image in padded
    ]
    return np.moveaxis(np.array(z), 1, -1)


@pytest.mark.parametrize(("image", "kernel", "strides", "padding"), CASES.values(), ids=CASES)
def test_every_algorithm_gives_the_definition_and_its_gradients(image, kernel, strides, padding):
    x = RNG.standard_normal((3, *image))
    weights, bias = aligned_copy(RNG.standard_normal(kernel)), aligned_copy(RNG.standard_normal(kernel[3]))
    given = {"strides": strides, "padding": padding}
    z = conv2d(x=x, kernel=weights, bias=bias, **given)
    np.testing.assert_allclose(z, loops(x, weights, bias, strides, padding), rtol=0, atol=1e-10)
    # The convolution is linear in each of its arguments: <dz, z(v)> = <gradient, v> for every v.
    dz = RNG.standard_normal(z.shape)
    dx, dkernel, dbias = conv2d_backward(dz=dz, x=x, kernel=weights, **given)
    none = np.zeros_like(bias)
    v = RNG.standard_normal(x.shape)
    assert (dz * loops(v, weights, none, strides, padding)).sum() == pytest.approx((dx * v).sum(), rel=1e-9)
    v = RNG.standard_normal(kernel)
    assert (dz * loops(x, v, none, strides, padding)).sum() == pytest.approx((dkernel * v).sum(), rel=1e-9)
    np.testing.assert_allclose(dbias, dz.sum(axis=(0, 1, 2)), rtol=0, atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_over_a_blank_patch_an_output_is_its_bias_exactly(dtype):
    # Winograd's tiles mix neighbouring patches; a bias of zero is where ReLU's kink lies.
    x = np.zeros((2, 12, 12, 32), dtype)
    x[0, :5, :5] = 1000 * RNG.random((5, 5, 32))
    kernel, bias = aligned_copy(RNG.standard_normal((3, 3, 32, 8)), dtype), aligned_copy(np.zeros(8), dtype)
    bias[3:] = 0.5
    assert Convolution(x.shape[1:], kernel.shape, (1, 1)).forward_algorithm == WINOGRAD3
    z = conv2d(x=x, kernel=kernel, bias=bias, strides=(1, 1), padding=((0, 0), (0, 0)))
    assert (z[1, ..., :3] == 0).all()
    assert (z[0, 5:, :, :3] == 0).all()
    assert (z[0, :, 5:, :3] == 0).all()
    assert (z[0, :5, :5, :3] != 0).all()
    np.testing.assert_allclose(z[1, ..., 3:], 0.5, rtol=1e-6)


def test_only_what_rounding_may_have_left_becomes_zero():
    x = np.zeros((2, 4, 4, 2), np.float32)
    x[0, 1, 2, 1], x[1, 3, 0, 0] = -3, 5
    kernel = np.zeros((3, 3, 2, 3), np.float32)
    kernel[0, 0, 0], kernel[2, 1, 1] = [1, -2, 1], [-1, 0, 1]
    # Of an image's largest value, of the sum of the filter's weights: a unit in the last place, 32 times.
    limits = 32 * np.float32(2**-23) * np.outer([3, 5], [2, 2, 2]).astype(np.float32)
    out = np.stack([limits, -limits, limits * np.float32(1.001), limits * 0], axis=1)[:, :, None]
    convolution.clear_rounding(out, x, kernel, np.array([0, 0, 1e-9], np.float32))
    assert not out[:, [0, 1, 3], 0, :2].any()
    np.testing.assert_array_equal(out[:, 2, 0], limits * np.float32(1.001))
    np.testing.assert_array_equal(out[:, :2, 0, 2], np.stack([limits, -limits], axis=1)[:, :, 2])


def test_an_output_over_a_blank_patch_is_exactly_its_bias_also_by_winograd():
    shape = (12, 12, 16), (3, 3, 16, 8)
    assert forward_algorithm(*shape, (1, 1)) == WINOGRAD3
    x, kernel = RNG.random((3, *shape[0]), np.float32), RNG.standard_normal(shape[1], np.float32)
    x[:, :, 4:] = 0  # a tile of 7 columns has some of each
    out = conv2d(x=x, kernel=kernel, bias=np.zeros(8, np.float32), strides=(1, 1), padding=((0, 0), (0, 0)))
    assert not out[:, :, 4:].any()
    assert out[:, :, :4].all()
