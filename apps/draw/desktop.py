"""What the desktop prefers: its scale and whether it is dark. No Pygame; nothing here needs a
window.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nn.errors import InputError

DARK, LIGHT = "dark", "light"
TALL_DESKTOP = 1900  # pixels; a 4K screen that reports all of them leaves the scaling to us
ASKING_SECONDS = 0.4


def prepare() -> None:
    """Set what SDL reads from the environment when Pygame is imported; whatever the user has set
    stays.
    """
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_VIDEO_X11_WMCLASS", "draw-a-digit")
    os.environ.setdefault("SDL_WINDOWS_DPI_AWARENESS", "permonitorv2")
    os.environ.setdefault("SDL_MOUSE_FOCUS_CLICKTHROUGH", "1")
    if not sys.platform.startswith("linux"):
        return
    if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("SDL_VIDEODRIVER", "x11")
    if os.environ.get("DISPLAY") and os.environ.get("SDL_VIDEODRIVER", "x11") == "x11":
        # Shared memory instead of a texture: only the rectangles that changed travel (0.04 ms
        # instead of 4).
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")


def check_screen() -> None:
    """Raise `InputError` where there is certainly no screen; SDL would open a window that nobody
    can see.
    """
    if not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))):
        return
    if not Path(os.environ.get("XDG_RUNTIME_DIR", ""), "wayland-0").is_socket():
        raise InputError("no display: the window needs a screen, but neither DISPLAY nor WAYLAND_DISPLAY is set")


def preferred_scale(desktop_height: int) -> float:
    """Pixels to a design pixel: what the desktop says, else 2 on a screen of very many pixels,
    else 1.
    """
    for name in ("GDK_SCALE", "QT_SCALE_FACTOR"):
        try:
            scale = float(os.environ.get(name, ""))
        except ValueError:
            continue
        if 1 <= scale <= 4:
            return scale
    if sys.platform == "win32":
        return min(4.0, max(1.0, ctypes.windll.user32.GetDpiForSystem() / 96))
    return 2.0 if desktop_height >= TALL_DESKTOP and sys.platform != "darwin" else 1.0


def preferred_theme() -> str:
    """ "dark" where the desktop says so, else "light"."""
    if sys.platform == "win32":
        return _theme_on_windows()
    if sys.platform == "darwin":
        return DARK if "Dark" in _said_by("defaults", "read", "-g", "AppleInterfaceStyle") else LIGHT
    if "dark" in os.environ.get("GTK_THEME", "").lower():
        return DARK
    if os.environ.get("XDG_CURRENT_DESKTOP"):
        said = _said_by("gsettings", "get", "org.gnome.desktop.interface", "color-scheme")
        return DARK if "dark" in said else LIGHT
    return LIGHT


def give_memory_back() -> None:
    """Free what is unreachable, such as the networks of earlier lessons, and return all that was
    freed to the operating system, where the C library keeps it (glibc).
    """
    gc.collect()
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


def _theme_on_windows() -> str:
    if sys.platform != "win32":
        return LIGHT
    import winreg

    try:
        name = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, name) as key:
            light, _ = winreg.QueryValueEx(key, "AppsUseLightTheme")
    except OSError:
        return LIGHT
    return LIGHT if light else DARK


def _said_by(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=ASKING_SECONDS, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
