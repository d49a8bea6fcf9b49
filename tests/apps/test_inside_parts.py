"""The parts of looking inside that need no window: where cells are, their colours, numbers."""

import itertools

import numpy as np
import pytest

pygame = pytest.importorskip("pygame")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from apps.draw.inside import layout as inside_layout  # noqa: E402
from apps.draw.inside.bands import lay_out  # noqa: E402
from apps.draw.inside.page import compact  # noqa: E402
from apps.draw.toolkit import theme  # noqa: E402
from apps.draw.toolkit.look import Look  # noqa: E402
from apps.draw.toolkit.numbers import MINUS, decimal  # noqa: E402
from apps.draw.why import heat  # noqa: E402

STUDENT = [(28, 28, 1), (24, 24, 32), (12, 12, 32), (10, 10, 64), (5, 5, 64), (128,), (64,), (10,), (10,)]
PALETTES = pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)

images = st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(1, 70))
layers = st.lists(st.one_of(images, st.tuples(st.integers(1, 300))), min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(
    layers, st.integers(300, 1500), st.integers(200, 1200), st.sampled_from([1.0, 1.5, 2.0]), st.randoms(use_true_random=False)
)
def test_every_cell_has_a_place_of_its_own(shapes, width, height, scale, random):
    room = pygame.Rect(17, 23, width, height)
    bands = lay_out(shapes, room, Look(theme.LIGHT, scale))
    if bands is None:
        return
    for band in bands:
        assert room.contains(band.rect)
        cells = [tuple(random.randrange(size) for size in band.shape) for _ in range(20)]
        for cell in cells:
            place = band.cell_rect(cell)
            assert band.rect.contains(place)
            assert band.cell_at(place.topleft) == band.cell_at((place.right - 1, place.bottom - 1)) == cell
        for cell, (across, down) in itertools.product(cells[:5], ((1, 0), (-1, 0), (0, 1), (0, -1))):
            following = band.neighbour(cell, across, down)
            assert all(0 <= index < size for index, size in zip(following, band.shape, strict=True))
            if following != cell:
                assert band.neighbour(following, -across, -down) == cell
                first, second = band.cell_rect(cell).center, band.cell_rect(following).center
                assert np.sign(second[0] - first[0]) == across
                assert np.sign(second[1] - first[1]) == down
    for first, second in itertools.pairwise(bands):
        assert first.rect.bottom <= second.rect.top
        assert first.label.bottom <= second.label.top


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("size", [(800, 480), (760, 600), (1088, 704), (900, 1000), (1400, 900)])
def test_the_student_s_network_fits_into_every_window(size, scale):
    size = round(size[0] * scale), round(size[1] * scale)
    places = inside_layout.arrange(size, scale)
    bands = lay_out(STUDENT, places.network.inflate(round(-28 * scale), round(-48 * scale)), Look(theme.LIGHT, scale))
    assert bands is not None
    assert all(band.grid.cell[0] >= scale for band in bands)


@PALETTES
def test_zero_has_a_colour_of_its_own(palette):
    values = np.array([-1.0, -1e-9, -0.0, 0.0, 1e-9, 1.0], np.float32)
    levels = heat.levels(values, 1.0)
    assert list(levels == heat.ZERO) == [False, False, True, True, False, False]
    colours = heat.colours(palette)
    lab = heat.oklab(np.array(colours))
    for level in (levels[1], levels[4]):
        assert np.linalg.norm(lab[level] - lab[heat.ZERO]) > 0.02  # twice what eyes can just tell apart


@PALETTES
def test_equal_steps_of_colour_look_equal_and_lightness_goes_one_way(palette):
    lab = heat.oklab(np.array(heat.colours(palette)))
    for side in (lab[heat.ZERO + 1 :], lab[heat.ZERO - 1 : 0 : -1]):
        steps = np.linalg.norm(np.diff(side, axis=0), axis=1)
        assert steps.max() < 2.5 * steps.mean()
        lightness = np.diff(side[:, 0])
        assert (lightness < 0.004).all() or (lightness > -0.004).all()
        assert abs(side[-1, 0] - side[0, 0]) > 0.5


def test_levels_grow_with_the_values_and_stop_at_the_greatest():
    values = np.linspace(-2, 2, 401)
    levels = heat.levels(values, 1.5).astype(int)
    assert (np.diff(levels) >= 0).all()
    assert levels[0] == 1
    assert levels[-1] == 255
    assert (levels[values == 0] == heat.ZERO).all()
    np.testing.assert_array_equal(heat.levels(np.zeros(3), 0.0), heat.ZERO)


def test_oklab_there_and_back():
    colours = np.random.default_rng(0).integers(0, 256, (50, 3)).astype(float)
    np.testing.assert_allclose(heat.srgb(heat.oklab(colours)), colours, atol=0.01)
    np.testing.assert_allclose(heat.oklab(np.array([[255.0, 255, 255]])), [[1, 0, 0]], atol=1e-4)


@PALETTES
def test_numbers_can_be_read_on_every_colour(palette):
    for colour in heat.colours(palette):
        assert theme.contrast(heat.readable(colour, palette), colour) >= 4.5


def test_numbers_as_people_read_them():
    assert decimal(1.234) == "1.23"
    assert decimal(-0.5, 1) == f"{MINUS}0.5"
    assert decimal(-0.001) == "0.00"
    assert decimal(123456.0) == "1.2e+05"
    assert compact(0.531, 2) == ".53"
    assert compact(-0.07, 2) == f"{MINUS}.07"
    assert compact(-1.2, 2) == f"{MINUS}1.20"
    assert compact(0.999, 2) == "1.00"
    assert compact(10.5, 2) == "10.50"
    assert compact(-np.inf, 2) == ""


def test_signs_that_the_type_lacks_are_set_all_the_same():
    look = Look(theme.LIGHT, 1.0)
    pygame.font.init()
    shapes = {
        text: pygame.surfarray.array_alpha(look.text_surface(text, 15, (0, 0, 0)))
        for text in f"{MINUS}\N{MULTIPLICATION SIGN}\ufffe"
    }
    minus, times, unknown = shapes.values()
    assert minus.shape != unknown.shape or (minus != unknown).any()
    assert times.shape != unknown.shape or (times != unknown).any()
    together = look.text_width(f"a{MINUS}b", 15)
    assert together == look.text_surface(f"a{MINUS}b", 15, (0, 0, 0)).get_width()
