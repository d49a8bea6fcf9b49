"""Hostile input for the readers: IDX files, model files, checkpoints, images; millions of them, made from good ones by mutation.

    python -m benchmarks fuzz idx --count 1000000
    python -m benchmarks fuzz image --count 1000000 --seconds 200     # as far as it gets; again, and it goes on from there

With atheris installed (`pip install atheris`) the mutations are guided by coverage: an input that reaches new code is mutated
further. Without it they are blind. Archives are mutated inside, with their checksums made right again. Found is: an exception
other than `InputError`, an input that takes more than a second of processor time, memory that grows by more than 200 MB, and
with atheris an input that never ends. Whatever was found is written to --keep, and the exit code is 1.

What --count still lacks is run; the inputs of former runs are counted in `results/fuzz.json` (--out), the interesting ones kept
in --corpus. --anew forgets them.
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
ENDLESS = 60  # seconds after which atheris gives an input up


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every input was read or refused as it should be, 1 if not."""
    parser = ArgumentParser(prog="python -m benchmarks fuzz", description="Hostile input for the readers.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument(
        "--count", type=whole_number(1), default=100_000, help="inputs, those of former runs included (%(default)s)"
    )
    parser.add_argument("--seconds", type=positive_number, default=float("inf"), help="stop earlier after so many (never)")
    parser.add_argument("--anew", action="store_true", help="do not go on from former runs")
    parser.add_argument("--corpus", default="fuzz-corpus", metavar="DIR", help="where interesting inputs are kept (%(default)s)")
    parser.add_argument("--keep", default="fuzz-found", metavar="DIR", help="where inputs that broke something go (%(default)s)")
    parser.add_argument("--blind", action="store_true", help="without atheris, even if it is there")
    parser.add_argument("--guided-here", action="store_true", help=argparse.SUPPRESS)
    report.add_out(parser)
    options = parser.parse_args(arguments)
    if options.guided_here:
        _guided(options)
    report.check_out(options.out, "fuzz")
    if options.blind or importlib.util.find_spec("atheris") is None:
        return _blind(options)
    # atheris ends the process itself, and wants to be there before the modules that it watches.
    words = list(arguments if arguments is not None else sys.argv[1:])
    return (
        FAILED
        if subprocess.run([sys.executable, "-m", "benchmarks.audit.fuzz", *words, "--guided-here"], check=False).returncode
        else 0
    )


class Probe:
    """Feeds inputs to a reader, one file after another, judges what happens, and keeps the books."""

    def __init__(self, options: argparse.Namespace, guided: bool) -> None:
        self.options = options
        self.read = reader(options.target)
        self.place = report.check_out(options.out, "fuzz")
        self.before = {} if options.anew else report.former(self.place, "targets").get(options.target, {})
        self.guided = guided
        # A file in memory, where the system has a place for such.
        folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
        descriptor, self.path = tempfile.mkstemp(prefix=f"fuzz-{options.target}-", dir=folder)
        os.close(descriptor)
        self.count = self.accepted = self.found = 0
        self.slowest = self.memory = 0.0  # of any input: seconds, and MB on top of what the process held before
        self.began = time.monotonic()

    @property
    def seed(self) -> int:
        """Another one for every run."""
        return int(self.before.get("runs", 0)) + 1

    def done(self) -> bool:
        """Whether there are enough inputs, or no time is left."""
        enough = self.count + self.before.get("inputs", 0) >= self.options.count
        return enough or time.monotonic() - self.began > self.options.seconds

    def __call__(self, data: bytes) -> None:
        """Read one input; InputError is the one way to refuse it."""
        with open(self.path, "wb") as file:
            file.write(data)
        if self.count == 0:
            with contextlib.suppress(Exception):  # for what is imported and allocated once; whatever comes will come again
                self.read(self.path)
        self.count += 1
        memory, peak = _memory_mb(), _peak_mb()
        began = time.process_time()
        problem = ""
        try:
            self.read(self.path)
            self.accepted += 1
        except InputError as error:
            problem = "a message of several lines" if "\n" in str(error) else ""
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
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

    def _keep(self, data: bytes, problem: str) -> None:
        self.found += 1
        folder = Path(self.options.keep)
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.options.target}-{self.seed}-{self.found}"
        path.write_bytes(data)
        print(f"\n{path}: {problem}", file=sys.stderr, flush=True)

    def close(self) -> int:
        """The verdict, printed and added to the books; and the exit code."""
        os.unlink(self.path)
        before, now = (
            self.before,
            {
                "inputs": self.count,
                "accepted": self.accepted,
                "problems": self.found,
                "processor_seconds": time.process_time(),
                "runs": 1,
            },
        )
        row: dict[str, Any] = {name: before.get(name, 0) + value for name, value in now.items()}
        row["slowest_ms"] = max(before.get("slowest_ms", 0.0), self.slowest * 1000)
        row["memory_mb"] = max(before.get("memory_mb", 0.0), self.memory)
        row["guided"] = self.guided and before.get("guided", True)
        report.write(self.place, {"targets": {**report.former(self.place, "targets"), self.options.target: row}})
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
        probe(_spoiled(options.target, good, chance))
    return probe.close()


def _spoiled(target: str, good: list[bytes], chance: random.Random) -> bytes:
    if target in ARCHIVES:
        return mutated_archive(chance.choice(good), chance, lambda piece, _: mutated(piece, chance), good)
    return mutated(chance.choice(good), chance)


def _guided(options: argparse.Namespace) -> None:
    """Hand over to atheris; it never returns."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["nn", "zipfile", "PIL"]):
        probe = Probe(options, guided=True)
        good = seeds(options.target)
    corpus = Path(options.corpus) / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(good):
        (corpus / f"good-{number}").write_bytes(data)

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
    """The memory that this process has now; its peak where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE / 2**20
    except OSError:
        return _peak_mb()


def _peak_mb() -> float:
    """The most memory that this process has had; 0 where the system does not say."""
    if importlib.util.find_spec("resource") is None:
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    run(main)
