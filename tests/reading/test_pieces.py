"""Pieces of a row on small grids: their boxes, gaps and cuts, and the ink of any run of them."""

import numpy as np
import pytest

from nn.reading.geometry import to_mnist
from nn.reading.pieces import Box, Grid, Piece, Pieces, grid_box


def mask(*boxes, shape=(6, 20)):
    """Filled rectangles (left, top, right, bottom)."""
    out = np.zeros(shape, bool)
    for left, top, right, bottom in boxes:
        out[top:bottom, left:right] = True
    return out


PIXELS = Grid(1, 0, 0)


def row_of(*pieces, grid=PIXELS):
    """The pieces as a row of a drawing in which their ink is 1, and nothing else is inked."""
    inked = np.logical_or.reduce([each.mask for each in pieces])
    ink = np.kron(inked, np.ones((grid.step, grid.step), np.float32))
    return Pieces(np.pad(ink, ((grid.top, 0), (grid.left, 0))), grid, pieces, inked)


def test_a_box_knows_its_sides():
    box = Box(3, 10, 8, 12)
    assert (box.width, box.height) == (5, 2)


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        (Grid(1, 0, 0), (2, 1, 5, 3)),
        (Grid(1, 7, 10), (12, 8, 15, 10)),
        (Grid(4, 7, 10), (18, 11, 30, 19)),
    ],
)
def test_a_coarse_mask_covers_the_pixels_of_its_blocks(grid, expected):
    assert grid_box(grid, (100, 100), mask((2, 1, 5, 3))) == expected


def test_the_last_blocks_end_where_the_drawing_does():
    assert grid_box(Grid(4, 7, 10), (17, 28), mask((2, 1, 5, 3))) == (18, 11, 28, 17)


def bar(width, length=60):
    return mask((0, 0, length, width), shape=(20, 70))


@pytest.mark.parametrize(("pen", "straight", "bent"), [(1.0, 2, 3), (5.0, 6, 7), (10.0, 12, 13)])
def test_a_bar_is_straight_up_to_little_more_than_the_width_of_the_pen(pen, straight, bent):
    for turned in (np.asarray, np.transpose):
        assert Piece(turned(bar(straight)), 0, pen=pen).is_straight
        assert not Piece(turned(bar(bent)), 0, pen=pen).is_straight


def test_a_slanted_line_is_straight_and_an_angle_is_not():
    slanted = np.eye(30, dtype=bool)
    assert Piece(slanted, 0).is_straight
    assert not Piece(slanted | slanted[::-1], 0).is_straight


def test_one_or_two_points_lie_on_a_line_and_three_need_not():
    assert Piece(mask((4, 2, 5, 3)), 0).is_straight
    assert Piece(mask((4, 2, 5, 3), (9, 5, 10, 6)), 0).is_straight
    assert not Piece(mask((4, 0, 5, 1), (0, 5, 1, 6), (9, 5, 10, 6)), 0).is_straight


def test_pieces_come_from_left_to_right_by_their_middles():
    narrow, wide, right = Piece(mask((4, 0, 5, 6)), 0), Piece(mask((2, 0, 11, 3)), 1), Piece(mask((8, 3, 9, 6)), 2)
    row = row_of(right, wide, narrow)
    assert row.pieces == [narrow, wide, right]
    assert row.boxes == [(4, 0, 5, 6), (2, 0, 11, 3), (8, 3, 9, 6)]
    assert len(row) == 3


def test_a_row_is_as_high_as_its_tallest_piece_in_pixels():
    assert row_of(Piece(mask((0, 0, 2, 3)), 0), Piece(mask((4, 1, 6, 6)), 1), grid=Grid(3, 0, 0)).height == 15


def test_a_row_holds_no_digits_that_touch_unless_it_is_said():
    piece = Piece(mask((0, 0, 2, 3)), 0)
    assert not row_of(piece).may_touch
    assert Pieces(np.ones((6, 20), np.float32), Grid(1, 0, 0), [piece], piece.mask, may_touch=True).may_touch


