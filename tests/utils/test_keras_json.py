"""Architectures in Keras' words: what is written, and what is read from each version."""

import json

import pytest

from nn.errors import InputError
from nn.layers import BatchNormalization, Conv2D, Dense, Flatten, Sigmoid
from nn.models import Sequential
from nn.utils.keras_json import keras_config, layers_from


def read(config):
    return layers_from(json.dumps(config), "test")


def sequential(*entries, **more):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(entries), **more}}


def dense(**config):
    return {"class_name": "Dense", "config": {"units": 2, **config}}


def test_a_model_is_written_as_keras_3_writes_it():
    kernel = {"kernel_initializer": "he_normal", "kernel_regularizer": "l2"}
    model = Sequential([Conv2D(3, (2, 1), input_shape=(6, 5, 1), **kernel), Sigmoid(), Flatten()])
    config = keras_config(model)
    assert (config["module"], config["class_name"], config["registered_name"]) == ("keras", "Sequential", None)
    inner = config["config"]
    assert (inner["name"], inner["trainable"], inner["build_input_shape"]) == ("sequential", True, [None, 6, 5, 1])
    first, conv, sigmoid, flatten = inner["layers"]
    assert first["class_name"] == "InputLayer"
    assert first["config"] == {"batch_shape": [None, 6, 5, 1], "dtype": "float32", "name": "input_layer"}
    assert [each["class_name"] for each in (conv, sigmoid, flatten)] == ["Conv2D", "Activation", "Flatten"]
    assert sigmoid["config"]["activation"] == "sigmoid"
    assert conv["config"]["kernel_regularizer"] == {
        "module": "keras.regularizers",
        "class_name": "L1L2",
        "config": {"l1": 0.0, "l2": 0.01},
    }
    initializer = conv["config"]["kernel_initializer"]
    assert (initializer["module"], initializer["class_name"]) == ("keras.initializers", "HeNormal")
    assert "class" not in initializer["config"]
    assert json.loads(model.to_json(indent=1)) == {**config, "keras_version": "3"}


def test_a_layer_reads_what_it_has_written():
    kernel = {"kernel_initializer": "he_normal", "kernel_regularizer": "l2"}
    model = Sequential([Conv2D(3, (2, 1), strides=(1, 2), input_shape=(6, 5, 1), **kernel), BatchNormalization()])
    found, shape, kinds = read(keras_config(model))
    assert [layer.config() for layer in found] == [layer.config() for layer in model.layers]
    assert (shape, kinds) == ((6, 5, 1), ["Conv2D", "BatchNormalization"])


@pytest.mark.parametrize(
    ("first", "model", "shape"),
    [
        ({"batch_shape": [None, 4, 3]}, {}, (4, 3)),
        ({"batch_input_shape": [None, 4]}, {}, (4,)),
        ({"input_shape": [4, 3]}, {}, (4, 3)),
        ({"input_dim": 4}, {}, (4,)),
        ({"batch_input_shape": [None], "input_dim": 4}, {}, (4,)),
        ({"batch_input_shape": [None, 4, 3], "input_dim": 3}, {}, (4, 3)),
        ({"batch_input_shape": [None, 4], "input_shape": [9]}, {}, (4,)),
        ({}, {"build_input_shape": [None, 4, 3]}, (4, 3)),
        ({"input_dim": 4}, {"build_input_shape": [None, 9]}, (4,)),
    ],
)
def test_the_shape_of_a_sample_is_found_where_each_version_keeps_it(first, model, shape):
    layers, found, kinds = read(sequential(dense(**first), dense(), **model))
    assert (found, len(layers), kinds) == (shape, 2, ["Dense", "Dense"])


@pytest.mark.parametrize(
    "config",
    [
        sequential(dense()),
        sequential(dense(input_shape="4")),
        sequential(dense(), build_input_shape=4),
        {"class_name": "Sequential", "config": [dense()]},
        sequential({"class_name": "InputLayer", "config": {"batch_shape": [None, 4]}}),
    ],
    ids=["none", "text", "number", "list", "no-layer"],
)
def test_without_shape_or_layers_there_is_no_model(config):
    with pytest.raises(InputError, match="test: expected layers and an input shape"):
        read(config)


def test_at_most_a_thousand_layers_are_read():
    assert len(read(sequential(dense(input_dim=4), *[dense()] * 999))[0]) == 1000
    with pytest.raises(InputError, match="test: expected a list of layers"):
        read(sequential(dense(input_dim=4), *[dense()] * 1000))


# -- Chains ---------------------------------------------------------------------------------------------------------------


def chain(nodes, *, first="i", named=True):
    """The input and a dense layer that has these inbound nodes."""
    entries = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": first}, "inbound_nodes": []},
        {"class_name": "Dense", "config": {"units": 2, "name": "d"}, "inbound_nodes": nodes},
    ]
    if named:
        entries = [{"name": entry["config"]["name"], **entry} for entry in entries]
    return {"class_name": "Functional", "config": {"name": "m", "layers": entries}}


def keras_3(history):
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": history}}
    return [{"args": [tensor], "kwargs": {}}]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "nodes", [[[["i", 0, 0]]], [[["i", 0, 0, {}]]], keras_3(["i", 0, 0])], ids=["keras-1", "keras-2", "keras-3"]
)
def test_chains_of_each_version_are_read(nodes, named):
    layers, shape, _ = read(chain(nodes, named=named))
    assert ([layer.name for layer in layers], shape) == (["d"], (4,))


