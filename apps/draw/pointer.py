"""Mouse, finger and pen: where they are, what they hold, and whether that is a button, the sheet
or the screen.

A finger or a pen that reports pressure draws a wider line the harder it presses. SDL also turns
fingers into mouse events; those are ignored. While one finger draws, others (the palm) do nothing.
"""

from __future__ import annotations

from typing import Protocol

import pygame

from apps.draw import display
from apps.draw.layout import Places
from apps.draw.session import Session
from apps.draw.sheet_view import SheetView
from apps.draw.toolkit.widgets import Buttons, share_along

LEFT, RIGHT = 1, 3
PRESSED = (0.6, 1.6)  # the narrowest and the widest line, as factors of the brush
STEADY = 0.7  # how much of the last pressure stays, so that the line's width does not jitter
LINGER = 0.6  # seconds after which a button under a resting pointer shows its tooltip

Position = tuple[int, int]


class Window(Protocol):
    """What the pointer needs of the window."""

    layout: Places
    session: Session
    sheet: SheetView

    @property
    def groups(self) -> list[Buttons]:
        """The buttons that can be pressed now; a panel's alone, while one is open."""

    @property
    def has_panel(self) -> bool:
        """Whether a panel lies over the window."""

    def perform(self, action: str) -> None:
        """Do what a button says."""

    def slide(self, action: str, share: float) -> None:
        """Move a slider."""

    def press(self, position: Position) -> None:
        """Something beside the sheet and the buttons was pressed."""

    def point(self, position: Position | None) -> int | None:
        """The pointer is beside the sheet and the buttons; returns the digit whose image is there."""

    def show_buttons(self) -> None:
        """A button looks different now."""


class Pointer:
    """One pointer in one window. A stroke begun on the sheet goes on wherever the pointer goes,
    until it is released.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.position: Position | None = None
        self._drawing_with: int | None = None  # the mouse's button, or -1 for a finger
        self._finger: tuple[int, int] | None = None
        self._pressure = 1.0
        self._cursor = ""

    def handle(self, event: pygame.event.Event) -> None:
        """Take an event of a mouse, a finger or a pen."""
        if event.type in (pygame.FINGERDOWN, pygame.FINGERMOTION, pygame.FINGERUP):
            self._touch(event)
        elif getattr(event, "touch", False):
            return
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (LEFT, RIGHT):
            self._down(event.pos, event.button)
        elif event.type == pygame.MOUSEBUTTONUP and event.button in (LEFT, RIGHT):
            self._up(event.pos, event.button)
        elif event.type == pygame.MOUSEMOTION:
            self._move(event.pos, event.buttons)
        elif event.type == pygame.MOUSEWHEEL:
            self.window.session.brush_by(max(-3, min(3, event.y)))
        elif event.type in (pygame.WINDOWLEAVE, pygame.WINDOWFOCUSLOST):
            self._lose(for_good=event.type == pygame.WINDOWFOCUSLOST)

    def _touch(self, event: pygame.event.Event) -> None:
        """A finger or a pen; its position is a share of the window."""
        finger = (event.touch_id, event.finger_id)
        width, height = self.window.layout.size
        position = min(int(event.x * width), width - 1), min(int(event.y * height), height - 1)
        if event.type == pygame.FINGERDOWN:
            if self._finger is not None:
                return
            self._finger, self._pressure = finger, 1.0
            self._feel(event)
            self._down(position, LEFT, -1)
        elif finger == self._finger:
            self._feel(event)
            if event.type == pygame.FINGERMOTION:
                self._move(position, None)
            else:
                self._finger = None
                self._up(position, LEFT, -1)
                self._lose(for_good=False)

    def _feel(self, event: pygame.event.Event) -> None:
        """Follow the pressure; 0 and 1 mean that the device has none to report."""
        pressure = float(getattr(event, "pressure", 1.0))
        if 0 < pressure < 1:
            wanted = PRESSED[0] + pressure * (PRESSED[1] - PRESSED[0])
            self._pressure = STEADY * self._pressure + (1 - STEADY) * wanted

    def _down(self, position: Position, button: int, holder: int | None = None) -> None:
        window, holder = self.window, button if holder is None else holder
        self.position = position
        if self._drawing_with is not None:
            return
        if button == LEFT:
            for group in window.groups:
                if group.press(position):
                    window.show_buttons()
                    self._drag(position)
                    return
        if any(group.is_held for group in window.groups):
            return
        if not window.has_panel and window.layout.sheet.collidepoint(position):
            self._drawing_with = holder
            window.sheet.pointer = position
            erases = True if button == RIGHT else None
            window.session.pen_down(window.sheet.to_sheet(position), erases, self._factor())
        elif button == LEFT:
            window.press(position)

    def _up(self, position: Position, button: int, holder: int | None = None) -> None:
        if (button if holder is None else holder) == self._drawing_with:
            self._lift()
        elif button == LEFT:
            for group in self.window.groups:
                if group.is_held:
                    action = group.release(position)
                    self.window.show_buttons()
                    if action:
                        self.window.perform(action)
                    return

    def _move(self, position: Position, held: tuple[int, int, int] | None) -> None:
        """Go on; `held` are the mouse's buttons, None for a finger."""
        window = self.window
        self.position = position
        if held is not None and self._drawing_with not in (None, -1) and not held[self._drawing_with - 1]:
            self._lift()  # the release went to another window
        if self._drawing_with is not None:
            window.session.pen_move(window.sheet.to_sheet(position), self._factor())
        is_held = any(group.is_held for group in window.groups)
        over_sheet = window.layout.sheet.collidepoint(position) and not is_held and not window.has_panel
        over_button = any(group.at(position) for group in window.groups)
        if held is not None:
            self._show_cursor("button" if over_button else "pen" if over_sheet else "desk")
        window.sheet.pointer = position if over_sheet or self._drawing_with is not None else None
        if self._drawing_with is None:
            self._drag(position)
            changed = [group.point(position) for group in window.groups]
            if any(changed):
                window.show_buttons()
            seen = window.point(position)
            digit = window.sheet.digit_at(window.session, position) if seen is None and over_sheet else seen
            window.session.hover(digit)

    def _drag(self, position: Position) -> None:
        for group in self.window.groups:
            if group.held is not None and group.held.slides:
                self.window.slide(group.held.action, share_along(group.held, position))

    def _factor(self) -> float:
        return round(self._pressure, 3)

    def _show_cursor(self, kind: str) -> None:
        if kind != self._cursor:
            self._cursor = kind
            display.show_cursor(kind)

    def _lose(self, for_good: bool) -> None:
        """The pointer has left the window, or the window has lost the focus."""
        window = self.window
        if for_good or self._drawing_with is None:
            self._lift()
            self._finger = self.position = None
            window.sheet.pointer = None
            for group in window.groups:
                group.release(None)
                group.point(None)
            window.point(None)
            window.session.hover(None)
            window.show_buttons()

    def _lift(self) -> None:
        self._drawing_with, self._pressure = None, 1.0
        self.window.session.pen_up()
