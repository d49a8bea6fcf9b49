"""Drawing and reading as one picture: how it will look, and buttons to save or to copy it."""

from __future__ import annotations

import pygame

from apps.draw.files import sharing
from apps.draw.panels.panel import Panel
from apps.draw.session import Session
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button


class SharePanel(Panel):
    """The picture follows what is on the sheet, which may be a file that was dropped meanwhile."""

    title = "Drawing and reading"
    wanted = (560, 416)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._of: tuple[object, ...] = (None, -1)  # the palette and the version of the sheet that the picture shows
        self._reading: object = None
        self._picture = pygame.Surface((1, 1))

    def update(self) -> None:
        """Look whether another drawing was read."""
        self.changed |= self._of[1] != self.session.canvas.version or self._reading is not self.session.reading

    def paint(self, surface: pygame.Surface, look: Look, room: pygame.Rect) -> list[Button]:
        """The picture, as large as there is room for."""
        wanted = look.palette, self.session.canvas.version
        if wanted != self._of or self._reading is not self.session.reading:
            self._of, self._reading = wanted, self.session.reading
            self._picture = sharing.card(self.session, look)
        width, height = self._picture.get_size()
        share = min(room.width / width, room.height / height)
        shown = pygame.transform.smoothscale(self._picture, (int(width * share), int(height * share)))
        place = shown.get_rect(midtop=room.midtop)
        surface.blit(shown, place)
        pygame.draw.rect(surface, look.palette.line, place, look.px(1))
        return self.foot(
            look,
            room,
            Button("save_card", "Save", primary=True, small=True),
            Button("copy_card", "Copy", small=True),
        )
