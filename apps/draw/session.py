"""All that the window does, without the window: pen, brush, reading, messages and the title. No
Pygame.

`changes` collects what must be drawn again ("ink", "reading", "tools", "message", "bars"); the
window empties it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from apps.draw.drawing.tools import Tools
from apps.draw.files.opener import Opener
from apps.draw.files.pictures import save_drawing
from apps.draw.reading.bars import Bars
from apps.draw.reading.recognizer import Recognizer
from apps.draw.wording import percent, reason_of

NAME = "Draw a digit"
MESSAGE_SECONDS = 4.0
PROBLEM_SECONDS = 8.0
PULSE_SECONDS = 0.4


class Session(Tools):
    """One sheet, one model, one person."""

    def __init__(self, recognizer: Recognizer, folder: Path, wake: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.recognizer = recognizer
        self.folder = folder
        self.insides: tuple[Any, ...] = ()  # of every digit, while somebody looks inside
        self.reading: Any = None  # None while nothing was read from what is on the sheet
        self.read_seconds = 0.0
        self.second_look: tuple[int, int] | None = None  # after Recognise: in how many of how many views it is read the same
        self.message = ""
        self.message_is_problem = False
        self.pulse = 0.0  # 1 just after Recognise was pressed, then fading to 0
        self._bars = Bars()
        self._opener = Opener(wake)
        self._ready = False
        # The version of the canvas that was last given to the recognizer (-1: ask again), and the
        # last one without ink: an answer about an older version is out of date.
        self._asked = self._blank_since = 0
        self._look_again = False
        self._message_until = 0.0
        self._now = 0.0
        self._hovered: int | None = None

    # ── files
    # ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def save(self) -> None:
        """Save the drawing under a new name in the folder and say where."""
        self.pen_up()
        if not self.canvas.has_ink:
            self.say("Nothing to save yet: the sheet is empty")
            return
        try:
            path = save_drawing(self.canvas.drawing.visible(), self.folder)
        except OSError as error:
            self.say_problem(f"Not saved: {reason_of(error)} ({self.folder})")
        else:
            self.say(f"Saved as {path.name} in {path.parent}")

    def open(self, path: str) -> None:
        """Read an image file in the background; it replaces the sheet when it is ready."""
        self._opener.open(path)

    def _take_opened(self) -> None:
        for opened in self._opener.take():
            if isinstance(opened, str):
                self.say_problem(opened)
            else:
                self.canvas.open(opened)
                self._last_point = None
                self.forget_problem()
                self._changed_sheet(True)

    def say(self, message: str) -> None:
        """Show one sentence for a few seconds."""
        self._show_message(message, False, MESSAGE_SECONDS)

    def say_problem(self, message: str) -> None:
        """Show why something failed, its reason first; it stays until the next message, but not
        after a success.
        """
        self._show_message(message, True, PROBLEM_SECONDS)

    def forget_problem(self) -> None:
        """Something succeeded: what failed before it is no news any more."""
        if self.message_is_problem:
            self._show_message("", False, 0.0)

    def _show_message(self, message: str, is_problem: bool, seconds: float) -> None:
        self.message, self.message_is_problem, self._message_until = message, is_problem, self._now + seconds
        self.changes.add("message")

    # ── reading
    # ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def recognise(self) -> None:
        """Read again, and look at the drawing in several views, to see whether they all say the
        same.
        """
        self.pen_up()
        self._asked, self._look_again = -1, True
        self.pulse = 1.0
        self.changes.add("reading")

    def read_again(self) -> None:
        """Read what is on the sheet once more, as with another model."""
        self._asked = -1

    def look_inside(self, wanted: bool) -> None:
        """Follow what is read through the network's layers from now on, or stop doing so."""
        self.recognizer.looking = wanted
        self.insides = ()
        if wanted:
            self._asked = -1

    @property
    def inside(self) -> Any:
        """What happens in the network to the selected digit, or to an empty image; None until
        somebody looks.
        """
        wanted = max(0, self.selected)
        return self.insides[wanted] if wanted < len(self.insides) else None

    @property
    def bars(self) -> np.ndarray:
        """The lengths (10,) of the bars now."""
        return self._bars.lengths

    @property
    def state(self) -> str:
        """What to show: "blank", "waiting" for the first answer, "sure" or "unsure"."""
        if self._blank_since == self.canvas.version:
            return "blank"
        if self.reading is None:
            return "waiting"
        return str(self.reading.verdict)

    @property
    def digits(self) -> tuple[Any, ...]:
        """The digits that were read, left to right."""
        return () if self.reading is None else tuple(self.reading.digits)

    @property
    def title(self) -> str:
        """The window's title: it starts with what was read."""
        if self.state not in ("sure", "unsure"):
            return NAME
        if self.state == "unsure":
            return f"? - {NAME}"
        if len(self.digits) == 1:
            return f"{self.reading.number} ({percent(self.digits[0].probability)}) - {NAME}"
        return f"{self.reading.number} - {NAME}"

    def hover(self, index: int | None) -> None:
        """Look at this digit as long as the pointer is there; None goes back to the chosen one or
        the one drawn last.
        """
        if index != self._hovered:
            self._hovered = index
            self.changes.add("reading")

    def choose(self, index: int) -> None:
        """Look at this digit until the pen draws on."""
        self._chosen, self._hovered = index, None
        self.changes.add("reading")

    def choose_before(self) -> None:
        """Look at the digit on the left."""
        self._choose_beside(-1)

    def choose_after(self) -> None:
        """Look at the digit on the right."""
        self._choose_beside(1)

    def _choose_beside(self, step: int) -> None:
        if len(self.digits) > 1:
            self.choose((self.selected + step) % len(self.digits))

    @property
    def selected(self) -> int:
        """Which digit is looked at: the hovered one, else the chosen one, else the one the pen
        left last, else the last.
        """
        count = len(self.digits)
        for wanted in (self._hovered, self._chosen):
            if wanted is not None and wanted < count:
                return wanted
        if self._last_point is not None and count > 1:
            x = self._last_point[0] * self.canvas.reading.scale
            return min(range(count), key=lambda i: abs((self.digits[i].box[0] + self.digits[i].box[2]) / 2 - x))
        return count - 1

    def update(self, now: float) -> None:
        """Advance to the time `now` in seconds: take answers, ask questions, move messages and
        bars.
        """
        elapsed, self._now = max(0.0, now - self._now), now
        self._take_opened()
        self._exchange()
        if self.message and now > self._message_until:
            self._show_message("", False, 0.0)
        if self.pulse:
            self.pulse = max(0.0, self.pulse - elapsed / PULSE_SECONDS)
            self.changes.add("reading")
        if self._bars.move(self._bar_goal(), elapsed):
            self.changes.add("bars")

    @property
    def is_moving(self) -> bool:
        """Whether the next frame will differ from this one although nobody does anything."""
        return bool(self.pulse) or self.canvas.is_drawing or not self._bars.rest_at(self._bar_goal())

    @property
    def is_read(self) -> bool:
        """Whether what is on the sheet now has been read."""
        looked = bool(self.insides) or not self.recognizer.looking
        return self._asked == self.canvas.version and self.recognizer.is_idle and looked

    @property
    def is_settled(self) -> bool:
        """Whether it has been read and everything shown has come to rest."""
        return self.is_read and not self.is_moving

    def _exchange(self) -> None:
        answer = self.recognizer.take()
        if answer is not None and answer.version >= self._blank_since:
            self.insides = answer.insides
            if answer.version > self._blank_since:
                self.reading, self.read_seconds, self.second_look = answer.reading, answer.seconds, answer.second_look
            self.changes.add("reading")
        if self.recognizer.is_ready != self._ready:
            self._ready = self.recognizer.is_ready
            self.changes |= {"reading", "tools"}
        if self._asked == self.canvas.version:
            return
        self._asked = self.canvas.version
        if self.canvas.has_ink or self.recognizer.looking:
            self.recognizer.submit(self.canvas.version, self.canvas.ink(), self.canvas.strokes(), self._look_again)
        self._look_again = False
        if not self.canvas.has_ink:
            self._blank_since = self.canvas.version
            self.reading = None
        self.changes.add("reading")

    def _bar_goal(self) -> np.ndarray:
        if not self.digits:
            return np.zeros(10)
        return np.asarray(self.digits[self.selected].probabilities, dtype=float)
