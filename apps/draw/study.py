"""What one can do with a digit that was read: ask why, ask what would make it another, and teach what it really is. No Pygame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.draw.session import Session
from apps.draw.teaching.lessons import Lesson, Lessons, Teaching
from apps.draw.why.questions import WHAT_IF, Answer, Question, Why

LESSON_SECONDS = 8.0  # for which an outcome stays, even if one draws on


class Study:
    """The questions and lessons of one window; `update` is called once a frame."""

    def __init__(
        self, session: Session, explain: Callable[[Question], Answer], teacher: Teaching, notify: Callable[[], None]
    ) -> None:
        self.session = session
        self.why = Why(explain, notify)
        self.lessons = Lessons(teacher, lambda: session.recognizer.model, self._read_with, notify)
        self._shown: tuple[object, ...] = ()
        self._outcome: object = None  # the last one seen, on which version of the sheet, and until when it stays at least
        self._seen_on, self._seen_until, self._now = -1, 0.0, 0.0
        self._model: Any = None

    # ── what keys and clicks do ──────────────────────────────────────────────────────────────────────────────────────────

    def cycle_why(self) -> None:
        """Off, by gradient, by occlusion, off."""
        self.why.cycle()
        self.session.changes.add("reading")

    def what_if(self, k: int) -> None:
        """What would make it a k?"""
        self.why.what_if(k)
        self.session.changes.add("reading")

    def teach(self, label: int) -> None:
        """The selected digit is a `label`: keep it and teach it."""
        self.session.pen_up()
        digit = self.digit
        if digit is None:
            self.session.say(f"Draw a digit first; then {label} teaches that it is a {label}")
            return
        self.lessons.teach(Lesson(label, digit.ink, digit.image))

    def take_back(self) -> None:
        """Stop the lesson under way, or take the last one back."""
        self.lessons.take_back()

    def leave(self) -> bool:
        """Ask nothing any more; returns whether something was asked."""
        self.session.changes.add("reading")
        return self.why.leave()

    # ── what there is to show ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def digit(self) -> Any:
        """The digit that is looked at; None while there is none, or while it was not read yet."""
        session = self.session
        return session.digits[session.selected] if session.digits and session.state in ("sure", "unsure") else None

    @property
    def shows_lesson(self) -> bool:
        """Whether the lesson is to be seen: while it goes on, and after it for some seconds and until the sheet changes."""
        stays = self._seen_on == self.session.canvas.version or self._now < self._seen_until
        return self.lessons.is_busy or (self.lessons.outcome is not None and stays)

    @property
    def shows_what_if(self) -> bool:
        """Whether there is an answer to "what if", about what is on the sheet now."""
        return self.why.way == WHAT_IF and self.why.answered is not None and self.why.is_current

    @property
    def taught(self) -> str:
        """What the model's name is followed by."""
        drawings = getattr(self.session.recognizer.model, "card", {}).get("drawings", 0)
        return f", taught {drawings} drawing{'s' if drawings > 1 else ''}" if drawings else ""

    def update(self, now: float) -> None:
        """Go on to the time `now` (seconds): pass on what is looked at, and note what there is to draw again.

        With another model, what is on the sheet is read again.

        Raises:
            Exception: what nobody expected in one of the threads.
        """
        self._now = now
        for failure in (self.why.failure, self.lessons.failure):
            if failure is not None:
                raise failure
        if self.lessons.outcome is not self._outcome:
            self._outcome = self.lessons.outcome
            self._seen_on, self._seen_until = self.session.canvas.version, now + LESSON_SECONDS
        model = self.session.recognizer.model
        if model is not self._model:
            if self._model is not None:
                self.session.recognise()
            self._model = model
            self.session.changes.add("tools")
        self.why.follow(model, self.digit)
        lessons = self.lessons
        what_if = self.why.answered if self.shows_what_if else None
        shown = (what_if, self.shows_lesson, lessons.phase, round(100 * lessons.part), lessons.outcome)
        if shown != self._shown:
            self._shown = shown
            self.session.changes |= {"reading", "tools"}

    def close(self) -> None:
        """Let the threads end."""
        self.why.close()
        self.lessons.close()

    def join(self) -> None:
        """Wait for the threads' end."""
        self.why.join()
        self.lessons.join()

    def _read_with(self, model: Any) -> None:
        """Read with another model from now on (called in the lessons' thread)."""
        self.session.recognizer.model = model
