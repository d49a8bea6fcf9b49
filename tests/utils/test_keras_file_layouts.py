"""The layouts of Keras' files, name by name, and the limits of what is read."""

import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import nn as keras
from nn import optimizers
from nn.errors import InputError
from nn.layers import Dense, Flatten
from nn.models import Sequential, load_model
from nn.utils import keras_files
from nn.utils.keras_hdf5 import variable_paths

h5py = pytest.importorskip("h5py")
X = np.random.default_rng(3).random((4, 2, 3), np.float32)


def new_model(seed=1):
    return Sequential([Flatten(input_shape=(2, 3)), Dense(5), Dense(4, use_bias=False), Dense(3)], seed=seed)


def bits(model):
    return b"".join(array.tobytes() for array in model.get_weights())


# -- Names of files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [Sequential.save, Sequential.save_weights], ids=["save", "weights"])
def test_the_warning_about_a_name_points_at_the_call(tmp_path, monkeypatch, save):
    monkeypatch.chdir(tmp_path)
    for name in ("model", "folder/deeper/model"):
        with pytest.warns(UserWarning, match="this package's own format") as seen:
            save(new_model(), name)
        assert [Path(each.filename).name for each in seen] == [Path(__file__).name]
        assert Path(name).is_file()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(new_model(), "model.npz")
        save(new_model(), "model.h5")


def test_a_file_of_keras_is_known_by_its_first_bytes_too(tmp_path):
    model, other = new_model(), new_model(2)
    model.save_weights(tmp_path / "w.h5")
    (tmp_path / "w.h5").rename(tmp_path / "weights")
    assert keras_files.is_foreign(tmp_path / "weights")
    other.load_weights(tmp_path / "weights")
    assert bits(other) == bits(model)
    (tmp_path / "text").write_text("no weights")
    assert not keras_files.is_foreign(tmp_path / "text")
    assert keras_files.is_foreign("new.KERAS")
    assert not keras_files.is_foreign("new.npz")


def test_a_model_is_saved_over_another_one_unless_that_is_refused(tmp_path):
    model, path = new_model(), tmp_path / "m.h5"
    model.compile(optimizers.SGD(0.25), "mse")
    keras.models.save_model(model, path, overwrite=False)
    with pytest.raises(InputError, match="the file exists, and overwrite is False"):
        keras.models.save_model(model, path, overwrite=False)
    assert load_model(path).optimizer.learning_rate == 0.25
    keras.models.save_model(model, path, include_optimizer=False)
    with h5py.File(path) as file:
        assert "training_config" not in file.attrs
    keras.models.save_model(model, path)
    assert load_model(path).optimizer.learning_rate == 0.25


# -- What is written ------------------------------------------------------------------------------------------------------


def test_an_archive_has_keras_members_and_its_weights_by_class_and_count(tmp_path):
    model = new_model()
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert json.loads(archive.read("metadata.json"))["keras_version"].startswith("3.")
        content = archive.read("model.weights.h5")
    with h5py.File(io.BytesIO(content)) as file:
        assert sorted(file["layers"]) == ["dense", "dense_1", "dense_2", "flatten"]
        assert file["layers/dense_2/vars"].attrs["name"] == model.layers[3].name
        assert file["vars"].attrs["name"] == "sequential"
        np.testing.assert_array_equal(file["layers/dense_1/vars/0"], model.layers[2].parameters["kernel"])
        np.testing.assert_array_equal(file["layers/dense_2/vars/1"], model.layers[3].parameters["bias"])


def text(attribute):
    """Versions of h5py give bytes or text."""
    return attribute.decode() if isinstance(attribute, bytes) else attribute


@pytest.mark.parametrize("name", ["m.h5", "w.h5"])
def test_the_older_layout_says_in_attributes_what_it_holds(tmp_path, name):
    model = new_model()
    (model.save if name == "m.h5" else model.save_weights)(tmp_path / name)
    with h5py.File(tmp_path / name) as file:
        root = file["model_weights"] if name == "m.h5" else file
        for group in (file, root):
            assert [text(group.attrs[each]) for each in ("backend", "keras_version")] == ["tensorflow", keras_files.KERAS_VERSION]
        assert [text(each) for each in root.attrs["layer_names"]] == ["flatten", "dense", "dense_1", "dense_2"]
        assert [text(each) for each in root["dense_1"].attrs["weight_names"]] == ["dense_1/kernel:0"]
        assert len(root["top_level_model_weights"].attrs["weight_names"]) == 0
        np.testing.assert_array_equal(root["dense_2/dense_2/bias:0"], model.layers[3].parameters["bias"])


def test_every_layer_of_a_class_counts():
    assert variable_paths(["Dense", "Dense", "ReLU", "Dense"]) == ["dense", "dense_1", "re_lu", "dense_2"]


# -- What is read ---------------------------------------------------------------------------------------------------------


