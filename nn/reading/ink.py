"""Brightness to ink: which side is paper, what the light does, what is noise, how dark the pen is.

    paper(y, x)   what the sheet would show without ink, light and shadow included
    depth         ~ (paper − grey) / paper, the polarity turned so that ink is darker than paper
    ink           = clip((depth − floor) / (level − floor), 0, 1)

`level` is the depth of a full stroke, `floor` what noise and JPEG ringing reach. On a clean image
this is plain inversion.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from nn.reading.arrays import as_picture, block_reduce, extents
from nn.reading.clutter import without_clutter
from nn.reading.components import label
from nn.reading.fading import evened
from nn.reading.screens import without_bars, without_dots

MIN_CONTRAST = 0.08  # a pencil on grey paper has 0.2
MIN_SIGNAL_TO_NOISE = 6.0
# What looks like a table may be paper, and the sheet a bold digit: it has a hole that fills SOLID of
# its box and LEAST_HOLE of the sheet. A table that covers more than MOST_TABLE needs a sheet that is
# large, fills its box, and is written on.
SOLID, LEAST_HOLE = 0.6, 0.04
MOST_TABLE, FILLED, LEAST_SHEET, LEAST_WRITING = 0.4, 0.85, 0.2, 0.002
SHARP = 0.6  # of the contrast between sheet and table lies within two blocks on both sides of the edge
SOFT_EDGE = 3  # pixels of a sheet that are neither sheet nor table
SHADE = 0.15  # paper is taken to be lit at least so much
TABLE_GRIDS = 96, 256  # blocks of a picture in which a table may be connected: one of bricks, one with writing near it
GRID = 48  # paper is estimated on about 48 × 48 blocks
REACH = 6  # blocks; ink narrower than twice this (a quarter of the image) cannot hide the paper
EVEN = 1.5 / 255  # paper of a drawing program: this even, along so much of the border, and over so much of the picture
EVEN_BORDER, EVEN_PAPER = 0.75, 0.3


def to_ink(grey: np.ndarray) -> np.ndarray:
    """Turn brightness (H, W) into ink (H, W) float32: 1 where the pen was, 0 on paper, all 0 where
    there is nothing.

    `grey` is float in [0, 1] or uint8 in [0, 255], dark on light or light on dark, on paper of
    any evenly or unevenly lit grey.

    Raises:
        InputError: not a two-dimensional array of numbers.
    """
    grey = as_picture(grey, "grey")
    if not grey.size or float(grey.max() - grey.min()) < MIN_CONTRAST:
        return np.zeros_like(grey)
    grey = _without_table(without_bars(without_dots(grey)))
    return evened(without_clutter(_ink_on_light_paper(1 - grey if _paper_is_dark(grey) else grey)))


def _border(grey: np.ndarray) -> np.ndarray:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _without_table(grey: np.ndarray) -> np.ndarray:
    """A sheet on a table of the other brightness: the table becomes paper, as bright as the nearest
    part of the sheet.
    """
    middle = _between_modes(grey)
    table = (grey < middle) if float(np.median(_border(grey))) < middle else (grey > middle)
    if min(grey.shape) < GRID:
        return grey
    for blocks in TABLE_GRIDS:
        outside = _outside(table, -(-max(grey.shape) // blocks))
        if _lies_on_a_table(grey, outside, table):
            return _with_paper_for(grey, outside, table)
    return grey


def _outside(table: np.ndarray, step: int) -> np.ndarray:
    """What of a table is connected to the picture's edge, in blocks of `step` pixels."""
    labels, _ = label(block_reduce(table.astype(np.uint8), step, np.maximum) > 0)
    outside = np.isin(labels, np.setdiff1d(_border(labels), 0))
    return np.repeat(np.repeat(outside, step, axis=0), step, axis=1)[: table.shape[0], : table.shape[1]]


