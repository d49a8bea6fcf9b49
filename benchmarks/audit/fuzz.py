"""python -m benchmarks fuzz: feeds damaged files to the readers of IDX files, models, checkpoints
and images.

    python -m benchmarks fuzz idx --count 1000000
    python -m benchmarks fuzz image --count 1000000 --seconds 200     # as many as fit; call it again to go on

The inputs are made by mutating good files. With atheris (`pip install atheris`) coverage guides
the mutations: an input that reaches new code is mutated further. Without it the mutations are
blind. In archives the members are mutated, and the checksums are then corrected.

A problem is an exception other than `InputError`, an input that takes more than a second of
processor time, memory that grows by more than 200 MB, and, with atheris, an input that never ends.
Such inputs are written to --keep, and the exit code is 1.

The inputs of earlier runs count towards --count: their number is kept in `fuzz.json` (in --out),
the interesting ones in --corpus. --anew forgets them.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import mmap
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.audit.hostile import ARCHIVES, MAX_INPUT, TARGETS, mutated, mutated_archive, reader, seeds
from nn.errors import InputError
from nn.io.cli import ArgumentParser, positive_number, run, whole_number

FAILED = 1
MAX_SECONDS, MAX_MB = 1.0, 200.0
ENDLESS = 60  # seconds after which atheris ends an input


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every input was read or refused properly, else 1."""
    parser = ArgumentParser(prog="python -m benchmarks fuzz", description="Feed damaged files to the readers.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument(
        "--count", type=whole_number(1), default=100_000, help="inputs, including those of earlier runs (%(default)s)"
    )
    parser.add_argument("--seconds", type=positive_number, default=float("inf"), help="stop after so many seconds (never)")
    parser.add_argument("--anew", action="store_true", help="do not continue earlier runs")
    parser.add_argument("--corpus", default="fuzz-corpus", metavar="DIR", help="for interesting inputs (%(default)s)")
    parser.add_argument("--keep", default="fuzz-found", metavar="DIR", help="for inputs that caused a problem (%(default)s)")
    parser.add_argument("--blind", action="store_true", help="do not use atheris even if it is installed")
    parser.add_argument("--guided-here", action="store_true", help=argparse.SUPPRESS)
    report.add_out(parser)
    options = parser.parse_args(arguments)
    if options.guided_here:
        _guided(options)
    report.check_out(options.out, "fuzz")
    if options.blind or importlib.util.find_spec("atheris") is None:
        return _blind(options)
    # atheris ends the process itself, and has to be imported before the modules that it
    # instruments.
    words = list(arguments if arguments is not None else sys.argv[1:])
    command = [sys.executable, "-m", "benchmarks.audit.fuzz", *words, "--guided-here"]
    return FAILED if subprocess.run(command, check=False).returncode else 0


