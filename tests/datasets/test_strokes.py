"""Synthetic strokes: well-formed templates, MNIST's geometry, legible variety, and what is no
digit.
"""

import math

import numpy as np
import pytest
from PIL import Image

from nn.kernels.counter import begin
from nn.kernels.curve import MOST_POINTS, trace
from nn.kernels.pen import capsule
from nn.kernels.sketches import letter
from nn.kernels.strokes import pick
from nn.strokes import Doodles, SyntheticDigits, digit_templates, draw_templates, other_templates
from nn.strokes.__main__ import main
from nn.strokes.families import FAMILIES, MEMBERS, members


def drawn(count=400, epoch=0):
    source, indices = SyntheticDigits(0, count), np.arange(count)
    out = np.empty((count, 28, 28, 1), np.float32)
    source.fill(out, indices, epoch)
    return out[..., 0], source.labels(indices, epoch)


def test_every_digit_has_many_ways_and_equal_chances():
    templates = digit_templates()
    assert np.bincount(templates.labels, minlength=10).min() >= 12
    shares = np.diff(templates.cumulative, prepend=0)
    assert shares.min() > 0
    for digit in range(10):
        assert shares[templates.labels == digit].sum() == pytest.approx(0.1, abs=1e-5)


def test_templates_are_packed_end_to_end():
    for templates in (digit_templates(), other_templates()):
        assert templates.point_offsets[-1] == len(templates.points) == len(templates.corners)
        assert templates.stroke_offsets[-1] == len(templates.point_offsets) - 1
        assert np.diff(templates.point_offsets).min() >= 2
        assert len(templates.stroke_offsets) == len(templates.labels) + 1 == len(templates.names) + 1
        assert len(set(zip(templates.labels.tolist(), templates.names, strict=True))) == len(templates.names)


@pytest.mark.parametrize("digit", range(10))
def test_members_of_a_family_differ_and_have_the_same_strokes(digit):
    for line in FAMILIES[digit].strip().splitlines():
        shapes = members(line.rsplit(":", 1)[1])
        assert len(shapes) == len(set(shapes)) == MEMBERS
        assert len({(shape.count("|"), shape.count("*"), len(shape.split())) for shape in shapes}) == 1


def test_parameters_move_a_point_from_one_end_to_the_other():
    first = [float(shape.split(",")[0]) for shape in members("10+20a,0 4-8b,100")]
    assert 10 <= min(first) < 11
    assert 29 < max(first) <= 30
    assert members("10,5 1,2*", 2) == ["10.00,5.00 1.00,2.00*"] * 2


def test_geometry_is_that_of_mnist():
    images, _ = drawn()
    longer = []
    for image in images:
        rows, columns = np.flatnonzero(image.max(axis=1) > 0.02), np.flatnonzero(image.max(axis=0) > 0.02)
        longer.append(max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1)
        centre = np.array([image.sum(axis=1) @ np.arange(28), image.sum(axis=0) @ np.arange(28)]) / image.sum()
        assert np.abs(centre - 14).max() < 0.6
    # A pen that presses harder than on average goes a little beyond the box.
    assert min(longer) >= 18
    assert max(longer) <= 24
    assert np.mean([20 <= side <= 22 for side in longer]) > 0.9


def test_stroke_widths_are_those_of_mnist():
    from nn.reading import stroke_width

    images, _ = drawn()
    widths = [stroke_width(image) for image in images]
    assert 2.0 < np.median(widths) < 3.2
    assert np.percentile(widths, 5) > 1.5
    assert np.percentile(widths, 95) < 4.5


def test_labels_are_those_of_the_templates():
    source, indices = SyntheticDigits(7, 1000), np.arange(1000)
    labels = source.labels(indices, 3)
    np.testing.assert_array_equal(source.targets(indices, 3).argmax(axis=1), labels)
    assert np.bincount(labels, minlength=10).min() > 60
    np.testing.assert_array_equal(labels, digit_templates().labels[source.chosen(indices, 3)])


