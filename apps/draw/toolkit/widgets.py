"""Buttons and the slider: their rectangles, their states, and which action each one performs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pygame

from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.theme import Colour

ICON_SIDE = 22
SMALL_ICON = 18
TRACK, KNOB = 4, 14  # the slider's height and the diameter of its knob


@dataclass
class Button:
    """A button with a label, an icon, or an icon and beside it a label.

    Attributes:
        action: the method that a click performs, with its numbers: "clear", "teach 7".
        tip: what the tooltip says; the key of the action is added to it.
        selected: a switch that is on.
        bare: something else paints this rectangle; the button only reacts.
        slides: the pointer drags it from left to right instead of clicking it.
    """

    action: str
    label: str = ""
    icon: str = ""
    tip: str = ""
    primary: bool = False
    selected: bool = False
    bare: bool = False
    slides: bool = False
    small: bool = False
    enabled: bool = True
    rect: pygame.Rect = field(default_factory=lambda: pygame.Rect(0, 0, 0, 0))
    hovered: bool = False
    pressed: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether there is room for it in the window."""
        return self.rect.width > 0

    def width(self, look: Look, height: int) -> int:
        """The width that the button needs, in pixels."""
        if self.icon and not self.label:
            return height
        return look.px(22 if self.small else 36) + look.text_width(self.label, self._size, bold=True)

    @property
    def _size(self) -> int:
        return theme.SMALL if self.small else theme.BODY

    def draw(self, surface: pygame.Surface, look: Look, behind: Colour | None = None) -> None:
        """Draw the button over its whole rectangle; `behind` is the colour around it (the desk's
        by default).
        """
        if self.bare or not self.is_shown:
            return
        palette, face, text = look.palette, self._face(look), self._text(look)
        radius, line = look.px(theme.BUTTON_RADIUS), look.px(1)
        surface.fill(behind or palette.desk, self.rect)
        edge = face if self.primary and self.enabled else palette.accent if self.selected else palette.line
        shapes.box(surface, self.rect, radius, edge)
        shapes.box(surface, self.rect.inflate(-2 * line, -2 * line), radius - line, face)
        drop = look.px(1) if self.pressed and self.hovered else 0
        middle = self.rect.centerx, self.rect.centery + drop
        if self.icon:
            image = shapes.icon(self.icon, look.px(SMALL_ICON if self.small else ICON_SIDE), text)
            if not self.label:
                surface.blit(image, image.get_rect(center=middle))
                return
            place = image.get_rect(midleft=(self.rect.left + look.px(8), middle[1]))
            surface.blit(image, place)
            left = place.right + look.px(8)
            label = look.fitted(self.label, self.rect.right - look.px(8) - left, self._size)
            look.text(surface, label, (left, middle[1]), self._size, text)
            return
        label = look.fitted(self.label, self.rect.width - look.px(6), self._size, bold=True)
        look.text(surface, label, middle, self._size, text, bold=True, align="centre")

    def _face(self, look: Look) -> Colour:
        p = look.palette
        rest, hover, pressed = (
            (p.accent, p.accent_hover, p.accent_pressed) if self.primary else (p.raised, p.raised_hover, p.raised_pressed)
        )
        if not self.enabled:
            return p.desk
        if self.pressed:
            return pressed if self.hovered else hover
        if self.selected and not self.primary:
            return p.accent_soft
        return hover if self.hovered else rest

    def _text(self, look: Look) -> Colour:
        if not self.enabled:
            return look.palette.faint
        return look.palette.on_accent if self.primary else look.palette.text


