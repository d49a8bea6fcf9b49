"""What scripts written for Keras do besides the plain call of fit: it works, or says in one
sentence why not.
"""

import copy
import itertools
import pickle
import re

import numpy as np
import pytest

import nn as keras
from nn.callbacks import Callback
from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten
from nn.models import Sequential, load_model
from nn.optimizers import Adadelta
from nn.utils import to_categorical

RNG = np.random.default_rng(7)
X = RNG.random((40, 6, 6, 1), np.float32)
Y = RNG.integers(0, 4, 40)
ONE_HOT = to_categorical(Y, 4)


def new_model(**options):
    model = Sequential([Flatten(input_shape=(6, 6, 1)), Dropout(0.2), Dense(4, activation="softmax")], seed=1)
    model.compile(**options)
    return model


def fit(**options):
    return new_model().fit(**{"x": X, "y": ONE_HOT, "verbose": 0, **options})


def bits(model):
    return b"".join(array.tobytes() for array in model.get_weights())


def test_package_serves_as_keras():
    assert keras.datasets.mnist.load_data
    assert keras.layers.Conv2D is Conv2D
    assert keras.models.Sequential is Sequential
    assert keras.optimizers.Adadelta is Adadelta
    with pytest.raises(AttributeError, match="applications"):
        _ = keras.applications


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_both_cross_entropies_take_numbers_and_one_hot_rows(loss):
    model = new_model()
    expected = model.evaluate(X, Y)
    model.compile("sgd", loss)
    assert model.evaluate(X, Y) == model.evaluate(X, ONE_HOT) == expected


def test_without_compile_a_model_trains_with_what_compile_chooses():
    compiled, plain = (Sequential([Flatten(input_shape=X.shape[1:]), Dense(4, activation="softmax")]) for _ in range(2))
    compiled.compile()
    for model in (compiled, plain):
        model.fit(X, Y, verbose=0)
    assert bits(plain) == bits(compiled)


@pytest.mark.parametrize(
    ("metrics", "name"),
    [(None, "accuracy"), ([], "accuracy"), ("accuracy", "accuracy"), (["acc"], "acc")],
)
def test_accuracy_is_kept_under_the_name_it_was_asked_for(metrics, name):
    model = new_model(metrics=metrics)
    assert model.metrics_names == ["loss", name]
    history = model.fit(X, ONE_HOT, verbose=0, validation_data=(X, Y)).history
    assert {"loss", name, "val_loss", f"val_{name}"} <= history.keys()


def test_what_is_left_out_or_none_is_kerases_default():
    assert bits_after(batch_size=None) == bits_after(batch_size=32) == bits_after()
    assert fit(callbacks=None).epoch == [0]


def bits_after(**options):
    model = new_model()
    model.fit(X, ONE_HOT, verbose=0, **options)
    return bits(model)


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 2), ("auto", 2), (2, 2)])
def test_verbose(capsys, verbose, lines):
    fit(verbose=verbose, epochs=2)
    assert len(capsys.readouterr().out.splitlines()) == lines


def test_validation_split_takes_the_end_before_shuffling():
    split, given = new_model(), new_model()
    history = split.fit(X, ONE_HOT, verbose=0, epochs=2, validation_split=0.25)
    expected = given.fit(X[:30], ONE_HOT[:30], verbose=0, epochs=2, validation_data=(X[30:], ONE_HOT[30:]))
    assert bits(split) == bits(given)
    assert history.history["val_loss"] == expected.history["val_loss"]


def test_callback_may_stop_the_training():
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    model = new_model()
    assert model.fit(X, Y, epochs=9, verbose=0, callbacks=[Stop()]).epoch == [0, 1]
    assert model.fit(X, Y, epochs=1, verbose=0).epoch == [0]