def test_hands_differ_but_a_digit_stays_itself():
    bar = digit_templates().names.index("bar")
    out = np.empty((200, 28, 28, 1), np.float32)
    draw_templates(np.full(200, bar), 0, 0, np.arange(200), out)
    widths = (out[..., 0].max(axis=1) > 0.3).sum(axis=1)
    assert np.unique(widths).size > 4
    assert np.median(widths) < 10


def test_doodles_are_varied_and_none_is_empty_for_long():
    out = np.empty((500, 28, 28, 1), np.float32)
    Doodles(1, 500).fill(out, np.arange(500), 0)
    assert (out.max(axis=(1, 2, 3)) > 0.2).mean() > 0.97
    assert out.mean(axis=(1, 2, 3)).std() > 0.1


def test_letters_have_three_strokes_or_more_and_some_are_symmetrical():
    state = np.empty(2, np.uint64)
    x, y, down = np.empty(MOST_POINTS), np.empty(MOST_POINTS), np.empty(MOST_POINTS, np.uint8)
    strokes, symmetrical = [], 0
    for number in range(200):
        begin(state, np.int64(4), 0, 0, number)
        n = letter(state, x, y, down)
        strokes.append(int((down[:n] == 0).sum()))
        path = np.stack([x, y], axis=1)[:n].reshape(-1, 13, 2)
        assert path.min() > -0.6
        assert path.max() < 1.6
        if len(path) % 2 == 0:
            # Each stroke is followed by its mirror image: the sums of both x are the letter's width.
            sums = (path[::2] + path[1::2])[..., 0]
            symmetrical += int(np.ptp(sums) < 1e-9)
    assert set(strokes) == {3, 4, 5, 6}
    assert 0.25 < symmetrical / 200 < 0.45


def test_curve_goes_through_its_points_and_turns_at_corners():
    points = np.array([[0, 0], [1, 0], [1, 1], [3, 1]], np.float64)
    x, y, down = np.empty(MOST_POINTS), np.empty(MOST_POINTS), np.empty(MOST_POINTS, np.uint8)
    sharp = np.array([0, 1, 1, 0], np.uint8)
    n = trace(points, sharp, 0, 4, 5, x, y, down, 0)
    assert n == 16
    assert down[:n].tolist() == [0] + [1] * 15
    np.testing.assert_allclose(np.stack([x, y], axis=1)[:n:5], points)
    np.testing.assert_allclose(y[:6], 0, atol=1e-12)
    np.testing.assert_allclose(x[5:11], 1, atol=1e-12)
    n = trace(points, np.zeros(4, np.uint8), 0, 4, 5, x, y, down, 0)
    np.testing.assert_allclose(np.stack([x, y], axis=1)[:n:5], points)
    assert np.ptp(x[5:11]) > 0.02


def test_curve_through_points_of_a_line_is_the_line():
    points = np.array([[0, 0], [1, 2], [4, 8], [5, 10]], np.float64)
    x, y, down = np.empty(MOST_POINTS), np.empty(MOST_POINTS), np.empty(MOST_POINTS, np.uint8)
    n = trace(points, np.zeros(4, np.uint8), 0, 4, 6, x, y, down, 0)
    np.testing.assert_allclose(y[:n], 2 * x[:n], atol=1e-9)
    assert (np.diff(x[:n]) > 0).all()


def test_capsule_covers_the_area_of_a_line_with_round_ends():
    image = np.zeros((28, 28), np.float32)
    capsule(image, 8.3, 9.1, 2.0, 19.7, 17.4, 2.0)
    length = math.hypot(19.7 - 8.3, 17.4 - 9.1)
    assert image.sum() == pytest.approx(4 * length + math.pi * 4, rel=0.02)
    assert image.max() == 1


def test_pick_follows_the_shares():
    cumulative = np.array([0.2, 0.7, 1.0], np.float32)
    assert [pick(cumulative, u) for u in (0.0, 0.19, 0.21, 0.69, 0.71, 0.999)] == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("options", [[], ["--digit", "7"], ["--doodles"]])
def test_contact_sheet_is_an_image(tmp_path, options):
    assert main(["--out", str(tmp_path / "sheet.png"), *options]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 24 * 30 * 2
