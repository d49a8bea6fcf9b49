"""Models and archives come back from a file as they were, to the bit."""

import contextlib
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import FORMAT, same, tiny_model

from nn.errors import InputError
from nn.io.archive import read_archive, write_archive
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU, Softmax
from nn.models import Sequential, load_model


def test_every_layer_survives_a_round_trip(tmp_path):
    model = Sequential(seed=3)
    model.add(Conv2D(3, kernel_size=(3, 2), strides=(1, 2), padding="same", activation="relu", input_shape=(9, 8, 2)))
    model.add(MaxPooling2D(pool_size=(2, 2), strides=(2, 1), padding="same"))
    model.add(Conv2D(2, 2, name="second"))
    model.add(ReLU())
    model.add(Flatten())
    model.add(Dropout(0.5))
    model.add(Dense(5))
    model.add(Softmax())
    model.card = {"words": "Zürich, 東京", "numbers": [1, 2.5, None], "nested": {"yes": True}}
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    assert same(model, loaded)
    assert loaded.card == model.card
    assert loaded.input_shape == (9, 8, 2)
    x = np.random.default_rng(0).random((3, 9, 8, 2), np.float32)
    assert loaded.predict(x).tobytes() == model.predict(x).tobytes()


def test_file_is_readable_with_numpy_alone(tiny):
    with np.load(tiny, allow_pickle=False) as archive:
        assert archive["dense/kernel"].shape == (4, 3)
        assert json.loads(str(archive["header"]))["format"] == FORMAT


def test_same_model_gives_the_same_bytes(tmp_path, tiny):
    tiny_model().save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == tiny.read_bytes()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=25, deadline=None)
@given(
    header=st.dictionaries(
        st.text(max_size=6).filter(lambda name: name not in ("format", "version", "sha256")), json_values, max_size=4
    ),
    arrays=st.dictionaries(
        st.from_regex(r"[a-z0-9_]{1,8}(/[a-z]{1,6})?", fullmatch=True).filter(lambda name: name != "header"),
        st.tuples(
            st.sampled_from(["<f4", "<f8", "|u1", "<i8", "|b1"]),
            st.lists(st.integers(0, 4), max_size=4),
            st.integers(0, 2**32 - 1),
        ),
        max_size=4,
    ),
)
def test_archives_survive_a_round_trip(tmp_path_factory, header, arrays):
    made = {}
    for name, (dtype, shape, seed) in arrays.items():
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        raw = np.random.default_rng(seed).integers(0, 2 if dtype == "|b1" else 256, size, np.uint8)
        made[name] = raw.view(dtype).reshape(shape)
    path = tmp_path_factory.mktemp("archive") / "file.npz"
    write_archive(path, {"format": "test", "version": 1, **header}, made)
    read_header, read = read_archive(path, "test", 1)
    assert {name: value for name, value in read_header.items() if name not in ("format", "version")} == header
    assert read.keys() == made.keys()
    for name, array in made.items():
        assert (read[name].dtype, read[name].shape, read[name].tobytes()) == (array.dtype, array.shape, array.tobytes())


sizes = st.integers(1, 3)
windows = st.fixed_dictionaries({"strides": st.tuples(sizes, sizes), "padding": st.sampled_from(["valid", "same"])})
image_layers = st.one_of(
    st.builds(lambda filters, size, more: Conv2D(filters, size, **more), sizes, st.tuples(sizes, sizes), windows),
    st.builds(lambda size, more: MaxPooling2D(size, **more), st.tuples(sizes, sizes), windows),
    st.builds(ReLU),
    st.builds(Dropout, st.floats(0, 0.99)),
)
vector_layers = st.one_of(
    st.builds(Dense, sizes, st.sampled_from([None, "relu", "softmax"])), st.builds(Softmax), st.builds(ReLU)
)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(3, 9), st.integers(3, 9), sizes),
    images=st.lists(image_layers, max_size=3),
    vectors=st.lists(vector_layers, max_size=3),
    seed=st.integers(0, 2**32),
)
def test_models_survive_a_round_trip(tmp_path_factory, shape, images, vectors, seed):
    model = Sequential([ReLU(input_shape=shape)], seed=seed)
    for layer in [*images, Flatten(), *vectors]:
        with contextlib.suppress(InputError):  # a window that the image has become too small for
            model.add(layer)
    path = tmp_path_factory.mktemp("model") / "file.npz"
    model.save(path)
    loaded = load_model(path)
    assert same(model, loaded)
    assert (loaded.input_shape, loaded.output_shape) == (model.input_shape, model.output_shape)
