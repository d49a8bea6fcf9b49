"""Looking inside: the drawing on its way through the network, and what any of its cells is made of."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw import edge_views, inside_layout
from apps.draw.keys import INSIDE
from apps.draw.look import Look
from apps.draw.screen import Screen
from apps.draw.session import Session


class InsideScreen(Screen):
    """The network's layers beside the sheet, and a card that explains one cell."""

    bindings = INSIDE
    gestures = (("click", "keep a cell"),)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._places: inside_layout.InsideLayout | None = None

    def enter(self) -> None:
        """Follow what is read through the layers from now on."""
        self.session.look_inside(True)

    def leave(self) -> None:
        """Nobody looks any more."""
        self.session.look_inside(False)

    def arrange(self, size: Sequence[int], look: Look) -> inside_layout.InsideLayout:
        """Sheet and card on the left (or above), the layers on the right (or below)."""
        keys = edge_views.key_widths(look, self.shown_keys)
        self._places = inside_layout.arrange(size, look.scale, keys, look.px(edge_views.KEY_GAP))
        return self._places

    def draw(self, surface: pygame.Surface, look: Look, changes: set[str], everything: bool) -> list[pygame.Rect]:
        """The layers and the card."""
        if self._places is None or not everything:
            return []
        look.card(surface, self._places.network)
        look.card(surface, self._places.card)
        return [self._places.network, self._places.card]

    def walk_left(self) -> None:
        """One cell to the left."""

    def walk_right(self) -> None:
        """One cell to the right."""

    def walk_up(self) -> None:
        """One cell up."""

    def walk_down(self) -> None:
        """One cell down."""

    def layer_before(self) -> None:
        """To the layer before."""

    def layer_after(self) -> None:
        """To the layer after."""
