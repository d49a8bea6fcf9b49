"""Every name of Keras that is promised is there, under each of its addresses; the others are
refused in a sentence.
"""

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

import nn
from nn.errors import InputError
from nn.utils import keras_names


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in keras_names.NAMES.items() for name in names])
def test_promised_name_is_there(module, name):
    assert (getattr(import_module(module), name) is None) == (name == "newaxis")


@pytest.mark.parametrize("alias", sorted(keras_names.MODULES))
def test_module_under_keras_name_is_the_one_that_holds_the_names(alias):
    real = import_module(keras_names.MODULES[alias])
    spec = real.__spec__
    assert import_module(alias) is real
    assert real.__spec__ is spec
    assert real.__name__ == spec.name


@pytest.mark.parametrize("alias", sorted(keras_names.MODULES))
def test_what_no_module_has_is_refused_under_each_name(alias):
    with pytest.raises(AttributeError, match=r"^nn[\w.]* has no 'GradientTape'; it has \w+"):
        _ = import_module(alias).GradientTape


def test_one_module_under_all_its_names():
    import nn.backend as first
    import nn.keras.backend as second

    assert first is second is nn.backend
    assert nn.keras is nn
    assert nn.keras.layers.MaxPool2D is nn.layers.MaxPooling2D
    assert import_module("nn.keras.layers.dense") is import_module("nn.layers.dense")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("from nn.layers import LSTM", "nn.layers has no 'LSTM'; it has "),
        ("from nn.callbacks import RemoteMonitor", "nn.callbacks has no 'RemoteMonitor'; it has "),
        ("from nn.models import model_from_yaml", "nn.models has no 'model_from_yaml'; it has "),
        ("from nn.utils import get_file", "nn.utils has no 'get_file'; it has "),
        ("from nn.applications import VGG16", "nn has no 'applications'; it has "),
        ("import nn.applications.vgg16", "nn has no 'applications'; it has "),
        ("from nn.preprocessing.text import Tokenizer", "nn.preprocessing has no 'text'"),
        ("from nn.activations import mish", "nn.activations has no 'mish'; it has "),
    ],
)
def test_missing_name_is_refused_with_the_list_of_what_there_is(statement, says):
    with pytest.raises(ImportError) as error:
        exec(statement)
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)


def test_attributes_are_missing_in_the_usual_way():
    assert not hasattr(nn.layers, "LSTM")
    with pytest.raises(AttributeError, match=r"it has .*Dense"):
        _ = nn.layers.LSTM


def test_importing_the_package_stays_free():
    script = "import sys, nn; print('numpy' in sys.modules, 'nn.utils' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False False\n"


def test_activations_are_functions():
    from nn.activations import get, relu, softmax

    assert relu([-1.0, 2.0]).tolist() == [0.0, 2.0]
    np.testing.assert_allclose(softmax(np.array([[0.0, np.log(3.0)]])).numpy(), [[0.25, 0.75]])
    assert get("relu") is relu
    assert get(None)([[1.5]]).tolist() == [[1.5]]
    with pytest.raises(InputError, match="relu"):
        get("mish")


def test_backend_says_how_it_is_and_takes_nothing_else():
    import nn.backend as backend

    assert (backend.image_data_format(), backend.image_dim_ordering(), backend.floatx(), backend.epsilon()) == (
        "channels_last",
        "tf",
        "float32",
        1e-7,
    )
    backend.set_image_data_format("channels_last")
    backend.set_image_dim_ordering("tf")
    backend.set_floatx("float32")
    backend.clear_session()
    for refused in (lambda: backend.set_image_data_format("NCHW"), lambda: backend.set_image_dim_ordering("channels_first")):
        with pytest.raises(InputError, match="expected"):
            refused()
    with pytest.raises(InputError, match="float32"):
        backend.set_floatx("float16")
    array = np.zeros(2)
    backend.set_value(array, [1, 2])
    assert backend.get_value(array).tolist() == [1, 2]
    with pytest.raises(InputError, match="learning_rate"):
        backend.set_value(0.1, 0.2)


def test_normalize_is_kerases():
    x = np.array([[3.0, 0.0], [4.0, 0.0]])
    np.testing.assert_allclose(nn.utils.normalize(x), [[1, 0], [1, 0]])
    np.testing.assert_allclose(nn.utils.normalize(x, axis=0), [[0.6, 0], [0.8, 0]])
    np.testing.assert_allclose(nn.utils.normalize(np.array([[1, 3]], np.uint8), order=1), [[0.25, 0.75]])
    with pytest.raises(InputError, match="axis"):
        nn.utils.normalize(x, axis=2)
