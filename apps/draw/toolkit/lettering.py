"""The type: two faces, the same on every machine, and how a line of text is set in them.

Aileron Regular comes with Pillow, FreeSans Bold with Pygame. Aileron's few mathematical signs,
which Pillow left out, come from FreeSans too, a little smaller, so that they are not too heavy.
In small sizes the bold face is fitted to whole pixels so roughly that letters stand apart and dots
grow together; there it is set large and reduced.
Figures are set one by one, from glyphs that are kept: numbers that change with every frame would
cost a new picture each.
"""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import groupby

import pygame
from PIL import ImageFont
from pygame.pkgdata import getResource

from apps.draw.toolkit.numbers import MINUS, SUM, TIMES
from apps.draw.toolkit.theme import Colour

SIGNS = frozenset((MINUS, TIMES, SUM))
FIGURES = frozenset(f"0123456789.,()%+e… {MINUS}{TIMES}")
SIGN_SIZE = 0.85
FINE, SMALL_TYPE = 4, 24  # bold type up to so many pixels is set so many times as large, and reduced


@lru_cache(maxsize=64)
def font(size: int, bold: bool) -> pygame.font.Font:
    """The face in a size of pixels."""
    if not bold:
        face = ImageFont.load_default(size)
        if isinstance(face, ImageFont.FreeTypeFont):
            return pygame.font.Font(io.BytesIO(face.font_bytes), size)
    return pygame.font.Font(getResource(pygame.font.get_default_font()), size)


@lru_cache(maxsize=1000)
def width(text: str, size: int, bold: bool) -> int:
    """The width of a line of text in pixels."""
    if is_figures(text):
        return sum(width(figure, size, bold) for figure in text)
    if bold and size <= SMALL_TYPE:
        return -(-font(FINE * size, bold).size(text)[0] // FINE)
    return sum(_face(size, strong, bold).size(run)[0] for run, strong in _runs(text, bold))


def is_figures(text: str) -> bool:
    """Whether a text is set figure by figure."""
    return len(text) > 1 and FIGURES.issuperset(text)


def _face(size: int, strong: bool, bold: bool) -> pygame.font.Font:
    """The face of a piece: the line's own, or the smaller one that lends its signs."""
    return font(size, bold) if strong == bold else font(round(SIGN_SIZE * size), strong)


def _runs(text: str, bold: bool) -> list[tuple[str, bool]]:
    """The text in pieces of one face each: (piece, whether it is set in the bold face)."""
    if bold or not SIGNS.intersection(text):
        return [(text, bold)]
    return [("".join(run), strong) for strong, run in groupby(text, SIGNS.__contains__)]


def render(text: str, size: int, colour: Colour, bold: bool) -> pygame.Surface:
    """The line of text, its baseline where the face's own is."""
    runs, ascent = _runs(text, bold), font(size, bold).get_ascent()
    if bold and size <= SMALL_TYPE:
        fine = font(FINE * size, bold)
        top = FINE * ascent - fine.get_ascent()
        place = width(text, size, bold), -(-(top + fine.get_height()) // FINE)
        large = pygame.Surface((FINE * place[0], FINE * place[1]), pygame.SRCALPHA)
        large.fill((*colour, 0))
        large.blit(fine.render(text, True, colour), (0, top))
        return pygame.transform.smoothscale(large, place)
    if len(runs) == 1 and runs[0][1] == bold:
        return font(size, bold).render(text, True, colour)
    line = pygame.Surface((width(text, size, bold), font(size, bold).get_height()), pygame.SRCALPHA)
    line.fill((*colour, 0))
    left = 0
    for run, strong in runs:
        face = _face(size, strong, bold)
        raised = round((1 - SIGN_SIZE) * size / 3) if strong != bold else 0
        line.blit(face.render(run, True, colour), (left, ascent - face.get_ascent() - raised))
        left += face.size(run)[0]
    return line


@lru_cache(maxsize=200)
def fitted(text: str, room: int, size: int, bold: bool, from_start: bool) -> str:
    """The text, shortened with an ellipsis (in front, where its end matters more) until it is no
    wider than the room.
    """
    if width(text, size, bold) <= room:
        return text
    for length in range(len(text) - 1, 0, -1):
        shorter = "…" + text[len(text) - length :] if from_start else text[:length].rstrip() + "…"
        if width(shorter, size, bold) <= room:
            return shorter
    return ""
