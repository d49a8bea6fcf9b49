"""A model's other methods, as in Keras: single batches, files of weights, layers, the summary."""

import io

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten, Input, Sigmoid
from nn.models import Sequential
from nn.utils import channels

RNG = np.random.default_rng(10)
X = RNG.random((12, 6), np.float32)
Y = RNG.integers(0, 3, 12)


def classifier(*, metrics=("accuracy",), seed=1):
    model = Sequential([Dense(8, "relu", input_shape=(6,)), Dropout(0.5), Dense(3, "softmax")], seed=seed)
    model.compile("sgd", "sparse_categorical_crossentropy", list(metrics))
    return model


def bits(model):
    return b"".join(array.tobytes() for array in model.get_weights())


# -- Calls and predictions -----------------------------------------------------------------------------------------------


def test_a_call_predicts_unless_it_is_told_to_train():
    model = classifier()
    np.testing.assert_array_equal(model(X).numpy(), model.predict(X))
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X))
    np.testing.assert_array_equal(model.predict_proba(X), model.predict(X))
    trained = model(X, training=True)
    assert trained.shape == (12, 3)
    assert np.abs(trained - model.predict(X)).max() > 0.01


def test_classes_are_the_most_probable_ones():
    model = classifier()
    np.testing.assert_array_equal(model.predict_classes(X), model.predict(X).argmax(axis=1))
    pair = Sequential([Dense(2, input_shape=(6,))], seed=2)
    np.testing.assert_array_equal(pair.predict_classes(X), model_column(pair, 1) > model_column(pair, 0))


def model_column(model, index):
    return model.predict(X)[:, index]


def test_of_a_single_output_the_class_is_whether_it_is_above_one_half():
    model = Sequential([Dense(1, input_shape=(1,))])
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    assert model.predict_classes(np.array([[0.25], [0.5], [0.75], [1.25]])).tolist() == [[0], [0], [1], [1]]


def test_classes_of_pixels_are_those_along_the_last_axis():
    x = RNG.random((4, 5, 6, 2), np.float32)
    for filters in (1, 3):
        model = Sequential([Conv2D(filters, 1, input_shape=(5, 6, 2))], seed=3)
        out = model.predict(x)
        expected = out > 0.5 if filters == 1 else out.argmax(axis=3)
        np.testing.assert_array_equal(model.predict_classes(x), expected)


# -- Single batches ------------------------------------------------------------------------------------------------------


def test_a_batch_is_one_step_in_its_own_order_and_prints_nothing(capsys):
    model, other = classifier(), classifier()
    seen = model.train_on_batch(X, Y)
    expected = other.fit(X, Y, batch_size=12, epochs=1, shuffle=False, seed=1, verbose=0).history
    assert bits(model) == bits(other)
    assert seen == [expected["loss"][0], expected["accuracy"][0]]
    assert (model.iterations, model.history, capsys.readouterr().out) == (1, None, "")
    model.train_on_batch(X, Y)
    other.fit(X, Y, batch_size=12, epochs=1, shuffle=False, seed=2, verbose=0)
    assert bits(model) == bits(other)


def test_scores_of_a_batch_are_a_list_a_dictionary_or_the_loss_alone():
    model = classifier()
    loss, accuracy = model.evaluate(X, Y)
    assert model.test_on_batch(X, Y) == [loss, accuracy]
    assert model.test_on_batch(X, Y, return_dict=True) == {"loss": loss, "accuracy": accuracy}
    assert set(model.train_on_batch(X, Y, return_dict=True)) == {"loss", "accuracy"}
    model = classifier(metrics=())
    assert model.test_on_batch(X, Y) == model.evaluate(X, Y)[0]
    expected = classifier().train_on_batch(X, Y)
    found = model.train_on_batch(X, Y)
    assert (found, found.numpy()) == (expected[0], expected[0])
    assert found != expected[1]


