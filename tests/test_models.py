"""Sequential is built, predicts and is evaluated as Keras' users expect, and says clearly what it
cannot do.
"""

import io
import itertools

import numpy as np
import pytest
from tiny_models import X, Y, bits, fitted, small_model

from nn.callbacks import Callback
from nn.engine import numpy_inference
from nn.errors import InputError
from nn.layers import Conv2D, Dense, Flatten
from nn.losses import categorical_crossentropy
from nn.models import Sequential, load_model
from nn.pretrained import student_network

# -- Building ------------------------------------------------------------------------------------------------------------------


def test_students_network_has_233162_parameters():
    out = io.StringIO()
    student_network().summary(file=out)
    assert "Total parameters: 233,162" in out.getvalue()
    for line in ("conv2d (Conv2D)", "(None, 24, 24, 32)", "832", "dense (Dense)", "204,928", "dropout_1 (Dropout)"):
        assert line in out.getvalue()


def test_layers_are_named_as_in_keras():
    assert [layer.name for layer in student_network().layers][:6] == [
        "conv2d",
        "max_pooling2d",
        "conv2d_1",
        "max_pooling2d_1",
        "flatten",
        "dense",
    ]


def test_weights_come_in_keras_order_and_layout():
    shapes = [array.shape for array in small_model().get_weights()]
    assert shapes == [(3, 3, 1, 4), (4,), (16, 5), (5,), (5, 4), (4,)]


def test_weights_are_copies_and_go_back():
    model, other = small_model(seed=1), small_model(seed=2)
    weights = model.get_weights()
    other.set_weights(weights)
    assert bits(other) == bits(model)
    weights[0][...] = 0
    assert bits(other) == bits(model)


@pytest.mark.parametrize("change", [lambda w: w.fill(0), lambda w: w.__imul__(-1), lambda w: w[0, 0].fill(3)])
def test_predict_sees_weights_that_were_changed_in_place(change):
    # It keeps the transformed kernels of the last time, and must not use them any more; nor when
    # the old weights come back.
    model, x = student_network(), np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    before = model.predict(x)
    weights = model.get_weights()
    for kernel in (model.layers[0].parameters["kernel"], model.layers[2].parameters["kernel"]):
        change(kernel)
        expected = numpy_inference.forward(model.layers, x)
        np.testing.assert_allclose(model.predict(x), expected, rtol=0, atol=1e-5)
        assert not np.allclose(expected, before, rtol=0, atol=1e-4)
    model.set_weights(weights)
    np.testing.assert_array_equal(model.predict(x), before)


def test_set_weights_takes_all_or_nothing():
    model = small_model()
    before = bits(model)
    weights = model.get_weights()
    for wrong, says in ((weights[:-1], "6 arrays"), ([*weights[:-1], np.zeros(5)], "dense_1/bias"), ([], "6 arrays")):
        with pytest.raises(InputError, match=says):
            model.set_weights(wrong)
        assert bits(model) == before


def test_model_without_input_shape_is_built_by_fit():
    model = Sequential([Flatten(), Dense(4, activation="softmax")])
    with pytest.raises(InputError, match="input shape"):
        model.get_weights()
    model.fit(X, Y, verbose=0)
    assert model.input_shape == (6, 6, 1)
    assert model.output_shape == (4,)


def test_what_cannot_be_added_is_refused_and_leaves_the_model_as_it_was():
    model = small_model()
    names = [layer.name for layer in model.layers]
    for wrong in (Conv2D(3, 3), Dense(3, name="dense"), "Dense", model.layers[0]):
        with pytest.raises(InputError, match=r"\w"):
            model.add(wrong)
        assert [layer.name for layer in model.layers] == names


