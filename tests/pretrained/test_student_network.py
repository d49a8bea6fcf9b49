"""The student's network, layer by layer, and which model reads where none is named."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nn import pretrained
from nn.errors import InputError
from nn.layers import Dense, Flatten
from nn.models import Sequential
from nn.pretrained import BUNDLED, as_reader, load_reader, student_network

LAYERS = [
    ("Conv2D", (24, 24, 32), {"kernel_size": [5, 5], "activation": "relu"}),
    ("MaxPooling2D", (12, 12, 32), {"pool_size": [2, 2]}),
    ("Conv2D", (10, 10, 64), {"kernel_size": [3, 3], "activation": "relu"}),
    ("MaxPooling2D", (5, 5, 64), {"pool_size": [2, 2]}),
    ("Flatten", (1600,), {}),
    ("Dense", (128,), {"activation": "relu"}),
    ("Dropout", (128,), {"rate": 0.3}),
    ("Dense", (64,), {"activation": "relu"}),
    ("Dropout", (64,), {"rate": 0.5}),
    ("Dense", (10,), {"activation": "softmax"}),
]


def test_the_students_network_is_that_of_the_script():
    model = student_network()
    assert model.input_shape == (28, 28, 1)
    for layer, (kind, shape, options) in zip(model.layers, LAYERS, strict=True):
        assert (type(layer).__name__, layer.output_shape) == (kind, shape)
        assert {name: layer.config()[name] for name in options} == options


def test_without_a_seed_it_begins_with_the_weights_of_seed_0():
    first, seeded, other = (network.get_weights()[0] for network in (student_network(), student_network(0), student_network(1)))
    np.testing.assert_array_equal(first, seeded)
    assert not np.array_equal(first, other)


def test_a_model_trained_in_this_folder_reads_before_the_bundled_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_reader(None)[1] == BUNDLED
    Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, activation="softmax")]).save("mnist.npz")
    model, path = load_reader(None)
    assert path == Path("mnist.npz")
    assert len(model.layers) == 2


def test_without_any_model_the_error_says_how_to_train_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretrained, "BUNDLED", tmp_path / "none.npz")
    with pytest.raises(InputError, match=r"python -m nn\.train"):
        load_reader(None)


def test_a_named_model_is_read_wherever_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(BUNDLED, tmp_path / "copy.npz")
    model, path = load_reader("copy.npz")
    assert path == Path("copy.npz")
    assert as_reader(model) is model


@pytest.mark.parametrize("classes", [9, 11])
def test_a_model_for_other_classes_is_refused(tmp_path, classes):
    Sequential([Flatten(input_shape=(28, 28, 1)), Dense(classes, activation="softmax")]).save(tmp_path / "other.npz")
    with pytest.raises(InputError, match=rf"to \(10,\), got one from \(28, 28, 1\) to \({classes},\)"):
        load_reader(tmp_path / "other.npz")
