"""The layers of the network, live: every map, every unit, and the receptive field of the cell one
looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pygame

from apps.draw.inside import marks as inside_marks
from apps.draw.inside.bands import Band, lay_out, map_size
from apps.draw.inside.marks import Focus
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import TIMES, decimal, powers
from apps.draw.why import heat

if TYPE_CHECKING:
    from apps.draw.inside.way_back import WayBack
    from nn.inspection.stages import Stage

PADDING = 14
CLASSES, LEAST_CLASS = 20, 10  # the height of the line with the classes' names, and the least width of one
READY = ("Getting ready…", "The first time on a machine it compiles.")
LOADING = ("Loading the network…", "Keep drawing, nothing is lost.")
TOO_MUCH = ("This network has more maps than fit here.", "A larger window may be enough.")


class NetworkView:
    """Draws a trace: the stages of one image (`nn.inspection`)."""

    def __init__(self) -> None:
        self.bands: list[Band] = []
        self.way: WayBack | None = None
        self.waiting = LOADING  # what to say while there is no trace
        self.trace: Sequence[Stage] = ()  # which was drawn last; there are as many bands, or none
        self._arranged_for: object = None
        self._pictures: list[pygame.Surface] = []

    def focus_at(self, position: tuple[int, int]) -> Focus | None:
        """The cell under a position."""
        for number, band in enumerate(self.bands):
            cell = band.cell_at(position)
            if cell is not None:
                return Focus(number, cell)
        return None

    def fits(self, look: Look, rect: pygame.Rect, trace: Sequence[Stage]) -> bool:
        """Whether the trace can take the place of the one that was drawn last, in the same bands."""
        return bool(self.bands) and self.way is None and self._arranged_for == _arrangement(look, rect, trace)

    def draw(
        self,
        surface: pygame.Surface,
        look: Look,
        rect: pygame.Rect,
        trace: Sequence[Stage],
        focus: Focus | None,
        way: WayBack | None = None,
    ) -> None:
        """Paint everything on the panel, which was wiped; with a way back, `trace` are its stages."""
        self.way = way
        self._arrange(look, rect, trace)
        for number, line in enumerate(() if self.bands else TOO_MUCH if trace else self.waiting):
            middle = rect.centery + look.px(24 * number - 12)
            look.text(surface, line, (rect.centerx, middle), theme.BODY, look.palette.quiet, align="centre")
        self._paint(surface, look, trace)
        self._mark(surface, look, trace, focus)

    def _mark(self, surface: pygame.Surface, look: Look, trace: Sequence[Stage], focus: Focus | None) -> None:
        if not self.bands or focus is None or focus.stage >= len(self.bands):
            return
        if self.way is not None:
            inside_marks.draw_back(surface, look, self.bands, self._pictures, self.way, focus=focus)
        else:
            inside_marks.draw(surface, look, self.bands, self._pictures, trace, focus=focus)

    def follow(
        self, surface: pygame.Surface, look: Look, trace: Sequence[Stage], focus: Focus | None, beside: pygame.Rect
    ) -> list[pygame.Rect]:
        """Paint another trace that fits, over the last one, with the same focus; returns the
        rectangles that changed.

        `beside` is wiped as well, for others to paint in.
        """
        places = [*(band.rect for band in self.bands), *(band.label.inflate(0, look.px(6)) for band in self.bands)]
        last = self.bands[-1].rect
        places += [beside, pygame.Rect(last.left, last.bottom + 1, last.width, look.px(CLASSES))]
        if focus is not None:
            places += inside_marks.places(look, self.bands, focus)
        for place in places[len(self.bands) :]:
            surface.fill(look.palette.paper, place)
        self._paint(surface, look, trace)
        self._mark(surface, look, trace, focus)
        return places

    def _arrange(self, look: Look, rect: pygame.Rect, trace: Sequence[Stage]) -> None:
        wanted = _arrangement(look, rect, trace)
        if wanted != self._arranged_for:
            room = rect.inflate(-2 * look.px(PADDING), -2 * look.px(PADDING))
            room.height -= look.px(CLASSES)
            self.bands = lay_out([stage.values.shape for stage in trace], room, look) or []
            self._arranged_for, self._pictures = wanted, []

    def _paint(self, surface: pygame.Surface, look: Look, trace: Sequence[Stage]) -> None:
        """Maps, labels and classes."""
        if not self.bands:
            return
        if trace is not self.trace or not self._pictures:
            self._pictures = [_picture(look, band, stage) for band, stage in zip(self.bands, trace, strict=True)]
            self.trace = trace
        for number, (band, picture) in enumerate(zip(self.bands, self._pictures, strict=True)):
            surface.blit(picture, band.rect)
            _label(surface, look, band, trace, number)
        winner = int(trace[-1].values.argmax()) if self.way is None else self.way.target
        _classes(surface, look, self.bands[-1], winner)


def _arrangement(look: Look, rect: pygame.Rect, trace: Sequence[Stage]) -> tuple[object, ...]:
    """What the bands' places depend on."""
    return tuple(stage.values.shape for stage in trace), tuple(rect), look


