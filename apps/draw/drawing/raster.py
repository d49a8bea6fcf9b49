"""Strokes to ink: anti-aliased and incremental, so that a new point costs only the pixels around
it.

Each straight piece of a stroke is a capsule (a line with round caps). With d(x, y) the distance of
a pixel's centre from the line and r the pen's radius, the pixel is covered by

    coverage = clip(r + ½ − d, 0, 1)

Pieces are united by the maximum of their coverages, so that joints are round and seamless; an
eraser takes the minimum with 1 − coverage. Between the points the pen gives, the line is smoothed:
quadratic Bézier curves run from midpoint to midpoint with the points as their control points. From
the last midpoint to the pen there is a straight tail; the next point replaces it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import numpy as np
from PIL import Image

from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH, Item, Patch, Picture, Point

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, the right and bottom not included

NOTHING: Box = (0, 0, 0, 0)
LONGEST_PIECE = 48.0  # pixels; a longer diagonal would compute its whole bounding box
FLATNESS = 0.1  # pixels a chord may leave its curve
PICTURE_PART = 0.94  # of the sheet, for an opened picture


def union(first: Box, second: Box) -> Box:
    """The smallest box around two boxes, either of which may be empty."""
    if first[0] >= first[2] or first[1] >= first[3]:
        return second
    if second[0] >= second[2] or second[1] >= second[3]:
        return first
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])


class Raster:
    """The sheet as pixels, `scale` of them to a sheet unit: `ink` (H, W) uint8, 255 is full ink."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.width = max(1, round(SHEET_WIDTH * scale))
        self.height = max(1, round(SHEET_HEIGHT * scale))
        self.ink = np.zeros((self.height, self.width), dtype=np.uint8)

    def render(self, items: Iterable[Item], on: np.ndarray | None = None) -> None:
        """Draw the items afresh, on an empty sheet or on a copy of an earlier one."""
        self.ink[:] = 0 if on is None else on
        for item in items:
            if isinstance(item, Picture):
                self._place(item)
            elif isinstance(item, Patch):
                self._apply(item)
            else:
                pen = GrowingStroke(self, item.width, item.erases)
                for point, pressure in item.weighted_points():
                    pen.advance(point, pressure)
                pen.finish()

    def _place(self, picture: Picture) -> None:
        height, width = picture.ink.shape
        factor = PICTURE_PART * min(self.width / width, self.height / height)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        image = Image.fromarray(picture.ink).resize(size, Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.BOX)
        left, top = (self.width - size[0]) // 2, (self.height - size[1]) // 2
        self.ink[top : top + size[1], left : left + size[0]] = np.asarray(image)

    def _apply(self, patch: Patch) -> None:
        """Add what the patch adds and take what it takes, smoothly between its values."""
        left, top = round(patch.left * self.scale), round(patch.top * self.scale)
        side = max(1, round(patch.side * self.scale))
        changes = Image.fromarray(patch.values.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
        rows, columns = slice(max(0, top), max(0, top + side)), slice(max(0, left), max(0, left + side))
        pixels = self.ink[rows, columns]
        inside = np.asarray(changes)[max(0, -top) :, max(0, -left) :][: pixels.shape[0], : pixels.shape[1]]
        pixels[:] = np.clip(pixels + np.round(255 * inside), 0, 255).astype(np.uint8)


class GrowingStroke:
    """One stroke growing on a raster. The result is the same whether it is watched point by point
    or rendered at once.
    """

    def __init__(self, raster: Raster, width: float, erases: bool) -> None:
        self.raster = raster
        self.width = width
        self.radius = 0.5
        self.erases = erases
        self._last: Point | None = None
        self._middle: Point | None = None
        self._under_tail: tuple[Box, np.ndarray] | None = None

    def move(self, point: Point, pressure: float = 1.0) -> Box:
        """Go on to a point (sheet units) and show the stroke up to it; returns the pixels that
        changed.
        """
        restored = self._lift_tail()
        grown = self.advance(point, pressure)
        return union(restored, union(grown, self._lay_tail()))

    def advance(self, point: Point, pressure: float = 1.0) -> Box:
        """Draw what the point makes final, without a tail, as wide as the pressure says."""
        self.radius = max(0.5, self.width * pressure * self.raster.scale / 2)
        x, y = point[0] * self.raster.scale, point[1] * self.raster.scale
        if self._last is None or self._middle is None:
            self._last = self._middle = (x, y)
            return self._line((x, y), (x, y))
        middle = (self._last[0] + x) / 2, (self._last[1] + y) / 2
        changed = self._curve(self._middle, self._last, middle)
        self._last, self._middle = (x, y), middle
        return changed

    def finish(self) -> Box:
        """Make the tail final."""
        self._under_tail = None
        if self._last is None or self._middle is None:
            return NOTHING
        return self._line(self._middle, self._last)

    def _lay_tail(self) -> Box:
        if self._last is None or self._middle is None:
            return NOTHING
        left, top, right, bottom = box = self._around([self._middle, self._last])
        self._under_tail = box, self.raster.ink[top:bottom, left:right].copy()
        return self._line(self._middle, self._last)

    def _lift_tail(self) -> Box:
        if self._under_tail is None:
            return NOTHING
        (left, top, right, bottom), before = self._under_tail
        self.raster.ink[top:bottom, left:right] = before
        self._under_tail = None
        return left, top, right, bottom

    def _curve(self, start: Point, control: Point, end: Point) -> Box:
        """A quadratic Bézier curve as chords; cut into n of them it leaves its chords by |start −
        2 control + end| / 4n².
        """
        bend = math.hypot(start[0] - 2 * control[0] + end[0], start[1] - 2 * control[1] + end[1])
        length = math.hypot(control[0] - start[0], control[1] - start[1]) + math.hypot(end[0] - control[0], end[1] - control[1])
        count = max(1, math.ceil(math.sqrt(bend / (4 * FLATNESS))), math.ceil(length / LONGEST_PIECE))
        points = [start]
        for step in range(1, count + 1):
            t = step / count
            a, b, c = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
            points.append((a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1]))
        return self._chain(points)

    def _line(self, start: Point, end: Point) -> Box:
        return self._curve(start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end)

    def _chain(self, points: list[Point]) -> Box:
        """Stamp the pieces between points, a few at a time: short pieces share their pixels, long
        ones would waste them.
        """
        changed, first = NOTHING, 0
        while first < len(points) - 1:
            last = first + 1
            while last < len(points) - 1 and math.dist(points[first], points[last + 1]) <= LONGEST_PIECE:
                last += 1
            box = self._around(points[first : last + 1])
            stamp(self.raster.ink, box, points[first : last + 1], self.radius, self.erases)
            changed, first = union(changed, box), last
        return changed

    def _around(self, points: list[Point]) -> Box:
        """The raster's pixels that a chain of pieces can touch."""
        reach = self.radius + 1
        across, down = [x for x, _ in points], [y for _, y in points]
        width, height = self.raster.width, self.raster.height
        left, right = min(max(min(across) - reach, 0), width), min(max(max(across) + reach, 0), width)
        top, bottom = min(max(min(down) - reach, 0), height), min(max(max(down) + reach, 0), height)
        return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)


