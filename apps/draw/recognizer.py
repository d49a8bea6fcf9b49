"""Reading in the background: the pen never waits for the network, and the network never reads old ink.

One thread loads the model and then reads whatever was submitted last; what was submitted in between is skipped. While somebody
looks inside, it also follows every digit that it read through the layers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

EMPTY = np.zeros((28, 28), np.float32)


@dataclass(frozen=True)
class Answer:
    """What was read from the ink of one version of the canvas, and in how many seconds.

    `insides` holds what happened in the network to each digit (without digits: to an empty image), if anybody was looking.
    """

    version: int
    reading: Any
    seconds: float
    insides: tuple[Any, ...] = ()


class Recognizer:
    """`load()` makes a model, `read(model, ink)` reads ink (H, W) float32 in [0, 1] with it.

    `look_inside(model, image)` follows an image (28, 28) through the network; it is called while `looking` is true.
    `notify()` is called, in the thread, when something is new: the model, an answer, a failure.
    """

    def __init__(
        self,
        load: Callable[[], Any],
        read: Callable[[Any, np.ndarray], Any],
        notify: Callable[[], None],
        look_inside: Callable[[Any, np.ndarray], Any] = lambda model, image: None,
    ) -> None:
        self._load, self._read, self._notify, self._look_inside = load, read, notify, look_inside
        self.looking = False
        self._seen: list[tuple[np.ndarray, Any]] = []
        self._seen_version = -1
        self._changed = threading.Condition()
        self._wanted: tuple[int, np.ndarray] | None = None
        self._is_reading = False
        self._answer: Answer | None = None
        self._failure: Exception | None = None
        self._closing = False
        self.model: Any = None
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

    def submit(self, version: int, ink: np.ndarray) -> None:
        """Ask for a reading of ink (H, W) uint8, 255 is ink, which must not change any more.

        It replaces a question that was not taken up yet.
        """
        with self._changed:
            self._wanted = version, ink
            self._changed.notify()

    def take(self) -> Answer | None:
        """The newest answer, once.

        Raises:
            Exception: what loading or reading raised, here where it can be shown.
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
            self.model = self._load()
            self._notify()
            while (question := self._next()) is not None:
                version, ink = question
                start = time.perf_counter()
                reading = self._read(self.model, ink * np.float32(1 / 255))
                seconds = time.perf_counter() - start
                insides = self._looks(version, [digit.image for digit in reading.digits] or [EMPTY]) if self.looking else ()
                with self._changed:
                    self._answer, self._is_reading = Answer(version, reading, seconds, insides), False
                self._notify()
        except Exception as failure:  # carried to the thread that asked, and raised there
            with self._changed:
                self._failure = failure
            self._notify()

    def _looks(self, version: int, images: list[np.ndarray]) -> tuple[Any, ...]:
        """The insides of images; those that the last ink held already are not computed anew, unless it is the same ink again."""
        known = [] if version == self._seen_version else self._seen
        self._seen_version, self._seen = version, [(image, self._inside_of(image, known)) for image in images]
        return tuple(inside for _, inside in self._seen)

    def _inside_of(self, image: np.ndarray, known: list[tuple[np.ndarray, Any]]) -> Any:
        same = (inside for seen, inside in known if np.array_equal(seen, image))
        return next(same, None) or self._look_inside(self.model, image)

    def _next(self) -> tuple[int, np.ndarray] | None:
        with self._changed:
            while self._wanted is None and not self._closing:
                self._changed.wait()
            question, self._wanted, self._is_reading = self._wanted, None, True
            return None if self._closing else question
