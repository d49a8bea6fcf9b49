"""The keys: what each does, in one list that the window shows and the main loop obeys.

Digits, Tab and W are left for looking inside the network.
"""

from __future__ import annotations

from typing import NamedTuple

import pygame


class Binding(NamedTuple):
    """Keys that do one thing: the method of the app, how the window shows them, and the keys themselves."""

    action: str
    shown: str
    meaning: str
    keys: tuple[int, ...] = ()
    control: bool = False
    characters: str = ""


BINDINGS = (
    Binding("recognise", "Enter", "recognise", (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_SPACE)),
    Binding("clear", "C", "clear", (pygame.K_c, pygame.K_DELETE, pygame.K_BACKSPACE)),
    Binding("undo", "Ctrl Z", "undo", (pygame.K_z,), control=True),
    Binding("redo", "Ctrl Y", "redo", (pygame.K_y,), control=True),
    Binding("thinner", "[ ]", "brush (or wheel)", (pygame.K_KP_MINUS,), characters="[-"),
    Binding("wider", "[ ]", "brush (or wheel)", (pygame.K_KP_PLUS,), characters="]+"),
    Binding("save", "S", "save", (pygame.K_s,)),
    Binding("toggle_theme", "T", "light, dark", (pygame.K_t,)),
    Binding("quit", "Esc", "quit", (pygame.K_ESCAPE,)),
)

# What has no key but is worth knowing.
GESTURES = (("right button", "erase"), ("drop a file", "open"))


def action_of(event: pygame.event.Event) -> str | None:
    """The action of a KEYDOWN event, if it has one."""
    modifiers = getattr(event, "mod", 0)
    control = bool(modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META))
    if control and event.key == pygame.K_z and modifiers & pygame.KMOD_SHIFT:
        return "redo"
    character = getattr(event, "unicode", "")
    for binding in BINDINGS:
        if binding.control == control and (event.key in binding.keys or (character and character in binding.characters)):
            return binding.action
    return None