class Probe:
    """Feeds inputs to a reader one after another, judges each outcome, and counts them."""

    def __init__(self, options: argparse.Namespace, guided: bool) -> None:
        self.options = options
        self.read = reader(options.target)
        self.out = report.check_out(options.out, "fuzz")
        self.before = {} if options.anew else self._targets().get(options.target, {})
        self.guided = guided
        # A file in memory where the system has such files.
        folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
        descriptor, self.path = tempfile.mkstemp(prefix=f"fuzz-{options.target}-", dir=folder)
        os.close(descriptor)
        self.count = self.accepted = self.found = 0
        self.slowest = self.memory = 0.0  # of any input: seconds, and MB beyond what the process held before
        self.began = time.monotonic()

    @property
    def seed(self) -> int:
        """A different one for each run."""
        return int(self.before.get("runs", 0)) + 1

    def _targets(self) -> dict[str, Any]:
        return dict(report.earlier(self.out).get("targets", {}))

    def done(self) -> bool:
        """Whether the count is reached, or the time is up."""
        enough = self.count + self.before.get("inputs", 0) >= self.options.count
        return enough or time.monotonic() - self.began > self.options.seconds

    def __call__(self, data: bytes) -> None:
        """Read one input and judge the outcome."""
        with open(self.path, "wb") as file:
            file.write(data)
        if self.count == 0:
            # The first read imports and allocates what stays; it is not measured, and its error
            # comes again below.
            with contextlib.suppress(Exception):
                self.read(self.path)
        self.count += 1
        memory, peak = _memory_mb(), _peak_mb()
        began = time.process_time()
        problem = self._problem()
        seconds = time.process_time() - began
        self.slowest = max(self.slowest, seconds)
        if seconds > MAX_SECONDS:
            problem = f"{seconds:.1f} s"
        if _peak_mb() > peak:
            self.memory = max(self.memory, _peak_mb() - memory)
            if _peak_mb() - memory > MAX_MB:
                problem = f"{_peak_mb() - memory:.0f} MB"
        if problem:
            self._keep(data, problem)

    def _problem(self) -> str:
        """Read the file: the problem, or nothing. Raising `InputError` is the one way to refuse an
        input.
        """
        try:
            self.read(self.path)
        except InputError as error:
            return "a message of several lines" if "\n" in str(error) else ""
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        self.accepted += 1
        return ""

    def _keep(self, data: bytes, problem: str) -> None:
        self.found += 1
        folder = Path(self.options.keep)
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.options.target}-{self.seed}-{self.found}"
        path.write_bytes(data)
        print(f"\n{path}: {problem}", file=sys.stderr, flush=True)

    def close(self) -> int:
        """Print the counts, add them to the results file, and return the exit code."""
        os.unlink(self.path)
        before = self.before
        now = {
            "inputs": self.count,
            "accepted": self.accepted,
            "problems": self.found,
            "processor_seconds": time.process_time(),
            "runs": 1,
        }
        row: dict[str, Any] = {name: before.get(name, 0) + value for name, value in now.items()}
        row["slowest_ms"] = max(before.get("slowest_ms", 0.0), self.slowest * 1000)
        row["memory_mb"] = max(before.get("memory_mb", 0.0), self.memory)
        row["guided"] = self.guided and before.get("guided", True)
        report.write(self.out, {"targets": {**self._targets(), self.options.target: row}})
        print(
            f"{self.options.target}: {row['inputs']:,} inputs, {row['accepted']:,} accepted, {row['problems']} problems, "
            f"slowest {row['slowest_ms']:.0f} ms, {row['memory_mb']:.0f} MB at most",
            flush=True,
        )
        return FAILED if self.found else 0


def _blind(options: argparse.Namespace) -> int:
    probe = Probe(options, guided=False)
    chance = random.Random(probe.seed)
    good = seeds(options.target)
    while not probe.done():
        probe(_damaged(options.target, good, chance))
    return probe.close()


def _damaged(target: str, good: list[bytes], chance: random.Random) -> bytes:
    if target in ARCHIVES:
        return mutated_archive(chance.choice(good), chance, lambda piece, _: mutated(piece, chance), good)
    return mutated(chance.choice(good), chance)


def _guided(options: argparse.Namespace) -> None:
    """Start atheris, which never returns."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["nn", "zipfile", "PIL"]):
        probe = Probe(options, guided=True)
        good = seeds(options.target)
    corpus = Path(options.corpus) / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(good):
        (corpus / f"good-{index}").write_bytes(data)

    def one(data: bytes) -> None:
        if probe.done():
            os._exit(probe.close())
        probe(data)

    def mutator(data: bytes, size: int, seed: int) -> bytes:
        return mutated_archive(data, random.Random(seed), atheris.Mutate, good)[:size]

    flags = [f"-seed={probe.seed}", f"-max_len={MAX_INPUT}", "-verbosity=0", "-rss_limit_mb=4096", f"-timeout={ENDLESS}"]
    extra = {"custom_mutator": mutator} if options.target in ARCHIVES else {}
    atheris.Setup([sys.argv[0], *flags, f"-artifact_prefix={options.keep}-", "-runs=-1", str(corpus)], one, **extra)
    atheris.Fuzz()


def _memory_mb() -> float:
    """The memory of this process in MB; its peak where the system does not report the current
    value.
    """
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE / 2**20
    except OSError:
        return _peak_mb()


def _peak_mb() -> float:
    """The peak memory of this process in MB; 0 where the system does not report it."""
    if importlib.util.find_spec("resource") is None:
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    run(main)
