"""What reaches in from the edge of a picture: which of it is a rim, a border or a shadow, and what
goes with it.
"""

import numpy as np
import pytest

from nn.reading.clutter import _is_border, _is_rim, _without_rims

# A picture as it is, and with each of its other edges on top.
TURNS = pytest.mark.parametrize(
    "turn",
    [lambda a: a, lambda a: a[::-1], lambda a: a.T, lambda a: a[::-1].T],
    ids=["top", "bottom", "left", "right"],
)


def picture(shape=(100, 120)):
    """An upright stroke of eight pixels by forty, away from all edges."""
    ink = np.zeros(shape)
    ink[30:70, 50:58] = 1
    return ink


@TURNS
def test_thick_rim_goes_with_a_pixel_of_soft_edge_around_it(turn):
    ink = picture()
    ink[:20, 30:81] = 1
    ink[20:22, 28:83] = 0.12
    ink[:22, 28:30] = ink[:22, 81:83] = 0.12
    expected = ink.copy()
    expected[:21, 29:82] = 0
    np.testing.assert_array_equal(_without_rims(turn(ink)), turn(expected))


@TURNS
def test_block_beside_the_edge_is_no_rim(turn):
    ink = picture()
    ink[1:20, 30:81] = 1
    np.testing.assert_array_equal(_without_rims(turn(ink)), turn(ink))


@pytest.mark.parametrize("shape", [(300, 519), (299, 517)])
def test_rim_of_a_large_picture_goes_in_coarse_pixels(shape):
    ink = picture((100, 173))
    ink[:20, 30:81] = 1
    ink[20:22, 28:83] = 0.12
    expected = ink.copy()
    expected[:21, 29:82] = 0
    large, expected = (np.kron(each, np.ones((3, 3)))[: shape[0], : shape[1]] for each in (ink, expected))
    np.testing.assert_array_equal(_without_rims(large), expected)


@TURNS
@pytest.mark.parametrize(("darkest", "gone"), [(0.3, True), (0.49, True), (0.5, False), (0.7, False)])
def test_shadow_of_less_than_two_fifths_on_average_goes(darkest, gone, turn):
    ink = picture()
    ink[:5, 90:93] = 0.3
    ink[:5, 93:96] = darkest
    expected = picture() if gone else ink
    np.testing.assert_array_equal(_without_rims(turn(ink)), turn(expected))


@pytest.mark.parametrize(("other", "gone"), [(0.5, True), (0.49, False)])
def test_rim_stays_where_nothing_else_was_written(other, gone):
    ink = other * picture()
    ink[:20, 30:81] = 1
    assert _without_rims(ink)[:20].any() != gone
    only = np.where(ink == 1, 1.0, 0.0)
    np.testing.assert_array_equal(_without_rims(only), only)


@TURNS
@pytest.mark.parametrize(("outermost", "distance", "gone"), [(1, 4, True), (1, 3, False), (0.5, 3, False), (0.49, 3, True)])
def test_stroke_along_an_edge_goes_if_all_else_keeps_away_from_the_edges(outermost, distance, gone, turn):
    """Four of a hundred pixels are far enough away. (The stroke lies at another edge.)"""
    ink = np.zeros((100, 120))
    ink[distance : distance + 30, 50:58] = 1
    ink[distance, 50:58] = outermost
    stroke = np.zeros(ink.shape, bool)
    stroke[-8:, 30:80] = True
    ink[stroke] = 1
    expected = np.where(stroke, 0, ink) if gone else ink
    np.testing.assert_array_equal(_without_rims(turn(ink)), turn(expected))


def is_rim(along, thickness, pen, alone=False):
    """Of a block that lies at the lower edge, in a picture with another one at the right."""
    labels = np.zeros((100, 100), int)
    labels[:60, 98:] = 2
    labels[100 - thickness :, 20 : 20 + along] = 1
    sides = [labels[0], labels[-1], labels[:, 0], labels[:, -1]]
    return _is_rim(labels == 1, sides, 1, pen, alone=alone)


@pytest.mark.parametrize(
    ("along", "thickness", "pen", "rim"),
    [
        (12, 9, 5.0, True),
        (12, 8, 5.0, False),
        (11, 9, 5.0, False),
        (12, 2, 4.0, True),
        (12, 3, 4.0, False),
        (12, 20, 6.0, True),
        (12, 20, 6.1, False),
        (50, 5, 5.0, False),
    ],
)
def test_rim_lies_along_an_edge_and_is_thicker_or_thinner_than_the_pen(along, thickness, pen, rim):
    assert is_rim(along, thickness, pen) == rim


@pytest.mark.parametrize(("along", "rim"), [(36, False), (37, True)])
def test_stroke_along_more_than_a_third_of_an_edge_is_a_rim_if_alone(along, rim):
    assert is_rim(along, 5, 5.0, alone=True) == rim


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("rows", "columns", "border"),
    [
        (slice(0, 60), slice(0, 12), True),
        (slice(0, 60), slice(2, 12), True),
        (slice(0, 60), slice(2, 13), False),
        (slice(0, 60), slice(88, 100), True),
        (slice(0, 60), slice(87, 98), False),
        (slice(1, 60), slice(0, 8), False),
        (slice(0, 59), slice(0, 8), False),
    ],
)
def test_border_runs_from_end_to_end_within_twelve_hundredths_of_an_edge(rows, columns, border, turned):
    mask = np.zeros((60, 100), bool)
    mask[rows, columns] = True
    assert _is_border(mask.T if turned else mask) == border


def test_border_goes_if_all_else_keeps_away_from_it():
    """It is as thick as the pen."""
    ink = picture()
    ink[:, 4:11] = 1
    np.testing.assert_array_equal(_without_rims(ink), picture())
    ink[1:30, 60:68] = 1
    np.testing.assert_array_equal(_without_rims(ink), ink)
