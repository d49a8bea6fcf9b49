"""Generators of batches, and ImageDataGenerator."""

import re

import numpy as np
import pytest
from nn.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array, load_img

from nn.errors import InputError
from nn.layers import Dense, Flatten
from nn.models import Sequential
from nn.utils import Sequence
from nn.utils.preprocessing.warp import random_transforms, warp

RNG = np.random.default_rng(6)
X = RNG.random((50, 6, 6, 1), np.float32)
Y = np.arange(50) % 3


def new_model():
    model = Sequential([Flatten(input_shape=(6, 6, 1)), Dense(3, activation="softmax")], seed=3)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def bits(model):
    return b"".join(array.tobytes() for array in model.get_weights())


def batches(size=20, endless=True):
    while True:
        for begin in range(0, 50, size):
            yield X[begin : begin + size], Y[begin : begin + size]
        if not endless:
            return


class Data(Sequence):
    """Batches by their index."""

    ended = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return X[20 * index : 20 * index + 20], Y[20 * index : 20 * index + 20]

    def on_epoch_end(self):
        self.ended += 1


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_batches_of_a_generator_train_as_the_arrays_in_order_do(engine):
    plain, other, third = new_model(), new_model(), new_model()
    history = plain.fit(X, Y, batch_size=20, epochs=2, shuffle=False, verbose=0, engine=engine, validation_data=(X, Y))
    data = Data()
    seen = other.fit(
        batches(), steps_per_epoch=3, epochs=2, verbose=0, engine=engine, validation_data=batches(), validation_steps=3
    )
    third.fit(data, epochs=2, verbose=2, engine=engine)
    assert bits(plain) == bits(other) == bits(third)
    assert seen.history == history.history
    assert data.ended == 2


def test_batches_may_have_weights():
    plain, other = new_model(), new_model()
    weights = RNG.random(50)
    plain.fit(X, Y, batch_size=50, sample_weight=weights, shuffle=False, verbose=0)
    other.fit(iter([(X, Y, weights)]), steps_per_epoch=1, verbose=0)
    assert bits(plain) == bits(other)


def test_evaluate_and_predict_take_generators():
    model = new_model()
    assert model.evaluate(Data()) == model.evaluate_generator(batches(), steps=3) == model.evaluate(X, Y)
    np.testing.assert_array_equal(model.predict(Data()), model.predict(X))
    np.testing.assert_array_equal(model.predict_generator(batches(), steps=1), model.predict(X[:20]))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"x": batches()}, "steps_per_epoch"),
        ({"x": batches(), "steps_per_epoch": 0}, "at least one batch"),
        ({"x": batches(endless=False), "steps_per_epoch": 4}, "ended"),
        ({"x": iter([3]), "steps_per_epoch": 1}, "batches (x, y)"),
        ({"x": iter([(X, Y[:3])]), "steps_per_epoch": 1}, "as many labels"),
        ({"x": iter([(X[:2], Y[:2]), (X, Y)]), "steps_per_epoch": 2}, "no batch larger than the first"),
        ({"x": batches(), "steps_per_epoch": 1, "batch_size": 3}, "batch_size"),
        ({"x": batches(), "steps_per_epoch": 1, "class_weight": {0: 1.0}}, "class_weight"),
        ({"x": X, "y": Y, "steps_per_epoch": 1}, "steps_per_epoch"),
        ({"x": X, "y": Y, "validation_data": (X, Y), "validation_steps": 0}, "validation_steps"),
        ({"x": X, "y": Y, "initial_epoch": 2}, "initial_epoch"),
        ({"x": X, "y": Y, "validation_freq": 2}, "validation_freq"),
        ({"x": X, "y": Y, "epoch": 2}, "epoch"),
    ],
)
def test_what_is_not_supported_is_refused(arguments, says):
    with pytest.raises(InputError, match=re.escape(says)):
        new_model().fit(verbose=0, **arguments)


