"""What programs and printers leave in a picture: dots instead of greys, and bars of tools along an
edge.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from nn.reading.components import label

LEAST_SIDE = 56  # pixels, of a picture in which either is sought
# Greys are dots if the picture has at most MOST_LEVELS, and of the components of the rarer one, in its
# middle of SEARCHED pixels at most, MOSTLY have at most DOT pixels, and there is one for every AREA
# pixels. Of 30 dithered pictures 1 was read right, and all once they were blurred by SPREAD pixels; what
# was written with a hard brush, or brought to black and white by a threshold, has no such dots.
MOST_LEVELS, SEARCHED, DOT, MOSTLY, AREA, SPREAD = 3, 512, 25, 0.7, 1000, 2.0
# A page on a screen has one brightness over PAGE of the picture. A bar is at most WIDEST_BAR of it and
# at least THINNEST_BAR pixels thick, and in each of its rows less than half is page. GROUND of it has
# one brightness, which is nearer to the page's than to the ink's: the top of a bold 7 is no bar.
PAGE, WIDEST_BAR, THINNEST_BAR, GROUND, SAME = 0.3, 1 / 3, 4, 0.3, 1.5 / 255


def without_dots(grey: np.ndarray) -> np.ndarray:
    """Brightness (H, W) with greys in place of patterns of dots (dithering, a printer's screen)."""
    if min(grey.shape) < LEAST_SIDE:
        return grey
    top, left = (max(0, (side - SEARCHED) // 2) for side in grey.shape)
    middle = grey[top : top + SEARCHED, left : left + SEARCHED]
    if len(np.unique(np.round(middle * 255))) > MOST_LEVELS:
        return grey
    light = middle > (float(middle.min()) + float(middle.max())) / 2
    labels, count = label(light if float(light.mean()) < 0.5 else ~light)
    dots = int((np.bincount(labels.ravel())[1:] <= DOT).sum())
    if dots < MOSTLY * count or dots * AREA < middle.size:
        return grey
    blurred = Image.fromarray(np.round(grey * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(SPREAD))
    return np.asarray(blurred, np.float32) / 255


def without_bars(grey: np.ndarray) -> np.ndarray:
    """Brightness (H, W) of a page on a screen without the bars of tools above, below or beside it."""
    if min(grey.shape) < LEAST_SIDE:
        return grey
    page = _commonest(grey)
    if float((np.abs(grey - page) <= SAME).mean()) < PAGE:
        return grey
    out = grey.copy()
    for view in (out, out[::-1], out.T, out.T[::-1]):
        thickness = _bar(view, page)
        view[:thickness] = page
    return out


def _bar(grey: np.ndarray, page: float) -> int:
    """The thickness of the bar along the upper edge, 0 where there is none."""
    is_page = (np.abs(grey - page) <= SAME).mean(axis=1) >= 0.5
    thickness = int(is_page.argmax()) if is_page.any() else len(grey)
    if not THINNEST_BAR <= thickness <= WIDEST_BAR * len(grey):
        return 0
    ink = max(float(grey.max()) - page, page - float(grey.min()))
    ground = _commonest(grey[:thickness])
    is_ground = float((np.abs(grey[:thickness] - ground) <= SAME).mean()) >= GROUND
    return thickness if is_ground and SAME < abs(ground - page) < 0.5 * ink else 0


def _commonest(grey: np.ndarray) -> float:
    """The brightness, in 255ths, that most pixels have; of a large picture, most of those looked at."""
    sample = grey[:: 1 + grey.shape[0] // SEARCHED, :: 1 + grey.shape[1] // SEARCHED]
    return int(np.bincount(np.round(sample * 255).astype(np.int64).ravel()).argmax()) / 255
