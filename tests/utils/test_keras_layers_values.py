"""The values of the layers that only Keras' scripts need, by hand and by naive sums."""

import inspect

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import GaussianDropout, GaussianNoise, Permute, UpSampling2D
from nn.utils.keras_layers import KERAS_LAYERS, Conv2DTranspose, SpatialDropout2D

RNG = np.random.default_rng(12)


@pytest.mark.parametrize("name", sorted(KERAS_LAYERS))
def test_layers_do_not_train_unless_they_are_told_to(name):
    assert inspect.signature(KERAS_LAYERS[name].forward).parameters["training"].default is False


# -- Noise ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [GaussianDropout, GaussianNoise, SpatialDropout2D])
def test_noise_is_there_while_training_alone(kind):
    layer, x = kind(0.4), RNG.random((3, 4, 4, 5))
    out, cache = layer.forward(x)
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(layer.backward(x, cache)[0], x)
    assert (layer.forward(x, training=True, rng=1)[0] != x).any()


def test_gaussian_dropout_multiplies_by_numbers_of_mean_1_and_dropouts_variance():
    x = np.full((200, 200), 3.0)
    out, cache = GaussianDropout(0.2).forward(x, training=True, rng=1)  # variance 0.2 / 0.8, a deviation of one half
    assert (out / x).mean() == pytest.approx(1, abs=0.02)
    assert (out / x).std() == pytest.approx(0.5, rel=0.03)
    np.testing.assert_array_equal(GaussianDropout(0.2).backward(x, cache)[0], out)


def test_gaussian_noise_has_mean_0_and_the_deviation_that_was_asked_for():
    out, cache = GaussianNoise(0.4).forward(np.full((200, 200), 3.0), training=True, rng=1)
    assert (out - 3).mean() == pytest.approx(0, abs=0.02)
    assert (out - 3).std() == pytest.approx(0.4, rel=0.03)
    assert GaussianNoise(0.4).backward(out, cache)[0] is out


def test_spatial_dropout_drops_whole_channels_and_scales_the_others():
    out, _ = SpatialDropout2D(0.6).forward(np.ones((60, 2, 3, 40)), training=True, rng=1)
    channels = out[:, 0, 0, :]
    np.testing.assert_array_equal(out, np.broadcast_to(channels[:, None, None, :], out.shape))
    np.testing.assert_allclose(np.unique(channels), [0, 2.5])
    assert (channels == 0).mean() == pytest.approx(0.6, abs=0.05)
    assert 0 < (channels[0] == 0).mean() < 1
    assert 0 < (channels[:, 0] == 0).mean() < 1


@pytest.mark.parametrize("kind", [GaussianDropout, SpatialDropout2D])
def test_rates_are_from_0_to_below_1(kind):
    assert (kind(0).rate, kind(0.99).rate) == (0.0, 0.99)
    for rate in (-0.01, 1, 1.5, "half", None):
        with pytest.raises(InputError, match=f"{kind.__name__}: rate must be at least 0 and below 1"):
            kind(rate)


def test_deviations_are_finite_and_at_least_0():
    assert (GaussianNoise(0).stddev, GaussianNoise(0.5).stddev, GaussianNoise(7).stddev) == (0.0, 0.5, 7.0)
    for stddev in (-0.01, np.inf, np.nan, "little"):
        with pytest.raises(InputError, match="stddev must be a number of at least 0"):
            GaussianNoise(stddev)


@pytest.mark.parametrize(
    ("kind", "argument", "config"),
    [
        (GaussianDropout, 0.4, {"rate": 0.4}),
        (SpatialDropout2D, 0.4, {"rate": 0.4}),
        (GaussianNoise, 0.4, {"stddev": 0.4}),
        (Permute, (2, 1), {"dims": [2, 1]}),
        (UpSampling2D, (2, 3), {"size": [2, 3]}),
    ],
)
def test_configurations_hold_name_and_arguments(kind, argument, config):
    assert kind(argument, name="n").config() == {"name": "n", **config}


@pytest.mark.parametrize(
    ("kind", "before"), [(SpatialDropout2D, (0.5,)), (UpSampling2D, (2,)), (Conv2DTranspose, (2, 3, 1, "valid", None))]
)
def test_another_order_of_the_axes_is_refused_by_name_and_by_place(kind, before):
    for arguments, options in (((*before, "NCHW"), {}), (before, {"data_format": "NCHW"})):
        with pytest.raises(InputError, match="data_format"):
            kind(*arguments, **options)


# -- Permute and UpSampling2D --------------------------------------------------------------------------------------------


def test_permute_moves_the_axes_and_brings_their_gradients_back():
    layer, x = Permute((2, 3, 1)), RNG.random((2, 3, 4, 5))
    out, cache = layer.forward(x)
    assert out.shape == (2, *layer.compute_output_shape((3, 4, 5))) == (2, 4, 5, 3)
    assert out[1, 3, 4, 2] == x[1, 2, 3, 4]
    np.testing.assert_array_equal(out, np.einsum("nabc->nbca", x))
    np.testing.assert_array_equal(layer.backward(out, cache)[0], x)


