"""The keyboard's focus: which button, or the sheet, the keys go to; and a pen that is moved with
the arrows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pygame

from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH
from apps.draw.session import Session
from apps.draw.toolkit import shapes
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons

SHEET = "the sheet"
STEP, LONG_STEP = 8.0, 32.0  # sheet units that an arrow moves the pen; with Shift
PAUSE, SPEED = 0.25, 240.0  # seconds after which an arrow that is held goes on, and sheet units in a second
ARROWS = {pygame.K_LEFT: (-1, 0), pygame.K_RIGHT: (1, 0), pygame.K_UP: (0, -1), pygame.K_DOWN: (0, 1)}
PRESS = (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_SPACE)


class Focus:
    """Nothing at first; Tab moves it. A button keeps it by its action, however often it is made
    anew.
    """

    def __init__(self) -> None:
        self.action: str | None = None

    def move(self, groups: Sequence[Buttons], step: int, with_sheet: bool) -> None:
        """Go to the next stop, or to the one before."""
        stops = [SHEET] if with_sheet else []
        stops += [button.action for group in groups for button in group if button.is_shown and button.enabled]
        stops = list(dict.fromkeys(stops))
        if not stops:
            self.action = None
        elif self.action in stops:
            self.action = stops[(stops.index(self.action) + step) % len(stops)]
        else:
            self.action = stops[0] if step > 0 else stops[-1]

    def button(self, groups: Sequence[Buttons]) -> Button | None:
        """The button that has the focus, if it is there now."""
        found = (button for group in groups for button in group if button.action == self.action and button.is_shown)
        return next(found, None)


class KeyboardPen:
    """A pen on the sheet without a mouse: the arrows move it, Space puts it down and lifts it. It
    goes on while an arrow is held, and slantwise while two are.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.at = (SHEET_WIDTH / 2, SHEET_HEIGHT / 2)
        self._held: dict[int, float] = {}  # arrows, and since when they are held
        self._now = 0.0

    def key(self, key: int, shift: bool) -> bool:
        """Take a key; returns whether it was one of the pen's."""
        if key in PRESS:
            if self.session.canvas.is_drawing:
                self.session.pen_up()
            else:
                self.session.pen_down(self.at)
            return True
        if key not in ARROWS:
            return False
        step = LONG_STEP if shift else STEP
        if not self._goes_on(self._now):  # an arrow that joins one that moves the pen only turns it
            self._move(step * ARROWS[key][0], step * ARROWS[key][1])
        self._held[key] = self._now
        return True

    def release(self, key: int | None) -> None:
        """An arrow is not held any more; None: nothing is."""
        self._held = {} if key is None else {each: since for each, since in self._held.items() if each != key}

    @property
    def is_moving(self) -> bool:
        """Whether the pen may go on although no key is pressed anew."""
        return bool(self._held)

    def update(self, now: float) -> bool:
        """Advance to the time `now` in seconds; returns whether the pen went on."""
        elapsed, self._now = min(now - self._now, PAUSE), now
        if not self._goes_on(now):
            return False
        across, down = (sum(ARROWS[key][axis] for key in self._held) for axis in (0, 1))
        way = SPEED * elapsed / (math.hypot(across, down) or 1.0)
        self._move(way * across, way * down)
        return True

    def _goes_on(self, now: float) -> bool:
        return any(now - since >= PAUSE for since in self._held.values())

    def _move(self, across: float, down: float) -> None:
        self.at = (
            min(max(self.at[0] + across, 0.0), float(SHEET_WIDTH)),
            min(max(self.at[1] + down, 0.0), float(SHEET_HEIGHT)),
        )
        self.session.pen_move(self.at)


def draw_ring(surface: pygame.Surface, look: Look, rect: pygame.Rect) -> None:
    """The ring around what has the focus."""
    around = rect.inflate(2 * look.px(3), 2 * look.px(3)).clip(surface.get_rect())
    shapes.frame(surface, around, look.px(10), look.palette.accent, look.px(2))
