"""python -m benchmarks scaling: time against threads, images, batch size, width and image size.

It also checks that the weights are the same, bit for bit, for every number of threads, and
simulates more threads than there are processors (`ladder/cores.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from benchmarks import charts, report
from benchmarks.ladder import cores
from benchmarks.machine import available_cores
from benchmarks.peers.contender import Job
from benchmarks.peers.contest import Process, contenders, rest, summary
from benchmarks.peers.network import student_network, training_flop
from nn.io.cli import ArgumentParser, whole_number

# For each curve: the field of `Job` that varies, its values, and the number of images. The first
# curve varies the number of images itself.
CURVES: dict[str, tuple[str, tuple[float, ...], int]] = {
    "images": ("limit", (6000, 12_000, 30_000, 60_000), 0),
    "batch size": ("batch_size", (16, 32, 64, 128, 256, 512), 6400),
    "width": ("width", (0.5, 1, 1.5, 2, 3), 3200),
    "image size": ("size", (20, 28, 36, 44, 56), 3200),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the threads and all curves, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks scaling", description="Time against threads, images, batch size, ...")
    parser.add_argument("--peers", default="", help="also draw their curves: torch, keras (default: none)")
    parser.add_argument("--threads", type=whole_number(1), default=available_cores(), help="at most (default: all, %(default)s)")
    parser.add_argument(
        "--epochs", type=whole_number(1), default=5, help="per point; 4 times as many for the threads (default: %(default)s)"
    )
    parser.add_argument("--limit", type=whole_number(128), default=12_000, help="images for the threads (default: %(default)s)")
    parser.add_argument("--data", help="the folder of the MNIST files, if not the usual one")
    parser.add_argument("--no-curves", action="store_true", help="measure only the threads")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "scaling")
    names = [name for name in contenders(options.peers) if not name.endswith("-plain")]
    job = Job(options.threads, data=options.data)
    body: dict[str, Any] = {"benchmark": "scaling", "settings": {"threads": options.threads, "epochs": options.epochs}}
    # Many short epochs, because on a shared machine a long one is seldom left undisturbed on all
    # processors.
    body["threads"] = threads(replace(job, limit=options.limit), 4 * options.epochs)
    body["cores"] = more_cores(body["threads"]["rows"], options.limit / job.batch_size, options.data)
    body["curves"] = {} if options.no_curves else {curve: measure(curve, names, job, options.epochs) for curve in CURVES}
    report.write(path, body, _draw if body["curves"] else None)
    return 0


def threads(job: Job, epochs: int) -> dict[str, Any]:
    """Time 1, 2, 4, ... threads in turn; every count must end with the same weights."""
    counts = sorted({*(2**k for k in range(job.threads.bit_length())), job.threads})
    counts = [count for count in counts if count <= job.threads]
    seconds, digests = timed([("ours", replace(job, threads=count)) for count in counts], epochs)
    rows = [{"threads": count, **summary(times)} for count, times in zip(counts, seconds, strict=True)]
    for row in rows:
        row["speedup"] = rows[0]["best"] / row["best"]
    same = len(set(digests)) == 1
    print(report.table(rows, {"threads": "threads", "best": "best s", "median": "median s", "speedup": "times as fast"}))
    print(f"the weights after {epochs + 1} epochs are {'the same, bit for bit' if same else 'NOT the same'}\n")
    return {"rows": rows, "same_bits": same}


def more_cores(rows: Sequence[dict[str, Any]], batches: float, folder: str | None) -> list[dict[str, Any]]:
    """The simulated speed-ups, beside those that were measured."""
    measured = {row["threads"]: row["speedup"] for row in rows}
    simulated = cores.simulated(cores.measured_tasks(folder), rows[0]["best"] / batches)
    found = [{**row, "measured": measured.get(row["threads"])} for row in simulated]
    columns = {
        "threads": "threads",
        "measured": "measured",
        "speedup": "simulated",
        "larger": f"simulated, {cores.LARGER} times the batch",
    }
    print(report.table(found, columns) + "\n")
    return found


def measure(curve: str, names: Sequence[str], job: Job, epochs: int) -> list[dict[str, Any]]:
    """Measure one curve; returns a row for each value and contender."""
    field, values, images = CURVES[curve]
    rows: list[dict[str, Any]] = []
    for value in values:
        changed: dict[str, Any] = {"limit": images, field: type(getattr(job, field) or 0)(value)}
        point = replace(job, **changed)
        seconds, _ = timed([(name, point) for name in names], epochs, digest=False)
        flop = training_flop(student_network(point.width), point.size)
        for name, times in zip(names, seconds, strict=True):
            per_image = min(times) / (point.limit or 1)
            rows.append(
                {"name": name, curve: value, "us_per_image": 1e6 * per_image, "gflops": flop / per_image / 1e9, **summary(times)}
            )
    columns = {curve: curve, "name": "contender", "us_per_image": "µs an image, best", "gflops": "dense GFLOP/s"}
    print(report.table(rows, columns) + "\n", flush=True)
    return rows


def timed(points: Iterable[tuple[str, Job]], epochs: int, digest: bool = True) -> tuple[list[list[float]], list[str]]:
    """For each (contender, job): the seconds of each epoch but the first, and a digest of the
    final weights.
    """
    started: list[Process] = []
    try:
        for name, job in points:
            started.append(Process(name))
            started[-1].begin(job)
        seconds: list[list[float]] = [[] for _ in started]
        for epoch in range(epochs + 1):
            for process, times in zip(started, seconds, strict=True):
                times.append(process.ask("epoch", index=epoch))
                rest()
        return [times[1:] for times in seconds], [process.ask("digest") for process in started] if digest else []
    finally:
        for process in started:
            process.close()


def _draw(figure: Any, body: dict[str, Any]) -> None:
    for axes, (curve, rows) in zip(figure.subplots(2, 2).flat, body["curves"].items(), strict=True):
        names = list(dict.fromkeys(row["name"] for row in rows))
        series: dict[str, tuple[Sequence[float], Sequence[float]]] = {
            name: _line([row for row in rows if row["name"] == name], curve) for name in names
        }
        charts.curves(axes, series, (curve, "µs an image"), "")
    figure.suptitle(f"Training, time an image\n{charts.subtitle(body)}", x=0.01, ha="left", fontsize=11)


def _line(rows: list[dict[str, Any]], curve: str) -> tuple[list[float], list[float]]:
    return [row[curve] for row in rows], [row["us_per_image"] for row in rows]
