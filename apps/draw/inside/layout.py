"""Where everything is while one looks inside: a pure function of the window's size, on the grid of `layout`.

wide windows                          tall windows
┌ header ───────────────────────┐     ┌ header ────────────┐
│ sheet   │ network             │     │ sheet   │ card     │
│ tools   │                     │     │ tools   │          │
│ card    │                     │     │ network            │
└ keys ─────────────────────────┘     └ keys ──────────────┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pygame import Rect

from apps.draw.layout import HEADER, KEY_LINE, TOOLS, Places, flow, least, sheet_within

CARD = (328, 216)  # the least size of the card, in design pixels
LEFT = 0.31  # of a wide window's body: the sheet's column
ABOVE = 0.36  # of a tall window's body: the sheet's row
WIDEST_LEFT = 560
ROW = 268  # the least height of a tall window's sheet with its tools


@dataclass(frozen=True)
class InsideLayout(Places):
    """The window's rectangles with the network's and the card's."""

    network: Rect
    card: Rect


def arrange(size: Sequence[int], scale: float, key_widths: Sequence[int], key_gap: int) -> InsideLayout:
    """Lay the window out; a window smaller than the minimum shows a part of the smallest layout."""

    def px(design: float) -> int:
        return round(design * scale)

    width, height = least(size, scale)
    margin, gap = (px(24), px(16)) if width >= px(900) else (px(16), px(12))
    lines = len(flow(key_widths, width - 2 * margin, key_gap))
    top, bottom = px(14 + HEADER + 12), height - px(14 + 14) - lines * px(KEY_LINE)
    body = Rect(margin, top, width - 2 * margin, bottom - top)
    header = Rect(margin, px(14), body.width, px(HEADER))
    keys = Rect(margin, bottom + px(14), body.width, lines * px(KEY_LINE))
    tools_height = px(12) + px(TOOLS)
    if body.width * 4 >= body.height * 5:
        column = min(max(round(body.width * LEFT), px(CARD[0])), px(WIDEST_LEFT))
        sheet = Rect(body.topleft, sheet_within(column, body.height - tools_height - gap - px(CARD[1])))
        sheet.left += (column - sheet.width) // 2
        tools = Rect(body.left, sheet.bottom + px(12), column, px(TOOLS))
        card = Rect(body.left, tools.bottom + gap, column, body.bottom - tools.bottom - gap)
        left = body.left + column + gap
        network = Rect(left, top, body.right - left, body.height)
    else:
        row = max(round(body.height * ABOVE), px(ROW))
        sheet = Rect(body.topleft, sheet_within(body.width - gap - px(CARD[0]), row - tools_height))
        tools = Rect(sheet.left, sheet.bottom + px(12), sheet.width, px(TOOLS))
        card = Rect(sheet.right + gap, top, body.right - sheet.right - gap, tools.bottom - top)
        network = Rect(body.left, tools.bottom + gap, body.width, body.bottom - tools.bottom - gap)
    return InsideLayout((width, height), header, sheet, tools, keys, network, card)
