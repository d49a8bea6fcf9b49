import itertools

import pytest

pytest.importorskip("pygame")
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.layout import arrange, flow, least
from apps.draw.toolkit import theme

WIDTHS = (110, 60, 80, 90, 130, 60, 90, 50, 120, 110)


@given(st.integers(100, 4000), st.integers(100, 3000), st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0]))
def test_everything_is_in_the_window_and_nothing_overlaps(width, height, scale):
    places = arrange((width, height), scale, [round(w * scale) for w in WIDTHS], round(18 * scale))
    assert places.size == least((width, height), scale)
    parts = [places.header, places.sheet, places.tools, places.reading, places.bars, places.seen, places.keys]
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
    assert places.sheet.width >= 340 * scale
    for card in (places.reading, places.bars, places.seen):
        assert card.height >= 115 * scale
        assert card.width >= 220 * scale


def test_lines_break_where_they_are_full():
    assert flow([50, 50, 50], 160, 5) == [[0, 1, 2]]
    assert flow([50, 50, 50], 159, 5) == [[0, 1], [2]]
    assert flow([500, 50], 100, 5) == [[0], [1]]
    assert flow([], 100, 5) == [[]]


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)
def test_type_can_be_read_in_both_themes(palette):
    for text in (palette.text, palette.quiet):
        for ground in (palette.paper, palette.desk):
            assert theme.contrast(text, ground) >= 4.5
    for ground in (palette.accent, palette.accent_hover):
        assert theme.contrast(palette.on_accent, ground) >= 4.0
    assert theme.contrast(palette.text, palette.line) >= 4.5
    assert theme.contrast(palette.text, palette.accent_soft) >= 4.5
    assert theme.contrast(palette.accent, palette.paper) >= 3


def test_contrast_of_black_and_white_is_21():
    assert theme.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
