"""The window and its main loop: events, update, draw, flip, wait.

The window comes first: nothing heavy is imported here, the model is loaded in the recognizer's thread. Between two frames the
loop sleeps; a reading that is ready, and nothing else, wakes it early.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pygame

from apps.draw import desktop, display, edge_views, layout, theme
from apps.draw.keys import action_of
from apps.draw.look import Look
from apps.draw.panel_views import BarsView, SeenView
from apps.draw.reading_view import ReadingView
from apps.draw.recognizer import Recognizer
from apps.draw.session import Session
from apps.draw.sheet_view import SheetView

FRAME = 1 / 90  # seconds between frames while something moves: on a 60 Hz screen every frame is new
REST = 1 / 60  # between looks at the event queue
SLEEP = 1 / 25  # the same after a while without events
SLEEPY_AFTER = 3.0
SETTLED_AFTER = 0.25  # seconds after the last change of a window's size
TURN = 0.001  # seconds after which the reader's thread lets go of the interpreter, so that a frame need not wait longer
LEFT, RIGHT = 1, 3


class App:
    """One window."""

    def __init__(
        self,
        load: Callable[[], Any],
        read: Callable[[Any, np.ndarray], Any],
        model_label: str,
        folder: Path,
        scale: float | None = None,
        theme_name: str = "auto",
        size: tuple[int, int] | None = None,
    ) -> None:
        self.wake = threading.Event()
        self.session = Session(Recognizer(load, read, self.wake.set), folder, self.wake.set)
        self.model_label = model_label
        self.running = True
        self.buttons = edge_views.tool_buttons()
        self.sheet, self.reading, self.bars, self.seen = SheetView(), ReadingView(), BarsView(), SeenView()
        desktop_size = display.open_display()
        self.scale = scale or desktop.preferred_scale(desktop_size[1])
        name = desktop.preferred_theme() if theme_name == "auto" else theme_name
        self.look = Look(theme.PALETTES[name], self.scale)
        pygame.display.set_caption(self.session.title)
        pygame.display.set_icon(display.window_icon())
        pygame.display.set_mode(size or display.first_size(desktop_size, self.scale), pygame.RESIZABLE)
        self._title, self._cursor = self.session.title, ""
        self._pressed_on_sheet: int | None = None
        self._resized_at: float | None = None
        self._last_event = time.perf_counter()
        self.layout = self._arrange()
        self._redraw = True

    # ── main loop ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Show the first frame, load the model, then go on until somebody closes the window."""
        sys.setswitchinterval(TURN)
        self.frame()
        self.session.recognizer.start()
        while self.running:
            start = time.perf_counter()
            self.frame()
            self.wake.wait(max(0.0, self._pause() - (time.perf_counter() - start)))
            self.wake.clear()
        self.session.recognizer.close()

    def frame(self) -> None:
        """One turn: events, update, draw, flip."""
        for event in pygame.event.get():
            self._last_event = time.perf_counter()
            self.handle(event)
        self._follow_size()
        self.session.update(time.perf_counter())
        changed = self.draw()
        if changed:
            pygame.display.update(changed)
        if self.session.title != self._title:
            self._title = self.session.title
            pygame.display.set_caption(self._title)

    def _pause(self) -> float:
        if self.session.is_moving or self.session.canvas.is_drawing:
            return FRAME
        return REST if time.perf_counter() - self._last_event < SLEEPY_AFTER else SLEEP

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def handle(self, event: pygame.event.Event) -> None:
        """Give an event to whom it concerns."""
        if event.type == pygame.QUIT:
            self.quit()
        elif event.type == pygame.KEYDOWN:
            action = action_of(event)
            if action:
                getattr(self, action)()
        elif event.type == pygame.MOUSEBUTTONDOWN:
            self._button_down(event.button, event.pos)
        elif event.type == pygame.MOUSEBUTTONUP:
            self._button_up(event.button, event.pos)
        elif event.type == pygame.MOUSEMOTION:
            self._motion(event.pos, event.buttons)
        elif event.type == pygame.MOUSEWHEEL:
            self.session.brush_by(max(-3, min(3, event.y)))
        elif event.type == pygame.DROPFILE:
            self.session.open(event.file)
        elif event.type in (pygame.WINDOWLEAVE, pygame.WINDOWFOCUSLOST):
            self._pointer_lost(event.type == pygame.WINDOWFOCUSLOST)
        elif event.type in (pygame.WINDOWEXPOSED, pygame.VIDEOEXPOSE):
            self._redraw = True

    def _button_down(self, button: int, position: tuple[int, int]) -> None:
        if button not in (LEFT, RIGHT) or self._pressed_on_sheet is not None:
            return
        if button == LEFT and self.buttons.press(position):
            self.session.changes.add("tools")
        elif self.layout.sheet.collidepoint(position) and not self.buttons.is_held:
            self._pressed_on_sheet = button
            self.sheet.pointer = position
            self.session.pen_down(self.sheet.to_sheet(position), erases=button == RIGHT)

    def _button_up(self, button: int, position: tuple[int, int]) -> None:
        if button == self._pressed_on_sheet:
            self._lift()
        elif button == LEFT and self.buttons.is_held:
            action = self.buttons.release(position)
            self.session.changes.add("tools")
            if action:
                getattr(self, action)()

    def _motion(self, position: tuple[int, int], held: tuple[int, int, int]) -> None:
        if self._pressed_on_sheet is not None and not held[self._pressed_on_sheet - 1]:
            self._lift()  # its release went to somebody else
        if self._pressed_on_sheet is not None:
            self.session.pen_move(self.sheet.to_sheet(position))
        over_sheet = self.layout.sheet.collidepoint(position) and not self.buttons.is_held
        self._show_cursor("pen" if over_sheet else "button" if self.buttons.at(position) else "desk")
        self.sheet.pointer = position if over_sheet or self._pressed_on_sheet is not None else None
        if self._pressed_on_sheet is None:
            if self.buttons.point(position):
                self.session.changes.add("tools")
            seen = self.seen.digit_at(position)
            self.session.hover(self.sheet.digit_at(self.session, position) if seen is None and over_sheet else seen)

    def _show_cursor(self, kind: str) -> None:
        if kind != self._cursor:
            self._cursor = kind
            display.show_cursor(kind)

    def _pointer_lost(self, for_good: bool) -> None:
        if for_good or self._pressed_on_sheet is None:
            self._lift()
            self.sheet.pointer = None
            self.buttons.release(None)
            self.buttons.point(None)
            self.session.hover(None)
            self.session.changes.add("tools")

    def _lift(self) -> None:
        self._pressed_on_sheet = None
        self.session.pen_up()

    # ── what keys and buttons do ─────────────────────────────────────────────────────────────────────────────────────────

    def recognise(self) -> None:
        """Read once more."""
        self.session.recognise()

    def clear(self) -> None:
        """Take a fresh sheet."""
        self.session.clear()

    def undo(self) -> None:
        """One step back."""
        self.session.undo()

    def redo(self) -> None:
        """One step forward."""
        self.session.redo()

    def thinner(self) -> None:
        """A thinner brush."""
        self.session.brush_by(-1)

    def wider(self) -> None:
        """A wider brush."""
        self.session.brush_by(1)

    def save(self) -> None:
        """Save the drawing."""
        self.session.save()

    def toggle_theme(self) -> None:
        """Light to dark, dark to light."""
        name = theme.DARK.name if self.look.palette is theme.LIGHT else theme.LIGHT.name
        self.look = Look(theme.PALETTES[name], self.scale)
        self.layout = self._arrange()

    def quit(self) -> None:
        """Leave the main loop."""
        self.running = False

    # ── size and drawing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _arrange(self) -> layout.Layout:
        size = pygame.display.get_window_size()
        arranged = layout.arrange(size, self.scale, edge_views.key_widths(self.look), self.look.px(edge_views.KEY_GAP))
        self.sheet.place(arranged.sheet, self.look)
        self.session.canvas.resize(self.sheet.scale())
        self._arranged_for = size
        self._redraw = True
        return arranged

    def _follow_size(self) -> None:
        size = pygame.display.get_window_size()
        if size != self._arranged_for:
            self.layout = self._arrange()
            self._resized_at = time.perf_counter()
        elif self._resized_at is not None and time.perf_counter() - self._resized_at > SETTLED_AFTER:
            self._resized_at = None
            if size != layout.least(size, self.scale):
                pygame.display.set_mode(layout.least(size, self.scale), pygame.RESIZABLE)

    def draw(self) -> list[pygame.Rect]:
        """Draw what changed; returns its rectangles."""
        surface, look, session, places = pygame.display.get_surface(), self.look, self.session, self.layout
        changes, everything = session.changes, self._redraw
        session.changes, self._redraw = set(), False
        self.buttons.enable("undo", session.canvas.drawing.can_undo or session.canvas.is_drawing)
        self.buttons.enable("redo", session.canvas.drawing.can_redo)
        changed = []
        if everything:
            surface.fill(look.palette.desk)
            edge_views.draw_keys(surface, look, places.keys)
        if everything or "tools" in changes:
            edge_views.draw_header(surface, look, places.header, self.buttons, self.model_label, session.recognizer.is_ready)
            edge_views.draw_tools(surface, look, places.tools, self.buttons, session)
            changed += [places.header, places.tools]
        if everything or "reading" in changes:
            changed += self.reading.draw(surface, look, places.reading, session, everything)
            changed += self.seen.draw(surface, look, places.seen, session, everything)
        if everything or changes & {"reading", "bars"}:
            changed += self.bars.draw(surface, look, places.bars, session, everything)
        changed += self.sheet.draw(surface, look, session, session.canvas.take_damage(), everything)
        return [surface.get_rect()] if everything else changed
