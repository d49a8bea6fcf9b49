"""A few digits as polylines, a pen to draw them with, and how far two of them differ: for tests
that need ink.
"""

import numpy as np
from PIL import Image, ImageDraw

FOUR = [[(60, 0), (0, 70), (100, 70)], [(72, 30), (62, 140)]]
SEVEN = [[(0, 0), (80, 0), (30, 140)], [(15, 70), (75, 62)]]
FIVE_BODY = [(12, 0), (6, 60), (60, 55), (80, 95), (50, 138), (0, 128)]
FIVE_HAT = [(20, -14), (86, -18)]
TWO = [(0, 20), (30, 0), (70, 8), (76, 40), (10, 138), (86, 134)]
ONE = [[(0, 0), (0, 140)]]


def draw(strokes, left=80, top=60, size=1.0, pen=12, canvas=(400, 400), onto=None):
    """Ink (H, W) of polylines with round ends, drawn four times too large and averaged:
    anti-aliased.
    """
    image = Image.new("L", (canvas[1] * 4, canvas[0] * 4))
    pencil = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(4 * (left + size * x), 4 * (top + size * y)) for x, y in stroke]
        pencil.line(points, fill=255, width=4 * pen, joint="curve")
        for x, y in points:
            pencil.ellipse((x - 2 * pen, y - 2 * pen, x + 2 * pen, y + 2 * pen), fill=255)
    ink = np.asarray(image.reduce(4), dtype=np.float32) / 255
    return ink if onto is None else np.maximum(ink, onto)


def difference(a, b):
    """Mean absolute difference, relative to the ink: 0 the same, 2 nothing in common."""
    return float(np.abs(a - b).sum() / max(b.sum(), 1e-9))
