"""The help: every key and what it does."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw.keys import Binding
from apps.draw.panels.panel import MARGIN, TITLE, Panel
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button

LINE, CAP = 23, 108  # design pixels: a line's height, and where meanings begin
GESTURES = (("right button", "erase"), ("wheel", "brush"), ("drop a file", "open it"))


class HelpPanel(Panel):
    """Two columns of keys."""

    title = "Keys"
    footing = False

    def __init__(self, bindings: Sequence[Binding]) -> None:
        super().__init__()
        self.lines = [*dict.fromkeys((binding.shown, binding.meaning) for binding in bindings), *GESTURES]
        self.wanted = (720, TITLE + LINE * self.rows + MARGIN)

    @property
    def rows(self) -> int:
        """The lines of a column."""
        return -(-len(self.lines) // 2)

    def paint(self, surface: pygame.Surface, look: Look, room: pygame.Rect) -> list[Button]:
        """Keys as caps, with their meanings, as large as there is room for."""
        rows = self.rows
        step = min(look.px(LINE), room.height // rows)
        size = min(theme.SMALL, 0.8 * step / look.scale)
        for number, (key, meaning) in enumerate(self.lines):
            column, line = divmod(number, rows)
            left, middle = room.left + column * (room.width + look.px(16)) // 2, room.top + step * line + step // 2
            cap = pygame.Rect(left, 0, look.text_width(key, size) + look.px(12), max(step - look.px(4), look.px(12)))
            cap.centery = middle
            shapes.box(surface, cap, look.px(4), look.palette.line)
            look.text(surface, key, cap.center, size, look.palette.text, align="centre")
            start = left + look.px(CAP)
            text = look.fitted(meaning, (room.width - look.px(16)) // 2 - look.px(CAP), size)
            look.text(surface, text, (start, middle), size, look.palette.quiet)
        return []
