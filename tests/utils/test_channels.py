"""Images with their channels first: the same network as with channels last, and the same numbers."""

import numpy as np
import pytest
from nn.preprocessing.image import ImageDataGenerator, img_to_array

import nn as keras
from nn import backend as K  # noqa: N812
from nn.errors import InputError
from nn.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Convolution2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    UpSampling2D,
)
from nn.models import Model, Sequential, load_model
from nn.utils import channels

RNG = np.random.default_rng(5)
LAST = RNG.random((12, 8, 6, 2), np.float32)
FIRST = np.ascontiguousarray(LAST.transpose(0, 3, 1, 2))
Y = RNG.integers(0, 3, 12)


@pytest.fixture
def _theano(monkeypatch):
    monkeypatch.setattr(channels, "_default", "channels_last")
    K.set_image_dim_ordering("th")


def layers(shape, axis=-1, **options):
    return [
        Conv2D(4, 3, padding="same", input_shape=shape, **options),
        BatchNormalization(axis=axis),
        Activation("relu"),
        MaxPooling2D((2, 2), **options),
        Dropout(0.2),
        Convolution2D(5, 2, 3, border_mode="valid", **options),
        Flatten(),
        Dense(3, activation="softmax"),
    ]


def trained(model, x):
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, Y, batch_size=6, epochs=2, verbose=0)
    return model


@pytest.mark.usefixtures("_theano")
def test_a_network_of_theanos_order_is_the_one_of_tensorflows():
    model = trained(Sequential(layers((2, 8, 6), axis=1), seed=2), FIRST)
    assert (K.image_data_format(), K.image_dim_ordering()) == ("channels_first", "th")
    assert model.input_shape == (2, 8, 6)
    K.set_image_dim_ordering("tf")
    expected = trained(Sequential(layers((8, 6, 2)), seed=2), LAST)
    for one, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.predict(FIRST), expected.predict(LAST))


def test_flatten_that_knows_of_no_order_reads_channel_by_channel():
    first = Sequential([Conv2D(3, 1, data_format="channels_first", input_shape=(2, 8, 6)), Flatten()], seed=1)
    last = Sequential([Conv2D(3, 1, input_shape=(8, 6, 2))], seed=1)
    np.testing.assert_array_equal(first.predict(FIRST), last.predict(LAST).transpose(0, 3, 1, 2).reshape(12, -1))
    told = Sequential(
        [Conv2D(3, 1, data_format="channels_first", input_shape=(2, 8, 6)), Flatten(data_format="channels_first")], seed=1
    )
    np.testing.assert_array_equal(told.predict(FIRST), last.predict(LAST).reshape(12, -1))


@pytest.mark.usefixtures("_theano")
def test_images_come_out_in_the_order_in_which_they_went_in():
    model = Sequential([Conv2D(3, 3, padding="same", input_shape=(2, 8, 6)), UpSampling2D(2)], seed=1)
    assert model.output_shape == (3, 16, 12)
    expected = Sequential(
        [
            Conv2D(3, 3, padding="same", input_shape=(8, 6, 2), data_format="channels_last"),
            UpSampling2D(2, data_format="channels_last"),
        ],
        seed=1,
    )
    np.testing.assert_array_equal(model.predict(FIRST), expected.predict(LAST).transpose(0, 3, 1, 2))
    model.add(GlobalAveragePooling2D())
    np.testing.assert_allclose(model.predict(FIRST), expected.predict(LAST).mean(axis=(1, 2)), rtol=1e-5)


@pytest.mark.usefixtures("_theano")
def test_chains_through_model_and_their_ends_in_the_middle():
    image = Input((2, 8, 6))
    features = Conv2D(4, 3, name="features")(image)
    model = Model(image, Dense(3, activation="softmax")(Flatten()(features)))
    trained(model, FIRST)
    middle = Model(model.input, model.get_layer("features").output)
    assert middle.predict(FIRST).shape == (12, 4, 6, 4)
    alone = Sequential([Conv2D(4, 3, data_format="channels_last", input_shape=(8, 6, 2))])
    alone.set_weights(model.get_layer("features").get_weights())
    np.testing.assert_array_equal(middle.predict(FIRST), alone.predict(LAST).transpose(0, 3, 1, 2))
    with pytest.raises(InputError, match="a list of outputs"):
        Model(model.input, [features, model.output])


