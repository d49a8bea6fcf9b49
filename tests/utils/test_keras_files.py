"""Keras' files, built here in Keras' layouts, are read, written and read again; damaged and
hostile ones are refused.
"""

import io
import json
import zipfile

import numpy as np
import pytest

import nn as keras
from nn import losses, optimizers
from nn.errors import InputError
from nn.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, LeakyReLU, MaxPooling2D, Sigmoid
from nn.models import Sequential, load_model, model_from_json

X = np.random.default_rng(2).random((5, 6, 6, 1), np.float32)


def new_model(seed=4):
    model = Sequential(
        [
            Conv2D(3, 3, activation="relu", input_shape=(6, 6, 1)),
            BatchNormalization(),
            LeakyReLU(0.1),
            MaxPooling2D(),
            Flatten(),
            Dense(4, kernel_regularizer="l2"),
            Sigmoid(),
            Dense(2, use_bias=False),
            Activation("softmax"),
        ],
        seed=seed,
    )
    rng = np.random.default_rng(seed)
    model.set_weights([array + rng.random(array.shape) * 0.1 for array in model.get_weights()])
    return model


# -- Architectures, which need no h5py -----------------------------------------------------------------------------------


def test_architecture_through_json():
    model = new_model()
    other = model_from_json(model.to_json())
    other.set_weights(model.get_weights())
    assert other.predict(X).tobytes() == model.predict(X).tobytes()
    assert [type(layer).__name__ for layer in other.layers].count("Activation") == 2
    assert other.layers[5].regularizers["kernel"].config() == {"l1": 0.0, "l2": 0.01}


KERAS_1 = {
    "class_name": "Sequential",
    "config": [
        {"class_name": "Convolution2D", "config": {
            "name": "c", "nb_filter": 2, "kernel_size": [3, 3], "border_mode": "same", "subsample": [1, 1],
            "batch_input_shape": [None, 6, 6, 1], "dtype": "float32", "activation": "linear", "dim_ordering": "tf"}},
        {"class_name": "Flatten", "config": {"name": "f", "trainable": True}},
        {"class_name": "Dense", "config": {"name": "d", "output_dim": 2, "activation": "softmax", "W_constraint": None}},
    ],
}  # fmt: skip
KERAS_2 = {
    "class_name": "Sequential", "keras_version": "2.4.0",
    "config": {"name": "sequential", "layers": [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 6, 6, 1], "dtype": "float32", "sparse": False}},
        {"class_name": "Flatten", "config": {"name": "f", "trainable": True, "dtype": "float32", "data_format": "channels_last"}},
        {"class_name": "Dense", "config": {
            "name": "d", "trainable": True, "units": 2, "activation": "softmax", "use_bias": True,
            "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
            "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None, "activity_regularizer": None}},
    ]},
}  # fmt: skip


def functional(inbound):
    layers = [
        {"class_name": "InputLayer", "name": "i", "config": {"batch_input_shape": [None, 4], "name": "i"}, "inbound_nodes": []},
        {"class_name": "Dense", "name": "a", "config": {"name": "a", "units": 3}, "inbound_nodes": [[["i", 0, 0, {}]]]},
        {"class_name": "Dense", "name": "b", "config": {"name": "b", "units": 2}, "inbound_nodes": inbound},
    ]
    return {"class_name": "Functional", "config": {"name": "model", "layers": layers}}


@pytest.mark.parametrize(
    ("config", "parameters"),
    [(KERAS_1, 20 + 146), (KERAS_2, 74), (functional([[["a", 0, 0, {}]]]), 15 + 8)],
    ids=["1", "2", "chain"],
)
def test_architectures_of_older_versions(config, parameters):
    assert model_from_json(json.dumps(config)).count_params() == parameters


