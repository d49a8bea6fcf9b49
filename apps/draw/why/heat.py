"""Numbers as colours: warm above zero, cold below, and zero a colour of its own.

Equal steps look equal: the way from zero to the extremes is laid through a few anchors in Oklab, a
space made for that, and walked at constant speed. Exactly zero, which ReLU makes so often, stays
apart: the smallest value that is not zero already stands a visible step away from it. A value
takes the colour of a power of it (`POWER`), or a few large ones would drown all others.

References:
    B. Ottosson: A perceptual color space for image processing, 2020 (Oklab).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from apps.draw.toolkit import theme
from apps.draw.toolkit.theme import Colour, Palette

NOTHING, ZERO, LEVELS = 0, 128, 127  # palette entries: no value at all, zero, and the steps from it to either side
POWER = 0.65
FIRST_STEP = 0.06  # of the way, from zero to the smallest value above it

# From zero outwards.
ANCHORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "light": (("F2B890", "C8420E", "38120A"), ("A9C6E2", "2F6DA8", "0B2038")),
    "dark": (("6B2F16", "FF8552", "FFF1E4"), ("1D3E5E", "5C9FD8", "E6F3FF")),
}

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

# Palette entries of the values -FINE … FINE in units of the greatest / FINE: a table, because
# powers take long.
FINE = 2048
_OUT = np.ceil(LEVELS * (np.arange(1, FINE + 1) / FINE) ** POWER)
STEPS = np.concatenate([ZERO - _OUT[::-1], [ZERO], ZERO + _OUT]).astype(np.uint8)


def oklab(colours: np.ndarray) -> np.ndarray:
    """Oklab coordinates (N, 3) of sRGB colours (N, 3) in [0, 255]."""
    part = np.asarray(colours, float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T


def srgb(lab: np.ndarray) -> np.ndarray:
    """SRGB colours (N, 3) in [0, 255] of Oklab coordinates (N, 3)."""
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@lru_cache(maxsize=4)
def colours(palette: Palette) -> tuple[Colour, ...]:
    """The 256 entries of the palette: 0 is the paper, 1 … 127 below zero, 128 zero, 129 … 255
    above.
    """
    warm, cold = (_way((palette.desk, *map(theme.hex_colour, anchors))) for anchors in ANCHORS[palette.name])
    return (palette.paper, *reversed(cold), palette.desk, *warm)


@lru_cache(maxsize=4)
def inks(palette: Palette) -> tuple[Colour, ...]:
    """The same for an image: from no ink (128) to ink (255)."""
    greys = [theme.mix(palette.desk, palette.ink, level / LEVELS) for level in range(LEVELS + 1)]
    return (palette.paper, *[palette.desk] * LEVELS, *greys)


def levels(values: np.ndarray, greatest: float) -> np.ndarray:
    """Palette entries uint8 of values; ± greatest are the extremes, and only 0 is ZERO."""
    if not greatest > 0:
        return np.full(values.shape, ZERO, np.uint8)
    fine = np.ceil(np.abs(values) * (FINE / greatest)).astype(np.int32)
    return STEPS[np.where(values < 0, FINE - np.minimum(fine, FINE), FINE + np.minimum(fine, FINE))]


def _way(anchors: tuple[Colour, ...]) -> list[Colour]:
    """LEVELS colours from the first step to the last anchor, equally far from each other."""
    corners = oklab(np.array(anchors))
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    places = lengths[-1] * np.linspace(FIRST_STEP, 1, LEVELS)
    lab = np.stack([np.interp(places, lengths, corners[:, axis]) for axis in range(3)], axis=1)
    return [(int(r), int(g), int(b)) for r, g, b in np.round(srgb(lab))]


@lru_cache(maxsize=1024)
def readable(colour: Colour, palette: Palette) -> Colour:
    """Whichever can be read best on a colour: the text's colour, the paper's, black or white."""
    return max(palette.text, palette.paper, (0, 0, 0), (255, 255, 255), key=lambda ink: theme.contrast(ink, colour))
