"""python -m benchmarks accuracy-time --peers torch,keras: seconds from process start to 99 % test
accuracy.

The clock starts before the process does. It includes the interpreter's start, the imports, reading
the data, building the model (a framework also traces it), and evaluating the test images after
every epoch. Kernels are already cached, and the data files are in the system's file cache. The
number of epochs is partly luck, so several seeds are run, and the contenders take turns.

With `--fast` all train one epoch by the recipe of `nn.train --fast`: batches of 64, a rate that goes
through one cycle. We make random views of the images besides, as that command does; the peers take
the images as they are.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks import charts, report
from benchmarks.peers.contender import Job
from benchmarks.peers.contest import Process, add_options, contenders, fastest_peer, processes, rest
from benchmarks.peers.network import BATCH_SIZE, FAST_BATCH_SIZE
from nn.io.cli import ArgumentParser, whole_number

EPOCHS_AT_MOST = 20
COLUMNS = {"name": "contender", "best": "best s", "median": "median s", "epochs": "epochs", "against": "ours / this, medians"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Race, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks accuracy-time", description="Seconds to 99 % test accuracy.")
    add_options(parser)
    parser.add_argument("--seeds", type=whole_number(1), default=5, help="runs of each (default: %(default)s)")
    parser.add_argument("--percent", type=float, default=99.0, help="the accuracy to reach (default: %(default)s)")
    parser.add_argument("--limit", type=whole_number(BATCH_SIZE), help="train on the first N images only")
    parser.add_argument("--fast", action="store_true", help="one epoch of the fast recipe, whatever it reaches")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "accuracy-time-fast" if options.fast else "accuracy-time")
    names = [name for name in contenders(options.peers) if not name.endswith("-plain")]
    batch_size, most = BATCH_SIZE, EPOCHS_AT_MOST
    if options.fast:
        names[0], batch_size, most = "ours-fast", FAST_BATCH_SIZE, 1
    with processes(names[:1], Job(options.threads, limit=BATCH_SIZE, data=options.data)) as started:
        started[0].ask("epoch", index=0)  # so that the kernels are compiled and on disk before any clock starts
        started[0].ask("accuracy")
    job = Job(options.threads, batch_size, limit=options.limit, cycle=options.fast, data=options.data)
    jobs = [replace(job, seed=seed) for seed in range(options.seeds)]
    rows = [_row(name, runs) for name, runs in _race(names, jobs, options.percent / 100, most).items()]
    for row in rows:
        row["against"] = rows[0]["median"] / row["median"]
    fastest = fastest_peer({row["name"]: row["median"] for row in rows})
    print("\n" + report.table(rows, COLUMNS))
    body = {
        "benchmark": "accuracy-time",
        "settings": {"threads": options.threads, "percent": options.percent, "fast": options.fast, "seeds": options.seeds},
        "rows": rows,
        "ratio": {"peer": fastest[0], "median": rows[0]["median"] / fastest[1]} if fastest else None,
    }
    report.write(path, body, _draw)
    return 0


def _race(names: Sequence[str], jobs: Sequence[Job], accuracy: float, most: int) -> dict[str, list[dict[str, Any]]]:
    """The runs of each contender, one for each job; the contenders take turns."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for job in jobs:
        for name in names:
            last = run(name, job, accuracy, most)
            runs[name].append(last)
            figures = f"{last['seconds']:.1f} s, {last['epochs']} epochs, {100 * last['accuracy']:.2f} %"
            print(f"seed {job.seed}  {name:<14} {figures}", flush=True)
            rest()
    return runs


def run(name: str, job: Job, accuracy: float, most: int = EPOCHS_AT_MOST) -> dict[str, Any]:
    """Time one process from its start until it reaches `accuracy` on the test images, or
    `most` epochs have passed.
    """
    began = time.perf_counter()
    process = Process(name)
    try:
        process.begin(job)
        reached, epochs = 0.0, 0
        while reached < accuracy and epochs < most:
            process.ask("epoch", index=epochs)
            reached, epochs = process.ask("accuracy"), epochs + 1
        return {"seconds": time.perf_counter() - began, "epochs": epochs, "accuracy": reached}
    finally:
        process.close()


def _row(name: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = [result["seconds"] for result in results]
    epochs = ", ".join(str(result["epochs"]) for result in results)
    return {"name": name, "best": min(seconds), "median": statistics.median(seconds), "epochs": epochs, "runs": results}


def _draw(figure: Any, body: dict[str, Any]) -> None:
    rows = body["rows"]
    goal = "the end of one epoch" if body["settings"]["fast"] else f"{body['settings']['percent']:g} % test accuracy"
    title = f"From process start to {goal}\n{charts.subtitle(body)}"
    charts.bars(figure.add_subplot(), [row["name"] for row in rows], [row["median"] for row in rows], "seconds, median", title)
