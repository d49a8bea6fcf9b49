"""python -m benchmarks kernels: the ladder from the textbook's loops to the finished kernels, and
the processor's limits.

One thread. Each rung is first checked against the first of its ladder; then all are timed in
turns. GFLOP/s count the dense arithmetic of the job, however little of it a kernel really does.
"Of the peak" counts what it does, so it cannot exceed 100 %. `nn/kernels/README.md` explains each
rung.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from benchmarks import charts, report
from benchmarks.machine import available_cores
from nn.io.cli import ArgumentParser, whole_number

COLUMNS = {
    "ladder": "job",
    "name": "way",
    "us_per_image": "µs an image",
    "gain": "times as fast",
    "gflops": "GFLOP/s",
    "peak": "of the peak %",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, measure, print, write; returns 1 if a kernel is wrong."""
    parser = ArgumentParser(prog="python -m benchmarks kernels", description="The ladder and the roofline.")
    parser.add_argument("--images", type=whole_number(1), default=32, help="in the ladders (default: %(default)s)")
    parser.add_argument("--rounds", type=whole_number(1), default=15, help="in turn (default: %(default)s)")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "kernels")
    # NumPy's product, too, is to use one thread. OpenBLAS reads this when NumPy is imported,
    # below.
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    from benchmarks.ladder import climb, ladders, roofline

    limits = roofline.measure(available_cores())
    peak = limits["1"]["peak_gflops"]
    rows: list[dict[str, Any]] = []
    for ladder in ladders.all_ladders(options.images):
        wrong = climb.check(ladder)
        if wrong:
            print(f"{ladder.name}: {wrong[0]} differs from {ladder.rungs[0].name} by {wrong[1]:.1e} of the largest value")
            return 1
        rows += climb.measure(ladder, options.rounds, peak)
    print(report.table(rows, COLUMNS))
    for threads, limit in limits.items():
        most = f"{limit['peak_gflops']:.0f} GFLOP/s in registers, {limit['bandwidth_gbs']:.0f} GB/s from memory"
        print(f"{threads} thread(s): at most {most}")
    body = {"benchmark": "kernels", "settings": {"threads": 1, "images": options.images}, "limits": limits, "rows": rows}
    report.write(path, body, _draw)
    return 0


def _draw(figure: Any, body: dict[str, Any]) -> None:
    rows = [row for row in body["rows"] if "gflops" in row]
    figure.set_size_inches(charts.SIZE[0] * 1.3, charts.SIZE[1] * 1.5)
    axes = figure.add_subplot()
    jobs = list(dict.fromkeys(row["ladder"] for row in rows))
    heights = [index + jobs.index(row["ladder"]) for index, row in enumerate(rows)]
    last = {row["ladder"]: index for index, row in enumerate(rows)}.values()
    shades = [charts.OURS if index in last else charts.PEER for index in range(len(rows))]
    shown = axes.barh(heights, [row["gflops"] for row in rows], color=shades)
    axes.bar_label(shown, [f" {row['gflops']:.3g}" for row in rows], fontsize=8)
    axes.set_yticks(heights, [row["name"] for row in rows], fontsize=8)
    for job in jobs:
        first = next(height for height, row in zip(heights, rows, strict=True) if row["ladder"] == job)
        axes.annotate(job, (0, first - 0.55), xycoords=("axes fraction", "data"), fontsize=8, weight="bold", va="bottom")
    axes.invert_yaxis()
    axes.set_xscale("log")
    peak = body["limits"]["1"]["peak_gflops"]
    axes.axvline(peak, color=charts.INK, linestyle=":", linewidth=1)
    axes.set_xlabel(f"GFLOP/s of dense arithmetic, one thread (dotted: {peak:.0f}, the most that registers can do)")
    axes.set_title(f"From the textbook's loops to the finished kernel\n{charts.subtitle(body)}", loc="left", fontsize=11)
    axes.margins(x=0.12)