def test_wrong_arguments_of_compile():
    model = small_model()
    for wrong in ({"loss": "hinge"}, {"optimizer": "ftrl"}, {"optimizer": 3}, {"metrics": ["auc"]}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            model.compile(**wrong)


def test_a_model_has_a_name_layers_and_a_seed_of_its_own(monkeypatch):
    assert Sequential().name == "sequential"
    assert Sequential(name="mine").name == "mine"
    assert Sequential(None).layers == []
    assert Sequential().seed == 0
    monkeypatch.setattr("nn.utils._seeds", itertools.count(3))  # as after `set_random_seed(3)`
    assert [Sequential(seed=seed).seed for seed in (None, 5, None)] == [3, 5, 4]


def test_compile_begins_at_the_first_step_and_refuses_other_options():
    model, _ = fitted()
    assert model.iterations == 8
    model.compile()
    assert model.iterations == 0
    with pytest.raises(InputError, match="compile: there is no argument 'momentum'"):
        model.compile(momentum=0.9)


@pytest.mark.parametrize(("metrics", "name"), [(None, "accuracy"), (["acc"], "acc"), (["acc", "accuracy"], "acc")])
def test_the_accuracy_is_named_as_it_was_asked_for(metrics, name):
    model = small_model()
    model.compile(metrics=metrics)
    assert model.metrics_names == ["loss", name]


# -- Predicting ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 75])
def test_predictions_are_probabilities_and_do_not_depend_on_company(count):
    model, _ = fitted()
    found = model.predict(X[:count])
    assert found.shape == (count, 4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(found, model.predict(X)[:count], atol=1e-6)


def test_plain_numpy_and_kernels_agree():
    model, _ = fitted()
    kernels = model.predict(X)
    model.use_kernels = False
    np.testing.assert_allclose(model.predict(X), kernels, atol=1e-5)
    model.warm_up()
    assert model.use_kernels


def test_logits_are_the_scores_before_softmax():
    model, _ = fitted()
    for kernels in (True, False):
        model.use_kernels = kernels
        scores = model.logits(X).astype(np.float64)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), model.predict(X), atol=1e-5)


def test_evaluate_is_mean_loss_and_accuracy_of_predict(capsys):
    model, _ = fitted()
    loss, accuracy = model.evaluate(X, Y, verbose=1)
    probabilities = model.predict(X)
    assert accuracy == (probabilities.argmax(axis=1) == Y).mean()
    assert loss == pytest.approx(categorical_crossentropy(Y, probabilities).mean(), rel=1e-5)
    assert f"accuracy {accuracy:.4f}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (X[:, :4], "expected shape"),
        (X[0, 0], "expected shape"),
        (np.float32(3), "expected shape"),
        (X * np.nan, "finite"),
        ([["a"]], "expected"),
    ],
)
def test_predict_refuses_what_does_not_fit(x, says):
    with pytest.raises(InputError, match=says):
        small_model().predict(x)


@pytest.mark.parametrize("kernels", [True, False])
def test_output_that_is_no_number_is_told(kernels, recwarn):
    model = small_model()
    model.set_weights([np.full_like(weight, 1e30) for weight in model.get_weights()])
    model.use_kernels = kernels
    with pytest.raises(InputError, match="too large"):
        model.predict(X)
    assert not recwarn.list


def test_saved_and_loaded_model_predicts_the_same_bits(tmp_path):
    model, _ = fitted()
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    assert bits(loaded) == bits(model)
    assert loaded.predict(X).tobytes() == model.predict(X).tobytes()


def test_evaluate_alone_prints_nothing_and_returns_a_list(capsys):
    model, _ = fitted()
    found = model.evaluate(X, Y)
    assert (type(found), len(found)) == (list, 2)
    assert capsys.readouterr().out == ""


def test_values_of_an_evaluation_are_given_by_name_to_the_caller_and_to_callbacks():
    class Witness(Callback):
        def on_test_end(self, logs):
            self.logs = dict(logs)

    model, witness = fitted()[0], Witness()
    loss, accuracy = model.evaluate(X, Y)
    assert loss > 1 > accuracy
    assert model.evaluate(X, Y, return_dict=True, callbacks=[witness]) == {"loss": loss, "accuracy": accuracy}
    assert witness.logs == {"loss": loss, "accuracy": accuracy}


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_arguments_that_nobody_knows_are_refused(method):
    data = (X, Y) if method == "evaluate" else (X,)
    with pytest.raises(InputError, match=f"{method}: there is no argument 'patience'"):
        getattr(small_model(), method)(*data, patience=3)
