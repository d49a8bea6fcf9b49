"""Why, on the sheet: the ink coloured by what it contributes, and a legend below it.

Ink that speaks for the class is orange, ink against it blue, ink without influence grey. For "what
if" the ink is grey, what to add is orange and what to remove blue. The network sees 28 × 28
pixels; the sheet shows smooth colours between them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame
from PIL import Image

from apps.draw.sheet_view import Overlay
from apps.draw.study import Study
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import MINUS
from apps.draw.toolkit.theme import Palette
from apps.draw.why import heat
from apps.draw.why.questions import GRADIENT, NETWORK_SIDE, WHAT_IF, Answer, Question, square_of
from apps.draw.wording import a_digit, percent

ZERO = 127  # the level of a value of 0; those of -1 and 1 are 0 and 254
LINE = 34  # design pixels, the height of the line below
SOFT = 1.0  # of the network's pixels: single pixels of a gradient are noise, strokes are not
SOFTER = 0.7  # the same for "what if", whose changes are as wide as a pen already
BOLD = 0.6  # the power that lifts small values to where they are seen
NOTHING = 0.05  # values below it have no colour: bicubic curves overshoot by that much
FAINT = 0.15  # changes of "what if" below this part of full ink are not shown


class WhyView:
    """Overlays for the sheet; the newest answer's picture is kept."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._painted: tuple[object, ...] = ()
        self._number = 0
        self._picture: tuple[pygame.Rect, pygame.Surface] | None = None

    def overlays(self, look: Look, sheet: pygame.Rect, scale: float) -> list[Overlay]:
        """What lies over the ink now; `scale` is the pixels to a unit of the sheet."""
        why, overlays = self.study.why, []
        if why.way is None:
            self._picture, self._painted = None, ()
            return []
        if why.answered is not None and (why.way != WHAT_IF or self.study.shows_what_if):
            key = (why.answered[1], look.palette.name, sheet.topleft, sheet.size)
            if not (self._painted and key[0] is self._painted[0] and key[1:] == self._painted[1:]):
                self._picture = self._painting(look, sheet, scale, *why.answered)
                self._painted = key
                self._number += 1
            if self._picture is not None:
                place = self._picture[0]
                overlays.append(Overlay("why", (place.left, place.top, place.width, place.height), str(self._number)))
        line = pygame.Rect(sheet.left, sheet.bottom - look.px(LINE), sheet.width, look.px(LINE))
        overlays.append(Overlay("why line", (line.left, line.top, line.width, line.height), "|".join(self._words())))
        return overlays

    def paint(self, surface: pygame.Surface, look: Look, overlay: Overlay) -> None:
        """Paint one of the overlays."""
        rect = pygame.Rect(overlay.rect)
        if overlay.kind == "why" and self._picture is not None:
            surface.blit(self._picture[1], rect)
        elif overlay.kind == "why line":
            _paint_line(surface, look, rect, overlay.text.split("|"))

    def _words(self) -> tuple[str, ...]:
        """The question; what orange and blue mean; what else there is to say."""
        why, digit = self.study.why, self.study.digit
        if digit is None:
            return "Draw a digit to see why it is read as it is", "", "", ""
        if why.way == WHAT_IF:
            question, colours = f"What would make it {a_digit(why.wanted)}?", ("ink to add", "ink to remove")
            rest = _how_far(why.answered[1]) if why.answered and self.study.shows_what_if else "looking…"
        elif why.way == GRADIENT:
            question, colours, rest = f"Why {a_digit(digit.digit)}?", ("speaks for it", "speaks against it"), "by gradient"
        else:
            question, colours, rest = (
                f"Why {a_digit(digit.digit)}?",
                ("needed: covering it hurts", "covering it helps"),
                "by covering",
            )
        return question, *colours, rest if why.answered is not None else "getting ready…"

    def _painting(
        self, look: Look, sheet: pygame.Rect, scale: float, question: Question, answer: Answer
    ) -> tuple[pygame.Rect, pygame.Surface] | None:
        """The colours of an answer and where they lie."""
        session = self.study.session
        left, top, side = (value / session.canvas.reading.scale * scale for value in square_of(question.digit))
        box = pygame.Rect(0, 0, 0, 0)
        box.left, box.top, box.width, box.height = _outwards(*(edge * scale for edge in question.digit.box))
        what_if = question.way == WHAT_IF
        whole = pygame.Rect(_outwards(left, top, left + NETWORK_SIDE * side, top + NETWORK_SIDE * side))
        place = (box.union(whole) if what_if else box).clip(pygame.Rect(0, 0, *sheet.size))
        if not place.width or not place.height:
            return None
        values = _strengths(answer.values, what_if)
        edges = ((place.left - left) / side, (place.top - top) / side, (place.right - left) / side, (place.bottom - top) / side)
        levels = _enlarged(values, edges, place.size)
        inner = box.clip(place)
        inside = _within(inner, place)
        ink = session.canvas.screen.ink[inner.top : inner.bottom, inner.left : inner.right]
        pixels = _beyond(look.palette)[levels] if what_if else np.empty(levels.shape, np.uint32)
        pixels[inside] = _on_ink(look.palette, what_if)[levels[inside].astype(np.uint16) << 8 | ink]
        picture = pygame.image.frombuffer(pixels.tobytes(), place.size, "RGBA")
        return place.move(sheet.topleft), picture