class Buttons:
    """A group of buttons. A button acts when it is released where it was pressed."""

    def __init__(self, *buttons: Button) -> None:
        self.all: list[Button] = list(buttons)

    def __getitem__(self, action: str) -> Button:
        return next(button for button in self.all if button.action == action)

    def __iter__(self) -> Iterator[Button]:
        return iter(self.all)

    def show(self, buttons: Sequence[Button]) -> None:
        """Replace all buttons; those that were there already stay hovered or pressed."""
        before = {button.action: button for button in self.all}
        for button in buttons:
            old = before.get(button.action)
            if old is not None:
                button.hovered, button.pressed = old.hovered and button.enabled, old.pressed and button.enabled
        self.all = list(buttons)

    def at(self, position: tuple[int, int]) -> Button | None:
        """The button under a position, enabled or not."""
        return next((button for button in self.all if button.is_shown and button.rect.collidepoint(position)), None)

    @property
    def held(self) -> Button | None:
        """The button that is being pressed."""
        return next((button for button in self.all if button.pressed), None)

    @property
    def is_held(self) -> bool:
        """Whether a button is being pressed."""
        return self.held is not None

    def point(self, position: tuple[int, int] | None) -> bool:
        """Move the pointer here (None: out of the window); returns whether anything looks
        different now.
        """
        over = None if position is None else self.at(position)
        changed = False
        for button in self.all:
            hovered = button is over and button.enabled and (button.pressed or not self.is_held)
            changed |= hovered != button.hovered
            button.hovered = hovered
        return changed

    def press(self, position: tuple[int, int]) -> bool:
        """Press the pointer; returns whether there was a button under it."""
        self.release(None)
        self.point(position)
        button = self.at(position)
        if button is None:
            return False
        button.pressed = button.enabled
        return True

    def release(self, position: tuple[int, int] | None) -> str | None:
        """Release the pointer (None: it was lost); returns the action of the button that was
        clicked.
        """
        held = self.held
        if held is None:
            return None
        held.pressed = False
        clicked = held.enabled and not held.slides and position is not None and held.rect.collidepoint(position)
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


def share_along(button: Button, position: tuple[int, int]) -> float:
    """How far along a slider a position is: 0 at its left end, 1 at its right end."""
    half = _slider_end(button)
    return min(1.0, max(0.0, (position[0] - button.rect.left - half) / max(1, button.rect.width - 2 * half)))


def _slider_end(slider: Button) -> int:
    """The room at each end of the track, for half of the knob."""
    return max(1, slider.rect.height // 4)


def draw_slider(surface: pygame.Surface, look: Look, slider: Button, share: float) -> None:
    """A track with a knob `share` of the way along."""
    surface.fill(look.palette.desk, slider.rect)
    half = _slider_end(slider)
    track = pygame.Rect(slider.rect.left + half, 0, slider.rect.width - 2 * half, look.px(TRACK))
    track.centery = slider.rect.centery
    shapes.box(surface, track, look.px(TRACK) // 2, look.palette.faint)
    colour = look.palette.accent if slider.pressed or slider.hovered else look.palette.quiet
    knob = shapes.disc(look.px(KNOB), colour)
    surface.blit(knob, knob.get_rect(center=(track.left + round(share * track.width), track.centery)))


def spread(look: Look, room: pygame.Rect, buttons: Sequence[Button], gap: int) -> None:
    """Place buttons side by side so that they fill a rectangle, each in proportion to the width
    that it needs.
    """
    needed = [button.width(look, room.height) for button in buttons]
    spare = room.width - gap * (len(buttons) - 1) - sum(needed)
    left = room.left
    for number, (button, width) in enumerate(zip(buttons, needed, strict=True)):
        right = room.right if number == len(buttons) - 1 else left + width + spare // len(buttons)
        button.rect = pygame.Rect(left, room.top, right - left, room.height)
        left = right + gap


def row(room: pygame.Rect, count: int, gap: int) -> list[pygame.Rect]:
    """A rectangle cut into `count` equal ones, side by side."""
    edges = [room.left + round(number * (room.width + gap) / count) for number in range(count + 1)]
    return [pygame.Rect(left, room.top, right - gap - left, room.height) for left, right in itertools.pairwise(edges)]
