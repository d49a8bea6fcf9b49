"""Where this program keeps a user's files: downloads in the cache folder, drawings and taught
models in the data folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nn.errors import InputError

APPLICATION = "numba-cnn"


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/numba-cnn, or where the operating system keeps caches.

    Raises:
        InputError: the user has no home folder.
    """
    return _folder("XDG_CACHE_HOME", {"darwin": "Library/Caches"}, ".cache")


def data_folder() -> Path:
    """$XDG_DATA_HOME/numba-cnn, or where the operating system keeps a user's data.

    Raises:
        InputError: the user has no home folder.
    """
    return _folder("XDG_DATA_HOME", {"darwin": "Library/Application Support"}, ".local/share")


def config_folder() -> Path:
    """$XDG_CONFIG_HOME/numba-cnn, or where the operating system keeps a user's settings.

    Raises:
        InputError: the user has no home folder.
    """
    return _folder("XDG_CONFIG_HOME", {"darwin": "Library/Application Support"}, ".config")


def _folder(variable: str, customs: dict[str, str], otherwise: str) -> Path:
    chosen = os.environ.get(variable, "")
    if os.path.isabs(chosen):  # the XDG specification has relative ones ignored
        return Path(chosen) / APPLICATION
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / APPLICATION
    try:
        home = Path.home()
    except RuntimeError as error:
        raise InputError(f"{variable}: expected a folder, because there is no home folder, got none") from error
    return home / {"win32": "AppData/Local", **customs}.get(sys.platform, otherwise) / APPLICATION
