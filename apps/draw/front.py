"""What lies over the window: a panel, the tooltip of the button under the pointer, and the ring
around what has the focus.
"""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw.focus import draw_ring
from apps.draw.keys import Binding, key_of
from apps.draw.panels.panel import Panel
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons

LINGER = 0.5  # seconds after which a button under a resting pointer shows its tooltip


class Front:
    """Keeps what lies over the window; `draw` paints it over whatever changed below it."""

    def __init__(self) -> None:
        self.panel: Panel | None = None
        self.tip: str = ""
        self._tipped: Button | None = None
        self._hovered: tuple[str, bool] | None = None  # the button under the pointer, and whether it is pressed
        self._since = 0.0
        self._rects: list[pygame.Rect] = []

    def follow(self, groups: Sequence[Buttons], bindings: Sequence[Binding], now: float) -> bool:
        """Show the tooltip of the button that the pointer rests on, or that a finger holds; returns
        whether that is new.
        """
        hovered = next((button for group in groups for button in group if button.hovered), None)
        action = (hovered.action, hovered.pressed) if hovered is not None else None
        if action != self._hovered:
            self._hovered, self._since = action, now
        waited = hovered is not None and hovered.tip and now - self._since >= LINGER
        key = key_of(hovered.action, bindings) if hovered is not None else ""
        tip = (hovered.tip + (f"  ({key})" if key else "")) if waited and hovered is not None else ""
        self._tipped = hovered
        changed, self.tip = tip != self.tip, tip
        return changed

    @property
    def is_waiting(self) -> bool:
        """Whether a tooltip may be about to appear."""
        return self._hovered is not None and not self.tip

    def draw(
        self, surface: pygame.Surface, look: Look, focused: pygame.Rect | None, changed: list[pygame.Rect], everything: bool
    ) -> None:
        """Paint over what changed below; with `everything` all of it is painted."""
        if everything:
            self._rects = []
        if not everything and not any(rect.collidelist(changed) >= 0 for rect in self._rects) and not self._panel_changed():
            return
        self._rects = []
        if self.panel is not None:
            self.panel.draw(surface, look)
            self._rects.append(self.panel.rect.inflate(look.px(8), look.px(12)))
        if focused is not None:
            draw_ring(surface, look, focused)
            self._rects.append(focused.inflate(2 * look.px(4), 2 * look.px(4)))
        if self.tip and self._tipped is not None:
            self._rects.append(_draw_tip(surface, look, self.tip, self._tipped.rect))
        changed += [rect.clip(surface.get_rect()) for rect in self._rects]

    def _panel_changed(self) -> bool:
        return self.panel is not None and self.panel.changed


def _draw_tip(surface: pygame.Surface, look: Look, tip: str, beside: pygame.Rect) -> pygame.Rect:
    """The tooltip, under its button or above it."""
    rect = pygame.Rect(0, 0, look.text_width(tip, theme.SMALL) + look.px(20), look.px(28))
    rect.midtop = beside.centerx, beside.bottom + look.px(6)
    window = surface.get_rect().inflate(-2 * look.px(4), -2 * look.px(4))
    if rect.bottom > window.bottom:
        rect.bottom = beside.top - look.px(6)
    rect.clamp_ip(window)
    shapes.box(surface, rect, look.px(6), look.palette.text)
    text = look.fitted(tip, rect.width - look.px(12), theme.SMALL)
    look.text(surface, text, rect.center, theme.SMALL, look.palette.paper, align="centre")
    return rect
