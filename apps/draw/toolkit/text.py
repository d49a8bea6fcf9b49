"""Text in several lines."""

from __future__ import annotations

from apps.draw.toolkit import theme
from apps.draw.toolkit.look import Look


def wrapped(look: Look, text: str, width: int, size: float = theme.SMALL) -> list[str]:
    """A text in lines no wider than `width`, broken between words; a longer word is shortened."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and look.text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(look.fitted(word, width, size))
    return lines
