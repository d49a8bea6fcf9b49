"""What the network would see: the changed 28 x 28 pixels of "what if", and what it would say."""

from __future__ import annotations

from functools import partial

import numpy as np
import pygame

from apps.draw.cards import Card, Part, label, room_under_label
from apps.draw.panel_views import picture
from apps.draw.session import Session, percent
from apps.draw.study import Study
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.why.questions import NETWORK_SIDE


class WhatIfView(Card):
    """Takes the place of what the network sees, while "what if" has an answer."""

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label, the picture, and the probabilities before and after."""
        answered = self.study.why.answered
        if answered is None:
            return [label(look, rect, "")]
        question, answer = answered
        room = room_under_label(look, rect)
        side = max(NETWORK_SIDE, min(room.height, room.width // 2) // NETWORK_SIDE * NETWORK_SIDE)
        place = pygame.Rect(room.left, room.top, side, side)
        changed = np.round(np.clip(question.digit.image + answer.values, 0, 1) * 255).astype(np.uint8).tobytes()
        beside = pygame.Rect(place.right + look.px(16), room.top, room.right - place.right - look.px(16), room.height)
        lines = (f"as a {question.k}:", percent(answer.before), percent(answer.after))
        return [
            label(look, rect, "What it would see, with these changes", "With these changes"),
            Part(place, changed, partial(_paint_changed, look, place, changed)),
            Part(beside, lines, partial(_paint_chances, look, beside, question.k, lines[1], lines[2])),
        ]


def _paint_changed(look: Look, place: pygame.Rect, image: bytes, surface: pygame.Surface) -> None:
    surface.blit(picture(image, place.width, look.palette.desk, look.palette.ink), place)


def _paint_chances(look: Look, room: pygame.Rect, k: int, before: str, after: str, surface: pygame.Surface) -> None:
    """As a 9: 0 % before, 95 % now."""
    look.text(surface, f"Read as a {k}", (room.left, room.top + look.px(10)), theme.SMALL, look.palette.quiet)
    value, sign = after.split()
    shown = look.text(surface, value, (room.left, room.top + look.px(42)), 34, look.palette.text)
    look.text(surface, sign, (shown.right + look.px(5), room.top + look.px(45)), 20, look.palette.quiet)
    look.text(surface, f"{before} before", (room.left, room.top + look.px(74)), theme.SMALL, look.palette.quiet)
