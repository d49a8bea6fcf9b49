"""The buttons while one looks inside: above the network, and on the card."""

from __future__ import annotations

from typing import Any, Protocol

import pygame

from apps.draw.inside.marks import Focus
from apps.draw.session import Session
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button
from apps.draw.wording import a_digit, ordinal

STRIP, CARD_STRIP = 40, 34  # design pixels: the room for buttons above the network and at the bottom of the card
HIGH = 28


class InsideScreen(Protocol):
    """What the buttons depend on."""

    session: Session
    turned: bool
    focus: Focus | None

    @property
    def trace(self) -> Any:
        """The stages of the digit that is looked at."""

    @property
    def target_now(self) -> int:
        """The digit that it should be."""

    @property
    def way(self) -> object:
        """The way back, if there is one."""


def buttons_of(screen: InsideScreen, look: Look, panel: pygame.Rect, card: pygame.Rect) -> list[Button]:
    """Back, the way back and its ten digits, or the next map and a number's digits, above the
    network; on the way back, weights and maps on the card.
    """
    gap, high = look.px(5), look.px(HIGH)
    left, top = panel.left + look.px(14), panel.top + look.px(10)
    wanted = [
        Button("toggle_inside", "Back", small=True, tip="Back to the reading"),
        Button("turn_round", "The way back", small=True, selected=screen.turned, tip="The gradients of the loss"),
    ]
    if not screen.turned:
        tip = "The sum in numbers, through the next map of the layer before"
        wanted.append(Button("next_map", "Next map", small=True, enabled=_sums_over_maps(screen), tip=tip))
    for button in wanted:
        button.rect = pygame.Rect(left, top, button.width(look, high), high)
        left = button.rect.right + gap
    if screen.turned:
        side = min(high, (panel.right - look.px(14) - left) // 10 - look.px(2))
        for k in range(10):
            button = Button(
                f"aim {k}", str(k), small=True, selected=k == screen.target_now, tip=f"As if it should be {a_digit(k)}"
            )
            button.rect = pygame.Rect(panel.right - look.px(14) - (10 - k) * (side + look.px(2)), top, side, high)
            wanted.append(button)
    elif len(screen.session.digits) > 1:
        side = min(high, (panel.right - look.px(14) - left) // len(screen.session.digits) - look.px(2))
        for number, digit in enumerate(screen.session.digits):
            chosen = number == screen.session.selected
            button = Button(f"choose {number}", str(digit.digit), small=True, selected=chosen, tip=f"The {ordinal(number)} digit")
            button.rect = pygame.Rect(left + look.px(8) + number * (side + look.px(2)), top, side, high)
            wanted.append(button)
    if screen.turned and screen.way is not None:
        below = card.bottom - look.px(CARD_STRIP + 2)
        left = card.left + look.px(18)
        for button in (Button("next_weight", "Weights", small=True), Button("next_map", "Next map or filter", small=True)):
            button.rect = pygame.Rect(left, below, button.width(look, look.px(26)), look.px(26))
            left = button.rect.right + gap
            wanted.append(button)
    return wanted


def _sums_over_maps(screen: InsideScreen) -> bool:
    """Whether a cell is kept that is a sum over several maps."""
    focus, trace = screen.focus, screen.trace
    if focus is None or not focus.pinned or focus.stage >= len(trace):
        return False
    return trace[focus.stage].kind == "Conv2D" and trace[focus.stage].before.shape[-1] > 1