def test_generator_without_options_gives_the_images():
    flow = ImageDataGenerator().flow(X, Y, batch_size=20, shuffle=False)
    images, labels = next(flow)
    np.testing.assert_array_equal(images, X[:20])
    np.testing.assert_array_equal(labels, Y[:20])
    assert [len(flow), len(flow[2][0]), len(flow[3][0])] == [3, 10, 20]


def test_a_training_sees_new_views_in_each_epoch_and_an_evaluation_the_first_ones():
    def flow():
        return ImageDataGenerator(rotation_range=20).flow(X, Y, batch_size=20, seed=4)

    views, by_hand, in_turn = flow(), new_model(), new_model()
    before = by_hand.evaluate(views)
    by_hand.fit((each for each in flow()), steps_per_epoch=3, epochs=2, verbose=0)
    for _ in range(2):
        in_turn.fit(views, verbose=0)
    assert views.batch_index == 6
    assert bits(in_turn) == bits(by_hand)
    assert new_model().evaluate(views) == before == new_model().evaluate(flow())


def test_a_training_begins_with_a_whole_batch_of_the_next_round():
    flow = ImageDataGenerator().flow(X, Y, batch_size=20, shuffle=False)
    for _ in range(2):
        new_model().fit(flow, steps_per_epoch=2, verbose=0)  # the third batch is a smaller one
    assert flow.batch_index == 5
    other = new_model()
    other.fit(flow, steps_per_epoch=1, verbose=0)
    expected = new_model()
    expected.fit(X[:20], Y[:20], batch_size=20, shuffle=False, verbose=0)
    assert bits(other) == bits(expected)


def test_shuffled_batches_hold_each_image_once_and_repeat_by_the_seed():
    flow = ImageDataGenerator().flow(X, np.arange(50), batch_size=20, seed=1)
    first, second = [np.concatenate([flow[begin + index][1] for index in range(3)]) for begin in (0, 3)]
    assert sorted(first) == sorted(second) == list(range(50))
    assert first.tolist() != second.tolist()
    again = ImageDataGenerator().flow(X, np.arange(50), batch_size=20, seed=1)
    np.testing.assert_array_equal(again[4][1], flow[4][1])


@pytest.mark.parametrize("option", ["rotation_range", "width_shift_range", "height_shift_range", "shear_range"])
def test_views_stay_within_their_limits(option):
    image = np.zeros((1, 21, 21, 1), np.float32)
    image[0, 10, 15] = 1.0
    limit = {"rotation_range": 30.0, "shear_range": 30.0}.get(option, 3.0)
    generator = ImageDataGenerator(**{option: limit}, fill_mode="constant")
    rng = np.random.default_rng(0)
    positions = np.array([np.argwhere(generator.views(image, rng)[0, :, :, 0] > 0.2).mean(axis=0) - 10 for _ in range(60)])
    rows, columns = positions.T
    if option == "rotation_range":
        assert np.abs(np.hypot(rows, columns) - 5).max() < 1
        assert 20 < np.degrees(np.abs(np.arctan2(rows, columns))).max() < 36
    elif option == "width_shift_range":
        assert np.abs(rows).max() == 0
        assert 2 < np.abs(columns - 5).max() <= 3.5
    elif option == "height_shift_range":
        assert np.abs(columns - 5).max() == 0
        assert 2 < np.abs(rows).max() <= 3.5


class Given:
    """In the place of a generator of random numbers: the values as given."""

    def __init__(self, *values):
        self.values = list(values)

    def uniform(self, low, high, shape):
        value = np.asarray(self.values.pop(0), float)
        return np.broadcast_to(value, shape) if isinstance(shape, tuple) else np.full(shape, value)


