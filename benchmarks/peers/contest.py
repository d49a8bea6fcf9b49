"""Runs contenders against each other: starts their processes and asks them in turn."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import available_cores
from benchmarks.peers.contender import Job
from nn.errors import InputError
from nn.io.cli import ArgumentParser, whole_number

ROOT = Path(__file__).parents[2]
# A framework's threads spin for a while after their work is done; the next contender waits for
# that long.
PAUSE = 0.3
# For each framework: its package, the contenders that its name stands for, and those that have to
# be named one by one (both frameworks were slower when compiled).
FRAMEWORKS = {
    "torch": ("torch", ["torch", "torch-plain"], ["torch-compile"]),
    "keras": ("tensorflow", ["keras", "keras-plain"], ["keras-xla"]),
}


class Process:
    """A contender's process; `ask` sends one question and waits for the answer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.libraries: dict[str, str] = {}
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `close`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers.worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"},
        )

    def ask(self, question: str, **values: Any) -> Any:
        """The answer.

        Raises:
            InputError: the process has failed or ended; the message quotes its error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({"question": question, **values}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        reply = json.loads(line) if line else {"error": self._last_line()}
        if "error" in reply:
            raise InputError(f"{self.name}: {question} failed: {reply['error']}")
        return reply["answer"]

    def begin(self, job: Job) -> None:
        """Let the contender load the data and build its model."""
        self.libraries = self.ask("begin", **asdict(job))

    def _last_line(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else f"ended with code {self._process.poll()}"

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


@contextlib.contextmanager
def processes(names: Sequence[str], job: Job) -> Iterator[list[Process]]:
    """Start a process for each name, all with the same job; they end with the `with` block."""
    started: list[Process] = []
    try:
        for name in names:
            started.append(Process(name))
            started[-1].begin(job)
        yield started
    finally:
        for process in started:
            process.close()


def rest() -> None:
    """Wait until the last contender's threads are asleep."""
    time.sleep(PAUSE)


def summary(durations: Sequence[float]) -> dict[str, float]:
    """Best, median and 99th percentile of durations in seconds."""
    ordered = sorted(durations)
    return {
        "best": ordered[0],
        "median": statistics.median(ordered),
        "p99": ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
    }


def contenders(peers: str) -> list[str]:
    """The names of the contenders: ours first, then those of `peers`, comma-separated.

    A peer is a framework ("torch", "keras") or one way of using it ("torch-compile").

    Raises:
        InputError: an unknown name, or a framework that is not installed.
    """
    packages = {way: (extra, package) for extra, (package, usual, others) in FRAMEWORKS.items() for way in usual + others}
    names = ["ours"]
    for word in filter(None, peers.split(",")):
        if word not in packages:
            raise InputError(f"--peers: expected some of {', '.join(packages)}, got {word!r}")
        extra, package = packages[word]
        if importlib.util.find_spec(package) is None:
            raise InputError(f"--peers: {package} is not installed (pip install '.[{extra}]')")
        names += FRAMEWORKS[word][1] if word in FRAMEWORKS else [word]
    return list(dict.fromkeys(names))


def fastest_peer(seconds: dict[str, float]) -> tuple[str, float] | None:
    """The name and the time of the fastest contender that is not ours."""
    peers = {name: value for name, value in seconds.items() if not name.startswith("ours")}
    return min(peers.items(), key=lambda item: item[1]) if peers else None


def add_options(parser: ArgumentParser) -> None:
    """Add the options that all races share: --peers, --threads, --data."""
    parser.add_argument("--peers", default="", help="torch, keras, torch-compile, keras-xla, comma-separated (default: none)")
    parser.add_argument(
        "--threads", type=whole_number(1), default=available_cores(), help="for each contender (default: all, %(default)s)"
    )
    parser.add_argument("--data", help="the folder of the MNIST files, if not the usual one")
