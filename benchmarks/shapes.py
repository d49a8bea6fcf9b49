"""python -m benchmarks shapes --peers torch: twenty shapes of convolution, our Conv2D against
PyTorch's.

The forward pass includes the bias; the backward pass computes all three gradients. Its upstream
gradient has no zeros, although our kernels would gain from them. Both libraries get the same
number of threads, by default one, because a layer called by itself uses one. PyTorch may use
either memory format; the faster one counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import charts, report
from benchmarks.peers.contender import Job
from benchmarks.peers.contest import Process, contenders, processes, summary
from benchmarks.peers.conv_shapes import SHAPES, ConvShape
from nn.io.cli import ArgumentParser, whole_number

PASSES = {"forward": 1, "backward": 2}
# How long one pass of one shape is measured in one round.
SECONDS = 0.06


def main(arguments: Sequence[str] | None = None) -> int:
    """Race, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks shapes", description="Twenty shapes of convolution against PyTorch.")
    parser.add_argument("--peers", default="", help="torch (default: only ours)")
    parser.add_argument("--threads", type=whole_number(1), default=1, help="for each contender (default: %(default)s)")
    parser.add_argument("--rounds", type=whole_number(1), default=5, help="in turn (default: %(default)s)")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "shapes")
    names = ["ours-conv"] + ["torch-conv"] * ("torch" in contenders(options.peers))
    with processes(names, Job(options.threads)) as started:
        rows = [measure(started, index, options.rounds) for index in range(len(SHAPES))]
        libraries = {name: version for process in started for name, version in process.libraries.items()}
    body: dict[str, Any] = {
        "benchmark": "shapes",
        "settings": {"threads": options.threads, "rounds": options.rounds},
        "libraries": libraries,
        "rows": rows,
    }
    print(report.table(rows, _columns()))
    if len(names) > 1:
        ratios = [row[f"{name}_ratio"] for row in rows for name in PASSES]
        body["summary"] = {"worst": max(ratios), "faster": sum(ratio < 1 for ratio in ratios), "of": len(ratios)}
        print(f"\nfaster than PyTorch in {body['summary']['faster']} of {len(ratios)}, at worst {max(ratios):.2f} times its time")
    report.write(path, body, _draw if len(names) > 1 else None)
    return 0


def measure(started: Sequence[Process], index: int, rounds: int) -> dict[str, Any]:
    """A row: milliseconds and GFLOP/s of both passes, ours and the peer's best way, and their
    ratios.
    """
    shape = SHAPES[index]
    ways = {process.name: process.ask("ways", kind=str(index)) for process in started}
    repeats = {(process.name, way): _repeats(process, way) for process in started for way in ways[process.name]}
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in repeats}
    for _ in range(rounds):
        for process in started:
            for way in ways[process.name]:
                seconds[process.name, way] += process.ask("time", way=way, repeats=repeats[process.name, way])
    row: dict[str, Any] = {"name": shape.name, "shape": _words(shape)}
    for name, flops in PASSES.items():
        for process in started:
            best = min(
                (summary(seconds[process.name, way]) for way in ways[process.name] if way.startswith(name)),
                key=lambda s: s["best"],
            )
            key = f"{name}_{process.name.removesuffix('-conv')}"
            row |= {f"{key}_ms": 1000 * best["best"], f"{key}_median_ms": 1000 * best["median"]}
            row[f"{key}_gflops"] = flops * shape.flop() / best["best"] / 1e9
        if len(started) > 1:
            row[f"{name}_ratio"] = row[f"{name}_ours_ms"] / row[f"{name}_torch_ms"]
    return row


def _repeats(process: Process, way: str) -> int:
    once = min(process.ask("time", way=way, repeats=2))
    return max(2, min(500, int(SECONDS / once)))


def _words(shape: ConvShape) -> str:
    stride = f", stride {shape.SH}x{shape.SW}" if (shape.SH, shape.SW) != (1, 1) else ""
    padding = ", same" if shape.padding == "same" else ""
    return f"{shape.N} x {shape.H}x{shape.W}x{shape.C}, {shape.KH}x{shape.KW} to {shape.F}{stride}{padding}"


def _columns() -> dict[str, str]:
    columns = {"name": "shape", "shape": "images, kernel, filters"}
    for name in PASSES:
        columns |= {
            f"{name}_ours_ms": f"{name} ms",
            f"{name}_ours_gflops": "GFLOP/s",
            f"{name}_torch_ms": "torch ms",
            f"{name}_ratio": "ratio",
        }
    return columns


def _draw(figure: Any, body: dict[str, Any]) -> None:
    axes = figure.add_subplot()
    rows = body["rows"]
    centres = range(len(rows))
    for offset, (name, colour) in zip((-0.2, 0.2), (("forward", charts.OURS), ("backward", charts.INK)), strict=True):
        axes.barh([y + offset for y in centres], [row[f"{name}_ratio"] for row in rows], 0.38, color=colour, label=name)
    axes.set_yticks(centres, [row["name"] for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.axvline(1, color=charts.PEER, linestyle=":")
    axes.set_xlabel("our time / PyTorch's")
    axes.set_title(
        f"Twenty shapes of convolution, {body['settings']['threads']} thread(s)\n{charts.subtitle(body)}", loc="left", fontsize=11
    )
    axes.legend(frameon=False)
