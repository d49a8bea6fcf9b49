"""Reading in the background: the pen never waits for the network, and the network never reads old
ink.

One thread loads the model and then reads the newest drawing that was submitted; older ones are
skipped. While somebody looks inside, it also follows every digit that it read through the layers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apps.draw.drawing.strokes import Stroke
from nn.errors import InputError

Strokes = tuple[Stroke, ...]

EMPTY = np.zeros((28, 28), np.float32)


@dataclass(frozen=True)
class Answer:
    """What was read from the ink of one version of the canvas, and in how many seconds.

    `insides` holds what happened in the network to each digit (without digits: to an empty image),
    if anybody was looking. `second_look` says how many of how many views were read the same, if
    that was asked for.
    """

    version: int
    reading: Any
    seconds: float
    insides: tuple[Any, ...] = ()
    second_look: tuple[int, int] | None = None


@dataclass(frozen=True)
class Reader:
    """What the window does with a model; plain functions, so that tests can replace each.

    Attributes:
        load: makes the model.
        read: reads ink (H, W) float32 in [0, 1], drawn with these strokes (none for a picture).
        look_inside: follows an image (28, 28) through the network.
        look_again: reads several views of an ink (H, W) that was read as these digits; how many of
            how many say the same.
    """

    load: Callable[[], Any]
    read: Callable[[Any, np.ndarray, Strokes], Any]
    look_inside: Callable[[Any, np.ndarray], Any] = lambda model, image: None
    look_again: Callable[[Any, Any], tuple[int, int]] = lambda model, reading: (1, 1)


@dataclass(frozen=True)
class _Question:
    version: int
    ink: np.ndarray
    strokes: Strokes
    look_again: bool


class Recognizer:
    """Reads with a `Reader` in a thread of its own.

    `notify()` is called, in the thread, when something is new: the model, an answer, a failure.

    Attributes:
        looking: whether somebody looks inside, so that each digit that is read is also followed
            through the layers (`Answer.insides`). The window sets it.
        model: what is read with; None until it is loaded. May be replaced at any time.
        refused: why the model cannot be used, in one sentence; empty if it can.
    """

    def __init__(self, reader: Reader, notify: Callable[[], None]) -> None:
        self.reader, self._notify = reader, notify
        self.looking = False
        self._seen: list[tuple[np.ndarray, Any]] = []
        self._seen_version = -1
        self._changed = threading.Condition()
        self._wanted: _Question | None = None
        self._is_reading = False
        self._answer: Answer | None = None
        self._failure: Exception | None = None
        self._closing = False
        self.model: Any = None
        self.refused = ""
        self._thread = threading.Thread(target=self._run, name="recognizer", daemon=True)

    def start(self) -> None:
        """Begin to load the model."""
        self._thread.start()

    @property
    def is_ready(self) -> bool:
        """Whether the model is loaded."""
        return self.model is not None

    @property
    def is_idle(self) -> bool:
        """Whether all that was asked has been read, and the answer taken."""
        with self._changed:
            return self._wanted is None and not self._is_reading and self._answer is None

    def submit(self, version: int, ink: np.ndarray, strokes: Strokes = (), look_again: bool = False) -> None:
        """Ask for a reading of ink (H, W) uint8, 255 is ink, which must not change any more.

        It replaces a question that was not taken up yet.
        """
        with self._changed:
            self._wanted = _Question(version, ink, strokes, look_again)
            self._changed.notify()

    def load(self, load: Callable[[], Any]) -> None:
        """Load another model, after one that was refused."""
        self.reader, self.refused = replace(self.reader, load=load), ""
        with self._changed:
            self._changed.notify()

    def take(self) -> Answer | None:
        """The newest answer, once.

        Raises:
            Exception: what reading raised, here where it can be shown.
        """
        with self._changed:
            if self._failure is not None:
                raise self._failure
            answer, self._answer = self._answer, None
            return answer

    def close(self) -> None:
        """Let the thread end after what it does now."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def join(self) -> None:
        """Wait for the thread's end."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while self.model is None and not self._closing:
                self._load()
            while (question := self._next()) is not None:
                answer = self._answered(question)
                with self._changed:
                    self._answer, self._is_reading = answer, False
                self._notify()
        except Exception as failure:  # raised again in the window's thread, by `take`
            with self._changed:
                self._failure = failure
            self._notify()

    def _load(self) -> None:
        """Load the model; if it is refused, wait for another one to load."""
        try:
            self.model = self.reader.load()
        except (InputError, OSError) as error:
            self.refused = str(error)
        self._notify()
        with self._changed:
            while self.refused and not self._closing:
                self._changed.wait()

    def _answered(self, question: _Question) -> Answer:
        start = time.perf_counter()
        reading = self.reader.read(self.model, question.ink * np.float32(1 / 255), question.strokes)
        seconds = time.perf_counter() - start
        insides: tuple[Any, ...] = ()
        if self.looking:
            insides = self._looks(question.version, [digit.image for digit in reading.digits] or [EMPTY])
        second = self.reader.look_again(self.model, reading) if question.look_again and reading.digits else None
        return Answer(question.version, reading, seconds, insides, second)

    def _looks(self, version: int, images: list[np.ndarray]) -> tuple[Any, ...]:
        """What happens in the network to each image.

        While one draws, most digits of a number stay as they were: an image that the last version
        of the sheet had too is not followed again. If it is the same version, somebody asked to
        read it again, perhaps with another model, and everything is computed anew.
        """
        known = [] if version == self._seen_version else self._seen
        self._seen_version, self._seen = version, [(image, self._inside_of(image, known)) for image in images]
        return tuple(inside for _, inside in self._seen)

    def _inside_of(self, image: np.ndarray, known: list[tuple[np.ndarray, Any]]) -> Any:
        same = (inside for seen, inside in known if np.array_equal(seen, image))
        return next(same, None) or self.reader.look_inside(self.model, image)

    def _next(self) -> _Question | None:
        with self._changed:
            while self._wanted is None and not self._closing:
                self._changed.wait()
            question, self._wanted, self._is_reading = self._wanted, None, True
            return None if self._closing else question
