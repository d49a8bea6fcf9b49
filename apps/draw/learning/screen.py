"""The screen on which a new network learns while one draws."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pygame

from apps.draw.inside import layout as inside_layout
from apps.draw.keys import WATCH
from apps.draw.learning.views import paint_curves, paint_filters, paint_reading, progress_of
from apps.draw.learning.watch import FINISHED, LOADING, MOST_EPOCHS, PACES, PAUSED, RUNNING, Watch
from apps.draw.screen import Screen
from apps.draw.session import Session
from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons
from apps.draw.wording import counted, reason_of

PICTURES = 1 / 30  # seconds between two pictures of the training
HIGH, LINE = 28, 36  # design pixels: a button and a line of them


class WatchScreen(Screen):
    """Curves and filters beside the sheet, and below it what the new network says about the
    drawing.

    `adopt(model, path)` is called with a network that one keeps.
    """

    bindings = WATCH

    def __init__(self, session: Session, adopt: Callable[[Any, Any], None], watch: Watch | None = None) -> None:
        super().__init__(session)
        self.watch = watch or Watch()
        self._adopt = adopt
        self.buttons = Buttons()
        self._places: inside_layout.InsideLayout | None = None
        self._shown: tuple[Any, ...] | None = None
        self._shown_at = 0.0

    @property
    def groups(self) -> list[Buttons]:
        """The buttons above the curves."""
        return [self.buttons]

    @property
    def is_current(self) -> bool:
        """Whether what is shown is the newest there is."""
        return self._content == self._shown

    @property
    def is_moving(self) -> bool:
        """Whether news may arrive."""
        return self.watch.phase == RUNNING

    def close(self) -> None:
        """End the training."""
        self.watch.close()

    def receive(self) -> None:
        """Take in what the training has sent: it would wait if nobody did."""
        self.watch.update()

    def update(self, now: float) -> None:
        """Show the training the drawing."""
        digits = self.session.digits
        self.watch.look_at(digits[self.session.selected].image if digits else None)

    def arrange(self, size: Sequence[int], look: Look) -> inside_layout.InsideLayout:
        """As when one looks inside."""
        self._places = inside_layout.arrange(size, look.scale)
        return self._places

    @property
    def _content(self) -> tuple[Any, ...]:
        looks = tuple((button.hovered, button.pressed) for button in self.buttons)
        return self.watch.changes, self.watch.phase, looks

    def draw(self, surface: pygame.Surface, look: Look, changes: set[str], everything: bool) -> list[pygame.Rect]:
        """Everything anew, at most 30 times a second."""
        now = time.perf_counter()
        if self._places is None or (not everything and (self.is_current or now - self._shown_at < PICTURES)):
            return []
        self._shown_at = now
        panel, card = self._places.network, self._places.card
        for place in (panel, card):
            (look.card if everything else look.wipe)(surface, place)
        self.buttons.show(self._buttons(look, panel))
        bottom = max(button.rect.bottom for button in self.buttons) + look.px(8)
        for button in self.buttons:
            button.draw(surface, look, look.palette.paper)
        room = pygame.Rect(panel.left + look.px(16), bottom, panel.width - look.px(32), panel.bottom - bottom - look.px(14))
        words = look.fitted(progress_of(self.watch), room.width, theme.SMALL)
        look.text(surface, words, (room.left, room.top + look.px(8)), theme.SMALL, look.palette.quiet)
        room.top, room.height = room.top + look.px(20), room.height - look.px(20)
        if room.width > room.height * 5 // 4:
            curves = pygame.Rect(room.left, room.top, room.width * 45 // 100, room.height)
            filters = pygame.Rect(curves.right + look.px(20), room.top, room.right - curves.right - look.px(20), room.height)
        else:
            curves = pygame.Rect(room.left, room.top, room.width, room.height * 45 // 100)
            filters = pygame.Rect(room.left, curves.bottom + look.px(12), room.width, room.bottom - curves.bottom - look.px(12))
        paint_curves(surface, look, curves, self.watch)
        paint_filters(surface, look, filters, self.watch.filters)
        paint_reading(surface, look, card, self.watch)
        self._shown = self._content
        return [panel, card]

    def _buttons(self, look: Look, panel: pygame.Rect) -> list[Button]:
        """What one can do now, in as many lines as it takes."""
        wanted = self._wanted()
        left, top, gap, high = panel.left + look.px(14), panel.top + look.px(10), look.px(5), look.px(HIGH)
        for button in wanted:
            width = button.width(look, high)
            if left + width > panel.right - look.px(14) and left > panel.left + look.px(14):
                left, top = panel.left + look.px(14), top + look.px(LINE - 2)
            button.rect = pygame.Rect(left, top, width, high)
            left += width + gap
        return wanted

    def _wanted(self) -> list[Button]:
        """What one can do now, from left to right."""
        watch, pace = self.watch, PACES[self.watch.pace]
        first = {LOADING: "Pause", RUNNING: "Pause", PAUSED: "Go on"}.get(watch.phase, "Start")
        return [
            Button("toggle_watch", "Back", small=True, tip="Back to the reading"),
            Button(
                "pause",
                first,
                small=True,
                primary=watch.phase != FINISHED,
                enabled=watch.phase != LOADING,
                tip="Start, pause or go on",
            ),
            Button("one_batch", "One batch", small=True, enabled=watch.phase in (RUNNING, PAUSED), tip="One batch, then pause"),
            Button("slower", "Slower", small=True, enabled=watch.pace > 0, tip=self.pace_words),
            Button("faster", "Faster", small=True, enabled=pace is not None, tip=self.pace_words),
            Button(
                "fewer_epochs",
                "\N{MINUS SIGN} epoch",
                small=True,
                enabled=not watch.is_busy and watch.epochs > 1,
                tip="One epoch fewer",
            ),
            Button(
                "more_epochs",
                "+ epoch",
                small=True,
                enabled=not watch.is_busy and watch.epochs < MOST_EPOCHS,
                tip="One epoch more",
            ),
            Button(
                "keep_it",
                "Keep it",
                small=True,
                primary=watch.phase == FINISHED,
                enabled=watch.phase == FINISHED,
                tip="As your own model",
            ),
            Button(
                "throw_away", "Discard", small=True, enabled=watch.is_busy or watch.phase == FINISHED, tip="Forget the network"
            ),
        ]

    @property
    def pace_words(self) -> str:
        """How fast it goes."""
        pace = PACES[self.watch.pace]
        return "As fast as it can" if pace is None else f"{counted(round(pace), 'batch')} a second"

    # ── actions
    # ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def pause(self) -> None:
        """Start, pause or go on."""
        self.watch.pause()

    def one_batch(self) -> None:
        """One batch, then pause."""
        self.watch.one_batch()

    def slower(self) -> None:
        """Fewer batches a second."""
        self._change_pace(-1)

    def faster(self) -> None:
        """More batches a second."""
        self._change_pace(1)

    def _change_pace(self, step: int) -> None:
        self.watch.change_pace(step)
        self.session.say(self.pace_words)

    def more_epochs(self) -> None:
        """One epoch more for the next training."""
        self.watch.change_epochs(1)

    def fewer_epochs(self) -> None:
        """One epoch fewer for the next training."""
        self.watch.change_epochs(-1)

    def throw_away(self) -> None:
        """Forget the network."""
        self.watch.throw_away()

    def keep_it(self) -> None:
        """Make the network one's own model, and read with it from now on."""
        if self.watch.phase != FINISHED:
            self.session.say("It can be kept when it has finished")
            return
        try:
            model, path = self.watch.keep(self.session.folder)
        except OSError as error:
            self.session.say_problem(f"Not kept: {reason_of(error)} ({self.session.folder})")
            return
        self._adopt(model, path)
        self.session.say(f"Kept as {path.name}; the window reads with it now")
