"""The keys: what each of them does. The main loop obeys these lists, and the help and the tooltips
show them.

A key is found by its character first if that is a digit, then by its position in the top row, then
by its character and the name its layout gives it, and last by another position. So the top row
teaches the digits 0 to 9 on every layout, also where it types &, é and "; and the places of [ and ]
set the brush unless the layout has another key of ours there, as Dvorak's has ?.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pygame


class Binding(NamedTuple):
    """Keys that do one thing.

    Attributes:
        action: the method to call, with its numbers.
        shown, meaning: how the help shows it.
        keys: keys as the layout names them.
        control: whether Ctrl (or Cmd) must be held; without it, it must not.
        characters: typed characters that do the same.
        positions: scancodes, which say where a key is and not what it types.
        shift: whether Shift must be held for `keys` and `positions`; None where that does not
            matter.
    """

    action: str
    shown: str
    meaning: str
    keys: tuple[int, ...] = ()
    control: bool = False
    characters: str = ""
    positions: tuple[int, ...] = ()
    shift: bool | None = None


FIRST_LETTER, FIRST_FIGURE = 4, 30  # scancodes of A and of the top row's 1
TOP_ROW = (39, *range(FIRST_FIGURE, FIRST_FIGURE + 9))  # of 0 to 9
LEFT_BRACKET, RIGHT_BRACKET = 47, 48
HELP = "?"

# On every screen.
COMMON = (
    Binding("clear", "C", "clear the sheet", (pygame.K_c, pygame.K_DELETE, pygame.K_BACKSPACE)),
    Binding("undo", "Ctrl Z", "undo", (pygame.K_z,), control=True, shift=False),
    Binding("redo", "Ctrl Y", "redo", (pygame.K_y,), control=True),
    Binding("redo", "Ctrl Y", "redo", (pygame.K_z,), control=True, shift=True),
    Binding("toggle_eraser", "E", "pen or eraser", (pygame.K_e,)),
    Binding("thinner", "[ ] or - +", "brush", (pygame.K_KP_MINUS,), characters="[-", positions=(LEFT_BRACKET,)),
    Binding("wider", "[ ] or - +", "brush", (pygame.K_KP_PLUS,), characters="]+", positions=(RIGHT_BRACKET,)),
    Binding("open_files", "O", "open a picture", (pygame.K_o,)),
    Binding("save", "S", "save the drawing", (pygame.K_s,)),
    Binding("save_card", "P", "save drawing and reading", (pygame.K_p,)),
    Binding("copy_card", "Ctrl C", "copy drawing and reading", (pygame.K_c,), control=True),
    Binding("open_lessons", "L", "lessons", (pygame.K_l,)),
    Binding("toggle_theme", "T", "light or dark", (pygame.K_t,)),
    Binding("open_help", "?", "this help", (pygame.K_F1, pygame.K_h), characters=HELP),
    Binding("focus_next", "Tab", "next button; Shift Tab: back", (pygame.K_TAB,), shift=False),
    Binding("focus_previous", "Tab", "next button; Shift Tab: back", (pygame.K_TAB,), shift=True),
)
RECOGNISE = Binding("recognise", "Enter", "recognise: look again, 16 times", (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_SPACE))
INSIDE_KEY = Binding("toggle_inside", "I", "look inside", (pygame.K_i,))
WATCH_KEY = Binding("toggle_watch", "N", "watch a new network learn", (pygame.K_n,))

READING = (
    RECOGNISE,
    Binding("cycle_why", "W", "why?", (pygame.K_w,)),
    Binding("choose_what_if", "F", "what if?", (pygame.K_f,)),
    *(
        Binding(f"what_if {k}", "Shift 0-9", "what if it were that digit?", positions=(TOP_ROW[k],), shift=True)
        for k in range(10)
    ),
    Binding("make_it_so", "M", "make it so: change the drawing", (pygame.K_m,)),
    *(
        Binding(f"teach {k}", "0-9", "teach that it is that digit", characters=str(k), positions=(TOP_ROW[k],), shift=False)
        for k in range(10)
    ),
    Binding("choose_label", "A", "wrong? teach it", (pygame.K_a,)),
    Binding("undo_lesson", "U", "undo or stop a lesson", (pygame.K_u,)),
    Binding("choose_before", "Left Right", "digit of a number", (pygame.K_LEFT,)),
    Binding("choose_after", "Left Right", "digit of a number", (pygame.K_RIGHT,)),
    INSIDE_KEY,
    WATCH_KEY,
    *COMMON,
    Binding("step_out", "Esc", "close, go back, or quit", (pygame.K_ESCAPE,)),
)
INSIDE = (
    Binding("walk_left", "arrows", "next cell", (pygame.K_LEFT,)),
    Binding("walk_right", "arrows", "next cell", (pygame.K_RIGHT,)),
    Binding("walk_up", "arrows", "next cell", (pygame.K_UP,)),
    Binding("walk_down", "arrows", "next cell", (pygame.K_DOWN,)),
    Binding("layer_before", "PgUp PgDn", "layer before or after", (pygame.K_PAGEUP,)),
    Binding("layer_after", "PgUp PgDn", "layer before or after", (pygame.K_PAGEDOWN,)),
    Binding("turn_round", "G", "the way back: gradients", (pygame.K_g,)),
    *(Binding(f"aim {k}", "0-9", "the way back for that digit", characters=str(k), positions=(TOP_ROW[k],)) for k in range(10)),
    Binding("next_weight", "K", "next weight of the kernel", (pygame.K_k,)),
    Binding("next_map", "J", "the same through the next map", (pygame.K_j,)),
    *COMMON,
    RECOGNISE,
    Binding("toggle_inside", "I or Esc", "back", (pygame.K_i, pygame.K_ESCAPE)),
    WATCH_KEY,
)
WATCH = (
    Binding("pause", "Space", "start, pause or go on", (pygame.K_SPACE,)),
    Binding("one_batch", "B", "one batch", (pygame.K_b,)),
    Binding("slower", "Left Right", "slower or faster", (pygame.K_LEFT,)),
    Binding("faster", "Left Right", "slower or faster", (pygame.K_RIGHT,)),
    Binding("more_epochs", "Up Down", "more or fewer epochs", (pygame.K_UP,)),
    Binding("fewer_epochs", "Up Down", "more or fewer epochs", (pygame.K_DOWN,)),
    Binding("keep_it", "K", "keep the network as your own", (pygame.K_k,)),
    Binding("throw_away", "X", "discard the network", (pygame.K_x,)),
    *COMMON,
    Binding("recognise", "Enter", "recognise: look again, 16 times", (pygame.K_RETURN, pygame.K_KP_ENTER)),
    Binding("toggle_watch", "N or Esc", "back", (pygame.K_n, pygame.K_ESCAPE)),
)
# While a panel lies over the window; Enter and Space press the focused button.
PANEL = (
    Binding("focus_next", "Tab", "next button", (pygame.K_TAB, pygame.K_DOWN, pygame.K_RIGHT), shift=False),
    Binding("focus_previous", "Tab", "next button", (pygame.K_UP, pygame.K_LEFT)),
    Binding("focus_previous", "Tab", "next button", (pygame.K_TAB,), shift=True),
    Binding("close_panel", "Esc", "close", (pygame.K_ESCAPE,)),
)


def action_of(event: pygame.event.Event, bindings: Sequence[Binding]) -> str | None:
    """The action of a KEYDOWN event, if it has one among these bindings."""
    modifiers = getattr(event, "mod", 0)
    control = bool(modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META))
    alternate = bool(modifiers & (pygame.KMOD_ALT | pygame.KMOD_MODE))
    shift = bool(modifiers & pygame.KMOD_SHIFT)
    character, position = getattr(event, "unicode", ""), getattr(event, "scancode", 0)
    candidates = [binding for binding in bindings if binding.control == control]
    if control:
        character = ""
    figure = len(character) == 1 and character in "0123456789"
    for binding in candidates if figure else ():
        if character in binding.characters:
            return binding.action
    placed = [each for each in candidates if position in each.positions and each.shift in (None, shift)]
    placed = [] if alternate or figure else placed
    if placed and position in TOP_ROW and character != HELP:  # which Russian has on its 7
        return placed[0].action
    key = _latin(event.key, position)
    for binding in candidates:
        typed = bool(character) and character in binding.characters
        if typed or (key in binding.keys and not alternate and binding.shift in (None, shift)):
            return binding.action
    return placed[0].action if placed else None


def key_of(action: str, bindings: Sequence[Binding]) -> str:
    """How the key of an action is shown; empty if it has none."""
    return next((binding.shown for binding in bindings if binding.action == action), "")


def _latin(key: int, position: int) -> int:
    """The key; on a layout without Latin letters, the letter that stands there on a QWERTY
    keyboard.
    """
    if 0x80 <= key < 1 << 30 and FIRST_LETTER <= position < FIRST_LETTER + 26:
        return pygame.K_a + position - FIRST_LETTER
    return key
