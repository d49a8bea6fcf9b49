"""Ink to MNIST's geometry, as its authors made it (LeCun, Bottou, Bengio, Haffner 1998; LeCun,
Cortes, Burges, the MNIST page).

"The original black and white images from NIST were size normalized to fit in a 20 × 20 pixel box
while preserving their aspect ratio. The resulting images contain grey levels as a result of the
anti-aliasing technique used by the normalization algorithm. The images were centered in a 28 × 28
image by computing the center of mass of the pixels, and translating the image so as to position
this point at the center." Measured on the files: the longer side is 20 pixels to the pixel, the
shift is whole pixels, and the centre of mass comes to rest within half a pixel of index 14, 14
(not 13.5).

NIST's pens were alike, a mouse and a finger are not: strokes outside the width of nearly all of
MNIST's are brought to it.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from nn.reading.arrays import as_picture, framed

SIDE = 28
BOX = 20
CENTRE = 14
FINE = 4  # sub-pixels per pixel while strokes are thickened or thinned
THINNEST, WIDEST = 2.0, 3.4  # pixels of the 20 × 20 box; MNIST's middle 90 % by the same measure
# A digit smaller than ENLARGED pixels is enlarged, and its soft edges with it. Its rims are made
# STEEPER by so many times: of 700 digits as paint programs save them in 28 x 28 pixels, the
# bundled weights of November 2026 read 94.9 % right and surely instead of 92.9 (94.6 with 1.5, 95.0
# with 3).
ENLARGED, STEEPER = 40, 2.0
BLOTCH = 7.0  # what is wider is no stroke, and stays as it is: pared down, it might look like one


def to_mnist(ink: np.ndarray) -> np.ndarray:
    """Bring all the ink of a picture (H, W), white on black, into one MNIST image: (28, 28)
    float32, all 0 if there is none.

    A picture that has MNIST's geometry already is returned as it is.
    """
    ink = as_picture(ink, "ink")
    if is_mnist(ink):
        return ink
    box = ink_box(ink)
    if box is None:
        return np.zeros((SIDE, SIDE), np.float32)
    # A fine picture whose longer side is 80: cheap to measure and to correct, whatever the size
    # of the drawing.
    fine = _saturated(_square(ink, box, BOX * FINE))
    is_small = max(box[2] - box[0], box[3] - box[1]) < ENLARGED
    if is_small:
        fine = np.clip((fine - np.float32(0.5)) * np.float32(STEEPER) + np.float32(0.5), 0, 1)
    change = _wanted_change(fine)
    if is_small or change != 0:
        ink = _thickened(fine, change)
        box = ink_box(ink)
        if box is None:
            return np.zeros((SIDE, SIDE), np.float32)
    return _centred(_square(ink, box, BOX))


def ink_box(ink: np.ndarray) -> tuple[float, float, float, float] | None:
    """Where the ink begins and ends: (left, top, right, bottom) in fractions of pixels, or None if
    nothing reaches one half.

    A half-covered pixel at the rim counts for half: an anti-aliased edge lies inside its pixel.
    """
    if not (ink >= 0.5).any():
        return None
    left, right = _extent(ink.max(axis=0))
    top, bottom = _extent(ink.max(axis=1))
    return left, top, right, bottom


def _extent(profile: np.ndarray) -> tuple[float, float]:
    inside = np.flatnonzero(profile >= 0.5)
    first, last = int(inside[0]), int(inside[-1])
    before = float(profile[first - 1]) if first > 0 else 0.0
    after = float(profile[last + 1]) if last + 1 < len(profile) else 0.0
    return first + 1 - float(profile[first]) - before, last + float(profile[last]) + after


def stroke_width(ink: np.ndarray) -> float:
    """Mean stroke width in pixels: twice the area over the length of the outline, 2 Σ ink / Σ |∇ink|.

    A stroke of width w and length l has area w·l and an outline of 2·l. The total variation
    measures the outline of a picture with soft edges too (it is the integral of the lengths of
    all its level lines: the coarea formula).
    """
    padded = framed(ink, 1)
    dy = padded[1:, :-1] - padded[:-1, :-1]
    dx = padded[:-1, 1:] - padded[:-1, :-1]
    outline = float(np.sqrt(dx * dx + dy * dy).sum())
    return 2 * float(ink.sum()) / outline if outline > 0 else 0.0


def is_mnist(ink: np.ndarray) -> bool:
    """Whether a picture has MNIST's geometry: 28 × 28, the longer side 20 (or 19, 21), the centre
    of mass at index 14, 14.
    """
    if ink.shape != (SIDE, SIDE):
        return False
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0), np.flatnonzero(ink.max(axis=0) > 0)
    if len(rows) == 0:
        return False
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    y, x = _centre_of_mass(ink)
    return BOX - 1 <= longer <= BOX + 1 and abs(y - CENTRE) < 0.75 and abs(x - CENTRE) < 0.75


def _square(ink: np.ndarray, box: tuple[float, float, float, float], side: int) -> np.ndarray:
    """Cut the smallest square around `box` (its shorter side centred) and resample it to (side,
    side).
    """
    left, top, right, bottom = box
    long = max(right - left, bottom - top, 1.0)
    x, y = (left + right - long) / 2, (top + bottom - long) / 2
    x0, y0, x1, y1 = int(np.floor(x)), int(np.floor(y)), int(np.ceil(x + long)), int(np.ceil(y + long))
    part = ink[max(y0, 0) : y1, max(x0, 0) : x1]
    if part.shape != (y1 - y0, x1 - x0):
        inside, part = part, np.zeros((y1 - y0, x1 - x0), ink.dtype)
        top, beside = max(-y0, 0), max(-x0, 0)
        part[top : top + inside.shape[0], beside : beside + inside.shape[1]] = inside
    # The mean over each pixel's square when shrinking, as coverage of a bilevel image would be;
    # smooth when enlarging.
    kind = Image.Resampling.BOX if long > 2 * side else Image.Resampling.BILINEAR
    image = Image.fromarray(part).resize((side, side), kind, box=(x - x0, y - y0, x - x0 + long, y - y0 + long))
    return np.asarray(image)


def _saturated(fine: np.ndarray) -> np.ndarray:
    """Strokes that became faint because they are thinner than a pixel: back to full ink, as on a
    bilevel original.
    """
    inked = fine[fine > 0.3 * fine.max()]
    if not len(inked):  # a line so thin that it vanishes when the picture shrinks
        return fine
    quarter = 3 * len(inked) // 4
    level = float(np.partition(inked, quarter)[quarter])  # the upper quartile
    return fine if level > 0.9 else np.minimum(fine / np.float32(level), np.float32(1))


def _wanted_change(fine: np.ndarray) -> float:
    """How much each rim of the stroke should move outwards, in sub-pixels (negative: inwards), 0
    if the width is MNIST's.
    """
    width = stroke_width(fine) / FINE
    if width > BLOTCH:
        return 0.0
    # Moving the rims by c makes the longer side 20·FINE + 2c; scaled back to 20, the width is (w
    # + 2c/FINE) / (1 + 2c/(20·FINE)).
    wanted = min(max(width, THINNEST), WIDEST)
    return FINE * (wanted - width) / 2 / (1 - wanted / BOX)


def _thickened(fine: np.ndarray, change: float) -> np.ndarray:
    """Move every rim by `change` sub-pixels: grey dilation (or erosion) with a disc, between two
    radii for fractions.
    """
    margin = int(np.ceil(max(change, 0))) + 1
    padded = framed(fine, margin)
    if change < 0:
        return 1 - _dilated(1 - padded, -change)
    return _dilated(padded, change)


def _dilated(picture: np.ndarray, radius: float) -> np.ndarray:
    """Grey dilation with a soft-rimmed disc: max over offsets of picture · coverage(offset)."""
    reach = int(np.ceil(radius))
    height, width = picture.shape
    beyond = (np.clip(np.arange(-reach, side + reach), 0, side - 1) for side in picture.shape)
    padded = picture[np.ix_(*beyond)]  # with its edges repeated
    out = picture.copy()
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            coverage = min(1.0, radius + 1 - float(np.hypot(dy, dx)))
            if coverage <= 0:
                continue
            moved = padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
            np.maximum(out, moved if coverage == 1 else moved * np.float32(coverage), out=out)
    return out


def _centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    total = float(image.sum())
    y = float(image.sum(axis=1) @ np.arange(image.shape[0])) / total
    x = float(image.sum(axis=0) @ np.arange(image.shape[1])) / total
    return y, x


def _centred(small: np.ndarray) -> np.ndarray:
    """Place the (20, 20) picture in (28, 28), by whole pixels, with its centre of mass at index
    14, 14.
    """
    out = np.zeros((SIDE, SIDE), np.float32)
    if not small.any():
        return out
    y, x = _centre_of_mass(small)
    top = int(np.clip(round(CENTRE - y), 0, SIDE - BOX))
    left = int(np.clip(round(CENTRE - x), 0, SIDE - BOX))
    out[top : top + BOX, left : left + BOX] = small
    return out
