"""A card is a panel made of parts; only parts whose content has changed are painted again.

To add a card to the reading screen (`why/what_if_view.py` is an example):

1. Derive from `Card`. Give `Card.__init__` its buttons, and let `parts` return what it shows now:
   for each part a rectangle, the content by which changes are noticed, and a function that paints
   it. `label` and `button_part` make the usual parts.
2. Make it in `ReadingScreen.__init__` (`screen.py`), and return it from its `_third_card` for as
   long as it is to be shown.
3. When what it shows changes, add "reading" to `session.changes`; otherwise it is not drawn again.
4. The action of a button is the name of a method of the study, the session or the window
   (`Actions.perform` in `actions.py`). For a key, add a `Binding` to `READING` (`keys.py`).
5. Add its actions to the table in `tests/apps/test_actions.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

import pygame

from apps.draw.session import Session
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons

PADDING = 18
LABEL_Y = 20  # the middle of a card's label
LABEL_HEIGHT = 32
BOTTOM = 14


class Part(NamedTuple):
    """A rectangle of a card: what it shows, for comparison, and what paints it on paper."""

    rect: pygame.Rect
    content: Hashable
    paint: Callable[[pygame.Surface], None]


class Card:
    """A panel; each kind of card says which parts it is made of, and which buttons can be pressed
    on it.
    """

    least_height = 0  # design pixels; where there are fewer, the card is given its neighbour's room as well

    def __init__(self, *buttons: Button) -> None:
        self.buttons = Buttons(*buttons)
        self._painted: dict[tuple[int, int, int, int], Hashable] = {}

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """What the card shows now, in rectangles that do not overlap."""
        raise NotImplementedError

    def draw(
        self, surface: pygame.Surface, look: Look, rect: pygame.Rect, session: Session, everything: bool
    ) -> list[pygame.Rect]:
        """Bring the card up to date; returns the rectangles that changed."""
        parts = {
            (part.rect.left, part.rect.top, part.rect.width, part.rect.height): part for part in self.parts(look, rect, session)
        }
        changed = []
        if everything or parts.keys() != self._painted.keys():
            surface.fill(look.palette.desk, rect)
            look.card(surface, rect)
            self._painted = {}
            changed.append(rect)
        for place, part in parts.items():
            if place not in self._painted or self._painted[place] != part.content:
                surface.set_clip(part.rect.clip(rect))
                surface.fill(look.palette.paper, part.rect)
                part.paint(surface)
                changed.append(part.rect)
            self._painted[place] = part.content
        surface.set_clip(None)
        return changed


def label(look: Look, rect: pygame.Rect, *texts: str) -> Part:
    """The part with a card's label: the first of the texts that fits."""
    width = rect.width - 2 * look.px(PADDING)
    text = next((text for text in texts if look.text_width(text, theme.SMALL) <= width), texts[-1])
    line = pygame.Rect(rect.left + look.px(PADDING), rect.top + look.px(LABEL_Y - 10), width, look.px(20))

    def paint(surface: pygame.Surface) -> None:
        look.text(surface, look.fitted(text, width, theme.SMALL), (line.left, line.centery), theme.SMALL, look.palette.quiet)

    return Part(line, text, paint)


def button_part(look: Look, button: Button) -> Part:
    """The part that is a button, which has its rectangle already."""
    content = (
        button.label,
        button.icon,
        button.enabled,
        button.hovered,
        button.pressed,
        button.selected,
        button.primary,
    )
    return Part(button.rect, content, lambda surface: button.draw(surface, look, look.palette.paper))


def room_under_label(look: Look, rect: pygame.Rect) -> pygame.Rect:
    """The room that a card has under its label."""
    room = rect.inflate(-2 * look.px(PADDING), 0)
    room.top += look.px(LABEL_HEIGHT)
    room.height -= look.px(LABEL_HEIGHT + BOTTOM)
    return room
