"""The end of a network by hand: which activation is joined with the loss, what the network then puts
out, and which answers count as right.
"""

import numpy as np
import pytest

from nn.engine.head import Head
from nn.layers import Activation, Conv2D, Dense, Flatten, Reshape, Sigmoid, Softmax
from nn.losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError
from nn.models import Sequential


def head_of(*layers, shape=(2,), loss=None):
    model = Sequential(layers, dtype=np.float64)
    model.build(shape)
    return Head(model.layers, loss)


def right(head, scores, targets):
    """How many answers of one batch are right; its gradient is not looked at."""
    scores, targets = np.array(scores, float), np.array(targets, float)
    return head.losses(scores, targets, np.empty_like(scores), len(scores))[1]


def output(head, scores):
    out = np.empty_like(scores)
    head.output(scores, out)
    return out


def test_softmax_that_was_kept_apart_turns_the_scores_into_the_output():
    scores = np.log([[1.0, 3.0], [3.0, 2.0]])
    np.testing.assert_allclose(output(head_of(Dense(2, activation="softmax")), scores), [[0.25, 0.75], [0.6, 0.4]], rtol=1e-12)
    np.testing.assert_array_equal(output(head_of(Dense(2)), scores), scores)


@pytest.mark.parametrize(
    ("layer", "loss", "joined", "text"),
    [
        (Dense(2, activation="softmax"), CategoricalCrossentropy(), True, "softmax and categorical_crossentropy in one pass"),
        (Softmax(), CategoricalCrossentropy(), True, "softmax and categorical_crossentropy in one pass"),
        (Dense(2), CategoricalCrossentropy(from_logits=True), True, "softmax and categorical_crossentropy in one pass"),
        (Sigmoid(), BinaryCrossentropy(), True, "sigmoid and binary_crossentropy in one pass"),
        (Softmax(), BinaryCrossentropy(), False, "binary_crossentropy"),
        (Softmax(), MeanSquaredError(), False, "mean_squared_error"),
        (Softmax(), None, False, "softmax"),
        (Dense(2), None, False, ""),
    ],
)
def test_a_loss_is_joined_with_its_own_activation_only(layer, loss, joined, text):
    head = head_of(layer, loss=loss)
    assert head.joined is joined
    assert str(head) == text


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("from_logits", [True, False])
def test_an_activation_that_is_there_once_is_not_warned_of(from_logits):
    layers = [Dense(2)] if from_logits else [Dense(2), Softmax()]
    assert head_of(*layers, loss=CategoricalCrossentropy(from_logits)).joined


def test_an_activation_that_is_there_twice_is_warned_of_where_the_head_is_made():
    model = Sequential([Dense(2, activation="softmax", input_shape=(2,))])
    with pytest.warns(UserWarning, match="ends in softmax; it is applied once") as warned:
        Head(model.layers, CategoricalCrossentropy(from_logits=True))
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    ("loss", "middle"), [(BinaryCrossentropy(from_logits=True), 0), (BinaryCrossentropy(), 0.5), (MeanSquaredError(), 0.5)]
)
def test_one_output_is_a_yes_above_the_middle_and_a_no_there(loss, middle):
    head = head_of(Dense(1), loss=loss)
    scores = [[middle + 0.25], [middle + 0.25], [middle - 0.25], [middle - 0.25], [middle]]
    assert right(head, scores, [[1], [0], [1], [0], [0]]) == 3
    assert right(head, scores, [[1], [1], [0], [0], [0]]) == 5
    assert right(head, scores, [[0], [0], [1], [1], [1]]) == 0


