"""Simulates handwriting on the window's sheet: turns templates into strokes, slightly different
each time.
"""

from __future__ import annotations

import numpy as np

from nn.kernels.counter import begin
from nn.kernels.curve import MOST_POINTS
from nn.kernels.strokes import STREAM_STYLE, write
from nn.strokes.templates import Templates


def written(templates: Templates, number: int, seed: int, index: int) -> list[np.ndarray]:
    """Template `number` in the handwriting of sample `index`: strokes (n, 2) float64, about one
    unit high, y down.
    """
    state = np.empty(2, np.uint64)
    begin(state, STREAM_STYLE, seed, 0, index)
    x, y, radius = np.empty(MOST_POINTS), np.empty(MOST_POINTS), np.empty(MOST_POINTS)
    down = np.empty(MOST_POINTS, np.uint8)
    t = templates
    count = write(
        points=t.points,
        corners=t.corners,
        point_offsets=t.point_offsets,
        first_stroke=t.stroke_offsets[number],
        last_stroke=t.stroke_offsets[number + 1],
        state=state,
        x=x,
        y=y,
        r=radius,
        down=down,
    )
    begins = np.flatnonzero(down[:count] == 0)
    return np.split(np.stack([x[:count], y[:count]], axis=1), begins[begins > 0])
