"""Results: a table for people, JSON for machines, a chart."""

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

FOLDER = Path(__file__).parent / "results"
Row = dict[str, Any]


def add_out(parser: ArgumentParser) -> None:
    """--out: where JSON and chart go."""
    parser.add_argument("--out", default=str(FOLDER), metavar="DIR", help="the folder for JSON and chart (default: %(default)s)")


def check_out(folder: str, name: str) -> Path:
    """The JSON's path, known to be writable before anything is measured."""
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"--out: expected a folder, got {folder}")
    check_writable(place / f"{name}.json", "--out")
    return place / f"{name}.json"


def table(rows: Sequence[Row], columns: dict[str, str]) -> str:
    """Rows as aligned text: `columns` maps each key to its heading; texts to the left, numbers to the right."""
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
    """Write the JSON with the machine's description and, where matplotlib is installed, the chart beside it.

    `draw(figure, body)` draws into a figure.
    """
    body = save(path, body)
    print(f"\nwritten: {path}")
    if draw is not None:
        from benchmarks.charts import save_chart

        print(save_chart(path.with_suffix(".png"), body, draw))


def save(path: Path, body: dict[str, Any]) -> dict[str, Any]:
    """Write the JSON with the day and the machine's description, in silence; what was written."""
    measured = {"date": datetime.now(UTC).strftime("%Y-%m-%d"), "machine": machine.describe()}
    body = {**measured, **body, **measured}
    with atomic_write(path) as file:
        file.write((json.dumps(rounded(body), indent=1, ensure_ascii=False) + "\n").encode())
    return body


def everything(place: Path) -> dict[str, Any]:
    """What earlier runs have written; nothing if there are none."""
    return dict(json.loads(place.read_text())) if place.exists() else {}


def former(place: Path, part: str) -> dict[str, Any]:
    """One part of it."""
    return dict(everything(place).get(part, {}))


def rounded(value: Any) -> Any:
    """Floats to five significant digits, so that results can be read and compared."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
