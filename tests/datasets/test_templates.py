"""Shapes written down, as the arrays that the kernels get, and the sources that draw them."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.strokes import Doodles, SyntheticDigits, digit_templates, draw_templates, other_templates
from nn.strokes.families import FAMILIES, MEMBERS, members
from nn.strokes.shapes import DIGITS
from nn.strokes.signs import SIGNS
from nn.strokes.templates import templates_of

SHAPES = """
    1 a bar: 10,0 20,100
    2.5 one: two strokes, leaning: 0,-6 54,0* 22.5,100 | 6,72* 48,116
    0.5 dot: 3,4
"""


def test_shapes_are_packed_as_they_are_written():
    packed = templates_of(SHAPES)
    points = [(0.1, 0), (0.2, 1), (0, -0.06), (0.54, 0), (0.225, 1), (0.06, 0.72), (0.48, 1.16), (0.03, 0.04)]
    np.testing.assert_allclose(packed.points, points, rtol=1e-6)
    assert packed.corners.tolist() == [0, 0, 0, 1, 0, 1, 0, 0]
    assert packed.point_offsets.tolist() == [0, 2, 5, 7, 8]
    assert packed.stroke_offsets.tolist() == [0, 1, 3, 4]
    assert packed.cumulative.tolist() == [0.25, 0.875, 1]
    assert packed.labels.tolist() == [255] * 3
    assert packed.names == ("a bar", "one: two strokes, leaning", "dot")
    dtypes = [np.float32, np.uint8, np.int64, np.int64, np.float32, np.uint8]
    arrays = packed.points, packed.corners, packed.point_offsets, packed.stroke_offsets, packed.cumulative, packed.labels
    assert [each.dtype for each in arrays] == dtypes


def lines(text):
    """(weight, name, points) of shapes; the points as they are written."""
    parts = [line.strip().rsplit(":", 1) for line in text.strip().splitlines()]
    return [(float(head.split()[0]), head.split(" ", 1)[1], shape.replace("*", "").replace("|", "")) for head, shape in parts]


def points_of(templates, t):
    """The points of template t in hundredths."""
    first, last = templates.point_offsets[templates.stroke_offsets[[t, t + 1]]]
    return 100 * templates.points[first:last]


def numbers(shape):
    return [[float(each) for each in point.split(",")] for point in shape.split()]


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_has_its_shapes_and_all_members_of_its_families(digit):
    templates = digit_templates()
    expected = lines(DIGITS[digit])
    for weight, name, _ in lines(FAMILIES[digit]):
        strokes = next(line.rsplit(":", 1)[1] for line in FAMILIES[digit].splitlines() if f"{name}:" in line)
        shapes = [shape.replace("*", "").replace("|", "") for shape in members(strokes)]
        expected += [(weight / MEMBERS, f"{name} ({k})", shape) for k, shape in enumerate(shapes, 1)]
    which = np.flatnonzero(templates.labels == digit)
    assert [templates.names[t] for t in which] == [name for _, name, _ in expected]
    for t, (_, _, shape) in zip(which, expected, strict=True):
        np.testing.assert_allclose(points_of(templates, t), numbers(shape), atol=1e-4)
    # A tenth of all samples, shared by weight.
    weights = np.array([weight for weight, _, _ in expected])
    shares = np.diff(templates.cumulative, prepend=0)[which]
    np.testing.assert_allclose(shares, weights / weights.sum() / 10, atol=2e-7)


def test_signs_have_no_label():
    templates = other_templates()
    assert templates.names == tuple(name for _, name, _ in lines(SIGNS))
    assert set(templates.labels) == {255}


@pytest.mark.parametrize("source", [SyntheticDigits, Doodles])
def test_a_source_has_at_least_one_sample(source):
    assert len(source(3, 1)) == 1
    assert len(source(3, 50)) == 50
    assert source(3, 50).image_shape == (28, 28, 1)
    for length in (0, -1):
        with pytest.raises(InputError, match=f"length: expected at least 1 sample an epoch, got {length}"):
            source(3, length)


def test_samples_are_drawn_from_templates_by_their_shares():
    indices = np.arange(2000)
    source = SyntheticDigits(3, len(indices))
    chosen = source.chosen(indices, 1)
    shares = np.diff(digit_templates().cumulative, prepend=0)
    common = np.flatnonzero(shares > 0.01)
    counts = np.bincount(chosen, minlength=len(shares))[common]
    np.testing.assert_allclose(counts, 2000 * shares[common], atol=25)
    # Whichever samples are asked for, and in whatever order; and other ones for another seed.
    assert source.chosen(np.array([70, 3, 1999]), 1).tolist() == chosen[[70, 3, 1999]].tolist()
    assert (SyntheticDigits(4, len(indices)).chosen(indices, 1) == chosen).mean() < 0.1
    np.testing.assert_array_equal(source.targets(indices, 1), np.eye(10)[digit_templates().labels[chosen]])


def test_digits_are_their_templates_in_the_hand_of_their_index():
    indices, source = np.array([4, 2]), SyntheticDigits(3, 6)
    images, again = np.full((2, 28, 28, 1), 0.5, np.float32), np.empty((2, 28, 28, 1), np.float32)
    source.fill(images, indices, 1)
    draw_templates(source.chosen(indices, 1), 3, 1, indices, again)
    np.testing.assert_array_equal(images, again)
    assert images.min() == 0
    assert images.max() > 0.9


def test_a_bar_is_drawn_as_a_bar():
    bar = digit_templates().names.index("bar")
    images = np.empty((3, 28, 28, 1), np.float32)
    draw_templates(np.full(3, bar), 0, 0, np.arange(3), images)
    for image in images[..., 0]:
        rows, columns = image.max(axis=1) > 0.3, image.max(axis=0) > 0.3
        assert rows.sum() >= 18
        assert columns.sum() < 14


def test_doodles_are_made_of_digits_and_signs(monkeypatch):
    calls = []
    monkeypatch.setattr("nn.kernels.doodles.draw_doodles", lambda *arguments: calls.append(arguments))
    out, indices = np.empty((2, 28, 28, 1), np.float32), [4, 2]
    Doodles(3, 6).fill(out, indices, 1)
    ((digits, signs, *others),) = calls
    for arrays, templates in ((digits, digit_templates()), (signs, other_templates())):
        points, corners, point_offsets, stroke_offsets, cumulative = arrays
        assert points is templates.points
        assert corners is templates.corners
        assert point_offsets is templates.point_offsets
        assert stroke_offsets is templates.stroke_offsets
        assert cumulative is templates.cumulative
    seed, epoch, samples, images = others
    assert (seed, epoch, samples.tolist(), samples.dtype) == (3, 1, indices, np.int64)
    assert images is out


def test_no_digit_is_likelier_for_a_doodle():
    targets = Doodles(3, 6).targets(np.array([4, 2, 5]), 1)
    assert targets.shape == (3, 10)
    np.testing.assert_allclose(targets, 0.1)
