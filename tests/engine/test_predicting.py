"""A stack that predicts: the same answers from the kernels and from plain NumPy, from a copy, and
for any number of samples.
"""

import copy

import numpy as np
import pytest

from nn.engine.plan import CHUNK, Plan
from nn.engine.predicting import PredictingStack
from nn.errors import InputError
from nn.layers import Dense, Flatten

X = np.random.default_rng(0).random((2 * CHUNK + 3, 3, 5), np.float32)


def stack(**options):
    layers = [Flatten(input_shape=(3, 5)), Dense(7, activation="relu"), Dense(4, activation="softmax")]
    return PredictingStack(layers, **options)


def weights(model):
    return [array.tobytes() for array in model.get_weights()]


def scores(model, x):
    """By the definition of the layers, in float64."""
    hidden, last = ((layer.parameters["kernel"].astype(np.float64), layer.parameters["bias"]) for layer in model.layers[1:])
    return np.maximum(x.reshape(len(x), -1) @ hidden[0] + hidden[1], 0) @ last[0] + last[1]


def test_the_seed_is_0_unless_given():
    assert weights(stack()) == weights(stack(seed=0)) != weights(stack(seed=1))


def test_a_new_stack_uses_its_kernels():
    assert stack().use_kernels is True


@pytest.mark.parametrize("count", [1, CHUNK - 1, CHUNK, CHUNK + 1, len(X)])
@pytest.mark.parametrize("kernels", [True, False])
def test_scores_and_probabilities_of_any_number_of_samples(count, kernels):
    model = stack()
    model.use_kernels = kernels
    expected = scores(model, X[:count])
    np.testing.assert_allclose(model.logits(X[:count]), expected, atol=1e-5)
    powers = np.exp(expected)
    probabilities = model._predict(X[:count], None, logits=False)
    np.testing.assert_allclose(probabilities, powers / powers.sum(axis=1, keepdims=True), atol=1e-6)


def test_a_changed_weight_changes_the_next_answer():
    model = stack()
    before = model.logits(X[:2])
    model.layers[2].parameters["bias"][...] += 1
    np.testing.assert_allclose(model.logits(X[:2]), before + 1, atol=1e-5)


def test_another_layer_at_the_end_is_used_at_once():
    model = stack()
    model.logits(X[:2])
    model.layers.pop()
    np.testing.assert_allclose(model.logits(X[:2])[0], scores_of_hidden(model, X[:1])[0], atol=1e-5)


def scores_of_hidden(model, x):
    parameters = model.layers[1].parameters
    return np.maximum(x.reshape(len(x), -1) @ parameters["kernel"] + parameters["bias"], 0)


def test_a_copy_predicts_the_same_and_keeps_nothing_of_the_threads():
    model = stack(seed=3)
    before = model.logits(X[:2])
    other = copy.deepcopy(model)
    np.testing.assert_array_equal(other.logits(X[:2]), before)
    other.layers[2].parameters["bias"][...] += 1
    np.testing.assert_array_equal(model.logits(X[:2]), before)
    np.testing.assert_allclose(other.logits(X[:2]), before + 1, atol=1e-5)


def test_warming_up_sends_one_sample_through_the_kernels(monkeypatch):
    sizes = []
    predict = Plan.predict
    monkeypatch.setattr(Plan, "predict", lambda plan, size: (sizes.append(size), predict(plan, size)))
    model = stack()
    model.use_kernels = False
    model.logits(X[:2])
    assert sizes == []
    model.warm_up()
    assert (sizes, model.use_kernels) == ([1], True)


@pytest.mark.parametrize("kernels", [True, False])
def test_samples_of_another_shape_are_refused(kernels):
    model = stack()
    model.use_kernels = kernels
    with pytest.raises(InputError, match=r"x: expected shape \(samples, 3, 5\), got \(2, 5, 3\)"):
        model.logits(X[:2].transpose(0, 2, 1))