@pytest.mark.parametrize("fill_mode", ["nearest", "constant"])
@pytest.mark.parametrize(
    ("rotation", "shear", "rows", "columns", "zoom"),
    [
        (20, 0, 0, 0, (1, 1)),
        (0, 15, 0, 0, (1, 1)),
        (0, 0, 2, 0.5, (1, 1)),
        (0, 0, 0, 0, (0.8, 1.2)),
        (20, 15, 2, 1.5, (0.8, 1.2)),
    ],
)
def test_views_are_what_scipy_makes_of_the_matrix(rotation, shear, rows, columns, zoom, fill_mode):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = RNG.random((11, 11, 1)).astype(np.float32)
    given = Given(rotation, shear, rows, columns, zoom)
    transforms = random_transforms(1, (11, 11), (90, 5, 5, 90, 0, 2), given)
    theta, lean = np.radians(rotation), np.radians(shear)
    turn = np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])
    matrix = turn @ [[np.cos(lean), 0], [-np.sin(lean), 1]] @ np.diag(zoom)
    offset = 5 - matrix @ [5, 5] + turn @ [rows, columns]
    expected = ndimage.affine_transform(image[..., 0], matrix, offset, order=1, mode=fill_mode)
    np.testing.assert_allclose(warp(image[None], transforms, fill_mode)[0, ..., 0], expected, atol=1e-5)


def test_flips_scales_and_functions():
    image = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    seen = {ImageDataGenerator(horizontal_flip=True).random_transform(image[0], seed).ravel().tobytes() for seed in range(20)}
    assert seen == {image.tobytes(), image[:, :, ::-1].tobytes()}
    generator = ImageDataGenerator(rescale=0.5, preprocessing_function=lambda each: each + 1)
    np.testing.assert_array_equal(generator.standardize(image[0]).ravel(), [0.5, 1, 1.5, 2])
    centred = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.raises(InputError, match="fit"):
        centred.standardize(image[0])
    centred.fit(X)
    views = centred.views(X, np.random.default_rng(0))
    assert abs(views.mean()) < 1e-5
    assert views.std() == pytest.approx(1, abs=1e-4)


def test_share_for_validation_comes_first():
    generator = ImageDataGenerator(validation_split=0.2)
    assert generator.flow(X, Y, subset="validation").n == 10
    np.testing.assert_array_equal(generator.flow(X, Y, subset="training", shuffle=False)[0][0], X[10:42])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"zca_whitening": True}, "zca_whitening"),
        ({"brightness_range": (0.5, 1)}, "brightness_range"),
        ({"fill_mode": "wrap"}, "fill_mode"),
        ({"rotation_range": -1}, "rotation_range"),
        ({"data_format": "channels_first"}, "data_format"),
        ({"rotate": 1}, "no argument"),
    ],
)
def test_what_the_generator_cannot_do_is_refused(options, says):
    with pytest.raises(InputError, match=says):
        ImageDataGenerator(**options)


def test_pictures_to_arrays_and_back(tmp_path):
    array = RNG.integers(0, 256, (5, 4, 1)).astype(np.float32)
    array_to_img(array, scale=False).save(tmp_path / "a.png")
    np.testing.assert_array_equal(img_to_array(load_img(tmp_path / "a.png", color_mode="grayscale")), array)
    assert img_to_array(load_img(tmp_path / "a.png", target_size=(10, 8))).shape == (10, 8, 3)
    (tmp_path / "b.png").write_text("no picture")
    with pytest.raises(InputError, match="expected a picture"):
        load_img(tmp_path / "b.png")
    with pytest.raises(InputError, match="shape"):
        array_to_img(np.zeros((5, 4)))


@pytest.mark.parametrize("steps", [2, 1.5])
def test_validation_steps_are_batches_of_the_arrays(steps):
    history, expected = new_model(), new_model()
    some = history.fit(X, Y, batch_size=8, verbose=0, validation_data=(X, Y), validation_steps=steps).history["val_loss"]
    assert some == expected.fit(X, Y, batch_size=8, verbose=0, validation_data=(X[:16], Y[:16])).history["val_loss"]
    whole = new_model().fit_generator(batches(), 2, 1, 0, None, (X, Y), 1).history["val_loss"]
    assert whole == new_model().fit_generator(batches(), 2, 1, 0, None, (X, Y)).history["val_loss"]