def _label(surface: pygame.Surface, look: Look, band: Band, trace: Sequence[Stage], number: int) -> None:
    """What the layer is, how large, and how far its values go, as far as there is room."""
    stage = trace[number]
    shape, values = stage.values.shape, stage.values
    rows, columns = map_size(shape)
    scores = number + 1 < len(trace) and trace[number + 1].kind == "Softmax"
    name = "Logits" if scores else stage.kind
    size = (
        f"{rows} {TIMES} {columns}"
        if number == 0
        else f"{shape[2]} @ {rows} {TIMES} {columns}"
        if len(shape) == 3
        else str(shape[0])
    )
    least, most = float(values.min()), float(values.max())
    near = max(abs(least), abs(most)) < 0.01 or max(abs(least), abs(most)) >= 1000
    lines = [name, size, f"{powers(least)} … {powers(most)}" if near else f"{decimal(least)} … {decimal(most)}"]
    if len(shape) == 1:
        lines = [f"{name} {size}", lines[2]] if stage.kind == "Dense" and not band.numbered else [f"{name} {size}"]
    step = look.px(17)
    shown = lines[: max(1, (band.label.height + look.px(4)) // step)]
    middle = band.label.centery - (len(shown) - 1) * step // 2
    for place, line in enumerate(shown):
        size_of_type, colour = (theme.SMALL, look.palette.text) if place == 0 else (12, look.palette.quiet)
        text = look.fitted(line, band.label.width, size_of_type)
        look.text(surface, text, (band.label.left, middle + place * step), size_of_type, colour)


def _classes(surface: pygame.Surface, look: Look, band: Band, winner: int) -> None:
    """The digits under the last layer, the winner in the accent."""
    if len(band.shape) > 1 or band.grid.rows > 1 or band.grid.cell[0] < look.px(LEAST_CLASS):
        return
    for number in range(band.shape[0]):
        place = band.map_rect(number)
        colour = look.palette.accent if number == winner else look.palette.quiet
        middle = place.bottom + look.px(CLASSES - 7)
        look.text(surface, str(number), (place.centerx, middle), theme.SMALL, colour, bold=number == winner, align="centre")


def _picture(look: Look, band: Band, stage: Stage) -> pygame.Surface:
    """All cells of a layer as they are shown, on paper."""
    if band.numbered:
        return _numbers(look, band, stage)
    is_image = stage.layer is None and not hasattr(stage, "forward")  # a gradient has a forward stage
    palette = heat.inks(look.palette) if is_image else heat.colours(look.palette)
    greatest = 1.0 if is_image else float(np.abs(stage.values).max())
    rows, columns = map_size(band.shape)
    maps = heat.levels(stage.values, greatest).reshape(rows, columns, -1).transpose(2, 0, 1)
    (wide, high), gap = band.grid.cell, band.grid.gap
    pixels = np.full((band.grid.rows * band.grid.columns, rows * high + gap, columns * wide + gap), heat.NOTHING, np.uint8)
    pixels[: len(maps), : rows * high, : columns * wide] = maps.repeat(high, axis=1).repeat(wide, axis=2)
    tiles = pixels.reshape(band.grid.rows, band.grid.columns, *pixels.shape[1:]).transpose(0, 2, 1, 3)
    mosaic = tiles.reshape(tiles.shape[0] * tiles.shape[1], -1)[: band.rect.height, : band.rect.width]
    picture = pygame.image.frombuffer(mosaic.tobytes(), band.rect.size, "P")
    picture.set_palette(palette)
    return picture


def _numbers(look: Look, band: Band, stage: Stage) -> pygame.Surface:
    """A short vector: its numbers, in boxes of their colours."""
    picture = pygame.Surface(band.rect.size)
    picture.fill(look.palette.paper)
    shares = stage.kind == "Softmax" and not hasattr(stage, "forward")
    levels, palette = heat.levels(stage.values, float(np.abs(stage.values).max())), heat.colours(look.palette)
    for number, value in enumerate(stage.values.tolist()):
        place = band.map_rect(number).move(-band.rect.left, -band.rect.top)
        colour = theme.mix(look.palette.desk, look.palette.accent, value) if shares else palette[levels[number]]
        shapes.box(picture, place, look.px(4), colour)
        text = f"{decimal(100 * value, 1)} %" if shares else decimal(value) if abs(value) < 1000 else powers(value)
        look.text(picture, text, place.center, 12, heat.readable(colour, look.palette), align="centre")
    return picture
