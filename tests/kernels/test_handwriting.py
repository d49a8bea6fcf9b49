"""Mishaps of a hand, a whole digit as it writes it, and the images of digits."""

import math

import numpy as np
import pytest
from dice import throw
from naive import capsule

from nn.kernels import pen, strokes
from nn.kernels.curve import MOST_POINTS

NEVER = 0.99  # a number at which nothing happens that happens at times
MUCH = 50.0  # a normal number beyond every limit

# Chance of a join, of a gap, twice two numbers for what is cut off at the end and the beginning,
# chance of a hook.
CALM = {"join": NEVER, "gap": [NEVER], "end": [0, 0], "begin": [0, 0], "hook": [NEVER]}


def mishap(monkeypatch, n, wildness=1.0, **numbers):
    """A path of n points (k, −k) in two strokes after these mishaps: where its points were, and down."""
    numbers = CALM | numbers
    uniform = [numbers["join"], *numbers["gap"], *numbers["end"], *numbers["begin"], *numbers["hook"]]
    dice, x = throw(monkeypatch, uniform=uniform), np.arange(MOST_POINTS, dtype=np.float64)
    y, down = -x, np.ones(MOST_POINTS, np.uint8)
    down[[0, n // 2, min(n, MOST_POINTS - 1)]] = 0
    n = strokes.mishaps(x, y, down=down, n=n, wildness=wildness, state=None)
    assert dice.uniforms == []
    return np.stack([x, y], axis=1)[:n], down[:n].tolist()


def numbers_of(path):
    """The numbers k of points (k, −k)."""
    np.testing.assert_array_equal(path[:, 0], -path[:, 1])
    return path[:, 0].tolist()


def two_strokes(*lengths):
    return [each for length in lengths for each in [0] + [1] * (length - 1)]


def test_mostly_nothing_happens(monkeypatch):
    path, down = mishap(monkeypatch, 40, join=0.07, gap=[0.06], hook=[0.08])
    assert (numbers_of(path), down) == (list(range(40)), two_strokes(20, 20))


def test_strokes_may_stay_joined(monkeypatch):
    path, down = mishap(monkeypatch, 40, join=0.069)
    assert (numbers_of(path), down) == (list(range(40)), two_strokes(40))
    # Right from its second point.
    assert mishap(monkeypatch, 2, join=0.069)[1] == [0, 1]


@pytest.mark.parametrize(
    ("n", "size", "at", "first", "length"),
    [
        (100, 0.5, 0.0, 3, 6),
        (100, 0.5, 0.3, 29, 6),  # 3 and 0.3 of 88
        (100, 0.99, 0.999, 87, 9),
        (40, 0.0, 0.999, 34, 2),
        (13, 0.99, 0.5, 5, 3),
    ],
)
def test_a_stroke_may_have_a_gap_somewhere_inside(monkeypatch, n, size, at, first, length):
    path, down = mishap(monkeypatch, n, gap=[0.059, size, at])
    left = [*range(first), *range(first + length, n)]
    assert numbers_of(path) == left
    assert [left[k] for k in range(len(left)) if down[k] == 0] == sorted(
        {0, n // 2, first + length} - {*range(first, first + length)}
    )


def test_twelve_points_are_too_few_for_a_gap(monkeypatch):
    assert numbers_of(mishap(monkeypatch, 12, gap=[0.0])[0]) == list(range(12))


@pytest.mark.parametrize(
    ("n", "u", "v", "cut"), [(100, 0.9, 0.8, 5), (100, 0.5, 0.4, 1), (40, 0.99, 0.99, 2), (200, 0.3, 0.2, 0)]
)
def test_the_ends_may_be_cut_off(monkeypatch, n, u, v, cut):
    path, down = mishap(monkeypatch, n, end=[u, v])
    assert (numbers_of(path), down) == (list(range(n - cut)), two_strokes(n // 2, n - n // 2 - cut))
    path, down = mishap(monkeypatch, n, begin=[u, v])
    assert (numbers_of(path), down) == (list(range(cut, n)), two_strokes(n // 2 - cut, n - n // 2))


@pytest.mark.parametrize("wildness", [1.0, 0.5])
@pytest.mark.parametrize(
    ("u", "v", "step"), [(0.0, 0.5, (0.055, 0)), (0.25, 0.0, (0, 0.02)), (0.5, 0.9, (-0.083, 0)), (0.75, 0.9, (0, -0.083))]
)
def test_a_stroke_may_end_in_a_hook(monkeypatch, wildness, u, v, step):
    path, down = mishap(monkeypatch, 40, wildness, hook=[0.079 * wildness, u, v])
    assert (numbers_of(path[:-1]), down) == (list(range(40)), two_strokes(20, 21))
    np.testing.assert_allclose(path[-1] - path[-2], step, atol=1e-6)
    assert len(mishap(monkeypatch, 40, wildness, hook=[0.081 * wildness])[0]) == 40


def test_a_full_path_may_be_broken_and_cut_as_well(monkeypatch):
    broken, _ = mishap(monkeypatch, MOST_POINTS, gap=[0.0, 0.5, 0.0])
    assert numbers_of(broken) == [0, 1, 2, *range(3 + 42, MOST_POINTS)]
    cut, _ = mishap(monkeypatch, MOST_POINTS, begin=[0.9, 0.9])
    assert numbers_of(cut) == list(range(58, MOST_POINTS))


def test_a_full_path_has_no_room_for_a_hook(monkeypatch):
    assert len(mishap(monkeypatch, MOST_POINTS, hook=[0.0])[0]) == MOST_POINTS
    assert len(mishap(monkeypatch, MOST_POINTS - 1, hook=[0.0, 0.5, 0.5])[0]) == MOST_POINTS


# Two templates: one stroke, and two strokes of which the first has a corner.
POINTS = np.array([[0.9, 3], [-5, 4], [8, 7], [0.2, 0], [0.7, 0.3], [0.3, 0.6], [0.1, 0.8], [0.6, 1]], np.float32)
CORNERS = np.array([0, 0, 0, 0, 1, 0, 0, 0], np.uint8)
POINT_OFFSETS, STROKE_OFFSETS = np.array([0, 3, 6, 8]), np.array([0, 1, 3])
# Numbers for a hand without mishaps, tremor, drift and nib, after how densely it is sampled and
# whether it smooths: mishaps, deformation, pressure.
QUIET = [NEVER, NEVER, 0, 0, 0, 0, NEVER, *[NEVER, 0, 0, 0, 0], NEVER, NEVER]


def lean(points):
    """What a calm hand makes of a template: with its left end at 0, a little wide, leaning to the right."""
    return (points - [points[:, 0].min(), 0]) @ np.array([[math.exp(0.02), 0], [-0.08, 1]])


def written(monkeypatch, density=0.0, smoothing=(NEVER,), normal=()):
    """The second template in a hand with these numbers: path, widths and down."""
    dice = throw(monkeypatch, [density, *smoothing, *QUIET], normal)
    x, y, r = np.full((3, MOST_POINTS), np.nan)
    down = np.full(MOST_POINTS, 9, np.uint8)
    arrays = {"x": x, "y": y, "r": r, "down": down, "point_offsets": POINT_OFFSETS}
    n = strokes.write(POINTS, CORNERS, first_stroke=1, last_stroke=3, state=None, **arrays)
    assert dice.uniforms == []
    assert np.isnan(x[n:]).all()
    return np.stack([x, y], axis=1)[:n], r[:n].tolist(), down[:n].tolist()


@pytest.mark.parametrize(("density", "per_piece"), [(0.0, 2), (0.19, 2), (0.5, 4), (0.99, 6)])
def test_a_calm_hand_writes_the_strokes_of_its_template(monkeypatch, density, per_piece):
    path, widths, down = written(monkeypatch, density)
    assert down == two_strokes(1 + 2 * per_piece, 1 + per_piece)
    assert widths == [1] * len(path)
    corners = lean(POINTS[3:8])
    lines = [np.linspace(corners[k], corners[k + 1], per_piece + 1) for k in (0, 1, 3)]
    # Evenly along the lines: the stroke turns sharply at its corner.
    firsts = [path[: per_piece + 1], path[per_piece : 2 * per_piece + 1], path[2 * per_piece + 1 :]]
    for line, expected in zip(firsts, lines, strict=True):
        np.testing.assert_allclose(line, expected, atol=1e-6)


@pytest.mark.parametrize(("chance", "passes"), [((0.4,), 0), ((0.39, 0.0), 1), ((0.39, 0.4), 2), ((0.0, 0.99), 3)])
def test_some_hands_round_their_corners(monkeypatch, chance, passes):
    sharp, _, down = written(monkeypatch)
    expected = sharp.copy()
    for _ in range(passes):
        inner = (expected[:-2] + 2 * expected[1:-1] + expected[2:]) / 4
        expected[1:4], expected[6:7] = inner[:3], inner[5:6]
    assert down == two_strokes(5, 3)
    np.testing.assert_allclose(written(monkeypatch, smoothing=chance)[0], expected, atol=1e-9)


@pytest.mark.parametrize(("normal", "times"), [(0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (MUCH, 2.0), (-MUCH, -2.0)])
def test_hands_are_more_or_less_wild(monkeypatch, normal, times):
    # Three numbers after the wildness, the first point is moved up or down.
    calm, moved = written(monkeypatch)[0][0], written(monkeypatch, normal=[normal, 0, 0, 0, 1.5])[0][0]
    assert moved[1] - calm[1] == pytest.approx(1.5 * 0.022 * math.exp(0.4 * times))


def image_of(points, lines, dot=None):
    """The image of a path in a pen of 1.3 pixels, of lines between its points, and maybe a dot."""
    x, y = points.T.copy()
    widths, image, out = np.ones(len(points)), np.zeros((28, 28)), np.empty((28, 28, 1))
    fit, centre = (getattr(each, "py_func", each) for each in (pen.fit, pen.centre))
    fit(x, y, widths, len(points), 1.3)
    for a, b in lines:
        image = capsule(image, (x[a], y[a]), (x[b], y[b]), 1.3, 1.3)
    if dot:
        image = capsule(image, dot[:2], dot[:2], dot[2], dot[2])
    centre(image, out)
    return out


def digits(chosen, indices, seed=1):
    """The images of the two templates, as samples with these indices."""
    out = np.full((len(indices), 28, 28, 1), 0.5, np.float32)
    which = {"chosen": np.array(chosen), "indices": np.array(indices)}
    strokes.draw_digits(POINTS, CORNERS, POINT_OFFSETS, STROKE_OFFSETS, seed=seed, epoch=2, out=out, **which)
    return out


def test_a_digit_is_fitted_drawn_and_centred(monkeypatch):
    dice = throw(monkeypatch, [0, NEVER, *QUIET, 0.03] * 2)
    image = digits([1, 1], [0, 1])
    assert dice.uniforms == []
    expected = image_of(lean(POINTS[3:8]), [(0, 1), (1, 2), (3, 4)])
    np.testing.assert_allclose(image, [expected] * 2, atol=1e-5)


@pytest.mark.parametrize(
    ("numbers", "dot"), [((0.0, 0.5, 0.0), (4, 14, 0.6)), ((0.9, 0.1, 0.5), (22, 6, 0.85)), ((0.25, 0.8, 1.0), (9, 20, 1.1))]
)
def test_three_in_a_hundred_have_a_dot_about_as_broad_as_the_pen(monkeypatch, numbers, dot):
    dice = throw(monkeypatch, [0, NEVER, *QUIET, 0.029, *numbers])
    image = digits([1], [0])
    assert dice.uniforms == []
    expected = image_of(lean(POINTS[3:8]), [(0, 1), (1, 2), (3, 4)], (*dot[:2], 1.3 * dot[2]))
    np.testing.assert_allclose(image[0], expected, atol=1e-5)


def test_an_image_depends_on_its_template_index_and_seed_alone():
    images = digits([0, 1, 1, 0], [5, 6, 7, 8])
    np.testing.assert_array_equal(digits([1, 0, 1], [7, 5, 6]), images[[2, 0, 1]])
    assert np.abs(digits([1], [6], seed=2) - images[1]).max() > 0.1
    assert np.abs(images[1] - images[2]).max() > 0.1
