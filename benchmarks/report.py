"""How results are shown: a table for people, JSON for programs, a chart."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from nn.errors import InputError
from nn.io.cli import ArgumentParser
from nn.io.files import atomic_write, check_writable

FOLDER = Path(__file__).parent / "measured"  # git ignores it; what is published lies in `results`
Row = dict[str, Any]


def add_out(parser: ArgumentParser) -> None:
    """Add --out, the folder for the JSON file and the chart."""
    parser.add_argument("--out", default=str(FOLDER), metavar="DIR", help="the folder for JSON and chart (default: %(default)s)")


def check_out(folder: str, name: str) -> Path:
    """Make the folder if it is missing, check that it can be written before anything is measured,
    and return the JSON's path.

    Raises:
        InputError: the folder cannot be made, or nothing can be written in it.
    """
    path = Path(folder) / f"{name}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out: expected a folder that exists or can be made, got {folder} ({error.strerror})") from error
    check_writable(path, "--out")
    return path


def table(rows: Sequence[Row], columns: dict[str, str]) -> str:
    """Rows as aligned text, words to the left and figures to the right; `columns` maps each key to
    its heading.
    """
    cells = [[_text(row.get(key)) for key in columns] for row in rows]
    headings = list(columns.values())
    widths = [max(len(line[k]) for line in [headings, *cells]) for k in range(len(columns))]
    numeric = [all(not isinstance(row.get(key), str) for row in rows) for key in columns]

    def line(texts: Sequence[str]) -> str:
        aligned = (
            text.rjust(width) if right else text.ljust(width) for text, width, right in zip(texts, widths, numeric, strict=True)
        )
        return "  ".join(aligned).rstrip()

    return "\n".join([line(headings), "  ".join("-" * width for width in widths), *map(line, cells)])


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def write(path: Path, body: dict[str, Any], draw: Callable[[Any, dict[str, Any]], None] | None = None) -> None:
    """Write the JSON with a description of the machine and, where matplotlib is installed, the
    chart beside it.

    `draw(figure, body)` draws the chart into a matplotlib figure.
    """
    body = save(path, body)
    print(f"\nwritten: {path}")
    if draw is not None:
        from benchmarks.charts import save_chart

        print(save_chart(path.with_suffix(".png"), body, draw))


def save(path: Path, body: dict[str, Any]) -> dict[str, Any]:
    """Write the JSON with date, commit and machine, and print nothing; returns what was written."""
    measured = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": machine.commit(),
        "machine": machine.describe(),
    }
    body = {**measured, **body, **measured}
    with atomic_write(path) as file:
        file.write((json.dumps(rounded(body), indent=1, ensure_ascii=False) + "\n").encode())
    return body


def earlier(path: Path) -> dict[str, Any]:
    """What earlier runs have written; empty if there is no such file."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def rounded(value: Any) -> Any:
    """The same value with all floats rounded to five significant digits, so that results are easy
    to read and compare.
    """
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
