"""Pictures in files, and arrays as pictures, as `keras.preprocessing.image` has them."""

import numpy as np
import pytest
from nn.preprocessing.image import array_to_img, img_to_array, load_img, save_img
from PIL import Image

from nn.errors import InputError

RNG = np.random.default_rng(3)
COLOURS = RNG.integers(0, 256, (4, 6, 3), np.uint8)


@pytest.fixture
def path(tmp_path):
    """A picture, four pixels high and six wide."""
    Image.fromarray(COLOURS).save(tmp_path / "colours.png")
    return tmp_path / "colours.png"


def test_a_picture_is_loaded_in_colours_unless_told_otherwise(path):
    np.testing.assert_array_equal(img_to_array(load_img(path)), COLOURS)
    grey = np.asarray(Image.open(path).convert("L"))[..., None]
    np.testing.assert_array_equal(img_to_array(load_img(path, grayscale=True)), grey)
    np.testing.assert_array_equal(img_to_array(load_img(path, color_mode="grayscale")), grey)
    opaque = img_to_array(load_img(path, color_mode="rgba"))
    assert (opaque.shape, set(opaque[..., 3].ravel())) == ((4, 6, 4), {255})


def test_target_size_is_height_and_width(path):
    doubled = img_to_array(load_img(path, target_size=(8, 18)))
    np.testing.assert_array_equal(doubled, COLOURS.repeat(2, axis=0).repeat(3, axis=1))
    smooth = img_to_array(load_img(path, target_size=(2, 3), interpolation="box"))
    np.testing.assert_allclose(smooth, COLOURS.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3)), atol=1)


@pytest.mark.parametrize(
    ("options", "says"), [({"color_mode": "cmyk"}, "color_mode"), ({"interpolation": "best"}, "interpolation")]
)
def test_unknown_ways_to_load_are_refused(options, says, path):
    with pytest.raises(InputError, match=says):
        load_img(path, **options)


def test_arrays_of_pictures_have_channels_and_their_values():
    assert img_to_array(COLOURS).dtype == np.float32
    np.testing.assert_array_equal(img_to_array(COLOURS), COLOURS)
    assert img_to_array(COLOURS[..., 0], dtype=None).shape == (4, 6, 1)
    assert img_to_array(COLOURS, dtype="uint8").dtype == np.uint8
    for wrong in (COLOURS[0, 0], COLOURS[None]):
        with pytest.raises(InputError, match="height, width"):
            img_to_array(wrong)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_an_array_of_each_number_of_channels_is_a_picture(channels, mode):
    array = RNG.integers(0, 256, (5, 4, channels))
    picture = array_to_img(array, scale=False)
    assert (picture.mode, picture.size) == (mode, (4, 5))
    np.testing.assert_array_equal(np.asarray(picture).reshape(5, 4, channels), array)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 2), (5, 4, 5), (0, 4, 1), (1, 5, 4, 1)])
def test_other_arrays_are_no_pictures(shape):
    with pytest.raises(InputError, match="array_to_img: expected shape"):
        array_to_img(np.zeros(shape))


def test_values_are_stretched_from_black_to_white_unless_told_otherwise():
    values = np.array([[[-1.0], [0.0], [1.0], [4.0]]])
    assert np.asarray(array_to_img(values)).tolist() == [[0, 51, 102, 255]]
    assert np.asarray(array_to_img(100 * values, scale=False)).tolist() == [[0, 0, 100, 255]]
    assert np.asarray(array_to_img(np.full((1, 2, 1), 7.0))).tolist() == [[0, 0]]
    fractions = np.array([[[0.9], [1.1], [2.9]]])
    assert np.asarray(array_to_img(fractions)).tolist() == [[0, 25, 255]]
    assert np.asarray(array_to_img(fractions, dtype="int16")).tolist() == [[0, 127, 255]]  # of 0, 1 and 2


def test_an_array_is_saved_as_a_picture(tmp_path):
    save_img(tmp_path / "stretched.png", np.array([[[2.0], [3.0]]]))
    save_img(tmp_path / "given.png", np.array([[[2.0], [3.0]]]), scale=False)
    assert np.asarray(Image.open(tmp_path / "stretched.png")).tolist() == [[0, 255]]
    assert np.asarray(Image.open(tmp_path / "given.png")).tolist() == [[2, 3]]


def test_channels_first_are_refused():
    for act in (img_to_array, array_to_img):
        with pytest.raises(InputError, match="channels first are not supported"):
            act(np.zeros((3, 4, 5)), data_format="channels_first")
