"""Every name of Keras that is promised is there, under each of its addresses; the others are
refused in a sentence.
"""

import subprocess
import sys
from importlib import import_module
from types import ModuleType

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
    with pytest.raises(AttributeError, match=r"^nn[\w.]* has no 'Unheard'; it has \w+"):
        _ = import_module(alias).Unheard


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
        ("from nn.layers import Unheard", "nn.layers has no 'Unheard'; it has "),
        ("from nn.callbacks import RemoteMonitor", "nn.callbacks has no 'RemoteMonitor'; it has "),
        ("from nn.models import model_from_yaml", "nn.models has no 'model_from_yaml'; it has "),
        ("from nn.utils import get_file", "nn.utils has no 'get_file'; it has "),
        ("from nn.activations import mish", "nn.activations has no 'mish'; it has "),
    ],
)
def test_missing_name_is_refused_with_the_list_of_what_there_is(statement, says):
    with pytest.raises(ImportError) as error:
        exec(statement)
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("from nn.layers import LSTM", "nn.layers has no 'LSTM': layers for sequences"),
        ("from nn.layers.recurrent import GRU", "nn.layers has no 'recurrent': layers for sequences"),
        ("from nn.layers import concatenate", "nn.layers has no 'concatenate': branches and several inputs"),
        ("from nn.layers.merge import add", "nn.layers has no 'merge': branches and several inputs"),
        ("from nn.keras.layers import Add", "nn.layers has no 'Add': branches and several inputs"),
        ("from nn.layers import Conv1D", "nn.layers has no 'Conv1D': only two-dimensional convolution"),
        ("from nn.layers import Lambda", "nn.layers has no 'Lambda': functions as layers"),
        ("from nn.layers.experimental.preprocessing import RandomFlip", "nn.layers has no 'RandomFlip': layers that vary images"),
        ("from nn import GradientTape", "nn has no 'GradientTape': there is no automatic differentiation"),
        ("from nn.backend import function", "nn.backend has no 'function': there is no automatic differentiation"),
        ("from nn.applications import VGG16", "nn has no 'applications': pretrained networks"),
        ("import nn.applications.vgg16", "nn has no 'applications': pretrained networks"),
        ("from nn.preprocessing.text import Tokenizer", "nn.preprocessing has no 'text': layers for sequences"),
    ],
)
def test_well_known_names_that_are_missing_are_refused_with_the_reason(statement, says):
    with pytest.raises(ImportError) as error:
        exec(statement)
    assert str(error.value).startswith(says)
    assert str(error.value).endswith("; see docs/keras.md")
    assert "it has" not in str(error.value)


def test_no_name_that_is_here_has_a_reason_why_it_is_not():
    holders = [nn, nn.layers, nn.backend, nn.preprocessing]
    for known in keras_names.REASONS:
        module, _, name = known.rpartition(".")
        for holder in holders if not module else [nn if module == "nn" else getattr(nn, module)]:
            assert not hasattr(holder, name)


@pytest.mark.parametrize("name", ["nn.layers.core.dense", "nn.layers.convolutional.conv2d", "nn.layers.normalization.batch"])
def test_files_of_keras_with_layers_are_the_layers(name):
    assert import_module(name) is nn.layers


@pytest.mark.parametrize("name", ["nn.keras.layers", "nn.python.keras.layers", "nn.src.layers"])
def test_packages_that_hold_all_of_keras_once_more(name):
    spec = nn.layers.__spec__
    assert import_module(name) is nn.layers
    assert nn.layers.__spec__ is spec


def test_what_a_module_defines_is_what_it_has(monkeypatch):
    """Where nothing else says it: no names that it imports, none that begin with an underscore."""
    toy = ModuleType("nn.toy")
    exec("import math\nfrom os.path import join\nclass Thing: pass\ndef make(): pass\ndef _hide(): pass\nSIZE = 3", vars(toy))
    monkeypatch.setitem(sys.modules, "nn.toy", toy)
    with pytest.raises(AttributeError, match=r"^nn\.toy has no 'other'; it has make, Thing$"):
        keras_names.member("nn.toy", "other")


def test_regularizers_of_both_kinds_have_kerases_strengths():
    both = nn.regularizers.l1_l2()
    assert (both.l1, both.l2) == (0.01, 0.01)
    given = nn.regularizers.l1_l2(0.5, 0.25)
    assert (given.l1, given.l2) == (0.5, 0.25)


def test_attributes_are_missing_in_the_usual_way():
    assert not hasattr(nn.layers, "Unheard")
    with pytest.raises(AttributeError, match=r"it has .*Dense"):
        _ = nn.layers.Unheard


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
    assert (backend.backend(), backend.cast_to_floatx([1, 2]).dtype) == ("numba", np.float32)
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


@pytest.mark.parametrize(("order", "older"), [("channels_first", "th"), ("channels_last", "tf")])
def test_backend_keeps_the_order_of_channels_that_it_was_told(order, older, monkeypatch):
    import nn.backend as backend

    from nn.utils import channels

    for set_it in (lambda: backend.set_image_data_format(order), lambda: backend.set_image_dim_ordering(older)):
        monkeypatch.setattr(channels, "_default", "neither")
        set_it()
        assert (backend.image_data_format(), backend.image_dim_ordering()) == (order, older)


def test_backend_reads_shapes_and_copies_values():
    import nn.backend as backend

    array = np.zeros((2, 3))
    copy = backend.get_value(array)
    copy[:] = 1
    assert not array.any()
    assert (backend.get_value("as it is"), backend.eval(0.5)) == ("as it is", 0.5)
    assert (backend.count_params(array), backend.int_shape(array)) == (6, (2, 3))
    assert backend.int_shape(nn.Input((4, 5))) == (None, 4, 5)


def test_metrics_have_the_name_that_they_were_given():
    metrics = nn.metrics
    assert [metrics.Accuracy().name, metrics.Accuracy("acc").name, metrics.CategoricalAccuracy("accuracy").name] == [
        "accuracy",
        "acc",
        "accuracy",
    ]
    assert metrics.SparseCategoricalAccuracy().name == "sparse_categorical_accuracy"
    with pytest.raises(InputError, match="BinaryAccuracy: expected name"):
        metrics.BinaryAccuracy("recall")


def test_normalize_is_kerases():
    x = np.array([[3.0, 0.0], [4.0, 0.0]])
    np.testing.assert_allclose(nn.utils.normalize(x), [[1, 0], [1, 0]])
    np.testing.assert_allclose(nn.utils.normalize(x, axis=0), [[0.6, 0], [0.8, 0]])
    np.testing.assert_allclose(nn.utils.normalize(np.array([[1, 3]], np.uint8), order=1), [[0.25, 0.75]])
    with pytest.raises(InputError, match="axis"):
        nn.utils.normalize(x, axis=2)
