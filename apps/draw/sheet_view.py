"""The sheet: ink, and over it a thin frame around each digit that was read, an invitation to draw,
a message, the brush.

Only what changed is drawn again: the ink's own damage, and every overlay that appeared,
disappeared or moved.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple, Protocol

import numpy as np
import pygame

from apps.draw.drawing.raster import Box
from apps.draw.session import Session
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.text import wrapped
from apps.draw.wording import percent

FRAME_ROOM = 8  # design pixels between a digit and its frame
LABEL_HEIGHT = 18
INVITATION = ("Draw a digit here", "or several, side by side")
MESSAGE_LINE, MESSAGE_LINES = 20, 4


class Overlay(NamedTuple):
    """Something over the ink; equal overlays look the same."""

    kind: str
    rect: tuple[int, int, int, int]
    text: str = ""
    strong: bool = False


class MoreOverlays(Protocol):
    """Lays more over the ink, below the frames."""

    def overlays(self, look: Look, sheet: pygame.Rect, scale: float) -> list[Overlay]:
        """What lies over the ink now; `scale` is the pixels to a unit of the sheet."""

    def paint(self, surface: pygame.Surface, look: Look, overlay: Overlay) -> None:
        """Paint one of them."""


class SheetView:
    """Draws the sheet; `draw` returns the window's rectangles that changed."""

    def __init__(self, more: MoreOverlays | None = None) -> None:
        self.more = more
        self.rect = pygame.Rect(0, 0, 4, 3)
        self._paper = pygame.Surface((4, 3), 0, 8)
        self._shown: tuple[Overlay, ...] = ()
        self.pointer: tuple[int, int] | None = None  # where the brush is shown

    def place(self, rect: pygame.Rect, look: Look) -> None:
        """Take a rectangle of the window and a look; everything must be drawn again."""
        if self._paper.get_size() != rect.size:
            self._paper = pygame.Surface(rect.size, 0, 8)
        self.rect = rect
        palette = look.palette
        self._paper.set_palette([theme.mix(palette.paper, palette.ink, level / 255) for level in range(256)])

    def scale(self) -> float:
        """Pixels to a sheet unit."""
        return self.rect.width / 640

    def to_sheet(self, position: tuple[int, int]) -> tuple[float, float]:
        """A position in the window, in sheet units (outside of the sheet as well)."""
        return (position[0] + 0.5 - self.rect.left) / self.scale(), (position[1] + 0.5 - self.rect.top) / self.scale()

    def to_window(self, point: tuple[float, float]) -> tuple[int, int]:
        """A point of the sheet, as a position in the window."""
        return round(self.rect.left + point[0] * self.scale()), round(self.rect.top + point[1] * self.scale())

    def digit_at(self, session: Session, position: tuple[int, int]) -> int | None:
        """Which digit's frame is under a position."""
        per_pixel = session.canvas.reading.scale
        x, y = (value * per_pixel for value in self.to_sheet(position))
        for number, digit in enumerate(session.digits):
            left, top, right, bottom = digit.box
            if left <= x < right and top <= y < bottom:
                return number
        return None

    def draw(self, surface: pygame.Surface, look: Look, session: Session, damage: Box, everything: bool) -> list[pygame.Rect]:
        """Bring the window's sheet up to date; `damage` is the ink's, in the sheet's pixels."""
        self._copy_ink(session.canvas.screen.ink, (0, 0, *self.rect.size) if everything else damage)
        overlays = self._overlays(look, session)
        if everything:
            changed = [self.rect]
        else:
            moved = set(overlays).symmetric_difference(self._shown)
            changed = [pygame.Rect(overlay.rect) for overlay in moved]
            left, top, right, bottom = damage
            changed.append(pygame.Rect(left + self.rect.left, top + self.rect.top, right - left, bottom - top))
        self._shown = overlays
        changed = [rect for rect in (rect.clip(self.rect) for rect in changed) if rect.width and rect.height]
        for rect in changed:
            surface.set_clip(rect)
            surface.blit(self._paper, rect, rect.move(-self.rect.left, -self.rect.top))
            for overlay in overlays:
                if rect.colliderect(overlay.rect):
                    self._draw_overlay(surface, look, overlay)
            self._round_corners(surface, look)
        surface.set_clip(None)
        return changed

    def _copy_ink(self, ink: np.ndarray, box: Box) -> None:
        left, top, right, bottom = box
        if left < right and top < bottom and ink.shape == self._paper.get_size()[::-1]:
            pixels = pygame.surfarray.pixels2d(self._paper)
            pixels[left:right, top:bottom] = ink[top:bottom, left:right].T
            del pixels  # unlocks the surface

    def _round_corners(self, surface: pygame.Surface, look: Look) -> None:
        shapes.vignette(surface, self.rect, look.px(theme.RADIUS), look.palette.desk)
        shapes.frame(surface, self.rect, look.px(theme.RADIUS), look.palette.line, look.px(1))

    # ── overlays
    # ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _overlays(self, look: Look, session: Session) -> tuple[Overlay, ...]:
        overlays = self.more.overlays(look, self.rect, self.scale()) if self.more else []
        if session.canvas.drawing.is_blank and not session.canvas.is_drawing:
            hint = pygame.Rect(0, 0, min(look.px(320), self.rect.width - look.px(16)), look.px(90))
            hint.center = self.rect.center
            overlays.append(Overlay("hint", (hint.left, hint.top, hint.width, hint.height)))
        elif session.state in ("sure", "unsure"):
            overlays += self._frames(look, session)
        if session.message:
            overlays.append(self._message(look, session))
        if self.pointer is not None:
            overlays.append(self._brush(session, self.pointer))
        return tuple(overlays)

    def _frames(self, look: Look, session: Session) -> list[Overlay]:
        scale, room = self.scale() / session.canvas.reading.scale, look.px(FRAME_ROOM)
        frames: list[Overlay] = []
        labels: list[tuple[Overlay, pygame.Rect, str]] = []
        for number, digit in enumerate(session.digits):
            left, top, right, bottom = (round(value * scale) for value in digit.box)
            rect = pygame.Rect(self.rect.left + left, self.rect.top + top, right - left, bottom - top)
            rect = rect.inflate(2 * room, 2 * room).clip(self.rect.inflate(-look.px(8), -look.px(8)))
            strong = number == session.selected and len(session.digits) > 1
            sure = digit.verdict == "sure"
            frames.append(Overlay("frame" if sure else "doubt", tuple(rect), strong=strong))
            if len(session.digits) == 1:
                break
            short = str(digit.digit) if sure else f"{digit.digit}?"
            text = f"{short}  {percent(digit.probability)}"
            labels.append((Overlay("label", self._label_place(look, rect, text), text, strong), rect, short))
        full = [label for label, _, _ in labels]
        if any(pygame.Rect(one.rect).colliderect(other.rect) for one, other in itertools.pairwise(full)):
            return frames + [
                Overlay("label", self._label_place(look, rect, text), text, label.strong) for label, rect, text in labels
            ]
        return frames + full

    def _label_place(self, look: Look, rect: pygame.Rect, text: str) -> tuple[int, int, int, int]:
        width, height = look.text_width(text, theme.SMALL) + look.px(12), look.px(LABEL_HEIGHT)
        label = pygame.Rect(rect.centerx - width // 2, rect.top - height - look.px(3), width, height)
        if label.top < self.rect.top + look.px(4):
            label.top = rect.bottom + look.px(3)
        if label.bottom > self.rect.bottom - look.px(4):
            label.top = rect.top + look.px(4)
        label.clamp_ip(self.rect.inflate(-look.px(8), -look.px(8)))
        return label.left, label.top, label.width, label.height

    def _message(self, look: Look, session: Session) -> Overlay:
        """At the top, where it covers neither the legend of "why" nor much of the drawing."""
        lines = wrapped(look, session.message, self.rect.width - look.px(72))[:MESSAGE_LINES]
        width = max(look.text_width(line, theme.SMALL) for line in lines) + look.px(32)
        rect = pygame.Rect(0, 0, min(width, self.rect.width), look.px(MESSAGE_LINE * len(lines) + 14))
        rect.midtop = self.rect.centerx, self.rect.top + look.px(14)
        text = "\n".join(lines)
        return Overlay("message", (rect.left, rect.top, rect.width, rect.height), text, session.message_is_problem)

    def _brush(self, session: Session, pointer: tuple[int, int]) -> Overlay:
        erases = session.canvas.is_erasing or (session.erases and not session.canvas.is_drawing)
        width = session.eraser if erases else session.brush
        side = max(4, round(width * self.scale())) + 2
        left, top = pointer[0] - side // 2, pointer[1] - side // 2
        return Overlay("brush", (left, top, side, side), strong=erases)

    def _draw_overlay(self, surface: pygame.Surface, look: Look, overlay: Overlay) -> None:
        palette, rect = look.palette, pygame.Rect(overlay.rect)
        if overlay.kind == "hint":
            self._draw_hint(surface, look, rect)
        elif overlay.kind in ("frame", "doubt"):
            colour = palette.accent if overlay.kind == "frame" else palette.quiet
            colour = colour if overlay.strong else theme.mix(palette.paper, colour, 0.55)
            shapes.frame(surface, rect, look.px(6), colour, look.px(1))
        elif overlay.kind == "label":
            shapes.box(surface, rect, look.px(5), palette.accent_soft if overlay.strong else palette.paper)
            colour = palette.text if overlay.strong else palette.quiet
            look.text(surface, overlay.text, rect.center, theme.SMALL, colour, align="centre")
        elif overlay.kind == "message":
            self._draw_message(surface, look, overlay)
        elif overlay.kind == "brush":
            colour = palette.accent if overlay.strong else palette.quiet
            surface.blit(shapes.disc(rect.width - 2, colour, look.px(1)), rect)
        elif self.more:
            self.more.paint(surface, look, overlay)

    def _draw_hint(self, surface: pygame.Surface, look: Look, rect: pygame.Rect) -> None:
        """The invitation to draw, in large type or as large as a small sheet allows."""
        size = min(28.0, 28 * rect.width / max(1, look.text_width(INVITATION[0], 28)))
        for words, down, kind in zip(INVITATION, (-10, 24), (size, min(size, theme.BODY)), strict=True):
            look.text(surface, words, (rect.centerx, rect.centery + look.px(down)), kind, look.palette.quiet, align="centre")

    def _draw_message(self, surface: pygame.Surface, look: Look, overlay: Overlay) -> None:
        """White on black, or on the accent's side if it is a problem."""
        rect = pygame.Rect(overlay.rect)
        shapes.box(surface, rect, look.px(8), look.palette.text)
        if overlay.strong:
            mark = pygame.Rect(rect.left + look.px(6), rect.top + look.px(8), look.px(3), rect.height - look.px(16))
            shapes.box(surface, mark, look.px(1), look.palette.accent)
        for number, line in enumerate(overlay.text.split("\n")):
            middle = rect.top + look.px(7 + MESSAGE_LINE * (number + 0.5))
            look.text(surface, line, (rect.centerx, middle), theme.SMALL, look.palette.paper, align="centre")
