"""What surrounds the sheet: the header with its buttons, and the tools."""

from __future__ import annotations

import pygame

from apps.draw.drawing.tools import BRUSHES
from apps.draw.session import NAME, Session
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Button, Buttons, draw_slider

HEADER_BUTTONS = ("open_help", "toggle_theme", "open_lessons", "open_files", "toggle_watch")  # from the right
LEAST_SIDE = 34  # of an icon's button
SLIDER = (56, 150)  # the least and the greatest width of the brush's slider
ROOMY_HEADER = 900  # design pixels, from which on the header has room for words


def edge_buttons() -> Buttons:
    """The buttons in the header and under the sheet, in the order in which Tab visits them."""
    buttons = (
        Button("toggle_watch", icon="watch", tip="Watch a new network learn"),
        Button("open_files", icon="open", tip="Open a picture"),
        Button("open_lessons", icon="lessons", tip="Lessons: what you taught"),
        Button("toggle_theme", icon="theme", tip="Light or dark"),
        Button("open_help", icon="help", tip="Help"),
        Button("recognise", "Recognise", primary=True, tip="Look again, 16 times, slightly moved and turned"),
        Button("clear", icon="clear", tip="Clear the sheet"),
        Button("use_pen", icon="pen", tip="Pen", selected=True),
        Button("use_eraser", icon="eraser", tip="Eraser"),
        Button("brush", slides=True, bare=True, tip="Width of the brush"),
        Button("undo", icon="undo", tip="Undo"),
        Button("redo", icon="redo", tip="Redo"),
        Button("save", icon="save", tip="Save the drawing"),
        Button("open_card", icon="card", tip="Save or copy drawing and reading as one picture"),
    )
    return Buttons(*buttons)


def draw_header(surface: pygame.Surface, look: Look, rect: pygame.Rect, buttons: Buttons, model: str, ready: bool) -> None:
    """The name on the left; the model and the buttons on the right."""
    surface.fill(look.palette.desk, rect)
    right = rect.right
    for action in HEADER_BUTTONS:
        button = buttons[action]
        button.rect = pygame.Rect(right - rect.height, rect.top, rect.height, rect.height)
        button.draw(surface, look)
        right = button.rect.left - look.px(8)
    name = look.text(surface, NAME, (rect.left, rect.centery), theme.TITLE, bold=True)
    right -= look.px(6)
    label = model if ready else f"loading {model}"
    label = look.fitted(label, right - name.right - look.px(40), theme.SMALL, from_start=True)
    if not label:
        return
    text = look.text(surface, label, (right, rect.centery), theme.SMALL, look.palette.quiet, align="right")
    dot = shapes.disc(look.px(7), look.palette.accent if ready else look.palette.faint)
    surface.blit(dot, dot.get_rect(midright=(text.left - look.px(6), rect.centery)))


def draw_tools(surface: pygame.Surface, look: Look, rect: pygame.Rect, buttons: Buttons, session: Session) -> None:
    """Recognise (where there is room), pen, eraser and brush on the left; clear, undo, redo and
    save on the right.
    """
    surface.fill(look.palette.desk, rect)
    tools = [buttons[action] for action in ("recognise", "use_pen", "use_eraser", "brush")]
    others = [buttons[action] for action in ("clear", "undo", "redo", "save", "open_card")]
    for button in (*tools, *others):
        button.rect = pygame.Rect(0, 0, 0, 0)
    gap, side, slider = look.px(6), rect.height, tools.pop()
    needed = [tool.width(look, side) for tool in tools]
    icons = len(others) * (side + gap)
    for smaller in range(side, look.px(LEAST_SIDE) - 1, -1):  # smaller icons before there is no room for Recognise
        side, icons = smaller, len(others) * (smaller + gap)
        needed = [tool.width(look, side) for tool in tools]
        if rect.width >= sum(needed) + gap * len(needed) + look.px(SLIDER[0]) + icons:
            break
    if rect.width < sum(needed) + gap * len(needed) + look.px(SLIDER[0]) + icons:
        tools, needed = tools[1:], needed[1:]
    narrow = sum(needed) + gap * len(needed) + look.px(SLIDER[0]) + icons
    side = side if narrow <= rect.width else max(look.px(26), side - (narrow - rect.width) // (len(others) + len(tools)) - 1)
    left, right = rect.left, rect.right
    for tool in tools:
        tool.rect = pygame.Rect(left, rect.top, tool.width(look, side), rect.height)
        left = tool.rect.right + gap
    for button in reversed(others):
        button.rect = pygame.Rect(right - side, rect.top, side, rect.height)
        right = button.rect.left - gap
    buttons["use_pen"].selected, buttons["use_eraser"].selected = not session.erases, session.erases
    for button in (*tools, *others):
        button.draw(surface, look)
    _draw_brush(surface, look, pygame.Rect(left, rect.top, right - left, rect.height), slider, session)


def _draw_brush(surface: pygame.Surface, look: Look, room: pygame.Rect, slider: Button, session: Session) -> None:
    """The brush as it draws (where it fits), and the slider for its width."""
    side = room.height - look.px(8)
    if room.width >= side + look.px(SLIDER[0]):
        width = min(side, max(3, round(session.brush * session.canvas.screen.scale)))
        dot = shapes.disc(width, look.palette.ink)
        surface.blit(dot, dot.get_rect(center=(room.left + side // 2, room.centery)))
        room = pygame.Rect(room.left + side, room.top, room.width - side, room.height)
    slider.rect = pygame.Rect(room.left, room.top, min(room.width, look.px(SLIDER[1])), room.height)
    draw_slider(surface, look, slider, BRUSHES.index(session.brush) / (len(BRUSHES) - 1))
