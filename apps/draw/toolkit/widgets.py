"""Buttons: rest, hover, pressed, off. They know their place and what they do, not what it means."""

from __future__ import annotations

from dataclasses import dataclass, field

import pygame

from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.theme import Colour

ICON_SIDE = 22


@dataclass
class Button:
    """A button with a label or an icon; `action` is the app's method, `key` is shown after the label."""

    action: str
    label: str = ""
    icon: str = ""
    key: str = ""
    primary: bool = False
    enabled: bool = True
    rect: pygame.Rect = field(default_factory=lambda: pygame.Rect(0, 0, 0, 0))
    hovered: bool = False
    pressed: bool = False

    def width(self, look: Look, height: int) -> int:
        """The width the button wants, in pixels."""
        if self.icon:
            return height
        key = look.px(8) + look.text_width(self.key, theme.SMALL) if self.key else 0
        return look.px(36) + look.text_width(self.label, theme.BODY, bold=True) + key

    def draw(self, surface: pygame.Surface, look: Look) -> None:
        """Draw the button over its whole rectangle."""
        palette, face, text = look.palette, self._face(look), self._text(look)
        radius, line = look.px(theme.BUTTON_RADIUS), look.px(1)
        surface.fill(palette.desk, self.rect)
        shapes.box(surface, self.rect, radius, face if self.primary and self.enabled else palette.line)
        shapes.box(surface, self.rect.inflate(-2 * line, -2 * line), radius - line, face)
        drop = look.px(1) if self.pressed and self.hovered else 0
        if self.icon:
            image = shapes.icon(self.icon, look.px(ICON_SIDE), text)
            surface.blit(image, image.get_rect(center=(self.rect.centerx, self.rect.centery + drop)))
            return
        left, middle = self.rect.left + look.px(18), self.rect.centery + drop
        label = look.text(surface, self.label, (left, middle), theme.BODY, text, bold=True)
        if self.key:
            quiet = theme.mix(face, text, 0.72)
            look.text(surface, self.key, (label.right + look.px(8), middle), theme.SMALL, quiet)

    def _face(self, look: Look) -> Colour:
        p = look.palette
        rest, hover, pressed = (
            (p.accent, p.accent_hover, p.accent_pressed) if self.primary else (p.raised, p.raised_hover, p.raised_pressed)
        )
        if not self.enabled:
            return p.desk
        if self.pressed:
            return pressed if self.hovered else hover
        return hover if self.hovered else rest

    def _text(self, look: Look) -> Colour:
        if not self.enabled:
            return look.palette.faint
        return look.palette.on_accent if self.primary else look.palette.text


class Buttons:
    """A group of buttons and the one pointer: a button acts when it is released where it was pressed."""

    def __init__(self, *buttons: Button) -> None:
        self.all = buttons

    def __getitem__(self, action: str) -> Button:
        return next(button for button in self.all if button.action == action)

    def at(self, position: tuple[int, int]) -> Button | None:
        """The button under a position, enabled or not."""
        return next((button for button in self.all if button.rect.collidepoint(position)), None)

    @property
    def is_held(self) -> bool:
        """Whether a button is being pressed."""
        return any(button.pressed for button in self.all)

    def point(self, position: tuple[int, int] | None) -> bool:
        """The pointer is here (None: it has left); returns whether anything looks different now."""
        over = None if position is None else self.at(position)
        changed = False
        for button in self.all:
            hovered = button is over and button.enabled and (button.pressed or not self.is_held)
            changed |= hovered != button.hovered
            button.hovered = hovered
        return changed

    def press(self, position: tuple[int, int]) -> bool:
        """The pointer went down; returns whether a button took it."""
        self.release(None)
        self.point(position)
        button = self.at(position)
        if button is None:
            return False
        button.pressed = button.enabled
        return True

    def release(self, position: tuple[int, int] | None) -> str | None:
        """The pointer went up (None: it was lost); returns the action of the button that was clicked."""
        held = next((button for button in self.all if button.pressed), None)
        if held is None:
            return None
        held.pressed = False
        clicked = held.enabled and position is not None and held.rect.collidepoint(position)
        self.point(position)
        return held.action if clicked else None

    def enable(self, action: str, enabled: bool) -> bool:
        """Switch a button on or off; returns whether that was new."""
        button = self[action]
        changed = button.enabled != enabled
        button.enabled = enabled
        if not enabled:
            button.hovered = button.pressed = False
        return changed
