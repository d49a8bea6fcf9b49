"""The lesson's card: how far it is and what came of it; and the ten digits to say what a drawing
is.
"""

from __future__ import annotations

from functools import partial

import pygame

from apps.draw.cards import Card, Part, button_part, label, room_under_label
from apps.draw.session import Session
from apps.draw.study import LABEL, Study
from apps.draw.teaching.jobs import CHECKING, LEARNING, PREPARING, STOPPING, Outcome, Said
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import MINUS
from apps.draw.toolkit.text import wrapped
from apps.draw.toolkit.widgets import Button, row
from apps.draw.wording import a_digit, ordinal, percent

DOING = {
    PREPARING: ("Getting ready…", "The first time on a machine it compiles, for up to half a minute."),
    LEARNING: ("Learning…", "Keep drawing, nothing waits for it."),
    CHECKING: ("Checking…", "On the 10,000 test images."),
    STOPPING: ("Stopping…", "Nothing will be changed."),
}
TRACK = 6  # design pixels
BUTTON, GAP = 27, 6


class LessonView(Card):
    """Replaces the card of what the network sees, while there is a lesson."""

    least_height = 150

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """The label, the progress or the outcome, and what one can do about it."""
        lessons, room = self.study.lessons, room_under_label(look, rect)
        room.height += look.px(4)
        if lessons.is_busy:
            wanted = [Button("undo_lesson", "Stop", small=True, tip="Stop the lesson; nothing is changed")]
            if lessons.phase == STOPPING:
                wanted = []
        else:
            wanted = [Button("close_outcome", "Close", small=True), Button("open_lessons", "Lessons", small=True)]
            if lessons.outcome is not None and lessons.outcome.after is not None:
                wanted.insert(0, Button("undo_lesson", "Undo", small=True, tip="The network from before, bit for bit"))
        strip = pygame.Rect(room.left, room.bottom - look.px(BUTTON), room.width, look.px(BUTTON))
        for button, place in zip(wanted, row(strip, max(2, len(wanted)), look.px(GAP)), strict=False):
            button.rect = place
        self.buttons.show(wanted)
        room.height -= look.px(BUTTON + GAP)
        buttons = [button_part(look, button) for button in self.buttons]
        return [*(self._progress(look, rect, room) if lessons.is_busy else self._outcome(look, rect, room)), *buttons]

    def _progress(self, look: Look, rect: pygame.Rect, room: pygame.Rect) -> list[Part]:
        lessons = self.study.lessons
        first, second = DOING.get(lessons.phase, DOING[PREPARING])
        first = f"{first[:-1]} {percent(lessons.part)}" if lessons.phase == LEARNING else first
        waiting = len(lessons.waiting) - 1
        title = f"Lesson: this is {a_digit(lessons.label)}" + (f" ({waiting} more to come)" if waiting > 0 else "")
        filled = round(lessons.part * room.width)
        paint = partial(_paint_progress, look, room, first, second, filled=filled)
        return [label(look, rect, title, f"Lesson: {lessons.label}"), Part(room, (first, second, filled), paint)]

    def _outcome(self, look: Look, rect: pygame.Rect, room: pygame.Rect) -> list[Part]:
        outcome = self.study.lessons.outcome or Outcome(0)
        lines = words(outcome)
        title = heading(outcome)
        paint = partial(_paint_outcome, look, room, outcome, lines)
        return [label(look, rect, title), Part(room, (lines, outcome), paint)]


