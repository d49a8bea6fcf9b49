"""Lessons in the background: the digit that was misread is kept, and the network taught. No Pygame.

A thread takes one wish after another: a lesson, or to take the last one back. The pen and the reading go on meanwhile. When a
lesson is done, the recognizer's model is replaced as a whole, and the one before is kept, so that taking back is exact.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nn.errors import InputError

IDLE, PREPARING, LEARNING, CHECKING = "idle", "preparing", "learning", "checking"


@dataclass(frozen=True)
class Lesson:
    """A digit of a drawing, its ink (H, W) and what the network saw (28, 28), and what it is."""

    label: int
    ink: np.ndarray
    image: np.ndarray


@dataclass(frozen=True)
class Said:
    """What a model says about an image: its best guess, and the probability of that."""

    digit: int
    probability: float


@dataclass(frozen=True)
class Outcome:
    """How a lesson ended: what the network said before and says now, and the share of test images read before and now.

    `problem` is a sentence if there was none; `taken_back` is true if it was undone.
    """

    label: int
    before: Said | None = None
    after: Said | None = None
    accuracy_before: float | None = None
    accuracy_after: float | None = None
    problem: str = ""
    taken_back: bool = False


class Teaching(Protocol):
    """What does the work (`apps.draw.teaching.teacher.Teacher`)."""

    def keep(self, lesson: Lesson) -> Path:
        """Keep the drawing."""

    def forget(self, path: Path) -> None:
        """Throw the drawing away."""

    def prepare(self, model: Any) -> None:
        """Load and compile what a lesson needs; `model` is what is read with now."""

    def teach(self, progress: Callable[[float], None], stop: threading.Event) -> Any:
        """A model that was taught all kept drawings, or None."""

    def check(self, model: Any) -> float | None:
        """The share of the test images that a model reads."""

    def ask(self, model: Any, image: np.ndarray) -> Said:
        """What a model says about an image."""

    def remember(self, model: Any) -> None:
        """Read with this model from now on, also the next time the window opens."""


@dataclass
class _Past:
    """What it takes to take a lesson back."""

    model: Any
    path: Path
    label: int
    accuracy: float | None = None


class Lessons:
    """`current()` is the model that is read with, `replace(model)` is told the one to read with from now on.

    `notify()` is called, in the thread, when there is something new to show.

    Attributes:
        phase: what the thread does now, IDLE or one of the others; `part` of the lesson about `label` is done.
        outcome: how the last wish ended; None at first and while a lesson is under way.
        failure: what nobody expected, carried here to be raised where it can be shown.
    """

    def __init__(
        self, teacher: Teaching, current: Callable[[], Any], replace: Callable[[Any], None], notify: Callable[[], None]
    ) -> None:
        self.teacher = teacher
        self._current, self._replace, self._notify = current, replace, notify
        self.phase, self.part, self.label = IDLE, 0.0, 0
        self.outcome: Outcome | None = None
        self.failure: Exception | None = None
        self._past: list[_Past] = []
        self._wishes: queue.SimpleQueue[Lesson | str | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def teach(self, lesson: Lesson) -> None:
        """Wish for a lesson; it begins when those before are done."""
        self._wish(lesson)

    def take_back(self) -> None:
        """Stop the lesson that is under way, or else take the last one of this session back."""
        if self.phase != IDLE:
            self._stop.set()
        else:
            self._wish("take back")

    def close(self) -> None:
        """Let the thread end as soon as it can."""
        self._closing = True
        self._stop.set()
        self._wishes.put(None)

    def join(self) -> None:
        """Wait for the thread's end."""
        if self._thread is not None:
            self._thread.join()

    @property
    def is_busy(self) -> bool:
        """Whether a lesson is under way."""
        return self.phase != IDLE

    def _wish(self, wish: Lesson | str) -> None:
        self._wishes.put(wish)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lessons", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            while (wish := self._wishes.get()) is not None:
                self._stop = threading.Event()
                if self._closing:
                    return
                if isinstance(wish, Lesson):
                    self.outcome, self.label = None, wish.label
                    self.outcome = self._taught(wish)
                else:
                    self.outcome = self._taken_back()
                self._turn_to(IDLE)
        except Exception as failure:  # carried to the window's thread
            self.failure = failure
            self._turn_to(IDLE)

    def _turn_to(self, phase: str, part: float = 0.0) -> None:
        self.phase, self.part = phase, part
        self._notify()

    def _taught(self, lesson: Lesson) -> Outcome:
        """One lesson, from keeping the drawing to reading with the new model."""
        self._turn_to(PREPARING)
        path: Path | None = None
        try:
            path = self.teacher.keep(lesson)
            old = self._current()
            self.teacher.prepare(old)
            before = self.teacher.check(old)
            self._turn_to(LEARNING)
            new = self.teacher.teach(lambda part: self._turn_to(LEARNING, part), self._stop)
            if new is None:
                self.teacher.forget(path)
                return Outcome(lesson.label, problem="Stopped; nothing was changed")
            self._turn_to(CHECKING, 1.0)
            after = self.teacher.check(new)
            said = self.teacher.ask(old, lesson.image), self.teacher.ask(new, lesson.image)
            self.teacher.remember(new)
        except (InputError, OSError, ArithmeticError) as error:
            if path is not None:
                with contextlib.suppress(OSError):
                    self.teacher.forget(path)
            return Outcome(lesson.label, problem=f"Not taught: {error}")
        self._past.append(_Past(old, path, lesson.label, before))
        self._replace(new)
        return Outcome(lesson.label, *said, before, after)

    def _taken_back(self) -> Outcome:
        """Back to the model before the last lesson; its drawing is forgotten."""
        if not self._past:
            return Outcome(0, problem="There is no lesson of this session to take back")
        past = self._past.pop()
        self._replace(past.model)
        try:
            self.teacher.forget(past.path)
            self.teacher.remember(past.model)
        except OSError as error:
            return Outcome(past.label, problem=f"Taken back, but not in the folder: {error}")
        return Outcome(past.label, accuracy_after=past.accuracy, taken_back=True)