def stamp(ink: np.ndarray, box: Box, points: list[Point], radius: float, erases: bool = False) -> None:
    """Draw a chain of capsules into the pixels `box` of ink (H, W) uint8; points and radius in
    pixels.

    The foot of the perpendicular from a pixel p to the piece from a to b lies at a + t (b − a)
    with t = clip((p − a)·(b − a) / |b − a|², 0, 1).
    """
    left, top, right, bottom = box
    if left >= right or top >= bottom:
        return
    x = np.arange(left + 0.5, right, dtype=np.float32)
    y = np.arange(top + 0.5, bottom, dtype=np.float32)[:, None]
    nearest: np.ndarray | None = None
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        dx, dy = bx - ax, by - ay
        length_squared = dx * dx + dy * dy
        from_x, from_y = x - np.float32(ax), y - np.float32(ay)
        if length_squared > 1e-6:
            t = from_x * np.float32(dx / length_squared) + from_y * np.float32(dy / length_squared)
            np.minimum(np.maximum(t, 0, out=t), 1, out=t)
            squared = np.square(from_x - t * np.float32(dx))
            t *= np.float32(dy)
            squared += np.square(np.subtract(from_y, t, out=t), out=t)
        else:
            squared = np.square(from_x) + np.square(from_y)
        nearest = squared if nearest is None else np.minimum(nearest, squared, out=nearest)
    if nearest is None:
        return
    # 255 coverage + ½, cut to whole numbers by the conversion
    covered = np.float32(255 * radius + 128) - 255 * np.sqrt(nearest, out=nearest)
    covered = np.minimum(np.maximum(covered, 0, out=covered), 255, out=covered).astype(np.uint8)
    pixels = ink[top:bottom, left:right]
    if erases:
        np.minimum(pixels, 255 - covered, out=pixels)
    else:
        np.maximum(pixels, covered, out=pixels)