def test_a_gap_is_measured_in_heights_of_the_row_and_there_is_none_in_a_component():
    row = row_of(
        Piece(mask((0, 0, 2, 4)), 0),
        Piece(mask((5, 0, 9, 2)), 1),
        Piece(mask((8, 3, 12, 4)), 2),
        Piece(mask((13, 0, 15, 1)), 2, part=1),
    )
    assert [row.gap(k) for k in range(3)] == [3 / 4, -1 / 4, None]


def test_a_hull_is_around_all_of_its_pieces():
    row = row_of(Piece(mask((1, 3, 3, 6)), 0), Piece(mask((5, 1, 6, 4)), 1), Piece(mask((8, 2, 12, 5)), 2))
    assert row.hull(0, 3) == (1, 1, 12, 6)
    assert row.hull(1, 3) == (5, 1, 12, 5)
    assert row.hull(2, 3) == (8, 2, 12, 5)


def test_cuts_count_only_where_the_part_before_is_left_out():
    row = row_of(
        Piece(mask((0, 0, 2, 6)), 3),
        Piece(mask((3, 0, 5, 6)), 1),
        Piece(mask((5, 0, 7, 6)), 1, part=1, crossed=2),
        Piece(mask((7, 0, 9, 6)), 1, part=2, crossed=5),
        Piece(mask((10, 0, 12, 6)), 2),
        Piece(mask((12, 0, 14, 6)), 2, part=1, crossed=7),
    )
    assert row.cuts(0, 6) == ()
    assert row.cuts(0, 2) == ()
    assert row.cuts(2, 3) == (2,)
    assert row.cuts(2, 4) == (2,)
    assert row.cuts(3, 6) == (5,)
    assert row.cuts(5, 6) == (7,)


def test_a_run_is_cut_where_its_component_goes_on():
    row = row_of(
        Piece(mask((0, 0, 2, 6)), 0),
        Piece(mask((3, 0, 5, 6)), 1),
        Piece(mask((5, 0, 7, 6)), 1, part=1),
        Piece(mask((10, 0, 12, 6)), 2),
    )
    runs = {(0, 1): False, (0, 2): True, (1, 2): True, (1, 3): False, (2, 4): True, (3, 4): False, (0, 4): False}
    assert {run: row.is_cut(*run) for run in runs} == runs


@pytest.mark.parametrize("step", [1, 3])
def test_a_digit_is_the_ink_of_its_pieces_alone(step):
    """The second piece reaches into the box of the first; the levels of the ink tell pixels apart."""
    angle, inner = mask((2, 1, 3, 5), (2, 4, 8, 5)), mask((5, 1, 10, 3))
    third = mask((11, 0, 13, 6))
    grid = Grid(step, 4, 7)
    inked = angle | inner | third
    shape = (grid.top + 6 * step + 2, grid.left + 20 * step + 3)
    levels = np.random.default_rng(0).uniform(0.5, 1, shape).astype(np.float32)
    row = Pieces(levels, grid, [Piece(each, k) for k, each in enumerate((angle, inner, third))], inked)

    def expected(own, box):
        """Ink that lies on no other piece, within the box."""
        foreign = np.zeros(shape, bool)
        fine = np.kron(inked & ~own, np.ones((step, step), bool))
        foreign[grid.top : grid.top + fine.shape[0], grid.left : grid.left + fine.shape[1]] = fine
        return np.where(foreign, 0, levels)[box.top : box.bottom, box.left : box.right]

    for first, last, own in ((0, 1, angle), (1, 2, inner), (0, 2, angle | inner), (1, 3, inner | third), (0, 3, inked)):
        digit = row.digit(first, last)
        assert digit.box == row.hull(first, last)
        np.testing.assert_array_equal(digit.ink, expected(own, digit.box))
        np.testing.assert_array_equal(digit.image, to_mnist(digit.ink))