def _with_paper_for(grey: np.ndarray, outside: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Brightness with the sheet's in place of what lies outside of it."""
    rim = np.pad(outside, SOFT_EDGE, mode="edge")
    for axis in (0, 1):
        rim = np.asarray(np.lib.stride_tricks.sliding_window_view(rim, 2 * SOFT_EDGE + 1, axis=axis).any(axis=-1))
    return np.where(rim, _continued(grey, rim | table, -(-max(grey.shape) // GRID)), grey)


def _between_modes(grey: np.ndarray) -> float:
    """The brightness that parts a picture's pixels into two groups that differ most (Otsu 1979)."""
    counts, edges = np.histogram(grey, 64)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    total = np.cumsum(counts * centres)
    mean_below, mean_above = total[:-1] / np.maximum(below, 1), (total[-1] - total[:-1]) / np.maximum(grey.size - below, 1)
    spread = below * (grey.size - below) * (mean_above - mean_below) ** 2
    best = np.flatnonzero(spread == spread.max())
    return float(edges[1:-1][best].mean())


def _lies_on_a_table(grey: np.ndarray, outside: np.ndarray, table: np.ndarray) -> bool:
    """Whether a part of the picture is a sheet with a table around, and not a bold digit, or what a
    shadow leaves.
    """
    sheet, writing = ~outside, table & ~outside
    if not sheet.any() or _is_hole(writing, sheet):
        return False
    return (float(table.mean()) <= MOST_TABLE or _is_sheet(sheet, writing)) and _is_sharp(grey, outside)


def _is_sharp(grey: np.ndarray, outside: np.ndarray) -> bool:
    """Whether brightness changes at the edge of a sheet, as it doesn't at that of a shadow."""
    if not outside.any():
        return False
    step = -(-max(grey.shape) // TABLE_GRIDS[0])
    level = block_reduce(grey, step, np.add) / block_reduce(np.ones_like(grey), step, np.add)
    beyond = block_reduce(outside.astype(np.float32), step, np.maximum)
    around, within = (beyond > 0) & (_neighbourhood_sum(1 - beyond) > 0), (beyond == 0) & (_neighbourhood_sum(beyond) > 0)
    if not (around.any() and within.any()):
        return False
    jump = abs(float(np.median(level[around])) - float(np.median(level[within])))
    return jump >= SHARP * abs(float(np.median(grey[outside])) - float(np.median(grey[~outside])))


def _is_hole(writing: np.ndarray, sheet: np.ndarray) -> bool:
    """Whether what seems to be written is the inside of a bold digit."""
    return int(writing.sum()) > LEAST_HOLE * int(sheet.sum()) and _share_of_box(writing) >= SOLID


def _is_sheet(sheet: np.ndarray, writing: np.ndarray) -> bool:
    """Whether a part of the picture is shaped like a sheet rather than like a stroke, and written
    on.
    """
    is_large = float(sheet.mean()) >= LEAST_SHEET and float(writing.mean()) >= LEAST_WRITING
    return is_large and _share_of_box(sheet) > FILLED


def _share_of_box(mask: np.ndarray) -> float:
    """The part of its box that a mask fills."""
    (top, bottom), (left, right) = extents(mask)
    return float(mask[top:bottom, left:right].mean())


def _continued(grey: np.ndarray, unknown: np.ndarray, step: int) -> np.ndarray:
    """The brightness of a sheet (H, W), and around it that of its nearest blocks of `step` pixels."""
    known = 1 - block_reduce(unknown.astype(np.float32), step, np.maximum)
    if not known.any():
        return np.full_like(grey, np.median(grey[~unknown]) if not unknown.all() else 0)
    level = known * block_reduce(grey, step, np.add) / block_reduce(np.ones_like(grey), step, np.add)
    while not known.all():
        weight, total = _neighbourhood_sum(known), _neighbourhood_sum(level)
        level = np.where(known > 0, level, total / np.maximum(weight, 1))
        known = np.where(weight > 0, np.float32(1), known)
    return _spread(level, step, grey.shape)


def _paper_is_dark(grey: np.ndarray) -> bool:
    """Paper is what surrounds the drawing; ink is the minority that departs from it or, in uneven
    light, from its surroundings.
    """
    low, high = float(grey.min()), float(grey.max())
    level = _even_paper(grey)
    if level is not None:
        return bool(((grey - level) ** 3).sum() > 0)
    darkest, typical, lightest = np.percentile(_border(grey), [10, 50, 90])
    if lightest - darkest < 0.25 * (high - low):
        return bool(typical < (low + high) / 2)
    step = -(-max(grey.shape) // GRID)
    coarse = block_reduce(grey, step, np.maximum) + block_reduce(grey, step, np.minimum)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(coarse, 4, mode="reflect", reflect_type="odd"), (9, 9))
    departure = coarse - np.median(around, axis=(2, 3))
    return bool((departure**3).sum() > 0)


def _grain(grey: np.ndarray) -> float:
    """Standard deviation of pixel noise, from the median difference of neighbours: shading and
    outlines hardly count.
    """
    return (
        1.4826 * float(np.median(np.abs(np.diff(grey[:: 1 + grey.shape[0] // 200], axis=1)))) / 2**0.5
        if grey.shape[1] > 1
        else 0.0
    )


def _even_paper(grey: np.ndarray) -> float | None:
    """The one brightness of paper that no camera saw; None if it varies."""
    border = _border(grey)
    level = float(np.median(border))
    even = float((np.abs(border - level) <= EVEN).mean()) >= EVEN_BORDER
    return level if even and float((np.abs(grey - level) <= EVEN).mean()) >= EVEN_PAPER else None


def _ink_on_light_paper(grey: np.ndarray) -> np.ndarray:
    level = _even_paper(grey)
    if level is not None:
        depth = level - grey
        peak = float(_softened(depth).max())
        if peak < MIN_CONTRAST:
            return np.zeros_like(grey)
        full = float(np.percentile(depth[depth > 0.5 * peak], 90))
        return np.clip(depth / full, 0, 1).astype(np.float32)
    step = -(-max(grey.shape) // GRID)
    noise = _grain(grey)
    levels = _closing(block_reduce(grey, step, np.maximum))
    depth = _spread(levels, step, grey.shape) - grey
    blank = depth < max(0.5 * float(_softened(depth).max()), MIN_CONTRAST / 2, 5 * noise)
    paper = _spread(_paper_level(grey, blank, step, levels), step, grey.shape)
    depth = paper - grey
    sample = depth[blank][:: 1 + depth.size // 50_000]
    if sample.size:
        noise = max(noise, 1.4826 * float(np.median(np.abs(sample))))
    soft = _softened(depth)
    peak = float(soft.max())
    if peak < max(MIN_CONTRAST, MIN_SIGNAL_TO_NOISE * noise / (3 if soft is not depth else 1)):
        return np.zeros_like(grey)
    if noise > 0.02 * peak and min(grey.shape) > 100:
        depth, noise = soft, noise / 3  # the mean of nine pixels
    # Ink swallows a part of the light that there is: the same stroke is less deep in the shade.
    gain = paper.max() / np.maximum(paper, SHADE)
    depth = depth * gain
    soft = soft * gain
    level = float(np.median(depth[soft > 0.5 * soft.max()]))
    floor = np.maximum(np.float32(3 * noise) * gain, np.float32(0.05 * level))
    return np.clip((depth - floor) / np.maximum(level - floor, MIN_CONTRAST / 4), 0, 1).astype(np.float32)


def _softened(depth: np.ndarray) -> np.ndarray:
    """Mean of the 3 × 3 neighbourhood: a stroke survives, a grain of noise does not."""
    if min(depth.shape) < 56:
        return depth
    padded = np.pad(depth, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)


def _closing(levels: np.ndarray) -> np.ndarray:
    """Grey closing (dilate, then erode): dark things narrower than 2·REACH blocks vanish, slopes
    of light stay.

    Beyond the rim the slope goes on (odd reflection), but nothing is lighter there than within.
    """
    for axis in [0, 1]:
        widths = [(2 * REACH, 2 * REACH) if a == axis else (0, 0) for a in range(2)]
        wide = np.minimum(np.pad(levels, widths, mode="reflect", reflect_type="odd"), levels.max())
        dilated = np.lib.stride_tricks.sliding_window_view(wide, 2 * REACH + 1, axis=axis).max(axis=-1)
        levels = np.lib.stride_tricks.sliding_window_view(dilated, 2 * REACH + 1, axis=axis).min(axis=-1)
    return levels


def _paper_level(grey: np.ndarray, blank: np.ndarray, step: int, first: np.ndarray) -> np.ndarray:
    """Mean brightness of the blank pixels around each block (normalised convolution); `first`
    where there are none.
    """
    weight = block_reduce(blank.astype(np.float32), step, np.add)
    total = block_reduce(np.where(blank, grey, np.float32(0)), step, np.add)
    weight, total = _neighbourhood_sum(weight), _neighbourhood_sum(total)
    return np.where(weight > 0, total / np.maximum(weight, 1), first)


def _neighbourhood_sum(values: np.ndarray) -> np.ndarray:
    """Sum over 5 × 5 blocks."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, 2), (5, 5))
    return windows.sum(axis=(2, 3))


def _spread(levels: np.ndarray, step: int, shape: tuple[int, ...]) -> np.ndarray:
    """Blocks back to pixels, bilinearly."""
    height, width = levels.shape
    image = Image.fromarray(levels.astype(np.float32)).resize((width * step, height * step), Image.Resampling.BILINEAR)
    return np.asarray(image)[: shape[0], : shape[1]]