@pytest.mark.usefixtures("_theano")
@pytest.mark.parametrize("ending", ["npz", "keras", "h5"])
def test_files_keep_the_order(tmp_path, ending):
    if ending != "npz":
        pytest.importorskip("h5py")
    model = trained(Sequential(layers((2, 8, 6), axis=1), seed=2), FIRST)
    model.save(tmp_path / f"model.{ending}")
    np.testing.assert_array_equal(load_model(tmp_path / f"model.{ending}").predict(FIRST), model.predict(FIRST))
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(FIRST), model.predict(FIRST))


@pytest.mark.usefixtures("_theano")
@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda: ImageDataGenerator(rotation_range=3), "ImageDataGenerator"),
        (lambda: img_to_array(np.zeros((3, 3))), "img_to_array"),
        (lambda: Conv2D(3, 3)(FIRST), "channels first"),
        (lambda: Conv2D(3, 3, data_format="NCHW"), "data_format"),
    ],
)
def test_what_cannot_be_done_in_that_order_is_refused(do, says):
    with pytest.raises(InputError, match=says):
        do()


@pytest.mark.parametrize("made", ["list", "chain", "input"])
def test_images_of_one_channel_first_are_taken_as_such_and_it_is_said(made):
    x = RNG.random((12, 1, 8, 8), np.float32)

    def layers():
        shape = {"input_shape": (1, 8, 8)} if made == "list" else {}
        return [Convolution2D(4, 3, 3, **shape), MaxPooling2D(), Flatten(), Dense(3, activation="softmax")]

    def chain():
        image = end = Input((1, 8, 8))
        for layer in layers():
            end = layer(end)
        return Model(image, end)

    with pytest.warns(UserWarning, match=r"Conv2D: images \(1, 8, 8\) are taken as \(channels, height, width\)"):
        model = chain() if made == "chain" else Sequential([Input((1, 8, 8))] * (made == "input") + layers(), seed=2)
    trained(model, x)
    expected = Sequential(
        [
            Conv2D(4, 3, data_format="channels_first", input_shape=(1, 8, 8)),
            MaxPooling2D(data_format="channels_first"),
            Flatten(),
            Dense(3, activation="softmax"),
        ]
    )
    expected.set_weights(model.get_weights())
    np.testing.assert_array_equal(model.predict(x), expected.predict(x))


@pytest.mark.parametrize(
    ("shape", "first"),
    [
        ((1, 28, 28), True),
        ((3, 32, 32), True),
        ((1, 4, 4), True),
        ((3, 3, 3), False),  # may be either
        ((2, 28, 28), False),
        ((28, 28, 1), False),
        ((1, 28, 27), False),
        ((1, 28), False),
        ((1, 28, 28, 28), False),
        (None, False),
    ],
)
def test_only_square_images_of_one_channel_or_three_look_as_in_keras_1(shape, first):
    assert channels._looks_first([], shape) is first
    assert not channels._looks_first([Flatten()], shape)


def test_the_warning_names_the_line_of_the_script():
    model = Sequential()
    with pytest.warns(UserWarning, match="are taken as") as said:
        model.add(Conv2D(4, 3, input_shape=(1, 8, 8)))
    assert [each.filename for each in said] == [__file__]


@pytest.mark.parametrize(("given", "first"), [(None, None), ("channels_first", True), ("channels_last", False)])
def test_without_a_word_about_channels_nobody_has_said_anything(given, first):
    assert channels.is_first(given, "layer") is first


@pytest.mark.usefixtures("_theano")
@pytest.mark.parametrize(("given", "first"), [(None, True), ("channels_first", True), ("channels_last", False)])
def test_a_layers_own_word_counts_more_than_what_was_set(given, first):
    assert channels.is_first(given, "layer") is first


def test_whoever_says_channels_last_gets_them_last():
    model = Sequential([Conv2D(4, 3, padding="same", input_shape=(1, 8, 8), data_format="channels_last")])
    assert model.output_shape == (1, 8, 4)


@pytest.mark.usefixtures("_theano")
@pytest.mark.parametrize("made", ["list", "chain"])
def test_models_inside_models_give_each_other_their_own_order(made):
    generator = Sequential([Conv2D(2, 3, padding="same", input_shape=(2, 8, 6))], seed=1)
    judge = Sequential([Conv2D(3, 3, input_shape=(2, 8, 6)), Flatten(), Dense(1)], seed=2)
    if made == "list":
        both = Sequential([generator, judge])
    else:
        image = Input((2, 8, 6))
        both = Model(image, judge(generator(image)))
    np.testing.assert_array_equal(both.predict(FIRST), judge.predict(generator.predict(FIRST)))
