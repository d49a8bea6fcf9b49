"""Choosing a cell when looking inside: a click keeps it, arrows walk on, Page Up and Page Down
follow its number.
"""

import pytest
from inside_driver import CONV, DENSE, POOL, SCORES, SECOND_CONV, SOFTMAX, click, point, screen
from window_driver import pixels

pygame = pytest.importorskip("pygame")

from apps.draw.inside.marks import Focus  # noqa: E402


def test_a_click_keeps_a_cell_and_a_second_one_lets_it_go(inside):
    click(inside, CONV, (3, 4, 2))
    assert screen(inside).focus == Focus(CONV, (3, 4, 2), pinned=True)
    point(inside, DENSE, (3,))
    assert screen(inside).focus.cell == (3, 4, 2)
    click(inside, DENSE, (3,))
    assert screen(inside).focus == Focus(DENSE, (3,), pinned=True)
    click(inside, DENSE, (3,))
    assert not screen(inside).focus.pinned
    click(inside, DENSE, (3,))
    inside.down(inside.app.layout.card.center)
    inside.up(inside.app.layout.card.center)
    inside.app.frame()
    assert screen(inside).focus is None


def test_a_kept_cell_stays_while_one_draws_and_its_numbers_follow(inside):
    click(inside, SCORES, (4,))
    before = float(screen(inside).trace[SCORES].values[4]), pixels(inside.app.layout.card)
    inside.key(pygame.K_c)
    inside.settle()
    assert screen(inside).focus == Focus(SCORES, (4,), pinned=True)
    assert float(screen(inside).trace[SCORES].values[4]) != before[0]
    assert (pixels(inside.app.layout.card) != before[1]).any()


def test_through_a_kept_cell_one_looks_at_each_map_before(inside):
    click(inside, SECOND_CONV, (4, 4, 3))
    seen = []
    for number in (0, 3):
        point(inside, POOL, (2, 2, number))
        assert screen(inside).focus == Focus(SECOND_CONV, (4, 4, 3), True, number)
        seen.append(pixels(inside.app.layout.card))
    assert (seen[0] != seen[1]).any()
    point(inside, CONV, (0, 0, 0))
    assert screen(inside).focus.lens is None


def test_arrows_walk_to_the_next_cell_and_over_the_edge_to_the_next_map(inside):
    click(inside, CONV, (3, 4, 0))
    for key, cell in (
        (pygame.K_RIGHT, (3, 5, 0)),
        (pygame.K_DOWN, (4, 5, 0)),
        (pygame.K_LEFT, (4, 4, 0)),
        (pygame.K_UP, (3, 4, 0)),
    ):
        inside.key(key)
        assert screen(inside).focus == Focus(CONV, cell, pinned=True)
    click(inside, CONV, (3, 23, 0))
    inside.key(pygame.K_RIGHT)
    assert screen(inside).focus.cell == (3, 0, 1)
    inside.key(pygame.K_LEFT)
    assert screen(inside).focus.cell == (3, 23, 0)
    click(inside, CONV, (0, 0, 0))
    inside.key(pygame.K_LEFT)
    inside.key(pygame.K_UP)
    assert screen(inside).focus.cell == (0, 0, 0)
    click(inside, SOFTMAX, (9,))
    inside.key(pygame.K_RIGHT)
    assert screen(inside).focus.cell == (9,)


def test_an_arrow_without_a_cell_starts_at_the_strongest_of_the_first_layer(inside):
    inside.move((2, 2))
    inside.key(pygame.K_DOWN)
    focus, values = screen(inside).focus, screen(inside).trace[CONV].values
    assert focus.stage == CONV
    assert values[focus.cell] == values.max()


def test_page_up_follows_a_number_to_its_origin_and_page_down_goes_on(inside):
    click(inside, SOFTMAX, (2,))
    for stage in range(SOFTMAX, 0, -1):
        cell = screen(inside).focus.cell
        inside.key(pygame.K_PAGEUP)
        assert screen(inside).focus == Focus(stage - 1, screen(inside).trace[stage].origin(cell), pinned=True)
    inside.key(pygame.K_PAGEUP)
    assert screen(inside).focus.stage == 0
    for stage in range(1, SOFTMAX + 1):
        inside.key(pygame.K_PAGEDOWN)
        focus = screen(inside).focus
        assert focus.stage == stage
        assert all(index < size for index, size in zip(focus.cell, screen(inside).trace[stage].values.shape, strict=True))
    inside.key(pygame.K_PAGEDOWN)
    assert screen(inside).focus.stage == SOFTMAX
