"""Where everything is: a pure function of the window's size.

    wide windows                          tall windows
    ┌ header ───────────────────────┐     ┌ header ────────────┐
    │ sheet              │ reading  │     │ sheet              │
    │                    │ bars     │     │                    │
    │ tools              │ seen     │     │ tools              │
    └───────────────────────────────┘     └ reading bars seen ─┘

The sheet is always 4 : 3; of the two arrangements the one with the larger sheet is used. Lengths
are in design pixels, and `scale_for` says how many pixels one of them takes: more in a large
window, fewer in a very small one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pygame import Rect

from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH

FIRST_SIZE = (1088, 704)  # design pixels
MINIMUM_SIZE = (760, 480)
SMALLEST_SCALE = 0.75
GROWTH = 0.7  # of the room that a window has beyond its first size, how much makes everything larger
SCALE_STEP = 1 / 16

HEADER, TOOLS, EDGE = 34, 40, 12
READING, BARS, SEEN = 160, 116, 114  # the cards' least heights
ROOMY = 600  # the height of the column of cards at which their rows are easy to read
LOOSE = 40  # how far below the sheet the tools may stand so that they end where the cards end
BELOW = 236  # the cards' height below the sheet
WIDEST_PANEL = 440


@dataclass(frozen=True)
class Places:
    """The rectangles, in pixels, of what every screen has."""

    size: tuple[int, int]
    header: Rect
    sheet: Rect
    tools: Rect


@dataclass(frozen=True)
class Layout(Places):
    """The same with the cards of the reading."""

    reading: Rect
    bars: Rect
    seen: Rect


def scale_for(size: Sequence[int], preferred: float) -> float:
    """Pixels to a design pixel in a window of this size, on a desktop that prefers `preferred`."""
    fits = min(side / fewest for side, fewest in zip(least(size), MINIMUM_SIZE, strict=True))
    room = min(side / first for side, first in zip(size, FIRST_SIZE, strict=True)) / preferred
    wanted = preferred * (1 + GROWTH * max(0.0, room - 1))
    return max(SMALLEST_SCALE, min(wanted, fits) // SCALE_STEP * SCALE_STEP)


def least(size: Sequence[int]) -> tuple[int, int]:
    """The size, or the smallest one that everything fits into."""
    width, height = (round(side * SMALLEST_SCALE) for side in MINIMUM_SIZE)
    return max(size[0], width), max(size[1], height)


def margins(width: int, height: int, px: Callable[[float], int]) -> tuple[int, int]:
    """The margin of the window and the gap between its parts."""
    return (px(24), px(16)) if width >= px(900) and height >= px(580) else (px(14), px(10))


def arrange(size: Sequence[int], scale: float) -> Layout:
    """Lay the window out; a window smaller than the minimum shows a part of the smallest layout."""

    def px(design: float) -> int:
        return round(design * scale)

    width, height = least(size)
    margin, gap = margins(width, height, px)
    top, bottom = px(EDGE + HEADER + EDGE), height - max(px(EDGE), margin * 2 // 3)
    body = Rect(margin, top, width - 2 * margin, bottom - top)
    beside, below = _beside(body, gap, px), _below(body, gap, px)
    parts = beside if beside[0].width >= below[0].width else below
    block = parts[0].unionall(parts[1:])
    header = Rect(block.left, px(EDGE), block.width, px(HEADER))
    sheet, tools, reading, bars, seen = parts
    return Layout((width, height), header, sheet, tools, reading=reading, bars=bars, seen=seen)


def sheet_within(width: int, height: int) -> tuple[int, int]:
    """The largest 4 : 3 rectangle that fits."""
    widest = max(4, min(width, height * SHEET_WIDTH // SHEET_HEIGHT) // 4 * 4)
    return widest, widest * SHEET_HEIGHT // SHEET_WIDTH


def _beside(body: Rect, gap: int, px: Callable[[float], int]) -> list[Rect]:
    """Sheet, tools, reading, bars and seen, the cards in a column on the right."""
    column_gap, tools_height = gap * 3 // 2, gap + px(TOOLS)
    panel = max(round(body.width * 0.26), px(270))
    width, height = sheet_within(body.width - panel - column_gap, body.height - tools_height)
    panel = min(px(WIDEST_PANEL), body.width - column_gap - width)
    least_column = px(READING) + px(BARS) + px(SEEN) + 2 * gap
    column_height = min(body.height, max(height + tools_height, px(ROOMY)))
    left = body.left + (body.width - width - column_gap - panel) // 2
    top = body.top + (body.height - column_height) // 3  # a little above the middle, nearer to the header
    sheet = Rect(left, top, width, height)
    lower = column_height - height - tools_height
    tools = Rect(left, sheet.bottom + gap + (lower if lower <= px(LOOSE) else 0), width, px(TOOLS))
    spare = max(0, column_height - least_column)
    reading = Rect(sheet.right + column_gap, top, panel, px(READING) + spare * 25 // 100)
    bars = Rect(reading.left, reading.bottom + gap, panel, px(BARS) + spare * 50 // 100)
    seen = Rect(reading.left, bars.bottom + gap, panel, top + column_height - bars.bottom - gap)
    return [sheet, tools, reading, bars, seen]


def _below(body: Rect, gap: int, px: Callable[[float], int]) -> list[Rect]:
    """The same, with the cards in a row under the tools."""
    rest = gap + px(TOOLS) + gap
    width, height = sheet_within(body.width, body.height - rest - px(BELOW))
    cards = min(body.height - height - rest, px(BELOW + 48))
    left = body.left + (body.width - width) // 2
    sheet = Rect(left, body.top + (body.height - height - rest - cards) // 2, width, height)
    tools = Rect(left, sheet.bottom + gap, width, px(TOOLS))
    row = Rect(body.left, tools.bottom + gap, body.width, cards)
    third = (row.width - 2 * gap) // 3
    reading = Rect(row.left, row.top, third, cards)
    bars = Rect(reading.right + gap, row.top, third, cards)
    seen = Rect(bars.right + gap, row.top, row.right - bars.right - gap, cards)
    return [sheet, tools, reading, bars, seen]