def test_older_names_pass_their_arguments_on():
    class Recorder(Sequential):
        def fit(self, x, **options):
            return (x, options)

        def evaluate(self, x, **options):
            return (x, options)

        def predict(self, x, **options):
            return (x, options)

    model = Recorder()
    assert model.fit_generator("batches", 2, 3, 0, "callbacks", "data", 4) == (
        "batches",
        {
            "steps_per_epoch": 2, "epochs": 3, "verbose": 0,
            "callbacks": "callbacks", "validation_data": "data", "validation_steps": 4,
        },
    )  # fmt: skip
    assert model.fit_generator("batches", 2, epochs=5) == ("batches", {"steps_per_epoch": 2, "epochs": 5})
    assert model.evaluate_generator("batches", 2, verbose=0) == ("batches", {"steps": 2, "verbose": 0})
    assert model.predict_generator("batches", 2) == ("batches", {"steps": 2})
    with pytest.raises(InputError, match="nb_val_samples is not supported"):
        model.fit_generator("batches", nb_val_samples=3)


# -- Files of weights ----------------------------------------------------------------------------------------------------


class Own(Dense):
    """A layer of one's own, which only the format .npz keeps."""


@pytest.mark.parametrize("name", ["w.npz", "w.h5", "folder/deeper/w.npz"])
def test_weights_are_written_and_read_in_any_folder(tmp_path, monkeypatch, name):
    if name.endswith("h5"):
        pytest.importorskip("h5py")
    monkeypatch.chdir(tmp_path)
    model, other = classifier(), classifier(seed=2)
    model.save_weights(name)
    other.load_weights(name)
    assert bits(other) == bits(model)
    other.set_weights([2 * array for array in other.get_weights()])
    other.save_weights(name)  # over the first
    model.load_weights(name)
    assert bits(model) == bits(other)
    with pytest.raises(InputError, match="the file exists, and overwrite is False"):
        model.save_weights(name, overwrite=False)


def test_weights_of_layers_of_ones_own_come_back(tmp_path):
    model, other = (Sequential([Own(3, input_shape=(6,))], seed=seed) for seed in (1, 2))
    model.save_weights(tmp_path / "w.npz")
    other.load_weights(tmp_path / "w.npz")
    assert bits(other) == bits(model)


def test_what_load_weights_cannot_do_is_refused(tmp_path):
    model, path = classifier(), tmp_path / "w.npz"
    model.save_weights(path)
    for options in ({"by_name": True}, {"skip_mismatch": True}):
        with pytest.raises(InputError, match="by_name and skip_mismatch are not supported"):
            model.load_weights(path, **options)
    pytest.importorskip("h5py")
    model.save_weights(tmp_path / "w.h5")
    for name in ("w.npz", "w.h5"):
        with pytest.raises(InputError, match="input_shape"):
            Sequential([Dense(3)]).load_weights(tmp_path / name)


def test_an_architecture_makes_the_model_again():
    model = classifier()
    other = Sequential.from_config(model.get_config())
    assert [array.shape for array in other.get_weights()] == [array.shape for array in model.get_weights()]
    with pytest.raises(InputError, match=r"to_yaml: not supported; use to_json\(\)"):
        model.to_yaml()


# -- Layers --------------------------------------------------------------------------------------------------------------


def test_an_input_gives_the_first_layer_its_shape():
    model = Sequential()
    model.add(Input((6,)))
    with pytest.raises(InputError, match="add: expected the Input in the first place"):
        model.add(Input((6,)))
    model.add(Dense(2))
    assert model.input_shape == (6,)
    with pytest.raises(InputError, match="add: expected the Input in the first place"):
        model.add(Input((2,)))
    with pytest.raises(InputError, match="add: expected the Input in the first place"):
        Sequential([Dense(2, input_shape=(6,)), Input((2,))])
    own = Dense(2, input_shape=(6,))
    assert Sequential([Input((6,)), own]).layers[0].given_input_shape == (6,)


@pytest.mark.parametrize("shape", [{"input_shape": (6,)}, {}], ids=["built", "unbuilt"])
def test_a_model_of_one_layer_joins_another(shape):
    inner = Sequential([Dense(4, **shape)])
    model = Sequential([inner, Dense(2)])
    model.build((6,))
    assert [layer.output_shape for layer in model.layers] == [(4,), (2,)]
    assert model.layers[0] is inner.layers[0]


