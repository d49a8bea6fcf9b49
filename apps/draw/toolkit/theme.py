"""Colours and measures: warm greys, near-black ink, one accent.

Every measure is in design pixels; it is scaled where it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


def hex_colour(text: str) -> Colour:
    """The colour that "C8420E" stands for."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


@dataclass(frozen=True)
class Palette:
    """One look of the window."""

    name: str
    desk: Colour  # behind everything
    paper: Colour  # the sheet and the cards
    ink: Colour  # what is drawn
    text: Colour
    quiet: Colour  # labels, keys, digits that did not win
    line: Colour  # borders and the bars' tracks
    raised: Colour  # a button's face
    raised_hover: Colour
    raised_pressed: Colour
    faint: Colour  # disabled buttons; never text that has to be read
    accent: Colour
    accent_hover: Colour
    accent_pressed: Colour
    on_accent: Colour
    accent_soft: Colour  # the accent as a background
    speaks_for: Colour  # orange and blue: also distinguishable without colour vision, by brightness
    speaks_against: Colour
    mute: Colour  # ink that speaks neither for nor against


LIGHT = Palette(
    name="light",
    desk=hex_colour("F3F1EC"),
    paper=hex_colour("FFFFFF"),
    ink=hex_colour("1D1B19"),
    text=hex_colour("1D1B19"),
    quiet=hex_colour("6B665F"),
    line=hex_colour("E1DDD5"),
    raised=hex_colour("FFFFFF"),
    raised_hover=hex_colour("F8F6F2"),
    raised_pressed=hex_colour("E9E5DD"),
    faint=hex_colour("8C867C"),
    accent=hex_colour("C8420E"),
    accent_hover=hex_colour("CF4812"),
    accent_pressed=hex_colour("A83508"),
    on_accent=hex_colour("FFFFFF"),
    accent_soft=hex_colour("FBE6DC"),
    speaks_for=hex_colour("C8420E"),
    speaks_against=hex_colour("3F8FDB"),
    mute=hex_colour("D5D1C9"),
)

DARK = Palette(
    name="dark",
    desk=hex_colour("171614"),
    paper=hex_colour("211F1D"),
    ink=hex_colour("F5F1EA"),
    text=hex_colour("F1EDE6"),
    quiet=hex_colour("A8A198"),
    line=hex_colour("383430"),
    raised=hex_colour("2B2825"),
    raised_hover=hex_colour("35312D"),
    raised_pressed=hex_colour("1E1C1A"),
    faint=hex_colour("807970"),
    accent=hex_colour("FF8552"),
    accent_hover=hex_colour("FF9668"),
    accent_pressed=hex_colour("E26C3A"),
    on_accent=hex_colour("221006"),
    accent_soft=hex_colour("46291C"),
    speaks_for=hex_colour("FF8552"),
    speaks_against=hex_colour("4A9BEA"),
    mute=hex_colour("55504A"),
)

PALETTES = {"light": LIGHT, "dark": DARK}

RADIUS = 10  # of cards and the sheet
BUTTON_RADIUS = 8
SMALL, BODY, TITLE = 13, 15, 18  # sizes of type


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """The colour `part` of the way from the first to the second."""
    r, g, b = (round(a + (z - a) * part) for a, z in zip(first, second, strict=True))
    return r, g, b


def contrast(first: Colour, second: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    brighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
