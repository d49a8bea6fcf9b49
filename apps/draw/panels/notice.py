"""A notice that must be read: a sentence and what one can do about it."""

from __future__ import annotations

import pygame

from apps.draw.panels.panel import Panel
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.text import wrapped
from apps.draw.toolkit.widgets import Button


class RefusedPanel(Panel):
    """The model cannot be used."""

    title = "This model cannot be used"
    wanted = (520, 250)
    closes = False

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence

    def paint(self, surface: pygame.Surface, look: Look, room: pygame.Rect) -> list[Button]:
        """The sentence, and the way out."""
        for number, line in enumerate(wrapped(look, self.sentence, room.width, theme.BODY)):
            middle = room.top + look.px(10 + 22 * number)
            if middle < room.bottom:
                look.text(surface, line, (room.left, middle), theme.BODY, look.palette.quiet)
        return self.foot(
            look,
            room,
            Button("use_bundled", "Read with the bundled model", primary=True, small=True),
            Button("quit", "Quit", small=True),
        )
