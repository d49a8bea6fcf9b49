"""A panel over the window. While it is open, the keys and the pointer are its own; Esc or a press
beside it closes it.
"""

from __future__ import annotations

import pygame

from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons

MARGIN, TITLE, FOOT = 22, 52, 52  # design pixels


class Panel:
    """What panels have in common; a kind of panel gives a title, a size, buttons and what is
    painted behind them.

    Attributes:
        title: its heading.
        wanted: the size that it would like, in design pixels.
        footing: whether there is a strip for buttons at the bottom.
        closes: whether it can be closed without choosing anything.
        changed: whether it has to be drawn again.
        finished: whether it wants to be closed.
    """

    title = ""
    wanted = (560, 420)
    footing = True
    closes = True

    def __init__(self) -> None:
        self.buttons = Buttons()
        self.rect = pygame.Rect(0, 0, 0, 0)
        self.changed = True
        self.finished = False

    def update(self) -> None:
        """Look whether anything to show is new."""

    def draw(self, surface: pygame.Surface, look: Look) -> None:
        """Draw the panel in the middle of the window."""
        whole = surface.get_rect().inflate(-2 * look.px(12), -2 * look.px(12))
        self.rect = pygame.Rect(0, 0, min(look.px(self.wanted[0]), whole.width), min(look.px(self.wanted[1]), whole.height))
        self.rect.center = whole.center
        shapes.box(surface, self.rect.move(0, look.px(3)).inflate(look.px(4), look.px(4)), look.px(14), look.palette.line)
        look.card(surface, self.rect)
        middle = self.rect.top + look.px(TITLE) // 2
        look.text(surface, self.title, (self.rect.left + look.px(MARGIN), middle), theme.TITLE, bold=True)
        buttons = []
        if self.closes:
            close = Button("close_panel", "Close", small=True)
            high = look.px(28)
            wide = close.width(look, high)
            close.rect = pygame.Rect(self.rect.right - look.px(MARGIN) - wide, middle - high // 2, wide, high)
            buttons.append(close)
        room = self.rect.inflate(-2 * look.px(MARGIN), 0)
        room.top += look.px(TITLE)
        room.height = self.rect.bottom - room.top - look.px(FOOT if self.footing else MARGIN)
        self.buttons.show([*self.paint(surface, look, room), *buttons])
        for button in self.buttons:
            button.draw(surface, look, look.palette.paper)
        self.changed = False

    def paint(self, surface: pygame.Surface, look: Look, room: pygame.Rect) -> list[Button]:
        """Paint what the panel shows, and say where its buttons are."""
        raise NotImplementedError

    def foot(self, look: Look, room: pygame.Rect, *buttons: Button) -> list[Button]:
        """Place buttons at the bottom, from the left."""
        left, high = room.left, look.px(30)
        top = self.rect.bottom - look.px(FOOT) + (look.px(FOOT) - high) // 2
        for button in buttons:
            button.rect = pygame.Rect(left, top, button.width(look, high), high)
            left = button.rect.right + look.px(8)
        return list(buttons)