def test_the_name_of_an_entry_counts_before_that_of_its_configuration():
    config = chain([[["renamed", 0, 0]]])
    config["config"]["layers"][0]["name"] = "renamed"
    assert len(read(config)[0]) == 1


@pytest.mark.parametrize(
    "nodes",
    [[[["i", "i", 0]]], [[["i", 0]]], keras_3([]), keras_3("i"), keras_3(["d", 0, 0]), [[["d", 0, 0]]], [], None, "i"],
    ids=["text", "short", "no-history", "history-as-text", "itself-3", "itself", "nothing", "none", "name"],
)
def test_layers_with_another_input_than_the_layer_before_are_refused(nodes):
    with pytest.raises(InputError, match="test: expected a chain of layers; 'd' has another input"):
        read(chain(nodes))


def test_entries_of_a_chain_without_a_configuration_are_refused():
    config = chain([[["i", 0, 0]]], named=False)
    config["config"]["layers"][0]["config"] = None
    with pytest.raises(InputError, match="test: expected"):
        read(config)


# -- Arguments ------------------------------------------------------------------------------------------------------------


def only(entry):
    return read(sequential({"class_name": "InputLayer", "config": {"batch_shape": [None, 6, 5, 3]}}, entry))[0][0]


@pytest.mark.parametrize("value", [None, False, 0, "auto"])
def test_arguments_that_ask_for_nothing_are_passed_over(value):
    assert only(dense(unknown=value, seed=7)).units == 2


@pytest.mark.parametrize("value", [True, 1, 2, "yes", [0]])
def test_arguments_that_ask_for_something_unknown_are_refused(value):
    with pytest.raises(InputError, match=r"test: Dense has unknown=.*, which is not supported"):
        only(dense(unknown=value))


@pytest.mark.parametrize(
    "dtype", [None, "float32", {"class_name": "DTypePolicy", "config": {"name": "float32"}}, {"config": None}]
)
def test_float32_is_taken_in_each_spelling(dtype):
    assert only(dense(dtype=dtype)).units == 2


@pytest.mark.parametrize("dtype", ["float16", {"class_name": "Policy", "config": {"name": "mixed_float16"}}])
def test_other_numbers_are_refused(dtype):
    with pytest.raises(InputError, match=r"test: Dense computes in '.*float16'; expected float32"):
        only(dense(dtype=dtype))


def test_sizes_and_axes_are_lists():
    conv = only({"class_name": "Conv2D", "config": {"filters": 2, "kernel_size": [3, 2], "strides": [1, 2]}})
    assert (conv.kernel_size, conv.strides) == ((3, 2), (1, 2))
    assert only({"class_name": "BatchNormalization", "config": {"axis": [3]}}).axis == 3
    assert only({"class_name": "BatchNormalization", "config": {"axis": -1}}).axis == -1


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("L1", {"l1": 0.5}, {"l1": 0.5, "l2": 0.0}),
        ("L2", {"l2": 0.5}, {"l1": 0.0, "l2": 0.5}),
        ("L1L2", {"l1": 1, "l2": 2}, None),
    ],
)
def test_regularizers_are_read_with_what_is_left_out_as_0(kind, given, expected):
    layer = only(dense(kernel_regularizer={"class_name": kind, "config": given}))
    assert layer.regularizers["kernel"].config() == (expected or {"l1": 1.0, "l2": 2.0})


def test_initializers_keep_what_they_have_a_word_for_and_leave_the_seed():
    value = {"class_name": "RandomNormal", "config": {"mean": 0.5, "stddev": 0.25, "seed": 3, "dtype": "float32"}}
    found = only(dense(kernel_initializer=value)).config()["kernel_initializer"]
    assert {name: found[name] for name in ("class", "mean", "stddev")} == {"class": "RandomNormal", "mean": 0.5, "stddev": 0.25}
    assert found.get("seed") is None


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("kernel_regularizer", {"class_name": "L2", "config": None}),
        ("kernel_regularizer", {"class_name": None, "config": {"l2": 0.1}}),
        ("kernel_initializer", {"class_name": "initializer_named", "config": {}}),
        ("kernel_initializer", {"class_name": "FromFunction", "config": {}}),
        ("kernel_initializer", {"class_name": "Lambda", "config": {"function": "x"}}),
        ("kernel_initializer", {"class_name": "Callable", "config": {}}),
        ("activation", {"class_name": "relu", "config": {}}),
    ],
)
def test_objects_that_are_not_known_are_refused(argument, value):
    with pytest.raises(InputError, match="test: the configuration of a Dense layer is wrong"):
        only(dense(**{argument: value}))


def test_channels_first_are_refused_and_last_are_not_guessed():
    with pytest.raises(InputError, match="Conv2D has its channels first, which is not supported in files"):
        only({"class_name": "Conv2D", "config": {"filters": 2, "kernel_size": 3, "data_format": "channels_first"}})
    conv = only({"class_name": "Convolution2D", "config": {"filters": 2, "kernel_size": 3, "data_format": "channels_last"}})
    assert conv.channels_first is False
    assert type(conv) is Conv2D
    assert type(only(dense())) is Dense
