"""How a hand varies what it writes, each variation by itself, with chosen random numbers."""

import math

import numpy as np
import pytest
from dice import throw

from nn.kernels import strokes

NEVER = 0.99  # a number at which nothing happens that happens at times
MUCH = 50.0  # a normal number beyond every limit


@pytest.mark.parametrize("count", range(1, 10))
def test_pick_finds_the_first_share_beyond_a_number(count):
    cumulative = np.arange(1, count + 1, dtype=np.float32) / count
    for k in range(count):
        for u in (k / count + 1e-6, (k + 0.5) / count, (k + 1) / count - 1e-6):
            assert strokes.pick(cumulative, u) == k
    assert [strokes.pick(np.array([0.25, 0.75, 1], np.float32), u) for u in (0.0, 0.25, 0.75)] == [0, 1, 2]


def test_the_template_of_a_sample_depends_on_its_index_seed_and_epoch_alone():
    cumulative = np.arange(1, 1001, dtype=np.float32) / 1000

    def picked(seed, epoch, indices):
        out = np.full(len(indices), -1)
        strokes.pick_templates(cumulative, seed, epoch, np.array(indices), out)
        return out.tolist()

    all_of_them = picked(3, 1, range(60))
    assert len(set(all_of_them)) > 50
    assert picked(3, 1, [41, 7, 58]) == [all_of_them[k] for k in (41, 7, 58)]
    for other in (picked(4, 1, range(60)), picked(3, 2, range(60))):
        assert sum(a == b for a, b in zip(all_of_them, other, strict=True)) < 5


# Other points lie before and after the template's own.
TEMPLATE = np.array([[9, 9], [0.5, 0.1], [0.3, 0.25], [0.7, 0], [0.4, 1], [0.35, 1.16], [-9, -9]], np.float32)


def jittered(monkeypatch, normal=(), wildness=1.0, points=TEMPLATE):
    """The template of all points but the first and the last, in a hand with these numbers."""
    dice, out = throw(monkeypatch, normal=normal), np.full((len(points) - 2, 2), np.nan)
    strokes.jitter(points, 1, last=len(points) - 1, wildness=wildness, state=None, out=out)
    assert dice.normals_drawn == 2 + 2 * len(out)
    return out


@pytest.mark.parametrize("first", [(0.5, 0.1), (0.5, 0.9), (0.4, 0.9), (0.5, -0.3)])
@pytest.mark.parametrize("turned", [1, -1])
def test_a_calm_hand_keeps_the_template_and_puts_it_to_the_left(monkeypatch, first, turned):
    points = np.concatenate([TEMPLATE[:1], [first], TEMPLATE[2:]]) * [turned, 1]
    np.testing.assert_allclose(
        jittered(monkeypatch, points=points), points[1:-1] - [points[1:-1, 0].min(), 0], atol=1e-7
    )  # fmt: skip


@pytest.mark.parametrize(("normal", "times"), [(1.0, 1.0), (-1.0, -1.0), (MUCH, 2.0), (-MUCH, -2.0)])
@pytest.mark.parametrize("wildness", [0.5, 2.0])
def test_proportions_are_powers_of_the_place_between_the_ends(monkeypatch, normal, times, wildness):
    calm = jittered(monkeypatch)
    x_power, y_power = (math.exp(each * wildness * times) for each in (0.14, 0.16))
    wide, high = jittered(monkeypatch, [normal], wildness), jittered(monkeypatch, [0, normal], wildness)
    np.testing.assert_allclose(wide[:, 1], calm[:, 1])
    np.testing.assert_allclose(high[:, 0], calm[:, 0])
    np.testing.assert_allclose(wide[:, 0] / 0.4, (calm[:, 0] / 0.4) ** x_power, atol=1e-6)
    # What lies below the line stays there.
    np.testing.assert_allclose(high[:4, 1], calm[:4, 1] ** y_power, atol=1e-6)
    np.testing.assert_allclose(high[4, 1], calm[4, 1])


def test_proportions_count_from_the_leftmost_to_the_rightmost_point_wherever_a_stroke_begins(monkeypatch):
    points = np.concatenate([TEMPLATE[:1], [(0.5, 0.9)], TEMPLATE[2:]])
    calm, wide = jittered(monkeypatch, points=points), jittered(monkeypatch, [1], points=points)
    np.testing.assert_allclose(wide[:, 0] / 0.4, (calm[:, 0] / 0.4) ** math.exp(0.14), atol=1e-6)


def test_a_bar_is_taken_for_a_fifth_of_its_height_wide(monkeypatch):
    bar = np.array([[0, 0], [0.3, 0], [0.35, 0.5], [0.4, 1], [0, 0]])
    moved = jittered(monkeypatch, [1], points=bar)[:, 0]
    np.testing.assert_allclose(moved / 0.2, (np.array([0, 0.05, 0.1]) / 0.2) ** math.exp(0.14))


