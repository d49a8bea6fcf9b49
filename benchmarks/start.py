"""python -m benchmarks start: import, compilation, first batch, first prediction, cache files and
memory, cold and warm.

Cold means that the folder of Numba's cache is empty, as on a machine that runs the package for the
first time. Everything is measured from outside, starting before the process exists. The programs
are those that users run (`nn.train`) or small ones that do the same (`probes.py`).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.machine import available_cores
from benchmarks.peers.contender import Job
from benchmarks.peers.contest import ROOT, contenders, processes
from nn.errors import InputError
from nn.io.cli import ArgumentParser, whole_number


@dataclass
class Run:
    """A finished process: seconds until it reported its event (or ended), until it ended, and its
    peak memory (MB).
    """

    reported: float
    ended: float
    peak_mb: float
    values: dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks start", description="Import, compilation, first batch, memory.")
    parser.add_argument("--peers", default="", help="also measure their memory: torch, keras (default: none)")
    parser.add_argument("--repeats", type=whole_number(1), default=5, help="of each warm start (default: %(default)s)")
    parser.add_argument(
        "--epochs", type=whole_number(2), default=3, help="of the training that measures memory (default: %(default)s)"
    )
    parser.add_argument("--data", help="the folder of the MNIST files, if not the usual one")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "start")
    names = contenders(options.peers)[1:]
    data = ["--data", options.data] if options.data else []
    with tempfile.TemporaryDirectory() as folder:
        rows = starts(Path(folder), options.repeats, data) + memory(Path(folder), options.epochs, data)
    rows += peers_memory(names, Job(available_cores(), data=options.data))
    print(report.table(rows, {"what": "what", "value": "value", "unit": "", "median": "median"}))
    report.write(path, {"benchmark": "start", "rows": rows})
    return 0


def starts(folder: Path, repeats: int, data: list[str]) -> list[dict[str, Any]]:
    """Rows for the import, the very first training and later ones, and the first prediction."""
    cache, training = folder / "numba", ["first-batch", "--out", str(folder / "probe.npz"), *data]
    imports = {name: [probe(cache, "import", name) for _ in range(repeats)] for name in ("nn", "nn.models")}
    cold = probe(cache, *training)
    files = cache_files(cache)
    warm = [probe(cache, *training) for _ in range(repeats)]
    added = len(cache_files(cache) - files)
    model = _model_file(folder)
    numpy_cold = [probe(folder / f"empty{repeat}", "first-prediction", model, "numpy") for repeat in range(repeats)]
    kernels_cold = probe(folder / "other", "first-prediction", model, "kernels")
    kernels_warm = [probe(folder / "other", "first-prediction", model, "kernels") for _ in range(repeats)]
    first_warm = min(run.reported for run in warm)
    return [
        *(row(f"import {name}", [run.values["seconds"] for run in runs]) for name, runs in imports.items()),
        row("start to first batch, cold", [cold.reported]),
        row("start to first batch, warm", [run.reported for run in warm]),
        row("compilation (cold minus warm)", [cold.reported - first_warm]),
        {"what": "cache files after the first start", "value": len(files), "unit": "files"},
        {"what": f"cache files added by {repeats} later starts", "value": added, "unit": "files"},
        row("start to first prediction in NumPy, cold", [run.reported for run in numpy_cold]),
        row("start to first prediction by kernels, cold", [kernels_cold.reported]),
        row("start to first prediction by kernels, warm", [run.reported for run in kernels_warm]),
        {"what": "memory until the first batch, cold (compiling)", "value": cold.peak_mb, "unit": "MB"},
    ]


def memory(folder: Path, epochs: int, data: list[str]) -> list[dict[str, Any]]:
    """Rows for the default training from a warm cache: its peak memory, and how much it grows
    after the first epoch.
    """
    peaks = {}
    for count in (1, epochs):
        command = ["-m", "nn.train", "--epochs", str(count), "--out", str(folder / "memory.npz"), *data]
        peaks[count] = measured(command, folder / "numba").peak_mb
    return [
        {"what": f"memory of the default training, warm, {epochs} epochs", "value": peaks[epochs], "unit": "MB"},
        {"what": f"growth from 1 epoch to {epochs}", "value": peaks[epochs] - peaks[1], "unit": "MB"},
    ]


def peers_memory(names: Sequence[str], job: Job) -> list[dict[str, Any]]:
    """Rows with the peers' peak memory over two epochs and one evaluation of the test images."""
    rows = []
    for name in names:
        with processes([name], job) as (process,):
            for epoch in range(2):
                process.ask("epoch", index=epoch)
            process.ask("accuracy")
            rows.append({"what": f"memory of {name}, 2 epochs", "value": process.ask("memory"), "unit": "MB"})
    return rows


def row(what: str, seconds: Sequence[float]) -> dict[str, Any]:
    """A row with the best and the median."""
    return {"what": what, "value": min(seconds), "unit": "s", "median": statistics.median(seconds)}


def probe(cache: Path, *arguments: str) -> Run:
    """Run one of the programs in `probes.py`."""
    return measured(["-m", "benchmarks.probes", *arguments], cache)


def measured(arguments: Sequence[str], cache: Path) -> Run:
    """Run Python with a cache folder of its own.

    Raises:
        InputError: the process fails; the message quotes the end of its stderr.
    """
    cache.mkdir(exist_ok=True)
    # Let Python write its bytecode, which is its default.
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as errors:
        began = time.time()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env={**settings, "NUMBA_CACHE_DIR": str(cache)},
        )
        assert process.stdout is not None
        lines = process.stdout.read().decode().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        ended = time.time() - began
        if process.returncode:
            errors.seek(0)
            raise InputError(f"python {' '.join(arguments)} failed: {errors.read().decode().strip()[-300:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    values = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {"at": began + ended}
    return Run(values.pop("at") - began, ended, usage.ru_maxrss * unit / 1e6, values)


def cache_files(folder: Path) -> set[tuple[str, int]]:
    """Names and times of all files in Numba's cache; with its time, a rewritten file counts as a
    new one.
    """
    return {(str(file.relative_to(folder)), file.stat().st_mtime_ns) for file in folder.rglob("*.nb?")}


def _model_file(folder: Path) -> str:
    """A file with the student's network; its weights make no difference here."""
    from nn.pretrained import student_network

    student_network().save(folder / "model.npz")
    return str(folder / "model.npz")
