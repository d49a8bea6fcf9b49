"""What was read: the answer in large, the ten probabilities, and the 28 × 28 pixels that the network saw."""

from __future__ import annotations

import numpy as np
import pygame

from apps.draw import shapes, theme
from apps.draw.look import Look
from apps.draw.session import Session, percent

PADDING = 18
LABEL_Y = 20  # the middle of a card's label
GIANT = 104
WORTH_TELLING = 0.01  # a probability of the runner-up
NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def _card(surface: pygame.Surface, look: Look, rect: pygame.Rect, label: str) -> pygame.Rect:
    """A card with its label; returns the room under the label."""
    look.card(surface, rect)
    pad = look.px(PADDING)
    room = rect.inflate(-2 * pad, 0)
    look.text(
        surface,
        look.fitted(label, room.width, theme.SMALL),
        (room.left, rect.top + look.px(LABEL_Y)),
        theme.SMALL,
        look.palette.quiet,
    )
    top = look.px(LABEL_Y + 14)
    return pygame.Rect(room.left, rect.top + top, room.width, rect.height - top - look.px(14))


class ReadingView:
    """The answer."""

    def draw(self, surface: pygame.Surface, look: Look, rect: pygame.Rect, session: Session) -> None:
        """Draw the whole card."""
        room = _card(surface, look, rect, self._label(session))
        if session.pulse:
            line = look.px(2)
            colour = theme.mix(look.palette.line, look.palette.accent, session.pulse)
            shapes.frame(surface, rect, look.px(theme.RADIUS), colour, line)
        if session.state == "blank" and session.canvas.has_ink:
            self._two_lines(surface, look, room, "No digit yet", "There are only specks of ink.")
        elif session.state == "blank":
            self._two_lines(surface, look, room, "Nothing drawn yet", "The answer appears while you draw.")
        elif session.state == "waiting":
            loading = "Reading…" if session.recognizer.is_ready else "Loading the network…"
            self._two_lines(surface, look, room, loading, "Draw on, nothing is lost.")
        elif session.state == "unsure":
            self._unsure(surface, look, room, session)
        elif len(session.digits) == 1:
            self._digit(surface, look, room, session)
        else:
            self._number(surface, look, room, session)

    def _label(self, session: Session) -> str:
        if session.state in ("sure", "unsure") and session.read_seconds:
            return f"Reading · {max(1, round(1000 * session.read_seconds))} ms"
        return "Reading"

    def _two_lines(self, surface: pygame.Surface, look: Look, room: pygame.Rect, first: str, second: str) -> None:
        middle = room.centery - look.px(6)
        look.text(surface, look.fitted(first, room.width, 22), (room.left, middle - look.px(14)), 22)
        quiet = look.palette.quiet
        look.text(surface, look.fitted(second, room.width, theme.SMALL), (room.left, middle + look.px(16)), theme.SMALL, quiet)

    def _digit(self, surface: pygame.Surface, look: Look, room: pygame.Rect, session: Session) -> None:
        digit = session.digits[0]
        size = self._size(look, room.height)
        giant = look.text(surface, str(digit.digit), (room.left - look.px(4), room.centery), size, bold=True)
        left = giant.right + look.px(16)
        value, sign = percent(digit.probability).split()
        shown = look.text(surface, value, (left, room.centery - look.px(8)), 38)
        look.text(surface, sign, (shown.right + look.px(5), room.centery - look.px(4)), 22, look.palette.quiet)
        second = int(np.argsort(digit.probabilities)[-2])
        chance = float(digit.probabilities[second])
        rest = f"then {second}, {percent(chance)}" if chance >= WORTH_TELLING else "nothing else comes close"
        rest = look.fitted(rest, room.right - left, theme.SMALL)
        look.text(surface, rest, (left, room.centery + look.px(28)), theme.SMALL, look.palette.quiet)

    def _number(self, surface: pygame.Surface, look: Look, room: pygame.Rect, session: Session) -> None:
        size = self._size(look, room.height - look.px(28))
        number = session.reading.number
        while size > 22 and look.text_width(number, size, bold=True) > room.width:
            size -= 2
        shown = look.fitted(number, room.width, size, bold=True)
        half = round(0.36 * look.px(size))
        middle = room.centery - look.px(14)
        look.text(surface, shown, (room.left, middle), size, bold=True)
        every = "   ".join(f"{digit.digit} {percent(digit.probability)}" for digit in session.digits)
        if look.text_width(every, theme.SMALL) > room.width:
            least = min(session.digits, key=lambda digit: digit.probability)
            every = f"least certain: {least.digit}, {percent(least.probability)}"
        look.text(surface, every, (room.left, middle + half + look.px(22)), theme.SMALL, look.palette.quiet)

    def _unsure(self, surface: pygame.Surface, look: Look, room: pygame.Rect, session: Session) -> None:
        size = self._size(look, room.height)
        giant = look.text(surface, "?", (room.left, room.centery), size, look.palette.faint, bold=True)
        left = giant.right + look.px(16)
        width = room.right - left
        if len(session.digits) == 1:
            digit = session.digits[0]
            guess = f"perhaps {digit.digit}, {percent(digit.probability)}"
        else:
            guess = f"perhaps {session.reading.number}"
        look.text(surface, "Not sure", (left, room.centery - look.px(12)), 22)
        guess = look.fitted(guess, width, theme.BODY)
        look.text(surface, guess, (left, room.centery + look.px(16)), theme.BODY, look.palette.quiet)

    def _size(self, look: Look, height: int) -> float:
        """The size of type whose capitals fill a height, within reason."""
        return min(GIANT, 0.92 * height / look.scale / 0.71)


