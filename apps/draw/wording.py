"""How the window words things: percentages, articles, ordinals, and errors with their reason
first. No Pygame.
"""

from __future__ import annotations

import os

PLURALS = {"batch": "batches"}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def percent(probability: float) -> str:
    """A probability as people read it; only what is at least 99.95 % is called 100 %."""
    return f"{min(99, round(100 * probability)) if probability < 0.9995 else 100} %"


def a_digit(digit: int) -> str:
    """The digit with its article: "a 7", "an 8"."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def ordinal(index: int) -> str:
    """The place of the item at `index`, counted from 0, in words."""
    return ORDINALS[index] if index < len(ORDINALS) else f"{index + 1}th"


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 drawing", "2 drawings", "2 batches"."""
    many = PLURALS.get(noun, f"{noun}s")
    return f"{count:,} {noun if count == 1 else many}"


def reason_of(error: Exception, path: str | os.PathLike[str] = "") -> str:
    """Why something failed, without the path that the error's message may begin with."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error)
    for start in (str(path), os.path.basename(path)):
        if start and text.startswith(f"{start}: "):
            text = text[len(start) + 2 :]
    return text
