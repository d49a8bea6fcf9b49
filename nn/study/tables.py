"""How the experiments print their numbers: a table that a terminal shows."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lines of text: the first column on the left, all others on the right.

    >>> print(table(("optimizer", "loss"), [("SGD", "0.715"), ("Adam", "0.3")]))
    optimizer   loss
    SGD        0.715
    Adam         0.3
    """
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