def test_permute_takes_every_axis_of_a_sample_once():
    assert (Permute((1,)).dims, Permute([1, 3, 2]).dims) == ((1,), (1, 3, 2))
    for dims in ((), (0, 1), (2, 3), (1, 1), (1.0, 2.0), "21"):
        with pytest.raises(InputError, match="expected dims to be the numbers of a sample's axes"):
            Permute(dims)
    with pytest.raises(InputError, match=r"expected samples with 2 axes for dims=\(2, 1\), got \(3, 4, 5\)"):
        Permute((2, 1)).compute_output_shape((3, 4, 5))


def test_up_sampling_repeats_pixels_and_adds_up_their_gradients():
    layer, x = UpSampling2D((2, 3)), RNG.random((2, 3, 4, 5))
    out, cache = layer.forward(x)
    assert out.shape == (2, *layer.compute_output_shape((3, 4, 5))) == (2, 6, 12, 5)
    dout = RNG.random(out.shape)
    dx, _ = layer.backward(dout, cache)
    for i in range(3):
        for j in range(4):
            rows, columns = slice(2 * i, 2 * i + 2), slice(3 * j, 3 * j + 3)
            assert (out[:, rows, columns] == x[:, i : i + 1, j : j + 1]).all()
            np.testing.assert_allclose(dx[:, i, j], dout[:, rows, columns].sum(axis=(1, 2)))


def test_up_sampling_doubles_both_sides_unless_told_otherwise():
    assert UpSampling2D().size == (2, 2)
    assert UpSampling2D(interpolation="nearest").compute_output_shape((3, 4, 5)) == (6, 8, 5)


# -- Conv2DTranspose -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides"), [((3, 2), (2, 3)), ((4, 5), (1, 2))])
def test_transposed_convolution_and_its_gradients_are_naive_sums(size, strides, padding):
    layer = Conv2DTranspose(2, size, strides, padding)
    layer.build((3, 4, 5), RNG, np.float64)
    kernel, bias = layer.parameters["kernel"], layer.parameters["bias"]
    bias[...] = [0.5, -1]
    # The window of every pixel lies in a larger image, of which same padding cuts off the edges.
    edges = [max(window - stride, 0) for window, stride in zip(size, strides, strict=True)]
    cut = [edge // 2 if padding == "same" else 0 for edge in edges]
    shape = (3 * strides[0] + (edges[0] if padding == "valid" else 0), 4 * strides[1] + (edges[1] if padding == "valid" else 0))
    assert layer.output_shape == (*shape, 2)
    inside = (slice(None), slice(cut[0], cut[0] + shape[0]), slice(cut[1], cut[1] + shape[1]))
    large = (2, 3 * strides[0] + edges[0], 4 * strides[1] + edges[1], 2)
    x, dout = RNG.standard_normal((2, 3, 4, 5)), RNG.standard_normal((2, *shape, 2))
    z, dz, dx, dkernel = np.zeros(large), np.zeros(large), np.zeros(x.shape), np.zeros(kernel.shape)
    dz[inside] = dout
    for i, j in np.ndindex(3, 4):
        rows, columns = slice(i * strides[0], i * strides[0] + size[0]), slice(j * strides[1], j * strides[1] + size[1])
        z[:, rows, columns] += np.einsum("nc,abfc->nabf", x[:, i, j], kernel)
        dx[:, i, j] = np.einsum("nabf,abfc->nc", dz[:, rows, columns], kernel)
        dkernel += np.einsum("nabf,nc->abfc", dz[:, rows, columns], x[:, i, j])
    out, cache = layer.forward(x)
    np.testing.assert_allclose(out, z[inside] + bias, atol=1e-12)
    found, gradients = layer.backward(dout, cache)
    np.testing.assert_allclose(found, dx, atol=1e-12)
    np.testing.assert_allclose(gradients["kernel"], dkernel, atol=1e-12)
    np.testing.assert_allclose(gradients["bias"], dout.sum(axis=(0, 1, 2)), atol=1e-12)


def test_transposed_convolution_has_strides_of_1_and_a_bias_by_default():
    layer = Conv2DTranspose(6, (3, 2))
    assert (layer.strides, layer.padding, layer.use_bias) == ((1, 1), "valid", True)
    assert layer.array_shapes((3, 4, 5)) == {"kernel": (3, 2, 6, 5), "bias": (6,)}
    assert Conv2DTranspose(6, (3, 2), use_bias=False).array_shapes((3, 4, 5)) == {"kernel": (3, 2, 6, 5)}
    assert Conv2DTranspose(6, 3, activation="relu", name="up").config()["name"] == "up"


@pytest.mark.parametrize(
    "options", [{"output_padding": 1}, {"dilation_rate": 2}, {"dilation_rate": (1, 2)}, {"dilation_rate": (2, 1)}]
)
def test_other_forms_of_transposed_convolution_are_refused(options):
    with pytest.raises(InputError, match="expected no output_padding and a dilation_rate of 1"):
        Conv2DTranspose(2, 3, **options)
