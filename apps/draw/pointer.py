"""The mouse: what is under it, what is held, and to whom its buttons go (the tools, the sheet or the screen)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pygame

from apps.draw import display

if TYPE_CHECKING:
    from apps.draw.app import App

LEFT, RIGHT = 1, 3


class Pointer:
    """One mouse in one window. A stroke begun on the sheet goes on wherever the pointer goes, until its button is released."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._pressed_on_sheet: int | None = None  # the button
        self._cursor = ""

    def handle(self, event: pygame.event.Event) -> None:
        """Take a mouse event."""
        if event.type == pygame.MOUSEBUTTONDOWN:
            self._down(event.button, event.pos)
        elif event.type == pygame.MOUSEBUTTONUP:
            self._up(event.button, event.pos)
        elif event.type == pygame.MOUSEMOTION:
            self._motion(event.pos, event.buttons)
        elif event.type == pygame.MOUSEWHEEL:
            self.app.session.brush_by(max(-3, min(3, event.y)))
        elif event.type in (pygame.WINDOWLEAVE, pygame.WINDOWFOCUSLOST):
            self._lost(event.type == pygame.WINDOWFOCUSLOST)

    def _down(self, button: int, position: tuple[int, int]) -> None:
        app = self.app
        if button not in (LEFT, RIGHT) or self._pressed_on_sheet is not None:
            return
        if button == LEFT and app.buttons.press(position):
            app.session.changes.add("tools")
        elif app.buttons.is_held:
            return
        elif app.layout.sheet.collidepoint(position):
            self._pressed_on_sheet = button
            app.sheet.pointer = position
            app.session.pen_down(app.sheet.to_sheet(position), erases=button == RIGHT)
        elif button == LEFT:
            app.screen.press(position)

    def _up(self, button: int, position: tuple[int, int]) -> None:
        if button == self._pressed_on_sheet:
            self._lift()
        elif button == LEFT and self.app.buttons.is_held:
            action = self.app.buttons.release(position)
            self.app.session.changes.add("tools")
            if action:
                self.app.perform(action)

    def _motion(self, position: tuple[int, int], held: tuple[int, int, int]) -> None:
        app = self.app
        if self._pressed_on_sheet is not None and not held[self._pressed_on_sheet - 1]:
            self._lift()  # its release went to somebody else
        if self._pressed_on_sheet is not None:
            app.session.pen_move(app.sheet.to_sheet(position))
        over_sheet = app.layout.sheet.collidepoint(position) and not app.buttons.is_held
        self._show_cursor("pen" if over_sheet else "button" if app.buttons.at(position) else "desk")
        app.sheet.pointer = position if over_sheet or self._pressed_on_sheet is not None else None
        if self._pressed_on_sheet is None:
            if app.buttons.point(position):
                app.session.changes.add("tools")
            seen = app.screen.point(position)
            app.session.hover(app.sheet.digit_at(app.session, position) if seen is None and over_sheet else seen)

    def _show_cursor(self, kind: str) -> None:
        if kind != self._cursor:
            self._cursor = kind
            display.show_cursor(kind)

    def _lost(self, for_good: bool) -> None:
        app = self.app
        if for_good or self._pressed_on_sheet is None:
            self._lift()
            app.sheet.pointer = None
            app.buttons.release(None)
            app.buttons.point(None)
            app.screen.point(None)
            app.session.hover(None)
            app.session.changes.add("tools")

    def _lift(self) -> None:
        self._pressed_on_sheet = None
        self.app.session.pen_up()
