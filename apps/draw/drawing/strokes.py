"""What was drawn, as strokes in sheet units, and every step back and forth.

The sheet is 640 × 480 units whatever the window's size, so a drawing can be rendered at any scale.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

SHEET_WIDTH = 640
SHEET_HEIGHT = 480

MOST_BYTES = 6 << 20  # of the steps that can be taken back: several opened photos, or half an hour of drawing
POINT_BYTES = 120  # a tuple of two numbers

Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """One pull of the pen, or of the eraser: its points and its width in sheet units.

    `pressures` holds a factor of the width for each point, where the pen reported pressure;
    otherwise it is empty.
    """

    points: tuple[Point, ...]
    width: float
    erases: bool = False
    pressures: tuple[float, ...] = ()

    def weighted_points(self) -> Iterator[tuple[Point, float]]:
        """Each point with the factor of the width there."""
        return itertools.zip_longest(self.points, self.pressures, fillvalue=1.0)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Picture:
    """An opened image as a fresh sheet: ink (H, W) uint8, 255 is full ink; it is fitted into the
    sheet.
    """

    ink: np.ndarray


@dataclass(frozen=True, eq=False)
class Patch:
    """A change of the ink in a square: `values` (H, W) from -1 (remove all) to 1 (add full ink),
    `side` sheet units wide.
    """

    left: float
    top: float
    side: float
    values: np.ndarray


@dataclass(frozen=True)
class Clear:
    """A fresh, empty sheet."""


Item = Stroke | Picture | Patch  # what can lie on a sheet
Action = Item | Clear


class Drawing:
    """A history of actions and how many of them are done; the rest can be redone."""

    def __init__(self) -> None:
        self._history: list[Action] = []
        self._done = 0

    def visible(self) -> tuple[Item, ...]:
        """What lies on the sheet now, in the order of drawing: everything since the last fresh
        sheet.
        """
        items: list[Item] = []
        for action in reversed(self._history[: self._done]):
            if isinstance(action, Clear):
                break
            items.append(action)
            if isinstance(action, Picture):
                break
        return tuple(reversed(items))

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all lies on the sheet (erased strokes still lie there)."""
        return self._done == 0 or isinstance(self._history[self._done - 1], Clear)

    @property
    def steps(self) -> int:
        """How many steps can be taken back."""
        return self._done

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._done > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step taken back can be done again."""
        return self._done < len(self._history)

    def add(self, action: Action) -> None:
        """Do something new; what had been undone can no longer be redone."""
        del self._history[self._done :]
        self._history.append(action)
        self._done += 1
        self._let_go()

    def _let_go(self) -> None:
        """Let the oldest sheets go while the history takes too much memory; the last two stay."""
        size = sum(map(_bytes, self._history))
        while size > MOST_BYTES:
            fresh = [number for number, action in enumerate(self._history) if number and isinstance(action, Clear | Picture)]
            if len(fresh) < 2:
                return
            first = fresh[0]
            size -= sum(map(_bytes, self._history[:first]))
            del self._history[:first]
            self._done -= first

    def undo(self) -> bool:
        """Take the last action back; False when there is none."""
        if not self.can_undo:
            return False
        self._done -= 1
        return True

    def redo(self) -> bool:
        """Do the next action again; False when there is none."""
        if not self.can_redo:
            return False
        self._done += 1
        return True


def _bytes(action: Action) -> int:
    """About how much memory an action takes."""
    if isinstance(action, Stroke):
        return POINT_BYTES * len(action.points)
    return action.ink.nbytes if isinstance(action, Picture) else action.values.nbytes if isinstance(action, Patch) else 0
