import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from apps.draw.cards import room_under_label  # noqa: E402
from apps.draw.inside import layout as inside_layout  # noqa: E402
from apps.draw.layout import FIRST_SIZE, MINIMUM_SIZE, SMALLEST_SCALE, arrange, least, scale_for  # noqa: E402
from apps.draw.toolkit import theme  # noqa: E402
from apps.draw.toolkit.look import Look  # noqa: E402
from apps.draw.why import heat  # noqa: E402


@given(st.integers(100, 4000), st.integers(100, 3000), st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0]))
def test_everything_is_in_the_window_and_nothing_overlaps(width, height, preferred):
    scale = scale_for((width, height), preferred)
    reading, inside = arrange((width, height), scale), inside_layout.arrange((width, height), scale)
    for places, cards in ((reading, (reading.reading, reading.bars, reading.seen)), (inside, (inside.network, inside.card))):
        assert places.size == least((width, height))
        parts = [places.header, places.sheet, places.tools, *cards]
        for part in parts:
            assert part.width > 0
            assert part.height > 0
            assert part.left >= 0
            assert part.top >= 0
            assert part.right <= places.size[0]
            assert part.bottom <= places.size[1]
        for first, second in itertools.combinations(parts, 2):
            assert not first.colliderect(second), (first, second)
        assert abs(places.sheet.width * 3 - places.sheet.height * 4) <= 4
    assert reading.sheet.width >= 340 * scale
    for card in (reading.reading, reading.bars, reading.seen):
        assert card.height >= 86 * scale
        assert card.width >= 220 * scale


def test_a_small_screen_shows_everything_at_full_size():
    """800 x 480 is the smallest screen that is sold."""
    scale = scale_for((800, 480), 1.0)
    assert scale == 1.0
    places = arrange((800, 480), scale)
    assert places.size == (800, 480)
    assert places.header.top >= 0
    assert places.tools.bottom <= 480
    assert places.seen.bottom <= 480


def test_type_grows_with_the_window_and_shrinks_only_where_it_must():
    assert scale_for(FIRST_SIZE, 1.0) == 1.0
    assert scale_for((3000, 2000), 1.0) >= 2.0
    assert scale_for((3000, 2000), 2.0) >= 2.0
    assert scale_for((800, 480), 2.0) == 1.0  # a scale that would not fit gives way
    assert scale_for((300, 200), 1.0) == SMALLEST_SCALE
    assert least((300, 200)) == tuple(round(side * SMALLEST_SCALE) for side in MINIMUM_SIZE)
    sizes = [(600, 400), (800, 600), (1200, 800), (1800, 1200), (2400, 1600)]
    scales = [scale_for(size, 1.0) for size in sizes]
    assert scales == sorted(scales)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)
def test_type_can_be_read_in_both_themes(palette):
    for text in (palette.text, palette.quiet):
        for behind in (palette.paper, palette.desk):
            assert theme.contrast(text, behind) >= 4.5
    for behind in (palette.accent, palette.accent_hover, palette.accent_pressed):
        assert theme.contrast(palette.on_accent, behind) >= 4.5
    for colour in (palette.speaks_for, palette.speaks_against):  # the signs in the legend of "why"
        assert theme.contrast(heat.readable(colour, palette), colour) >= 4.5
    assert theme.contrast(palette.text, palette.line) >= 4.5
    assert theme.contrast(palette.text, palette.accent_soft) >= 4.5
    assert theme.contrast(palette.accent, palette.paper) >= 3
    for behind in (palette.paper, palette.desk):  # disabled buttons and the large question mark
        assert theme.contrast(palette.faint, behind) >= 3


def test_contrast_of_black_and_white_is_21():
    assert theme.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


@pytest.mark.parametrize("size", [(1024, 768), FIRST_SIZE, (1440, 900), (3000, 2000)])
def test_the_ten_probabilities_have_rows_that_are_easy_to_read(size):
    scale = scale_for(size, 1.0)
    places = arrange(size, scale)
    assert room_under_label(Look(theme.LIGHT, scale), places.bars).height / 10 >= 15.5 * scale
    assert abs(places.tools.bottom - places.seen.bottom) <= 1
    assert places.header.bottom <= places.sheet.top <= places.header.bottom + 0.12 * size[1]


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)
@pytest.mark.parametrize("scale", [0.75, 1.0, 2.5])
def test_wiping_a_card_leaves_nothing_but_its_border(palette, scale):
    """What was painted up to the border, such as a descender of the last line."""
    look, surface, rect = Look(palette, scale), pygame.Surface((200, 100)), pygame.Rect(10, 10, 180, 80)
    surface.fill(palette.desk)
    look.card(surface, rect)
    clean = pygame.surfarray.array3d(surface)
    radius, line = look.px(theme.RADIUS), look.px(1)
    surface.fill(palette.accent, (rect.left + radius, rect.bottom - line - 3, 20, 3))
    surface.fill(palette.accent, (rect.right - line - 3, rect.centery, 3, 9))
    look.wipe(surface, rect)
    np.testing.assert_array_equal(pygame.surfarray.array3d(surface), clean)
