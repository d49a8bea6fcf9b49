"""What was read: the ten probabilities, and the 28 × 28 pixels that the network saw."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
import pygame

from apps.draw.cards import Card, Part, label, room_under_label
from apps.draw.session import Session, percent
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.theme import Colour

NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
EXPLANATION = ("Cropped, fitted", "into 20 by 20,", "centred by mass.")
BLANK = bytes(28 * 28)


class BarsView(Card):
    """Ten bars, one of which wins."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[pygame.Rect] = []

    def bar_at(self, position: tuple[int, int]) -> int | None:
        """Which digit's row is under a position."""
        return next((digit for digit, row in enumerate(self.rows) if row.collidepoint(position)), None)

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label and a row for each digit."""
        room = room_under_label(look, rect)
        track = pygame.Rect(room.left + look.px(22), 0, room.width - look.px(22 + 48), look.px(8))
        shown = session.digits[session.selected] if session.digits else None
        parts, count = [self._label(look, rect, session)], len(session.bars)
        self.rows = []
        for digit, value in enumerate(session.bars):
            top, bottom = (room.top + round(edge * room.height / count) for edge in (digit, digit + 1))
            row = pygame.Rect(room.left, top, room.width, bottom - top)
            self.rows.append(row)
            track.centery = row.centery
            said = percent(float(shown.probabilities[digit])) if shown else ""
            wins = shown is not None and shown.digit == digit
            colour = look.palette.accent if wins and shown is not None and shown.verdict == "sure" else look.palette.quiet
            filled = round(track.width * float(value))
            parts.append(
                Part(
                    row,
                    (filled, said, wins, colour),
                    partial(_paint_bar, look, row, track.copy(), digit, filled, said, wins, colour),
                )
            )
        return parts

    def _label(self, look: Look, rect: pygame.Rect, session: Session) -> Part:
        if len(session.digits) < 2:
            return label(look, rect, "Probabilities")
        nth = session.selected
        return label(look, rect, f"Probabilities of the {NTH[nth] if nth < len(NTH) else f'{nth + 1}th'} digit", "Probabilities")


def _paint_bar(
    look: Look,
    row: pygame.Rect,
    track: pygame.Rect,
    digit: int,
    filled: int,
    said: str,
    wins: bool,
    colour: Colour,
    surface: pygame.Surface,
) -> None:
    ink = look.palette.text if wins else look.palette.quiet
    look.text(surface, str(digit), (row.left, row.centery), theme.SMALL, ink, bold=wins)
    shapes.box(surface, track, look.px(4), look.palette.line)
    if filled >= look.px(2):
        shapes.box(surface, pygame.Rect(track.left, track.top, filled, track.height), look.px(4), colour)
    look.text(surface, said, (row.right, row.centery), theme.SMALL, ink, align="right")


class SeenView(Card):
    """The network's input, one image for each digit; the selected one is framed."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[pygame.Rect] = []

    def digit_at(self, position: tuple[int, int]) -> int | None:
        """Which digit's image is under a position."""
        return next((number for number, place in enumerate(self.places) if place.collidepoint(position)), None)

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label, the images, and what was done to one that stands alone."""
        room, gap = room_under_label(look, rect), look.px(10)
        images = [_bytes(digit.image) for digit in session.digits] or [BLANK]
        side, columns = _grid(room, len(images), gap)
        parts, places = [label(look, rect, "What the network sees, 28 by 28 pixels", "What the network sees")], []
        margin = look.px(4)
        for number, image in enumerate(images):
            left, top = room.left + number % columns * (side + gap), room.top + number // columns * (side + gap)
            place = pygame.Rect(left, top, side, side)
            chosen = len(images) > 1 and number == session.selected
            places.append(place)
            around = place.inflate(2 * margin, 2 * margin)
            parts.append(Part(around, (image, chosen), partial(_paint_image, look, place, image, chosen)))
        self.places = places if session.digits else []
        if len(images) == 1 and side >= look.px(72):
            beside = pygame.Rect(room.left + side + look.px(16), room.top, room.width - side - look.px(16), side)
            parts.append(Part(beside, "explanation", partial(_paint_explanation, look, beside)))
        return parts


def _bytes(image: np.ndarray) -> bytes:
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8).tobytes()


def _grid(room: pygame.Rect, count: int, gap: int) -> tuple[int, int]:
    """The side of an image and the number of columns: as large as fits, a single one in whole pixels to a pixel."""
    best, columns = 1, 1
    for wanted in range(1, count + 1):
        rows = -(-count // wanted)
        side = min((room.width - (wanted - 1) * gap) // wanted, (room.height - (rows - 1) * gap) // rows)
        if side > best:
            best, columns = side, wanted
    return best if best < 56 or count > 1 else best // 28 * 28, columns


def _paint_image(look: Look, place: pygame.Rect, image: bytes, chosen: bool, surface: pygame.Surface) -> None:
    surface.blit(picture(image, place.width, look.palette.desk, look.palette.ink), place)
    if chosen:
        shapes.frame(surface, place.inflate(look.px(6), look.px(6)), look.px(4), look.palette.accent, look.px(1))


def _paint_explanation(look: Look, room: pygame.Rect, surface: pygame.Surface) -> None:
    for number, line in enumerate(EXPLANATION):
        middle = room.top + look.px(10 + 20 * number)
        look.text(surface, look.fitted(line, room.width, theme.SMALL), (room.left, middle), theme.SMALL, look.palette.quiet)


@lru_cache(maxsize=32)
def picture(image: bytes, side: int, low: Colour, high: Colour) -> pygame.Surface:
    """28 × 28 bytes as a square of `side` pixels, each of its pixels a square too."""
    small = pygame.image.frombuffer(image, (28, 28), "P")
    small.set_palette([theme.mix(low, high, level / 255) for level in range(256)])
    whole = -(-side // 28) * 28
    large = pygame.transform.scale(small.convert(24), (whole, whole))
    return large if whole == side else pygame.transform.smoothscale(large, (side, side))
