"""A model as an estimator of scikit-learn; without scikit-learn."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from nn.wrappers.scikit_learn import KerasClassifier

from nn.errors import InputError
from nn.layers import Dense
from nn.models import Sequential

RNG = np.random.default_rng(2)
X = np.eye(4, dtype=np.float32)[RNG.integers(0, 4, 60)] + 0.1 * RNG.random((60, 4), np.float32)
WORDS = np.array(["b", "d", "a", "c"])[X.argmax(axis=1)]


def build(units=8, loss="categorical_crossentropy"):
    last = Dense(1, activation="sigmoid") if loss == "binary_crossentropy" else Dense(4, activation="softmax")
    model = Sequential([Dense(units, activation="relu", input_shape=(4,)), last], seed=1)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_labels_of_any_kind_are_learned_and_predicted(loss):
    classifier = KerasClassifier(build_fn=build, units=16, loss=loss, epochs=60, batch_size=10, verbose=0)
    history = classifier.fit(X, WORDS)
    assert classifier.model.layers[0].units == 16
    assert len(history.history["loss"]) == 60
    assert classifier.classes_.tolist() == ["a", "b", "c", "d"]
    assert classifier.score(X, WORDS) == (classifier.predict(X) == WORDS).mean() > 0.9
    assert classifier.predict_proba(X).shape == (60, 4)
    one_hot = np.eye(4)[X.argmax(axis=1)]
    assert classifier.fit(X, one_hot, epochs=2).epoch == [0, 1]
    assert classifier.score(X, one_hot) == (classifier.predict(X) == X.argmax(axis=1)).mean()


def test_single_output_has_two_probabilities():
    classifier = KerasClassifier(build, loss="binary_crossentropy", epochs=1, verbose=0)
    classifier.fit(X, X[:, 0] > 0.5)
    chances = classifier.predict_proba(X)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(chances[:, 1:], classifier.model.predict(X))
    np.testing.assert_array_equal(classifier.predict(X), chances[:, 1] > 0.5)
    assert set(classifier.predict(X).tolist()) <= {False, True}


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_a_column_of_labels_is_as_good_as_a_row(loss):
    row, column = (KerasClassifier(build, loss=loss, epochs=2, verbose=0) for _ in range(2))
    histories = [row.fit(X, WORDS).history, column.fit(X, WORDS[:, None]).history]
    assert histories[0] == histories[1]
    assert column.classes_.tolist() == ["a", "b", "c", "d"]
    assert column.score(X, WORDS[:, None]) == row.score(X, WORDS) == (row.predict(X) == WORDS).mean()


def test_two_columns_are_two_classes():
    def build():
        model = Sequential([Dense(2, activation="softmax", input_shape=(4,))], seed=1)
        model.compile("adam", "categorical_crossentropy")
        return model

    classes = X.argmax(axis=1) % 2
    classifier = KerasClassifier(build, epochs=1, verbose=0)
    classifier.fit(X, np.eye(2)[classes])
    assert (classifier.classes_.tolist(), classifier.classes_.dtype.kind) == ([0, 1], "i")
    np.testing.assert_array_equal(classifier.predict_proba(X), classifier.model.predict(X))
    share = (classifier.predict_proba(X).argmax(axis=1) == classes).mean()
    assert classifier.score(X, np.eye(2)[classes]) == classifier.score(X, classes) == share


def test_options_of_a_fit_count_more_than_those_of_the_classifier():
    classifier = KerasClassifier(build, epochs=1, batch_size=30, verbose=0)
    assert classifier.fit(X, WORDS, epochs=3).epoch == [0, 1, 2]
    assert classifier.model.iterations == 3 * 2


def test_scikit_learn_is_told_that_it_is_a_classifier(monkeypatch):
    """In its own words, which are not needed otherwise."""
    words = SimpleNamespace(Tags=dict, TargetTags=dict, ClassifierTags=dict)
    monkeypatch.setitem(sys.modules, "sklearn", SimpleNamespace(utils=words))
    monkeypatch.setitem(sys.modules, "sklearn.utils", words)
    tags = KerasClassifier(build).__sklearn_tags__()
    assert tags == {"estimator_type": "classifier", "target_tags": {"required": True}, "classifier_tags": {}}


def test_parameters_are_read_and_set_as_scikit_learn_does():
    classifier = KerasClassifier(build_fn=build, epochs=2)
    assert classifier.get_params() == {"build_fn": build, "epochs": 2}
    assert classifier.set_params(epochs=3, units=5) is classifier
    assert classifier.get_params() == {"build_fn": build, "epochs": 3, "units": 5}
    with pytest.raises(InputError, match=r"no argument 'depth' of build_fn or fit, only units, loss, .*epochs"):
        classifier.set_params(depth=3)
    with pytest.raises(InputError, match="build_fn"):
        KerasClassifier(epochs=3)
