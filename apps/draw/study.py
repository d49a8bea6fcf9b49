"""What one can do with a digit that was read: ask why, ask what would make it another, and teach
what it really is. No Pygame.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.draw.session import Session
from apps.draw.teaching.jobs import Lesson, Teaching
from apps.draw.teaching.lessons import Lessons
from apps.draw.why.applying import Applying
from apps.draw.why.questions import WHAT_IF, Answer, Question, Why
from apps.draw.wording import a_digit, counted

OUTCOME_SECONDS = 8.0  # for which an outcome stays, even if one draws on
LABEL, WHAT_IF_DIGIT = "label", "what if"


class Study:
    """The questions and lessons of one window; `update` is called once a frame.

    Attributes:
        choosing: what the ten digits on the third card are for: LABEL, WHAT_IF_DIGIT, or None if
            they are not wanted.
        asked_label: a label for a digit whose reading is sure, which must be given twice.
    """

    def __init__(
        self, session: Session, explain: Callable[[Question], Answer], teacher: Teaching, notify: Callable[[], None]
    ) -> None:
        self.session = session
        self.why = Why(explain, notify)
        self.applying = Applying(notify)
        self._explain = explain
        self.lessons = Lessons(teacher, lambda: session.recognizer.model, self._read_with, notify)
        self.choosing: str | None = None
        self.asked_label: int | None = None
        self._asked_on = -1  # the version of the sheet that `choosing` and `asked_label` are about
        self._shown: tuple[object, ...] = ()
        self._outcome: object = None  # the last one seen, on which version of the sheet, and until when it stays at least
        self._seen_on, self._seen_until, self._now = -1, 0.0, 0.0
        self._model: Any = None

    # ── why and what if
    # ──────────────────────────────────────────────────────────────────────────────────────────────────

    def cycle_why(self) -> None:
        """Off, by gradient, by occlusion, off."""
        self._choose(None)
        self.why.cycle()

    def choose_what_if(self) -> None:
        """Show ten digits to ask "what if" about, or hide them."""
        self._choose(None if self.choosing == WHAT_IF_DIGIT else WHAT_IF_DIGIT)
        if self.digit is None:
            self._choose(None)
            self.session.say("Draw a digit first, then ask what would make it another")

    def what_if(self, k: int) -> None:
        """What would make it a k?"""
        self._choose(None)
        digit = self.digit
        if digit is not None and digit.verdict == "sure" and digit.digit == k:
            self.why.leave()
            self.session.say(f"It is read as {a_digit(k)} already")
            return
        self.why.what_if(k)

    def make_it_so(self) -> None:
        """Change the drawing as "what if" says, so that the reading flips."""
        if not self.shows_what_if or self.why.answered is None:
            self.session.say("Ask what would make it another digit first")
            return
        canvas = self.session.canvas
        self.applying.start(*self.why.answered, canvas.version, canvas.ink(), self.session.recognizer.reader, self._explain)

    def _take_changed_drawing(self) -> None:
        found = self.applying.take()
        if found is None:
            return
        question, version, patch = found
        if patch is None:
            self.session.say_problem(f"No change of the drawing was found that is read as {a_digit(question.k)}")
        elif version == self.session.canvas.version:
            self.why.leave()
            self.session.apply(patch)
            self.session.forget_problem()

    def leave(self) -> bool:
        """Stop asking; returns whether something was asked."""
        was_choosing = self.choosing is not None or self.asked_label is not None
        self._choose(None)
        return self.why.leave() or was_choosing

    def _choose(self, what: str | None) -> None:
        self.choosing, self.asked_label = what, None
        self._asked_on = self.session.canvas.version
        self.session.changes.add("reading")

    # ── lessons
    # ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def choose_label(self) -> None:
        """Show ten digits to say what it is, or hide them."""
        self._choose(None if self.choosing == LABEL else LABEL)
        if self.digit is None:
            self._choose(None)
            self.session.say("Draw a digit first, then teach what it is")

    def teach(self, label: int) -> None:
        """The selected digit is a `label`: keep and teach it. If its reading is sure, ask once
        whether that is meant. While ten digits are shown for "what if", a digit's key chooses one
        of them.
        """
        self.session.pen_up()
        if self.choosing == WHAT_IF_DIGIT:
            self.what_if(label)
            return
        digit = self.digit
        if digit is None:
            self.session.say(f"Draw a digit first; then {label} teaches that it is {a_digit(label)}")
            return
        if digit.verdict == "sure" and self.asked_label != label:
            self._choose(LABEL)
            self.asked_label = label
            return
        self._choose(None)
        self.why.leave()
        self.lessons.teach(Lesson(label, digit.ink, digit.image))

    def undo_lesson(self) -> None:
        """Stop the lesson under way, or undo the last one."""
        self.lessons.undo_lesson()
        self.session.changes.add("reading")

    def close_outcome(self) -> None:
        """Stop showing how the last lesson ended."""
        self._seen_on, self._seen_until = -1, 0.0
        self.session.changes.add("reading")

    def forget(self, path: Path) -> None:
        """Forget a kept drawing."""
        self.lessons.forget(path)

    # ── what to show
    # ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def digit(self) -> Any:
        """The digit that is looked at; None while there is none, or while it was not read yet."""
        session = self.session
        return session.digits[session.selected] if session.digits and session.state in ("sure", "unsure") else None

    @property
    def shows_lesson(self) -> bool:
        """Whether to show the lesson: while it goes on, and then for some seconds and until the
        sheet changes.
        """
        stays = self._seen_on == self.session.canvas.version or self._now < self._seen_until
        return self.lessons.is_busy or (self.lessons.outcome is not None and stays and self.choosing is None)

    @property
    def shows_what_if(self) -> bool:
        """Whether there is an answer to "what if", about what is on the sheet now."""
        return self.why.way == WHAT_IF and self.why.answered is not None and self.why.is_current

    @property
    def shows_labels(self) -> bool:
        """Whether to ask what the digit is: when that was wanted, and whenever its reading is not
        sure.
        """
        digit = self.digit
        doubtful = digit is not None and digit.verdict != "sure" and not self.session.canvas.is_drawing
        return self.choosing == LABEL or (doubtful and self.why.way is None and self.choosing is None)

    @property
    def taught(self) -> str:
        """What follows the model's name."""
        drawings = getattr(self.session.recognizer.model, "card", {}).get("drawings", 0)
        return f", taught {counted(drawings, 'drawing')}" if drawings else ""

    def update(self, now: float) -> None:
        """Advance to the time `now` in seconds: pass on what is looked at, and note what must be
        drawn again.

        With another model, the sheet is read again.

        Raises:
            Exception: an unexpected one of a thread.
        """
        self._now = now
        for failure in (self.why.failure, self.lessons.failure):
            if failure is not None:
                raise failure
        self._take_changed_drawing()
        if self.lessons.outcome is not self._outcome:
            self._outcome = self.lessons.outcome
            self._seen_on, self._seen_until = self.session.canvas.version, now + OUTCOME_SECONDS
            if self.lessons.outcome is not None and not self.lessons.outcome.problem:
                self.session.forget_problem()
        if self._asked_on != self.session.canvas.version and (self.choosing or self.asked_label is not None):
            self._choose(None)
        model = self.session.recognizer.model
        if model is not self._model:
            if self._model is not None:
                self.session.read_again()
            self._model = model
            self.session.changes.add("tools")
        self.why.follow(model, self.digit)
        self._note_changes()

    def _note_changes(self) -> None:
        lessons = self.lessons
        what_if = self.why.answered if self.shows_what_if else None
        lesson = (self.shows_lesson, lessons.phase, round(100 * lessons.part), lessons.outcome, lessons.changes)
        shown = (self.why.way, what_if, *lesson, self.shows_labels, self.choosing, self.asked_label)
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
