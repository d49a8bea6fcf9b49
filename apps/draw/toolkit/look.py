"""The current look: palette, scale and type, and how a line of text is set."""

from __future__ import annotations

from collections import OrderedDict

import pygame

from apps.draw.toolkit import lettering, shapes, theme
from apps.draw.toolkit.theme import Colour, Palette

TEXTS_KEPT = 400
CAP_HEIGHT = 0.71  # of the size of type, for both faces


class Look:
    """Palette, scale, and text cached as surfaces."""

    def __init__(self, palette: Palette, scale: float) -> None:
        self.palette = palette
        self.scale = scale
        self._texts: OrderedDict[tuple[str, int, Colour, bool], pygame.Surface] = OrderedDict()

    def px(self, design_pixels: float) -> int:
        """Design pixels to pixels; any length but 0 stays at least one pixel."""
        length = round(abs(design_pixels) * self.scale)
        return 0 if design_pixels == 0 else max(1, length) if design_pixels > 0 else -max(1, length)

    def card(self, surface: pygame.Surface, rect: pygame.Rect) -> None:
        """A panel: a hairline border around paper."""
        radius, line = self.px(theme.RADIUS), self.px(1)
        shapes.box(surface, rect, radius, self.palette.line)
        shapes.box(surface, rect.inflate(-2 * line, -2 * line), radius - line, self.palette.paper)

    def wipe(self, surface: pygame.Surface, rect: pygame.Rect) -> None:
        """Clear a card that is drawn already, except for its border and its rounded corners."""
        radius, line = self.px(theme.RADIUS), self.px(1)
        surface.fill(self.palette.paper, rect.inflate(-2 * radius, -2 * line))
        surface.fill(self.palette.paper, rect.inflate(-2 * line, -2 * radius))

    def text_surface(self, text: str, size: float, colour: Colour, bold: bool = False) -> pygame.Surface:
        """A line of text; `size` in design pixels."""
        key = text, self.px(size), colour, bold
        surface = self._texts.get(key)
        if surface is None:
            surface = lettering.render(text, key[1], colour, bold)
            self._texts[key] = surface
            if len(self._texts) > TEXTS_KEPT:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return surface

    def text_width(self, text: str, size: float, bold: bool = False) -> int:
        """The width of a line of text in pixels."""
        return lettering.width(text, self.px(size), bold)

    def text(
        self,
        surface: pygame.Surface,
        text: str,
        at: tuple[float, float],
        size: float = theme.BODY,
        colour: Colour | None = None,
        bold: bool = False,
        align: str = "left",
    ) -> pygame.Rect:
        """Set a line of text at (x, y), y being the middle of its capitals; `align` says which end
        of it x is.

        Returns the rectangle of the whole line, whatever part of it the surface's clip lets
        through.
        """
        colour, pixels = colour or self.palette.text, self.px(size)
        width = lettering.width(text, pixels, bold)
        left = round(at[0] - {"left": 0.0, "centre": width / 2, "right": float(width)}[align])
        top = round(at[1] + CAP_HEIGHT * pixels / 2 - lettering.font(pixels, bold).get_ascent())
        place = pygame.Rect(left, top, width, lettering.font(pixels, bold).get_height())
        if not lettering.is_figures(text):
            surface.blit(self.text_surface(text, size, colour, bold), (left, top))
            return place
        for figure in text:
            surface.blit(self.text_surface(figure, size, colour, bold), (left, top))
            left += lettering.width(figure, pixels, bold)
        return place

    def fitted(self, text: str, width: int, size: float = theme.BODY, bold: bool = False, from_start: bool = False) -> str:
        """The text, shortened with an ellipsis (in front, where its end matters more) until it is
        no wider than `width`.
        """
        return lettering.fitted(text, width, self.px(size), bold, from_start)
