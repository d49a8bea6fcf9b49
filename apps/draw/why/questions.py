"""Why a digit is read as it is, answered in the background: which ink speaks for it, and what
would make it another. No Pygame.

`Why` holds the question (a way of asking, and for "what if" the wanted digit) and the newest
answer. Like the recognizer it answers the newest question only; the pen never waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

GRADIENT, OCCLUSION, WHAT_IF = "gradient", "occlusion", "what if"
NEXT = {None: GRADIENT, GRADIENT: OCCLUSION, OCCLUSION: None, WHAT_IF: GRADIENT}
NETWORK_SIDE = 28  # pixels of what the network sees


@dataclass(frozen=True, eq=False)
class Question:
    """About one digit of a reading: in which way, about which class, and by which model."""

    way: str
    k: int
    digit: Any
    model: Any

    def same(self, other: Question | None) -> bool:
        """Whether the answer would be the same."""
        return (
            other is not None
            and (self.way, self.k, self.model) == (other.way, other.k, other.model)
            and self.digit.box == other.digit.box
            and np.array_equal(self.digit.image, other.digit.image)
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """Values (28, 28) for the image that the network sees: above 0 for class k, below 0 against
    it; for "what if" the ink to add and to remove.

    `before` and `after` are the network's probabilities of class k, without and with those
    changes.
    """

    values: np.ndarray
    before: float = 0.0
    after: float = 0.0


def explain(question: Question) -> Answer:
    """The answer of `nn.inspection.attribution`."""
    from nn.inspection import attribution

    model, image, k = question.model, question.digit.image, question.k
    if question.way == WHAT_IF:
        found = attribution.what_if(model, image, k)
        return Answer(found.image - image, found.before, found.after)
    ask = attribution.saliency if question.way == GRADIENT else attribution.occlusion
    return Answer(ask(model, image, k))


class Why:
    """Off at first. `notify()` is called, in the thread, when an answer is there."""

    def __init__(self, explain: Callable[[Question], Answer], notify: Callable[[], None]) -> None:
        self._explain, self._notify = explain, notify
        self.way: str | None = None
        self.wanted = 0  # the digit that "what if" is about
        self.answered: tuple[Question, Answer] | None = None
        self.failure: Exception | None = None  # raised again in the window's thread
        self._asked: Question | None = None
        self._taken: Question | None = None  # the one that the thread took up last
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def cycle(self) -> None:
        """Off, by gradient, by occlusion, off."""
        self._turn_to(NEXT[self.way])

    def what_if(self, k: int) -> None:
        """Ask what would make it a k; asking the same again switches off."""
        off = self.way == WHAT_IF and self.wanted == k
        self.wanted = k
        self._turn_to(None if off else WHAT_IF)

    def leave(self) -> bool:
        """Off; returns whether it was on."""
        was_on = self.way is not None
        self._turn_to(None)
        return was_on

    def _turn_to(self, way: str | None) -> None:
        self.way = way
        self._forget()

    def _forget(self) -> None:
        with self._changed:
            self.answered = self._asked = None

    def follow(self, model: Any, digit: Any) -> None:
        """Ask about this digit of the reading (None: there is none), unless that has been asked."""
        if self.way is None or digit is None or model is None:
            self._forget()
            return
        question = Question(self.way, self.wanted if self.way == WHAT_IF else digit.digit, digit, model)
        if not question.same(self._asked):
            with self._changed:
                self._asked = question
                self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="why", daemon=True)
                self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the newest question has been answered."""
        return self._asked is None or (self.answered is not None and self._asked.same(self.answered[0]))

    def close(self) -> None:
        """Let the thread end after what it does now."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def join(self) -> None:
        """Wait for the thread's end."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while (question := self._next()) is not None:
                answer = self._explain(question)
                with self._changed:
                    if self._asked is not None and (question.way, question.k) == (self._asked.way, self._asked.k):
                        self.answered = question, answer
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


def square_of(digit: Any) -> tuple[float, float, float]:
    """Where the network's image lies in the drawing: its left and top in the drawing's pixels, and
    how many of them one of its pixels is wide.

    Preprocessing fits the ink's box into the image and moves it as a whole, so both boxes have the
    same middle and proportions.
    """
    from nn.reading.geometry import ink_box

    left, top, right, bottom = digit.box
    seen = ink_box(digit.image)
    if seen is None:
        return float(left), float(top), max(right - left, bottom - top) / NETWORK_SIDE
    scale = max(right - left, bottom - top) / max(seen[2] - seen[0], seen[3] - seen[1])
    middle = (seen[0] + seen[2]) / 2, (seen[1] + seen[3]) / 2
    return (left + right) / 2 - scale * middle[0], (top + bottom) / 2 - scale * middle[1], scale
