"""A screen: what surrounds the sheet, and what the pointer and the keys do there.

To add a screen:

1. Derive from `Screen`: `bindings`, `arrange`, `draw` and, if it has buttons, `groups`.
   `learning/screen.py` is an example.
2. Make it in `App.__init__` (`app.py`), and add it to the tuple in `App.close`.
3. Add a method `toggle_...` to `actions.py` that shows it, or goes back to the reading.
4. In `keys.py`, add the tuple of its keys, with `COMMON` and a key that leads back, and bind a key
   to `toggle_...` on the other screens. For a button in the header, see `edge_views.py`.
5. In `tests/apps/test_actions.py`, add its actions to the table, and the screen to the two tests
   of all keys.

To add a card beside the sheet, see `cards.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw import layout
from apps.draw.cards import Card
from apps.draw.keys import READING, Binding
from apps.draw.reading.panel_views import BarsView, SeenView
from apps.draw.reading.reading_view import ReadingView
from apps.draw.session import Session
from apps.draw.study import Study
from apps.draw.teaching.lesson_view import DigitsView, LessonView
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Buttons
from apps.draw.why.questions import GRADIENT, OCCLUSION
from apps.draw.why.what_if_view import WhatIfView


class Screen:
    """What differs from screen to screen; the header, the sheet and the tools are the window's.

    Attributes:
        bindings: the keys; their actions are methods of the window, of the screen, of the session
            or of the study.
    """

    bindings: tuple[Binding, ...] = ()

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def groups(self) -> list[Buttons]:
        """The screen's buttons, in the order in which Tab visits them."""
        return []

    @property
    def is_current(self) -> bool:
        """Whether what is shown is the newest there is."""
        return True

    @property
    def is_moving(self) -> bool:
        """Whether the next frame may differ from this one although nobody does anything."""
        return False

    def enter(self) -> None:
        """The screen is shown from now on."""

    def leave(self) -> None:
        """Another screen is shown from now on."""

    def update(self, now: float) -> None:
        """Advance to the time `now` in seconds."""

    def receive(self) -> None:
        """Take in news, also while another screen is shown."""

    def close(self) -> None:
        """The window closes."""

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
        """The pointer was pressed beside the sheet and the buttons."""


class ReadingScreen(Screen):
    """The answer, the probabilities, and a third card: the network's image, a lesson, or digits to
    choose.
    """

    bindings = READING

    def __init__(self, session: Session, study: Study) -> None:
        super().__init__(session)
        self.study = study
        self.reading, self.bars, self.seen = ReadingView(), BarsView(), SeenView()
        self.lesson, self.would_see, self.digits = LessonView(study), WhatIfView(study), DigitsView(study)
        self._third: Card = self.seen
        self._third_place = pygame.Rect(0, 0, 0, 0)
        self._places: layout.Layout | None = None

    @property
    def groups(self) -> list[Buttons]:
        """The buttons of the three cards."""
        return [self.reading.buttons, self.bars.buttons, self._third.buttons]

    def leave(self) -> None:
        """Stop asking."""
        self.study.leave()

    def arrange(self, size: Sequence[int], look: Look) -> layout.Layout:
        """The cards beside the sheet or below it."""
        self._places = layout.arrange(size, look.scale)
        return self._places

    def draw(self, surface: pygame.Surface, look: Look, changes: set[str], everything: bool) -> list[pygame.Rect]:
        """The three cards; the third one covers the second where it would be too small."""
        places, session, changed = self._places, self.session, []
        if places is None:
            return []
        if not (everything or changes & {"reading", "bars"}):
            return []
        third = self._third_card()
        place = places.seen
        if place.height < look.px(third.least_height):
            place = places.bars.union(places.seen)
        moved = place != self._third_place
        if moved and not everything:
            surface.fill(look.palette.desk, places.bars.union(places.seen))
            changed.append(places.bars.union(places.seen))
        if everything or "reading" in changes:
            why = self.reading.buttons["cycle_why"]
            why.selected = self.study.why.way in (GRADIENT, OCCLUSION)
            changed += self.reading.draw(surface, look, places.reading, session, everything)
            new = everything or moved or third is not self._third
            changed += third.draw(surface, look, place, session, new)
        self._third, self._third_place = third, place
        if place != places.seen:
            self.bars.buttons.show([])
        else:
            changed += self.bars.draw(surface, look, places.bars, session, everything or moved)
        return changed

    def _third_card(self) -> Card:
        """What the network sees, or would see; or the lesson; or ten digits to choose from."""
        study = self.study
        if study.asked_label is not None or (study.choosing is not None and not study.lessons.is_busy):
            return self.digits
        if study.shows_lesson:
            return self.lesson
        if study.shows_what_if:
            return self.would_see
        return self.digits if study.shows_labels else self.seen

    def point(self, position: tuple[int, int] | None) -> int | None:
        """Which of the images that the network sees is under the pointer."""
        return None if position is None or self._third is not self.seen else self.seen.digit_at(position)
