"""A model as an estimator of scikit-learn; without scikit-learn."""

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
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert set(classifier.predict(X).tolist()) <= {False, True}


def test_parameters_are_read_and_set_as_scikit_learn_does():
    classifier = KerasClassifier(build_fn=build, epochs=2)
    assert classifier.get_params() == {"build_fn": build, "epochs": 2}
    assert classifier.set_params(epochs=3, units=5) is classifier
    assert classifier.get_params() == {"build_fn": build, "epochs": 3, "units": 5}
    with pytest.raises(InputError, match="no argument 'depth' of build_fn or fit"):
        classifier.set_params(depth=3)
    with pytest.raises(InputError, match="build_fn"):
        KerasClassifier(epochs=3)
