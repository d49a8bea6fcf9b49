"""The sheet one draws on: the drawing, its pixels on the screen, and its pixels for the network.

The network always sees the sheet at one pixel to a unit, so that the size of the window never changes what is read.
"""

from __future__ import annotations

import numpy as np

from apps.draw.drawing import Clear, Drawing, Picture, Point, Stroke
from apps.draw.raster import NOTHING, Box, Pen, Raster, union

READING_SCALE = 1.0  # pixels to a sheet unit


class Canvas:
    """Pen, eraser, undo and redo; `damage` is the part of the screen's pixels that changed since it was last taken."""

    def __init__(self, screen_scale: float = 1.0) -> None:
        self.drawing = Drawing()
        self.screen = Raster(screen_scale)
        self.reading = Raster(READING_SCALE)
        self.version = 0  # counts every change of the ink
        self._damage = NOTHING
        self._points: list[Point] = []
        self._stroke_style = (0.0, False)
        self._pens: tuple[Pen, Pen] | None = None

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is under way."""
        return self._pens is not None

    @property
    def is_erasing(self) -> bool:
        """Whether an eraser's stroke is under way."""
        return self._pens is not None and self._stroke_style[1]

    @property
    def has_ink(self) -> bool:
        """Whether a single pixel is inked."""
        return bool(self.reading.ink.any())

    def ink(self) -> np.ndarray:
        """A copy of what the network is to read: (480, 640) float32, 1 is ink."""
        return self.reading.ink * np.float32(1 / 255)

    def begin(self, point: Point, width: float, erases: bool) -> None:
        """Put the pen or the eraser down (ending a stroke that was still under way)."""
        self.end()
        self._stroke_style = (width, erases)
        self._pens = Pen(self.screen, width, erases), Pen(self.reading, width, erases)
        self._points = []
        self.move(point)

    def move(self, point: Point) -> None:
        """Go on to a point; nothing happens without a stroke under way, or at the same place."""
        if self._pens is None or (self._points and self._points[-1] == point):
            return
        self._points.append(point)
        self._damaged(self._pens[0].move(point))
        self._pens[1].move(point)

    def end(self) -> None:
        """Lift the pen; the stroke becomes one step of the history."""
        if self._pens is None:
            return
        for pen in self._pens:
            pen.finish()
        self._pens = None
        self.drawing.add(Stroke(tuple(self._points), *self._stroke_style))
        self._points = []

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

    def resize(self, screen_scale: float) -> None:
        """Render the drawing for another size of the screen; the network's pixels stay as they are."""
        if screen_scale == self.screen.scale:
            return
        self.screen = Raster(screen_scale)
        self.screen.render(self.drawing.visible())
        if self._pens is not None:
            pen = Pen(self.screen, *self._stroke_style)
            for point in self._points:
                pen.move(point)
            self._pens = pen, self._pens[1]
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
            items = self.drawing.visible()
            self.screen.render(items)
            self.reading.render(items)
            self._damaged((0, 0, self.screen.width, self.screen.height))
        return changed
