"""The answer, in large: a digit and how certain it is, a number, doubt, or nothing yet."""

from __future__ import annotations

from functools import partial

import numpy as np
import pygame

from apps.draw.cards import Card, Part, label, room_under_label
from apps.draw.session import Session, percent
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import CAP_HEIGHT, Look
from apps.draw.toolkit.theme import Colour

GIANT = 104
WORTH_TELLING = 0.01  # a probability of the runner-up
PULSE_STEPS = 8


class ReadingView(Card):
    """The answer; after Recognise it glows in the accent for a moment."""

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label with the time it took, and the answer."""
        room = room_under_label(look, rect)
        room.inflate_ip(look.px(16), 0)  # the question mark and the digits have bearings of their own
        glow = round(session.pulse * PULSE_STEPS) / PULSE_STEPS
        colour = theme.mix(look.palette.text, look.palette.accent, glow)
        content, paint = self._answer(look, room.inflate(-look.px(16), 0), session, colour)
        return [label(look, rect, self._label(session)), Part(room, (content, colour), paint)]

    def _label(self, session: Session) -> str:
        if session.state in ("sure", "unsure") and session.read_seconds and not session.canvas.is_drawing:
            return f"Reading · {max(1, round(1000 * session.read_seconds))} ms"
        return "Reading"

    def _answer(
        self, look: Look, room: pygame.Rect, session: Session, colour: Colour
    ) -> tuple[tuple[object, ...], partial[None]]:
        """What is to be seen, for comparison, and what paints it."""
        if session.state == "blank":
            lines = ("Nothing drawn yet", "The answer appears while you draw.")
            if session.canvas.has_ink:
                lines = ("No digit yet", "There are only specks of ink.")
            return lines, partial(_paint_lines, look, room, lines)
        if session.state == "waiting":
            first = "Reading…" if session.recognizer.is_ready else "Loading the network…"
            lines = (first, "Draw on, nothing is lost.")
            return lines, partial(_paint_lines, look, room, lines)
        chances = tuple(percent(digit.probability) for digit in session.digits)
        content = (session.state, session.reading.number, chances)
        if session.state == "unsure":
            guess = f"perhaps {session.reading.number}"
            guess = f"{guess}, {chances[0]}" if len(chances) == 1 else guess
            return content, partial(_paint_doubt, look, room, guess, colour)
        if len(chances) == 1:
            rest = _runner_up(session.digits[0].probabilities)
            return (*content, rest), partial(_paint_digit, look, room, session.reading.number, chances[0], rest, colour)
        return content, partial(_paint_number, look, room, session.reading.number, chances, colour)


def _runner_up(probabilities: np.ndarray) -> str:
    second = int(np.argsort(probabilities)[-2])
    chance = float(probabilities[second])
    return f"then {second}, {percent(chance)}" if chance >= WORTH_TELLING else "nothing else comes close"


def _size(look: Look, height: int) -> float:
    """The size of type whose capitals fill a height, within reason."""
    return min(GIANT, 0.92 * height / look.scale / CAP_HEIGHT)


def _paint_lines(look: Look, room: pygame.Rect, lines: tuple[str, str], surface: pygame.Surface) -> None:
    middle = room.centery - look.px(6)
    look.text(surface, look.fitted(lines[0], room.width, 22), (room.left, middle - look.px(14)), 22)
    second = look.fitted(lines[1], room.width, theme.SMALL)
    look.text(surface, second, (room.left, middle + look.px(16)), theme.SMALL, look.palette.quiet)


def _paint_digit(
    look: Look, room: pygame.Rect, digit: str, chance: str, rest: str, colour: Colour, surface: pygame.Surface
) -> None:
    giant = look.text(surface, digit, (room.left - look.px(4), room.centery), _size(look, room.height), colour, bold=True)
    left = giant.right + look.px(16)
    value, sign = chance.split()
    shown = look.text(surface, value, (left, room.centery - look.px(8)), 38, colour)
    look.text(surface, sign, (shown.right + look.px(5), room.centery - look.px(4)), 22, look.palette.quiet)
    rest = look.fitted(rest, room.right - left, theme.SMALL)
    look.text(surface, rest, (left, room.centery + look.px(28)), theme.SMALL, look.palette.quiet)


def _paint_number(
    look: Look, room: pygame.Rect, number: str, chances: tuple[str, ...], colour: Colour, surface: pygame.Surface
) -> None:
    size = _size(look, room.height - look.px(28))
    while size > 22 and look.text_width(number, size, bold=True) > room.width:
        size -= 2
    shown = look.fitted(number, room.width, size, bold=True)
    middle = room.centery - look.px(14)
    look.text(surface, shown, (room.left, middle), size, colour, bold=True)
    every = "   ".join(f"{digit} {chance}" for digit, chance in zip(number, chances, strict=True))
    if look.text_width(every, theme.SMALL) > room.width:
        least = min(range(len(chances)), key=lambda index: int(chances[index].split()[0]))
        every = f"least certain: {number[least]}, {chances[least]}"
    below = middle + round(CAP_HEIGHT / 2 * look.px(size)) + look.px(22)
    look.text(surface, every, (room.left, below), theme.SMALL, look.palette.quiet)


def _paint_doubt(look: Look, room: pygame.Rect, guess: str, colour: Colour, surface: pygame.Surface) -> None:
    giant = look.text(surface, "?", (room.left, room.centery), _size(look, room.height), look.palette.faint, bold=True)
    left = giant.right + look.px(16)
    look.text(surface, "Not sure", (left, room.centery - look.px(12)), 22, colour)
    guess = look.fitted(guess, room.right - left, theme.BODY)
    look.text(surface, guess, (left, room.centery + look.px(16)), theme.BODY, look.palette.quiet)
