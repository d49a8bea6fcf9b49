"""The list of lessons: every kept drawing, and every lesson that is under way or waits, each with
a button to forget it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pygame

from apps.draw.panels.panel import Panel
from apps.draw.reading.panel_views import picture
from apps.draw.study import Study
from apps.draw.teaching.jobs import Lesson
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button
from apps.draw.wording import a_digit

if TYPE_CHECKING:
    from apps.draw.teaching.kept_drawings import Kept

ENTRY, GAP = (156, 74), 8  # design pixels


class LessonsPanel(Panel):
    """Pages of lessons, the newest first."""

    title = "Lessons"
    wanted = (700, 440)

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study
        self.page = 0
        self._pages = 1
        self._seen: object = None
        self._entries: list[Lesson | Kept] = []
        self.update()

    def update(self) -> None:
        """Read the folder again after every change."""
        lessons = self.study.lessons
        now = (lessons.changes, lessons.phase, lessons.outcome)
        if now != self._seen:
            self._seen = now
            self._entries = [*lessons.waiting, *reversed(lessons.teacher.kept())]
            self.changed = True

    def paint(self, surface: pygame.Surface, look: Look, room: pygame.Rect) -> list[Button]:
        """One page of entries, and the buttons to turn pages."""
        if not self._entries:
            lines = ("Nothing has been taught.", "Draw a digit, and where it is read wrongly, say what it is.")
            for number, line in enumerate(lines):
                middle = room.centery + look.px(24 * number - 12)
                look.text(surface, line, (room.centerx, middle), theme.BODY, look.palette.quiet, align="centre")
        columns = max(1, (room.width + look.px(GAP)) // look.px(ENTRY[0] + GAP))
        rows = max(1, (room.height + look.px(GAP)) // look.px(ENTRY[1] + GAP))
        self._pages = max(1, -(-len(self._entries) // (columns * rows)))
        self.page = min(self.page, self._pages - 1)
        first = self.page * columns * rows
        buttons = []
        for number, entry in enumerate(self._entries[first : first + columns * rows]):
            down, across = divmod(number, columns)
            wide = (room.width + look.px(GAP)) // columns - look.px(GAP)
            place = pygame.Rect(0, 0, wide, look.px(ENTRY[1]))
            place.topleft = room.left + across * (wide + look.px(GAP)), room.top + down * look.px(ENTRY[1] + GAP)
            buttons.append(self._paint_entry(surface, look, place, entry, first + number))
        return [*buttons, *self._foot(look, room)]

    def _foot(self, look: Look, room: pygame.Rect) -> list[Button]:
        wanted = [Button("undo_lesson", "Undo the last lesson", small=True, enabled=bool(self._entries))]
        if self._pages > 1:
            wanted += [
                Button("page_before", "Newer", small=True, enabled=self.page > 0),
                Button(
                    "page_after", f"Older ({self.page + 1} of {self._pages})", small=True, enabled=self.page < self._pages - 1
                ),
            ]
        return self.foot(look, room, *wanted)

    def _paint_entry(self, surface: pygame.Surface, look: Look, place: pygame.Rect, entry: Lesson | Kept, number: int) -> Button:
        """A picture, what it is, its state, and a button to forget it."""
        side = min(place.height - look.px(4), look.px(64))
        image = np.round(np.clip(entry.image, 0, 1) * 255).astype(np.uint8).tobytes()
        surface.blit(picture(image, side, look.palette.desk, look.palette.ink), place.topleft)
        left, room = place.left + side + look.px(8), place.width - side - look.px(10)
        look.text(surface, look.fitted(f"is {a_digit(entry.label)}", room), (left, place.top + look.px(9)), theme.BODY)
        state = self._state(entry)
        text = look.fitted(state, room, 12)
        look.text(surface, text, (left, place.top + look.px(27)), 12, look.palette.quiet)
        button = Button(f"forget_entry {number}", "Stop" if isinstance(entry, Lesson) else "Forget", small=True)
        high = look.px(25)
        button.rect = pygame.Rect(left, place.top + look.px(38), min(button.width(look, high), room), high)
        return button

    def _state(self, entry: Lesson | Kept) -> str:
        if isinstance(entry, Lesson):
            return "under way" if self.study.lessons.waiting[:1] == [entry] and self.study.lessons.is_busy else "waiting"
        return "damaged" if entry.problem else "taught"

    # ── actions
    # ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def forget_entry(self, number: int) -> None:
        """Forget a kept drawing, or stop a lesson."""
        if number >= len(self._entries):
            return
        entry = self._entries[number]
        if isinstance(entry, Lesson):
            self.study.lessons.cancel(entry)
        else:
            self.study.lessons.forget(entry.path)
        self.changed = True

    def page_before(self) -> None:
        """Newer lessons."""
        self.page, self.changed = max(0, self.page - 1), True

    def page_after(self) -> None:
        """Older lessons."""
        self.page, self.changed = min(self._pages - 1, self.page + 1), True
