"""Marks: the chosen cell, its receptive field lit up in the layer before and framed in the image,
and lines between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pygame

from apps.draw.inside.bands import Band
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.theme import Colour
from apps.draw.why import heat
from nn.inspection.terms import Cell, Region, WeightedSum, region_of

if TYPE_CHECKING:
    from apps.draw.inside.way_back import WayBack
    from nn.inspection.stages import Stage

VEIL = 165  # of 255: how much the layer before fades where it does not matter
REACH = 4  # design pixels that a mark may stand out of its band
THREADS = 6  # lines to the inputs that matter most


@dataclass(frozen=True)
class Focus:
    """The cell that is explained: its layer, its place, whether it stays when the pointer leaves,
    and the map before it.

    `lens` is the map of the layer before whose part of a convolution's sum is shown in numbers;
    None is the one that counts most. `chosen` is the lens while the pointer is on no such map.
    """

    stage: int
    cell: Cell
    pinned: bool = False
    lens: int | None = None
    chosen: int | None = None


def draw(
    surface: pygame.Surface,
    look: Look,
    bands: Sequence[Band],
    pictures: Sequence[pygame.Surface],
    trace: Sequence[Stage],
    focus: Focus,
) -> None:
    """Mark the cell, and where it came from."""
    number, cell = focus.stage, focus.cell
    here = bands[number].cell_rect(cell)
    if number > 0:
        region = trace[number].field(region_of(cell))
        _light_up(surface, look, bands[number - 1], pictures[number - 1], region)
        _lines(surface, look, bands[number - 1], trace[number], focus, here=here)
        for stage in reversed(trace[1:number]):
            region = stage.field(region)
        for rect in bands[0].region_rects(region) if number > 1 else ():
            outline(surface, rect, look.palette.accent, look.px(1))
    if focus.pinned:
        outline(surface, here.inflate(2 * look.px(2), 2 * look.px(2)), look.palette.paper, look.px(1))
        outline(surface, here.inflate(2 * look.px(1), 2 * look.px(1)), look.palette.accent, look.px(2))
    else:
        outline(surface, here, look.palette.paper, look.px(1))
        outline(surface, here.inflate(2 * look.px(1), 2 * look.px(1)), look.palette.text, look.px(1))


def draw_back(
    surface: pygame.Surface, look: Look, bands: Sequence[Band], pictures: Sequence[pygame.Surface], way: WayBack, focus: Focus
) -> None:
    """Mark the cell, and where its gradient came from: the cells of the next layer that it went
    into.
    """
    from apps.draw.inside.way_back import reach

    here = bands[focus.stage].cell_rect(focus.cell)
    if focus.stage + 1 < len(bands):
        region = reach(way, focus.stage, focus.cell)
        if all(part.stop > part.start for part in region):
            _light_up(surface, look, bands[focus.stage + 1], pictures[focus.stage + 1], region)
    outline(surface, here, look.palette.paper, look.px(1))
    colour = look.palette.accent if focus.pinned else look.palette.text
    outline(surface, here.inflate(2 * look.px(1), 2 * look.px(1)), colour, look.px(2 if focus.pinned else 1))


def places(look: Look, bands: Sequence[Band], focus: Focus) -> list[pygame.Rect]:
    """The rectangles beside the bands that the marks reach."""
    reach = 2 * look.px(REACH)
    strip = bands[focus.stage].rect.inflate(reach, reach)
    if focus.stage > 0:
        strip.union_ip(bands[focus.stage - 1].rect.inflate(reach, reach))
    return [strip, bands[0].rect.inflate(reach, reach)]


def outline(surface: pygame.Surface, rect: pygame.Rect, colour: Colour, thickness: int) -> None:
    """A frame just outside of a rectangle."""
    pygame.draw.rect(surface, colour, rect.inflate(2 * thickness, 2 * thickness), thickness)


def _light_up(surface: pygame.Surface, look: Look, band: Band, picture: pygame.Surface, region: Region) -> None:
    """Let everything fade that is not in the region, and frame the region in every map."""
    if all(part.stop - part.start == size for part, size in zip(region, band.shape, strict=True)):
        return
    veil = pygame.Surface(band.rect.size)
    veil.fill(look.palette.paper)
    veil.set_alpha(VEIL)
    surface.blit(veil, band.rect)
    for rect in band.region_rects(region):
        surface.blit(picture, rect, rect.move(-band.rect.left, -band.rect.top))
        outline(surface, rect, look.palette.text, look.px(1))


def _lines(surface: pygame.Surface, look: Look, before: Band, stage: Stage, focus: Focus, here: pygame.Rect) -> None:
    """From where a cell came from to the cell: from the field's corners, or from the inputs that
    matter most.
    """
    terms, region = stage.terms(focus.cell), stage.field(region_of(focus.cell))
    if isinstance(terms, WeightedSum) and terms.inputs.ndim == 3:
        shown = int(abs(terms.by_channel).argmax()) if focus.lens is None else focus.lens
        region = (*region[:2], slice(shown, shown + 1))
    elif isinstance(terms, WeightedSum):
        palette = heat.colours(look.palette)
        for (at,) in terms.strongest(THREADS):
            product = float(terms.products[at])
            source = before.cell_rect(tuple(int(index) for index in np.unravel_index(at, before.shape)))
            colour = palette[heat.ZERO + (90 if product > 0 else -90)]
            outline(surface, source, colour, look.px(1))
            pygame.draw.aaline(surface, colour, source.midbottom, here.midtop)
        return
    elif len(before.shape) == 1:
        region = region_of(focus.cell)
    rects = before.region_rects(region)
    if len(rects) == 1:
        for start, end in ((rects[0].bottomleft, here.topleft), (rects[0].bottomright, here.topright)):
            pygame.draw.aaline(surface, look.palette.text, start, end)