def changed(layer, **options):
    config = json.loads(json.dumps(KERAS_2))
    config["config"]["layers"][layer]["config"].update(options)
    return json.dumps(config)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
        ("[]", "class_name"),
        ('{"class_name": "Sequential", "config": {"layers": []}}', "list of layers"),
        ('{"class_name": "Sequential", "config": {"layers": [3]}}', "class_name"),
        ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "LSTM", "config": {}}]}}', "no layer 'LSTM'"),
        (
            '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {"function": "x"}}]}}',
            "no layer 'Lambda'",
        ),
        ('{"class_name": "Bidirectional", "config": {}}', "Sequential"),
        (changed(2, kernel_constraint={"class_name": "MaxNorm"}), "kernel_constraint"),
        (changed(2, dtype="float16"), "float16"),
        (changed(2, units=-1), "units"),
        (changed(2, units="many"), "units"),
        (changed(2, activation="mish"), "activation"),
        (changed(0, batch_input_shape=None), "input shape"),
        (changed(0, batch_input_shape=[None, -6]), "input_shape"),
        (json.dumps(functional([[["i", 0, 0, {}]]])), "chain"),
        (json.dumps(functional([[["a", 0, 0, {}], ["i", 0, 0, {}]]])), "chain"),
        (json.dumps(functional([[["a", 0, 0, {}]], [["a", 0, 0, {}]]])), "chain"),
    ],
)
def test_other_architectures_are_refused_in_a_sentence(text, says):
    with pytest.raises(InputError, match=says) as error:
        model_from_json(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def test_layer_of_ones_own_has_no_place_in_keras_files():
    class Own(Dense):
        pass

    with pytest.raises(InputError, match="no layer Own"):
        Sequential([Own(2, input_shape=(3,))]).to_json()


def test_foreign_endings_are_not_silent(tmp_path):
    with pytest.warns(UserWarning, match="own format"):
        new_model().save_weights(tmp_path / "cp.ckpt")
    new_model(9).load_weights(tmp_path / "cp.ckpt")
    with pytest.warns(UserWarning, match=r"own format \(\.npz\), which Keras cannot read"):
        new_model().save(tmp_path / "my_model")
    assert load_model(tmp_path / "my_model").count_params() == new_model().count_params()
    with pytest.raises(InputError, match=r"ends in \.h5"):
        new_model().save(tmp_path / "my_model", save_format="h5")
    with pytest.raises(InputError, match="save_format"):
        new_model().save(tmp_path / "my_model", save_format="onnx")
    with pytest.raises(InputError, match="exists"):
        new_model().save(tmp_path / "my_model", overwrite=False)


def test_weights_in_the_own_format(tmp_path):
    model, other = new_model(), new_model(9)
    model.save_weights(tmp_path / "w.npz")
    other.load_weights(tmp_path / "w.npz")
    assert other.predict(X).tobytes() == model.predict(X).tobytes()
    with pytest.raises(InputError, match="exists"):
        model.save_weights(tmp_path / "w.npz", overwrite=False)
    with pytest.raises(InputError, match="by_name"):
        model.load_weights(tmp_path / "w.npz", by_name=True)


def test_without_h5py_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(InputError, match=r"pip install .*keras-files"):
        new_model().save(tmp_path / "m.h5")
    assert not list(tmp_path.iterdir())


# -- Files ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py")


@pytest.mark.parametrize("name", ["m.h5", "m.hdf5", "m.keras"])
def test_models_come_back(h5py, tmp_path, name):
    model = new_model()
    model.save(tmp_path / name)
    other = load_model(tmp_path / name)
    assert other.predict(X).tobytes() == model.predict(X).tobytes()
    third = new_model(9)
    third.load_weights(tmp_path / name)
    assert third.predict(X).tobytes() == model.predict(X).tobytes()


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
@pytest.mark.parametrize(
    ("optimizer", "loss"),
    [
        (optimizers.Adam(0.01, beta_1=0.8, use_ema=True), losses.SparseCategoricalCrossentropy(from_logits=True)),
        (
            optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01),
            losses.CategoricalCrossentropy(label_smoothing=0.1),
        ),
        (optimizers.RMSprop(optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)), "mse"),
        (optimizers.Adadelta(), "binary_crossentropy"),
    ],
    ids=["adam", "sgd", "rmsprop", "adadelta"],
)
def test_settings_of_optimizer_and_loss_come_back(h5py, tmp_path, name, optimizer, loss):
    model = new_model()
    model.compile(optimizer, loss, ["acc"])
    model.save(tmp_path / name)
    loaded = load_model(tmp_path / name)
    assert loaded.optimizer.config() == model.optimizer.config()
    assert (type(loaded.loss), vars(loaded.loss)) == (type(model.loss), vars(model.loss))
    assert loaded.metrics == ["acc"]
    assert loaded.fit(X, np.eye(2)[[0, 1, 0, 1, 0]], verbose=0).epoch == [0]


