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

from apps.draw import desktop, display, edge_views, layout
from apps.draw.inside.screen import InsideScreen
from apps.draw.keys import action_of
from apps.draw.pointer import Pointer
from apps.draw.recognizer import Recognizer
from apps.draw.screen import ReadingScreen, Screen
from apps.draw.session import Session
from apps.draw.sheet_view import SheetView
from apps.draw.study import Study
from apps.draw.teaching.lessons import Teaching
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.why.questions import Answer, Question
from apps.draw.why.why_view import WhyView

FRAME = 1 / 90  # seconds between frames while something moves: on a 60 Hz screen every frame is new
REST = 1 / 60  # between looks at the event queue
SLEEP = 1 / 25  # the same after a while without events
SLEEPY_AFTER = 3.0
SETTLED_AFTER = 0.25  # seconds after the last change of a window's size
TURN = 0.001  # seconds after which the reader's thread lets go of the interpreter, so that a frame need not wait longer


class App:
    """One window."""

    def __init__(
        self,
        load: Callable[[], Any],
        read: Callable[[Any, np.ndarray], Any],
        look_inside: Callable[[Any, np.ndarray], Any],
        explain: Callable[[Question], Answer],
        teacher: Teaching,
        model_label: str,
        folder: Path,
        scale: float | None = None,
        theme_name: str = "auto",
        size: tuple[int, int] | None = None,
    ) -> None:
        self.wake = threading.Event()
        self.session = Session(Recognizer(load, read, self.wake.set, look_inside), folder, self.wake.set)
        self.study = Study(self.session, explain, teacher, self.wake.set)
        self.model_label = model_label
        self.running = True
        self.buttons = edge_views.tool_buttons()
        self.sheet, self.pointer = SheetView(WhyView(self.study)), Pointer(self)
        self.reading_screen, self.inside_screen = ReadingScreen(self.session, self.study), InsideScreen(self.session)
        self.screen: Screen = self.reading_screen
        desktop_size = display.open_display()
        self.scale = scale or desktop.preferred_scale(desktop_size[1])
        name = desktop.preferred_theme() if theme_name == "auto" else theme_name
        self.look = Look(theme.PALETTES[name], self.scale)
        pygame.display.set_caption(self.session.title)
        pygame.display.set_icon(display.window_icon())
        pygame.display.set_mode(size or display.first_size(desktop_size, self.scale), pygame.RESIZABLE)
        self._title = self.session.title
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
        self.study.close()

    def frame(self) -> None:
        """One turn: events, update, draw, flip."""
        for event in pygame.event.get():
            self._last_event = time.perf_counter()
            self.handle(event)
        self._follow_size()
        now = time.perf_counter()
        self.session.update(now)
        self.study.update(now)
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
            action = action_of(event, self.screen.bindings)
            if action:
                self.perform(action)
        elif event.type == pygame.DROPFILE:
            self.session.open(event.file)
        elif event.type in (pygame.WINDOWEXPOSED, pygame.VIDEOEXPOSE):
            self._redraw = True
        else:
            self.pointer.handle(event)

    def perform(self, action: str) -> None:
        """Do what a key or a button is for: a method of the window, its screen, the session or the study, and what it takes."""
        name, *numbers = action.split()
        owner = next(owner for owner in (self, self.screen, self.session, self.study) if hasattr(owner, name))
        getattr(owner, name)(*map(int, numbers))

    def toggle_theme(self) -> None:
        """Light to dark, dark to light."""
        name = theme.DARK.name if self.look.palette is theme.LIGHT else theme.LIGHT.name
        self.look = Look(theme.PALETTES[name], self.scale)
        self.layout = self._arrange()

    def toggle_inside(self) -> None:
        """From the reading into the network, or back."""
        self.screen.leave()
        self.screen = self.reading_screen if self.screen is self.inside_screen else self.inside_screen
        self.screen.enter()
        self.layout = self._arrange()

    def quit(self) -> None:
        """Leave the main loop."""
        self.running = False

    def step_out(self) -> None:
        """Leave the questions if there are any, else the main loop."""
        if not self.study.leave():
            self.quit()

    # ── size and drawing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _arrange(self) -> layout.Places:
        size = pygame.display.get_window_size()
        arranged = self.screen.arrange(size, self.look)
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
            edge_views.draw_keys(surface, look, places.keys, self.screen.shown_keys)
        if everything or "tools" in changes:
            label = self.model_label + self.study.taught
            edge_views.draw_header(surface, look, places.header, self.buttons, label, session.recognizer.is_ready)
            edge_views.draw_tools(surface, look, places.tools, self.buttons, session)
            changed += [places.header, places.tools]
        changed += self.screen.draw(surface, look, changes, everything)
        changed += self.sheet.draw(surface, look, session, session.canvas.take_damage(), everything)
        return [surface.get_rect()] if everything else changed
