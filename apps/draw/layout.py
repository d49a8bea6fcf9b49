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

from apps.draw.drawing import SHEET_HEIGHT, SHEET_WIDTH

FIRST_SIZE = (1088, 704)  # design pixels
MINIMUM_SIZE = (760, 600)

HEADER, TOOLS, KEY_LINE = 32, 40, 24
READING, BARS, SEEN = 150, 216, 116  # the cards' least heights beside the sheet
BELOW = 226  # the cards' height below the sheet


@dataclass(frozen=True)
class Layout:
    """The window's rectangles in pixels."""

    size: tuple[int, int]
    header: Rect
    sheet: Rect
    tools: Rect
    reading: Rect
    bars: Rect
    seen: Rect
    keys: Rect


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
    margin = px(24) if width >= px(900) else px(16)
    inner = Rect(margin, px(14), width - 2 * margin, height - px(14))
    header = Rect(inner.left, inner.top, inner.width, px(HEADER))
    key_lines = len(flow(key_widths, inner.width, key_gap))
    keys = Rect(inner.left, 0, inner.width, key_lines * px(KEY_LINE))
    keys.bottom = height - px(14)
    body = Rect(inner.left, header.bottom + px(12), inner.width, keys.top - px(14) - header.bottom - px(12))
    beside, below = _beside(body, px), _below(body, px)
    sheet, tools, reading, bars, seen = beside if beside[0].width >= below[0].width else below
    return Layout((width, height), header, sheet, tools, reading, bars, seen, keys)


def _sheet_within(width: int, height: int) -> tuple[int, int]:
    """The largest 4 : 3 rectangle that fits."""
    widest = max(4, min(width, height * SHEET_WIDTH // SHEET_HEIGHT) // 4 * 4)
    return widest, widest * SHEET_HEIGHT // SHEET_WIDTH


def _beside(body: Rect, px: Callable[[float], int]) -> tuple[Rect, Rect, Rect, Rect, Rect]:
    gap = px(16)
    panel = min(max(round(body.width * 0.29), px(264)), px(400))
    width, height = _sheet_within(body.width - panel - px(24), body.height - px(12) - px(TOOLS))
    panel = min(px(400), body.width - px(24) - width)
    left = body.left + (body.width - width - px(24) - panel) // 2
    block = height + px(12) + px(TOOLS)
    column_height = min(body.height, max(block, px(READING + BARS + SEEN) + 2 * gap))
    top = body.top + (body.height - max(block, column_height)) // 2
    sheet = Rect(left, top, width, height)
    tools = Rect(left, sheet.bottom + px(12), width, px(TOOLS))
    spare = max(0, column_height - px(READING + BARS + SEEN) - 2 * gap)
    column = sheet.right + px(24)
    reading = Rect(column, top, panel, px(READING) + spare * 3 // 10)
    bars = Rect(column, reading.bottom + gap, panel, px(BARS) + spare * 4 // 10)
    seen = Rect(column, bars.bottom + gap, panel, top + column_height - bars.bottom - gap)
    return sheet, tools, reading, bars, seen


def _below(body: Rect, px: Callable[[float], int]) -> tuple[Rect, Rect, Rect, Rect, Rect]:
    gap = px(16)
    cards = px(BELOW)
    width, height = _sheet_within(body.width, body.height - px(12) - px(TOOLS) - gap - cards)
    left = body.left + (body.width - width) // 2
    spare = body.height - height - px(12) - px(TOOLS) - gap - cards
    cards += min(spare, px(120))
    top = body.top + max(0, (body.height - height - px(12) - px(TOOLS) - gap - cards) // 2)
    sheet = Rect(left, top, width, height)
    tools = Rect(left, sheet.bottom + px(12), width, px(TOOLS))
    row = Rect(body.left, tools.bottom + gap, body.width, cards)
    third = (row.width - 2 * gap) // 3
    reading = Rect(row.left, row.top, third, cards)
    bars = Rect(reading.right + gap, row.top, third, cards)
    seen = Rect(bars.right + gap, row.top, row.right - bars.right - gap, cards)
    return sheet, tools, reading, bars, seen
