"""The tools on one sheet: pen, eraser and brush, and the steps back and forth. No Pygame."""

from __future__ import annotations

from apps.draw.drawing.canvas import Canvas
from apps.draw.drawing.strokes import Patch, Point

BRUSHES = (6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40, 48, 56, 64)  # sheet units
FIRST_BRUSH = 20
ERASER = 2.0  # times the brush


class Tools:
    """A sheet and the tool in hand.

    Attributes:
        canvas: the sheet.
        erases: whether the eraser is the tool in hand.
        changes: what must be drawn again.
    """

    def __init__(self) -> None:
        self.canvas = Canvas()
        self.erases = False
        self.changes: set[str] = set()
        self._brush = BRUSHES.index(FIRST_BRUSH)
        self._last_point: Point | None = None
        self._chosen: int | None = None  # the digit to look at until the pen draws on

    @property
    def brush(self) -> int:
        """The pen's width in sheet units."""
        return BRUSHES[self._brush]

    @brush.setter
    def brush(self, width: float) -> None:
        """The nearest of the brushes."""
        wanted = min(range(len(BRUSHES)), key=lambda index: abs(BRUSHES[index] - width))
        if wanted != self._brush:
            self._brush = wanted
            self.changes.add("tools")

    @property
    def eraser(self) -> float:
        """The eraser's width in sheet units."""
        return self.brush * ERASER

    def thinner(self) -> None:
        """A thinner brush."""
        self.brush_by(-1)

    def wider(self) -> None:
        """A wider brush."""
        self.brush_by(1)

    def brush_by(self, sizes: int) -> None:
        """Make the brush wider (or thinner, below 0) by a number of sizes."""
        self.brush = BRUSHES[min(max(self._brush + sizes, 0), len(BRUSHES) - 1)]

    def brush_to(self, share: float) -> None:
        """The brush that is this share of the way from the thinnest to the widest."""
        self.brush = BRUSHES[round(min(max(share, 0.0), 1.0) * (len(BRUSHES) - 1))]

    def use_pen(self) -> None:
        """Draw from now on."""
        self._take_tool(erases=False)

    def use_eraser(self) -> None:
        """Erase from now on."""
        self._take_tool(erases=True)

    def toggle_eraser(self) -> None:
        """The other of pen and eraser."""
        self._take_tool(erases=not self.erases)

    def _take_tool(self, erases: bool) -> None:
        self.pen_up()
        self.erases = erases
        self.changes.add("tools")

    def pen_down(self, point: Point, erases: bool | None = None, pressure: float = 1.0) -> None:
        """Put the tool in hand on the sheet, or whichever `erases` says; a blank sheet has nothing
        to erase.

        `pressure` is the factor by which this point is wider than the brush.
        """
        erases = self.erases if erases is None else erases
        if erases and self.canvas.drawing.is_blank and not self.canvas.is_drawing:
            return
        self.canvas.begin(point, self.eraser if erases else self.brush, erases, pressure)
        self._chosen = None
        self._last_point = point
        self.changes |= {"ink", "tools"}

    def pen_move(self, point: Point, pressure: float = 1.0) -> None:
        """Draw on; nothing happens while the pen is up."""
        if self.canvas.is_drawing:
            self.canvas.move(point, pressure)
            self._last_point = point
            self.changes.add("ink")

    def pen_up(self) -> None:
        """Lift the pen."""
        if self.canvas.is_drawing:
            self.canvas.end()
            self.changes |= {"ink", "tools", "reading"}

    def undo(self) -> None:
        """Take one step back."""
        self._changed_sheet(self.canvas.undo())

    def redo(self) -> None:
        """Take one step forward."""
        self._changed_sheet(self.canvas.redo())

    def clear(self) -> None:
        """Take a fresh sheet."""
        self._changed_sheet(self.canvas.clear())

    def apply(self, patch: Patch) -> None:
        """Replace a part of the drawing."""
        self.canvas.apply(patch)
        self._changed_sheet(True)

    def _changed_sheet(self, changed: bool) -> None:
        if changed:
            self.changes |= {"ink", "tools"}
