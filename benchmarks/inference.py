"""python -m benchmarks inference --peers torch,keras: predict the 10,000 test images, and one
image at a time.

Each contender is timed in every way it offers (batch sizes, compiled graphs); its fastest counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import charts, report
from benchmarks.peers.contender import Job
from benchmarks.peers.contest import Process, add_options, contenders, fastest_peer, processes, rest, summary
from nn.io.cli import ArgumentParser, whole_number

# The contenders that differ in how they predict; how a framework is trained makes no difference
# here.
WAYS = ("ours", "torch", "keras", "keras-xla")
KINDS = {"all": "10,000 images", "one": "one image"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Race, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks inference", description="Predictions: 10,000 images, and one at a time.")
    add_options(parser)
    parser.add_argument("--rounds", type=whole_number(1), default=7, help="of 10,000 images (default: %(default)s)")
    parser.add_argument("--single", type=whole_number(1), default=2000, help="predictions of one image (default: %(default)s)")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "inference")
    names = [name for name in contenders(options.peers) if name in WAYS]
    body: dict[str, Any] = {"benchmark": "inference", "settings": {"threads": options.threads, "images": 10_000}}
    with processes(names, Job(options.threads, limit=1000, data=options.data)) as started:
        body["libraries"] = {name: version for process in started for name, version in process.libraries.items()}
        body["all"] = compare(started, "all", rounds=options.rounds, repeats=1)
    # One image cannot use two threads, and frameworks are faster when they do not try.
    with processes(names, Job(1, limit=1000, data=options.data)) as started:
        body["one"] = compare(started, "one", rounds=5, repeats=max(options.single // 5, 1))
    for kind, title in KINDS.items():
        _print(title, body[kind])
    report.write(path, body, _draw)
    return 0


def compare(started: Sequence[Process], kind: str, rounds: int, repeats: int) -> dict[str, Any]:
    """Time every way of every contender: `rounds` turns of `repeats` calls each."""
    ways = [(process, way) for process in started for way in process.ask("ways", kind=kind)]
    seconds: dict[tuple[str, str], list[float]] = {(process.name, way): [] for process, way in ways}
    for _ in range(rounds):
        for process, way in ways:
            # Keras' `predict` takes a thousand times as long as a direct call, so it is called a
            # tenth as often.
            calls = max(repeats // 10, 1) if process.name.startswith("keras") and way == "predict" else repeats
            seconds[process.name, way] += process.ask("time", way=way, repeats=calls)
            rest()
    rows: list[dict[str, Any]] = [{"name": name, "way": way, **summary(durations)} for (name, way), durations in seconds.items()]
    ours = rows[0]
    for row in rows:
        row["against"] = ours["best"] / row["best"]
    fastest = fastest_peer({row["name"]: row["best"] for row in sorted(rows, key=lambda row: -row["best"])})
    ratio = {"peer": fastest[0], "best": ours["best"] / fastest[1]} if fastest else None
    return {"rows": rows, "ratio": ratio}


def _print(title: str, result: dict[str, Any]) -> None:
    columns = {
        "name": "contender",
        "way": "way",
        "best": "best ms",
        "median": "median ms",
        "p99": "99th percentile ms",
        "against": "ours / this",
    }
    rows = [{**row, **{key: 1000 * row[key] for key in ("best", "median", "p99")}} for row in result["rows"]]
    print(f"\n{title}\n" + report.table(rows, columns))
    if result["ratio"]:
        print(f"ours / {result['ratio']['peer']}: {result['ratio']['best']:.3f} best against best")


def _draw(figure: Any, body: dict[str, Any]) -> None:
    axes = figure.add_subplot()
    rows = body["one"]["rows"]
    names = [f"{row['name']}: {row['way']}" for row in rows]
    charts.bars(
        axes, names, [1000 * row["median"] for row in rows], "milliseconds, median", f"One image\n{charts.subtitle(body)}"
    )
    axes.set_xscale("log")