def _outwards(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    """Left, top, width and height of the whole pixels around a box."""
    x, y = int(np.floor(left)), int(np.floor(top))
    return x, y, int(np.ceil(right)) - x, int(np.ceil(bottom)) - y


def _how_far(answer: Answer) -> str:
    """How the probability changes."""
    return f"from {percent(answer.before)} to {percent(answer.after)}"


def _strengths(values: np.ndarray, what_if: bool) -> np.ndarray:
    """Values (28, 28) to -1 ... 1."""
    from nn.inspection.attribution import blurred

    values = values.astype(np.float32)
    soft = blurred(values, SOFTER if what_if else SOFT)
    largest = max(float(np.abs(soft).max()), 1e-12)
    if not what_if:
        return soft / largest
    soft *= np.abs(values).max() / largest
    return np.sign(soft) * np.clip((np.abs(soft) - FAINT) / (1 - FAINT), 0, 1)


def _enlarged(values: np.ndarray, edges: tuple[float, float, float, float], size: tuple[int, int]) -> np.ndarray:
    """Values (28, 28) between edges (left, top, right, bottom), smoothly, in `size` pixels: levels
    around `ZERO`.
    """
    margin = NETWORK_SIDE
    padded = Image.fromarray(np.pad(np.round(values * ZERO + ZERO), margin, constant_values=ZERO).astype(np.uint8))
    left, top, right, bottom = (min(max(edge + margin, 0.0), 3.0 * NETWORK_SIDE) for edge in edges)
    return np.asarray(padded.resize(size, Image.Resampling.BICUBIC, box=(left, top, right, bottom)))


def _colours(palette: Palette) -> tuple[np.ndarray, np.ndarray]:
    """The colour of each level (256, 3), and how strongly it covers (256,), 0 ... 1."""
    value = np.clip((np.arange(256) - ZERO) / ZERO, -1, 1)
    strength = np.maximum((np.abs(value) - NOTHING) / (1 - NOTHING), 0) ** BOLD
    sides = np.where(value[:, None] > 0, palette.speaks_for, palette.speaks_against)
    return palette.mute + (sides - np.array(palette.mute)) * strength[:, None], strength


@lru_cache(maxsize=4)
def _on_ink(palette: Palette, what_if: bool) -> np.ndarray:
    """What is seen at each level << 8 | ink: coloured ink on paper, RGBA (65536,) uint32.

    It is opaque wherever there is ink, so that the black ink below does not shine through at the
    soft rims. For "what if" the changes are visible also where there is no ink.
    """
    colours, strength = _colours(palette)
    ink = np.arange(256) / 255
    cover = np.maximum(ink, strength[:, None]) if what_if else np.broadcast_to(ink, (256, 256))
    paper = np.array(palette.paper)
    seen = paper + (colours[:, None] - paper) * cover[..., None]
    return _packed(seen, np.where(cover > 0, 255, 0))


@lru_cache(maxsize=4)
def _beyond(palette: Palette) -> np.ndarray:
    """Changes outside of the digit, over whatever is there: RGBA (256,) uint32."""
    colours, strength = _colours(palette)
    return _packed(colours, 255 * strength)


def _packed(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colours (..., 3) and alpha (...) as bytes R, G, B, A, four of them a number."""
    out = np.empty((*alpha.shape, 4), np.uint8)
    out[..., :3], out[..., 3] = np.round(colours), np.round(alpha)
    return out.view(np.uint32).reshape(-1)


def _within(inner: pygame.Rect, outer: pygame.Rect) -> tuple[slice, slice]:
    """Rows and columns of `inner` in an array of the size of `outer`."""
    return slice(inner.top - outer.top, inner.bottom - outer.top), slice(inner.left - outer.left, inner.right - outer.left)


def _paint_line(surface: pygame.Surface, look: Look, rect: pygame.Rect, words: list[str]) -> None:
    """Question, two colours with a sign each, and a remark on the right, as far as there is room."""
    palette = look.palette
    question, plus, minus, rest = words
    surface.fill(palette.paper, rect)
    surface.fill(palette.line, (rect.left, rect.top, rect.width, look.px(1)))
    left, middle, right = rect.left + look.px(14), rect.centery, rect.right - look.px(14)
    shown = look.text(surface, question, (left, middle), theme.SMALL, palette.text, bold=True)
    left = shown.right + look.px(18)
    for sign, name, colour in (("+", plus, palette.speaks_for), (MINUS, minus, palette.speaks_against)):
        width = look.px(24) + look.text_width(name, theme.SMALL)
        if name and left + width <= right:
            swatch = pygame.Rect(left, 0, look.px(16), look.px(16))
            swatch.centery = middle
            shapes.box(surface, swatch, look.px(4), colour)
            look.text(surface, sign, swatch.center, theme.SMALL, heat.readable(colour, palette), bold=True, align="centre")
            look.text(surface, name, (left + look.px(24), middle), theme.SMALL, palette.text)
            left += width + look.px(18)
    if left + look.text_width(rest, theme.SMALL) <= right:
        look.text(surface, rest, (right, middle), theme.SMALL, palette.quiet, align="right")
