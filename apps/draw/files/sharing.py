"""Drawing and reading as one picture, to save or to copy."""

from __future__ import annotations

import contextlib
import io
import itertools
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pygame
from PIL import Image

from apps.draw.drawing.raster import Raster
from apps.draw.session import NAME, Session
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.wording import percent
from nn.io.files import atomic_write, reserve

SIZE = (960, 540)  # pixels
SHEET = pygame.Rect(36, 36, 624, 468)
COPIERS = (("wl-copy", "--type", "image/png"), ("xclip", "-selection", "clipboard", "-target", "image/png", "-in"))
COPYING_SECONDS = 2.0


def card(session: Session, look: Look) -> pygame.Surface:
    """The drawing on the left, what was read on the right."""
    look = Look(look.palette, 1.0)
    surface, palette = pygame.Surface(SIZE), look.palette
    surface.fill(palette.desk)
    look.card(surface, SHEET)
    raster = Raster(SHEET.width / 640)
    raster.render(session.canvas.drawing.visible())
    ink = pygame.image.frombuffer(raster.ink.tobytes(), raster.ink.shape[::-1], "P")
    ink.set_palette([theme.mix(palette.paper, palette.ink, level / 255) for level in range(256)])
    surface.blit(ink.convert(24), SHEET)
    shapes.vignette(surface, SHEET, theme.RADIUS, palette.desk)
    shapes.frame(surface, SHEET, theme.RADIUS, palette.line, 1)
    left, room = SHEET.right + 36, SIZE[0] - SHEET.right - 72
    number = session.reading.number if session.state in ("sure", "unsure") else ""
    size = 150.0
    while size > 30 and look.text_width(number, size, bold=True) > room:
        size -= 4
    look.text(surface, look.fitted(number, room, size, bold=True), (left, 160), size, bold=True)
    if number:
        words = _certainty([digit.probability for digit in session.digits])
        sure = "" if session.state == "sure" else ", not sure"
        look.text(surface, f"{words}{sure}", (left, 280), 26)
    look.text(surface, "read by a network that was", (left, 440), 15, palette.quiet)
    look.text(surface, "built from scratch", (left, 462), 15, palette.quiet)
    look.text(surface, NAME, (left, 488), 15, palette.quiet, bold=True)
    return surface


def _certainty(probabilities: Sequence[float]) -> str:
    least = percent(min(probabilities))
    if len(probabilities) == 1:
        return least
    return f"all {least}" if least == percent(1) else f"{least} at least"


def png(surface: pygame.Surface) -> bytes:
    """The surface as a PNG file's bytes."""
    file = io.BytesIO()
    Image.frombytes("RGB", surface.get_size(), pygame.image.tobytes(surface, "RGB")).save(file, "PNG", optimize=True)
    return file.getvalue()


def save(data: bytes, folder: Path) -> Path:
    """Write the picture as the first reading-N.png that is free; returns its path.

    Raises:
        OSError: the folder cannot be written.
    """
    path = reserve(folder / f"reading-{number}.png" for number in itertools.count(1))
    try:
        with atomic_write(path) as file:
            file.write(data)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        raise
    return path


def copy(data: bytes) -> bool:
    """Put the picture into the clipboard; False if this desktop offers no way to do so."""
    for command in COPIERS:
        if shutil.which(command[0]):
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(
                    command, input=data, timeout=COPYING_SECONDS, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                return True
    try:
        pygame.scrap.init()
        pygame.scrap.put("image/png", data)
    except pygame.error:
        return False
    return pygame.scrap.get("image/png") == data
