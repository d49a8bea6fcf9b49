"""A screen: what stands around the sheet, and what the pointer and the keys do there. The reading is one, the inside another."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw import edge_views, layout
from apps.draw.cards import Card
from apps.draw.edge_views import Keys
from apps.draw.keys import READING, Binding
from apps.draw.panel_views import BarsView, SeenView
from apps.draw.reading_view import ReadingView
from apps.draw.session import Session
from apps.draw.study import Study
from apps.draw.teaching.lesson_view import LessonView
from apps.draw.toolkit.look import Look
from apps.draw.why.what_if_view import WhatIfView


class Screen:
    """What differs from screen to screen; the header, the sheet, the tools and the keys are the window's.

    Attributes:
        bindings: the keys; their actions are methods of the window, of the screen or of the session.
        gestures: what has no key but is worth knowing.
        cursor: the pointer's shape beside the sheet and the buttons.
    """

    bindings: tuple[Binding, ...] = ()
    gestures: Keys = ()
    cursor = "desk"

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def shown_keys(self) -> Keys:
        """Keys and their meanings, as the window shows them."""
        return (*dict.fromkeys((binding.shown, binding.meaning) for binding in self.bindings), *self.gestures)

    @property
    def is_current(self) -> bool:
        """Whether what is shown is the newest there is."""
        return True

    def enter(self) -> None:
        """The screen is shown from now on."""

    def leave(self) -> None:
        """Another screen is shown from now on."""

    def arrange(self, size: Sequence[int], look: Look) -> layout.Places:
        """Find a place for everything in a window of this size."""
        raise NotImplementedError

    def draw(self, surface: pygame.Surface, look: Look, changes: set[str], everything: bool) -> list[pygame.Rect]:
        """Draw what changed around the sheet; returns its rectangles."""
        raise NotImplementedError

    def point(self, position: tuple[int, int] | None) -> int | None:
        """The pointer is here (None: it has left); returns the digit whose image is under it."""
        return None

    def press(self, position: tuple[int, int]) -> None:
        """The left button went down beside the sheet and the buttons."""


class ReadingScreen(Screen):
    """The answer, the ten probabilities, and a third card: what the network sees, or would see, or the lesson that it takes."""

    bindings = READING
    gestures = (("right button", "erase"), ("drop a file", "open"))

    def __init__(self, session: Session, study: Study) -> None:
        super().__init__(session)
        self.study = study
        self.reading, self.bars, self.seen = ReadingView(), BarsView(), SeenView()
        self.lesson, self.would_see = LessonView(study), WhatIfView(study)
        self._third: Card = self.seen
        self._places: layout.Layout | None = None

    def leave(self) -> None:
        """Nobody asks why any more."""
        self.study.leave()

    def arrange(self, size: Sequence[int], look: Look) -> layout.Layout:
        """The cards beside the sheet or below it."""
        self._places = layout.arrange(size, look.scale, edge_views.key_widths(look, self.shown_keys), look.px(edge_views.KEY_GAP))
        return self._places

    def draw(self, surface: pygame.Surface, look: Look, changes: set[str], everything: bool) -> list[pygame.Rect]:
        """The three cards."""
        places, session, changed = self._places, self.session, []
        if places is None:
            return []
        if everything or "reading" in changes:
            changed += self.reading.draw(surface, look, places.reading, session, everything)
            third = self._third_card()
            changed += third.draw(surface, look, places.seen, session, everything or third is not self._third)
            self._third = third
        if everything or changes & {"reading", "bars"}:
            changed += self.bars.draw(surface, look, places.bars, session, everything)
        return changed

    def _third_card(self) -> Card:
        """What the network sees, or what it would see, or the lesson that it takes."""
        if self.study.shows_lesson:
            return self.lesson
        return self.would_see if self.study.shows_what_if else self.seen

    def point(self, position: tuple[int, int] | None) -> int | None:
        """Which of the images that the network sees is under the pointer."""
        return None if position is None or self._third is not self.seen else self.seen.digit_at(position)

    def press(self, position: tuple[int, int]) -> None:
        """A bar was clicked: what would make it that digit?"""
        digit = self.bars.bar_at(position)
        if digit is not None:
            self.study.what_if(digit)
