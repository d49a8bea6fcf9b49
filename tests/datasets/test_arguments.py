"""What users pass to a model is checked, and refused in a sentence that says what was expected."""

import numpy as np
import pytest

from nn.datasets import arguments
from nn.errors import InputError

SHAPE = (4, 6, 1)


@pytest.mark.parametrize("values", [[[1, 2], [3, 4]], ((1, 2), (3, 4)), np.array([[1, 2], [3, 4]])])
def test_lists_and_arrays_become_arrays(values):
    assert arguments.array_of(values, "x").tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("values", "says"), [(3, "x: .* got a single int"), (None, "got a single NoneType"), ([[1], [1, 2]], "x: expected an array")]
)
def test_what_has_no_axis_is_no_array(values, says):
    with pytest.raises(InputError, match=says):
        arguments.array_of(values, "x")


def test_there_are_as_many_labels_as_inputs():
    images, labels = arguments.labelled([[1.0], [2.0]], [0, 1], "x")
    assert (images.shape, labels.tolist()) == ((2, 1), [0, 1])
    with pytest.raises(InputError, match="x: 2 inputs but 1 labels"):
        arguments.labelled([[1.0], [2.0]], [0], "x")
    with pytest.raises(InputError, match="validation_data: the labels are missing"):
        arguments.labelled([[1.0]], None, "validation_data")


@pytest.mark.parametrize(("argument", "named"), [("x", "y"), ("validation_data", "validation_data")])
def test_labels_that_are_no_array_are_named(argument, named):
    with pytest.raises(InputError, match=f"^{named}: expected shape"):
        arguments.labelled([[1.0]], 3, argument)


@pytest.mark.parametrize("shape", [(3, 4, 6, 1), (3, 4, 6), (0, 4, 6, 1)])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_images_may_lack_their_only_channel(shape, dtype):
    arguments.check_images(np.ones(shape, dtype), SHAPE, "x")


@pytest.mark.parametrize("shape", [(3, 6, 4, 1), (3, 6, 4), (3, 4, 6, 2), (3, 4), (4, 6, 1)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match=r"x: expected shape \(samples, 4, 6, 1\)"):
        arguments.check_images(np.ones(shape), SHAPE, "x")


def test_only_an_axis_of_one_may_be_missing():
    with pytest.raises(InputError, match="expected shape"):
        arguments.check_images(np.ones((3, 4, 6)), (4, 6, 2), "x")


@pytest.mark.parametrize("dtype", [complex, object, "U1"])
def test_images_of_other_than_real_numbers_are_refused(dtype):
    with pytest.raises(InputError, match="expected real numbers"):
        arguments.check_images(np.ones((3, *SHAPE), dtype), SHAPE, "x")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1023, 1024, 2047, 2048, 2499])
def test_a_number_that_is_not_finite_is_found_wherever_it_is(value, place):
    x = np.ones((2500, 1), np.float32)
    arguments.check_images(x, (1,), "x")
    x[place] = value
    with pytest.raises(InputError, match="x: expected finite numbers"):
        arguments.check_images(x, (1,), "x")


def test_an_output_is_finite():
    output = np.ones((2, 3))
    assert arguments.finite(output) is output
    output[1, 2] = np.nan
    with pytest.raises(InputError, match="predict: the output is not finite"):
        arguments.finite(output)


@pytest.mark.parametrize("value", [1, 7, np.int64(1)])
def test_whole_numbers_begin_at_one(value):
    assert arguments.whole(value, "epochs") == value


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None])
def test_other_numbers_are_refused(value):
    with pytest.raises(InputError, match="fit: epochs must be a whole number of at least 1"):
        arguments.whole(value, "epochs")


@pytest.mark.parametrize("value", [0, 1, 3, np.int32(3)])
def test_the_first_epoch_is_one_of_those_asked_for_or_the_one_after(value):
    assert arguments.first_epoch(value, 3) == value


@pytest.mark.parametrize("value", [-1, 4, 1.0, None])
def test_another_first_epoch_is_refused(value):
    with pytest.raises(InputError, match="from 0 to epochs, which is 3"):
        arguments.first_epoch(value, 3)


@pytest.mark.parametrize(("part", "left"), [(0.25, 6), (0.5, 4), (0.2, 6), (0.124, 7), (0.875, 1)])
def test_the_part_for_validation_is_the_end(part, left):
    x, y = np.arange(8), np.arange(8) % 3
    (x_train, y_train), (x_rest, y_rest) = arguments.split_off(x, y, part)
    assert (x_train.tolist(), x_rest.tolist()) == (list(range(left)), list(range(left, 8)))
    assert y_train.tolist() + y_rest.tolist() == y.tolist()
    assert len(y_train) == left


@pytest.mark.parametrize("part", [0, 1, -0.5, 1.5, "half", None])
def test_a_part_is_between_none_and_all(part):
    with pytest.raises(InputError, match="validation_split must be between 0 and 1"):
        arguments.split_off(np.arange(8), np.arange(8), part)


@pytest.mark.parametrize(("count", "part"), [(8, 0.9), (1, 0.5), (0, 0.5)])
def test_no_side_of_a_split_is_empty(count, part):
    with pytest.raises(InputError, match=f"leaves one side of {count} samples empty"):
        arguments.split_off(np.arange(count), np.arange(count), part)


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        (None, []),
        ([], []),
        ("acc", ["acc"]),
        (["accuracy"], ["accuracy"]),
        (("acc", "accuracy"), ["acc", "accuracy"]),
        (["binary_accuracy"], ["binary_accuracy"]),
        (["BinaryAccuracy", "Accuracy"], ["binary_accuracy", "accuracy"]),
        (["CategoricalAccuracy", "SparseCategoricalAccuracy"], ["categorical_accuracy", "sparse_categorical_accuracy"]),
    ],
)
def test_the_accuracy_has_one_of_its_names(metrics, names):
    assert arguments.metrics_of(metrics) == names


@pytest.mark.parametrize("metrics", ["mae", ["accuracy", "mae"], [len]])
def test_another_metric_is_refused(metrics):
    with pytest.raises(InputError, match=r"compile: metrics may hold the accuracy alone .* got '(mae|len)'"):
        arguments.metrics_of(metrics)