class DigitsView(Card):
    """Ten digits to tap: what the drawing is, or what it should become; or whether a sure reading
    is really wrong.
    """

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study

    @property
    def least_height(self) -> int:  # type: ignore[override]
        """More for the question whether it is really wrong, and for digits that were asked for."""
        return 124 if self.study.asked_label is not None else 112 if self.study.choosing is not None else 0

    def parts(self, look: Look, rect: pygame.Rect, session: Session) -> list[Part]:
        """A question and its buttons."""
        study, room = self.study, room_under_label(look, rect)
        digit = study.digit
        if study.asked_label is not None and digit is not None:
            return self._asked(look, rect, room, study.asked_label, digit.digit)
        teaches = study.choosing == LABEL or study.shows_labels
        which = f"The {ordinal(session.selected)} digit" if len(session.digits) > 1 else "It"
        question = f"{which} is a …" if teaches else "What would make it a …?"
        action, tip = ("teach", "Teach that it is") if teaches else ("what_if", "What would make it")
        closes = study.choosing is not None
        high = min(look.px(34), (room.height - look.px(GAP)) // 2)
        buttons = []
        for line in range(2):
            strip = pygame.Rect(room.left, room.top + line * (high + look.px(GAP)), room.width, high)
            for column, place in enumerate(row(strip, 5, look.px(GAP))):
                k = 5 * line + column
                buttons.append(Button(f"{action} {k}", str(k), tip=f"{tip} {a_digit(k)}", rect=place, enabled=digit is not None))
        below = pygame.Rect(room.left, room.top + 2 * (high + look.px(GAP)), room.width, look.px(BUTTON))
        if closes and below.bottom <= rect.bottom - look.px(4):
            buttons.append(Button("leave", "Never mind", small=True, rect=below))
        self.buttons.show(buttons)
        return [label(look, rect, question), *(button_part(look, button) for button in self.buttons)]

    def _asked(self, look: Look, rect: pygame.Rect, room: pygame.Rect, wanted: int, read: int) -> list[Part]:
        """Really?"""
        same = f"It is read as {a_digit(read)} already. Teach it all the same?"
        text = same if wanted == read else f"It is read as {a_digit(read)}, and that is sure. Teach that it is {a_digit(wanted)}?"
        strip = pygame.Rect(room.left, room.bottom - look.px(BUTTON), room.width, look.px(BUTTON))
        buttons = [
            Button(f"teach {wanted}", f"It is {a_digit(wanted)}", small=True, primary=True),
            Button("leave", "Never mind", small=True),
        ]
        for button, place in zip(buttons, row(strip, 2, look.px(GAP)), strict=True):
            button.rect = place
        self.buttons.show(buttons)
        words_room = pygame.Rect(room.left, room.top, room.width, strip.top - room.top - look.px(4))
        painted = Part(words_room, text, partial(_paint_words, look, words_room, text))
        return [label(look, rect, "Really?"), painted, *(button_part(look, button) for button in self.buttons)]


def _paint_words(look: Look, room: pygame.Rect, text: str, surface: pygame.Surface) -> None:
    for number, line in enumerate(wrapped(look, text, room.width)):
        look.text(surface, line, (room.left, room.top + look.px(9 + 19 * number)), theme.SMALL)


def heading(outcome: Outcome) -> str:
    """What came of the lesson; one that did not change the reading is not called learned."""
    if outcome.undone:
        return "Lesson undone"
    if outcome.after is None:
        return "Lesson"
    read, seconds = outcome.after.digit, f"{outcome.seconds:.0f} s"
    if read != outcome.label:
        return f"This is {a_digit(outcome.label)}: still read as {a_digit(read)} after {seconds}"
    return f"This is {a_digit(outcome.label)}: learned in {seconds}"


def words(outcome: Outcome) -> tuple[str, ...]:
    """What to say besides the two answers."""
    if outcome.problem:
        return (outcome.problem,)
    if outcome.undone:
        first = "The network is the one from before, bit for bit." if outcome.exact else "The drawing is forgotten."
        read = "" if outcome.accuracy_after is None else f"It reads {_exact(outcome.accuracy_after)} of the test images."
        return first, read
    kept = f"Kept drawings read: {outcome.kept_before}, now {outcome.kept_after} of {outcome.kept}" if outcome.kept else ""
    return tests_read(outcome), kept


def tests_read(outcome: Outcome) -> str:
    """The change on the test images, in points."""
    if outcome.accuracy_before is None or outcome.accuracy_after is None:
        return "Not checked: there are no test images here."
    change = 100 * (outcome.accuracy_after - outcome.accuracy_before)
    signed = f"{change:+.2f}".replace("-", MINUS) if abs(change) >= 0.005 else "±0"
    return f"Test images: {100 * outcome.accuracy_before:.2f}, now {_exact(outcome.accuracy_after)} ({signed})"


def _exact(part: float) -> str:
    return f"{100 * part:.2f} %"


def _paint_progress(look: Look, room: pygame.Rect, first: str, second: str, surface: pygame.Surface, *, filled: int) -> None:
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
        high = max(look.px(24), min(look.px(44), room.height - look.px(38)))
        _paint_answers(look, pygame.Rect(room.left, room.top, room.width, high), outcome.before, outcome.after, surface)
        top += high
    every = [piece for line in lines for piece in wrapped(look, line, room.width)]
    for number, line in enumerate(every):
        middle = top + look.px(9 + 19 * number)
        look.text(surface, line, (room.left, middle), theme.SMALL, look.palette.quiet)


def _paint_answers(look: Look, room: pygame.Rect, before: Said, after: Said, surface: pygame.Surface) -> None:
    """The old answer, an arrow, the new one."""
    middle, left = room.centery - look.px(2), room.left
    size = min(38, 1.15 * room.height / look.scale)
    for said, colour, strong in ((before, look.palette.quiet, False), (after, look.palette.accent, True)):
        digit = look.text(surface, str(said.digit), (left, middle), size, colour, bold=True)
        chance = look.text(
            surface,
            percent(said.probability),
            (digit.right + look.px(8), middle + look.px(size / 5)),
            theme.SMALL,
            look.palette.text if strong else look.palette.quiet,
        )
        left = chance.right + look.px(16)
        if not strong:
            arrow = shapes.icon("to", look.px(22), look.palette.quiet)
            surface.blit(arrow, arrow.get_rect(midleft=(left, middle)))
            left += look.px(22 + 16)