@pytest.mark.parametrize("shape", [(6,), (None, 6), [None, 6]])
def test_a_model_is_built_with_or_without_the_axis_of_the_samples(shape):
    model = Sequential([Dense(4), Dense(2)])
    with pytest.raises(InputError, match="build: expected the shape of a sample"):
        model.build()
    model.build(shape)
    assert (model.input_shape, model.output_shape) == ((6,), (2,))
    assert (model.input, model.inputs) == (model.layers[0].input, [model.layers[0].input])
    assert model.layers[0].output is model.layers[1].input
    assert (model.input.shape, model.output.shape) == ((None, 6), (None, 2))
    assert model.output.layers == tuple(model.layers)


def test_symbols_of_a_growing_model_go_on_from_layer_to_layer():
    model = Sequential([Dense(5, input_shape=(6,)), Dense(4), Dense(3)])
    assert [layer.input.shape for layer in model.layers] == [(None, 6), (None, 5), (None, 4)]
    assert model.output is model.layers[2].output
    assert model.output.layers == tuple(model.layers)
    kept = model.layers[1].input
    Sequential([Dense(5, input_shape=(6,)), model.layers[1]])
    assert model.layers[1].input is kept


def test_pop_takes_the_last_layer_away_and_the_rest_learns_on():
    model = classifier()
    model.fit(X, Y, verbose=0)
    last = model.pop()
    assert (last.units, model.output_shape, model.iterations) == (3, (8,), 0)
    model.add(Dense(4, "softmax"))
    model.fit(X, Y, verbose=0)
    assert model.predict(X).shape == (12, 4)
    with pytest.raises(InputError, match="pop: the model has no layers"):
        Sequential().pop()


def test_layers_are_found_by_name_or_index():
    model = Sequential([Flatten(input_shape=(6,)), Dense(3), Dense(2)])
    flatten, first, second = model.layers
    assert [model.get_layer(index=index) for index in (0, 2, -1, -3)] == [flatten, second, second, flatten]
    assert [model.get_layer(name) for name in ("dense", "dense_1", "flatten_1")] == [first, second, flatten]
    for options in ({"index": 3}, {"index": -4}, {"name": "dropout"}, {}):
        with pytest.raises(InputError, match="get_layer: expected a name among flatten, dense, dense_1 or an index below 3"):
            model.get_layer(**options)


def test_weights_of_frozen_layers_are_not_trained():
    model = classifier()
    model.layers[0].trainable = False
    assert [weight.name for weight in model.trainable_weights] == ["dense_1/kernel", "dense_1/bias"]
    assert [weight.name for weight in model.non_trainable_weights] == ["dense/kernel", "dense/bias"]
    assert model.trainable
    model.trainable = False
    assert not any(layer.trainable for layer in model.layers)
    assert model.trainable_weights == []


def test_images_come_out_with_their_channels_first_where_they_went_in_so():
    options = {"data_format": "channels_first"}
    inner = Sequential([Conv2D(3, 1, input_shape=(2, 8, 6), **options), Sigmoid()])
    assert inner.output_shape == inner.output.sample_shape == (3, 8, 6)
    assert channels.is_turned(inner.layers[:-1])
    assert inner.layers[-1].output is inner.output


# -- The summary ---------------------------------------------------------------------------------------------------------


def test_the_summary_goes_where_it_is_wanted_in_lines_of_66_characters(capsys):
    model, lines, stream = classifier(), [], io.StringIO()
    model.summary()
    printed = capsys.readouterr().out
    model.summary(print_fn=lines.append)
    model.summary(stream)
    assert stream.getvalue() == printed == "\n".join(lines) + "\n"
    assert lines[1] == 66 * "="
    assert "Trainable" not in printed
    stream = io.StringIO()
    model.summary(50, file=stream)
    assert stream.getvalue().splitlines()[1] == 50 * "="
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("length", [49, 50.0, "50"])
def test_lines_of_the_summary_are_long_enough(length):
    with pytest.raises(InputError, match="summary: expected a line_length of at least 50"):
        classifier().summary(length)


def test_the_summary_says_on_its_line_whether_a_layer_is_trained():
    model, lines = classifier(), []
    model.layers[0].trainable = False
    model.summary(print_fn=lines.append, show_trainable=True)
    assert lines[0].startswith("Layer (type)")
    assert lines[0].endswith("Parameters  Trainable")
    assert [(line[:7], line.endswith("  yes"), line.endswith("  no")) for line in lines[2:5]] == [
        ("dense (", False, True),
        ("dropout", True, False),
        ("dense_1", True, False),
    ]
