"""Where everything is while one looks inside the network, or watches one learn: a pure function of
the window's size.

wide windows                          tall windows
┌ header ───────────────────────┐     ┌ header ────────────┐
│ sheet   │ network             │     │ sheet   │ card     │
│ tools   │                     │     │ tools   │          │
│ card    │                     │     │ network            │
└───────────────────────────────┘     └────────────────────┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pygame import Rect

from apps.draw.layout import EDGE, HEADER, TOOLS, Places, least, margins, sheet_within

CARD = (328, 196)  # the least size of the card, in design pixels
LEFT = 0.31  # of a wide window's body: the sheet's column
ABOVE = 0.36  # of a tall window's body: the sheet's row
WIDEST_LEFT = 560
ROW = 268  # the least height of a tall window's sheet with its tools
LEAST_SHEET = 120  # height, for which the card gives way


@dataclass(frozen=True)
class InsideLayout(Places):
    """The window's rectangles with the network's and the card's."""

    network: Rect
    card: Rect


def arrange(size: Sequence[int], scale: float) -> InsideLayout:
    """Lay the window out; a window smaller than the minimum shows a part of the smallest layout."""

    def px(design: float) -> int:
        return round(design * scale)

    width, height = least(size)
    margin, gap = margins(width, height, px)
    top, bottom = px(EDGE + HEADER + EDGE), height - max(px(EDGE), margin * 2 // 3)
    body = Rect(margin, top, width - 2 * margin, bottom - top)
    header = Rect(margin, px(EDGE), body.width, px(HEADER))
    tools_height = gap + px(TOOLS)
    if body.width * 4 >= body.height * 5:
        column = min(max(round(body.width * LEFT), px(CARD[0])), px(WIDEST_LEFT))
        room = max(px(LEAST_SHEET), body.height - tools_height - gap - px(CARD[1]))
        sheet = Rect(body.topleft, sheet_within(column, room))
        sheet.left += (column - sheet.width) // 2
        tools = Rect(body.left, sheet.bottom + gap, column, px(TOOLS))
        card = Rect(body.left, tools.bottom + gap, column, body.bottom - tools.bottom - gap)
        left = body.left + column + gap
        network = Rect(left, top, body.right - left, body.height)
    else:
        row = max(round(body.height * ABOVE), px(ROW))
        sheet = Rect(body.topleft, sheet_within(body.width - gap - px(CARD[0]), row - tools_height))
        tools = Rect(sheet.left, sheet.bottom + gap, sheet.width, px(TOOLS))
        card = Rect(sheet.right + gap, top, body.right - sheet.right - gap, tools.bottom - top)
        network = Rect(body.left, tools.bottom + gap, body.width, body.bottom - tools.bottom - gap)
    return InsideLayout((width, height), header, sheet, tools, network=network, card=card)
