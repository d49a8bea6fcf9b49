"""The window and its main loop: events, update, draw, flip, wait.

The window comes first: nothing heavy is imported here, the model is loaded in the recognizer's
thread. Between two frames the loop sleeps; only a reading that is ready wakes it early.
"""

from __future__ import annotations

import sys
import threading
import time

import pygame

from apps.draw import desktop, display, edge_views, layout
from apps.draw.actions import Actions
from apps.draw.files.settings import Settings, save_settings
from apps.draw.focus import SHEET, Focus, KeyboardPen
from apps.draw.front import Front
from apps.draw.inside.screen import InsideScreen
from apps.draw.keys import PANEL, Binding, action_of
from apps.draw.learning.screen import WatchScreen
from apps.draw.panels.notice import RefusedPanel
from apps.draw.pointer import Pointer, Position
from apps.draw.reading.recognizer import Recognizer
from apps.draw.screen import ReadingScreen, Screen
from apps.draw.session import Session
from apps.draw.setup import Setup
from apps.draw.sheet_view import SheetView
from apps.draw.study import Study
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Buttons
from apps.draw.why.why_view import WhyView
from nn.errors import InputError

FRAME = 1 / 90  # seconds between frames while something moves: on a 60 Hz screen every frame is new
REST = 1 / 60  # between looks at the event queue
SLEEP = 1 / 25  # the same after a while without events
SLEEPY_AFTER = 3.0
GIVE_BACK_EVERY = 20.0  # seconds, while nothing happens: lessons and readings may still free memory
SETTLED_AFTER = 0.25  # seconds after the last change of a window's size
TURN = 0.001  # seconds after which a reading thread lets another thread run, so that frames are not delayed


