"""Labels become one-hot rows, and values that are not labels are refused."""

import itertools
import random

import numpy as np
import pytest

from nn import utils
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


def test_only_a_last_axis_of_one_is_taken_away():
    assert to_categorical([[[0], [2]]]).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert to_categorical([[0, 2]]).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert to_categorical([0], np.int64(1)).tolist() == [[1]]


@pytest.fixture
def _seeds_as_before():
    numbers, python = np.random.get_state(), random.getstate()  # noqa: NPY002
    yield
    utils._seeds = itertools.repeat(0)
    np.random.set_state(numbers)  # noqa: NPY002
    random.setstate(python)


@pytest.mark.usefixtures("_seeds_as_before")
@pytest.mark.parametrize("seed", [0, 7, np.int64(7), 2**32 - 1])
def test_everything_random_starts_again_from_the_seed(seed):
    seen = []
    for _ in range(2):
        utils.set_random_seed(seed)
        seen.append((random.random(), np.random.random(), utils.next_seed(), utils.next_seed()))  # noqa: NPY002
    assert seen[0] == seen[1]
    assert seen[0][2:] == (seed, seed + 1)


@pytest.mark.usefixtures("_seeds_as_before")
@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, True, "7", None])
def test_seeds_are_whole_numbers_of_32_bits(seed):
    with pytest.raises(InputError, match=f"set_random_seed: expected a whole number from 0 to {2**32 - 1}"):
        utils.set_random_seed(seed)