def rewritten(path, change):
    """The model file of the older layout, after its architecture has been changed."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config["config"]["layers"])
        file.attrs["model_config"] = json.dumps(config)
    return path


@pytest.mark.parametrize("name", [None, "", "same"])
def test_layers_without_a_name_of_their_own_get_one(tmp_path, name):
    def change(layers):
        for layer in layers:
            layer["config"]["name"] = name

    model = new_model()
    model.save(tmp_path / "m.h5")
    loaded = load_model(rewritten(tmp_path / "m.h5", change))
    assert bits(loaded) == bits(model)
    names = [layer.name for layer in loaded.layers]
    assert len(set(names)) == 4
    assert names[0] == ("same" if name else "flatten_0")
    assert names[1:] == ["dense_1", "dense_2", "dense_3"]


def test_a_sample_that_would_fill_the_memory_is_refused(tmp_path):
    model = Sequential([keras.layers.UpSampling2D(2, input_shape=(2, 3, 1))])
    model.save(tmp_path / "m.h5")

    def change(layers):
        layers[1]["config"]["size"] = [100_000, 100_000]

    with pytest.raises(InputError, match="a sample takes more than"):
        load_model(rewritten(tmp_path / "m.h5", change))


def test_files_up_to_the_limits_are_read_and_larger_ones_refused(tmp_path, monkeypatch):
    model, path = new_model(), tmp_path / "m.h5"
    model.save(path)
    with h5py.File(path) as file:
        size = len(file.attrs["model_config"])
    for limit, name in ((size, "MAX_CONFIG"), (path.stat().st_size, "MAX_WEIGHTS")):
        monkeypatch.setattr(keras_files, name, limit)
        assert bits(load_model(path)) == bits(model)
        monkeypatch.setattr(keras_files, name, limit - 1)
        with pytest.raises(InputError, match=r"expected a whole model|expected at most"):
            load_model(path)
        monkeypatch.undo()


@pytest.mark.parametrize(("member", "limit"), [("config.json", "MAX_CONFIG"), ("model.weights.h5", "MAX_WEIGHTS")])
def test_members_up_to_the_limits_are_read_and_larger_ones_refused(tmp_path, monkeypatch, member, limit):
    model, path = new_model(), tmp_path / "m.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(member).file_size
    monkeypatch.setattr(keras_files, limit, size)
    assert bits(load_model(path)) == bits(model)
    monkeypatch.setattr(keras_files, limit, size - 1)
    with pytest.raises(InputError, match=f"expected one uncompressed member {member} of at most {size - 1:,} bytes"):
        load_model(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("member", ["config.json", "model.weights.h5"])
def test_each_member_is_there_once_and_not_compressed(tmp_path, member):
    path = tmp_path / "m.keras"
    new_model().save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, members[member])
    with pytest.raises(InputError, match=f"expected one uncompressed member {member}"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED if name == member else zipfile.ZIP_STORED)
    with pytest.raises(InputError, match=f"expected one uncompressed member {member}"):
        load_model(path)


def weights_file(path, change):
    """A file of weights in Keras 3's layout, after it has been changed."""
    model = new_model()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        change(file)
    return model


def test_layers_without_arrays_may_be_left_out_and_the_folder_may_have_its_older_name(tmp_path):
    def change(file):
        del file["layers/flatten"]
        file.move("layers", "_layer_checkpoint_dependencies")

    other, path = new_model(2), tmp_path / "w.weights.h5"
    model = weights_file(path, change)
    other.load_weights(path)
    assert bits(other) == bits(model)


def replaced(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda file: file.move("layers", "other"), "expected weights in one of Keras' layouts, got none"),
        (lambda file: file.create_dataset("layers/dense/vars/2", data=np.zeros(3)), "expected 2 arrays for dense"),
        (replaced("layers/dense/vars/0", np.zeros((5, 6), np.float32)), r"to be float32 of shape \(6, 5\), got float32 \(5, 6\)"),
        (replaced("layers/dense/vars/0", np.zeros((6, 5), np.int32)), r"to be float32 of shape \(6, 5\), got int32 \(6, 5\)"),
        (replaced("layers/dense/vars/0", np.full((6, 5), np.inf)), "to be finite float32 or float64 numbers"),
        (replaced("layers/dense/vars", np.zeros(2)), "is missing, or is a link"),
        (lambda file: (file.pop("layers/dense/vars/1"), file.create_group("layers/dense/vars/1")), "to be an array"),
        (replaced("layers/dense_1/vars", h5py.SoftLink("/layers/dense/vars")), "is missing, or is a link"),
    ],
    ids=["none", "more", "shape", "numbers", "infinite", "array-as-group", "group-as-array", "link"],
)
def test_other_weights_are_refused(tmp_path, change, says):
    path = tmp_path / "w.weights.h5"
    weights_file(path, change)
    with pytest.raises(InputError, match=says):
        new_model().load_weights(path)


@pytest.mark.parametrize("storage", [{"chunks": (3, 5)}, {"compression": "gzip"}, {"external": "elsewhere"}], ids=str)
def test_arrays_that_are_not_stored_as_they_are_are_refused(tmp_path, storage):
    if "external" in storage:
        storage = {"external": [(str(tmp_path / "elsewhere"), 0, 120)]}

    def change(file):
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (6, 5), np.float32, **storage)

    path = tmp_path / "w.weights.h5"
    weights_file(path, change)
    with pytest.raises(InputError, match="expected arrays that are stored in the file as they are"):
        new_model().load_weights(path)


def test_a_layer_of_the_older_layout_is_a_group(tmp_path):
    path = tmp_path / "w.h5"
    new_model().save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["dense"]
        file["dense"] = np.zeros(3)
    with pytest.raises(InputError, match="expected 'dense' to be a group"):
        new_model().load_weights(path)
