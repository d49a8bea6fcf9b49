"""Where everything is: a pure function of the window's size, on a grid of eight design pixels.

    wide windows                          tall windows
    ┌ header ───────────────────────┐     ┌ header ────────────┐
    │ sheet              │ reading  │     │ sheet              │
    │                    │ bars     │     │                    │
    │ tools              │ seen     │     │ tools              │
    └ keys ─────────────────────────┘     │ reading bars seen  │
                                          └ keys ──────────────┘
The sheet is always 4 : 3; of the two arrangements the one with the larger sheet is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pygame import Rect

from apps.draw.drawing.strokes import SHEET_HEIGHT, SHEET_WIDTH

FIRST_SIZE = (1088, 704)  # design pixels
MINIMUM_SIZE = (760, 600)

HEADER, TOOLS, KEY_LINE = 32, 40, 24
READING, BARS, SEEN = 118, 188, 132  # the cards' least heights
BELOW = 232  # the cards' height below the sheet
WIDEST_PANEL = 440


@dataclass(frozen=True)
class Places:
    """The rectangles, in pixels, of what every screen has."""

    size: tuple[int, int]
    header: Rect
    sheet: Rect
    tools: Rect
    keys: Rect


@dataclass(frozen=True)
class Layout(Places):
    """The same with the cards of the reading."""

    reading: Rect
    bars: Rect
    seen: Rect


def least(size: Sequence[int], scale: float) -> tuple[int, int]:
    """The size, or the smallest one that everything fits into."""
    return max(size[0], round(MINIMUM_SIZE[0] * scale)), max(size[1], round(MINIMUM_SIZE[1] * scale))


def flow(widths: Sequence[int], room: int, gap: int) -> list[list[int]]:
    """Break items of these widths into lines no longer than `room`; returns the items' numbers, line by line."""
    lines: list[list[int]] = [[]]
    used = 0
    for number, width in enumerate(widths):
        if lines[-1] and used + gap + width > room:
            lines.append([])
            used = 0
        used += width + (gap if lines[-1] else 0)
        lines[-1].append(number)
    return lines


def arrange(size: Sequence[int], scale: float, key_widths: Sequence[int], key_gap: int) -> Layout:
    """Lay the window out; a window smaller than the minimum shows a part of the smallest layout."""

    def px(design: float) -> int:
        return round(design * scale)

    width, height = least(size, scale)
    roomy = width >= px(900)
    margin, gap = (px(24), px(16)) if roomy else (px(16), px(12))
    lines = len(flow(key_widths, width - 2 * margin, key_gap))
    while True:
        top, bottom = px(14 + HEADER + 12), height - px(14 + 14) - lines * px(KEY_LINE)
        body = Rect(margin, top, width - 2 * margin, bottom - top)
        beside, below = _beside(body, gap, px), _below(body, gap, px)
        parts = beside if beside[0].width >= below[0].width else below
        block = parts[0].unionall(parts[1:])
        needed = len(flow(key_widths, block.width, key_gap))
        if needed <= lines:
            break
        lines = needed
    header = Rect(block.left, px(14), block.width, px(HEADER))
    keys = Rect(block.left, bottom + px(14), block.width, lines * px(KEY_LINE))
    sheet, tools, reading, bars, seen = parts
    return Layout((width, height), header, sheet, tools, keys, reading, bars, seen)


def sheet_within(width: int, height: int) -> tuple[int, int]:
    """The largest 4 : 3 rectangle that fits."""
    widest = max(4, min(width, height * SHEET_WIDTH // SHEET_HEIGHT) // 4 * 4)
    return widest, widest * SHEET_HEIGHT // SHEET_WIDTH


def _beside(body: Rect, gap: int, px: Callable[[float], int]) -> list[Rect]:
    """Sheet, tools, reading, bars and seen, the cards in a column on the right."""
    column_gap, tools_height = gap * 3 // 2, px(12) + px(TOOLS)
    panel = max(round(body.width * 0.28), px(264))
    width, height = sheet_within(body.width - panel - column_gap, body.height - tools_height)
    panel = min(px(WIDEST_PANEL), body.width - column_gap - width)
    least_column = px(READING) + px(BARS) + px(SEEN) + 2 * gap
    column_height = min(body.height, max(height + tools_height, least_column))
    left = body.left + (body.width - width - column_gap - panel) // 2
    top = body.top + (body.height - column_height) // 2
    sheet = Rect(left, top, width, height)
    tools = Rect(left, sheet.bottom + px(12), width, px(TOOLS))
    spare = max(0, column_height - least_column)
    reading = Rect(sheet.right + column_gap, top, panel, px(READING) + spare * 4 // 10)
    bars = Rect(reading.left, reading.bottom + gap, panel, px(BARS) + spare * 4 // 10)
    seen = Rect(reading.left, bars.bottom + gap, panel, top + column_height - bars.bottom - gap)
    return [sheet, tools, reading, bars, seen]


def _below(body: Rect, gap: int, px: Callable[[float], int]) -> list[Rect]:
    """The same, with the cards in a row under the tools."""
    rest = px(12) + px(TOOLS) + gap
    width, height = sheet_within(body.width, body.height - rest - px(BELOW))
    cards = min(body.height - height - rest, px(BELOW + 48))
    left = body.left + (body.width - width) // 2
    sheet = Rect(left, body.top + (body.height - height - rest - cards) // 2, width, height)
    tools = Rect(left, sheet.bottom + px(12), width, px(TOOLS))
    row = Rect(body.left, tools.bottom + gap, body.width, cards)
    third = (row.width - 2 * gap) // 3
    reading = Rect(row.left, row.top, third, cards)
    bars = Rect(reading.right + gap, row.top, third, cards)
    seen = Rect(bars.right + gap, row.top, row.right - bars.right - gap, cards)
    return [sheet, tools, reading, bars, seen]
