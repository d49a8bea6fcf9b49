"""Numbers as people read them."""

from __future__ import annotations

MINUS, TIMES, SUM = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{GREEK CAPITAL LETTER SIGMA}"


def decimal(value: float, places: int = 2) -> str:
    """A number with so many decimals, or in powers of ten where that would be long; never a minus
    before zero.
    """
    text = f"{value:.{places}f}" if abs(value) < 10_000 else f"{value:.1e}"
    return f"{abs(value):.{places}f}" if text.startswith("-") and float(text) == 0 else text.replace("-", MINUS)


def scientific(value: float) -> str:
    """A number of any size in little room: four decimals, or powers of ten where those would say
    nothing.
    """
    if value == 0 or abs(value) >= 0.001:
        return decimal(value, 4)
    return f"{value:.2e}".replace("-", MINUS)


def powers(value: float) -> str:
    """A number in as little room as possible, in powers of ten."""
    return f"{value:.0e}".replace("-", MINUS)
