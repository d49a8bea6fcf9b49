"""What was read: the ten probabilities, and the 28 × 28 pixels that the network saw."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import pygame

from apps.draw.cards import LABEL_Y, PADDING, Card, Part, label, room_under_label
from apps.draw.session import Session
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import TIMES
from apps.draw.toolkit.theme import Colour
from apps.draw.toolkit.widgets import Button
from apps.draw.wording import a_digit, ordinal, percent

EXPLANATION = ("Cropped, fitted", "into 20 by 20,", "centred by mass.")
LEAST_ROW = 12  # design pixels
BLANK = bytes(28 * 28)
THUMB, THUMB_GAP = 17, 7  # the small images of a number's digits


class BarsView(Card):
    """Ten bars, one of which wins; beside the label, a small image for each digit of a number."""

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label, the small images, and a row for each digit."""
        room = room_under_label(look, rect)
        thumbs = self._thumbs(look, rect, session)
        shown = session.digits[session.selected] if session.digits else None
        rows, places = [], _rows(look, room, len(session.bars))
        track = pygame.Rect(0, 0, places[0].width - look.px(18 + 46), min(look.px(8), places[0].height * 2 // 3))
        for digit, rect_of_row in enumerate(places):
            tip = f"What would make it {a_digit(digit)}?"
            rows.append(Button(f"what_if {digit}", bare=True, tip=tip, rect=rect_of_row, enabled=shown is not None))
        self.buttons.show([*thumbs, *rows])
        parts = [self._label(look, rect, session, thumbs[0].rect.left if thumbs else room.right)]
        for thumb, digit_read in zip(thumbs, session.digits, strict=False):
            image, chosen = _bytes(digit_read.image), thumb.selected
            around = thumb.rect.inflate(look.px(6), look.px(6))
            parts.append(Part(around, (image, chosen, thumb.hovered), partial(_paint_image, look, thumb.rect, image, chosen)))
        for digit, (button, value) in enumerate(zip(rows, session.bars, strict=True)):
            track.midleft = button.rect.left + look.px(18), button.rect.centery
            said = percent(float(shown.probabilities[digit])) if shown else ""
            wins = shown is not None and shown.digit == digit
            sure = wins and shown is not None and shown.verdict == "sure"
            colour = look.palette.accent if sure else look.palette.quiet
            bar = _Bar(digit, round(track.width * float(value)), said, wins, colour, hovered=button.hovered)
            parts.append(Part(button.rect, bar, partial(_paint_bar, look, button.rect, track.copy(), bar)))
        return parts

    def _thumbs(self, look: Look, rect: pygame.Rect, session: Session) -> list[Button]:
        """A button for each digit of a number, on the right of the label."""
        count, side = len(session.digits), look.px(THUMB)
        if count < 2:
            return []
        step = side + look.px(THUMB_GAP)
        room = rect.width - 2 * look.px(PADDING)
        if count * step > room:
            step = room // count
            side = max(1, step - look.px(2))
        left = rect.right - look.px(PADDING) - count * step + step - side
        thumbs = []
        for number in range(count):
            place = pygame.Rect(left + number * step, rect.top + look.px(LABEL_Y) - side // 2, side, side)
            tip, chosen = f"The {ordinal(number)} digit", number == session.selected
            thumbs.append(Button(f"choose {number}", bare=True, tip=tip, rect=place, selected=chosen))
        return thumbs

    def _label(self, look: Look, rect: pygame.Rect, session: Session, right: int) -> Part:
        room = rect.copy()
        room.width = right - rect.left + look.px(PADDING) - look.px(8)
        if len(session.digits) < 2:
            return label(look, room, "Probabilities")
        return label(look, room, f"Probabilities of the {ordinal(session.selected)} digit", "Probabilities", "")


def _rows(look: Look, room: pygame.Rect, count: int) -> list[pygame.Rect]:
    """A row for each digit: below each other, or in two columns where they would be too low to
    read.
    """
    columns = 1 if room.height // count >= look.px(LEAST_ROW) else 2
    lines, gap = -(-count // columns), look.px(20)
    wide = (room.width + gap) // columns - gap
    places = []
    for number in range(count):
        column, line = divmod(number, lines)
        top, bottom = (room.top + round(edge * room.height / lines) for edge in (line, line + 1))
        places.append(pygame.Rect(room.left + column * (wide + gap), top, wide, bottom - top))
    return places


class _Bar(NamedTuple):
    """What a row shows."""

    digit: int
    filled: int
    said: str
    wins: bool
    colour: Colour
    hovered: bool


def _paint_bar(look: Look, row: pygame.Rect, track: pygame.Rect, bar: _Bar, surface: pygame.Surface) -> None:
    ink = look.palette.text if bar.wins or bar.hovered else look.palette.quiet
    if bar.hovered:
        surface.fill(look.palette.raised_hover, row)
    size = min(theme.SMALL, 0.95 * row.height / look.scale)
    look.text(surface, str(bar.digit), (row.left, row.centery), size, ink, bold=bar.wins)
    shapes.box(surface, track, look.px(4), look.palette.line)
    if bar.filled >= look.px(2):
        shapes.box(surface, pygame.Rect(track.left, track.top, bar.filled, track.height), look.px(4), bar.colour)
    look.text(surface, bar.said, (row.right, row.centery), size, ink, align="right")


class SeenView(Card):
    """The network's input, one image for each digit; the selected one is framed."""

    @property
    def places(self) -> list[pygame.Rect]:
        """Where the digits' images are."""
        return [button.rect for button in self.buttons]

    def digit_at(self, position: tuple[int, int]) -> int | None:
        """Which digit's image is under a position."""
        return next((number for number, place in enumerate(self.places) if place.collidepoint(position)), None)

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label, the images, and what was done to one that stands alone."""
        room, gap = room_under_label(look, rect), look.px(10)
        images = [_bytes(digit.image) for digit in session.digits] or [BLANK]
        side, columns = _grid(room, len(images), gap)
        parts, places = [label(look, rect, f"What the network sees: 28 {TIMES} 28 pixels", "What the network sees")], []
        margin = look.px(4)
        for number, image in enumerate(images):
            left, top = room.left + number % columns * (side + gap), room.top + number // columns * (side + gap)
            place = pygame.Rect(left, top, side, side)
            chosen = len(images) > 1 and number == session.selected
            places.append(place)
            around = place.inflate(2 * margin, 2 * margin)
            parts.append(Part(around, (image, chosen), partial(_paint_image, look, place, image, chosen)))
        self.buttons.show(
            [
                Button(f"choose {number}", bare=True, tip=f"The {ordinal(number)} digit", rect=place)
                for number, place in enumerate(places if session.digits else [])
            ]
        )
        if len(images) == 1 and side >= look.px(72):
            beside = pygame.Rect(room.left + side + look.px(16), room.top, room.width - side - look.px(16), side)
            parts.append(Part(beside, "explanation", partial(_paint_explanation, look, beside)))
        return parts


def _bytes(image: np.ndarray) -> bytes:
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8).tobytes()


def _grid(room: pygame.Rect, count: int, gap: int) -> tuple[int, int]:
    """The side of an image and the number of columns: as large as fits; a single one is a whole
    multiple of 28.
    """
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