class App(Actions):
    """One window."""

    def __init__(
        self, setup: Setup, scale: float | None = None, theme_name: str = "auto", size: tuple[int, int] | None = None
    ) -> None:
        self.setup = setup
        self.wake = threading.Event()
        self.session = Session(Recognizer(setup.reader, self.wake.set), setup.folder, self.wake.set)
        self.session.brush = setup.settings.brush or self.session.brush
        self.study = Study(self.session, setup.explain, setup.teacher, self.wake.set)
        self.model_label = setup.model_label
        self.running = True
        self.buttons, self.front, self.focus = edge_views.edge_buttons(), Front(), Focus()
        self.sheet, self.pointer = SheetView(WhyView(self.study)), Pointer(self)
        self.keyboard_pen = KeyboardPen(self.session)
        self.reading_screen, self.inside_screen = (
            ReadingScreen(self.session, self.study),
            InsideScreen(self.session, self.wake.set),
        )
        self.watch_screen = WatchScreen(self.session, self.adopt)
        self.screen: Screen = self.reading_screen
        self.screens: tuple[Screen, ...] = (self.reading_screen, self.inside_screen, self.watch_screen)
        desktop_size = display.open_display()
        self.preferred_scale = scale or desktop.preferred_scale(desktop_size[1])
        name = (setup.settings.theme or desktop.preferred_theme()) if theme_name == "auto" else theme_name
        self.look = Look(theme.PALETTES[name], self.preferred_scale)
        pygame.display.set_caption(self.session.title)
        pygame.display.set_icon(display.window_icon())
        first = size or display.first_size(desktop_size, self.preferred_scale, setup.settings.size)
        pygame.display.set_mode(first, pygame.RESIZABLE)
        self._title = self.session.title
        self._resized_at: float | None = None
        self._last_event = self._gave_back = time.perf_counter()
        self.layout = self._arrange()
        self._redraw = True
        if setup.problem:
            self.session.update(time.perf_counter())
            self.session.say_problem(setup.problem)

    # ── main loop
    # ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Show the first frame, load the model, and go on until the window is closed.

        Raises:
            InputError: the model was refused, and the window was closed without choosing another
                one.
        """
        sys.setswitchinterval(TURN)
        self.frame()
        self.session.recognizer.start()
        while self.running:
            start = time.perf_counter()
            self.frame()
            self.wake.wait(max(0.0, self._pause() - (time.perf_counter() - start)))
            self.wake.clear()
        self.remember()
        pygame.display.quit()  # the window is gone at once, whatever still has to end
        self.close()
        if self.session.recognizer.refused:
            raise InputError(self.session.recognizer.refused)

    def remember(self) -> None:
        """Remember the settings for the next window."""
        size = pygame.display.get_window_size() if pygame.display.get_init() else (None, None)
        save_settings(self.setup.settings_path, Settings(self.look.palette.name, self.session.brush, *size))

    def close(self) -> None:
        """Let the threads and processes end."""
        self.session.recognizer.close()
        self.study.close()
        for screen in self.screens:
            screen.close()

    def frame(self) -> None:
        """One turn: events, update, draw, flip."""
        for event in pygame.event.get():
            self._last_event = time.perf_counter()
            self.handle(event)
        self._follow_size()
        self._update(time.perf_counter())
        changed = self.draw()
        if changed:
            pygame.display.update(changed)
        if self.session.title != self._title:
            self._title = self.session.title
            pygame.display.set_caption(self._title)

    def _update(self, now: float) -> None:
        self.session.update(now)
        self.study.update(now)
        if self.keyboard_pen.update(now):
            self.show_keyboard_pen()
        for screen in self.screens:
            screen.receive()
        self.screen.update(now)
        refused = self.session.recognizer.refused
        if refused and not isinstance(self.front.panel, RefusedPanel):
            self.open_panel(RefusedPanel(refused))
        if self.front.panel is not None:
            self.front.panel.update()
            if self.front.panel.finished:
                self.close_panel()
        if self.front.follow(self.groups, self.bindings, now):
            self._redraw = True
        self._give_memory_back(now)

    def _give_memory_back(self, now: float) -> None:
        """Soon after the last event, and now and then while there are none."""
        gave = self._gave_back
        if now - self._last_event > SLEEPY_AFTER and (gave < self._last_event or now - gave > GIVE_BACK_EVERY):
            self._gave_back = now
            desktop.give_memory_back()

    def _pause(self) -> float:
        moves = self.session.is_moving or self.keyboard_pen.is_moving or self.screen.is_moving
        if moves or self.session.canvas.is_drawing:
            return FRAME
        return REST if time.perf_counter() - self._last_event < SLEEPY_AFTER or self.front.is_waiting else SLEEP

    # ── events
    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def handle(self, event: pygame.event.Event) -> None:
        """Pass an event to what it concerns."""
        if event.type == pygame.QUIT:
            self.quit()
        elif event.type == pygame.KEYDOWN:
            self._key(event)
        elif event.type == pygame.KEYUP:
            self.keyboard_pen.release(event.key)
        elif event.type == pygame.DROPFILE:
            self.session.open(event.file)
        elif event.type in (pygame.WINDOWEXPOSED, pygame.VIDEOEXPOSE):
            self._redraw = True
        else:
            if event.type == pygame.WINDOWFOCUSLOST:
                self.keyboard_pen.release(None)
            if event.type in (pygame.MOUSEBUTTONDOWN, pygame.FINGERDOWN) and self.focus.action is not None:
                self.move_focus(None)
            self.pointer.handle(event)

    def _key(self, event: pygame.event.Event) -> None:
        """The focused button or sheet comes first, then the keys of the panel or the screen."""
        for group in self.groups:
            group.point(None)  # who presses a key does not ask for the tip of the button under the pointer
        if self._key_of_focus(event):
            return
        action = action_of(event, self.bindings)
        if action:
            self.perform(action)

    # ── size and drawing
    # ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _arrange(self) -> layout.Places:
        size = pygame.display.get_window_size()
        scale = layout.scale_for(size, self.preferred_scale)
        if scale != self.look.scale:
            self.look = Look(self.look.palette, scale)
        arranged = self.screen.arrange(size, self.look)
        self.sheet.place(arranged.sheet, self.look)
        self.session.canvas.resize(self.sheet.scale())
        self._arranged_for = size
        self._redraw = True
        return arranged

    def arrange(self) -> None:
        """Find a place for everything again, and draw it."""
        self.layout = self._arrange()

    def redraw(self) -> None:
        """Draw everything in the next frame."""
        self._redraw = True

    def _follow_size(self) -> None:
        size = pygame.display.get_window_size()
        if size != self._arranged_for:
            self.layout = self._arrange()
            self._resized_at = time.perf_counter()
        elif self._resized_at is not None and time.perf_counter() - self._resized_at > SETTLED_AFTER:
            self._resized_at = None
            if size != layout.least(size):
                pygame.display.set_mode(layout.least(size), pygame.RESIZABLE)

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
        if everything or "tools" in changes:
            self.buttons["toggle_watch"].selected = self.screen is self.watch_screen
            label = self.model_label + self.study.taught
            edge_views.draw_header(surface, look, places.header, self.buttons, label, ready=session.recognizer.is_ready)
            edge_views.draw_tools(surface, look, places.tools, self.buttons, session)
            changed += [places.header, places.tools]
        changed += self.screen.draw(surface, look, changes, everything)
        changed += self.sheet.draw(surface, look, session, session.canvas.take_damage(), everything)
        self.front.draw(surface, look, self._focused_rect(), changed, everything)
        return [surface.get_rect()] if everything else changed

    def _focused_rect(self) -> pygame.Rect | None:
        if self.focus.action == SHEET:
            return self.layout.sheet
        button = self.focus.button(self.groups)
        return None if button is None else button.rect

    # ── what the pointer and the keys find
    # ───────────────────────────────────────────────────────────────────────────────

    @property
    def groups(self) -> list[Buttons]:
        """The buttons that can be pressed now; a panel's alone, while one is open."""
        if self.front.panel is not None:
            return [self.front.panel.buttons]
        return [self.buttons, *self.screen.groups]

    @property
    def has_panel(self) -> bool:
        """Whether a panel lies over the window."""
        return self.front.panel is not None

    def press(self, position: Position) -> None:
        """A press beside everything else: the screen's, or one that closes the panel."""
        panel = self.front.panel
        if panel is None:
            self.screen.press(position)
        elif panel.closes and not panel.rect.collidepoint(position):
            self.close_panel()

    def point(self, position: Position | None) -> int | None:
        """The pointer is here; returns the digit whose image is there."""
        return None if self.has_panel else self.screen.point(position)

    def show_buttons(self) -> None:
        """A button looks different now."""
        self.session.changes |= {"tools", "reading", "buttons"}
        if self.front.panel is not None:
            self.front.panel.changed = True

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """The keys that count now."""
        return PANEL if self.front.panel is not None else self.screen.bindings
