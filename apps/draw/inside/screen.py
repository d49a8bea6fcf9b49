"""Looking inside: the drawing on its way through the network, what any of its cells is made of,
and the way back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pygame

from apps.draw.background.newest import Newest
from apps.draw.inside import layout as inside_layout
from apps.draw.inside.buttons import STRIP, buttons_of
from apps.draw.inside.card import CellCard
from apps.draw.inside.marks import Focus
from apps.draw.inside.network import LOADING, READY, NetworkView
from apps.draw.inside.top import TopRow
from apps.draw.keys import INSIDE
from apps.draw.screen import Screen
from apps.draw.session import Session
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.widgets import Buttons

LIVE = 1 / 40  # seconds between two pictures of the layers while one draws; the pen's own frames go on between them


@dataclass(frozen=True, eq=False)
class Aim:
    """A trace, and the digit that it should be."""

    trace: Any
    target: int


def _way_back(aim: Aim) -> Any:
    from apps.draw.inside.way_back import way_back

    return way_back(aim.trace, aim.target)


class InsideScreen(Screen):
    """The network's layers beside the sheet, and a card that explains one cell.

    The cell under the pointer is explained as long as the pointer is there; a click or the arrows
    keep one. Turned round, the layers show the gradients of the loss instead, for the digit that
    it should be.
    """

    bindings = INSIDE

    def __init__(self, session: Session, notify: Callable[[], None] = lambda: None) -> None:
        super().__init__(session)
        self.network, self.top, self.card = NetworkView(), TopRow(), CellCard()
        self.focus: Focus | None = None
        self.turned = False  # whether the way back is shown
        self.target: int | None = None  # the digit that it should be; None: the one that was read
        self.weight: int | None = None  # the weight of a kernel that the card explains instead of a cell
        self.gradients: Newest[Aim, Any] = Newest(_way_back, notify)
        self.buttons = Buttons()
        self._aim: Aim | None = None
        self._places: inside_layout.InsideLayout | None = None
        self._shown: tuple[Any, ...] | None = None  # what is to be seen
        self._shown_at = 0.0

    @property
    def groups(self) -> list[Buttons]:
        """One group: the buttons above the network, then those of the card."""
        return [self.buttons]

    def update(self, now: float) -> None:
        """Ask for the gradients of what is shown."""
        if self.gradients.failure is not None:
            raise self.gradients.failure
        if not self.turned or not self.trace:
            return
        target = self.target_now
        if self._aim is None or self._aim.trace is not self.trace or self._aim.target != target:
            self._aim = Aim(self.trace, target)
            self.gradients.ask(self._aim)

    @property
    def target_now(self) -> int:
        """The digit that it should be: the chosen one, else the one that was read."""
        if self.target is not None:
            return self.target
        return int(self.session.digits[self.session.selected].digit) if self.session.digits else 0

    @property
    def way(self) -> Any:
        """The newest way back; None before the first one."""
        return self.gradients.answered[1] if self.turned and self.gradients.answered is not None else None

    def close(self) -> None:
        """Let the thread end."""
        self.gradients.close()

    def turn_round(self) -> None:
        """Forward or backward."""
        self.turned = not self.turned
        self._aim = self.weight = None

    def aim(self, k: int) -> None:
        """The way back for this digit."""
        self.turned, self.target = True, k

    def next_weight(self) -> None:
        """From the cell to the first weight of its kernel, to the next one, and after the last to
        the cell again.
        """
        from nn.layers import Conv2D

        if not self.turned:
            self.turn_round()
        self._start()
        focus = self.focus
        layer = None if focus is None or focus.stage >= len(self.network.trace) else self.network.trace[focus.stage].layer
        if not isinstance(layer, Conv2D):
            self.weight = None
            return
        high, wide = layer.kernel_size
        self.weight = 0 if self.weight is None else self.weight + 1 if self.weight + 1 < high * wide else None

    def next_map(self) -> None:
        """Look at the sum through the next map, or the next filter on the way back."""
        focus, trace = self.focus, self.trace
        if focus is None or focus.stage >= len(trace):
            self._start()
            return
        if self.turned and self.weight is None:
            count = trace[focus.stage + 1].values.shape[-1] if focus.stage + 1 < len(trace) else 1
        else:
            count = trace[focus.stage].before.shape[-1]
        through = 0 if focus.lens is None else (focus.lens + 1) % count
        self.focus = replace(focus, lens=through, chosen=through)

    @property
    def trace(self) -> Any:
        """The stages of the selected digit; none before the first answer."""
        return self.session.inside or ()

    def enter(self) -> None:
        """Follow what is read through the layers from now on."""
        self.session.look_inside(True)

    def leave(self) -> None:
        """Stop following."""
        self.session.look_inside(False)
        self.gradients.ask(None)
        self.focus = self.weight = self._aim = None

    def arrange(self, size: Sequence[int], look: Look) -> inside_layout.InsideLayout:
        """Sheet and card on the left (or above), the layers on the right (or below)."""
        self._places = inside_layout.arrange(size, look.scale)
        return self._places

    @property
    def _content(self) -> tuple[Any, ...]:
        """What there is to be seen: the trace, or the gradients; the cell, the digit, and the
        state of the buttons.
        """
        values = self.way if self.turned else self.trace
        looks = tuple((button.hovered, button.pressed) for button in self.buttons)
        return values, self.focus, self.session.selected, self.turned, self.weight, self.target_now, looks

    @property
    def is_current(self) -> bool:
        """Whether what is shown is the newest there is."""
        if self.turned and self.trace:
            answered = self.gradients.answered
            if answered is None or answered[0] is not self._aim or self._aim.trace is not self.trace:
                return False
        content = self._content
        return self._shown is not None and content[0] is self._shown[0] and content[1:] == self._shown[1:]

    def draw(self, surface: pygame.Surface, look: Look, changes: set[str], everything: bool) -> list[pygame.Rect]:
        """The layers and the card, whenever what they show is new; while one draws, the live trace
        only now and then.
        """
        now, content = time.perf_counter(), self._content
        same = self._shown is not None and content[0] is self._shown[0] and content[1:] == self._shown[1:]
        only_live = not everything and self._shown is not None and content[1:] == self._shown[1:]
        if self._places is None or (only_live and (same or now - self._shown_at < LIVE)):
            return []
        self._shown, self._shown_at = content, now
        way = content[0] if self.turned else None
        shown = content[0] if not self.turned else () if way is None else way.stages
        panel = self._places.network
        self.network.waiting = READY if self.turned and self.trace else LOADING
        room = pygame.Rect(panel.left, panel.top + look.px(STRIP), panel.width, panel.height - look.px(STRIP))
        if only_live and self.network.fits(look, room, shown):
            beside = self._top_room(look).inflate(2 * look.px(6), 2 * look.px(8))
            changed = self.network.follow(surface, look, shown, self.focus, beside)
        else:
            (look.card if everything else look.wipe)(surface, panel)
            self.network.draw(surface, look, room, shown, self.focus, way=way)
            changed = [panel]
        if self.network.bands:
            self.top.draw(surface, look, self._top_room(look), self.turned)
        (look.card if everything else look.wipe)(surface, self._places.card)
        digits = self.session.digits
        believed = digits[self.session.selected].probabilities.tolist() if digits else []
        if self.turned:
            from apps.draw.inside.back_card import BackCard  # needs the layers, whose import takes a while

            BackCard().draw(surface, look, self._places.card, way, self.focus, weight=self.weight)
        else:
            self.card.draw(surface, look, self._places.card, content[0], self.focus, believed=believed)
        self.buttons.show(buttons_of(self, look, panel, self._places.card))
        for button in self.buttons:
            button.draw(surface, look, look.palette.paper)
        # The buttons are new now; all else is what was painted, even if an answer has arrived
        # meanwhile.
        self._shown = (*content[:-1], self._content[-1])
        return [*changed, panel, self._places.card]

    def _top_room(self, look: Look) -> pygame.Rect:
        """The room beside the image."""
        image = self.network.bands[0].rect
        left, right = image.right + look.px(24), self._places.network.right - look.px(18) if self._places else image.right
        return pygame.Rect(left, image.top, max(0, right - left), image.height)

    def point(self, position: tuple[int, int] | None) -> int | None:
        """Look at the cell under the pointer; while one is kept, look at it through the map under
        the pointer.
        """
        pointed = None if position is None else self.network.focus_at(position)
        if self.focus is None or not self.focus.pinned:
            self.focus = pointed
        elif not self.turned:
            through = pointed is not None and pointed.stage == self.focus.stage - 1 and len(pointed.cell) == 3
            self.focus = replace(self.focus, lens=pointed.cell[2] if pointed and through else self.focus.chosen)
        return None

    def press(self, position: tuple[int, int]) -> None:
        """Keep the cell under the pointer; let a kept one go when it is pressed again, or beside
        all cells.
        """
        pressed, kept = self.network.focus_at(position), self.focus
        self.weight = None
        if pressed is None or (kept is not None and kept.pinned and (kept.stage, kept.cell) == (pressed.stage, pressed.cell)):
            self.focus = pressed
        else:
            self.focus = Focus(pressed.stage, pressed.cell, pinned=True)

    # ── keys
    # ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

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
        if focus is None or not 0 < focus.stage < len(self.trace):
            self._start()
            return
        self.focus = Focus(focus.stage - 1, self.trace[focus.stage].origin(focus.cell), pinned=True)

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
