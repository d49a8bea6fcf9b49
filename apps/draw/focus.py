"""The keyboard's focus: which button, or the sheet, the keys go to; and a pen that is moved with
the arrows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH
from apps.draw.session import Session
from apps.draw.toolkit import shapes
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons

SHEET = "the sheet"
STEP, LONG_STEP = 8.0, 32.0  # sheet units that an arrow moves the pen; with Shift
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
    """A pen on the sheet without a mouse: the arrows move it, Space puts it down and lifts it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.at = (SHEET_WIDTH / 2, SHEET_HEIGHT / 2)

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
        across, down = ARROWS[key]
        self.at = (
            min(max(self.at[0] + step * across, 0.0), float(SHEET_WIDTH)),
            min(max(self.at[1] + step * down, 0.0), float(SHEET_HEIGHT)),
        )
        self.session.pen_move(self.at)
        return True


def draw_ring(surface: pygame.Surface, look: Look, rect: pygame.Rect) -> None:
    """The ring around what has the focus."""
    around = rect.inflate(2 * look.px(3), 2 * look.px(3)).clip(surface.get_rect())
    shapes.frame(surface, around, look.px(10), look.palette.accent, look.px(2))
