"""The answer, in large: a digit and how certain it is, a number, doubt, or nothing yet; and what
one can do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pygame

from apps.draw.cards import Card, Part, button_part, label, room_under_label
from apps.draw.session import Session
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import CAP_HEIGHT, Look
from apps.draw.toolkit.theme import Colour
from apps.draw.toolkit.widgets import Button, spread
from apps.draw.wording import percent

GIANT = 104
WORTH_SAYING = 0.01  # a probability of the runner-up
PULSE_STEPS = 8
LOW = 64  # design pixels: a lower card has one size of type less
ROW, ROW_GAP = 27, 6  # the height of a row of buttons and the gap below it, in design pixels


class ReadingView(Card):
    """The answer; after Recognise it glows in the accent for a moment."""

    def __init__(self) -> None:
        super().__init__(
            Button("cycle_why", "Why?", small=True, tip="Why is it read so? By gradient, then by covering"),
            Button("choose_what_if", "What if?", small=True, tip="What would make it another digit?"),
            Button("toggle_inside", "Look inside", small=True, tip="The drawing on its way through the network"),
            Button("choose_label", "Wrong? Teach it", small=True, tip="Say what it is, and the network learns it"),
        )

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label with the time it took, the answer, and the buttons."""
        room = room_under_label(look, rect)
        first = pygame.Rect(room.left, rect.bottom - look.px(12 + 2 * ROW + ROW_GAP), room.width, look.px(ROW))
        second = first.move(0, look.px(ROW + ROW_GAP))
        spread(look, first, self.buttons.all[:3], look.px(ROW_GAP))
        self.buttons["choose_label"].rect = second
        for button in self.buttons:
            button.enabled = button.action == "toggle_inside" or session.state in ("sure", "unsure")
        room.height = first.top - room.top - look.px(4)
        room.inflate_ip(look.px(16), 0)  # the question mark and the digits have bearings of their own
        glow = round(session.pulse * PULSE_STEPS) / PULSE_STEPS
        colour = theme.mix(look.palette.text, look.palette.accent, glow)
        content, paint = self._answer(look, room.inflate(-look.px(16), 0), session, colour)
        buttons = [button_part(look, button) for button in self.buttons]
        return [label(look, rect, *self._labels(session)), Part(room, (content, colour), paint), *buttons]

    def _labels(self, session: Session) -> tuple[str, ...]:
        if session.state not in ("sure", "unsure") or session.canvas.is_drawing:
            return ("Reading",)
        if session.second_look:
            same, views = session.second_look
            return f"Looked again: {same} of {views} views say the same", f"{same} of {views} views say the same"
        return (f"Reading · {max(1, round(1000 * session.read_seconds))} ms" if session.read_seconds else "Reading",)

    def _answer(
        self, look: Look, room: pygame.Rect, session: Session, colour: Colour
    ) -> tuple[tuple[object, ...], partial[None]]:
        """What is shown, for comparison, and what paints it."""
        if session.state == "blank":
            lines = ("Nothing drawn yet", "The answer appears while you draw.")
            if session.canvas.has_ink:
                lines = ("No digit yet", "There are only specks of ink.")
            return lines, partial(_paint_lines, look, room, lines)
        if session.state == "waiting":
            lines = ("Reading…" if session.recognizer.is_ready else "Loading the network…", "Keep drawing, nothing is lost.")
            return lines, partial(_paint_lines, look, room, lines)
        chances = tuple(percent(digit.probability) for digit in session.digits)
        content = (session.state, session.reading.number, chances)
        if session.state == "unsure":
            lines = doubt(session.reading.number, session.digits)
            return (*content, lines), partial(_paint_doubt, look, room, lines, colour=colour)
        if len(chances) == 1:
            rest = _runner_up(session.digits[0].probabilities)
            return (*content, rest), partial(
                _paint_digit, look, room, session.reading.number, chances[0], rest=rest, colour=colour
            )
        return content, partial(_paint_number, look, room, session.reading.number, chances, colour=colour)


def _runner_up(probabilities: np.ndarray) -> str:
    second = int(np.argsort(probabilities)[-2])
    chance = float(probabilities[second])
    return f"then {second}, {percent(chance)}" if chance >= WORTH_SAYING else "nothing else comes close"