def test_a_target_that_is_no_class_is_never_right():
    assert right(head_of(Dense(1), loss=MeanSquaredError()), [[0.4], [3.0], [0.6], [-3.0]], [[0.5], [7.0], [0.7], [-1.0]]) == 0


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(), MeanSquaredError(), BinaryCrossentropy()])
def test_of_several_outputs_the_greatest_has_to_be_the_targets(loss):
    # Three answers of four outputs each; the first two are right, the second although it is below
    # one half.
    outputs = [[0.1, 0.7, 0.1, 0.1], [0.4, 0.2, 0.2, 0.2], [0.1, 0.2, 0.3, 0.4]]
    targets = [[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    assert right(head_of(Dense(4), loss=loss), outputs, targets) == 2


@pytest.mark.parametrize(("loss", "middle"), [(MeanSquaredError(), 0.5), (BinaryCrossentropy(from_logits=True), 0)])
def test_of_images_the_share_of_right_pixels_is_counted(loss, middle):
    head = head_of(Reshape((3, 2)), shape=(6,), loss=loss)
    low, high = middle - 0.25, middle + 0.25
    # A pixel in the middle is rounded to 0: four of six, and six of six.
    scores = [[low, high, low, high, middle, high], [high, low, low, low, low, middle]]
    assert right(head, scores, [[0, 1, 1, 0, 0, 1], [1, 0, 0, 0, 0, 0]]) == pytest.approx(4 / 6 + 1)


def test_a_loss_takes_images_as_vectors_with_their_activation_after_that():
    head = head_of(Conv2D(5, 1), Conv2D(4, 1), Conv2D(2, 1, activation="tanh"), shape=(3, 1, 1), loss=MeanSquaredError())
    assert head.of_images
    assert [type(layer) for layer in head.layers] == [Conv2D, Conv2D, Conv2D, Flatten, Activation]
    *convolutions, _, end = head.layers
    assert [layer.activation_name for layer in [*convolutions, end]] == ["linear", "linear", "linear", "tanh"]
    assert [layer.output_shape for layer in head.layers] == [(3, 1, 5), (3, 1, 4), (3, 1, 2), (6,), (6,)]


def test_images_without_an_activation_only_become_vectors():
    head = head_of(Conv2D(5, 1), Conv2D(2, 1), shape=(3, 1, 1), loss=MeanSquaredError())
    assert [type(layer) for layer in head.layers] == [Conv2D, Conv2D, Flatten]
    assert head.layers[-1].output_shape == (6,)


def test_vectors_stay_as_they_are_even_after_images():
    head = head_of(Conv2D(2, 1), Flatten(), shape=(3, 1, 1), loss=MeanSquaredError())
    assert not head.of_images
    assert [type(layer) for layer in head.layers] == [Conv2D, Flatten]


def test_images_stay_as_they_are_without_a_loss():
    head = head_of(Conv2D(2, 1), shape=(3, 1, 1))
    assert not head.of_images
    assert [type(layer) for layer in head.layers] == [Conv2D]


@pytest.mark.parametrize("loss", [MeanSquaredError(), BinaryCrossentropy(), CategoricalCrossentropy(from_logits=True)])
def test_losses_of_two_parts_of_a_batch_are_those_of_the_whole(loss):
    rng = np.random.default_rng(0)
    scores, targets = rng.uniform(0.1, 0.9, (5, 3)), np.eye(3)[[0, 2, 1, 1, 0]]
    head = head_of(Dense(3), loss=loss)
    mean, expected = (loss.of_scores if head.joined else loss.of_outputs)(scores, targets)
    gradient = np.empty_like(scores)
    parts = [head.losses(scores[rows], targets[rows], gradient[rows], 5) for rows in (slice(0, 2), slice(2, 5))]
    assert sum(total for total, _ in parts) == pytest.approx(5 * mean, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)


@pytest.mark.parametrize("loss", [MeanSquaredError(), BinaryCrossentropy(), BinaryCrossentropy(from_logits=True)])
def test_weights_count_samples_as_often_as_they_say(loss):
    # A sample of weight 3 is one that is there three times.
    rng = np.random.default_rng(1)
    scores, targets = rng.uniform(0.1, 0.9, (3, 2)), np.eye(2)[[0, 1, 1]]
    head, gradient = head_of(Dense(2), loss=loss), np.empty((3, 2))
    total, hits = head.losses(scores, targets, gradient, 3, np.array([3.0, 0.0, 1.0]))
    rows = [0, 0, 0, 2]
    often = np.empty((4, 2))
    assert total == pytest.approx(head.losses(scores[rows], targets[rows], often, 3)[0], rel=1e-12)
    np.testing.assert_allclose(gradient, [often[:3].sum(axis=0), [0, 0], often[3]], rtol=1e-12)
    assert hits == head.losses(scores, targets, gradient, 3)[1]  # the accuracy takes no notice of them
