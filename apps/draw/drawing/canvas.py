"""The sheet one draws on: the drawing, its pixels on the screen, and its pixels for the network.

The network always sees the sheet at one pixel to a unit, so that the size of the window never
changes what is read.
"""

from __future__ import annotations

import numpy as np

from apps.draw.drawing.raster import NOTHING, Box, GrowingStroke, Raster, union
from apps.draw.drawing.strokes import Clear, Drawing, Item, Patch, Picture, Point, Stroke

Items = tuple[Item, ...]

READING_SCALE = 1.0  # pixels to a sheet unit
POINTS_BETWEEN_COPIES = 150  # which take about 20 ms to draw again
COPIES = 6  # of the sheet as it was, so that undo need not draw everything again


class Canvas:
    """Strokes, undo and redo; `damage` is the box of screen pixels that changed since it was
    taken.
    """

    def __init__(self, screen_scale: float = 1.0) -> None:
        self.drawing = Drawing()
        self.screen = Raster(screen_scale)
        self.reading = Raster(READING_SCALE)
        self.version = 0  # counts every change of the ink
        self._damage = NOTHING
        self._points: list[Point] = []
        self._pressures: list[float] = []
        self._stroke_style = (0.0, False)
        self._growing: tuple[GrowingStroke, GrowingStroke] | None = None
        self._copies: list[tuple[Items, np.ndarray, np.ndarray]] = []

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is under way."""
        return self._growing is not None

    @property
    def is_erasing(self) -> bool:
        """Whether an eraser's stroke is under way."""
        return self._growing is not None and self._stroke_style[1]

    @property
    def has_ink(self) -> bool:
        """Whether a single pixel is inked."""
        return bool(self.reading.ink.any())

    def ink(self) -> np.ndarray:
        """A copy of what the network is to read: (480, 640) uint8, 255 is ink."""
        return self.reading.ink.copy()

    def strokes(self) -> tuple[Stroke, ...]:
        """The strokes on the sheet, with the one under way; none if anything but the pen has made
        what lies there.
        """
        items = self.drawing.visible()
        if not all(isinstance(item, Stroke) and not item.erases for item in items) or self.is_erasing:
            return ()
        under_way = (self._stroke_under_way(),) if self._growing else ()
        return (*(item for item in items if isinstance(item, Stroke)), *under_way)

    def begin(self, point: Point, width: float, erases: bool, pressure: float = 1.0) -> None:
        """Put the pen or the eraser down (ending a stroke that was still under way)."""
        self.end()
        self._stroke_style = (width, erases)
        self._growing = GrowingStroke(self.screen, width, erases), GrowingStroke(self.reading, width, erases)
        self._points, self._pressures = [], []
        self.move(point, pressure)

    def move(self, point: Point, pressure: float = 1.0) -> None:
        """Go on to a point; nothing happens without a stroke under way, or at the same place."""
        if self._growing is None or (self._points and self._points[-1] == point):
            return
        self._points.append(point)
        self._pressures.append(pressure)
        self._damaged(self._growing[0].move(point, pressure))
        self._growing[1].move(point, pressure)

    def end(self) -> None:
        """Lift the pen; the stroke becomes one step of the history."""
        if self._growing is None:
            return
        for pen in self._growing:
            pen.finish()
        self._growing = None
        self.drawing.add(self._stroke_under_way())
        self._points, self._pressures = [], []
        self._keep_copy(self.drawing.visible())

    def _stroke_under_way(self) -> Stroke:
        pressures = tuple(self._pressures) if any(pressure != 1 for pressure in self._pressures) else ()
        return Stroke(tuple(self._points), *self._stroke_style, pressures)

    def undo(self) -> bool:
        """Take one step back; a stroke under way is that step."""
        self.end()
        return self._rendered(self.drawing.undo())

    def redo(self) -> bool:
        """Take one step forward again."""
        self.end()
        return self._rendered(self.drawing.redo())

    def clear(self) -> bool:
        """Take a fresh sheet; False when it is fresh already."""
        self.end()
        if self.drawing.is_blank:
            return False
        self.drawing.add(Clear())
        return self._rendered(True)

    def open(self, picture: Picture) -> None:
        """Take a fresh sheet with a picture on it."""
        self.end()
        self.drawing.add(picture)
        self._rendered(True)

    def apply(self, patch: Patch) -> None:
        """Change the ink in a square."""
        self.end()
        self.drawing.add(patch)
        self._rendered(True)

    def resize(self, screen_scale: float) -> None:
        """Render the drawing for another size of the screen; the network's pixels stay as they
        are.
        """
        if screen_scale == self.screen.scale:
            return
        self.screen = Raster(screen_scale)
        self.screen.render(self.drawing.visible())
        self._copies = []
        if self._growing is not None:
            pen = GrowingStroke(self.screen, *self._stroke_style)
            for point, pressure in zip(self._points, self._pressures, strict=True):
                pen.move(point, pressure)
            self._growing = pen, self._growing[1]
        self._damage = (0, 0, self.screen.width, self.screen.height)

    def take_damage(self) -> Box:
        """The box of screen pixels that changed since the last call."""
        damage, self._damage = self._damage, NOTHING
        return damage

    def _damaged(self, box: Box) -> None:
        self._damage = union(self._damage, box)
        self.version += 1

    def _rendered(self, changed: bool) -> bool:
        if changed:
            self._render(self.drawing.visible())
            self._damaged((0, 0, self.screen.width, self.screen.height))
        return changed

    def _render(self, items: Items) -> None:
        """Draw the items on the best copy, and keep copies on the way: one undo is often followed
        by another.
        """
        done, screen, reading = self._best_copy(items)
        stops, points = [len(items)], 0
        for number in range(len(items) - 1, done, -1):
            points += _points(items[number : number + 1])
            if points >= POINTS_BETWEEN_COPIES and len(stops) <= COPIES:
                stops.append(number)
                points = 0
        for stop in reversed(stops):
            self.screen.render(items[done:stop], screen)
            self.reading.render(items[done:stop], reading)
            screen, reading, done = self.screen.ink, self.reading.ink, stop
            self._keep_copy(items[:stop])

    def _best_copy(self, items: Items) -> tuple[int, np.ndarray | None, np.ndarray | None]:
        """How many of the items a copy of the sheet holds already, and that copy."""
        fitting = [copy for copy in self._copies if copy[0] == items[: len(copy[0])]]
        if not fitting:
            return 0, None, None
        held, screen, reading = max(fitting, key=lambda copy: len(copy[0]))
        return len(held), screen, reading

    def _keep_copy(self, items: Items) -> None:
        """Keep a copy of the sheet if drawing it again from the best copy would take long."""
        done, _, _ = self._best_copy(items)
        if _points(items[done:]) >= POINTS_BETWEEN_COPIES:
            self._copies = [*self._copies[1 - COPIES :], (items, self.screen.ink.copy(), self.reading.ink.copy())]


def _points(items: Items) -> int:
    """What items cost to draw, in points of strokes."""
    return sum(len(item.points) if isinstance(item, Stroke) else POINTS_BETWEEN_COPIES for item in items)
