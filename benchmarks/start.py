"""python -m benchmarks start: import, compilation, first batch, first prediction, cache files and memory, cold and warm.

Cold means an empty folder for Numba's cache, as on a machine that sees the package for the first time. Everything is measured
from outside, from before the process is made, by programs that users run (`nn.train`) or that do no more (`probes.py`).
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
    """A finished process: seconds until it told its moment (or ended), until it ended, and the most memory it held (MB)."""

    told: float
    ended: float
    peak_mb: float
    values: dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks start", description="Import, compilation, first batch, memory.")
    parser.add_argument("--peers", default="", help="whose memory is measured too: torch, keras (default: none)")
    parser.add_argument("--repeats", type=whole_number(1), default=5, help="of each warm start (default: %(default)s)")
    parser.add_argument(
        "--epochs", type=whole_number(2), default=3, help="of the training whose memory is measured (default: %(default)s)"
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
    """Import, the first-ever training and later ones, the first prediction."""
    cache, training = folder / "numba", ["first-batch", "--out", str(folder / "probe.npz"), *data]
    imports = {name: [probe(cache, "import", name) for _ in range(repeats)] for name in ("nn", "nn.models")}
    cold = probe(cache, *training)
    files = cache_files(cache)
    warm = [probe(cache, *training) for _ in range(repeats)]
    added = len(cache_files(cache) - files)
    model = _model_file(folder)
    numpy_cold = [probe(folder / f"empty{number}", "first-prediction", model, "numpy") for number in range(repeats)]
    kernels_cold = probe(folder / "other", "first-prediction", model, "kernels")
    kernels_warm = [probe(folder / "other", "first-prediction", model, "kernels") for _ in range(repeats)]
    first_warm = min(run.told for run in warm)
    return [
        *(row(f"import {name}", [run.values["seconds"] for run in runs]) for name, runs in imports.items()),
        row("start to first batch, cold", [cold.told]),
        row("start to first batch, warm", [run.told for run in warm]),
        row("compilation (cold less warm)", [cold.told - first_warm]),
        {"what": "cache files after the first start", "value": len(files), "unit": "files"},
        {"what": f"cache files added by {repeats} later starts", "value": added, "unit": "files"},
        row("start to first prediction in NumPy, cold", [run.told for run in numpy_cold]),
        row("start to first prediction by kernels, cold", [kernels_cold.told]),
        row("start to first prediction by kernels, warm", [run.told for run in kernels_warm]),
        {"what": "memory until the first batch, cold (compiling)", "value": cold.peak_mb, "unit": "MB"},
    ]


def memory(folder: Path, epochs: int, data: list[str]) -> list[dict[str, Any]]:
    """The whole default training from a warm cache: its peak, and what it grows by after the first epoch."""
    peaks = {}
    for count in (1, epochs):
        command = ["-m", "nn.train", "--epochs", str(count), "--out", str(folder / "memory.npz"), *data]
        peaks[count] = measured(command, folder / "numba").peak_mb
    return [
        {"what": f"memory of the default training, warm, {epochs} epochs", "value": peaks[epochs], "unit": "MB"},
        {"what": f"growth from 1 epoch to {epochs}", "value": peaks[epochs] - peaks[1], "unit": "MB"},
    ]


def peers_memory(names: Sequence[str], job: Job) -> list[dict[str, Any]]:
    """Peak of two epochs and a look at the test images."""
    rows = []
    for name in names:
        with processes([name], job) as (process,):
            for number in range(2):
                process.ask("epoch", number=number)
            process.ask("accuracy")
            rows.append({"what": f"memory of {name}, 2 epochs", "value": process.ask("memory"), "unit": "MB"})
    return rows


def row(what: str, seconds: Sequence[float]) -> dict[str, Any]:
    """Best and median."""
    return {"what": what, "value": min(seconds), "unit": "s", "median": statistics.median(seconds)}


def probe(cache: Path, *arguments: str) -> Run:
    """Run one of `probes.py`."""
    return measured(["-m", "benchmarks.probes", *arguments], cache)


def measured(arguments: Sequence[str], cache: Path) -> Run:
    """Run Python with a cache folder of its own; `InputError` with its last words if it fails."""
    cache.mkdir(exist_ok=True)
    # Python keeps its bytecode, as it does unless told otherwise.
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
    """Names and times of all files of Numba's cache: a file that is written again counts as a new one."""
    return {(str(file.relative_to(folder)), file.stat().st_mtime_ns) for file in folder.rglob("*.nb?")}


def _model_file(folder: Path) -> str:
    """A file with the student's network; what its weights say makes no difference here."""
    from nn.recipes import student_network

    student_network().save(folder / "model.npz")
    return str(folder / "model.npz")
