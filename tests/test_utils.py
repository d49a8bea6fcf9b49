import numpy as np
import pytest

from nn.errors import InputError
from nn.utils import to_categorical


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


@pytest.mark.parametrize(("y", "classes"), [([0, 3], 3), ([-1], 3), ([-1, 1], None), ([0.5], 2)])
def test_what_is_no_label_is_refused(y, classes):
    with pytest.raises(InputError, match="to_categorical"):
        to_categorical(y, classes)