def test_both_names_of_the_event_after_a_batch():
    seen = []

    class New(Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(("new", batch))

    class Old(Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(("old", batch))

    fit(batch_size=20, callbacks=[New(), Old()])
    assert seen == [("new", 0), ("old", 0), ("new", 1), ("old", 1)]


def test_event_that_never_comes_is_told():
    class Deaf(Callback):
        def on_test_batch_begin(self, logs=None):
            """Never called."""

    class Misspelt(Callback):
        def on_epoch_train(self, logs=None):
            """In Keras never called, either."""

    with pytest.raises(InputError, match="no event on_test_batch_begin"):
        fit(callbacks=[Deaf()])
    with pytest.warns(UserWarning, match="no event on_epoch_train for Misspelt, only .*; it is never called"):
        fit(callbacks=[Misspelt()])
    with pytest.raises(InputError, match=r"nn\.callbacks\.Callback"):
        fit(callbacks=[3])


def test_evaluate_takes_a_batch_size_where_keras_has_it():
    model = new_model()
    assert model.evaluate(X, Y, 8) == model.evaluate(X, Y, batch_size=16, verbose=0) == model.evaluate(X, Y)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"x": 3, "y": 4}, "samples"),
        ({"x": None}, "samples"),
        ({"x": [[1], [1, 2]], "y": [0, 1]}, "array"),
        ({"x": X.astype(object)}, "real numbers"),
        ({"y": np.where(ONE_HOT > 0, np.nan, ONE_HOT)}, "labels"),
        ({"y": np.where(ONE_HOT > 0, np.inf, ONE_HOT)}, "labels"),
        ({"y": -ONE_HOT}, "labels"),
        ({"y": ONE_HOT.astype(str)}, "labels"),
        ({"y": np.stack([Y, Y], axis=1)}, "labels"),
        ({"validation_data": (X, Y, Y, Y)}, "4 parts"),
        ({"validation_data": (X,)}, "1 parts"),
        ({"validation_data": X}, "labels are missing"),
        ({"validation_split": 1.5}, "validation_split"),
        ({"validation_split": 0.999}, "empty"),
        ({"validation_split": "half"}, "validation_split"),
        ({"batch_size": 32.0}, "batch_size"),
        ({"epochs": float("nan")}, "epochs"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(arguments, says):
    with pytest.raises(InputError, match=re.escape(says)) as error:
        fit(**arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", [784, (None, 28, 1), (28.5, 28, 1), (0, 28, 1), (), "28"])
def test_wrong_input_shape_is_told(shape):
    with pytest.raises(InputError, match="input_shape"):
        Conv2D(3, 3, input_shape=shape)


@pytest.mark.parametrize("y", [["a"], [np.nan], [0.5], [np.inf], [None]])
def test_to_categorical_refuses_what_is_no_number_of_a_class(y):
    with pytest.raises(InputError, match="whole numbers"):
        to_categorical(y, 3)
    with pytest.raises(InputError, match="num_classes"):
        to_categorical([1], -3)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "pickle"])
def test_copies_learn_and_read_alike(copied):
    model = new_model()
    model.fit(X, Y, verbose=0)
    other = copied(model)
    arrays = [array for layer in other.layers for array in layer.parameters.values()]
    assert all(array.ctypes.data % 64 == 0 for array in arrays)
    assert other.predict(X).tobytes() == model.predict(X).tobytes()
    for each in (model, other):
        each.fit(X, Y, verbose=0, epochs=2)
    assert bits(other) == bits(model)
    assert other.slots().keys() == model.slots().keys()


def test_hundred_thousand_threads_are_not_started():
    assert bits_after(threads=100_000) == bits_after(threads=1)


def test_compile_takes_optimizer_and_loss_in_keras_order():
    model = Sequential([Dense(3, activation="softmax", input_shape=(4,))])
    model.compile("sgd", "categorical_crossentropy", ["accuracy"])
    assert model.optimizer.name == "sgd"
    with pytest.raises(InputError, match="optimizer"):
        model.compile("categorical_crossentropy", "sgd")


def test_samples_of_any_rank():
    square = Sequential([Flatten(input_shape=(6, 6)), Dense(4, activation="softmax")], seed=1)
    square.compile()
    square.fit(X[..., 0], Y, verbose=0)
    assert square.predict(X[..., 0]).shape == (40, 4)
    channels = new_model()
    channels.fit(X[..., 0], Y, verbose=0)
    assert channels.predict(X[..., 0]).shape == (40, 4)


@pytest.mark.parametrize("labels", [Y[:, None], Y.astype(np.float32), Y[:, None].astype(float)])
def test_labels_as_a_column_or_as_whole_floats_are_the_same_labels(labels):
    trained = []
    for y in (Y, labels):
        model = new_model()
        model.fit(X, y, verbose=0, validation_data=(X, y))
        trained.append(bits(model))
    assert trained[0] == trained[1]


def test_layers_of_a_trained_model_keep_their_weights_in_another_one():
    model = new_model()
    model.fit(X, Y, verbose=0)
    before = [array.copy() for array in model.get_weights()]
    longer = Sequential([*model.layers[:-1], Dense(7)])
    with pytest.raises(InputError, match="another input shape"):
        Sequential([Dense(9, input_shape=(5,), name="first"), model.layers[-1]])
    wider = Sequential([*model.layers, Dense(2)])
    for models in (model, wider):
        for array, expected in zip(models.get_weights(), before, strict=False):
            np.testing.assert_array_equal(array, expected)
    assert longer.output_shape == (7,)


def test_a_loaded_model_does_not_go_on_with_another_optimizer_in_silence(tmp_path):
    model = new_model(optimizer="sgd")
    model.save(tmp_path / "m.npz", include_optimizer=False)
    loaded = load_model(tmp_path / "m.npz")
    with pytest.raises(InputError, match=r"call compile\(optimizer=\.\.\.\)"):
        loaded.fit(X, Y, verbose=0)
    loaded.compile("sgd")
    loaded.fit(X, Y, verbose=0)


