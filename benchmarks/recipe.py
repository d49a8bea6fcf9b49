"""python -m benchmarks recipe: how much the default recipe's images, made on the fly, add to the
time of an epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import charts, report
from benchmarks.epoch import race
from benchmarks.machine import available_cores
from benchmarks.peers.contender import Job
from benchmarks.peers.contest import processes
from benchmarks.peers.network import BATCH_SIZE
from nn.io.cli import ArgumentParser, whole_number

NAMES = {
    "ours-classic": "as they are",
    "ours-augmented": "augmented",
    "ours-default": "augmented, and synthetic strokes (default)",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Time epochs of the three recipes in turn."""
    parser = ArgumentParser(prog="python -m benchmarks recipe", description="The default recipe against the classic one.")
    parser.add_argument("--threads", type=whole_number(1), default=available_cores(), help="(default: all, %(default)s)")
    parser.add_argument("--epochs", type=whole_number(1), default=5, help="of each (default: %(default)s)")
    parser.add_argument("--limit", type=whole_number(BATCH_SIZE), help="train on the first N images only")
    parser.add_argument("--data", help="the folder of the MNIST files, if not the usual one")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "recipe")
    with processes(list(NAMES), Job(options.threads, limit=options.limit, data=options.data)) as started:
        rows = race(started, options.epochs)
    for row in rows:
        row |= {
            "images": NAMES[row["name"]],
            "ratio": row["best"] / rows[0]["best"],
            "median_ratio": row["median"] / rows[0]["median"],
        }
    columns = {
        "images": "training images",
        "best": "best s",
        "median": "median s",
        "ratio": "best / classic",
        "median_ratio": "median / classic",
    }
    print("\n" + report.table(rows, columns))
    settings = {"threads": options.threads, "images": options.limit or 60_000, "epochs": options.epochs}
    report.write(path, {"benchmark": "recipe", "settings": settings, "rows": rows}, _draw)
    return 0


def _draw(figure: Any, body: dict[str, Any]) -> None:
    rows = body["rows"]
    title = f"Training epoch by recipe\n{charts.subtitle(body)}"
    charts.bars(figure.add_subplot(), [row["images"] for row in rows], [row["best"] for row in rows], "seconds, best", title)
