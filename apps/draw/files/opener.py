"""Image files are read in the background and taken when they are ready."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from apps.draw.drawing.strokes import Picture
from apps.draw.files.pictures import open_picture
from apps.draw.wording import reason_of
from nn.errors import InputError


class Opener:
    """Opens files, each in a thread of its own; `wake()` is called there when one is ready."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._opened: list[Picture | str] = []

    def open(self, path: str) -> None:
        """Begin to read a file."""
        threading.Thread(target=self._open, args=(path,), name="opener", daemon=True).start()

    def take(self) -> list[Picture | str]:
        """What is ready, once: pictures, or sentences that say why there is none."""
        taken = []
        while self._opened:
            taken.append(self._opened.pop(0))
        return taken

    def _open(self, path: str) -> None:
        try:
            self._opened.append(open_picture(path))
        except (InputError, OSError) as error:
            self._opened.append(f"Not opened: {reason_of(error, path)} ({Path(path).name})")
        self._wake()
