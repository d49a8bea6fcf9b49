"""What surrounds the sheet: the header with the model's name, the tools, and the keys."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw.layout import KEY_LINE, flow
from apps.draw.session import BRUSHES, NAME, Session
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons

KEY_GAP = 18  # between one key with its meaning and the next
ROOMY = 420  # design pixels that all tools need

Keys = Sequence[tuple[str, str]]  # what is on their caps, and what they do


def tool_buttons() -> Buttons:
    """The buttons under the sheet and in the header."""
    return Buttons(
        Button("recognise", "Recognise", primary=True),
        Button("clear", "Clear"),
        Button("undo", icon="undo"),
        Button("redo", icon="redo"),
        Button("save", icon="save"),
        Button("toggle_theme", icon="theme"),
        Button("toggle_inside", icon="inside"),
    )


def draw_header(surface: pygame.Surface, look: Look, rect: pygame.Rect, buttons: Buttons, model: str, ready: bool) -> None:
    """The name on the left; the model and two buttons on the right: look inside, light or dark."""
    surface.fill(look.palette.desk, rect)
    right = rect.right
    for action in ("toggle_theme", "toggle_inside"):
        button = buttons[action]
        button.rect = pygame.Rect(right - rect.height, rect.top, rect.height, rect.height)
        button.draw(surface, look)
        right = button.rect.left - look.px(8)
    name = look.text(surface, NAME, (rect.left, rect.centery), theme.TITLE, bold=True)
    right -= look.px(6)
    label = model if ready else f"loading {model}"
    label = look.fitted(label, right - name.right - look.px(40), theme.SMALL, from_start=True)
    text = look.text(surface, label, (right, rect.centery), theme.SMALL, look.palette.quiet, align="right")
    dot = shapes.disc(look.px(7), look.palette.accent if ready else look.palette.faint)
    surface.blit(dot, dot.get_rect(midright=(text.left - look.px(6), rect.centery)))


def draw_tools(surface: pygame.Surface, look: Look, rect: pygame.Rect, buttons: Buttons, session: Session) -> None:
    """Recognise (where there is room for it) and Clear on the left, undo, redo and save on the right, the brush between them."""
    surface.fill(look.palette.desk, rect)
    gap, left, right = look.px(10), rect.left, rect.right
    buttons["recognise"].rect = pygame.Rect(0, 0, 0, 0)
    for action in ("recognise", "clear") if rect.width >= look.px(ROOMY) else ("clear",):
        button = buttons[action]
        button.rect = pygame.Rect(left, rect.top, button.width(look, rect.height), rect.height)
        left = button.rect.right + gap
    for action in ("save", "redo", "undo"):
        button = buttons[action]
        button.rect = pygame.Rect(right - rect.height, rect.top, rect.height, rect.height)
        right = button.rect.left - gap
    for action in ("recognise", "clear", "save", "redo", "undo"):
        if buttons[action].rect.width:
            buttons[action].draw(surface, look)
    _draw_brush(surface, look, pygame.Rect(left + gap, rect.top, right - left - gap, rect.height), session)


def _draw_brush(surface: pygame.Surface, look: Look, room: pygame.Rect, session: Session) -> None:
    """The brush as it draws (as far as it fits), and its size on a small scale."""
    most = room.height - look.px(8)
    side = min(most, max(3, round(session.brush * session.canvas.screen.scale)))
    dot = shapes.disc(side, look.palette.ink)
    surface.blit(dot, dot.get_rect(center=(room.left + most // 2, room.centery)))
    track = pygame.Rect(room.left + most + look.px(12), 0, room.right - room.left - most - look.px(24), look.px(4))
    track.centery = room.centery
    track.width = min(track.width, look.px(120))
    if track.width < look.px(40):
        return
    shapes.box(surface, track, look.px(2), look.palette.line)
    part = BRUSHES.index(session.brush) / (len(BRUSHES) - 1)
    knob = shapes.disc(look.px(10), look.palette.quiet)
    surface.blit(knob, knob.get_rect(center=(track.left + round(part * track.width), track.centery)))


def key_widths(look: Look, keys: Keys) -> list[int]:
    """The widths of all keys with their meanings, in pixels."""
    return [_cap_width(look, key) + look.px(6) + look.text_width(meaning, theme.SMALL) for key, meaning in keys]


def draw_keys(surface: pygame.Surface, look: Look, rect: pygame.Rect, keys: Keys) -> None:
    """Every key, as caps with what they do, in as many lines as they need."""
    surface.fill(look.palette.desk, rect)
    widths, gap = key_widths(look, keys), look.px(KEY_GAP)
    for row, numbers in enumerate(flow(widths, rect.width, gap)):
        left, middle = rect.left, rect.top + look.px(KEY_LINE * (row + 0.5))
        for number in numbers:
            key, meaning = keys[number]
            cap = pygame.Rect(left, 0, _cap_width(look, key), look.px(18))
            cap.centery = middle
            shapes.box(surface, cap, look.px(4), look.palette.line)
            look.text(surface, key, cap.center, 12, look.palette.text, align="centre")
            look.text(surface, meaning, (cap.right + look.px(6), middle), theme.SMALL, look.palette.quiet)
            left += widths[number] + gap


def _cap_width(look: Look, key: str) -> int:
    return max(look.px(18), look.text_width(key, 12) + look.px(12))
