"""Arrays and numbers as Keras' scripts expect them: unit vectors, scores, learning rates, logs."""

import pickle

import numpy as np
import pytest

from nn.errors import InputError
from nn.utils.arrays import Named, Number, Rate, Scores, Weight, normalize


def test_vectors_along_the_last_axis_get_length_1():
    x = np.array([[[3.0, 4.0, 0.0], [0.0, 0.0, 0.5]], [[0.0, 0.0, 0.0], [2.0, 2.0, 1.0]]])
    expected = [[[0.6, 0.8, 0], [0, 0, 1]], [[0, 0, 0], [2 / 3, 2 / 3, 1 / 3]]]
    np.testing.assert_allclose(normalize(x), expected)
    np.testing.assert_allclose(normalize(x, axis=-3)[0, 0], [1, 1, 0])
    np.testing.assert_allclose(normalize([3, 4]), [0.6, 0.8])


@pytest.mark.parametrize(
    ("x", "axis", "says"), [(3.0, -1, "array"), (["a"], -1, "array"), ([1.0], 1, "axis"), ([1.0], -2, "axis")]
)
def test_what_has_no_such_vectors_is_refused(x, axis, says):
    with pytest.raises(InputError, match=f"normalize: expected .*{says}"):
        normalize(x, axis)


def test_weights_are_views_with_names():
    kernel, bias = np.zeros((2, 3)), np.zeros(3)
    weights = Weight.all_of({"kernel": kernel, "bias": bias})
    assert [weight.name for weight in weights] == ["kernel", "bias"]
    weights[0][1, 2] = 5
    assert kernel[1, 2] == 5
    assert len({*weights, *weights}) == 2


def test_a_rate_is_a_number_that_can_be_assigned():
    class Optimizer:
        learning_rate = 0.5

    optimizer = Optimizer()
    rate = Rate(0.5, optimizer)
    assert (rate * 2, rate.numpy()) == (1.0, 0.5)
    rate.assign(0.25)
    assert optimizer.learning_rate == 0.25
    copied = pickle.loads(pickle.dumps(rate))
    assert (type(copied), copied) == (float, 0.5)
    assert type(Number(0.5).numpy()) is float


def test_the_accuracy_is_found_under_both_of_its_names():
    new, old = Named(loss=1.0, accuracy=0.5, val_accuracy=0.25), Named(loss=1.0, acc=0.5, val_acc=0.25)
    for values in (new, old):
        assert [values[name] for name in ("acc", "accuracy", "val_acc", "val_accuracy", "loss")] == [0.5, 0.5, 0.25, 0.25, 1.0]
        assert all(name in values for name in ("acc", "accuracy", "val_acc", "val_accuracy", "loss"))
        assert values.get("val_acc") == values.get("val_accuracy") == 0.25
    for name in ("val_loss", "val_", 3):
        assert name not in new
        assert new.get(name, "none") == "none"
        with pytest.raises(KeyError):
            new[name]


def test_scores_serve_as_the_loss_where_a_number_is_needed():
    scores = Scores([0.126, 0.75])
    assert (float(scores), f"{scores:.1f}", f"{scores}", round(scores, 2), round(scores)) == (
        0.126,
        "0.1",
        "[0.126, 0.75]",
        0.13,
        0,
    )