@pytest.mark.parametrize(("normal", "times"), [(1.0, 1.0), (-2.0, -2.0), (MUCH, 2.5), (-MUCH, -2.5)])
@pytest.mark.parametrize("wildness", [0.5, 2.0])
def test_every_coordinate_is_a_little_elsewhere(monkeypatch, normal, times, wildness):
    calm = jittered(monkeypatch)
    for k in range(calm.size):
        moved = jittered(monkeypatch, [0, 0, *[0] * k, normal], wildness) - calm
        expected = np.zeros(calm.size)
        expected[k] = 0.022 * wildness * times
        np.testing.assert_allclose(moved.ravel(), expected, atol=1e-6)


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_smoothing_averages_each_inner_point_with_its_neighbours(passes):
    path = np.array([[3, 1], [0, 0], [1, 4], [5, 5], [4, -1], [2, 2], [7, 0], [6, 6], [100, 100]], np.float64)
    down = np.array([0, 1, 1, 1, 1, 0, 1, 1, 1], np.uint8)
    expected = path.copy()
    for _ in range(passes):
        averages = (expected[:-2] + 2 * expected[1:-1] + expected[2:]) / 4
        # Points 4 and 5 are the ends of two strokes; the path ends at 7, and what follows is left over.
        for k in (1, 2, 3, 6):
            expected[k] = averages[k - 1]
    x, y = path.T.copy()
    getattr(strokes.smooth, "py_func", strokes.smooth)(x, y, down, 8, passes)
    np.testing.assert_allclose(np.stack([x, y], axis=1), expected)


def deformed(monkeypatch, uniform=(), normal=(), points=((1, 0), (0, 1)), wildness=1.0):
    """The points after a deformation with these numbers: first the chance of a tremor, then the
    rates and phases of the bends.
    """
    dice = throw(monkeypatch, uniform=uniform or [NEVER, 0, 0, 0, 0], normal=normal)
    x, y = (np.array([*values, 55.0]) for values in np.transpose(np.array(points, np.float64)))
    strokes.deform(x, y, len(points), wildness, None)
    assert dice.uniforms == []
    assert (x[-1], y[-1]) == (55, 55)
    return np.stack([x, y], axis=1)[:-1], dice.normals_drawn


def turned(angle, points):
    """Points turned about the origin, from x to y."""
    return np.array(points) @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def test_a_calm_hand_leans_a_little_to_the_right_and_writes_a_little_wide(monkeypatch):
    points, normals = deformed(monkeypatch)
    np.testing.assert_allclose(points, [(math.exp(0.02), 0), (-0.08, 1)])
    assert normals == 5  # two bends, aspect, slant and turn; none for a tremor


@pytest.mark.parametrize(("normal", "times"), [(1.0, 1.0), (-1.0, -1.0), (MUCH, 2.2), (-MUCH, -2.2)])
def test_aspect_and_slant(monkeypatch, normal, times):
    wide, _ = deformed(monkeypatch, normal=[0, 0, normal])
    np.testing.assert_allclose(wide, [(math.exp(0.02 + 0.2 * times), 0), (-0.08, 1)])
    leaning, _ = deformed(monkeypatch, normal=[0, 0, 0, normal])
    np.testing.assert_allclose(leaning, [(math.exp(0.02), 0), (-0.08 - 0.2 * times, 1)])


@pytest.mark.parametrize(("normal", "times"), [(1.0, 1.0), (-1.0, -1.0), (MUCH, 2.5), (-MUCH, -2.5)])
def test_the_turn_comes_last(monkeypatch, normal, times):
    calm = [(math.exp(0.02), 0), (-0.08, 1)]
    np.testing.assert_allclose(deformed(monkeypatch, normal=[0, 0, 0, 0, normal])[0], turned(0.09 * times, calm))


PLACES = [(0.3, 0.0), (0.1, 0.25), (0.6, 0.5), (0.2, 1.0)]


@pytest.mark.parametrize(("u", "rate"), [(0.0, 2), (0.5, 4.5), (0.8, 6)])
@pytest.mark.parametrize(("v", "phase"), [(0.0, 0), (0.25, math.pi / 2), (0.75, 3 * math.pi / 2)])
@pytest.mark.parametrize("wildness", [1.0, 0.5])
def test_bends_are_slow_sines_across_the_line(monkeypatch, u, rate, v, phase, wildness):
    calm, _ = deformed(monkeypatch, points=PLACES)
    x, y = np.transpose(PLACES)
    # Half of another number belongs to the other direction, which does not bend here.
    sideways, _ = deformed(monkeypatch, [NEVER, u, 0.5, v, 0.5], [1.5], PLACES, wildness)
    bend = 1.5 * 0.02 * wildness * np.sin(rate * y + phase)
    np.testing.assert_allclose(sideways - calm, np.stack([math.exp(0.02) * bend, 0 * x], axis=1), atol=1e-6)
    upwards, _ = deformed(monkeypatch, [NEVER, 0.5, u, 0.5, v], [0, -2], PLACES, wildness)
    bend = -2 * 0.02 * wildness * np.sin(rate * x + phase)
    np.testing.assert_allclose(upwards - calm, np.stack([-0.08 * bend, bend], axis=1), atol=1e-6)