def test_other_settings_ask_for_compile(h5py, tmp_path):
    new_model().save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        text = file.attrs["training_config"]
    changes = [("Adadelta", "Lion"), ('"rho"', '"clipnorm"'), ("CategoricalCrossentropy", "KLDivergence"), (text, "[")]
    for old, new in changes:
        assert old in text
        with h5py.File(tmp_path / "m.h5", "a") as file:
            file.attrs["training_config"] = text.replace(old, new)
        loaded = load_model(tmp_path / "m.h5")
        for act in (loaded.fit, loaded.evaluate):
            with pytest.raises(InputError, match="call compile"):
                act(X, np.zeros(5, int), verbose=0)


@pytest.mark.parametrize("name", ["w.h5", "w.weights.h5"])
def test_weights_come_back(h5py, tmp_path, name):
    model, other = new_model(), new_model(9)
    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)
    assert other.predict(X).tobytes() == model.predict(X).tobytes()
    with pytest.raises(InputError, match="weights alone"):
        load_model(tmp_path / name)
    with pytest.raises(InputError, match="expected"):
        Sequential([Dense(2, input_shape=(3,))]).load_weights(tmp_path / name)


KERNEL, BIAS = np.arange(72, dtype=np.float32).reshape(36, 2) / 72, np.array([0.5, -0.5], np.float32)


def keras_2_file(h5py, path, kernel=KERNEL, **storage):
    """A whole model as Keras 2 writes it."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(KERAS_2)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = np.array([b"f", b"d"])
        weights.create_group("f").attrs["weight_names"] = np.zeros(0)
        group = weights.create_group("d")
        group.attrs["weight_names"] = np.array([b"d/kernel:0", b"d/bias:0"])
        group.create_dataset("d/kernel:0", data=kernel, **storage)
        group.create_dataset("d/bias:0", data=BIAS)


def test_file_of_keras_2(h5py, tmp_path):
    keras_2_file(h5py, tmp_path / "mnist.h5")
    model = keras.models.load_model(tmp_path / "mnist.h5")
    scores = X.reshape(5, 36) @ KERNEL + BIAS
    np.testing.assert_allclose(model.logits(X[..., 0] if model.input_shape == (6, 6) else X), scores, rtol=1e-5)
    assert [layer.name for layer in model.layers] == ["f", "d"]


def test_archive_of_keras_3(h5py, tmp_path):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_group("layers/flatten/vars")
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = KERNEL, BIAS
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(KERAS_2))
        archive.writestr("model.weights.h5", buffer.getvalue())
    np.testing.assert_array_equal(load_model(tmp_path / "m.keras").get_weights()[0], KERNEL)


def test_hostile_files_are_refused(h5py, tmp_path):
    path = tmp_path / "m.h5"

    def refused(says):
        with pytest.raises(InputError, match=says) as error:
            load_model(path)
        assert "\n" not in str(error.value)

    keras_2_file(h5py, path, KERNEL[:-1])
    refused("shape")
    keras_2_file(h5py, path, KERNEL * np.nan)
    refused("finite")
    keras_2_file(h5py, path, KERNEL.astype(int))
    refused("float32")
    keras_2_file(h5py, path, compression="gzip")
    refused("stored")
    keras_2_file(h5py, path)
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["kernel"] = KERNEL
    with h5py.File(path, "r+") as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d/d/kernel:0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "kernel")
    refused("link")
    keras_2_file(h5py, path)
    with h5py.File(path, "r+") as file:
        file["model_weights/d"].attrs["weight_names"] = np.array([b"../../x", b"d/bias:0"])
    refused("plain name")
    with h5py.File(path, "r+") as file:
        file["model_weights/d"].attrs["weight_names"] = np.array([b"d/bias:0"])
    refused("arrays")
    keras_2_file(h5py, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused("damaged|read")
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"x" * 100)
    refused("damaged")
    path.write_bytes(b"something else")
    refused("Keras file")


def test_hostile_archives_are_refused(h5py, tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "0" * 1000)
        archive.writestr("model.weights.h5", b"")
    with pytest.raises(InputError, match=r"uncompressed member config\.json"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(KERAS_2))
    with pytest.raises(InputError, match=r"member model\.weights\.h5"):
        load_model(path)
