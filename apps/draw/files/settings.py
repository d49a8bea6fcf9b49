"""What the window remembers from one time to the next: its theme, its size and the width of the
brush. No Pygame.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nn.errors import InputError
from nn.io.files import atomic_write
from nn.io.folders import config_folder

FILE_VARIABLE = "NN_WINDOW"
LARGEST = 20_000  # pixels


@dataclass
class Settings:
    """None of them where nothing is remembered."""

    theme: str | None = None
    brush: int | None = None
    width: int | None = None
    height: int | None = None

    @property
    def size(self) -> tuple[int, int] | None:
        """The window's size in pixels."""
        return None if self.width is None or self.height is None else (self.width, self.height)


def settings_file() -> Path | None:
    """$NN_WINDOW, else `numba-cnn/window.json` where the operating system keeps settings; None
    without a home folder.
    """
    if os.environ.get(FILE_VARIABLE):
        return Path(os.environ[FILE_VARIABLE])
    try:
        return config_folder() / "window.json"
    except InputError:
        return None


def load_settings(path: Path | None) -> Settings:
    """The settings in a file; whatever in it cannot be used is left out."""
    try:
        found = json.loads(path.read_text()) if path else {}
    except (OSError, ValueError):
        return Settings()
    if not isinstance(found, dict):
        return Settings()
    return Settings(
        found.get("theme") if found.get("theme") in ("light", "dark") else None,
        *(_length(found.get(name)) for name in ("brush", "width", "height")),
    )


def save_settings(path: Path | None, settings: Settings) -> None:
    """Write the settings; where that is impossible, nothing is remembered."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            file.write(json.dumps(asdict(settings)).encode())
    except OSError:
        return


def _length(value: Any) -> int | None:
    return value if type(value) is int and 1 <= value <= LARGEST else None