def _size(look: Look, height: int) -> float:
    """The size of type whose capitals fill a height, within reason."""
    return min(GIANT, 0.92 * height / look.scale / CAP_HEIGHT)


def _paint_lines(look: Look, room: pygame.Rect, lines: tuple[str, str], surface: pygame.Surface) -> None:
    middle = room.centery
    look.text(surface, look.fitted(lines[0], room.width, 22), (room.left, middle - look.px(14)), 22)
    second = look.fitted(lines[1], room.width, theme.SMALL)
    look.text(surface, second, (room.left, middle + look.px(16)), theme.SMALL, look.palette.quiet)


def _paint_digit(
    look: Look, room: pygame.Rect, digit: str, chance: str, surface: pygame.Surface, *, rest: str, colour: Colour
) -> None:
    giant = look.text(surface, digit, (room.left - look.px(4), room.centery), _size(look, room.height), colour, bold=True)
    left = giant.right + look.px(16)
    value, sign = chance.split()
    if room.height < look.px(LOW):  # one line beside the digit
        shown = look.text(surface, value, (left, room.centery - look.px(8)), 26, colour)
        look.text(surface, sign, (shown.right + look.px(4), room.centery - look.px(7)), 16, look.palette.quiet)
        rest = look.fitted(rest, room.right - left, 12)
        look.text(surface, rest, (left, room.centery + look.px(15)), 12, look.palette.quiet)
        return
    size = min(38, 0.75 * room.height / look.scale)
    shown = look.text(surface, value, (left, room.centery - look.px(8)), size, colour)
    look.text(surface, sign, (shown.right + look.px(5), room.centery - look.px(5)), 0.6 * size, look.palette.quiet)
    rest = look.fitted(rest, room.right - left, theme.SMALL)
    look.text(surface, rest, (left, room.centery + look.px(0.62 * size)), theme.SMALL, look.palette.quiet)


def _paint_number(
    look: Look, room: pygame.Rect, number: str, chances: tuple[str, ...], surface: pygame.Surface, *, colour: Colour
) -> None:
    size = _size(look, room.height - look.px(28))
    while size > 22 and look.text_width(number, size, bold=True) > room.width:
        size -= 2
    shown = look.fitted(number, room.width, size, bold=True)
    middle = room.centery - look.px(14)
    look.text(surface, shown, (room.left, middle), size, colour, bold=True)
    digits = number.replace(" ", "")  # a space stands between two lines of writing
    every = "   ".join(f"{digit}: {chance}" for digit, chance in zip(digits, chances, strict=True))
    if look.text_width(every, theme.SMALL) > room.width:
        least = min(range(len(chances)), key=lambda index: int(chances[index].split()[0]))
        every = f"least certain: the {digits[least]}, {chances[least]}"
    below = middle + round(CAP_HEIGHT / 2 * look.px(size)) + look.px(22)
    look.text(surface, every, (room.left, below), theme.SMALL, look.palette.quiet)


def doubt(number: str, digits: Sequence[Any]) -> tuple[str, str]:
    """What to say about a reading that is not sure: what it may be, and why that is in doubt."""
    from nn.reading.recognition import CONDITIONS, LIKELY

    if len(digits) == 1:
        chance = float(digits[0].probability)
        if chance < LIKELY:
            return f"Perhaps {number}", f"{percent(chance)}, only a guess"
        return f"Probably {number}", CONDITIONS.get(digits[0].doubt, f"{percent(chance)}, which is not sure")
    doubtful = [digit.digit for digit in digits if digit.verdict != "sure"]
    which = f"The {doubtful[0]} is not sure" if len(doubtful) == 1 else f"{len(doubtful)} digits are not sure"
    return f"Probably {number}", which


def _paint_doubt(look: Look, room: pygame.Rect, lines: tuple[str, str], surface: pygame.Surface, *, colour: Colour) -> None:
    """A question mark, and beside it two lines; a long number in smaller type."""
    giant = look.text(surface, "?", (room.left, room.centery), _size(look, room.height), look.palette.faint, bold=True)
    left = giant.right + look.px(16)
    for line, size, down, ink in zip(lines, (22, theme.BODY), (-12, 14), (colour, look.palette.quiet), strict=True):
        while size > theme.SMALL and look.text_width(line, size) > room.right - left:
            size -= 1
        look.text(surface, look.fitted(line, room.right - left, size), (left, room.centery + look.px(down)), size, ink)
