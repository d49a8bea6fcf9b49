"""What the network would see: the changed 28 x 28 pixels of "what if", and what it would say."""

from __future__ import annotations

from functools import partial

import numpy as np
import pygame

from apps.draw.cards import Card, Part, button_part, label, room_under_label
from apps.draw.reading.panel_views import picture
from apps.draw.session import Session
from apps.draw.study import Study
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, spread
from apps.draw.why.questions import NETWORK_SIDE
from apps.draw.wording import a_digit, percent

BUTTON, LEAST_ROOM = 27, 82  # design pixels: a button's height, and the least height for numbers above it


class WhatIfView(Card):
    """Replaces the card of what the network sees, while "what if" has an answer."""

    least_height = 130

    def __init__(self, study: Study) -> None:
        super().__init__(
            Button("make_it_so", "Make it so", small=True, primary=True, tip="Change the drawing so that the reading flips"),
            Button("leave", "Close", small=True, tip="Back to the reading"),
        )
        self.study = study

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label, the picture, the probabilities before and after, and what one can do."""
        answered = self.study.why.answered
        if answered is None:
            return [label(look, rect, "")]
        question, answer = answered
        room = room_under_label(look, rect)
        high, gap = look.px(BUTTON), look.px(6)
        side = max(NETWORK_SIDE, min(room.height, room.width * 2 // 5) // NETWORK_SIDE * NETWORK_SIDE)
        place = pygame.Rect(room.left, room.top, side, side)
        changed = np.round(np.clip(question.digit.image + answer.values, 0, 1) * 255).astype(np.uint8).tobytes()
        beside = pygame.Rect(place.right + look.px(14), room.top, room.right - place.right - look.px(14), room.height)
        buttons = pygame.Rect(beside.left, beside.bottom - high, beside.width, high)
        if place.bottom + gap <= buttons.top:  # room for the buttons below the picture as well
            buttons = pygame.Rect(room.left, buttons.top, room.width, high)
        spread(look, buttons, self.buttons.all, gap)
        beside.height -= high + gap
        chances = percent(answer.before), percent(answer.after)
        paint = partial(_paint_chances, look, beside, question.k, *chances)
        return [
            label(look, rect, "What it would see with these changes", "With these changes"),
            Part(place, changed, partial(_paint_changed, look, place, changed)),
            Part(beside, (question.k, *chances), paint),
            *(button_part(look, button) for button in self.buttons),
        ]


def _paint_changed(look: Look, place: pygame.Rect, image: bytes, surface: pygame.Surface) -> None:
    surface.blit(picture(image, place.width, look.palette.desk, look.palette.ink), place)


def _paint_chances(look: Look, room: pygame.Rect, k: int, before: str, after: str, surface: pygame.Surface) -> None:
    """As a 9: 95 %, before 0 %."""
    roomy = room.height >= look.px(LEAST_ROOM)
    size = 34 if roomy else 24
    middle = room.top + look.px(42 if roomy else 12)
    if roomy:
        look.text(surface, f"Read as {a_digit(k)}", (room.left, room.top + look.px(10)), theme.SMALL, look.palette.quiet)
    value, sign = after.split()
    shown = look.text(surface, value, (room.left, middle), size, look.palette.text)
    shown = look.text(surface, sign, (shown.right + look.px(4), middle + look.px(2)), 0.6 * size, look.palette.quiet)
    last = (room.left, middle + look.px(30 if roomy else 24))
    words = f"{before} before" if roomy else f"as {a_digit(k)}; {before} before"
    look.text(surface, look.fitted(words, room.width, theme.SMALL), last, theme.SMALL, look.palette.quiet)
