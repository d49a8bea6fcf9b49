"""Labels become one-hot rows, and values that are not labels are refused."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.utils import class_indices, to_categorical


@pytest.mark.parametrize("y", [[0, 2], [[0], [2]], np.array([0, 2], np.uint8), [0.0, 2.0]])
def test_labels_become_one_hot(y):
    result = to_categorical(y)
    assert result.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert result.dtype == np.float32


def test_number_of_classes_may_be_given():
    assert to_categorical([1], 4).tolist() == [[0, 1, 0, 0]]
    assert to_categorical([[1, 0], [0, 1]], 2).shape == (2, 2, 2)


def test_no_labels():
    assert to_categorical([], 3).shape == (0, 3)
    assert to_categorical([]).shape == (0, 0)


@pytest.mark.parametrize(("y", "classes"), [([0, 3], 3), ([-1], 3), ([-1, 1], None), ([0.5], 2), ([0], 0), ([0], 1.5)])
def test_values_that_are_not_labels_are_refused(y, classes):
    with pytest.raises(InputError, match="to_categorical"):
        to_categorical(y, classes)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 0.5], "y: expected whole numbers as labels, got 0.5"),
        ([np.nan], "y: expected whole numbers as labels, got nan"),
        ([np.inf], "y: expected whole numbers as labels, got infinity"),
        (["one"], "y: expected whole numbers as labels, got <U3"),
        ([0, 3], "y: expected values from 0 to 2, got 0 to 3"),
    ],
)
def test_class_indices_name_the_first_value_that_is_not_a_label(labels, message):
    with pytest.raises(InputError) as refused:
        class_indices(labels, 3, "y")
    assert str(refused.value) == message


def test_class_indices_keep_integers_and_convert_whole_floats():
    labels = np.array([2, 0], np.uint8)
    assert class_indices(labels, 3, "y") is labels
    assert class_indices([2.0, 0.0], 3, "y").dtype == np.int64
