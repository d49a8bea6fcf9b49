""" "What if", applied: the drawing is changed until the network reads it as the wanted digit. No
Pygame.

What the network sees is 28 × 28 pixels of a drawing that was cropped, fitted and centred. A change
of these pixels, drawn on the sheet, is cropped and fitted anew, so it rarely has quite the effect
that was computed. So the changed drawing is read again, and changed further, until the reading
flips.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from apps.draw.drawing.raster import Raster
from apps.draw.drawing.strokes import Patch
from apps.draw.reading.recognizer import Reader
from apps.draw.why.questions import NETWORK_SIDE, WHAT_IF, Answer, Question, square_of

ROUNDS = 6
MARGIN = 4  # of no change around one, where a larger window shows it smoothly
STRONGER = 1.15  # each round's changes, so that a change that is too weak on the sheet is not asked for again and again


def changed_drawing(
    question: Question, answer: Answer, ink: np.ndarray, reader: Reader, explain: Callable[[Question], Answer]
) -> Patch | None:
    """A change of the whole sheet that makes the network read the digit as the wanted one; None if
    none was found.

    `ink` (H, W) uint8 is what lies on the sheet, `answer` what would have to change in what the
    network sees.
    """
    middle = (question.digit.box[0] + question.digit.box[2]) / 2
    raster, best = Raster(1.0), None
    raster.ink[:] = ink
    for _ in range(ROUNDS):
        left, top, pixel = square_of(question.digit)
        values = np.clip(STRONGER * answer.values, -1, 1)
        raster.render([Patch(left, top, NETWORK_SIDE * pixel, values)], raster.ink.copy())
        reading = reader.read(question.model, raster.ink * np.float32(1 / 255), ())
        here = [digit for digit in reading.digits if digit.box[0] <= middle <= digit.box[2]]
        if len(here) != 1:
            break
        if here[0].digit == question.k:
            best = raster.ink.copy()
            if here[0].verdict == "sure":
                break
        question = Question(WHAT_IF, question.k, here[0], question.model)
        answer = explain(question)
    return None if best is None else _difference(ink, best)


def _difference(before: np.ndarray, after: np.ndarray) -> Patch | None:
    """The patch that turns one ink of the sheet into another; no larger than it must be, because
    it is kept for undoing.
    """
    rows, columns = (np.flatnonzero((before != after).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    top, bottom, left, right = (int(edge) for edge in (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1))
    side = max(bottom - top, right - left) + 2 * MARGIN
    values = np.zeros((side, side), np.float32)
    change = after[top:bottom, left:right].astype(np.float32) - before[top:bottom, left:right]
    values[MARGIN : MARGIN + bottom - top, MARGIN : MARGIN + right - left] = change / 255
    return Patch(float(left - MARGIN), float(top - MARGIN), float(side), values)


class Applying:
    """Looks for the changed drawing in a thread of its own; `notify()` is called there when it is
    done.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._thread: threading.Thread | None = None
        self._found: list[tuple[Question, int, Any]] = []

    @property
    def is_busy(self) -> bool:
        """Whether it is looking."""
        return self._thread is not None and self._thread.is_alive()

    def start(
        self,
        question: Question,
        answer: Answer,
        version: int,
        ink: np.ndarray,
        reader: Reader,
        explain: Callable[[Question], Answer],
    ) -> None:
        """Begin to look, unless it is looking already; `version` is the sheet's, returned with
        what was found.
        """

        def look() -> None:
            try:
                found: Any = changed_drawing(question, answer, ink, reader, explain)
            except Exception as failure:  # raised again in the window's thread
                found = failure
            self._found.append((question, version, found))
            self._notify()

        if not self.is_busy:
            self._thread = threading.Thread(target=look, name="make it so", daemon=True)
            self._thread.start()

    def take(self) -> tuple[Question, int, Patch | None] | None:
        """What was asked, for which version of the sheet, and the patch (None: there is none);
        once.

        Raises:
            Exception: what looking raised.
        """
        if not self._found:
            return None
        question, version, found = self._found.pop(0)
        if isinstance(found, Exception):
            raise found
        return question, version, found