def test_whole_number_pixels_are_pointed_out():
    with pytest.warns(UserWarning, match="x / 255"):
        new_model().fit((255 * X).astype(np.uint8), Y, verbose=0)


def test_saving_into_a_missing_folder_names_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder") as error:
        new_model().save(tmp_path / "nope" / "m.npz")
    assert error.value.filename == str(tmp_path / "nope")


@pytest.mark.filterwarnings("ignore:.*written in this package")
def test_weights_are_saved_into_a_folder_of_their_own(tmp_path):
    model = new_model()
    model.save_weights(tmp_path / "training_1" / "cp.ckpt")
    other = Sequential([Flatten(input_shape=(6, 6, 1)), Dropout(0.2), Dense(4, activation="softmax")], seed=2)
    other.load_weights(tmp_path / "training_1" / "cp.ckpt")
    assert bits(other) == bits(model)


def test_summary_is_as_wide_as_asked_and_says_what_is_trained(capsys):
    model = new_model()
    model.layers[2].trainable = False
    model.summary(line_length=80, show_trainable=True)
    header, rule, flatten, dropout, dense, *_ = capsys.readouterr().out.splitlines()
    assert header.endswith("Parameters  Trainable")
    assert rule == 80 * "="
    assert [line[80:] for line in (flatten, dropout, dense)] == ["  yes", "  yes", "  no"]
    with pytest.raises(InputError, match="line_length of at least 50, got 20"):
        model.summary(line_length=20)
    with pytest.raises(InputError, match="positions are not supported"):
        model.summary(positions=[0.3, 0.6, 1.0])


def test_rescaling_is_found_where_tensorflow_once_kept_it():
    from nn.layers.experimental import preprocessing

    assert keras.layers.experimental.preprocessing.Rescaling is preprocessing.Rescaling is keras.layers.Rescaling


def test_seconds_are_beside_the_history_not_in_it():
    history = fit(epochs=2)
    assert "seconds" not in history.history
    assert len(history.seconds) == len(history.epoch) == 2


def test_set_random_seed_makes_models_differ_and_runs_repeat():
    def weights():
        return [new().get_weights()[0] for _ in range(2)]

    def new():
        return Sequential([Dense(3, input_shape=(4,))])

    try:
        first, second = weights()
        np.testing.assert_array_equal(first, second)
        keras.utils.set_random_seed(5)
        one, two = weights()
        numbers = np.random.random(3)  # noqa: NPY002
        keras.utils.set_random_seed(5)
        again = weights()
        np.testing.assert_array_equal(np.random.random(3), numbers)  # noqa: NPY002
    finally:
        keras.utils._seeds = itertools.repeat(0)
    assert (one != two).any()
    assert (one != first).any()
    np.testing.assert_array_equal([one, two], again)
    with pytest.raises(InputError, match="set_random_seed"):
        keras.utils.set_random_seed(-1)


def gan():
    discriminator = Sequential([Dense(8, activation="relu", input_shape=(5,)), Dense(1, activation="sigmoid")], seed=1)
    discriminator.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    generator = Sequential([Dense(5, input_shape=(3,))], seed=2)
    discriminator.trainable = False
    both = Sequential([generator, discriminator], seed=3)
    both.compile("sgd", "binary_crossentropy")
    return generator, discriminator, both


def test_frozen_discriminator_learns_by_itself_and_not_in_the_gan():
    generator, discriminator, both = gan()
    for toggled in (None, True, False):
        if toggled is not None:
            discriminator.trainable = toggled  # without compile it changes nothing
        before = bits(generator), bits(discriminator)
        assert isinstance(both.train_on_batch(np.ones((4, 3), np.float32), np.ones(4)), float)
        assert (bits(generator) == before[0], bits(discriminator) == before[1]) == (False, True)
        loss, accuracy = discriminator.train_on_batch(np.ones((4, 5), np.float32), np.zeros(4))
        assert bits(discriminator) != before[1]
        assert (loss > 0, 0 <= accuracy <= 1) == (True, True)
    assert not discriminator.trainable


def test_layer_frozen_by_hand_stays_frozen_without_another_compile():
    _, discriminator, _ = gan()
    discriminator.trainable = True
    discriminator.layers[0].trainable = False
    before = [array.copy() for array in discriminator.layers[0].get_weights()]
    discriminator.train_on_batch(np.ones((4, 5), np.float32), np.zeros(4))
    assert all((one == other).all() for one, other in zip(before, discriminator.layers[0].get_weights(), strict=True))


