"""The keys: what each does, in lists that the window shows and the main loop obeys; each screen has a list of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pygame


class Binding(NamedTuple):
    """Keys that do one thing: a method (and the number it takes), how the window shows them, and the keys themselves."""

    action: str
    shown: str
    meaning: str
    keys: tuple[int, ...] = ()
    control: bool = False
    characters: str = ""
    shift: bool = False  # whether `keys` count with Shift only


# On every screen.
COMMON = (
    Binding("clear", "C", "clear", (pygame.K_c, pygame.K_DELETE, pygame.K_BACKSPACE)),
    Binding("undo", "Ctrl Z Y", "undo, redo", (pygame.K_z,), control=True),
    Binding("redo", "Ctrl Z Y", "undo, redo", (pygame.K_y,), control=True),
    Binding("thinner", "[ ]", "brush", (pygame.K_KP_MINUS,), characters="[-"),
    Binding("wider", "[ ]", "brush", (pygame.K_KP_PLUS,), characters="]+"),
    Binding("save", "S", "save", (pygame.K_s,)),
    Binding("toggle_theme", "T", "light, dark", (pygame.K_t,)),
)
RECOGNISE = Binding("recognise", "Enter", "recognise", (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_SPACE))

READING = (
    RECOGNISE,
    *COMMON,
    Binding("toggle_inside", "Tab", "look inside", (pygame.K_TAB,)),
    Binding("cycle_why", "W", "why?", (pygame.K_w,)),
    *(Binding(f"what_if {k}", "Shift 0-9", "what if? (or click a bar)", (pygame.K_0 + k,), shift=True) for k in range(10)),
    *(Binding(f"teach {k}", "0-9", "teach what it is", characters=str(k)) for k in range(10)),
    Binding("take_back", "U", "take a lesson back", (pygame.K_u,)),
    Binding("step_out", "Esc", "quit", (pygame.K_ESCAPE,)),
)
INSIDE = (
    Binding("walk_left", "arrows", "next cell", (pygame.K_LEFT,)),
    Binding("walk_right", "arrows", "next cell", (pygame.K_RIGHT,)),
    Binding("walk_up", "arrows", "next cell", (pygame.K_UP,)),
    Binding("walk_down", "arrows", "next cell", (pygame.K_DOWN,)),
    Binding("layer_before", "PgUp PgDn", "layer", (pygame.K_PAGEUP,)),
    Binding("layer_after", "PgUp PgDn", "layer", (pygame.K_PAGEDOWN,)),
    *COMMON,
    RECOGNISE,
    Binding("toggle_inside", "Tab", "back", (pygame.K_TAB, pygame.K_ESCAPE)),
)


def action_of(event: pygame.event.Event, bindings: Sequence[Binding]) -> str | None:
    """The action of a KEYDOWN event, if it has one among these bindings."""
    modifiers = getattr(event, "mod", 0)
    control = bool(modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META))
    if control and event.key == pygame.K_z and modifiers & pygame.KMOD_SHIFT:
        return "redo"
    character = getattr(event, "unicode", "")
    for binding in bindings:
        pressed = event.key in binding.keys and (not binding.shift or modifiers & pygame.KMOD_SHIFT)
        if binding.control == control and (pressed or (character and character in binding.characters)):
            return binding.action
    return None