class BarsView:
    """Ten bars, one of which wins."""

    def draw(self, surface: pygame.Surface, look: Look, rect: pygame.Rect, session: Session) -> None:
        """Draw the whole card."""
        room = _card(surface, look, rect, self._label(session))
        palette, count = look.palette, len(session.bars)
        winner = session.digits[session.selected].digit if session.digits else None
        sure = session.digits[session.selected].verdict == "sure" if session.digits else False
        track = pygame.Rect(room.left + look.px(22), 0, room.width - look.px(22 + 48), look.px(8))
        for digit, value in enumerate(session.bars):
            middle = room.top + round((digit + 0.5) * room.height / count)
            wins = digit == winner
            colour = palette.text if wins else palette.quiet
            look.text(surface, str(digit), (room.left, middle), theme.SMALL, colour, bold=wins)
            track.centery = middle
            shapes.box(surface, track, look.px(4), palette.line)
            filled = pygame.Rect(track.left, track.top, round(track.width * float(value)), track.height)
            if filled.width >= look.px(2):
                shapes.box(surface, filled, look.px(4), palette.accent if wins and sure else palette.quiet)
            if session.digits:
                said = percent(float(session.digits[session.selected].probabilities[digit]))
                look.text(surface, said, (room.right, middle), theme.SMALL, colour, align="right")

    def _label(self, session: Session) -> str:
        if len(session.digits) < 2:
            return "Probabilities"
        nth = session.selected
        return f"Probabilities of the {NTH[nth] if nth < len(NTH) else f'{nth + 1}th'} digit"


class SeenView:
    """The network's input, one image for each digit; the selected one is framed."""

    def __init__(self) -> None:
        self._places: list[pygame.Rect] = []

    def digit_at(self, position: tuple[int, int]) -> int | None:
        """Which digit's image is under a position."""
        return next((number for number, place in enumerate(self._places) if place.collidepoint(position)), None)

    def draw(self, surface: pygame.Surface, look: Look, rect: pygame.Rect, session: Session) -> None:
        """Draw the whole card."""
        label = "What the network sees, 28 by 28 pixels"
        if look.text_width(label, theme.SMALL) > rect.width - 2 * look.px(PADDING):
            label = "What the network sees"
        room = _card(surface, look, rect, label)
        gap = look.px(10)
        count = max(1, len(session.digits))
        side, columns = self._grid(room, count, gap)
        self._places = []
        for number in range(count):
            place = pygame.Rect(0, 0, side, side)
            place.topleft = room.left + number % columns * (side + gap), room.top + number // columns * (side + gap)
            image = session.digits[number].image if session.digits else np.zeros((28, 28), dtype=np.float32)
            surface.blit(self._picture(look, image, side), place)
            if session.digits:
                self._places.append(place)
            if count == 1 and side >= look.px(72):
                self._explain(surface, look, pygame.Rect(place.right + look.px(16), place.top, room.right - place.right, side))
            elif count > 1 and number == session.selected:
                shapes.frame(surface, place.inflate(look.px(6), look.px(6)), look.px(4), look.palette.accent, look.px(1))

    def _explain(self, surface: pygame.Surface, look: Look, room: pygame.Rect) -> None:
        for number, line in enumerate(("Cropped, fitted", "into 20 by 20,", "centred by mass.")):
            middle = room.top + look.px(10 + 20 * number)
            look.text(surface, look.fitted(line, room.width, theme.SMALL), (room.left, middle), theme.SMALL, look.palette.quiet)

    def _grid(self, room: pygame.Rect, count: int, gap: int) -> tuple[int, int]:
        """The side of an image and the number of columns: as large as fits, in whole pixels to a pixel where possible."""
        best, columns = 1, 1
        for wanted in range(1, count + 1):
            rows = -(-count // wanted)
            side = min((room.width - (wanted - 1) * gap) // wanted, (room.height - (rows - 1) * gap) // rows)
            if side > best:
                best, columns = side, wanted
        return best if best < 56 or count > 1 else best // 28 * 28, columns

    def _picture(self, look: Look, image: np.ndarray, side: int) -> pygame.Surface:
        """The image in the window's colours, each of its pixels a square."""
        low, high = (np.array(colour, dtype=np.float32) for colour in (look.palette.desk, look.palette.ink))
        pixels = low + np.clip(image, 0, 1)[:, :, None] * (high - low)
        small = pygame.surfarray.make_surface(pixels.transpose(1, 0, 2).astype(np.uint8))
        whole = -(-side // 28) * 28
        large = pygame.transform.scale(small, (whole, whole))
        return large if whole == side else pygame.transform.smoothscale(large, (side, side))
