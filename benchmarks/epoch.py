"""python -m benchmarks epoch --peers torch,keras: seconds for a training epoch.

All contenders train the same network, the student's or another one (`--network`), on the same images with the same recipe,
through their public interfaces, each in a process of its own, and take turns. The first epoch of each (compilation,
caches) is not timed. For comparison the command also prints how long the dense arithmetic of an
epoch would take at the best rate at which this processor multiplies matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import charts, report
from benchmarks.peers.contender import Job
from benchmarks.peers.contest import Process, add_options, contenders, fastest_peer, processes, rest, summary
from benchmarks.peers.network import BATCH_SIZE, SETUPS, Setup, training_flop
from benchmarks.peers.products import best_rate
from nn.io.cli import ArgumentParser, whole_number

COLUMNS = {"name": "contender", "best": "best s", "median": "median s", "accuracy": "test accuracy %", "against": "ours / this"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Race, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks epoch", description="Seconds for a training epoch.")
    add_options(parser)
    parser.add_argument("--network", choices=SETUPS, default="student", help="what is trained (default: %(default)s)")
    parser.add_argument("--epochs", type=whole_number(1), default=5, help="epochs to time (default: %(default)s)")
    parser.add_argument("--limit", type=whole_number(BATCH_SIZE), help="train on the first N images only")
    parser.add_argument(
        "--seed", type=whole_number(0), default=0, help="of the first weights and the order (default: %(default)s)"
    )
    report.add_out(parser)
    options = parser.parse_args(arguments)
    setup = SETUPS[options.network]
    path = report.check_out(options.out, "epoch" if options.network == "student" else f"epoch-{options.network}")
    names = contenders(options.peers)
    job = Job(options.threads, limit=options.limit, seed=options.seed, size=setup.size, setup=options.network, data=options.data)
    with processes(names, job) as started:
        rows = race(started, options.epochs)
        libraries = {name: version for process in started for name, version in process.libraries.items()}
    rate = best_rate(options.threads, with_torch="torch" in options.peers)
    images = options.limit or 60_000
    body: dict[str, Any] = {
        "benchmark": "epoch",
        "settings": {
            "network": options.network,
            "threads": options.threads,
            "batch_size": BATCH_SIZE,
            "images": images,
            "epochs": options.epochs,
            "seed": options.seed,
        },
        "libraries": libraries,
        "rows": rows,
        "arithmetic": _arithmetic(setup, images, rate),
    }
    body["ratio"] = _compare(rows)
    _print(body)
    report.write(path, body, _draw)
    return 0


def race(started: Sequence[Process], epochs: int) -> list[dict[str, Any]]:
    """Let the contenders train one epoch each, in turn; returns a row for each contender."""
    seconds: dict[str, list[float]] = {process.name: [] for process in started}
    for epoch in range(epochs + 1):
        for process in started:
            seconds[process.name].append(process.ask("epoch", index=epoch))
            print(f"epoch {epoch + 1}  {process.name:<14} {seconds[process.name][-1]:.2f} s", flush=True)
            rest()
    rows = []
    for process in started:
        durations = seconds[process.name]
        rows.append({
            "name": process.name,
            **summary(durations[1:]),
            "accuracy": 100 * process.ask("accuracy"),
            "first": durations[0],
            "seconds": durations[1:],
        })  # fmt: skip
    return rows


def _arithmetic(setup: Setup, images: int, rate: dict[str, float]) -> dict[str, Any]:
    flop = training_flop(setup.network, setup.size, setup.channels) * images
    best = max(rate, key=lambda name: rate[name])
    return {"gflop": flop / 1e9, "gflops": rate, "best": best, "seconds": flop / 1e9 / rate[best]}


def _compare(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Compare our time with each row's, in a new column, and return the ratio to the fastest peer."""
    ours = rows[0]
    for row in rows:
        row["against"] = ours["best"] / row["best"]
    fastest = fastest_peer({row["name"]: row["best"] for row in rows})
    if fastest is None:
        return None
    median = next(row["median"] for row in rows if row["name"] == fastest[0])
    return {"peer": fastest[0], "best": ours["best"] / fastest[1], "median": ours["median"] / median}


def _print(body: dict[str, Any]) -> None:
    print("\n" + report.table(body["rows"], COLUMNS))
    sums, ratio = body["arithmetic"], body["ratio"]
    if ratio:
        print(f"\nours / {ratio['peer']}: {ratio['best']:.3f} best against best, {ratio['median']:.3f} median against median")
    print(
        f"dense arithmetic of the epoch: {sums['gflop']:,.0f} GFLOP, {sums['seconds']:.2f} s at the best matrix product's "
        f"{sums['gflops'][sums['best']]:.0f} GFLOP/s ({sums['best']})"
    )


def _draw(figure: Any, body: dict[str, Any]) -> None:
    axes = figure.add_subplot()
    rows, sums = body["rows"], body["arithmetic"]
    title = f"Training epoch, {body['settings']['network']}, {body['settings']['images']:,} images\n{charts.subtitle(body)}"
    charts.bars(axes, [row["name"] for row in rows], [row["best"] for row in rows], "seconds, best", title)
    axes.axvline(sums["seconds"], color=charts.INK, linestyle=":", linewidth=1)
    axes.annotate(" dense arithmetic", (sums["seconds"], len(rows) - 0.5), color=charts.INK, fontsize=8, annotation_clip=False)
