"""Looking inside: the drawing on its way through the network, and what any of its cells is made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pygame

from apps.draw import edge_views
from apps.draw.inside import layout as inside_layout
from apps.draw.inside.card import CellCard
from apps.draw.inside.marks import Focus
from apps.draw.inside.network import NetworkView
from apps.draw.inside.top import TopRow
from apps.draw.keys import INSIDE
from apps.draw.screen import Screen
from apps.draw.session import Session
from apps.draw.toolkit.look import Look

LIVE = 1 / 40  # seconds between two pictures of the layers while one draws; the pen's own frames go on between them


class InsideScreen(Screen):
    """The network's layers beside the sheet, and a card that explains one cell.

    The cell under the pointer is explained as long as the pointer is there; a click or the arrows keep one.
    """

    bindings = INSIDE
    gestures = (("click", "keep a cell"),)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.network, self.top, self.card = NetworkView(), TopRow(), CellCard()
        self.focus: Focus | None = None
        self._places: inside_layout.InsideLayout | None = None
        self._shown: tuple[Any, Focus | None, int] | None = None  # the trace, the cell and the digit that are to be seen
        self._shown_at = 0.0

    @property
    def trace(self) -> Any:
        """The stages of the selected digit; none before the first answer."""
        return self.session.inside or ()

    def enter(self) -> None:
        """Follow what is read through the layers from now on."""
        self.session.look_inside(True)

    def leave(self) -> None:
        """Nobody looks any more."""
        self.session.look_inside(False)
        self.focus = None

    def arrange(self, size: Sequence[int], look: Look) -> inside_layout.InsideLayout:
        """Sheet and card on the left (or above), the layers on the right (or below)."""
        keys = edge_views.key_widths(look, self.shown_keys)
        self._places = inside_layout.arrange(size, look.scale, keys, look.px(edge_views.KEY_GAP))
        return self._places

    @property
    def is_current(self) -> bool:
        """Whether what is shown is the newest there is."""
        return self._shown is not None and self.trace is self._shown[0] and (self.focus, self.session.selected) == self._shown[1:]

    def draw(self, surface: pygame.Surface, look: Look, changes: set[str], everything: bool) -> list[pygame.Rect]:
        """The layers and the card, whenever the trace or the cell one looks at is another one; a live trace now and then."""
        now = time.perf_counter()
        only_live = not everything and self._shown is not None and (self.focus, self.session.selected) == self._shown[1:]
        if self._places is None or (only_live and (self.is_current or now - self._shown_at < LIVE)):
            return []
        self._shown, self._shown_at = (self.trace, self.focus, self.session.selected), now
        if only_live and self.network.fits(look, self._places.network, self.trace):
            beside = self._top_room(look).inflate(2 * look.px(6), 2 * look.px(8))
            changed = self.network.follow(surface, look, self.trace, self.focus, beside)
        else:
            (look.card if everything else look.wipe)(surface, self._places.network)
            self.network.draw(surface, look, self._places.network, self.trace, self.focus)
            changed = [self._places.network]
        self.top.places = []
        if self.network.bands:
            images = [digit.image for digit in self.session.digits]
            self.top.draw(surface, look, self._top_room(look), images, self.session.selected)
        (look.card if everything else look.wipe)(surface, self._places.card)
        digits = self.session.digits
        believed = digits[self.session.selected].probabilities.tolist() if digits else []
        self.card.draw(surface, look, self._places.card, self.trace, self.focus, believed)
        return [*changed, self._places.card]

    def _top_room(self, look: Look) -> pygame.Rect:
        """The room beside the image."""
        image = self.network.bands[0].rect
        left, right = image.right + look.px(24), self._places.network.right - look.px(18) if self._places else image.right
        return pygame.Rect(left, image.top, max(0, right - left), image.height)

    def point(self, position: tuple[int, int] | None) -> int | None:
        """Look at the cell under the pointer; while one is kept, look at it through the map under the pointer."""
        pointed = None if position is None else self.network.focus_at(position)
        if self.focus is None or not self.focus.pinned:
            self.focus = pointed
        else:
            through = pointed is not None and pointed.stage == self.focus.stage - 1 and len(pointed.cell) == 3
            self.focus = replace(self.focus, lens=pointed.cell[2] if pointed is not None and through else None)
        return None if position is None else self.top.digit_at(position)

    def press(self, position: tuple[int, int]) -> None:
        """Choose a digit; keep the cell under the pointer; let a kept one go by pressing it again, or beside all cells."""
        digit = self.top.digit_at(position)
        if digit is not None:
            self.session.choose(digit)
            return
        pressed, kept = self.network.focus_at(position), self.focus
        if pressed is None or (kept is not None and kept.pinned and (kept.stage, kept.cell) == (pressed.stage, pressed.cell)):
            self.focus = pressed
        else:
            self.focus = Focus(pressed.stage, pressed.cell, pinned=True)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def walk_left(self) -> None:
        """One cell to the left."""
        self._walk(-1, 0)

    def walk_right(self) -> None:
        """One cell to the right."""
        self._walk(1, 0)

    def walk_up(self) -> None:
        """One cell up."""
        self._walk(0, -1)

    def walk_down(self) -> None:
        """One cell down."""
        self._walk(0, 1)

    def layer_before(self) -> None:
        """To where most of the cell came from."""
        focus = self.focus
        if focus is None or focus.stage == 0 or not self.network.bands:
            self._start()
            return
        self.focus = Focus(focus.stage - 1, self.network.trace[focus.stage].origin(focus.cell), pinned=True)

    def layer_after(self) -> None:
        """To the cell of the next layer that stands at the same part of it."""
        focus, bands = self.focus, self.network.bands
        if focus is None or focus.stage + 1 >= len(bands):
            self._start()
            return
        here, there = bands[focus.stage].shape, bands[focus.stage + 1].shape
        cell = focus.cell if len(focus.cell) == len(there) else (0,) * len(there)
        self.focus = Focus(
            focus.stage + 1, tuple(index * size // old for index, size, old in zip(cell, there, here, strict=False)), pinned=True
        )

    def _walk(self, across: int, down: int) -> None:
        if self.focus is None or not self.network.bands:
            self._start()
            return
        cell = self.network.bands[self.focus.stage].neighbour(self.focus.cell, across, down)
        self.focus = Focus(self.focus.stage, cell, pinned=True)

    def _start(self) -> None:
        """Without a cell to start from: the strongest one of the first layer."""
        if self.focus is None and len(self.network.bands) > 1:
            values = self.network.trace[1].values
            strongest = np.unravel_index(int(values.argmax()), values.shape)
            self.focus = Focus(1, tuple(int(index) for index in strongest), pinned=True)
