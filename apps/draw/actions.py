"""The actions of the window itself; screens, session and study have their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pygame

from apps.draw.files import sharing
from apps.draw.focus import ARROWS, PRESS, SHEET
from apps.draw.panels.files import FilesPanel
from apps.draw.panels.help import HelpPanel
from apps.draw.panels.lessons import LessonsPanel
from apps.draw.panels.panel import Panel
from apps.draw.panels.share import SharePanel
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.wording import reason_of

if TYPE_CHECKING:
    from apps.draw.front import Front
    from apps.draw.screen import Screen


class Actions:
    """The actions of `apps.draw.app.App`, which has the attributes that they use."""

    session: Any
    study: Any
    screen: Screen
    front: Front
    look: Look

    def perform(self: Any, action: str) -> None:
        """Do what a button or a key says: "teach 3" calls `teach(3)`.

        The method is the first of that name among those of the window, the open panel, the
        screen, the session and the study.
        """
        name, *numbers = action.split()
        owners = (self, self.front.panel, self.screen, self.session, self.study)
        owner = next(owner for owner in owners if owner is not None and hasattr(owner, name))
        getattr(owner, name)(*map(int, numbers))
        if self.study.asked_label is not None and name == "teach":
            self.move_focus(f"teach {self.study.asked_label}")

    def slide(self: Any, action: str, share: float) -> None:
        """Move a slider."""
        if action == "brush":
            self.session.brush_to(share)
        else:
            self.screen.slide(action, share)

    def brush(self) -> None:
        """The slider itself does nothing when it is clicked; dragging and the arrows move it."""

    def _key_of_focus(self: Any, event: pygame.event.Event) -> bool:
        """Whether what has the focus took the key."""
        modifiers = getattr(event, "mod", 0)
        if modifiers & (pygame.KMOD_CTRL | pygame.KMOD_ALT | pygame.KMOD_META):
            return False
        if self.focus.action == SHEET:
            took = self.keyboard_pen.key(event.key, bool(modifiers & pygame.KMOD_SHIFT))
            if took:
                self.show_keyboard_pen()
            return took
        button = self.focus.button(self.groups)
        if button is None or not button.enabled:
            return False
        if button.slides and event.key in ARROWS:
            self.session.brush_by(1 if event.key in (pygame.K_RIGHT, pygame.K_UP) else -1)
            return True
        if event.key in PRESS and not button.slides:
            self.perform(button.action)
            return True
        return False

    def show_keyboard_pen(self: Any) -> None:
        """Show the brush where the keyboard's pen is."""
        self.sheet.pointer = self.sheet.to_window(self.keyboard_pen.at)
        self.session.changes.add("ink")

    # ── focus and panels
    # ─────────────────────────────────────────────────────────────────────────────────────────────────

    def focus_next(self: Any) -> None:
        """The next button."""
        self._step_focus(1)

    def focus_previous(self: Any) -> None:
        """The button before."""
        self._step_focus(-1)

    def _step_focus(self: Any, step: int) -> None:
        self.focus.move(self.groups, step, not self.has_panel)
        self._show_pen()
        self.redraw()

    def move_focus(self: Any, action: str | None) -> None:
        """Give the focus to a button, or to nothing."""
        self.focus.action = action
        self._show_pen()
        self.redraw()

    def _show_pen(self: Any) -> None:
        """The brush is visible where the keyboard's pen is, as long as the sheet has the focus."""
        if self.focus.action == SHEET:
            self.show_keyboard_pen()
            return
        self.keyboard_pen.release(None)
        if self.session.canvas.is_drawing:
            self.session.pen_up()

    def open_panel(self: Any, panel: Panel) -> None:
        """Lay a panel over the window."""
        self.session.pen_up()
        self.keyboard_pen.release(None)
        self.front.panel = panel
        self.focus.action = None
        for group in self.groups:
            group.release(None)
        self.redraw()

    def close_panel(self: Any) -> None:
        """Take the panel away, if it may be closed."""
        if self.front.panel is not None and (self.front.panel.closes or self.front.panel.finished):
            self.front.panel = None
            self.focus.action = None
            self.redraw()

    def open_help(self: Any) -> None:
        """Show every key."""
        self.open_panel(HelpPanel(self.screen.bindings))

    def open_lessons(self: Any) -> None:
        """Show every lesson."""
        self.open_panel(LessonsPanel(self.study))

    def open_files(self: Any) -> None:
        """Show folders and pictures."""
        self.open_panel(FilesPanel(self.session.folder, self.session.open))

    # ── screens
    # ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def toggle_inside(self: Any) -> None:
        """From the reading into the network, or back."""
        self._show(self.reading_screen if self.screen is self.inside_screen else self.inside_screen)

    def toggle_watch(self: Any) -> None:
        """Watch a new network learn, or go back."""
        self._show(self.reading_screen if self.screen is self.watch_screen else self.watch_screen)

    def _show(self: Any, screen: Screen) -> None:
        self.screen.leave()
        self.screen = screen
        self.screen.enter()
        self.focus.action = None
        self.arrange()

    def toggle_theme(self: Any) -> None:
        """Light to dark, dark to light."""
        name = theme.DARK.name if self.look.palette is theme.LIGHT else theme.LIGHT.name
        self.look = Look(theme.PALETTES[name], self.look.scale)
        self.arrange()

    def step_out(self: Any) -> None:
        """Let the focus go, or stop asking, or else quit."""
        if self.focus.action is not None:
            self.move_focus(None)
        elif not self.study.leave():
            self.quit()

    def quit(self: Any) -> None:
        """Leave the main loop."""
        self.running = False

    def use_bundled(self: Any) -> None:
        """Read with the bundled model instead of one that was refused."""
        from apps.draw.files.model_file import BUNDLED
        from apps.draw.reading.reader import bundled_reader

        self.study.lessons.rebase(BUNDLED)
        self.session.recognizer.load(bundled_reader().load)
        self.model_label = "the bundled model"
        self.front.panel.finished = True
        self.session.changes.add("tools")

    def adopt(self: Any, model: Any, path: Path) -> None:
        """Read with another model of one's own from now on, and teach it."""
        self.session.recognizer.model = model
        self.study.lessons.rebase(path)
        self.model_label = f"your own model: {path.name}"
        self.session.changes.add("tools")

    # ── drawing and reading as a picture
    # ─────────────────────────────────────────────────────────────────────────────────

    def open_card(self: Any) -> None:
        """Show drawing and reading as one picture, to save or to copy it."""
        if self._has_something_to_show():
            self.open_panel(SharePanel(self.session))

    def save_card(self: Any) -> None:
        """Save drawing and reading as one picture."""
        if not self._has_something_to_show():
            return
        try:
            path = sharing.save(self._card(), self.session.folder)
        except OSError as error:
            self.session.say_problem(f"Not saved: {reason_of(error)} ({self.session.folder})")
        else:
            self.session.say(f"Saved as {path.name} in {path.parent}")
        self.close_panel()

    def copy_card(self: Any) -> None:
        """Copy drawing and reading as one picture."""
        if not self._has_something_to_show():
            return
        if sharing.copy(self._card()):
            self.session.say("Copied: drawing and reading")
        else:
            self.session.say_problem("Not copied: this desktop has no clipboard for pictures; P saves instead")
        self.close_panel()

    def _card(self: Any) -> bytes:
        return sharing.png(sharing.card(self.session, self.look))

    def _has_something_to_show(self: Any) -> bool:
        self.session.pen_up()
        if not self.session.canvas.has_ink:
            self.session.say("Nothing to show yet: the sheet is empty")
        return bool(self.session.canvas.has_ink)