def test_without_metrics_the_scores_are_the_loss_too():
    model = new_model()
    scores = model.evaluate(X, Y)
    assert scores == [scores[0], scores[1]]
    assert "%.4f" % scores == f"{scores:.4f}" == f"{scores[0]:.4f}"  # noqa: UP031
    assert round(scores, 3) == round(scores[0], 3)
    assert model.test_on_batch(X, Y) == scores[0]
    model = new_model(metrics=["accuracy"])
    assert type(model.evaluate(X, Y)) is list
    assert len(model.train_on_batch(X, Y)) == 2


@pytest.mark.parametrize(
    "metric",
    [
        "binary_accuracy",
        "BinaryAccuracy",
        keras.metrics.BinaryAccuracy(),
        keras.metrics.BinaryAccuracy,
        keras.metrics.binary_accuracy,
    ],
)
def test_binary_accuracy_is_that_of_a_single_output(metric):
    model = Sequential([Flatten(input_shape=X.shape[1:]), Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[metric])
    sides = (Y > 0).astype(int)
    found = model.fit(X, sides, verbose=0).history
    assert set(found) == {"loss", "binary_accuracy"}
    assert model.evaluate(X, sides)[1] == ((model.predict(X)[:, 0] > 0.5) == sides).mean()


def test_binary_accuracy_of_several_outputs_is_refused():
    model = new_model(metrics=["binary_accuracy"])
    for act in (model.fit, model.evaluate):
        with pytest.raises(InputError, match=r"binary_accuracy is that of a single output .* has \d+ outputs"):
            act(X, Y, verbose=0)


def test_accuracy_of_keras_0_3_is_shown_anyway():
    model = new_model()
    model.fit(X, Y, nb_epoch=1, show_accuracy=True, verbose=0)
    assert len(model.evaluate(X, Y, show_accuracy=True)) == 2
    with pytest.raises(InputError, match="show_accuracy"):
        model.evaluate(X, Y, show_accuracy=False)


def test_picture_for_a_notebook_is_svg():
    from nn.utils.vis_utils import model_to_dot

    picture = model_to_dot(new_model(), show_shapes=True).create(prog="dot", format="svg")
    assert picture.startswith(b"<svg ")
    assert picture.count(b"<rect") == 3
    assert b"dense (Dense)   (None, 36) to (None, 4)" in picture
    with pytest.raises(InputError, match="format"):
        model_to_dot(new_model()).create(format="png")
    with pytest.raises(InputError, match="model_to_dot: rankdir is not supported"):
        model_to_dot(new_model(), rankdir="LR")


def test_layer_by_its_name_of_older_versions():
    model = new_model()
    assert model.get_layer("dense_1") is model.layers[2]
    assert model.get_layer("flatten") is model.get_layer("flatten_1") is model.layers[0]
    with pytest.raises(InputError, match="get_layer"):
        model.get_layer("dense_2")


def test_weights_are_the_arrays_with_their_names():
    from nn import backend

    model = Sequential([Dense(3, input_shape=(2,)), keras.layers.BatchNormalization(), Dense(1)])
    assert [weight.name for weight in model.layers[0].weights] == ["dense/kernel", "dense/bias"]
    assert len(model.variables) == 8
    kernel = model.weights[0]
    kernel[...] = 2
    assert model.layers[0].parameters["kernel"].tolist() == kernel.numpy().tolist() == [[2.0] * 3] * 2
    model.layers[2].trainable = False
    assert sum(backend.count_params(weight) for weight in set(model.trainable_weights)) == 6 + 3 + 3 + 3
    assert sum(backend.count_params(weight) for weight in set(model.non_trainable_weights)) == 3 + 3 + 3 + 1
    assert model.layers[2].trainable_variables == []
    assert len(model.layers[1].trainable_weights) == 2
    assert to_categorical([1], 2, "uint8").dtype == np.uint8


def test_callbacks_hear_of_an_evaluation():
    heard = []

    class Watcher(Callback):
        def on_test_begin(self, logs=None):
            heard.append(dict(logs))

        def on_test_end(self, logs=None):
            heard.append((self.model, logs["loss"], logs["acc"]))

    model = new_model()
    loss, accuracy = model.evaluate(X, Y, callbacks=[Watcher(), keras.callbacks.TensorBoard("logs")])
    assert heard == [{}, (model, loss, accuracy)]


def test_saved_model_format_is_this_packages_own_and_it_is_said(tmp_path):
    model = new_model()
    path = tmp_path / "saved_models" / "1"
    with pytest.warns(UserWarning, match="written in this package's own format"):
        model.save(path, save_format="tf")
    assert load_model(path).predict(X).tobytes() == model.predict(X).tobytes()
    with pytest.raises(InputError, match="no SavedModel"):
        model.save(tmp_path / "my_model.h5", save_format="tf")
