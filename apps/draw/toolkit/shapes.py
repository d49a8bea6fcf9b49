"""Anti-aliased shapes, which Pygame lacks: rounded boxes, frames, rings, and icons made of pen
strokes.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pygame

from apps.draw.drawing.raster import stamp
from apps.draw.drawing.strokes import Point
from apps.draw.toolkit.theme import Colour

ICON_GRID = 24.0
ICON_PEN = 1.9  # units of the icon grid


def _arc(centre: Point, radius: float, first: float, last: float) -> tuple[Point, ...]:
    turns = np.linspace(first, last, 33).tolist()
    return tuple((centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns)


# Polylines on a 24 × 24 grid.
ICONS: dict[str, tuple[tuple[Point, ...], ...]] = {
    "undo": (
        ((8.5, 4.5), (4.5, 8.5), (8.5, 12.5)),
        ((4.5, 8.5), (14, 8.5), *_arc((14, 14), 5.5, -np.pi / 2, np.pi / 2), (9.5, 19.5)),
    ),
    "save": (
        ((12, 4.5), (12, 15)),
        ((7.5, 10.5), (12, 15), (16.5, 10.5)),
        ((4.5, 16), (4.5, 19.5), (19.5, 19.5), (19.5, 16)),
    ),
    "clear": (
        ((5, 7), (19, 7)),
        ((9.5, 7), (9.5, 4.5), (14.5, 4.5), (14.5, 7)),
        ((6.8, 7), (7.6, 19.5), (16.4, 19.5), (17.2, 7)),
        ((10.3, 10.5), (10.5, 16)),
        ((13.7, 10.5), (13.5, 16)),
    ),
    "pen": (((4.5, 19.5), (6, 14.5), (16, 4.5), (19.5, 8), (9.5, 18), (4.5, 19.5)), ((13.5, 7), (17, 10.5))),
    "eraser": (
        ((9, 19.5), (4.5, 15), (14, 5.5), (19.5, 11), (11, 19.5), (9, 19.5)),
        ((9, 10.5), (14.5, 16)),
        ((11, 19.5), (20, 19.5)),
    ),
    "open": (((4, 18.5), (4, 5.5), (9.5, 5.5), (11.5, 8), (20, 8), (20, 18.5), (4, 18.5)), ((4, 11), (20, 11))),
    "card": (
        ((4, 5), (20, 5), (20, 19), (4, 19), (4, 5)),
        ((7, 15.5), (10, 8.5), (7, 8.5)),
        ((13.5, 9.5), (17, 9.5)),
        ((13.5, 13), (17, 13)),
    ),
    "picture": (
        ((4, 5), (20, 5), (20, 19), (4, 19), (4, 5)),
        ((4.5, 17), (9.5, 11), (13, 15), (15.5, 12.5), (19.5, 16.5)),
        ((15.5, 8.7), (15.6, 8.8)),
    ),
    "lessons": (
        ((12, 7), (12, 19.5)),
        ((12, 7), (9.5, 5), (4, 5), (4, 17.5), (9.5, 17.5), (12, 19.5)),
        ((12, 7), (14.5, 5), (20, 5), (20, 17.5), (14.5, 17.5), (12, 19.5)),
    ),
    "watch": (((4, 4.5), (4, 19.5), (20, 19.5)), ((7, 6.5), (8.5, 11.5), (11, 14), (15, 15.3), (20, 16))),
    "help": (
        ((8, 8.6), (8.6, 6.4), (10.2, 5), (12.4, 4.7), (14.6, 5.4), (15.8, 7.4), (15.4, 9.6), (13.4, 11.4), (12, 13), (12, 15)),
        ((12, 18.8), (12, 19.2)),
    ),
    "before": (((14.5, 5), (8, 12), (14.5, 19)),),
    "after": (((9.5, 5), (16, 12), (9.5, 19)),),
    "play": (((8, 5), (18, 12), (8, 19), (8, 5)),),
    "pause": (((9, 5.5), (9, 18.5)), ((15, 5.5), (15, 18.5))),
    "once": (((6, 5), (14, 12), (6, 19), (6, 5)), ((18, 5), (18, 19))),
    "to": (((4, 12), (20, 12)), ((14, 6), (20, 12), (14, 18))),
    "theme": (
        _arc((12, 12), 7.5, 0, 2 * np.pi),
        *(((12 + x, 12 - h), (12 + x, 12 + h)) for x, h in ((0.6, 6.9), (2.1, 6.7), (3.6, 6.2), (5.1, 5.2), (6.4, 3.5))),
    ),
}
ICONS["inside"] = (
    *(((left, top), (left + 5, top), (left + 5, top + 5), (left, top + 5), (left, top)) for left, top in ((4, 4), (4, 15))),
    *(((9, y), (15, y)) for y in (6.5, 17.5)),
    ((9, 7.5), (15, 16.5)),
    ((9, 16.5), (15, 7.5)),
    *(((left, top), (left + 5, top), (left + 5, top + 5), (left, top + 5), (left, top)) for left, top in ((15, 4), (15, 15))),
)
ICONS["redo"] = tuple(tuple((ICON_GRID - x, y) for x, y in line) for line in ICONS["undo"])


def tinted(mask: np.ndarray, colour: Colour) -> pygame.Surface:
    """A surface of one colour with an alpha mask (height, width) uint8."""
    surface = pygame.Surface(mask.shape[::-1], pygame.SRCALPHA, 32)
    surface.fill((*colour, 0))
    alpha = pygame.surfarray.pixels_alpha(surface)
    alpha[:] = mask.T
    del alpha  # unlocks the surface
    return surface


@lru_cache(maxsize=128)
def _corners(radius: int, thickness: int, colour: Colour) -> tuple[pygame.Surface, ...]:
    """Four quarters, top left, top right, bottom left, bottom right: of a disc (0), a ring, or
    what a disc leaves out (-1).
    """
    offset = radius - 0.5 - np.arange(radius)
    distance = np.hypot(offset[None, :], offset[:, None])
    coverage = np.clip(radius + 0.5 - distance, 0, 1)
    if thickness > 0:
        coverage -= np.clip(radius - thickness + 0.5 - distance, 0, 1)
    elif thickness < 0:
        coverage = 1 - coverage
    quarter = np.round(coverage * 255).astype(np.uint8)
    flipped = quarter, quarter[:, ::-1], quarter[::-1], quarter[::-1, ::-1]
    return tuple(tinted(mask, colour) for mask in flipped)


def box(surface: pygame.Surface, rect: pygame.Rect, radius: int, colour: Colour) -> None:
    """A filled rounded rectangle."""
    radius = min(radius, rect.width // 2, rect.height // 2)
    if radius < 1:
        surface.fill(colour, rect)
        return
    surface.fill(colour, rect.inflate(-2 * radius, 0))
    surface.fill(colour, rect.inflate(0, -2 * radius))
    _blit_corners(surface, rect, radius, _corners(radius, 0, colour))


def frame(surface: pygame.Surface, rect: pygame.Rect, radius: int, colour: Colour, thickness: int) -> None:
    """The outline of a rounded rectangle, inside `rect`."""
    radius = max(thickness, min(radius, rect.width // 2, rect.height // 2))
    wide, high = rect.width - 2 * radius, rect.height - 2 * radius
    surface.fill(colour, (rect.left + radius, rect.top, wide, thickness))
    surface.fill(colour, (rect.left + radius, rect.bottom - thickness, wide, thickness))
    surface.fill(colour, (rect.left, rect.top + radius, thickness, high))
    surface.fill(colour, (rect.right - thickness, rect.top + radius, thickness, high))
    _blit_corners(surface, rect, radius, _corners(radius, thickness, colour))


def vignette(surface: pygame.Surface, rect: pygame.Rect, radius: int, colour: Colour) -> None:
    """Paint what lies outside of a rounded rectangle's corners."""
    _blit_corners(surface, rect, radius, _corners(radius, -1, colour))


