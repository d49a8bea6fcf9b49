"""Drawings and photos to MNIST's geometry: what must not matter (place, size, pen, paper, light,
noise), and digits apart.
"""

import io

import numpy as np
import pytest
from drawings import FIVE_BODY, FIVE_HAT, FOUR, ONE, SEVEN, TWO, difference, draw
from PIL import Image

from nn.errors import InputError
from nn.reading import cut_up, find_digits, ink_box, stroke_width, take_apart, to_ink, to_mnist


def light(shape):
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape)
    return 0.4 + 0.5 * x * y


def as_jpeg(grey, quality):
    buffer = io.BytesIO()
    Image.fromarray((np.clip(grey, 0, 1) * 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("L"), dtype=np.float32) / 255


def test_geometry_is_that_of_mnist():
    image = to_mnist(draw(FOUR))
    rows, columns = np.flatnonzero(image.max(axis=1) > 0.05), np.flatnonzero(image.max(axis=0) > 0.05)
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 < 20
    centre = (image.sum(axis=1) @ np.arange(28) / image.sum(), image.sum(axis=0) @ np.arange(28) / image.sum())
    assert np.abs(np.array(centre) - 14).max() <= 0.51
    assert 0 <= image.min() <= image.max() <= 1


def test_wide_drawing_is_twenty_pixels_wide():
    image = to_mnist(draw([[(0, 0), (200, 30)]]))
    columns = np.flatnonzero(image.max(axis=0) > 0.05)
    assert columns[-1] - columns[0] + 1 == 20


@pytest.mark.parametrize(("left", "top"), [(20, 15), (250, 190), (133, 171)])
def test_place_does_not_matter(left, top):
    assert difference(to_mnist(draw(FOUR, left, top)), to_mnist(draw(FOUR))) < 0.05


@pytest.mark.parametrize("size", [0.4, 1.5, 2.2])
def test_size_does_not_matter_if_the_pen_grows_with_it(size):
    large = draw(FOUR, 30, 30, size, max(2, round(12 * size)))
    assert difference(to_mnist(large), to_mnist(draw(FOUR))) < 0.2


@pytest.mark.parametrize("pen", [1, 3, 6, 24, 30])
def test_pen_width_comes_near_that_of_mnist(pen):
    image = to_mnist(draw(SEVEN, pen=pen))
    assert 1.6 < stroke_width(image) < 4.2
    assert image.max() > 0.8


@pytest.mark.parametrize("strokes", [FOUR, SEVEN, ONE, [TWO]])
@pytest.mark.parametrize(
    "scene",
    [
        lambda ink: 1 - ink,
        lambda ink: ink,
        lambda ink: 0.8 - 0.5 * ink,
        lambda ink: 0.3 + 0.4 * ink,
        lambda ink: as_jpeg(0.85 - 0.6 * ink, 30),
        lambda ink: as_jpeg((0.9 - 0.5 * ink) * light(ink.shape), 60),
        lambda ink: 0.8 - 0.4 * ink + np.random.default_rng(0).normal(0, 0.04, ink.shape),
    ],
    ids=["dark on white", "white on black", "grey paper", "light on grey", "jpeg", "uneven light", "noise"],
)
def test_paper_light_and_noise_do_not_matter(strokes, scene):
    ink = draw(strokes)
    assert difference(to_mnist(to_ink(scene(ink))), to_mnist(ink)) < 0.3


def test_sheet_on_a_dark_table_is_read_as_paper():
    ink = draw(SEVEN)
    scene = np.full((500, 520), 0.2, np.float32)
    scene[50:450, 60:460] = 0.9 - 0.6 * ink
    assert difference(to_mnist(to_ink(scene)), to_mnist(ink)) < 0.3


@pytest.mark.parametrize(
    "grey",
    [
        np.zeros((300, 300)),
        np.ones((28, 28)),
        np.full((1, 1), 0.4),
        np.zeros((0, 7)),
        np.random.default_rng(1).normal(0.5, 0.1, (300, 300)),
        np.random.default_rng(2).random((28, 28)),
        light((200, 300)),
        as_jpeg(light((200, 300)) + np.random.default_rng(3).normal(0, 0.03, (200, 300)), 40),
    ],
)
def test_nothing_there_gives_no_ink(grey):
    ink = to_ink(grey)
    assert not ink.any()
    assert not to_mnist(ink).any()
    assert find_digits(ink) == []


def test_mnist_image_comes_through_as_it_is():
    image = to_mnist(draw(FIVE_LIKE))
    np.testing.assert_array_equal(to_mnist(image), image)
    assert difference(to_mnist(to_ink(1 - image)), image) < 0.1
    assert difference(find_digits(image)[0].image, image) < 0.25


FIVE_LIKE = [FIVE_BODY, [(12, 0), (80, -4)]]


def test_levels_of_an_mnist_image_stay_as_they_are():
    image = to_mnist(draw(FIVE_LIKE))
    for scene in (image, 1 - image, 0.8 - 0.5 * image):
        np.testing.assert_allclose(to_ink(scene), image, atol=1e-5)


def cut_apart(ink):
    """The rows of a drawing, cut where digits may touch."""
    return [cut_up(row) for row in take_apart(ink)]


def test_blotch_is_not_pared_down_to_a_stroke():
    ink = np.zeros((200, 200), np.float32)
    ink[40:160, 50:150] = 1
    image = to_mnist(ink)
    columns = np.flatnonzero(image.max(axis=0) > 0.5)
    assert columns[-1] - columns[0] + 1 == pytest.approx(20 * 100 / 120, abs=1)
    (row,) = cut_apart(ink)
    assert len(row) == 1


def test_cuts_know_how_many_strokes_they_go_through():
    two_arcs = [[(0, 0), (100, 0)], [(0, 0), (0, 60)], [(100, 0), (100, 60)], [(0, 60), (100, 60)]]
    (row,) = cut_apart(draw(two_arcs, pen=6))
    assert {piece.crossed for piece in row.pieces if piece.part} == {2}
    handcuffs = [
        [(0, 0), (60, 0), (60, 80), (0, 80), (0, 0)],
        [(100, 0), (160, 0), (160, 80), (100, 80), (100, 0)],
        [(60, 40), (100, 40)],
    ]
    (row,) = cut_apart(draw(handcuffs, pen=6))
    assert 1 in {piece.crossed for piece in row.pieces if piece.part}
    (row,) = cut_apart(draw(ONE, 250, onto=draw(ONE)))
    assert [piece.crossed for piece in row.pieces] == [0, 0]


def test_drawing_of_many_strokes_is_not_cut_up():
    ladder = [[(0, 0), (0, 120)], [(140, 0), (140, 120)], *([(0, y), (140, y)] for y in (20, 60, 100))]
    (row,) = cut_apart(draw(ladder, pen=6))
    assert len(row) == 1


@pytest.mark.parametrize(
    "stroke",
    [
        [(0, 0), (280, 100)],
        [(0, 40), (280, 0)],
        [(140 - 140 * np.cos(t), 90 - 90 * np.sin(t)) for t in np.linspace(0.2, np.pi - 0.2, 30)],
    ],
    ids=["falling", "rising", "arc"],
)
def test_one_simple_stroke_is_never_cut(stroke):
    (row,) = cut_apart(draw([stroke], 40))
    assert len(row) == 1


def test_seam_follows_the_white_between_digits_that_lean_over_one_another():
    left, right = draw([[(60, 0), (0, 140)]], 60), draw([[(60, 0), (0, 140)]], 150)
    joint = draw([[(20, 93), (110, 93)]], 60, pen=4)
    (row,) = cut_apart(np.maximum(np.maximum(left, right), joint))
    share = [float((row.digit(0, k).ink.sum() - left.sum()) / left.sum()) for k in range(1, len(row))]
    assert any(0 <= each < 0.3 for each in share)


def test_rows_of_writing_are_taken_apart_one_after_the_other():
    ink = draw([TWO], 60, 20, 0.8, canvas=(400, 400))
    ink = draw(ONE, 180, 20, 0.8, canvas=(400, 400), onto=ink)
    ink = draw(FOUR, 90, 200, 0.8, canvas=(400, 400), onto=ink)
    first, second = take_apart(ink)
    assert {box.bottom < 170 for box in first.boxes} == {True}
    assert {box.top > 170 for box in second.boxes} == {True}


def test_digits_far_apart_in_one_row_stay_in_it():
    ink = draw(ONE, 20, 100, 0.4, 6, canvas=(300, 600))
    assert len(take_apart(draw(ONE, 500, 108, 0.4, 6, canvas=(300, 600), onto=ink))) == 1


def test_rings_of_a_broken_eight_are_no_two_rows():
    ring = [(30 + 30 * np.cos(t), 30 + 30 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 30)]
    assert len(take_apart(draw([ring, [(x, y + 78) for x, y in ring]], pen=10))) == 1


def test_strokes_that_overlap_stay_apart_where_the_pen_is_known():
    ring = [(40 + 40 * np.cos(t), 70 + 70 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 40)]
    strokes = [[(80 + x, 60 + y) for x, y in ring], [(152 + x, 60 + y) for x, y in ring]]
    ink = draw(strokes, 0, 0)
    (row,) = take_apart(ink, [(np.array(stroke), 12.0) for stroke in strokes])
    assert len(row) == 2
    for k, stroke in enumerate(strokes):
        digit, alone = row.digit(k, k + 1), draw([stroke], 0, 0)
        own = alone[digit.box.top : digit.box.bottom, digit.box.left : digit.box.right]
        assert np.abs(digit.ink - own).sum() < 0.12 * alone.sum()


def test_strokes_that_do_not_account_for_the_ink_are_not_believed():
    ink = draw(SEVEN)
    (row,) = take_apart(ink, [(np.array([[0.0, 0.0], [5.0, 5.0]]), 4.0)])
    assert row.digit(0, len(row)).ink.sum() == pytest.approx(ink.sum(), rel=0.01)


def test_ink_that_was_erased_belongs_to_no_stroke():
    stroke = np.array([(100.0, 80.0), (100.0, 300.0)])
    ink = draw([stroke.tolist()], 0, 0)
    ink[200:] = 0
    (row,) = take_apart(ink, [(stroke, 12.0)])
    assert row.boxes[0].bottom <= 201


def test_box_of_soft_edges_has_fractions():
    ink = np.zeros((10, 10), np.float32)
    ink[3:7, 2:6] = 1
    ink[3:7, 6] = 0.25
    assert ink_box(ink) == (2.0, 3.0, 6.25, 7.0)
    assert ink_box(np.zeros((4, 4), np.float32)) is None


def test_stroke_width_of_a_line():
    assert stroke_width(draw([[(0, 0), (0, 250)]], pen=10)) == pytest.approx(10, rel=0.1)


def test_digits_side_by_side_are_found_in_order():
    ink = draw([TWO], 20, 60, canvas=(300, 700))
    ink = draw(SEVEN, 160, 70, onto=ink, canvas=(300, 700))
    ink = draw(ONE, 300, 60, onto=ink, canvas=(300, 700))
    ink = draw(FOUR, 350, 60, onto=ink, canvas=(300, 700))
    digits = find_digits(ink)
    assert len(digits) == 4
    assert [d.box.left for d in digits] == sorted(d.box.left for d in digits)
    for digit, strokes in zip(digits, ([TWO], SEVEN, ONE, FOUR), strict=True):
        assert difference(digit.image, to_mnist(draw(strokes))) < 0.2


@pytest.mark.parametrize(
    "strokes",
    [
        [FIVE_BODY, FIVE_HAT],
        [[(0, 0), (80, 0), (30, 60)], [(27, 75), (10, 140)], [(20, 68), (60, 66)]],
        [[(40, 0), (5, 40), (5, 100), (40, 140)], [(40, 0), (80, 40), (80, 100), (52, 140)], [(90, -5), (-5, 145)]],
    ],
    ids=["hat of a 5", "crossed 7 with a gap", "slashed 0"],
)
def test_strokes_of_one_digit_stay_together(strokes):
    assert len(find_digits(draw(strokes, pen=8))) == 1


def test_specks_are_dropped():
    ink = draw(SEVEN)
    dotted = ink.copy()
    dotted[20:28, 300:308] = 1
    dotted[350:353, 30:36] = 1
    digits = find_digits(dotted)
    assert len(digits) == 1
    assert difference(digits[0].image, to_mnist(ink)) < 0.05


def test_lone_dot_is_no_speck():
    assert len(find_digits(draw([[(0, 0)]]))) == 1


def test_digits_that_touch_can_be_told_apart():
    two = draw([TWO], 30, 60, canvas=(300, 500))
    ink = draw(FIVE_LIKE, 118, 60, onto=two, canvas=(300, 500))
    (row,) = cut_apart(ink)
    parts = [row.digit(0, k).image for k in range(1, len(row))]
    assert min(difference(part, to_mnist(two)) for part in parts) < 0.4


def test_two_cuts_through_one_gap_leave_no_piece_without_ink():
    """A picture that fuzzing found: the dashes below and above one another hang together as one
    wide part with gaps.
    """
    ink = np.zeros((20, 24), np.float32)
    for rows, columns in (
        (slice(3, 8), slice(20, 23)),
        (slice(7, 8), slice(10, 18)),
        (slice(8, 9), slice(6, 9)),
        (slice(8, 13), slice(23, 24)),
        (slice(9, 13), slice(0, 2)),
        (slice(13, 14), slice(3, 4)),
        (slice(14, 17), slice(0, 3)),
    ):
        ink[rows, columns] = 1
    rows = take_apart(ink)
    assert rows
    for box in (box for row in rows for box in row.boxes):
        assert ink[box.top : box.bottom, box.left : box.right].any()


def test_pieces_can_be_regrouped():
    ink = draw(ONE, 60, 60)
    ink = draw(ONE, 150, 60, onto=ink)
    (pieces,) = take_apart(ink)
    assert len(pieces) == 2
    assert pieces.gap(0) is not None
    whole = pieces.digit(0, 2)
    assert whole.box.left == pieces.boxes[0].left
    assert whole.box.right == pieces.boxes[1].right
    assert pieces.digit(0, 1).ink.sum() + pieces.digit(1, 2).ink.sum() == pytest.approx(whole.ink.sum(), rel=0.02)


@pytest.mark.parametrize("bad", [np.zeros(5), np.zeros((2, 2, 3)), np.array([["a"]])])
def test_wrong_arrays_are_named(bad):
    with pytest.raises(InputError, match="grey: expected an array"):
        to_ink(bad)


def test_not_a_number_is_no_ink():
    grey = 1 - draw(SEVEN)
    grey[5, 5] = np.nan
    assert np.isfinite(to_ink(grey)).all()
