"""A list of folders and pictures, to open one without a mouse that drops files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pygame

from apps.draw.panels.panel import Panel
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm")
LINE, LEAST_COLUMN = 30, 210  # design pixels


class FilesPanel(Panel):
    """Folders first, then pictures; `open_file(path)` is called with the chosen picture."""

    title = "Open a picture"
    wanted = (700, 470)

    def __init__(self, folder: Path, open_file: Callable[[str], None]) -> None:
        super().__init__()
        self._open_file = open_file
        self.folder = folder
        self.entries: list[Path] = []
        self.page = 0
        self._pages = 1
        self._problem = ""
        self._enter(folder)

    def _enter(self, folder: Path) -> None:
        """Show a folder; where that is impossible, say why and stay."""
        try:
            found = [Path(entry.path) for entry in os.scandir(folder) if not entry.name.startswith(".")]
        except OSError as error:
            self._problem = f"{folder.name}: {(error.strerror or str(error)).lower()}"
        else:
            folders = sorted((path for path in found if path.is_dir()), key=lambda path: path.name.lower())
            pictures = (path for path in found if path.suffix.lower() in ENDINGS and path.is_file())
            self.folder, self.page, self._problem = folder, 0, ""
            self.entries = [*folders, *sorted(pictures, key=lambda path: path.name.lower())]
        self.changed = True

    def paint(self, surface: pygame.Surface, look: Look, room: pygame.Rect) -> list[Button]:
        """The folder's path and one page of what is in it."""
        path = self._problem or str(self.folder)
        text = look.fitted(path, room.width, theme.SMALL, from_start=True)
        look.text(surface, text, (room.left, room.top + look.px(6)), theme.SMALL, look.palette.quiet)
        top, step = room.top + look.px(22), look.px(LINE)
        rows = max(1, (room.bottom - top) // step)
        columns = max(1, min(room.width // look.px(LEAST_COLUMN), -(-len(self.entries) // rows)))
        self._pages = max(1, -(-len(self.entries) // (columns * rows)))
        self.page = min(self.page, self._pages - 1)
        first, wide = self.page * columns * rows, room.width // columns
        buttons = []
        for number, entry in enumerate(self.entries[first : first + columns * rows]):
            column, line = divmod(number, rows)
            place = pygame.Rect(room.left + column * wide, top + line * step, wide - look.px(6), step - look.px(4))
            icon = "open" if entry.is_dir() else "picture"
            buttons.append(Button(f"choose_entry {first + number}", entry.name, icon, small=True, rect=place))
        if not self.entries:
            look.text(surface, "There are no pictures here.", room.center, theme.BODY, look.palette.quiet, align="centre")
        return [*buttons, *self._foot(look, room)]

    def _foot(self, look: Look, room: pygame.Rect) -> list[Button]:
        wanted = [Button("folder_above", "Folder above", small=True, enabled=self.folder.parent != self.folder)]
        if self._pages > 1:
            wanted += [
                Button("page_before", "Before", small=True, enabled=self.page > 0),
                Button(
                    "page_after", f"After ({self.page + 1} of {self._pages})", small=True, enabled=self.page < self._pages - 1
                ),
            ]
        return self.foot(look, room, *wanted)

    # ── actions
    # ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def choose_entry(self, number: int) -> None:
        """Enter a folder or open a picture."""
        if number >= len(self.entries):
            return
        chosen = self.entries[number]
        if chosen.is_dir():
            self._enter(chosen)
        else:
            self._open_file(str(chosen))
            self.finished = True

    def folder_above(self) -> None:
        """The folder that this one is in."""
        self._enter(self.folder.resolve().parent)

    def page_before(self) -> None:
        """The entries before."""
        self.page, self.changed = max(0, self.page - 1), True

    def page_after(self) -> None:
        """The entries after."""
        self.page, self.changed = min(self._pages - 1, self.page + 1), True