def _blit_corners(surface: pygame.Surface, rect: pygame.Rect, radius: int, corners: tuple[pygame.Surface, ...]) -> None:
    right, bottom = rect.right - radius, rect.bottom - radius
    places = (rect.topleft, (right, rect.top), (rect.left, bottom), (right, bottom))
    for corner, place in zip(corners, places, strict=True):
        surface.blit(corner, place)


@lru_cache(maxsize=64)
def disc(diameter: int, colour: Colour, thickness: int = 0) -> pygame.Surface:
    """A disc, or a ring where `thickness` is not 0; a pixel larger than its diameter on every
    side.
    """
    side = diameter + 2
    offset = np.arange(side) + 0.5 - side / 2
    distance = np.hypot(offset[None, :], offset[:, None])
    coverage = np.clip(diameter / 2 + 0.5 - distance, 0, 1)
    if thickness:
        coverage -= np.clip(diameter / 2 - thickness + 0.5 - distance, 0, 1)
    return tinted(np.round(coverage * 255).astype(np.uint8), colour)


@lru_cache(maxsize=64)
def icon(name: str, side: int, colour: Colour) -> pygame.Surface:
    """An icon of `side` pixels, drawn with the same pen as the digits."""
    unit = side / ICON_GRID
    mask = np.zeros((side, side), dtype=np.uint8)
    for line in ICONS[name]:
        stamp(mask, (0, 0, side, side), [(x * unit, y * unit) for x, y in line], ICON_PEN * unit / 2)
    return tinted(mask, colour)
