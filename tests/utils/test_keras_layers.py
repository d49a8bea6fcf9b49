"""The layers that only Keras' scripts need: their values, in files, in both engines."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Conv2D, Dense, Flatten, GaussianDropout, GaussianNoise, MaxPooling2D, Permute, Reshape, UpSampling2D
from nn.models import Sequential, load_model, model_from_json
from nn.utils.keras_layers import KERAS_LAYERS, Conv2DTranspose, SpatialDropout2D

RNG = np.random.default_rng(11)
IMAGES = RNG.random((24, 8, 8, 1), np.float32)


def autoencoder(loss="binary_crossentropy"):
    model = Sequential(
        [
            Conv2D(3, 3, padding="same", activation="relu", input_shape=(8, 8, 1)),
            MaxPooling2D(2),
            Permute((2, 1, 3)),
            SpatialDropout2D(0.1),
            GaussianDropout(0.1),
            GaussianNoise(0.01),
            Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu"),
            MaxPooling2D(2),
            UpSampling2D(2),
            Conv2D(1, 3, padding="same", activation="sigmoid"),
        ],
        seed=3,
    )
    model.compile("adam", loss)
    return model


def test_every_one_is_found_among_the_layers():
    from nn import layers

    assert all(getattr(layers, name) is kind for name, kind in KERAS_LAYERS.items())


def test_transposed_convolution_is_the_naive_sum():
    layer = Conv2DTranspose(2, (3, 2), strides=(2, 3), padding="valid")
    layer.build((3, 2, 4), RNG, np.float64)
    x, kernel = RNG.standard_normal((2, 3, 2, 4)), layer.parameters["kernel"]
    layer.parameters["bias"][...] = [0.5, -1]
    expected = np.zeros((2, 7, 6, 2)) + layer.parameters["bias"]
    for i in range(3):
        for j in range(2):
            expected[:, 2 * i : 2 * i + 3, 3 * j : 3 * j + 2] += np.einsum("nc,abfc->nabf", x[:, i, j], kernel)
    np.testing.assert_allclose(layer.forward(x)[0], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Permute((1, 3)), "dims"),
        (lambda: Permute(2), "dims"),
        (lambda: UpSampling2D(2, interpolation="bilinear"), "interpolation"),
        (lambda: Conv2DTranspose(2, 3, output_padding=1), "output_padding"),
        (lambda: GaussianNoise(-1), "stddev"),
        (lambda: SpatialDropout2D(1.0), "rate"),
    ],
)
def test_what_a_layer_cannot_do_is_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()


def test_older_names_of_their_arguments():
    assert GaussianNoise(sigma=0.5).stddev == 0.5
    assert GaussianDropout(p=0.5).rate == 0.5


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mse", "mae"])
def test_engines_agree_on_a_network_that_puts_out_images(loss):
    losses = []
    for engine in ("fused", "layers"):
        model = autoencoder(loss)
        history = model.fit(IMAGES, IMAGES, batch_size=8, epochs=2, verbose=0, validation_data=(IMAGES, IMAGES), engine=engine)
        losses.append(history.history["loss"] + history.history["val_loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)


def test_loss_and_accuracy_of_images_are_means_over_their_pixels():
    model = autoencoder("mse")
    out = model.predict(IMAGES)
    assert out.shape == (24, 8, 8, 1)
    binary = (RNG.random(IMAGES.shape) < 0.5).astype(np.float32)
    model.compile("sgd", "mse", metrics=["accuracy"])
    loss, accuracy = model.evaluate(IMAGES, binary)
    assert loss == pytest.approx(np.square(out - binary).mean(), rel=1e-5)
    assert accuracy == pytest.approx(((out > 0.5) == binary).mean(), rel=1e-6)
    model.compile("sgd", "binary_crossentropy")
    expected = -(binary * np.log(out) + (1 - binary) * np.log(1 - out)).mean()
    assert model.evaluate(IMAGES, binary[..., 0])[0] == pytest.approx(expected, rel=1e-4)
    weights = np.arange(24.0)
    each = np.square(out - binary).mean(axis=(1, 2, 3))
    model.compile("sgd", "mse")
    assert model.evaluate(IMAGES, binary, sample_weight=weights) == pytest.approx((weights * each).mean(), rel=1e-4)


def test_images_that_end_in_a_reshape_learn():
    model = Sequential([Flatten(input_shape=(8, 8)), Dense(64, activation="sigmoid"), Reshape((8, 8))], seed=1)
    model.compile("adam", "binary_crossentropy")
    history = model.fit(IMAGES[..., 0], IMAGES[..., 0], epochs=30, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_classes_of_pixels_and_targets_of_another_shape_are_refused():
    with pytest.raises(InputError, match="puts out vectors"):
        autoencoder("categorical_crossentropy").fit(IMAGES, IMAGES)
    with pytest.raises(InputError, match=r"expected targets of shape \(samples, 8, 8, 1\), got \(24, 10\)"):
        autoencoder("mse").fit(IMAGES, np.zeros((24, 10)))


@pytest.mark.parametrize("ending", ["npz", "keras", "h5"])
def test_files_keep_them(tmp_path, ending):
    if ending != "npz":
        pytest.importorskip("h5py")
    model = autoencoder()
    model.fit(IMAGES, IMAGES, verbose=0)
    model.save(tmp_path / f"model.{ending}")
    loaded = load_model(tmp_path / f"model.{ending}")
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in model.layers]
    np.testing.assert_array_equal(loaded.predict(IMAGES), model.predict(IMAGES))
    assert [layer.config() for layer in model_from_json(model.to_json()).layers] == [layer.config() for layer in model.layers]
