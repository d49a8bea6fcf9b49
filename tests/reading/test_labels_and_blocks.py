"""Small helpers of the reader: pictures checked, framed and made smaller, and connected components
numbered.
"""

import numpy as np
import pytest
from scipy import ndimage

from nn.errors import InputError
from nn.reading.arrays import as_picture, block_reduce, framed
from nn.reading.components import label


def test_bytes_become_fractions_of_255():
    picture = as_picture(np.array([[0, 51, 255]], np.uint8), "ink")
    assert picture.dtype == np.float32
    assert picture.tolist() == [[0, np.float32(0.2), 1]]


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, bool])
def test_zeros_and_ones_stay_as_they_are_in_any_type(kind):
    picture = as_picture(np.array([[0, 1, 0], [1, 1, 0]], kind), "ink")
    assert picture.dtype == np.float32
    assert picture.tolist() == [[0, 1, 0], [1, 1, 0]]


def test_what_is_outside_0_to_1_is_clipped():
    assert as_picture(np.array([[-0.5, 0.25, 1.5]]), "ink").tolist() == [[0, 0.25, 1]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_becomes_0_and_nothing_else_does(bad):
    assert as_picture(np.array([[bad, 0.5], [1.0, bad]]), "ink").tolist() == [[0, 0.5], [1, 0]]


def test_a_last_axis_of_length_one_is_dropped():
    picture = np.array([[0.0, 0.5, 1.0], [1.0, 0.0, 0.25]])
    assert as_picture(picture[:, :, None], "ink").tolist() == picture.tolist()


@pytest.mark.parametrize("shape", [(4,), (4, 3, 2), (4, 1, 3), (1, 4, 3, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(InputError, match="ink: expected an array"):
        as_picture(np.zeros(shape), "ink")


@pytest.mark.parametrize("kind", [complex, "U1", object])
def test_what_is_no_real_number_is_refused(kind):
    with pytest.raises(InputError, match="ink: expected an array"):
        as_picture(np.zeros((2, 2), kind), "ink")


@pytest.mark.parametrize("margin", [0, 1, 3])
def test_a_frame_of_zeros_lies_around_the_picture(margin):
    picture = np.arange(1, 7, dtype=np.int8).reshape(2, 3)
    out = framed(picture, margin)
    assert out.dtype == np.int8
    np.testing.assert_array_equal(out, np.pad(picture, margin))


@pytest.mark.parametrize("combine", [np.maximum, np.minimum, np.add])
@pytest.mark.parametrize("step", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(6, 12), (7, 5), (5, 7), (9, 4), (2, 3), (1, 1)])
def test_blocks_are_combined_the_last_ones_with_what_there_is(shape, step, combine):
    picture = np.random.default_rng(0).integers(1, 100, shape)
    rows, columns = range(0, shape[0], step), range(0, shape[1], step)
    expected = [[combine.reduce(picture[i : i + step, j : j + step], axis=None) for j in columns] for i in rows]
    assert block_reduce(picture, step, combine).tolist() == expected


def test_a_diagonal_connects_and_a_gap_of_one_pixel_parts():
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 1]], bool)
    labels, count = label(mask)
    assert labels.tolist() == [[1, 0, 0, 2], [0, 1, 0, 2], [0, 0, 0, 0], [3, 3, 0, 4]]
    assert count == 4
    assert labels.dtype == np.int32


@pytest.mark.parametrize("shape", [(1, 1), (1, 12), (12, 1), (5, 9), (30, 20)])
@pytest.mark.parametrize("density", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_components_are_numbered_in_reading_order_as_scipy_does(shape, density):
    mask = np.random.default_rng(0).random(shape) < density
    expected, count = ndimage.label(mask, np.ones((3, 3)))
    labels, found = label(mask)
    assert found == count
    np.testing.assert_array_equal(labels, expected)


def test_arms_that_meet_only_at_the_bottom_are_one_component():
    """Each row joins further arms, so that roots change after they were found."""
    comb = np.zeros((8, 15), bool)
    comb[:, ::2] = True
    for row, columns in enumerate(
        (slice(10, 13), slice(8, 11), slice(0, 3), slice(4, 7), slice(2, 5), slice(6, 9), slice(12, 15))
    ):
        comb[row + 1, columns] = True
    assert label(comb)[1] == 1
