"""Answers in the background, always to the newest question; older ones that nobody waits for are
skipped. No Pygame.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Newest(Generic[Question, Answer]):
    """Computes `answer(question)` in a thread, and calls `notify()` there.

    Attributes:
        answered: the question that was answered last, and its answer.
        failure: an unexpected exception, to be raised in the window's thread.
    """

    def __init__(self, answer: Callable[[Question], Answer], notify: Callable[[], None]) -> None:
        self._answer, self._notify = answer, notify
        self.answered: tuple[Question, Answer] | None = None
        self.failure: Exception | None = None
        self._asked: Question | None = None
        self._taken: Question | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def ask(self, question: Question | None) -> None:
        """Ask; None takes the question back."""
        with self._changed:
            self._asked = question
            self._changed.notify()
        if question is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="answers", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Let the thread end after what it is doing."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def _run(self) -> None:
        try:
            while (question := self._next()) is not None:
                self.answered = question, self._answer(question)
                self._notify()
        except Exception as failure:  # raised again in the window's thread
            self.failure = failure
            self._notify()

    def _next(self) -> Question | None:
        with self._changed:
            while not self._closing and (self._asked is None or self._asked is self._taken):
                self._changed.wait()
            self._taken = self._asked
            return None if self._closing else self._taken
