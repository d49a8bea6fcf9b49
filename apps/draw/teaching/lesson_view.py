"""The lesson's card: how far it is, and what came of it."""

from __future__ import annotations

from functools import partial

import pygame

from apps.draw.cards import Card, Part, label, room_under_label
from apps.draw.numbers import MINUS
from apps.draw.session import Session, percent
from apps.draw.study import Study
from apps.draw.teaching.lessons import CHECKING, LEARNING, PREPARING, Outcome, Said
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look

DOING = {
    PREPARING: ("Getting ready…", "The first time on a machine it compiles, up to half a minute."),
    LEARNING: ("Learning…", "Draw on, nothing waits for it.  U stops it."),
    CHECKING: ("Checking…", "On the 10,000 test images."),
}
TRACK = 6  # design pixels


class LessonView(Card):
    """Takes the place of what the network sees, while there is a lesson."""

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label, and the progress or the outcome."""
        lessons, room = self.study.lessons, room_under_label(look, rect)
        if lessons.is_busy:
            title = f"Lesson: this is a {lessons.label}"
            first, second = DOING[lessons.phase]
            first = f"{first[:-1]} {percent(lessons.part)}" if lessons.phase == LEARNING else first
            filled = round(lessons.part * room.width)
            return [
                label(look, rect, title),
                Part(room, (first, second, filled), partial(_paint_progress, look, room, first, second, filled)),
            ]
        outcome = lessons.outcome or Outcome(0)
        lines = words(outcome)
        title = "Lesson taken back" if outcome.taken_back else f"Lesson: this is a {outcome.label}" if outcome.after else "Lesson"
        return [label(look, rect, title), Part(room, (lines, outcome), partial(_paint_outcome, look, room, outcome, lines))]


def words(outcome: Outcome) -> tuple[str, ...]:
    """What there is to say besides the two answers."""
    if outcome.problem:
        return (outcome.problem,)
    if outcome.taken_back:
        read = "" if outcome.accuracy_after is None else f"It reads {_exact(outcome.accuracy_after)} of the test images again."
        return "The network is the one from before, bit for bit.", read
    return tests_read(outcome), "U takes the lesson back."


def tests_read(outcome: Outcome) -> str:
    """The change on the test images, in points."""
    if outcome.accuracy_before is None or outcome.accuracy_after is None:
        return "Not checked: there are no test images here."
    change = 100 * (outcome.accuracy_after - outcome.accuracy_before)
    signed = f"{change:+.2f}".replace("-", MINUS) if abs(change) >= 0.005 else "±0"
    return f"Test images: {100 * outcome.accuracy_before:.2f}, now {_exact(outcome.accuracy_after)} ({signed})"


def _exact(part: float) -> str:
    return f"{100 * part:.2f} %"


def _paint_progress(look: Look, room: pygame.Rect, first: str, second: str, filled: int, surface: pygame.Surface) -> None:
    look.text(surface, first, (room.left, room.top + look.px(14)), theme.TITLE)
    track = pygame.Rect(room.left, room.top + look.px(34), room.width, look.px(TRACK))
    shapes.box(surface, track, look.px(TRACK) // 2, look.palette.line)
    if filled >= track.height:
        shapes.box(surface, pygame.Rect(track.left, track.top, filled, track.height), look.px(TRACK) // 2, look.palette.accent)
    for number, line in enumerate(wrapped(look, second, room.width)):
        middle = track.bottom + look.px(16 + 19 * number)
        look.text(surface, line, (room.left, middle), theme.SMALL, look.palette.quiet)


def _paint_outcome(look: Look, room: pygame.Rect, outcome: Outcome, lines: tuple[str, ...], surface: pygame.Surface) -> None:
    top = room.top
    if outcome.before is not None and outcome.after is not None:
        _paint_answers(look, room, outcome.before, outcome.after, surface)
        top += look.px(46)
    every = [piece for line in lines for piece in wrapped(look, line, room.width)]
    for number, line in enumerate(every):
        middle = top + look.px(9 + 19 * number)
        look.text(surface, line, (room.left, middle), theme.SMALL, look.palette.quiet)


def _paint_answers(look: Look, room: pygame.Rect, before: Said, after: Said, surface: pygame.Surface) -> None:
    """The old answer, an arrow, the new one."""
    middle, left = room.top + look.px(18), room.left
    for said, colour, strong in ((before, look.palette.quiet, False), (after, look.palette.accent, True)):
        digit = look.text(surface, str(said.digit), (left, middle), 38, colour, bold=True)
        chance = look.text(
            surface,
            percent(said.probability),
            (digit.right + look.px(8), middle + look.px(8)),
            theme.SMALL,
            look.palette.text if strong else look.palette.quiet,
        )
        left = chance.right + look.px(16)
        if not strong:
            arrow = shapes.icon("to", look.px(22), look.palette.quiet)
            surface.blit(arrow, arrow.get_rect(midleft=(left, middle)))
            left += look.px(22 + 16)


def wrapped(look: Look, text: str, width: int) -> list[str]:
    """A text in lines no wider than `width`, broken between words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and look.text_width(longer, theme.SMALL) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