@pytest.mark.parametrize("wildness", [1.0, 0.5])
def test_a_tremor_dies_out_by_halves(monkeypatch, wildness):
    calm, _ = deformed(monkeypatch, points=PLACES)
    still = [0.0] * 5
    uniform = [0.49, 0.5, 0.8, 0, 0, 0, 0]
    shaken, normals = deformed(monkeypatch, uniform, [*still, 1.0, -2.0, 0, 0, 3.0], PLACES, wildness)
    assert normals == 5 + 2 * len(PLACES)
    most = 0.012 * wildness * 0.5 * 0.8
    along, up = most * np.array([1, 0.5, 3.25, 1.625]), most * np.array([-2, -1, -0.5, -0.25])
    np.testing.assert_allclose(shaken - calm, np.stack([math.exp(0.02) * along - 0.08 * up, up], axis=1), atol=1e-12)


@pytest.mark.parametrize(("chance", "trembles"), [(0.499, True), (0.5, False)])
def test_half_of_the_hands_tremble(monkeypatch, chance, trembles):
    uniform = [chance, *([0.5, 0.5] if trembles else []), 0, 0, 0, 0]
    assert (deformed(monkeypatch, uniform, points=PLACES)[1] > 5) == trembles


def pressed(monkeypatch, uniform, points):
    """The widths along a path, in a hand with these numbers."""
    dice, r = throw(monkeypatch, uniform=uniform), np.full(len(points) + 1, 9.0)
    x, y = (np.array([*values, 44.0]) for values in np.transpose(np.array(points, np.float64)))
    strokes.press(x, y, r, len(points), None)
    assert dice.uniforms == []
    assert r[-1] == 9
    return r[:-1]


LINE = [(0, 0), (1, 0), (2, 0), (3, 0)]


def test_a_calm_hand_presses_evenly(monkeypatch):
    np.testing.assert_array_equal(pressed(monkeypatch, [0.5, 0.25], LINE), 1)


@pytest.mark.parametrize(("u", "drift"), [(0.0, -0.25), (0.25, -0.125), (0.5, 0), (0.9, 0.2)])
def test_pressure_drifts_from_one_end_to_the_other_in_half_of_the_hands(monkeypatch, u, drift):
    widths = pressed(monkeypatch, [0.499, u, NEVER], LINE)
    np.testing.assert_allclose(widths, 1 + drift * np.array([-1, -0.5, 0, 0.5]))


@pytest.mark.parametrize("angle", [0.0, math.pi / 4, math.pi / 3, 3 * math.pi / 4])
@pytest.mark.parametrize(("u", "nib"), [(0.4, 0.14), (0.8, 0.28)])
def test_a_nib_is_broad_one_way_and_narrow_across_in_a_quarter_of_the_hands(monkeypatch, angle, u, nib):
    along, across = turned(angle, [(2, 0), (0, 1)])
    path = np.cumsum([(3, 4), along, across, -along, along + 2 * across], axis=0)
    widths = pressed(monkeypatch, [NEVER, 0.249, u, angle / math.pi], path)
    # 2 along and 2 across is 45° to the nib.
    np.testing.assert_allclose(widths, 1 + nib * np.array([0, 1, -1, 1, 0]), atol=1e-7)


def test_drift_and_nib_multiply(monkeypatch):
    widths = pressed(monkeypatch, [0.1, 0.9, 0.1, 0.8, 0], LINE)
    np.testing.assert_allclose(widths, [0.8, 0.9 * 1.28, 1.28, 1.1 * 1.28])


def test_where_the_pen_hardly_moves_the_nib_hardly_matters(monkeypatch):
    widths = pressed(monkeypatch, [NEVER, 0.1, 0.8, 0], [(0, 0), (1e-5, 0), (1e-5, 0)])
    assert 1 < widths[1] < 1.05
    assert widths[2] == 1


@pytest.mark.parametrize(("normal", "radius"), [(0, 1.3), (1, 1.3 * math.exp(0.25)), (-MUCH, 0.85), (MUCH, 2.6)])
def test_pens_are_about_as_thick_as_those_of_mnist(monkeypatch, normal, radius):
    throw(monkeypatch, normal=[normal])
    assert strokes.pen_radius(None) == pytest.approx(radius)
